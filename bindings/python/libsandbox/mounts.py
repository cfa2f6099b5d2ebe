# SPDX-License-Identifier: MIT
"""What is in the file system of a sandbox: Bind, Tmpfs, File and the like."""
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Sequence, Union

from ._numbers import MountFlag
from ._types import AnyBytes, AnyPath

if TYPE_CHECKING:
    from .config import Config


class Mount:
    """Something in the file system of a sandbox."""

    target: AnyPath

    def apply(self, config: "Config") -> None:
        """Add it."""
        raise NotImplementedError


def _flags(ro: bool, noexec: bool, more: int = 0) -> int:
    return (MountFlag.RO if ro else 0) | (MountFlag.NOEXEC if noexec else 0) | more


@dataclass(frozen=True)
class Bind(Mount):
    """The host's source as target (default: the same path). flags: further MountFlag."""

    source: AnyPath
    target: AnyPath = ""
    ro: bool = False
    noexec: bool = False
    optional: bool = False
    flags: int = 0

    def apply(self, config: "Config") -> None:
        source = os.path.abspath(os.fsdecode(self.source))
        optional = MountFlag.OPTIONAL if self.optional else 0
        config.add_bind(source, self.target or source, _flags(self.ro, self.noexec, self.flags | optional))


@dataclass(frozen=True)
class Tmpfs(Mount):
    """An empty file system in memory, the command's own. size: bytes, inodes: 0 = half of the memory."""

    target: AnyPath
    size: int = 0
    inodes: int = 0
    mode: int = 0o755

    def apply(self, config: "Config") -> None:
        config.add_tmpfs(self.target, self.size, self.inodes, self.mode)


@dataclass(frozen=True)
class Overlay(Mount):
    """lower, uppermost first, with a writable layer over them: upper and work, or one that goes with the sandbox.

    reset: the upper and work directories of all overlays of the box are empty, and its alone: Box.reset() replaces them.
    """

    target: AnyPath
    lower: Sequence[AnyPath]
    upper: Optional[AnyPath] = None
    work: Optional[AnyPath] = None
    reset: bool = False

    def apply(self, config: "Config") -> None:
        config.add_overlay(self.target, self.lower, self.upper, self.work)
        if self.reset:
            config.set_overlay_reset(True)


@dataclass(frozen=True)
class File(Mount):
    """A file with this content, the command's own; at most 1 MiB in all."""

    target: AnyPath
    data: Union[str, AnyBytes] = b""
    mode: int = 0o644

    def apply(self, config: "Config") -> None:
        config.add_file(self.target, self.data.encode() if isinstance(self.data, str) else bytes(self.data), self.mode)


@dataclass(frozen=True)
class Dir(Mount):
    """A directory, the command's own, and those above it that are missing."""

    target: AnyPath
    mode: int = 0o755

    def apply(self, config: "Config") -> None:
        config.add_dir(self.target, self.mode)


@dataclass(frozen=True)
class Symlink(Mount):
    """A symbolic link at target that says where."""

    where: AnyPath
    target: AnyPath

    def apply(self, config: "Config") -> None:
        config.add_symlink(self.where, self.target)


@dataclass(frozen=True)
class Mask(Mount):
    """Hide what is at target."""

    target: AnyPath

    def apply(self, config: "Config") -> None:
        config.add_mask(self.target)


def as_mount(mount: Union[Mount, str]) -> Mount:
    """Also of "SOURCE:TARGET[:ro]", as docker's -v."""
    if isinstance(mount, Mount):
        return mount
    parts = mount.split(":")
    if len(parts) not in (2, 3) or parts[2:] not in ([], ["ro"], ["rw"]):
        raise ValueError(f"{mount!r} is not SOURCE:TARGET[:ro]")
    return Bind(parts[0], parts[1], ro=parts[2:] == ["ro"])
