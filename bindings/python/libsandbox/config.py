# SPDX-License-Identifier: MIT
"""What to run it in: a Config, and the small classes that describe limits, mounts and networks."""
import ctypes
import os
from dataclasses import dataclass, field
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ._handle import Handle, call, text_of
from ._lib import lib
from ._numbers import NS, Applied, Limit, MountFlag, NetFlag, RootFlag
from ._setters import Setters
from ._structs import sb_error, sb_net_link
from ._types import AnyBytes, AnyPath, text
from .errors import ConfigError, SandboxError
from .trace import Trace

DEFAULT_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
PROFILES = ("default", "judge", "build", "nested", "none")
_USERS = (b"root:x:0:0:root:/tmp:/bin/sh\nsandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n"
          b"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
_GROUPS = b"root:x:0:\nsandbox:x:1000:\nnogroup:x:65534:\n"

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
    """lower, uppermost first, with a writable layer over them: upper and work, or one that goes with the sandbox."""

    target: AnyPath
    lower: Sequence[AnyPath]
    upper: Optional[AnyPath] = None
    work: Optional[AnyPath] = None

    def apply(self, config: "Config") -> None:
        config.add_overlay(self.target, self.lower, self.upper, self.work)


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


@dataclass(frozen=True)
class Network:
    """The network of a sandbox (docs/network.md).

    kind: "none": lo only; "host": the caller's; "user": by pasta or slirp4netns, or one of these by its name;
    "veth" (device: a bridge), "macvlan", "ipvlan", "device", "tap": an interface, as Config.net_veth() and so on with link;
    "join": the namespace at device. publish: (protocol, host port, port inside) each; 0 = any that is free.
    allow: what may be connected to, as Config.net_allow(); None = everything. dns: name servers. hosts: name to address.
    """

    kind: str = "none"
    device: Optional[str] = None
    link: Mapping[str, Any] = field(default_factory=dict)
    publish: Sequence[Tuple[str, int, int]] = ()
    allow: Optional[Sequence[str]] = None
    dns: Sequence[str] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)

    def apply(self, config: "Config") -> None:
        """Set it all."""
        if self.kind in ("veth", "macvlan", "ipvlan", "device", "tap"):
            getattr(config, f"net_{self.kind}")(device=self.device, **self.link)
        elif self.kind in ("user", "pasta", "slirp4netns"):
            config.net_user(None if self.kind == "user" else self.kind)
        elif self.kind == "host":
            config.net_host()
        elif self.kind == "join":
            config.net_join(self.device or "")
        elif self.kind != "none":
            raise ValueError(f"network {self.kind!r}: none, host, user, pasta, slirp4netns, veth, macvlan, ipvlan, device, tap, join")
        for protocol, outside, inside in self.publish:
            config.net_publish(protocol, None, outside, inside, 1)
        if self.allow is not None:
            config.net_allow(None)
            for rule in self.allow:
                config.net_allow(rule)
        if self.dns:
            config.set_dns(self.dns)
        for name, address in self.hosts.items():
            config.add_host(name, address)


def as_network(network: Union[Network, str, None]) -> Network:
    """Also of a kind alone, and of "bridge:NAME"; "bridge" is sbx0, which comes and goes with those who use it."""
    if isinstance(network, Network):
        return network
    kind, _, device = (network or "none").partition(":")
    if kind == "bridge":
        flags = 0 if device else NetFlag.MAKE_BRIDGE | NetFlag.MASQUERADE
        return Network("veth", device or "sbx0", {"flags": flags})
    return Network(kind, device or None)


class Config(Setters, Handle):
    """The description of a run, or of a box.

    Config() is closed: new namespaces, an empty root, no environment, no capability. Each method that opens something
    is a line of yours. Config.standard() is what run() uses. The first setter that fails sticks to the config, as in
    C: start anew, or from a copy(). One Config may be used by any number of threads while nobody changes it.
    """

    _free = "sb_config_free"

    def __init__(self) -> None:
        super().__init__()
        self.trace: Optional[Trace] = None
        self.optional = 0
        self.output_limit = False
        pointer = lib.sb_config_new()
        if not pointer:
            raise MemoryError
        self._adopt(pointer)

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self._release()

    def _set(self, name: str, *args: Any) -> None:
        try:
            call(name, self, *args)
        except SandboxError as error:
            if self._pointer is None:
                raise
            why = sb_error()
            try:
                lib.sb_config_check(self, why)
            except SandboxError as explained:
                if explained.errno == error.errno:
                    raise explained from None
            raise

    @classmethod
    def standard(
        cls, *, profile: Optional[str] = None, limits: Optional[Limits] = None, mounts: Iterable[Union[Mount, str]] = (),
        network: Union[Network, str, None] = None, user: Union[int, Tuple[int, int], str, None] = None,
        hostname: Optional[str] = None, rootfs: Optional[AnyPath] = None, rootfs_ro: bool = True,
    ) -> "Config":
        """What `sbx run` does unless told otherwise, and what run() starts from.

        The system's directories read-only, a /tmp of its own, /proc, /dev, names for the ids that occur, and the environment
        DEFAULT_ENV. profile: a seccomp preset, one of PROFILES; "judge" also forbids user namespaces by the kernel's limit.
        user: a uid, (uid, gid), or "root" (inside; an ordinary id of the host). rootfs: a directory instead of the system's;
        what is written to it goes to an overlay unless rootfs_ro says no to that: then it is written itself.
        """
        config = cls()
        wanted = [as_mount(mount) for mount in mounts]
        config._standard_root([os.fsdecode(mount.target) for mount in wanted], rootfs, rootfs_ro)
        config.set_env([f"{name}={value}" for name, value in DEFAULT_ENV.items()])
        for mount in wanted:
            mount.apply(config)
        if network is not None:
            as_network(network).apply(config)
        config.use(profile=profile, limits=limits, user=user)
        if hostname is not None:
            config.set_hostname(hostname)
        return config

    def _standard_root(self, targets: List[str], rootfs: Optional[AnyPath], rootfs_ro: bool) -> None:
        if rootfs is None:
            self.add_system_dirs()
            # Who brings files of /etc brings names as well.
            if not any(target == "/etc" or target.startswith("/etc/") for target in targets):
                self.add_file("/etc/passwd", _USERS)
                self.add_file("/etc/group", _GROUPS)
            if "/tmp" not in targets:
                self.add_tmpfs("/tmp", 0, 0, 0o1777)
        else:
            self.set_rootfs(os.path.abspath(os.fsdecode(rootfs)), RootFlag.OVERLAY if rootfs_ro else 0)
        if "/proc" not in targets:
            self.add_proc("/proc")
        if "/dev" not in targets:
            self.add_dev("/dev")

    def use(self, *, profile: Optional[str] = None, limits: Optional[Limits] = None,
            user: Union[int, Tuple[int, int], str, None] = None) -> None:
        """Set what these words of run() mean."""
        if profile is not None:
            if profile not in PROFILES:
                raise ValueError(f"profile {profile!r} is none of {', '.join(PROFILES)}")
            self.set_seccomp(profile)
            if profile == "judge":
                self.set_no_new_userns()
        if limits is not None:
            limits.apply(self)
        if user is not None:
            if isinstance(user, str) and user != "root":
                raise ValueError(f"user {user!r}: a number, two numbers, or \"root\"")
            self.set_user(*(0, 0) if isinstance(user, str) else user if isinstance(user, tuple) else (user, user))

    def copy(self) -> "Config":
        """An independent one, to vary a template."""
        twin = type(self).__new__(type(self))
        Handle.__init__(twin)
        twin.trace, twin.optional, twin.output_limit = self.trace, self.optional, self.output_limit
        pointer = lib.sb_config_copy(self._as_parameter_)
        if not pointer:
            raise MemoryError
        twin._adopt(pointer)
        return twin

    def check(self) -> None:
        """Raise what run() would, as far as it can be known without making anything."""
        call("sb_config_check", self, sb_error())

    def dump(self) -> str:
        """The steps that would be taken, one a line."""
        return text_of("sb_config_dump", self, error=sb_error())

    def close(self) -> None:
        """Release it; collecting it does the same."""
        self._release()

    def set_trace(self, trace: Optional[Trace]) -> None:
        """Record the steps of every spawn in trace; None = do not."""
        self._set("sb_set_trace", trace)
        self.trace = trace

    def set_netpool(self, pool: Optional[Handle]) -> None:
        """The new network namespace comes from this NetPool."""
        self._set("sb_set_netpool", pool)

    def set_optional(self, layers: int) -> None:
        super().set_optional(layers)
        self.optional = layers

    def set_limit(self, limit: int, value: Optional[int], grace: int = 0) -> None:
        super().set_limit(limit, value, grace)
        if limit == Limit.OUTPUT:
            self.output_limit = value is not None

    def seccomp_test(self, name: str, args: Sequence[int] = ()) -> Tuple[int, int]:
        """What the filter would do with a system call: a SeccompAction, and the errno if that is ERRNO."""
        error = ctypes.c_int32()
        words = (ctypes.c_uint64 * 6)(*args)
        return call("sb_seccomp_test", self, name, words, error, sb_error()), error.value

    def _link(self, function: str, members: Mapping[str, Any]) -> None:
        link = sb_net_link()
        for name, value in members.items():
            if value is not None:
                if not hasattr(sb_net_link, name) or name == "size":
                    raise TypeError(f"an interface has no {name!r}")
                setattr(link, name, text(value) if isinstance(value, (str, bytes)) else value)
        self._set(function, link)

    def net_veth(self, **link: Any) -> None:
        """A pair of interfaces, one inside. Members of sb_net_link: device (a bridge), address, gateway, flags, rate..."""
        self._link("sb_net_veth", link)

    def net_macvlan(self, **link: Any) -> None:
        """A further MAC address on device. Members of sb_net_link."""
        self._link("sb_net_macvlan", link)

    def net_ipvlan(self, **link: Any) -> None:
        """A further address on device. Members of sb_net_link."""
        self._link("sb_net_ipvlan", link)

    def net_device(self, **link: Any) -> None:
        """device itself moves in. Members of sb_net_link."""
        self._link("sb_net_device", link)

    def net_tap(self, **link: Any) -> None:
        """A TAP interface: Popen.tap(). Members of sb_net_link."""
        self._link("sb_net_tap", link)


def environment(env: Mapping[Any, Any]) -> List[bytes]:
    """A mapping as "NAME=value"; the errors are subprocess' own."""
    out: List[bytes] = []
    for name, value in env.items():
        name, value = os.fsencode(name), os.fsencode(value)
        if b"=" in name or not name:
            raise ValueError("illegal environment variable name")
        if b"\0" in name or b"\0" in value:
            raise ValueError("embedded null byte")
        out.append(name + b"=" + value)
    return out
