# SPDX-License-Identifier: MIT
"""Run a command in isolation: libsandbox, from Python.

`lib` is the library itself, with every function of the C headers by its name there; a negative result is an exception.
"""
import os

from ._lib import lib
from ._numbers import (
    NS,
    Applied,
    BoxHas,
    CgroupFlag,
    Has,
    Id,
    Lane,
    Limit,
    MountFlag,
    NetFlag,
    ProcFlag,
    RootFlag,
    SeccompAction,
    StatsHas,
    Step,
    StreamFlag,
    StreamState,
    Verdict,
    Waits,
)
from ._structs import sb_error
from .box import Box, Entry, LentBox, NetPool, Pool
from .config import (
    DEFAULT_ENV,
    Bind,
    Config,
    Dir,
    File,
    Limits,
    Mask,
    Mount,
    Network,
    Overlay,
    Symlink,
    Tmpfs,
)
from .errors import (
    AlreadyExists,
    CalledProcessError,
    CommandNotFound,
    ConfigError,
    DeadHandle,
    NotFound,
    NotSupported,
    PermissionDenied,
    SandboxError,
    TimeoutExpired,
)
from .group import Group, GroupResult, MemberResult
from .process import CAPTURE, DEVNULL, PIPE, STDOUT, Popen, check_call, check_output, run
from .result import Result
from .trace import Trace, TraceEvent

__version__ = "0.1.0"


def probe(feature: str = "all") -> str:
    """Why this process cannot use a feature on this machine ("ns.user", "cgroup.memory", "all"...: sb_probe()); "" if it can.

    Tries it, in a sandbox that is gone when the call returns. Raises ConfigError for a name that the library does not know.
    """
    why = sb_error()
    try:
        can: int = lib.sb_probe(feature, why)
    except SandboxError as error:
        raise ConfigError(error.errno, f"{feature}: no such feature") from None
    return "" if can else os.fsdecode(why.message)


def version() -> str:
    """Of the library that was loaded, "0.1.0"."""
    number: int = lib.sb_version()
    return f"{number >> 16}.{number >> 8 & 0xFF}.{number & 0xFF}"


__all__ = [
    "AlreadyExists", "Applied", "Bind", "Box", "BoxHas", "CAPTURE", "CalledProcessError", "CgroupFlag", "CommandNotFound", "Config",
    "ConfigError", "DEFAULT_ENV", "DEVNULL", "DeadHandle", "Dir", "Entry", "File", "Group", "GroupResult", "Has", "Id", "Lane", "Limit", "LentBox", "Limits", "Mask", "MemberResult", "Mount",
    "MountFlag", "NS", "NetFlag", "NetPool", "Network", "NotFound", "NotSupported", "Overlay", "PIPE", "PermissionDenied", "Pool", "Popen", "ProcFlag",
    "Result", "RootFlag", "STDOUT", "SandboxError", "SeccompAction", "StatsHas", "Step", "StreamFlag", "StreamState", "Symlink",
    "TimeoutExpired", "Tmpfs", "Trace", "TraceEvent", "Verdict", "Waits", "check_call", "check_output", "lib", "probe", "run",
    "version",
]
