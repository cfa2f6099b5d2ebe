# SPDX-License-Identifier: MIT
"""What the handles share: passed to C as themselves, dead in a forked child, freed once."""
import ctypes
import errno
import os
import weakref
from typing import Any, Optional

from ._lib import lib
from .errors import ConfigError, DeadHandle, SandboxError

_live: "weakref.WeakSet[Handle]" = weakref.WeakSet()


class Handle:
    """One handle of C. _free: the name of the function that releases it."""

    _free = ""
    _why = "it was not opened"

    def __init__(self) -> None:
        self._pointer: Any = None

    def _adopt(self, pointer: Any) -> None:
        self._pointer = pointer
        _live.add(self)

    @property
    def _as_parameter_(self) -> Any:
        """What ctypes passes on where this is an argument."""
        if self._pointer is None:
            raise DeadHandle(errno.EBADF, f"{type(self).__name__}: {self._why}")
        return self._pointer

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} belongs to the process that made it: it cannot be pickled, or sent to another")

    def _die(self) -> None:
        """In a forked child. To free it would kill what belongs to the parent; its memory is a copy, and goes with the process."""
        if self._pointer is not None:
            self._pointer = None
            self._why = "it belongs to the process that this one was forked from; make a new one here"

    def _release(self, why: str = "it was closed") -> None:
        """Free it; the second time nothing happens."""
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            self._why = why
            getattr(lib, self._free)(pointer)


def new_pointer(kind: Any) -> Any:
    """Where C puts a new handle."""
    return ctypes.POINTER(kind)()


def call(name: str, *args: Any) -> int:
    """A function of the library; arguments that do not fit are a ValueError, or a TypeError if their type is wrong."""
    try:
        result: int = getattr(lib, name)(*args)
    except ctypes.ArgumentError as error:
        said = str(error)
        for kind in (TypeError, AttributeError):
            if kind.__name__ in said:
                raise TypeError(f"{name}: {said}") from None
        cause = _cause(args)
        if cause:
            raise cause from None
        raise ConfigError(errno.EINVAL, f"{name}: {said}") from None
    return result


def _cause(args: Any) -> Optional[SandboxError]:
    """ctypes hides the exception of an argument: was it a handle that is dead?"""
    for value in args:
        if isinstance(value, Handle) and value._pointer is None:
            return DeadHandle(errno.EBADF, f"{type(value).__name__}: {value._why}")
    return None


def text_of(name: str, handle: Handle, *before: Any, error: Any = None) -> str:
    """The text of a function that says how long it is and takes a buffer."""
    room = 4096
    while True:
        buffer = ctypes.create_string_buffer(room)
        length = call(name, handle, *before, buffer, room, error)
        if length < room:
            return os.fsdecode(buffer.raw[:length])
        room = length + 1


def _forked() -> None:
    for handle in list(_live):
        handle._die()


os.register_at_fork(after_in_child=_forked)
