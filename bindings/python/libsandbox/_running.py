# SPDX-License-Identifier: MIT
"""What can be asked and changed while a command runs."""
import ctypes
from typing import Any, Dict, FrozenSet, List

from ._handle import call, text_of
from ._lib import figures
from ._numbers import Limit
from ._start import Proc
from ._structs import sb_error, sb_io_stats, sb_stats, sb_stream
from .result import interfaces, limits_in, stats_of


class Running:
    """What Popen has of it. Any thread may call any of it; DeadHandle once the command has ended."""

    def _handle(self) -> Proc:
        raise NotImplementedError

    def _call(self, name: str, *args: Any) -> int:
        """A function of the handle, which nobody frees meanwhile."""
        proc = self._handle()
        with proc.lock:
            return call(name, proc, *args)

    def fileno(self) -> int:
        """A descriptor that is readable when poll() has something to do; for select and event loops. Borrowed."""
        return self._call("sb_proc_fd")

    @property
    def pidfd(self) -> int:
        """Of the command; borrowed."""
        return self._call("sb_proc_pidfd")

    @property
    def tty(self) -> int:
        """Master side of its terminal (Config.set_tty()); borrowed."""
        return self._call("sb_proc_tty")

    def port(self, index: int = 0) -> int:
        """The port of the host that the index-th published one has."""
        return self._call("sb_proc_port", index)

    def tap(self, index: int = 0) -> int:
        """The descriptor of the index-th TAP interface; borrowed."""
        return self._call("sb_proc_tap", index)

    def soft(self) -> FrozenSet[Limit]:
        """Soft limits that were passed so far (Config.set_soft_limit())."""
        return limits_in(self._call("sb_proc_soft"))

    def stats(self) -> Dict[str, int]:
        """What its cgroup used up to now: the members of sb_stats that exist; NotFound without a cgroup."""
        stats = sb_stats()
        self._call("sb_proc_stats", stats, sb_error())
        return stats_of(stats)

    def stream(self, fd: int) -> Dict[str, int]:
        """How a stream stands that the library carries: flags (StreamState), bytes, kept, error; NotFound for others."""
        stream = sb_stream()
        self._call("sb_proc_stream", fd, stream)
        return figures(stream)

    def io(self) -> List[Dict[str, int]]:
        """What it read and wrote, by block device: the members of sb_io_stats; NotFound without the io controller."""
        found: List[Dict[str, int]] = []
        device = sb_io_stats()
        while self._call("sb_proc_io", len(found), device, sb_error()) == 1:
            found.append(figures(device))
        return found

    def network(self) -> List[Dict[str, Any]]:
        """Its interfaces, with their counters."""
        proc = self._handle()
        with proc.lock:
            return interfaces(proc)

    def pids(self) -> List[int]:
        """Its processes; needs a cgroup."""
        room = 64
        while True:
            pids = (ctypes.c_int * room)()
            count = self._call("sb_proc_pids", pids, room, sb_error())
            if count <= room:
                return list(pids[:count])
            room = count * 2

    def freeze(self) -> None:
        """Stop all its processes where they are; needs a cgroup."""
        self._call("sb_proc_freeze", 1, sb_error())

    def thaw(self) -> None:
        """Let them go on."""
        self._call("sb_proc_freeze", 0, sb_error())

    def set_cgroup(self, file: str, value: str) -> None:
        """Change a setting of its cgroup."""
        self._call("sb_proc_set_cgroup", file, value, sb_error())

    def get_cgroup(self, file: str) -> str:
        """A file of its cgroup."""
        proc = self._handle()
        with proc.lock:
            return text_of("sb_proc_get_cgroup", proc, file, error=sb_error())

    @property
    def cgroup_fd(self) -> int:
        """The directory of its cgroup; borrowed. NotFound without one."""
        return self._call("sb_proc_cgroup_fd")

    def pressure(self, resource: str, stall: float, window: float, full: bool = False) -> int:
        """A descriptor, the caller's to close, that shows POLLPRI when its processes were short of something.

        resource: "cpu", "memory" or "io". stall: seconds of waiting in any window of so many seconds, 0.5 to 10. full: all of
        them waited.
        """
        return self._call("sb_proc_pressure", resource, int(full), round(stall * 1e9), round(window * 1e9), sb_error())
