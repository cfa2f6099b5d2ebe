# SPDX-License-Identifier: MIT
"""Several commands that talk to each other, with one clock and one verdict."""
import select
import time
import warnings
from dataclasses import dataclass
from typing import IO, Any, List, Mapping, Optional, Union

from ._handle import Handle, call
from ._lib import lib
from ._numbers import Limit, Verdict, Waits
from ._structs import sb_error, sb_group_result, sb_member, sb_result
from ._types import AnyPath
from .config import Config
from .limits import nanoseconds
from .errors import TimeoutExpired
from ._start import Proc
from ._stdio import CAPTURE, PIPE, Args, Stdio, describe, words_of
from ._template import base_config
from .result import Result, add_details


@dataclass(frozen=True)
class MemberResult:
    """One of a group. order: 1 ended first. waits: what it waited for when the group was ended, and for whom; bytes on wires."""

    result: Result
    order: int
    waits: Optional[Waits]
    waits_for: Optional[int]
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True)
class GroupResult:
    """How all of it ended. verdict: the first cause, EXITED if all exited with 0; member: whose it was, None = the group's or
    none; first: who ended first by itself. wall_time, cpu_time (the sum): seconds."""

    verdict: Verdict
    member: Optional[int]
    first: Optional[int]
    wall_time: float
    cpu_time: float
    members: List[MemberResult]

    @property
    def ok(self) -> bool:
        """All exited with 0."""
        return self.verdict is Verdict.EXITED


class Group(Handle):
    """with Group(wall_time=5) as group: a = group.add([...]); b = group.add([...]); group.wire(a, 1, b, 0); group.run()

    cpu_time: seconds, of all together. wall_time: seconds, from the start of the last one. A group belongs to one thread.
    """

    _free = "sb_group_free"

    def __init__(self, *, cpu_time: Optional[float] = None, wall_time: Optional[float] = None, grace: float = 0) -> None:
        super().__init__()
        pointer = lib.sb_group_new()
        if not pointer:
            raise MemoryError
        self._adopt(pointer)
        self._args: List[Any] = []
        self._boxes: List[Any] = []
        self._started = False
        self.result: Optional[GroupResult] = None
        for limit, seconds in ((Limit.CPU, cpu_time), (Limit.WALL, wall_time)):
            if seconds is not None:
                call("sb_group_set_limit", self, limit, nanoseconds(seconds), nanoseconds(grace))

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_pointer", None) is not None:
            warn("Group was not closed", ResourceWarning, source=self)
            self._release()

    def close(self) -> None:
        """Kill what runs, and release it."""
        self._release()

    def add(
        self, args: Args, *, executable: Optional[AnyPath] = None, stdin: Any = None, stdout: Any = None, stderr: Any = None,
        cwd: Optional[AnyPath] = None, env: Optional[Mapping[Any, Any]] = None, umask: int = -1, pass_fds: Any = (),
        config: Optional[Config] = None, box: Any = None, **options: Any,
    ) -> int:
        """A member; the arguments are those of Popen, and PIPE is CAPTURE. Return: its number, from 0 on."""
        words = words_of(args)
        if stdin == PIPE:
            raise ValueError("stdin=PIPE: a member's stdin is a wire or a file")
        run_in = base_config(box, config, **options)
        try:
            describe(run_in, words, executable, cwd, env, umask, None, pass_fds)
            for fd, what in ((0, stdin), (1, stdout), (2, stderr)):
                Stdio().set(run_in, fd, CAPTURE if what == PIPE else what)
            number = call("sb_group_add", self, run_in, box, sb_error())
        finally:
            run_in.close()
        self._args.append(args)
        self._boxes.append(box)
        return number

    def wire(self, source: int, source_fd: int, target: int, target_fd: int, *, transcript: Union[IO[Any], int, None] = None,
             limit: Optional[int] = None) -> int:
        """What source writes to source_fd is what target reads from target_fd; a copy goes to transcript. limit: bytes."""
        fd = -1 if transcript is None else transcript if isinstance(transcript, int) else transcript.fileno()
        return call("sb_group_wire", self, source, source_fd, target, target_fd, fd, limit, sb_error())

    def set_leader(self, member: int) -> None:
        """When this one ends, the others are killed."""
        call("sb_group_set_leader", self, member)

    def start(self) -> None:
        """All members, or none."""
        call("sb_group_start", self, sb_error())
        self._started = True

    def fileno(self) -> int:
        """Readable when poll() has something to do."""
        return call("sb_group_fd", self)

    def poll(self) -> Optional[GroupResult]:
        """The result if all have ended, else None."""
        if self.result is None:
            raw = sb_group_result()
            if call("sb_group_process", self, raw, sb_error()) == 1:
                self.result = self._ended(raw)
        return self.result

    def wait(self, timeout: Optional[float] = None) -> GroupResult:
        """Wait for the end of all. timeout: seconds, then TimeoutExpired, and they run on."""
        end = None if timeout is None else time.monotonic() + timeout
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        while self.poll() is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutExpired(self._args, timeout or 0)
            poller.poll(None if left is None else left * 1000)
        assert self.result is not None
        return self.result

    def run(self, timeout: Optional[float] = None) -> GroupResult:
        """start() and wait(); what raises kills them."""
        self.start()
        try:
            return self.wait(timeout)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """All that run. The verdict is KILLED."""
        call("sb_group_kill", self)

    def _ended(self, raw: sb_group_result) -> GroupResult:
        members = [self._member(number) for number in range(len(self._args))]
        return GroupResult(Verdict(raw.verdict), _number(raw.member), _number(raw.first), raw.wall_ns / 1e9, raw.cpu_ns / 1e9, members)

    def _member(self, number: int) -> MemberResult:
        proc, raw, info = Proc(), sb_result(), sb_member()
        proc._pointer = lib.sb_group_proc(self, number)  # the group's, so it is not adopted
        proc.process(raw)
        result = Result(self._args[number], raw, proc.captured(1), proc.captured(2))
        add_details(result, proc, raw)
        call("sb_group_member", self, number, info)
        return MemberResult(result, info.order, Waits(info.waits) if info.waits else None, _number(info.waits_for), info.bytes_in,
                            info.bytes_out)


def _number(number: int) -> Optional[int]:
    return None if number < 0 else number
