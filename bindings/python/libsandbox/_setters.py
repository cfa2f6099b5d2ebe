# SPDX-License-Identifier: MIT
"""The setters of a Config that pass on what they are given. Made by make_api.py from the C headers."""
# pylint: disable=too-many-public-methods,too-many-arguments
from typing import Any, Iterable, Optional, Sequence

from ._types import AnyBytes, AnyPath, array


class Setters:
    """Each is the function of C with this name behind sb_; what it says of NULL holds for None."""

    def _set(self, name: str, *args: Any) -> None:
        raise NotImplementedError

    def set_command(self, path: Optional[AnyPath], argv: Optional[Iterable[AnyPath]] = None) -> None:
        """The program and its arguments
        path: inside the sandbox; without a slash it is looked up in the PATH of the
            command's environment (else /usr/local/bin:/usr/bin:/bin); NULL = argv[0]
        argv: NULL-terminated; NULL = { path, NULL }
        """
        self._set("sb_set_command", path, argv)

    def set_env(self, env: Optional[Iterable[AnyPath]]) -> None:
        """Replaces the environment ("NAME=value" strings, NULL-terminated; NULL = empty)."""
        self._set("sb_set_env", env)

    def add_env(self, entry: AnyPath) -> None:
        """One variable: "NAME=value", or "NAME" to take over the caller's
        present value (no effect if it has none). A second value for a name replaces the first.
        """
        self._set("sb_add_env", entry)

    def set_cwd(self, dir: AnyPath) -> None:
        """Where the command starts, an absolute path inside. Default "/"."""
        self._set("sb_set_cwd", dir)

    def set_umask(self, mask: int) -> None:
        """Default 022."""
        self._set("sb_set_umask", mask)

    def set_rlimit(self, name: AnyPath, soft: Optional[int], hard: Optional[int]) -> None:
        """One resource limit
        name: as in getrlimit(2) without RLIMIT_, any case: "nofile", "core", "as"…
        soft: UINT64_MAX = unlimited; at most hard

        Defaults: core is 1 byte (no core is written, and unlike with 0 no program
        named in a piped core_pattern runs on the host: core(5)), or 0 where the host's
        own hard limit is 0; the others are the host's. A hard limit above the host's own needs
        CAP_SYS_RESOURCE.
        """
        self._set("sb_set_rlimit", name, soft, hard)

    def set_nice(self, nice: int) -> None:
        """-20 to 19; default 0. Less than the host's own needs CAP_SYS_NICE."""
        self._set("sb_set_nice", nice)

    def set_fd(self, fd: int, host_fd: int) -> None:
        """The command finds a duplicate of host_fd as fd
        fd: 0 to 1023
        host_fd: must be open when sb_spawn() is called; -1 = /dev/null

        All others are closed. 0, 1 and 2 are /dev/null unless set.
        """
        self._set("sb_set_fd", fd, host_fd)

    def set_session(self, on: bool = True) -> None:
        """1 (default): the command leads a new session (setsid(2)); 0: it stays in sb-init's."""
        self._set("sb_set_session", int(on))

    def set_tty(self, on: bool = True) -> None:
        """1: give the command a new controlling terminal of the sandbox's
        own /dev/pts on those of fds 0, 1 and 2 that are not set otherwise; the
        caller gets the master, sb_proc_tty(). Needs sb_add_dev() and a new session.
        """
        self._set("sb_set_tty", int(on))

    def set_tty_size(self, rows: int, columns: int) -> None:
        """Of that terminal, 1 to 65535 each; unset it is the kernel's 0 by 0 (ioctl_tty(2))."""
        self._set("sb_set_tty_size", rows, columns)

    def set_no_new_privs(self, on: bool = True) -> None:
        """Default 1; 0 lets set-user-ID programs work where the mounts do."""
        self._set("sb_set_no_new_privs", int(on))

    def add_cap(self, name: AnyPath) -> None:
        """Keep one capability: "net_bind_service", with or without "cap_",
        any case, or "all". In the bounding, permitted, effective, inheritable and
        ambient set. Default: none is kept.
        """
        self._set("sb_add_cap", name)

    def set_ns(self, flags: int) -> None:
        """Namespaces to create; the others are the caller's own. Default SB_NS_ALL."""
        self._set("sb_set_ns", flags)

    def set_ns_fd(self, kind: int, fd: int) -> None:
        """Join an existing namespace instead of creating one
        kind: one SB_NS_* bit
        fd: of a namespace file (/proc/PID/ns/…); must be open until sb_spawn(); -1 = do not join

        In a joined user namespace its own map decides what an id is on the host:
        0 may be the host's root there. Joining a user namespace needs to be its
        owner, the others CAP_SYS_ADMIN in the one that owns them (setns(2)).
        """
        self._set("sb_set_ns_fd", kind, fd)

    def add_pin(self, kind: int, path: AnyPath) -> None:
        """Keep a namespace alive by a bind mount on path after the
        sandbox has ended (`unshare --net=FILE`)

        path is a file in the caller's own mount namespace; it is created if it is
        missing. For a mount namespace the file is first bound to itself and made
        private, so that the pin cannot propagate into the namespace it pins
        (unshare(1), mount_namespaces(7)). Needs CAP_SYS_ADMIN. A spawn that fails takes its pins back.
        Release with sb_unpin().
        """
        self._set("sb_add_pin", kind, path)

    def set_hostname(self, name: AnyPath) -> None:
        """In the new UTS namespace. 1 to 64 bytes. Default "sandbox"."""
        self._set("sb_set_hostname", name)

    def set_domainname(self, name: AnyPath) -> None:
        """NIS domain name in the new UTS namespace. Default "(none)"."""
        self._set("sb_set_domainname", name)

    def set_boottime(self, sec: int) -> None:
        """Shift CLOCK_BOOTTIME inside by sec seconds (time_namespaces(7))."""
        self._set("sb_set_boottime", sec)

    def set_monotonic(self, sec: int) -> None:
        """Shift CLOCK_MONOTONIC inside by sec seconds."""
        self._set("sb_set_monotonic", sec)

    def set_loopback(self, up: bool) -> None:
        """1 (default): `lo` is up in a new network namespace; 0: it stays down."""
        self._set("sb_set_loopback", int(up))

    def set_user(self, uid: int, gid: int) -> None:
        """Ids of the command, as seen inside

        Default 1000:1000 in a new user namespace, 0:0 in a joined one, else the
        caller's own ids, and 65534:65534 for a caller that is root. 0:0 in a new one
        is the sandbox's root, an ordinary id of the host. 4294967295 is invalid.
        """
        self._set("sb_set_user", uid, gid)

    def set_groups(self, gids: Sequence[int]) -> None:
        """Supplementary groups, as seen inside; count at most 64. Default none."""
        self._set("sb_set_groups", array(gids), 0 if gids is None else len(gids))

    def add_idmap(self, which: int, inside: int, outside: int, count: int) -> None:
        """Map count ids from inside on to those from outside on
        which: SB_ID_USER, SB_ID_GROUP or both

        Default: one id, the command's, on the caller's own, or on 65534 for a caller
        that is root (on 0 after sb_set_host_root()). Several ranges are written by the caller where it may
        (CAP_SETUID and CAP_SETGID), else by newuidmap(1) and newgidmap(1).
        """
        self._set("sb_add_idmap", which, inside, outside, count)

    def set_idmap_auto(self) -> None:
        """Take the ranges from /etc/subuid and /etc/subgid

        For an ordinary caller 0 inside is the caller itself and 1, 2… its
        subordinate ids; for root 0, 1… are root's subordinate ids.
        """
        self._set("sb_set_idmap_auto")

    def set_host_root(self, allow: bool) -> None:
        """1: ids 0 of the host may be mapped, or used

        Without this a map that covers host uid or gid 0, or a command that would run
        as such, is -EPERM.
        """
        self._set("sb_set_host_root", int(allow))

    def set_rootfs(self, dir: Optional[AnyPath], flags: int = 0) -> None:
        """Use a directory as root instead of an empty tmpfs
        dir: NULL = the empty tmpfs again
        flags: SB_MOUNT_RO, SB_MOUNT_NOEXEC, SB_MOUNT_DEV, SB_MOUNT_SUID, SB_MOUNT_IDMAP,
            SB_ROOT_OVERLAY; without RO and OVERLAY the command may write to dir

        Mounts below dir come along, but not below an overlay. With "/" and no
        overlay the present root is kept, in place.
        """
        self._set("sb_set_rootfs", dir, flags)

    def set_rootfs_overlay(
        self, lower: Optional[Iterable[AnyPath]], upper: Optional[AnyPath] = None, work: Optional[AnyPath] = None
    ) -> None:
        """Root is an overlay, as sb_add_overlay() at "/"."""
        self._set("sb_set_rootfs_overlay", lower, upper, work)

    def set_rootfs_writable(self, writable: bool) -> None:
        """1: the empty tmpfs root may be written to by its owner; default 0."""
        self._set("sb_set_rootfs_writable", int(writable))

    def add_bind(self, source: AnyPath, target: AnyPath, flags: int = 0) -> None:
        """Show the host's source (file or directory) as target."""
        self._set("sb_add_bind", source, target, flags)

    def add_system_dirs(self) -> None:
        """What the host's programs need, read-only: /usr, and /bin,
        /sbin, /lib* (links where the host has links), /etc/alternatives, /etc/ld.so.cache
        """
        self._set("sb_add_system_dirs")

    def add_tmpfs(self, target: AnyPath, bytes: int, inodes: int = 0, mode: int = 0o755) -> None:
        """Bytes and inodes 0 = half of the memory (tmpfs(5)); owned by the command."""
        self._set("sb_add_tmpfs", target, bytes, inodes, mode)

    def add_proc(self, target: AnyPath, flags: int = 0) -> None:
        """/proc of the sandbox's PID namespace

        sys, sysrq-trigger, irq, bus and fs are read-only in it. Without SB_NS_PID it
        is the caller's /proc, and SUBSET_PID and HIDEPID are errors.
        """
        self._set("sb_add_proc", target, flags)

    def add_dev(self, target: AnyPath) -> None:
        """A minimal /dev: null zero full random urandom tty, fd stdin stdout
        stderr, its own pts and ptmx, shm (noexec), an empty mqueue; read-only but for
        shm and pts
        """
        self._set("sb_add_dev", target)

    def add_mqueue(self, target: AnyPath) -> None:
        """POSIX message queues; needs SB_NS_IPC."""
        self._set("sb_add_mqueue", target)

    def add_sysfs(self, target: AnyPath) -> None:
        """/sys, read-only; needs SB_NS_NET."""
        self._set("sb_add_sysfs", target)

    def add_overlay(
        self, target: Optional[AnyPath], lower: Optional[Iterable[AnyPath]], upper: Optional[AnyPath] = None, work: Optional[AnyPath] = None
    ) -> None:
        """An overlay of host directories
        lower: uppermost first, NULL-terminated, at most 64
        upper: where writes are kept, for one sandbox at a time; NULL = a tmpfs that goes with the sandbox
        work: an empty directory on the file system of upper; NULL without upper
        """
        self._set("sb_add_overlay", target, lower, upper, work)

    def set_overlay_reset(self, allow: bool) -> None:
        """1: the upper and work directories of all overlays are the box's alone; default 0

        Then sb_box_reset() may put new, empty directories in their place, and removes the old ones with
        all that is in them. It does so only if they were empty at sb_box_open(); the new ones have their
        mode, owner, ACL and extended attributes. Without it a box with an upper directory is not reset
        (-EOPNOTSUPP). The caller must be able to write to the directories that they are in: a reset
        makes ".sb-reset-NAME" beside the upper directory NAME, and removes it. If the host is killed
        meanwhile, sb_gc() does.
        """
        self._set("sb_set_overlay_reset", int(allow))

    def add_file(self, target: AnyPath, data: AnyBytes, mode: int = 0o644) -> None:
        """A file with the given content (at most 1 MiB in all), owned by the command."""
        self._set("sb_add_file", target, data, 0 if data is None else len(data), mode)

    def add_symlink(self, text: AnyPath, target: AnyPath) -> None:
        """Target becomes a symbolic link that says text."""
        self._set("sb_add_symlink", text, target)

    def add_dir(self, target: AnyPath, mode: int = 0o755) -> None:
        """A directory, and those above it that are missing; owned by the command."""
        self._set("sb_add_dir", target, mode)

    def add_mask(self, path: AnyPath) -> None:
        """Hide a path: a file reads as empty, a directory as an empty one."""
        self._set("sb_add_mask", path)

    def add_readonly(self, path: AnyPath) -> None:
        """Make what is mounted at or below path by now read-only."""
        self._set("sb_add_readonly", path)

    def set_limit(self, limit: int, value: Optional[int], grace: int = 0) -> None:
        """A run that uses more than value of limit has that verdict
        limit: SB_LIMIT_*
        value: in its unit; UINT64_MAX = no limit (default)
        grace: CPU, WALL, MEMORY: it is killed at value + grace only, so that the overshoot is
            measured; the verdict is the same. Else 0

        PIDS: the fork that would be one too many is refused, and ends the run
        (sb_set_pids() refuses without ending it). MEMORY: the kernel kills all
        processes of the run when it can free no more (memory.oom.group; sb_set_memory()
        lets it choose one).

        CPU is read off the run's cgroup. Where none can be made, sb-init adds up its
        processes, RLIMIT_CPU is a second line, and the result says so
        (sb_result.approximate): what a process used that ended between two looks and that nobody
        waited for is missed. MEMORY and PIDS need their controllers, unless
        SB_APPLIED_CGROUP is optional (sb_set_optional()): then MEMORY is sampled, PIDS
        is RLIMIT_NPROC, and the result says so.

        Return: 0, -EINVAL.
        """
        self._set("sb_set_limit", limit, value, grace)

    def set_soft_limit(self, limit: int, value: Optional[int], signal: int = 0) -> None:
        """At value, tell, and let it run on
        limit: SB_LIMIT_CPU or SB_LIMIT_WALL
        value: ns; UINT64_MAX = none (default)
        signal: sent to the command then; 0 = none

        The handle's descriptor becomes readable, and sb_proc_soft() has the bit. It is never the verdict.
        """
        self._set("sb_set_soft_limit", limit, value, signal)

    def set_stream_data(self, fd: int, data: AnyBytes) -> None:
        """The command reads data from fd

        Copied now, once; every spawn reads it from the start. A read-only file that cannot be changed
        (sealed memfd).
        """
        self._set("sb_set_stream_data", fd, data, 0 if data is None else len(data))

    def set_stream_path(self, fd: int, path: AnyPath, flags: int = 0, mode: int = 0o644) -> None:
        """A file inside, opened by the command's own user
        path: absolute, inside
        flags: of open(2): O_RDONLY, O_WRONLY or O_RDWR, with O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW
        mode: of a file that is created, less the umask

        It may be a FIFO: the open waits for the other side, so sb_spawn() returns
        before it, and the limits run already. What fails after that is the verdict
        SB_NOT_STARTED, sb_proc_error() says why.
        """
        self._set("sb_set_stream_path", fd, path, flags, mode)

    def set_stream_same(self, fd: int, other: int) -> None:
        """Fd is a duplicate of other, as 2>&1 makes one: whatever that is set to in
        the end.
        """
        self._set("sb_set_stream_same", fd, other)

    def set_stream_capture(self, fd: int, cap: Optional[int], flags: int = 0) -> None:
        """Keep what the command writes to fd
        cap: bytes that are kept at most; UINT64_MAX = all
        flags: SB_STREAM_*
        """
        self._set("sb_set_stream_capture", fd, cap, flags)

    def set_stream_copy(self, fd: int, host_fd: int, copy_fd: int, cap: Optional[int], flags: int = 0) -> None:
        """Pass what the command writes to fd on to host_fd, and a copy to copy_fd (tee(1))
        host_fd, copy_fd: must be open for writing when sb_spawn() is called; -1 = none
        cap: bytes that are passed on and copied at most; UINT64_MAX = all

        Neither can make the host wait: what they do not take yet waits in a buffer of 64 KiB, then the command
        waits. A reader that is gone (EPIPE) ends the passing on, not the run and not the copy. The
        command has ended (sb_proc_wait()) when all is passed on; after sb_proc_kill() what would have to
        wait is dropped. Flags such as O_NONBLOCK of what others share stay as they are, and no SIGPIPE
        reaches the host.
        """
        self._set("sb_set_stream_copy", fd, host_fd, copy_fd, cap, flags)

    def set_cgroup(self, file: Optional[AnyPath], value: Optional[AnyPath]) -> None:
        """One setting of the command's leaf
        file: a writable file of a cgroup v2 controller: "memory.max", "io.weight"… (cgroups.rst of the kernel)
        value: as the kernel takes it, or in the units below; NULL = no setting

        Bytes are "268435456" or "256M" (K, M, G, T: powers of 1024) or "max". For
        cpu.max "50%" is half of one CPU, "150%" one and a half, "50% 10000" the same
        per 10,000 microseconds. In io.max, io.latency and io.weight a device is
        "8:0" or the path of a block device, looked up now; each device is a setting
        of its own. An unknown file or a value that cannot be is -EINVAL here.

        A limit on memory.max also sets memory.swap.max to 0, unless that is set too.
        The setting decides which controllers the leaf has: to have memory accounted
        without a limit, set "memory.max" to "max" or use SB_CGROUP_ACCOUNT.
        """
        self._set("sb_set_cgroup", file, value)

    def set_memory(self, bytes: Optional[int]) -> None:
        """Memory.max, in bytes; UINT64_MAX = no limit."""
        self._set("sb_set_memory", bytes)

    def set_swap(self, bytes: Optional[int]) -> None:
        """Memory.swap.max: swap beside the memory, in bytes; UINT64_MAX = no limit."""
        self._set("sb_set_swap", bytes)

    def set_cpu_quota(self, quota_ns: Optional[int], period_ns: int = 0) -> None:
        """Cpu.max: at most quota_ns of cpu time in every period_ns
        quota_ns: at least 1 ms (the kernel's least); more than the period for more than one CPU;
            UINT64_MAX = no limit
        period_ns: 1 ms to 1 s; 0 = 100 ms

        Both are rounded down to microseconds.
        """
        self._set("sb_set_cpu_quota", quota_ns, period_ns)

    def set_cpu_weight(self, weight: int) -> None:
        """Cpu.weight, 1 to 10000; the kernel's default is 100."""
        self._set("sb_set_cpu_weight", weight)

    def set_cpu_shares(self, shares: int) -> None:
        """Cpu.weight from cgroup v1's cpu.shares, 2 to 262144

        By the curve that crun and runc use since 2025: 2 is 1, 1024 (the default
        there) is 100 (the default here), 262144 is 10000.
        """
        self._set("sb_set_cpu_shares", shares)

    def set_cpuset(self, cpus: Optional[AnyPath], mems: Optional[AnyPath] = None) -> None:
        """Cpuset.cpus and cpuset.mems, as "0-2,7"; NULL = not set."""
        self._set("sb_set_cpuset", cpus, mems)

    def set_pids(self, count: Optional[int]) -> None:
        """Pids.max: processes and threads at once; UINT64_MAX = no limit."""
        self._set("sb_set_pids", count)

    def set_devices(self, rules: Optional[Iterable[AnyPath]]) -> None:
        """Which device nodes the command may use
        rules: what is allowed: "c 1:3 rw", "b *:* m" (type, major:minor or *, read write mknod); NULL-terminated.
            An empty list allows none; NULL = no filter (default)

        A BPF program on the leaf, whatever the file system shows. Needs CAP_BPF and
        CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the initial user namespace.
        """
        self._set("sb_set_devices", rules)

    def set_cgroup_flags(self, flags: int) -> None:
        """SB_CGROUP_*; default 0

        MOVE_SELF: a cgroup whose children have controllers may hold no processes
        itself ("no internal processes", cgroups(7)). Where our own is the only place,
        the calling process moves into a child of it, and back when the last config
        and handle that needed it are freed. Each move waits for the kernel, 5 to 16 ms.
        """
        self._set("sb_set_cgroup_flags", flags)

    def set_cgroup_parent(self, path: Optional[AnyPath]) -> None:
        """Make leaves below this cgroup, and nowhere else
        path: as in /proc/PID/cgroup ("/judge/workers"), or below the mount point
            ("/sys/fs/cgroup/judge/workers"); NULL = find a place (default)

        It must be there and be the caller's to manage; it may hold no processes if
        the leaf needs a controller. Controllers that are enabled in a parent, named or
        found, stay enabled.
        """
        self._set("sb_set_cgroup_parent", path)

    def set_cgroup_parent_fd(self, fd: int) -> None:
        """The same by descriptor, which must be open at the first sb_spawn(); -1
        = none.
        """
        self._set("sb_set_cgroup_parent_fd", fd)

    def add_cgroupfs(self, target: AnyPath, flags: int = 0) -> None:
        """Show the command's own leaf as a cgroup2 file system
        target: usually "/sys/fs/cgroup"
        flags: SB_MOUNT_RO: to look at the limits. 0: the command may also make cgroups
            of its own in it, and every controller that is there can be enabled; the
            limits of the leaf lie above what it can reach

        Needs SB_NS_CGROUP, SB_NS_MOUNT and a leaf; not for boxes, whose commands have a leaf each.
        """
        self._set("sb_add_cgroupfs", target, flags)

    def set_join(self, pidfd: int) -> None:
        """Run the command inside a sandbox that is there already
        pidfd: of its sb-init: sb_box_pidfd(), pidfd_open(2), or one that came over a unix socket; must be open
            until sb_spawn(), and stays the caller's; -1 = do not

        What sb_set_ns() asks for (everything, unless it was called) is not made but joined: user, pid,
        mount, net, ipc, uts and time namespace as far as they are not the caller's own already. The
        cgroup namespace is new, as the command is in a cgroup of the caller's. What describes a sandbox
        itself (mounts, root, host name, id map, clocks, interfaces) is an error here, as it has that
        already. All else is the command's own: user, capabilities, filter, Landlock, limits, leaf,
        streams, verdict. Its user is 1000:1000 if the sandbox maps that, else the first that it does,
        unless set. sb_set_ns_fd() goes before this.

        When the sandbox ends the command is killed with it: SB_BOX_ENDED. A process that the command
        leaves behind is from then on one of the sandbox's, unless the command has a cgroup
        (sandbox/cgroup.h).

        Who may: root, and the user who made the sandbox, in the user namespace it was made in (or root
        of one above). sb_spawn() answers -EBADF if pidfd is not open, -EINVAL if it is no pidfd, -ESRCH
        when the sandbox has ended, -EACCES or -EPERM if it is another user's, -EAGAIN while it is still
        being made. Needs /proc.
        """
        self._set("sb_set_join", pidfd)

    def set_join_name(self, name: Optional[AnyPath]) -> None:
        """The same, by name
        name: as in sb_set_name(); root may say "UID/NAME" for a sandbox of another user; NULL = do not

        sb_spawn() answers -ENOENT if no sandbox has this name, and -EPERM if it is held by somebody who
        is no sandbox of that user. The last of sb_set_join() and this counts.
        """
        self._set("sb_set_join_name", name)

    def set_name(self, name: Optional[AnyPath]) -> None:
        """Register the sandbox while it lives
        name: 1 to 64 of A-Z a-z 0-9 . _ - and neither '.' nor '-' at the beginning; NULL = none

        For sb_box_open() and sb_spawn(). The name is taken when the sandbox is made and free at the
        moment its sb-init ends, however that comes. It is the user's own, within the caller's network
        namespace and user namespace: another user may have the same. One that is taken is -EADDRINUSE,
        with the holder's pid in the message. Needs a new pid namespace.
        """
        self._set("sb_set_name", name)

    def net_join(self, path: AnyPath) -> None:
        """Enter the network namespace at path (/run/netns/NAME, /proc/PID/ns/net) instead of
        making one.
        """
        self._set("sb_net_join", path)

    def net_host(self) -> None:
        """Use the network of the caller: as leaving SB_NS_NET out of sb_set_ns()."""
        self._set("sb_net_host")

    def net_user(self, program: Optional[AnyPath]) -> None:
        """A network by an ordinary program, without privilege
        program: "slirp4netns" or "pasta" (of the package passt); NULL = the first that is
            installed, and can what is asked

        The program runs beside the sandbox, as the caller, and ends with it, and with this process. It is searched
        for in /usr/bin, /usr/local/bin and /bin, and needs /dev/net/tun. pasta gives the sandbox the
        name, addresses and gateway of the host's interface with the default route, which there must be;
        slirp4netns "tap0" with 10.0.2.100/24, in less time. The host's loopback addresses are out of
        reach. For sb_set_dns() 10.0.2.3 is the name server that the host has.

        sb_net_publish() and sb_net_allow() work as with an interface, but: the program binds the ports,
        when all else is there; udp is not answered to 127.0.0.1; slirp4netns knows no IPv6 address
        there.
        """
        self._set("sb_net_user", program)

    def net_address(self, name: AnyPath, address: AnyPath) -> None:
        """One more address ("10.0.1.5/24", "fd00::5/64") for the interface name. At most 64."""
        self._set("sb_net_address", name, address)

    def net_route(
        self, name: Optional[AnyPath], network: Optional[AnyPath], gateway: Optional[AnyPath] = None
    ) -> None:
        """One more route. At most 64
        name: of the interface inside; NULL = the first
        network: "10.1.0.0/16"
        gateway: NULL = the network is on the interface itself
        """
        self._set("sb_net_route", name, network, gateway)

    def net_publish(
        self, protocol: Optional[AnyPath], address: Optional[AnyPath], host_port: int, port: int, count: int
    ) -> None:
        """A port of the host leads to one of the sandbox
        protocol: "tcp" or "udp"
        address: of the host; NULL = all of its own, IPv4 and IPv6, 127.0.0.1 as well (not ::1,
            which cannot leave lo)
        host_port: 0 = any that is free, each of a range for itself: sb_proc_port()
        port: inside
        count: how many in a row, 1 to 1024

        It leads to the first veth, to its address of the same family, and is reached from elsewhere,
        from the host and from other sandboxes. The peer is seen as who he is; only 127.0.0.1, and who is
        on the same bridge, appear as the bridge.

        A socket is bound to each host_port as long as the sandbox lives, so a taken one is -EADDRINUSE
        before anything exists. The host must forward (SB_NET_FORWARD), unless address is in
        127.0.0.0/8. For 127.0.0.1 net.ipv4.conf.BRIDGE.route_localnet is on while the config, a copy or
        a sandbox of it lives; a rule keeps neighbours on the bridge from 127.0.0.0/8 of the host
        meanwhile. After a host that was killed sb_gc() turns it off. The host's own firewall may still
        refuse what is forwarded. Or with sb_net_user(), then none of this.
        """
        self._set("sb_net_publish", protocol, address, host_port, port, count)

    def net_allow(self, rule: Optional[AnyPath]) -> None:
        """The first call closes the network; each one opens it for something
        rule: "[tcp|udp|icmp] ADDRESS[/PREFIX]|any [PORT[-PORT]]": what may be connected to; NULL = nothing

        Of IPv4 and IPv6. Anything else is refused at once: TCP with EHOSTUNREACH, over IPv6 with
        ECONNREFUSED, other packets with EPERM. What comes from outside is dropped, unless it is for a
        published port. lo, answers, and what IPv6 needs to find neighbours are free. A name server must
        be listed like anything else. The rules are inside the network namespace, before any interface is
        up, and the command has no power over them. They need no privilege.
        """
        self._set("sb_net_allow", rule)

    def set_dns(
        self, servers: Optional[Iterable[AnyPath]] = None, search: Optional[Iterable[AnyPath]] = None
    ) -> None:
        """Write /etc/resolv.conf
        servers, search: NULL-terminated; NULL servers = copy the host's file, NULL search = none
        """
        self._set("sb_set_dns", servers, search)

    def add_host(self, name: Optional[AnyPath], address: Optional[AnyPath]) -> None:
        """A line of /etc/hosts, which is written, with localhost and the host name; NULL,
        NULL: these alone.
        """
        self._set("sb_add_host", name, address)

    def set_seccomp(self, preset: AnyPath) -> None:
        """The policy, by name
        preset: "default": what programs need, and nothing that reaches past the sandbox
            (no namespaces, mounts, keyrings, io_uring, ptrace, AF_VSOCK…);
            "judge": further no sockets but pairs, and no file locks;
            "build": default, without set-user-ID bits and extended attributes;
            "nested": default, with all that a sandbox inside needs;
            "none": no filter

        Return: 0, or -EINVAL for another name.
        """
        self._set("sb_set_seccomp", preset)

    def set_seccomp_text(self, text: Optional[AnyPath], name: Optional[AnyPath]) -> None:
        """A policy of one's own
        name: what errors call it, "judge.policy"; NULL = "policy"

        Included files are looked for in the calling process's directory. Nothing of
        it is used if any line is wrong: -EINVAL with name and line in the error,
        -ENOENT an included file, -ELOOP one that includes itself, -E2BIG a text of 1 MiB, 16384 rules or 256
        included files; more than 4096 instructions (BPF_MAXINSNS, bpf(2)) are -E2BIG at the spawn or check.
        """
        self._set("sb_set_seccomp_text", text, name)

    def set_seccomp_file(self, path: AnyPath) -> None:
        """A policy from a file; what it includes lies beside it. Errors as above, and
        open(2)'s.
        """
        self._set("sb_set_seccomp_file", path)

    def add_seccomp(self, line: AnyPath) -> None:
        """One or more lines after those that are there: "allow ptrace". Errors as above."""
        self._set("sb_add_seccomp", line)

    def add_landlock_path(self, path: AnyPath, rights: AnyPath) -> None:
        """What the command may do at and below a path
        path: inside the sandbox, absolute; looked up when the command starts
        rights: words: "read" (read_file, read_dir), "write" (write_file, truncate), "execute",
            "make" (make_reg, make_dir, make_sym, make_fifo, make_sock), "remove" (remove_file,
            remove_dir), "device" (make_char, make_block), "refer", "truncate", "ioctl", "all",
            and the kernel's own names, those in brackets

        The first such line turns file rules on: what no line allows is then refused
        (EACCES, or EXDEV to a move), on top of mounts and modes, for every file that is opened from
        then on; descriptors that were handed over stay as they are. A rule is of the file, by whatever
        name it is reached; programs need "read execute". Works without any namespace, and without
        privilege. A path that is not there is an error of the spawn. At most 256 lines.
        """
        self._set("sb_add_landlock_path", path, rights)

    def add_landlock_port(self, right: AnyPath, port: int) -> None:
        """A TCP port that the command may use (ABI 4, Linux 6.7)
        right: "bind" or "connect"

        The first such line turns that right's rules on. Port 0 to bind: any that the kernel chooses.
        """
        self._set("sb_add_landlock_port", right, port)

    def set_landlock(self, handled: Optional[AnyPath], optional: Optional[AnyPath] = None) -> None:
        """What is refused unless a line allows it
        handled: words as above, with spaces or commas between, "bind", "connect", "abstract"
            (connections to abstract UNIX sockets of processes outside), "signal" (signals to them);
            "fs", "net", "scope" and "all" for each kind; "none": no Landlock. NULL, the default: what
            the lines turn on; and "abstract" if the command has no network namespace of its own,
            "signal" if it has no pid namespace of its own, both only where the kernel can
        optional: those of them that a kernel may lack; what any other lacks is an error
            (-EOPNOTSUPP; -ENOSYS if there is no Landlock at all). ABI 1: 5.13; 2: refer, 5.19; 3:
            truncate, 6.2; 4: ports, 6.7; 5: ioctl, 6.10; 6: scopes, 6.12. NULL = none

        A line that allows nothing of what is refused is an error of the spawn, but with "none".
        sb_result.landlock_abi tells what was used.
        """
        self._set("sb_set_landlock", handled, optional)

    def drop_cap(self, name: AnyPath) -> None:
        """Take back what sb_add_cap() kept: sb_add_cap(cfg, "all"), sb_drop_cap(cfg, "sys_admin")

        "all": every one. sb_result.caps tells which were kept.
        """
        self._set("sb_drop_cap", name)

    def set_ambient(self, on: bool = True) -> None:
        """1 (default): kept capabilities are in the ambient set, so that
        a command that is not root has them; 0: only root inside, or a file with
        capabilities, gets them at exec (capabilities(7))
        """
        self._set("sb_set_ambient", int(on))

    def set_securebits(self, bits: int) -> None:
        """As in capabilities(7), SECBIT_*

        Default: if no capability is kept, root has none either and this cannot be
        changed (NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, KEEP_CAPS off, all locked); else they stay as
        they are, 0 in a new user namespace. A caller without privilege and without a user namespace of its
        own cannot set them: an error if asked for by this call, else SB_APPLIED_SECUREBITS is missing.
        """
        self._set("sb_set_securebits", bits)

    def set_core_sched(self, on: bool = True) -> None:
        """1: no process of the machine but those of this command runs
        beside it on a core's other threads (core scheduling, 5.14; -EINVAL without CONFIG_SCHED_CORE,
        -ENODEV where no core has a second thread)
        """
        self._set("sb_set_core_sched", int(on))

    def set_no_new_userns(self, on: bool = True) -> None:
        """1: also the kernel's own limit forbids user namespaces
        inside (user.max_user_namespaces = 0 in the sandbox's)

        The filter refuses them already, unless it was opened. Needs a new user namespace. A command that keeps
        CAP_SYS_RESOURCE, and has a /proc that it may write to (SB_PROC_WRITABLE), can raise it again.
        """
        self._set("sb_set_no_new_userns", int(on))

    def set_optional(self, layers: int) -> None:
        """What may be missing
        layers: SB_APPLIED_SECCOMP, SB_APPLIED_SECCOMP_REPORT (always optional), SB_APPLIED_LANDLOCK,
            SB_APPLIED_SECUREBITS, SB_APPLIED_CORE_SCHED, SB_APPLIED_NO_NEW_USERNS, SB_APPLIED_KEYRING
            (sandbox/proc.h); replaces what was set before

        A layer that the kernel lacks, or refuses to this caller, then is left out and counted in
        sb_result.skipped; without this it fails the spawn. sb_result.applied says what there was.
        What is wrong in the description, like a Landlock line for a path that is not there, fails it still.
        """
        self._set("sb_set_optional", layers)

    def set_aslr(self, on: bool = True) -> None:
        """0: stack, heap, libraries and vDSO of the command, and of what
        it executes, are not randomised (personality(2), ADDR_NO_RANDOMIZE); 1 (default): as the caller's

        The kernel randomises again where an exec gains privileges, and the command may turn it on again.
        """
        self._set("sb_set_aslr", int(on))

    def set_affinity(self, cpus: Optional[AnyPath]) -> None:
        """CPUs the command may run on, "0-2,7" (sched_setaffinity(2))
        cpus: numbers up to 8191; NULL = those of the caller (default)

        One that is not there, is offline, or is not in the command's cpuset makes the spawn fail with
        -EINVAL. The command may widen the mask again, up to its cpuset: sb_set_cpuset() is the limit.
        """
        self._set("sb_set_affinity", cpus)

    def set_tsc(self, on: bool = True) -> None:
        """0: reading the time stamp counter is SIGSEGV (PR_SET_TSC(2const)); 1 (default): as
        the caller's

        x86; elsewhere the spawn fails with -EINVAL. The kernel keeps it over fork and exec. Also what
        merely uses the counter ends so: the dynamic linker of glibc, and clock_gettime(2) where the vDSO
        answers it. It is for static programs that ask for no time.
        """
        self._set("sb_set_tsc", int(on))

    def set_random_seed(self, seed: Optional[AnyBytes]) -> None:
        """Random and urandom of sb_add_dev() are read-only files
        of SB_RANDOM_BYTES bytes, the same for the same seed; getrandom(2) fails with
        ENOSYS, so that libraries read the file
        seed: 1 to 32 bytes; NULL with len 0 = none (default)

        The bytes are the ChaCha20 key stream (RFC 8439) of the seed, filled up with zero bytes, nonce and
        counter 0. Every open(2) begins at the first. The line "errno(ENOSYS) getrandom" is added behind
        the command's seccomp policy; without a policy, or without sb_add_dev(), the spawn fails with
        -EINVAL. In a box the files are those of sb_box_open(), the line goes by the command's own config.
        """
        self._set("sb_set_random_seed", seed, 0 if seed is None else len(seed))
