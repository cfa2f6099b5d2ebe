# SPDX-License-Identifier: MIT
"""The numbers of the interface, by kinds. Made by make_api.py from the C headers."""
from enum import IntEnum, IntFlag
from typing import Dict


class StreamFlag(IntFlag):
    """Flags of Config.set_stream_capture() and set_stream_copy()."""

    DROP = 1


class StreamState(IntFlag):
    """How a stream that the library carries stands (sb_stream.flags)."""

    ENDED = 1
    EXCEEDED = 2
    BROKEN = 4


class NS(IntFlag):
    """Kinds of namespaces."""

    USER = 1 << 0
    PID = 1 << 1
    MOUNT = 1 << 2
    NET = 1 << 3
    IPC = 1 << 4
    UTS = 1 << 5
    CGROUP = 1 << 6
    TIME = 1 << 7
    ALL = 0xff


class Id(IntFlag):
    """Which ids a map is for."""

    USER = 1
    GROUP = 2


class MountFlag(IntFlag):
    """Flags of mounts."""

    RO = 1 << 0
    NOEXEC = 1 << 1
    DEV = 1 << 2
    SUID = 1 << 3
    RECURSIVE = 1 << 4
    OPTIONAL = 1 << 5
    IDMAP = 1 << 6


class RootFlag(IntFlag):
    """Flags of Config.set_rootfs(), beside those of MountFlag."""

    OVERLAY = 1 << 7


class ProcFlag(IntFlag):
    """Flags of Config.add_proc()."""

    SUBSET_PID = 1 << 0
    HIDEPID = 1 << 1
    WRITABLE = 1 << 2


class Limit(IntEnum):
    """What is limited."""

    CPU = 1
    WALL = 2
    MEMORY = 3
    PIDS = 4
    OUTPUT = 5


class Has(IntFlag):
    """Which figures of a result exist."""

    CODE = 1 << 0
    WALL = 1 << 1
    CPU = 1 << 2
    RSS = 1 << 3
    SETUP = 1 << 4
    LEAF_CPU = 1 << 5
    MEMORY_PEAK = 1 << 6
    OOM_KILLS = 1 << 7
    DENIED = 1 << 8
    FAULTS = 1 << 9
    SWITCHES = 1 << 10
    PIDS_PEAK = 1 << 11
    PIDS_REFUSED = 1 << 12
    IO = 1 << 13
    MEMORY_END = 1 << 14
    OUTPUT = 1 << 15


class Applied(IntFlag):
    """Which parts of the isolation a run had."""

    NS_USER = 1 << 0
    NS_PID = 1 << 1
    NS_MOUNT = 1 << 2
    NS_NET = 1 << 3
    NS_IPC = 1 << 4
    NS_UTS = 1 << 5
    NS_CGROUP = 1 << 6
    NS_TIME = 1 << 7
    ROOT = 1 << 32
    ROOT_READONLY = 1 << 33
    NO_NEW_PRIVS = 1 << 34
    NO_CAPS = 1 << 35
    KEYRING = 1 << 36
    SESSION = 1 << 37
    NO_GROUPS = 1 << 38
    SECCOMP = 1 << 39
    SECCOMP_REPORT = 1 << 40
    LANDLOCK = 1 << 41
    SECUREBITS = 1 << 42
    CORE_SCHED = 1 << 43
    NO_NEW_USERNS = 1 << 44
    CGROUP = 1 << 45


class StatsHas(IntFlag):
    """Which figures of a cgroup exist."""

    CPU = 1 << 0
    THROTTLED = 1 << 1
    MEMORY = 1 << 2
    MEMORY_PEAK = 1 << 3
    MEMORY_DETAIL = 1 << 4
    MEMORY_KERNEL = 1 << 5
    MEMORY_EVENTS = 1 << 6
    SWAP = 1 << 7
    SWAP_PEAK = 1 << 8
    PIDS = 1 << 9
    PIDS_PEAK = 1 << 10
    IO = 1 << 11
    PRESSURE = 1 << 12
    CPU_FULL = 1 << 13


class CgroupFlag(IntFlag):
    """Flags of Config.set_cgroup_flags()."""

    MOVE_SELF = 1 << 0
    NO_SYSTEMD = 1 << 1
    ACCOUNT = 1 << 2


class BoxHas(IntFlag):
    """Which figures of a box exist."""

    MEMORY = 1 << 0


class NetFlag(IntFlag):
    """Flags of an interface."""

    MAKE_BRIDGE = 1 << 0
    MASQUERADE = 1 << 1
    FORWARD = 1 << 2
    ISOLATED = 1 << 3
    NO_GATEWAY = 1 << 4


class SeccompAction(IntEnum):
    """What a filter does with a call."""

    ALLOW = 1
    ERRNO = 2
    LOG = 3
    TRAP = 4
    KILL = 5
    NOTIFY = 6


class Lane(IntEnum):
    """Who did a step."""

    HOST = 1
    INIT = 2
    COMMAND = 3


class Waits(IntEnum):
    """What a member of a group waited for."""

    INPUT = 1
    OUTPUT = 2


class Verdict(IntEnum):
    """Why a run ended: the first cause."""

    EXITED = 1
    SIGNALED = 2
    KILLED = 3
    LOST = 4
    MEMORY_EXCEEDED = 5
    FILTERED = 6
    CPU_EXCEEDED = 7
    WALL_EXCEEDED = 8
    OUTPUT_EXCEEDED = 9
    PIDS_EXCEEDED = 10
    NOT_STARTED = 11
    BOX_ENDED = 12


class Step(IntEnum):
    """The steps of a creation, as errors and traces name them."""

    NONE = 0
    CONFIG = 1
    PREPARE = 20
    CLONE = 21
    BOOTSTRAP = 22
    IDMAP = 23
    PIN = 24
    CGROUP = 25
    LEAF = 26
    LIMIT = 27
    DEVICES = 28
    FILTER = 29
    STREAM = 30
    BRIDGE = 31
    LINK = 32
    ADDRESS = 33
    PORT = 34
    NAT = 35
    WALL = 36
    SHAPE = 37
    OUTLET = 38
    JOIN = 40
    SYNC = 41
    HOSTNAME = 42
    DOMAINNAME = 43
    CGROUPNS = 44
    TIMENS = 45
    LOOPBACK = 46
    PRIVATE = 47
    ROOT = 48
    DIR = 49
    BIND = 50
    TMPFS = 51
    PROC = 52
    DEV = 53
    MQUEUE = 54
    SYSFS = 55
    OVERLAY = 56
    FILE = 57
    SYMLINK = 58
    MASK = 59
    READONLY = 60
    PIVOT = 61
    USERNS = 62
    CGROUPFS = 63
    NO_NEW_USERNS = 64
    SAMPLE = 65
    NETSOCK = 66
    NAME = 67
    SESSION = 80
    RLIMIT = 81
    NICE = 82
    UMASK = 83
    BOUNDING = 84
    GROUPS = 85
    USER = 86
    KEYRING = 87
    TTY = 88
    FD = 89
    CWD = 90
    CAPS = 91
    NO_NEW_PRIVS = 92
    CLOSE = 93
    EXEC = 94
    SECUREBITS = 95
    CORE_SCHED = 96
    LANDLOCK = 97
    SECCOMP = 98
    PERSONALITY = 99
    AFFINITY = 100
    TSC = 101
    OPEN = 102
    WAIT = 110
    BOX = 111
    CONTROL = 112
    NOTIFY = 113
    FILES = 114
    NETWORK = 115
    RESET = 116
    MOUNT = 117


LIST_MAX = 262144
GROUP_MAX = 64
RANDOM_BYTES = 262144

# Which name in C each of them is.
NAMES: Dict[str, int] = {
    "SB_STREAM_DROP": StreamFlag.DROP,
    "SB_STREAM_ENDED": StreamState.ENDED,
    "SB_STREAM_EXCEEDED": StreamState.EXCEEDED,
    "SB_STREAM_BROKEN": StreamState.BROKEN,
    "SB_NS_USER": NS.USER,
    "SB_NS_PID": NS.PID,
    "SB_NS_MOUNT": NS.MOUNT,
    "SB_NS_NET": NS.NET,
    "SB_NS_IPC": NS.IPC,
    "SB_NS_UTS": NS.UTS,
    "SB_NS_CGROUP": NS.CGROUP,
    "SB_NS_TIME": NS.TIME,
    "SB_NS_ALL": NS.ALL,
    "SB_ID_USER": Id.USER,
    "SB_ID_GROUP": Id.GROUP,
    "SB_MOUNT_RO": MountFlag.RO,
    "SB_MOUNT_NOEXEC": MountFlag.NOEXEC,
    "SB_MOUNT_DEV": MountFlag.DEV,
    "SB_MOUNT_SUID": MountFlag.SUID,
    "SB_MOUNT_RECURSIVE": MountFlag.RECURSIVE,
    "SB_MOUNT_OPTIONAL": MountFlag.OPTIONAL,
    "SB_MOUNT_IDMAP": MountFlag.IDMAP,
    "SB_ROOT_OVERLAY": RootFlag.OVERLAY,
    "SB_PROC_SUBSET_PID": ProcFlag.SUBSET_PID,
    "SB_PROC_HIDEPID": ProcFlag.HIDEPID,
    "SB_PROC_WRITABLE": ProcFlag.WRITABLE,
    "SB_LIMIT_CPU": Limit.CPU,
    "SB_LIMIT_WALL": Limit.WALL,
    "SB_LIMIT_MEMORY": Limit.MEMORY,
    "SB_LIMIT_PIDS": Limit.PIDS,
    "SB_LIMIT_OUTPUT": Limit.OUTPUT,
    "SB_HAS_CODE": Has.CODE,
    "SB_HAS_WALL": Has.WALL,
    "SB_HAS_CPU": Has.CPU,
    "SB_HAS_RSS": Has.RSS,
    "SB_HAS_SETUP": Has.SETUP,
    "SB_HAS_LEAF_CPU": Has.LEAF_CPU,
    "SB_HAS_MEMORY_PEAK": Has.MEMORY_PEAK,
    "SB_HAS_OOM_KILLS": Has.OOM_KILLS,
    "SB_HAS_DENIED": Has.DENIED,
    "SB_HAS_FAULTS": Has.FAULTS,
    "SB_HAS_SWITCHES": Has.SWITCHES,
    "SB_HAS_PIDS_PEAK": Has.PIDS_PEAK,
    "SB_HAS_PIDS_REFUSED": Has.PIDS_REFUSED,
    "SB_HAS_IO": Has.IO,
    "SB_HAS_MEMORY_END": Has.MEMORY_END,
    "SB_HAS_OUTPUT": Has.OUTPUT,
    "SB_APPLIED_ROOT": Applied.ROOT,
    "SB_APPLIED_ROOT_READONLY": Applied.ROOT_READONLY,
    "SB_APPLIED_NO_NEW_PRIVS": Applied.NO_NEW_PRIVS,
    "SB_APPLIED_NO_CAPS": Applied.NO_CAPS,
    "SB_APPLIED_KEYRING": Applied.KEYRING,
    "SB_APPLIED_SESSION": Applied.SESSION,
    "SB_APPLIED_NO_GROUPS": Applied.NO_GROUPS,
    "SB_APPLIED_SECCOMP": Applied.SECCOMP,
    "SB_APPLIED_SECCOMP_REPORT": Applied.SECCOMP_REPORT,
    "SB_APPLIED_LANDLOCK": Applied.LANDLOCK,
    "SB_APPLIED_SECUREBITS": Applied.SECUREBITS,
    "SB_APPLIED_CORE_SCHED": Applied.CORE_SCHED,
    "SB_APPLIED_NO_NEW_USERNS": Applied.NO_NEW_USERNS,
    "SB_APPLIED_CGROUP": Applied.CGROUP,
    "SB_STATS_CPU": StatsHas.CPU,
    "SB_STATS_THROTTLED": StatsHas.THROTTLED,
    "SB_STATS_MEMORY": StatsHas.MEMORY,
    "SB_STATS_MEMORY_PEAK": StatsHas.MEMORY_PEAK,
    "SB_STATS_MEMORY_DETAIL": StatsHas.MEMORY_DETAIL,
    "SB_STATS_MEMORY_KERNEL": StatsHas.MEMORY_KERNEL,
    "SB_STATS_MEMORY_EVENTS": StatsHas.MEMORY_EVENTS,
    "SB_STATS_SWAP": StatsHas.SWAP,
    "SB_STATS_SWAP_PEAK": StatsHas.SWAP_PEAK,
    "SB_STATS_PIDS": StatsHas.PIDS,
    "SB_STATS_PIDS_PEAK": StatsHas.PIDS_PEAK,
    "SB_STATS_IO": StatsHas.IO,
    "SB_STATS_PRESSURE": StatsHas.PRESSURE,
    "SB_STATS_CPU_FULL": StatsHas.CPU_FULL,
    "SB_CGROUP_MOVE_SELF": CgroupFlag.MOVE_SELF,
    "SB_CGROUP_NO_SYSTEMD": CgroupFlag.NO_SYSTEMD,
    "SB_CGROUP_ACCOUNT": CgroupFlag.ACCOUNT,
    "SB_BOX_HAS_MEMORY": BoxHas.MEMORY,
    "SB_NET_MAKE_BRIDGE": NetFlag.MAKE_BRIDGE,
    "SB_NET_MASQUERADE": NetFlag.MASQUERADE,
    "SB_NET_FORWARD": NetFlag.FORWARD,
    "SB_NET_ISOLATED": NetFlag.ISOLATED,
    "SB_NET_NO_GATEWAY": NetFlag.NO_GATEWAY,
    "SB_SECCOMP_ALLOW": SeccompAction.ALLOW,
    "SB_SECCOMP_ERRNO": SeccompAction.ERRNO,
    "SB_SECCOMP_LOG": SeccompAction.LOG,
    "SB_SECCOMP_TRAP": SeccompAction.TRAP,
    "SB_SECCOMP_KILL": SeccompAction.KILL,
    "SB_SECCOMP_NOTIFY": SeccompAction.NOTIFY,
    "SB_LANE_HOST": Lane.HOST,
    "SB_LANE_INIT": Lane.INIT,
    "SB_LANE_COMMAND": Lane.COMMAND,
    "SB_WAITS_INPUT": Waits.INPUT,
    "SB_WAITS_OUTPUT": Waits.OUTPUT,
    "SB_EXITED": Verdict.EXITED,
    "SB_SIGNALED": Verdict.SIGNALED,
    "SB_KILLED": Verdict.KILLED,
    "SB_LOST": Verdict.LOST,
    "SB_MEMORY_EXCEEDED": Verdict.MEMORY_EXCEEDED,
    "SB_FILTERED": Verdict.FILTERED,
    "SB_CPU_EXCEEDED": Verdict.CPU_EXCEEDED,
    "SB_WALL_EXCEEDED": Verdict.WALL_EXCEEDED,
    "SB_OUTPUT_EXCEEDED": Verdict.OUTPUT_EXCEEDED,
    "SB_PIDS_EXCEEDED": Verdict.PIDS_EXCEEDED,
    "SB_NOT_STARTED": Verdict.NOT_STARTED,
    "SB_BOX_ENDED": Verdict.BOX_ENDED,
    "SB_STEP_CONFIG": Step.CONFIG,
    "SB_STEP_PREPARE": Step.PREPARE,
    "SB_STEP_CLONE": Step.CLONE,
    "SB_STEP_BOOTSTRAP": Step.BOOTSTRAP,
    "SB_STEP_IDMAP": Step.IDMAP,
    "SB_STEP_PIN": Step.PIN,
    "SB_STEP_CGROUP": Step.CGROUP,
    "SB_STEP_LEAF": Step.LEAF,
    "SB_STEP_LIMIT": Step.LIMIT,
    "SB_STEP_DEVICES": Step.DEVICES,
    "SB_STEP_FILTER": Step.FILTER,
    "SB_STEP_STREAM": Step.STREAM,
    "SB_STEP_BRIDGE": Step.BRIDGE,
    "SB_STEP_LINK": Step.LINK,
    "SB_STEP_ADDRESS": Step.ADDRESS,
    "SB_STEP_PORT": Step.PORT,
    "SB_STEP_NAT": Step.NAT,
    "SB_STEP_WALL": Step.WALL,
    "SB_STEP_SHAPE": Step.SHAPE,
    "SB_STEP_OUTLET": Step.OUTLET,
    "SB_STEP_JOIN": Step.JOIN,
    "SB_STEP_SYNC": Step.SYNC,
    "SB_STEP_HOSTNAME": Step.HOSTNAME,
    "SB_STEP_DOMAINNAME": Step.DOMAINNAME,
    "SB_STEP_CGROUPNS": Step.CGROUPNS,
    "SB_STEP_TIMENS": Step.TIMENS,
    "SB_STEP_LOOPBACK": Step.LOOPBACK,
    "SB_STEP_PRIVATE": Step.PRIVATE,
    "SB_STEP_ROOT": Step.ROOT,
    "SB_STEP_DIR": Step.DIR,
    "SB_STEP_BIND": Step.BIND,
    "SB_STEP_TMPFS": Step.TMPFS,
    "SB_STEP_PROC": Step.PROC,
    "SB_STEP_DEV": Step.DEV,
    "SB_STEP_MQUEUE": Step.MQUEUE,
    "SB_STEP_SYSFS": Step.SYSFS,
    "SB_STEP_OVERLAY": Step.OVERLAY,
    "SB_STEP_FILE": Step.FILE,
    "SB_STEP_SYMLINK": Step.SYMLINK,
    "SB_STEP_MASK": Step.MASK,
    "SB_STEP_READONLY": Step.READONLY,
    "SB_STEP_PIVOT": Step.PIVOT,
    "SB_STEP_USERNS": Step.USERNS,
    "SB_STEP_CGROUPFS": Step.CGROUPFS,
    "SB_STEP_NO_NEW_USERNS": Step.NO_NEW_USERNS,
    "SB_STEP_SAMPLE": Step.SAMPLE,
    "SB_STEP_NETSOCK": Step.NETSOCK,
    "SB_STEP_NAME": Step.NAME,
    "SB_STEP_SESSION": Step.SESSION,
    "SB_STEP_RLIMIT": Step.RLIMIT,
    "SB_STEP_NICE": Step.NICE,
    "SB_STEP_UMASK": Step.UMASK,
    "SB_STEP_BOUNDING": Step.BOUNDING,
    "SB_STEP_GROUPS": Step.GROUPS,
    "SB_STEP_USER": Step.USER,
    "SB_STEP_KEYRING": Step.KEYRING,
    "SB_STEP_TTY": Step.TTY,
    "SB_STEP_FD": Step.FD,
    "SB_STEP_CWD": Step.CWD,
    "SB_STEP_CAPS": Step.CAPS,
    "SB_STEP_NO_NEW_PRIVS": Step.NO_NEW_PRIVS,
    "SB_STEP_CLOSE": Step.CLOSE,
    "SB_STEP_EXEC": Step.EXEC,
    "SB_STEP_SECUREBITS": Step.SECUREBITS,
    "SB_STEP_CORE_SCHED": Step.CORE_SCHED,
    "SB_STEP_LANDLOCK": Step.LANDLOCK,
    "SB_STEP_SECCOMP": Step.SECCOMP,
    "SB_STEP_PERSONALITY": Step.PERSONALITY,
    "SB_STEP_AFFINITY": Step.AFFINITY,
    "SB_STEP_TSC": Step.TSC,
    "SB_STEP_OPEN": Step.OPEN,
    "SB_STEP_WAIT": Step.WAIT,
    "SB_STEP_BOX": Step.BOX,
    "SB_STEP_CONTROL": Step.CONTROL,
    "SB_STEP_NOTIFY": Step.NOTIFY,
    "SB_STEP_FILES": Step.FILES,
    "SB_STEP_NETWORK": Step.NETWORK,
    "SB_STEP_RESET": Step.RESET,
    "SB_STEP_MOUNT": Step.MOUNT,
    "SB_LIST_MAX": LIST_MAX,
    "SB_GROUP_MAX": GROUP_MAX,
    "SB_RANDOM_BYTES": RANDOM_BYTES,
}
