# SPDX-License-Identifier: MIT
"""What a command is started with: its words, its directory and environment, and its three descriptors."""
import errno
import locale
import os
import subprocess
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from ._numbers import Step
from ._types import AnyPath, text as c_text
from .config import Config, environment
from .errors import ConfigError

PIPE = subprocess.PIPE
STDOUT = subprocess.STDOUT
DEVNULL = subprocess.DEVNULL
CAPTURE = -4  # kept by the library while somebody waits: communicate() and run() give it out

Args = Union[AnyPath, Sequence[AnyPath]]


class Stdio:
    """The three descriptors of a command: which of the host they are, our ends of pipes, and what the library keeps."""

    def __init__(self) -> None:
        self.ours: Dict[int, int] = {}
        self.theirs: List[int] = []
        self.kept: List[int] = []

    def set(self, config: Config, fd: int, what: Any) -> None:
        """What stdin=, stdout= or stderr= says of fd."""
        if what == STDOUT:
            if fd != 2:
                raise ValueError("STDOUT is for stderr alone")
            config.set_stream_same(2, 1)
        elif what == CAPTURE:
            if not fd:
                raise ValueError("CAPTURE is for stdout and stderr")
            config.set_stream_capture(fd, None)
            self.kept.append(fd)
        else:
            host = self._host(config, fd, what)
            if fd and config.output_limit:
                config.set_stream_copy(fd, host, -1, None)
            else:
                config.set_fd(fd, host)

    def _host(self, config: Config, fd: int, what: Any) -> int:
        """Which descriptor of the host it is; -1: /dev/null."""
        if what is None:
            # Nothing of the host is read unless it is said so.
            return fd if fd and _is_open(fd) else -1
        if what == PIPE:
            if fd and config.output_limit:
                raise ConfigError(errno.EINVAL, "a limit of output holds for what the library carries, and not for a PIPE",
                                  Step.STREAM, hint="use run(), or CAPTURE and communicate()")
            return self._pipe(fd)
        if isinstance(what, int):
            return -1 if what == DEVNULL else what
        return int(what.fileno())

    def _pipe(self, fd: int) -> int:
        reading, writing = os.pipe()
        self.ours[fd] = writing if fd == 0 else reading
        self.theirs.append(reading if fd == 0 else writing)
        return self.theirs[-1]

    def close_theirs(self) -> None:
        """Those that the command has now."""
        while self.theirs:
            os.close(self.theirs.pop())

    def close(self) -> None:
        """All pipes."""
        self.close_theirs()
        for fd in self.ours.values():
            os.close(fd)
        self.ours.clear()


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def usual_encoding() -> str:
    """Of a text, unless one was named: what open() would take."""
    return locale.getpreferredencoding(False)


def words_of(args: Args) -> List[AnyPath]:
    """A command as a list; subprocess takes one text or path for a command without arguments."""
    if isinstance(args, (str, bytes, os.PathLike)):
        return [args]
    words = list(args)
    if not words:
        raise ValueError("an empty command")
    for word in words:
        c_text(word)
    return words


def describe(config: Config, words: List[AnyPath], executable: Optional[AnyPath], cwd: Optional[AnyPath],
             env: Optional[Mapping[Any, Any]], umask: int, groups: Optional[Sequence[int]], pass_fds: Iterable[int]) -> None:
    """The command itself."""
    config.set_command(executable, words)
    if cwd is not None:
        config.set_cwd(cwd)
    if env is not None:
        config.set_env(environment(env))
    if umask >= 0:
        config.set_umask(umask)
    if groups is not None:
        config.set_groups(groups)
    for fd in pass_fds:
        config.set_fd(fd, fd)
