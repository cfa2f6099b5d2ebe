# SPDX-License-Identifier: MIT
"""What a run may use: Limits."""
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Mapping, Optional, Tuple, Union

from ._numbers import Applied, Limit

if TYPE_CHECKING:
    from .config import Config

Rlimit = Union[int, None, Tuple[Optional[int], Optional[int]]]


def nanoseconds(seconds: float) -> int:
    """Of a time in seconds, which must not be negative."""
    if seconds < 0:
        raise ValueError(f"a time of {seconds} seconds")
    return round(seconds * 1e9)


@dataclass(frozen=True)
class Limits:
    """What a run may use; None is no limit. Passing one has a verdict of its own (docs/limits.md).

    cpu_time, wall_time: seconds, of all its processes. memory: bytes, of all of them together, and no swap.
    pids: processes and threads at once. output: bytes on stdout and stderr together.
    grace: seconds (memory: bytes in grace_memory) after which it is killed, so that the overshoot is measured.
    best_effort: where there is no cgroup, sample memory and hold pids by RLIMIT_NPROC, and say so in
    Result.evidence["approximate"]; without it the run then fails.
    cpus: how many at most, 1.5. fsize, stack, nofile: resource limits; rlimits: others by name, a number or (soft, hard).
    """

    cpu_time: Optional[float] = None
    wall_time: Optional[float] = None
    memory: Optional[int] = None
    pids: Optional[int] = None
    output: Optional[int] = None
    grace: float = 0
    grace_memory: int = 0
    best_effort: bool = False
    cpus: Optional[float] = None
    fsize: Optional[int] = None
    stack: Optional[int] = None
    nofile: Optional[int] = None
    rlimits: Mapping[str, Rlimit] = field(default_factory=dict)

    def apply(self, config: "Config") -> None:
        """Set them all."""
        grace = nanoseconds(self.grace)
        for limit, seconds in ((Limit.CPU, self.cpu_time), (Limit.WALL, self.wall_time)):
            if seconds is not None:
                config.set_limit(limit, nanoseconds(seconds), grace)
        for limit, value, extra in ((Limit.MEMORY, self.memory, self.grace_memory), (Limit.PIDS, self.pids, 0),
                                    (Limit.OUTPUT, self.output, 0)):
            if value is not None:
                config.set_limit(limit, value, extra)
        if self.cpus is not None:
            config.set_cpu_quota(nanoseconds(self.cpus / 10), 100_000_000)
        if self.best_effort:
            config.set_optional(config.optional | Applied.CGROUP)
        named = {name: getattr(self, name) for name in ("fsize", "stack", "nofile") if getattr(self, name) is not None}
        for name, rlimit in {**named, **self.rlimits}.items():
            soft, hard = rlimit if isinstance(rlimit, tuple) else (rlimit, rlimit)
            config.set_rlimit(name, soft, hard)
