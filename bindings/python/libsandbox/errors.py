# SPDX-License-Identifier: MIT
"""Exceptions. Each is a SandboxError, and also what Python raises for its errno: FileNotFoundError, PermissionError..."""
import errno as _errno
import os
import subprocess
from typing import Any, Dict, Optional, Type

from ._numbers import Step

__all__ = [
    "SandboxError", "ConfigError", "CommandNotFound", "NotFound", "PermissionDenied", "AlreadyExists", "NotSupported",
    "DeadHandle", "TimeoutExpired", "CalledProcessError",
]


class SandboxError(OSError):
    """Why a call failed.

    errno: as of OSError. strerror, message: the step's object and the reason, "bind /srv/in on /in: ...".
    step: a Step, where it happened. index: which mount, descriptor, range...; from 0. hint: what to do about it, or "".
    filename: the command or directory that was missing, else None.
    """

    def __init__(self, code: int, message: str, step: int = 0, index: int = 0, hint: str = "",
                 filename: Optional[str] = None) -> None:
        super().__init__(code, message)
        self.errno = code
        self.message = message
        self.step = step_of(step)
        self.index = index
        self.hint = hint
        if filename is not None:
            self.filename = filename

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> Any:
        return type(self), (self.errno, self.message, int(self.step), self.index, self.hint, self.filename)


class ConfigError(SandboxError, ValueError):
    """The description contradicts itself, or has a value that cannot be."""


class NotFound(SandboxError, FileNotFoundError):
    """Something is missing (ENOENT)."""


class CommandNotFound(NotFound):
    """The command, or its interpreter, is not in the sandbox."""


class PermissionDenied(SandboxError, PermissionError):
    """This caller may not (EACCES, EPERM)."""


class AlreadyExists(SandboxError, FileExistsError):
    """It is there already (EEXIST)."""


class NotSupported(SandboxError, NotImplementedError):
    """This kernel, or this machine, cannot (ENOSYS, EOPNOTSUPP)."""


class DeadHandle(SandboxError, ValueError):
    """It was closed, or belongs to the process that this one was forked from."""


class _IsADirectory(SandboxError, IsADirectoryError):
    pass


class _NotADirectory(SandboxError, NotADirectoryError):
    pass


class _NoProcess(SandboxError, ProcessLookupError):
    pass


class _NoChild(SandboxError, ChildProcessError):
    pass


class _WouldBlock(SandboxError, BlockingIOError):
    pass


class _BrokenPipe(SandboxError, BrokenPipeError):
    pass


class _TimedOut(SandboxError, TimeoutError):
    pass


_BY_ERRNO: Dict[int, Type[SandboxError]] = {
    _errno.ENOENT: NotFound,
    _errno.EACCES: PermissionDenied,
    _errno.EPERM: PermissionDenied,
    _errno.EEXIST: AlreadyExists,
    _errno.ENOSYS: NotSupported,
    _errno.EOPNOTSUPP: NotSupported,
    _errno.EISDIR: _IsADirectory,
    _errno.ENOTDIR: _NotADirectory,
    _errno.ESRCH: _NoProcess,
    _errno.ECHILD: _NoChild,
    _errno.EAGAIN: _WouldBlock,
    _errno.EPIPE: _BrokenPipe,
    _errno.ESHUTDOWN: _BrokenPipe,
    _errno.ETIMEDOUT: _TimedOut,
}


class TimeoutExpired(subprocess.TimeoutExpired):
    """timeout= ran out. As subprocess has it; result: how the command ended when it was killed, or None if it was not."""

    result: Any = None


class CalledProcessError(subprocess.CalledProcessError):
    """check=True, and the exit status was not 0. As subprocess has it, with the whole result."""

    result: Any = None

    def __str__(self) -> str:
        verdict = getattr(self.result, "verdict", None)
        said = super().__str__()
        return said if verdict is None or verdict.name in ("EXITED", "SIGNALED") else f"{said[:-1]} ({verdict.name})."


def step_of(number: int) -> Step:
    """The Step with this number; NONE for one that is not known here."""
    try:
        return Step(number)
    except ValueError:  # a newer library has more of them
        return Step.NONE


def from_code(code: int, what: str) -> SandboxError:
    """Where only the number is known."""
    return _BY_ERRNO.get(code, SandboxError)(code, f"{what}: {os.strerror(code)}")


def from_c(error: Any, filename: Optional[str] = None) -> SandboxError:
    """The exception for an sb_error."""
    code, step = error.code, error.step
    kind = _BY_ERRNO.get(code, SandboxError)
    if code == _errno.EINVAL and step == Step.CONFIG:
        kind = ConfigError
    elif code == _errno.ENOENT and step == Step.EXEC:
        kind = CommandNotFound
    message, hint = (os.fsdecode(text) for text in (error.message, error.hint))
    return kind(code, message or os.strerror(code), step, error.index, hint, filename)
