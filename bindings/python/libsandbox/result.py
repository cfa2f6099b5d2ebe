# SPDX-License-Identifier: MIT
"""How a command ended."""
import os
import signal
import subprocess
from typing import Any, Dict, FrozenSet, List, Optional

from . import _html
from ._handle import call
from ._lib import figures, lib
from ._numbers import Applied, Has, Limit, SeccompAction, StatsHas, Verdict
from ._structs import sb_denied, sb_error, sb_net_info, sb_result, sb_stats
from .errors import CalledProcessError, SandboxError, from_c
from .trace import TraceEvent

# Which bit of sb_result.has says that a figure exists.
_FIGURES = {
    "wall_ns": Has.WALL, "user_ns": Has.CPU, "system_ns": Has.CPU, "max_rss": Has.RSS, "setup_ns": Has.SETUP,
    "memory_peak": Has.MEMORY_PEAK, "oom_kills": Has.OOM_KILLS, "minor_faults": Has.FAULTS, "major_faults": Has.FAULTS,
    "voluntary": Has.SWITCHES, "involuntary": Has.SWITCHES, "pids_peak": Has.PIDS_PEAK, "pids_refused": Has.PIDS_REFUSED,
    "io_read_bytes": Has.IO, "io_write_bytes": Has.IO, "memory_anon": Has.MEMORY_END, "memory_file": Has.MEMORY_END,
    "output_bytes": Has.OUTPUT,
}
_STATS = {
    "cpu_ns": StatsHas.CPU, "user_ns": StatsHas.CPU, "system_ns": StatsHas.CPU, "throttled_ns": StatsHas.THROTTLED,
    "periods": StatsHas.THROTTLED, "throttled_periods": StatsHas.THROTTLED, "memory": StatsHas.MEMORY,
    "memory_peak": StatsHas.MEMORY_PEAK, "memory_anon": StatsHas.MEMORY_DETAIL, "memory_file": StatsHas.MEMORY_DETAIL,
    "memory_kernel": StatsHas.MEMORY_KERNEL, "memory_high": StatsHas.MEMORY_EVENTS, "memory_max": StatsHas.MEMORY_EVENTS,
    "memory_oom": StatsHas.MEMORY_EVENTS, "oom_kills": StatsHas.MEMORY_EVENTS, "swap": StatsHas.SWAP,
    "swap_peak": StatsHas.SWAP_PEAK, "pids": StatsHas.PIDS, "pids_refused": StatsHas.PIDS, "pids_peak": StatsHas.PIDS_PEAK,
    "io_read_bytes": StatsHas.IO, "io_write_bytes": StatsHas.IO, "io_reads": StatsHas.IO, "io_writes": StatsHas.IO,
    "cpu_some_ns": StatsHas.PRESSURE, "memory_some_ns": StatsHas.PRESSURE, "memory_full_ns": StatsHas.PRESSURE,
    "io_some_ns": StatsHas.PRESSURE, "io_full_ns": StatsHas.PRESSURE, "cpu_full_ns": StatsHas.CPU_FULL,
}


# A plain number is many times as fast in an & as a member of an IntFlag.
_FIGURE_BITS = {name: int(bit) for name, bit in _FIGURES.items()}
_STATS_BITS = {name: int(bit) for name, bit in _STATS.items()}
_CODE, _DENIED, _CGROUP = int(Has.CODE), int(Has.DENIED), int(Applied.CGROUP)
_NO_LIMITS: FrozenSet[Limit] = frozenset()


def existing(struct: Any, table: Dict[str, int]) -> Dict[str, int]:
    """The figures of a struct that its `has` says exist."""
    has = struct.has
    return {name: getattr(struct, name) for name, bit in table.items() if has & bit}


def stats_of(stats: sb_stats) -> Dict[str, int]:
    """Those of a cgroup."""
    return existing(stats, _STATS_BITS)


def limits_in(bits: int) -> FrozenSet[Limit]:
    """The limits of a set of SB_LIMIT_BIT()."""
    return frozenset(limit for limit in Limit if bits >> limit & 1) if bits else _NO_LIMITS


class Result(subprocess.CompletedProcess):  # type: ignore[type-arg]
    """How a command ended: what subprocess.CompletedProcess has, and more.

    args, returncode (negative: a signal), stdout, stderr: as there.
    verdict: a Verdict, why the run ended: the first cause. ok: it exited by itself, with 0.
    cpu_time, user_time, system_time, wall_time, setup_time: seconds, or None if not known; from the exec to the end,
    and the set-up of the sandbox for itself. memory_peak: bytes, the most that all its processes were charged with
    together, or None without a memory controller; max_rss: bytes, of the largest single process.
    applied: an Applied, the parts of the isolation that it had. skipped: how many optional steps could not be done.
    trace: the steps of its creation (trace=True), else []. error: why it could not be started, for Verdict.NOT_STARTED.
    evidence: all that was measured, whatever the verdict: the members of sb_result that exist, by their names and units
    there; exceeded, soft, approximate: sets of Limit; denied: the system calls that were killed for or logged; network:
    the interfaces; cgroup: the figures of its cgroup, if it had one.
    """

    def __init__(self, args: Any, raw: sb_result, stdout: Any = None, stderr: Any = None) -> None:
        super().__init__(args, returncode_of(raw), stdout, stderr)
        known = existing(raw, _FIGURE_BITS)
        self.verdict = Verdict(raw.verdict)
        self.applied = Applied(raw.applied)
        self.skipped: int = raw.skipped
        self.user_time = _seconds(known.get("user_ns"))
        self.system_time = _seconds(known.get("system_ns"))
        self.cpu_time = _seconds(known["user_ns"] + known["system_ns"]) if "user_ns" in known else None
        self.wall_time = _seconds(known.get("wall_ns"))
        self.setup_time = _seconds(known.get("setup_ns"))
        self.memory_peak = known.get("memory_peak")
        self.max_rss = known.get("max_rss")
        self.core_dumped = bool(raw.core_dumped)
        self.trace: List[TraceEvent] = []
        self.error: Optional[SandboxError] = None
        self.evidence: Dict[str, Any] = {
            **known, "exceeded": limits_in(raw.exceeded), "soft": limits_in(raw.soft), "approximate": limits_in(raw.approximate),
            "caps": raw.caps, "landlock_abi": raw.landlock_abi, "filter_length": raw.filter_length,
        }

    @property
    def ok(self) -> bool:
        """It exited by itself, with 0, and passed no limit."""
        return self.verdict is Verdict.EXITED and self.returncode == 0

    def check_returncode(self) -> None:
        """Raise CalledProcessError unless it is ok."""
        if not self.ok:
            error = CalledProcessError(self.returncode, self.args, self.stdout, self.stderr)
            error.result = self
            raise error

    def _repr_html_(self) -> str:
        """For notebooks: the figures, and with trace=True the steps on a time line."""
        return _html.result(self)

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, verdict={self.verdict.name})"


def returncode_of(raw: sb_result) -> int:
    """As subprocess has it: the exit status, or -signal."""
    if raw.has & _CODE:
        return -int(raw.code) if raw.signaled else int(raw.code)
    return 125 if raw.verdict == Verdict.NOT_STARTED else -signal.SIGKILL


def _seconds(ns: Optional[int]) -> Optional[float]:
    return None if ns is None else ns / 1e9


def add_details(result: Result, proc: Any, raw: sb_result) -> None:
    """What only the handle of the command can tell, before it is freed."""
    if raw.has & _DENIED and raw.denied:
        result.evidence["denied"] = denied = []
        for at in range(raw.denied):
            one = sb_denied()
            lib.sb_proc_denied(proc, at, one)
            denied.append({"name": os.fsdecode(one.name), "number": one.number, "action": SeccompAction(one.action),
                           "count": one.count, "args": tuple(one.args)})
    if raw.applied & _CGROUP:
        stats = sb_stats()
        try:
            lib.sb_proc_stats(proc, stats, sb_error())
            result.evidence["cgroup"] = stats_of(stats)
        except SandboxError:  # the leaf went with its box
            pass
    if raw.verdict == Verdict.NOT_STARTED:
        why = sb_error()
        lib.sb_proc_error(proc, why)
        result.error = from_c(why)


def interfaces(proc: Any) -> List[Dict[str, Any]]:
    """What the interfaces of the sandbox have become."""
    found: List[Dict[str, Any]] = []
    info = sb_net_info()
    while call("sb_proc_net", proc, len(found), info, sb_error()) == 1:
        found.append(figures(info))
    return found
