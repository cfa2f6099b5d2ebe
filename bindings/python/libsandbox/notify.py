# SPDX-License-Identifier: MIT
"""System calls of a command that the caller answers: those that its policy says `notify` of (Config.add_seccomp())."""
import ctypes
import os
from typing import TYPE_CHECKING, Any, Tuple

from ._structs import sb_notification

if TYPE_CHECKING:
    from .process import Popen


class Notification:
    """A system call that waits for an answer: Popen.notification(). Its thread sleeps until then.

    name, number, args (six numbers): the call. pid: of the thread, in the caller's pid namespace, 0 if it is not visible there;
    address: of the instruction; arch: AUDIT_ARCH_*.

    What an argument points to may be changed by another thread of the command between a look and the kernel's: do not let a call
    go on because of what its memory held. Do it here instead, and answer with the result or a descriptor.

    Any thread may call any method. NotFound: the call does not wait any more, for it was answered, or its thread has ended.
    """

    def __init__(self, popen: "Popen", raw: sb_notification) -> None:
        self._popen, self._raw = popen, raw
        self.name = os.fsdecode(raw.name)
        self.number: int = raw.number
        self.args: Tuple[int, ...] = tuple(raw.args)
        self.pid: int = raw.pid
        self.arch: int = raw.arch
        self.address: int = raw.address

    def __repr__(self) -> str:
        return f"<Notification: {self.name}({', '.join(hex(arg) for arg in self.args)}) of {self.pid}>"

    def _call(self, name: str, *args: Any) -> int:
        return self._popen._call(name, self._raw, *args)

    def is_valid(self) -> bool:
        """Does it still wait? To be asked after something was read about its thread by its number."""
        return self._call("sb_notify_is_valid") == 1

    def read(self, address: int, size: int) -> bytes:
        """Up to size bytes of its memory; fewer at the end of a mapping. OSError with EFAULT where there is none."""
        buffer = ctypes.create_string_buffer(size)
        length = self._call("sb_notify_read", address, buffer, size)
        return buffer.raw[:length]

    def read_string(self, address: int, size: int = 4096) -> bytes:
        """Its memory up to a NUL, without it. OSError with ENAMETOOLONG if there is none within size bytes."""
        buffer = ctypes.create_string_buffer(size)
        length = self._call("sb_notify_read_string", address, buffer, size)
        return buffer.raw[:length]

    def open_fd(self, fd: int) -> int:
        """A duplicate of its descriptor fd; the caller's to close."""
        return self._call("sb_notify_open_fd", fd)

    def put_fd(self, fd: int, number: int, cloexec: bool = False) -> None:
        """A duplicate of the caller's fd becomes its descriptor number, in place of what was there. It still waits."""
        self._call("sb_notify_put_fd", fd, number, os.O_CLOEXEC if cloexec else 0)

    def fail(self, error: int) -> None:
        """Answer: it fails with this errno."""
        self._call("sb_notify_error", error)

    def succeed(self, value: int = 0) -> None:
        """Answer: it returns value, and was not made."""
        self._call("sb_notify_value", value)

    def succeed_with_fd(self, fd: int, cloexec: bool = False) -> int:
        """Answer: it returns a new descriptor, a duplicate of the caller's fd. Return: its number inside."""
        return self._call("sb_notify_fd", fd, os.O_CLOEXEC if cloexec else 0)

    def let(self) -> None:
        """Answer: the kernel makes the call as if there were no filter. Read the warning above."""
        self._call("sb_notify_continue")
