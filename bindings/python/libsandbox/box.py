# SPDX-License-Identifier: MIT
"""A live sandbox in which commands run, one after another or side by side; and pools of them."""
import contextlib
import ctypes
import os
import stat
import warnings
import weakref
from dataclasses import dataclass
from typing import IO, Any, Dict, Iterator, List, Optional, Union

from ._handle import Handle, call, new_pointer, text_of
from ._lib import figures
from ._structs import sb_box, sb_box_info, sb_dirent, sb_error, sb_netpool, sb_netpool_info, sb_pool, sb_pool_info, sb_stats
from ._types import AnyBytes, AnyPath
from .config import Config
from .limits import nanoseconds
from .errors import SandboxError, TimeoutExpired, from_c
from ._run import run
from ._start import orphans
from ._stdio import Args
from ._template import base_config
from .process import Popen
from .result import Result, stats_of

_free = ctypes.CDLL(None).free
_free.argtypes, _free.restype = [ctypes.c_void_p], None

_OPEN = {"r": os.O_RDONLY, "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "x": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
         "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND}


@dataclass(frozen=True)
class Entry:
    """One entry of a directory in a box. mode: as st_mode; size: bytes of a regular file; mtime: seconds since 1970."""

    name: str
    mode: int
    size: int
    mtime: float

    def is_dir(self) -> bool:
        """Is it a directory?"""
        return stat.S_ISDIR(self.mode)

    def is_file(self) -> bool:
        """Is it a regular file?"""
        return stat.S_ISREG(self.mode)


class Box(Handle):
    """A sandbox that stays: with Box(...) as box: box.run([...]).

    The arguments are those of Config.standard() and run(), or config, of which a copy is used. Commands start from it.
    What is inside was made by hostile code: put(), get() and the like follow no symbolic link and open nothing but
    regular files and directories. Paths are absolute, as the commands see them. Collected while it is open it is ended,
    with a ResourceWarning; a command that still runs keeps it.
    """

    _free = "sb_box_free"

    def __init__(self, config: Optional[Config] = None, **options: Any) -> None:
        super().__init__()
        self._prepare(base_config(None, config, **options))
        pointer = new_pointer(sb_box)
        call("sb_box_open", self.config, pointer, sb_error())
        self._adopt(pointer)

    def _prepare(self, config: Config) -> None:
        self.config = config
        self._commands: "weakref.WeakSet[Popen]" = weakref.WeakSet()

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_pointer", None) is not None:
            warn(f"{type(self).__name__} was not closed", ResourceWarning, source=self)
            self.close()

    def close(self) -> None:
        """End it and all that runs in it. Its Popen objects have their results: Verdict.KILLED."""
        if self._pointer is None:
            return
        call("sb_box_kill", self)
        self._end_commands()
        self._release()

    def _end_commands(self) -> None:
        """The handles of all commands must be gone before the box."""
        for command in list(self._commands):
            if command.returncode is None:
                command.kill()
                command.wait()
        for proc in [proc for proc in orphans if proc.owner is self]:
            orphans.remove(proc)
            proc._release()

    # --- commands -----------------------------------------------------------------------

    def run(self, args: Args, **options: Any) -> Result:
        """As libsandbox.run(), in this box."""
        return run(args, box=self, **options)

    def Popen(self, args: Args, **options: Any) -> Popen:  # pylint: disable=invalid-name
        """As libsandbox.Popen, in this box."""
        return Popen(args, box=self, **options)

    # --- files --------------------------------------------------------------------------

    def put(self, path: AnyPath, data: Union[str, AnyBytes, IO[Any], int], mode: int = 0o644) -> None:
        """Make a file, which must not be there yet: of bytes, of a text, or of what is left to read in a file or descriptor."""
        if isinstance(data, int) or hasattr(data, "fileno"):
            fd = data if isinstance(data, int) else data.fileno()
            call("sb_box_put_fd", self, path, fd, mode, sb_error())
            return
        content = data.encode() if isinstance(data, str) else bytes(data)
        call("sb_box_put", self, path, content, len(content), mode, sb_error())

    def get(self, path: AnyPath, limit: int = 64 << 20) -> bytes:
        """The content of a regular file; OSError with EFBIG if it is longer than limit bytes."""
        data, length = ctypes.c_void_p(), ctypes.c_size_t()
        call("sb_box_get", self, path, limit, data, length, sb_error())
        try:
            return ctypes.string_at(data, length.value)
        finally:
            _free(data)

    def get_to(self, path: AnyPath, file: Union[IO[Any], int], limit: Optional[int] = None) -> int:
        """Write a regular file to a file or descriptor of the host. Return: how many bytes."""
        if not isinstance(file, int):
            file.flush()
        fd = file if isinstance(file, int) else file.fileno()
        return call("sb_box_get_fd", self, path, fd, limit, sb_error())

    def open(self, path: AnyPath, mode: str = "r", permissions: int = 0o644, **options: Any) -> IO[Any]:
        """As open(): a file object on a regular file inside. mode: r, w, x or a, with b and +."""
        flags = next((number for letter, number in _OPEN.items() if letter in mode), None)
        if flags is None:
            raise ValueError(f"invalid mode: {mode!r}")
        if "+" in mode:
            flags = flags & ~os.O_WRONLY | os.O_RDWR
        fd = call("sb_box_open_file", self, path, flags, permissions, sb_error())
        try:
            return os.fdopen(fd, mode, **options)
        except BaseException:
            os.close(fd)
            raise

    def mkdir(self, path: AnyPath, mode: int = 0o755) -> None:
        """Make a directory, in one that is there."""
        call("sb_box_mkdir", self, path, mode, sb_error())

    def listdir(self, path: AnyPath = "/") -> List[Entry]:
        """The entries of a directory, sorted by name."""
        room = 64
        while True:
            found = (sb_dirent * room)()
            for entry in found:
                entry.size = ctypes.sizeof(sb_dirent)
            count = call("sb_box_list", self, path, found, room, sb_error())
            if count <= room:
                return [Entry(os.fsdecode(e.name), e.mode, e.bytes, e.mtime_ns / 1e9) for e in found[:count]]
            room = count + 64

    def remove(self, path: AnyPath) -> None:
        """A file or the like, or a directory with all that is in it, however deep."""
        call("sb_box_remove", self, path, sb_error())

    # --- mounts -------------------------------------------------------------------------

    def bind(self, source: AnyPath, target: AnyPath, flags: int = 0) -> None:
        """Show the host's source as target now; flags: MountFlag."""
        call("sb_box_bind", self, os.path.abspath(os.fsdecode(source)), target, flags, sb_error())

    def tmpfs(self, target: AnyPath, size: int = 0, inodes: int = 0, mode: int = 0o755) -> None:
        """An empty file system in memory at target."""
        call("sb_box_tmpfs", self, target, size, inodes, mode, sb_error())

    def unmount(self, target: AnyPath) -> None:
        """Take away what bind() or tmpfs() has added at target."""
        call("sb_box_unmount", self, target, sb_error())

    # --- the box as a whole -------------------------------------------------------------

    def reset(self) -> None:
        """Back to the state in which it was opened: all that runs is killed, all that was left is gone."""
        call("sb_box_reset", self, sb_error())

    def kill(self) -> None:
        """SIGKILL to everything in it; only reset() and close() are left."""
        call("sb_box_kill", self)

    def freeze(self) -> None:
        """Stop all processes of all commands; needs cgroups."""
        call("sb_box_freeze", self, 1, sb_error())

    def thaw(self) -> None:
        """Let them go on."""
        call("sb_box_freeze", self, 0, sb_error())

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Frozen in a with block."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def stats(self) -> Dict[str, int]:
        """What all that ever ran in it used: the members of sb_stats that exist; needs cgroups."""
        stats = sb_stats()
        call("sb_box_stats", self, stats, sb_error())
        return stats_of(stats)

    def info(self) -> Dict[str, Any]:
        """How it stands: frozen, opened_ns, started, running, ended, resets, init_memory."""
        info = sb_box_info()
        call("sb_box_look", self, info, sb_error())
        return figures(info)

    def set_cgroup(self, file: str, value: str) -> None:
        """A limit for all its commands together, now: "memory.max", "256M"."""
        call("sb_box_set_cgroup", self, file, value, sb_error())

    def get_cgroup(self, file: str) -> str:
        """A file of its cgroup."""
        return text_of("sb_box_get_cgroup", self, file, error=sb_error())

    def ns_fd(self, kind: int) -> int:
        """A new descriptor of its namespace of one kind (NS), the caller's to close."""
        return call("sb_box_ns_fd", self, kind, sb_error())

    @property
    def pid(self) -> int:
        """Of its first process."""
        return call("sb_box_pid", self)

    @property
    def pidfd(self) -> int:
        """Readable when the sandbox is gone; borrowed."""
        return call("sb_box_pidfd", self)


class LentBox(Box):
    """A box of a pool; closing it gives it back."""

    def __init__(self, pool: "Pool", pointer: Any) -> None:  # pylint: disable=super-init-not-called
        Handle.__init__(self)
        self._prepare(pool.config.copy())
        self.pool = pool
        self._adopt(pointer)

    def close(self) -> None:
        """Give it back to its pool, in whatever state it is."""
        if self._pointer is None:
            return
        self._end_commands()
        if self.pool._pointer is None:  # it waits for its last box to end, to end itself
            self._release()
            return
        call("sb_pool_put", self.pool, self, sb_error())
        self._pointer, self._why = None, "it was given back"


class Pool(Handle):
    """Up to size ready boxes of one config: with pool.get() as box: ...

    The arguments are those of Box. Boxes are made and reset by get(), where none is ready; or before, by process(), when
    the descriptor fileno() is readable, or by fill(). All methods may be called by any thread.
    """

    _free = "sb_pool_free"

    def __init__(self, size: int, config: Optional[Config] = None, **options: Any) -> None:
        super().__init__()
        self.config = base_config(None, config, **options)
        pointer = new_pointer(sb_pool)
        call("sb_pool_new", self.config, size, pointer, sb_error())
        self._adopt(pointer)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_pointer", None) is not None:
            warn("Pool was not closed", ResourceWarning, source=self)
            self._release()

    def close(self) -> None:
        """End all boxes that are not lent; the others end when they are closed."""
        self._release()

    def get(self, timeout: Optional[float] = None) -> LentBox:
        """Borrow a box, as new. timeout: seconds to wait while all of them are lent, then TimeoutExpired."""
        pointer = new_pointer(sb_box)
        try:
            call("sb_pool_get", self, None if timeout is None else nanoseconds(timeout), pointer, sb_error())
        except BlockingIOError:
            raise TimeoutExpired("Pool.get", timeout or 0) from None
        return LentBox(self, pointer)

    def process(self) -> bool:
        """One piece of work: reset a box that came back, or make one that is missing. Was there any?"""
        return call("sb_pool_process", self, sb_error()) == 1

    def fill(self) -> None:
        """All the work there is now."""
        while self.process():
            pass

    def fileno(self) -> int:
        """Readable while process() has something to do."""
        return call("sb_pool_fd", self)

    def info(self) -> Dict[str, int]:
        """Its figures: ready, lent, used, missing, waiting, made, handed_out, resets, discarded, failed."""
        info = sb_pool_info()
        call("sb_pool_look", self, info)
        return figures(info)

    def error(self) -> Optional[SandboxError]:
        """The last failure to make or reset a box."""
        why = sb_error()
        try:
            call("sb_pool_error", self, why)
        except FileNotFoundError:
            return None
        return from_c(why)


class NetPool(Handle):
    """Network namespaces that sandboxes of this process use one after another: Config.set_netpool(). As root only."""

    _free = "sb_netpool_free"

    def __init__(self, size: int) -> None:
        super().__init__()
        pointer = new_pointer(sb_netpool)
        call("sb_netpool_new", size, pointer, sb_error())
        self._adopt(pointer)

    def __enter__(self) -> "NetPool":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self._release()  # configs and sandboxes that use it have references of their own

    def close(self) -> None:
        """Release it; it goes with the last config and sandbox that uses it."""
        self._release()

    def fill(self, most: int) -> int:
        """Make what is missing, at most so many. Return: how many."""
        return call("sb_netpool_fill", self, most, sb_error())

    def info(self) -> Dict[str, int]:
        """Its figures: size, ready, lent, resting, made, handed_out, discarded."""
        info = sb_netpool_info()
        call("sb_netpool_look", self, info)
        return figures(info)
