# SPDX-License-Identifier: MIT
"""What was done, step by step, with times."""
import os
from dataclasses import dataclass
from typing import List

from . import _html
from ._handle import Handle, call
from ._lib import lib
from ._numbers import Lane, Step
from ._structs import sb_trace_event
from .errors import step_of


@dataclass(frozen=True)
class TraceEvent:
    """One step. start: seconds of CLOCK_MONOTONIC; duration: seconds; error: an errno, 0 = it worked."""

    spawn: int
    lane: Lane
    step: Step
    index: int
    object: str
    error: int
    skipped: bool
    start: float
    duration: float


class Trace(Handle):
    """A record of steps: give it to Config.set_trace(), or say trace=True to run()."""

    _free = "sb_trace_free"

    def __init__(self) -> None:
        super().__init__()
        pointer = lib.sb_trace_new()
        if not pointer:
            raise MemoryError
        self._adopt(pointer)

    def __del__(self) -> None:
        # Configs and handles that name it hold a reference: they are gone.
        if getattr(self, "_pointer", None) is not None:
            self._release()

    def __len__(self) -> int:
        return call("sb_trace_count", self)

    def events(self) -> List[TraceEvent]:
        """All so far."""
        out = []
        for at in range(len(self)):
            e = sb_trace_event()
            call("sb_trace_get", self, at, e)
            out.append(TraceEvent(e.spawn, Lane(e.lane), step_of(e.step), e.index, os.fsdecode(e.object), e.error, bool(e.skipped),
                                  e.start_ns / 1e9, e.duration_ns / 1e9))
        return out

    def _repr_html_(self) -> str:
        return _html.timeline(self.events())

    def clear(self) -> None:
        """Forget them."""
        call("sb_trace_clear", self)
