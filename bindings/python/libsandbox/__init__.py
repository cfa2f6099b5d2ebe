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
    "AlreadyExists", "Applied", "BoxHas", "CalledProcessError", "CgroupFlag", "CommandNotFound", "ConfigError", "DeadHandle",
    "Has", "Id", "Lane", "Limit", "MountFlag", "NS", "NetFlag", "NotFound", "NotSupported", "PermissionDenied", "ProcFlag",
    "RootFlag", "SandboxError", "SeccompAction", "StatsHas", "Step", "StreamFlag", "StreamState", "TimeoutExpired", "Verdict",
    "Waits", "lib", "probe", "version",
]
