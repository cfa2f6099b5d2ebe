# SPDX-License-Identifier: MIT
"""What sandboxes have left on the machine, or are there of other processes: names, pinned namespaces, cgroups of the dead."""
import ctypes
import os
from dataclasses import dataclass
from typing import List, Optional

from ._handle import call
from ._structs import sb_error, sb_named
from ._types import AnyPath
from .config import Config


@dataclass(frozen=True)
class Named:
    """A sandbox with a name (Config.set_name()). uid: whose it is; pid: of its sb-init, in the caller's pid namespace;
    started: seconds since 1970, or None if not known."""

    name: str
    uid: int
    pid: int
    started: Optional[float]


def named() -> List[Named]:
    """The sandboxes with names that the caller can see, of every user, sorted by user and name.

    Those whose names were taken in the caller's network and user namespace, and that run in a pid namespace right below its
    own. Needs /proc and no privilege. Any thread. To run a command in one of them: Config.set_join_name().
    """
    room = 64
    while True:
        found = (sb_named * room)()
        for entry in found:
            entry.size = ctypes.sizeof(sb_named)
        count = call("sb_named_list", found, room, sb_error())
        if count <= room:
            return [Named(os.fsdecode(e.name), e.uid, e.pid, e.started_ns / 1e9 if e.started_ns else None) for e in found[:count]]
        room = count + 64


def gc(config: Optional[Config] = None) -> int:
    """Remove what processes that were killed have left behind: cgroups, bridges, directories of slirp4netns.

    config: where its cgroups would be made is where they are looked for; None: as for Config(). What belongs to a process
    that lives is not touched. Blocks until it is done. Any thread. Return: how much was removed. Raises SandboxError.
    """
    return call("sb_gc", config, sb_error())


def unpin(path: AnyPath) -> None:
    """Release the namespace that Config.add_pin() has kept alive at path, and remove the file.

    ConfigError if nothing is pinned there; PermissionDenied without CAP_SYS_ADMIN. Any thread.
    """
    call("sb_unpin", path, sb_error())
