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
from ._run import check_call, check_output, run
from ._structs import sb_error
from ._template import purge
from .box import Box, Entry, LentBox, NetPool, Pool
from .config import DEFAULT_ENV, Config
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
from .limits import Limits
from .mounts import Bind, Dir, File, Mask, Mount, Overlay, Symlink, Tmpfs
from .network import Bridge, Network, bridges, remove_bridge
from .notify import Notification
from .process import CAPTURE, DEVNULL, PIPE, STDOUT, Popen, wait_any
from .result import Result
from .system import Named, gc, named, unpin
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
    "AlreadyExists", "Applied", "Bind", "Box", "BoxHas", "Bridge", "CAPTURE", "CalledProcessError",
    "CgroupFlag", "CommandNotFound", "Config", "ConfigError", "DEFAULT_ENV", "DEVNULL", "DeadHandle", "Dir",
    "Entry", "File", "Group", "GroupResult", "Has", "Id", "Lane", "LentBox", "Limit", "Limits", "Mask",
    "MemberResult", "Mount", "MountFlag", "NS", "Named", "NetFlag", "NetPool", "Network", "NotFound",
    "NotSupported", "Notification", "Overlay", "PIPE", "PermissionDenied", "Pool", "Popen", "ProcFlag",
    "Result", "RootFlag", "STDOUT", "SandboxError", "SeccompAction", "StatsHas", "Step", "StreamFlag",
    "StreamState", "Symlink", "TimeoutExpired", "Tmpfs", "Trace", "TraceEvent", "Verdict", "Waits",
    "bridges", "check_call", "check_output", "gc", "lib", "named", "probe", "purge", "remove_bridge", "run",
    "unpin", "version", "wait_any",
]
