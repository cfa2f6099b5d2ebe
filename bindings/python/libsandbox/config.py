# SPDX-License-Identifier: MIT
"""What to run it in: a Config."""
import ctypes
import os
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ._handle import Handle, call, text_of
from ._lib import lib
from ._numbers import Limit, RootFlag
from ._setters import Setters
from ._structs import sb_error, sb_net_link
from ._types import AnyPath, text
from .errors import SandboxError
from .limits import Limits
from .mounts import Mount, as_mount
from .network import Network, as_network
from .trace import Trace

DEFAULT_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
PROFILES = ("default", "judge", "build", "nested", "none")
_USERS = (b"root:x:0:0:root:/tmp:/bin/sh\nsandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n"
          b"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
_GROUPS = b"root:x:0:\nsandbox:x:1000:\nnogroup:x:65534:\n"


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
        self.networked = False  # it may have interfaces that can be asked for figures
        pointer = lib.sb_config_new()
        if not pointer:
            raise MemoryError
        self._adopt(pointer)

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self._release()

    def _set(self, name: str, *args: Any) -> None:
        if name.startswith("sb_net_"):
            self.networked = True
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
        twin.trace, twin.optional = self.trace, self.optional
        twin.output_limit, twin.networked = self.output_limit, self.networked
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

    def __enter__(self) -> "Config":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()

    def close(self) -> None:
        """Release it; collecting it does the same, and so does the end of a with block."""
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
