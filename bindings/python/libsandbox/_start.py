# SPDX-License-Identifier: MIT
"""The handle of a command, from its start on."""
import ctypes
import itertools
import os
import threading
from typing import Any, List, Optional

from ._handle import Handle, call, new_pointer
from ._numbers import Step
from ._structs import sb_error, sb_proc, sb_result
from ._types import AnyPath
from .config import Config
from .errors import SandboxError, from_c

# The kernel gives none above 2**22 (PID_MAX_LIMIT), so that these are nobody's: kill(2) of one is ESRCH.
_gone = itertools.count(2**30)


class Proc(Handle):
    """The handle of a command; a Popen has one. Any thread may use it.

    turn: of those who wait: one of them sleeps until there is something to notice, and notices it. lock: of each call.
    """

    _free = "sb_proc_free"

    def __init__(self, owner: Any = None) -> None:
        super().__init__()
        self.owner = owner  # the box it runs in must not go before it
        self._new_locks()

    def _new_locks(self) -> None:
        self.turn, self.lock = threading.RLock(), threading.Lock()

    def _die(self) -> None:
        super()._die()
        self._new_locks()  # those who held them are in the parent

    def process(self, raw: sb_result) -> bool:
        """Notice what has happened; has it ended?"""
        return call("sb_proc_process", self, raw, sb_error()) == 1

    def wait(self, timeout_ns: int, raw: sb_result) -> bool:
        """Sleep until it has ended, and let no signal of Python through meanwhile. Has it?"""
        return call("sb_proc_wait", self, timeout_ns, raw, sb_error()) == 1

    def captured(self, fd: int) -> Optional[bytes]:
        """What was kept of fd so far; None if it is not captured."""
        data, length = ctypes.c_void_p(), ctypes.c_size_t()
        try:
            call("sb_proc_output", self, fd, data, length)
        except FileNotFoundError:
            return None
        return ctypes.string_at(data, length.value) if length.value else b""

    def pid(self) -> int:
        """In the pid namespace of the caller. Of a command that is gone already: a number that no process can have."""
        try:
            return call("sb_proc_pid", self)
        except ProcessLookupError:
            return next(_gone)


# Commands whose Popen was collected while they ran: they go on, and are freed when they have ended.
orphans: List[Proc] = []


def forget_orphans() -> None:
    """Free those that have ended."""
    for proc in list(orphans):
        try:
            ended = proc._pointer is None or proc.process(sb_result())
        except SandboxError:
            ended = False
        if ended:
            try:
                orphans.remove(proc)
            except ValueError:
                continue  # another thread was faster
            proc._release()


def start(config: Config, box: Any, name: AnyPath, cwd: Optional[AnyPath]) -> Proc:
    """Execute the command. name and cwd are what is missing if that is why it cannot be done."""
    if orphans:
        forget_orphans()
    pointer, why = new_pointer(sb_proc), sb_error()
    proc = Proc(box)
    try:
        if box is None:
            call("sb_spawn", config, pointer, why)
        else:
            call("sb_box_spawn", box, config, pointer, why)
        proc._adopt(pointer)
    except SandboxError as error:
        missing = {Step.EXEC: name, Step.CWD: cwd}.get(error.step)
        if missing is not None and why.code:
            raise from_c(why, os.fsdecode(missing)) from None
        raise
    except BaseException:  # a signal's, between the call and us: nobody will have the command
        if pointer:
            proc._adopt(pointer)
            proc._release("its start was interrupted")
        raise
    return proc
