/* SPDX-License-Identifier: MIT */
/*
 * cgroup v2: limits, what a run used, and control of all its processes.
 *
 * A config that sets a limit (or SB_CGROUP_ACCOUNT) gives every command a fresh
 * cgroup of its own, its leaf. The command is born in it; sb-init is in another
 * one beside it, so that neither its memory nor the set-up counts as the
 * command's. The leaf is removed when the command has ended.
 *
 * Where leaves are made: docs/cgroups.md.
 */
#ifndef SANDBOX_CGROUP_H
#define SANDBOX_CGROUP_H

#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/* --- before the start: part of the description ------------------------------------- */

/**
 * sb_set_cgroup - one setting of the command's leaf
 * @file: a writable file of a cgroup v2 controller: "memory.max", "io.weight"… (cgroups.rst of the kernel)
 * @value: as the kernel takes it, or in the units below; NULL = no setting
 *
 * Bytes are "268435456" or "256M" (K, M, G, T: powers of 1024) or "max". For
 * cpu.max "50%" is half of one CPU, "150%" one and a half, "50% 10000" the same
 * per 10,000 microseconds. In io.max, io.latency and io.weight a device is
 * "8:0" or the path of a block device, looked up now; each device is a setting
 * of its own. An unknown file or a value that cannot be is -EINVAL here.
 *
 * A limit on memory.max also sets memory.swap.max to 0, unless that is set too.
 * The setting decides which controllers the leaf has: to have memory accounted
 * without a limit, set "memory.max" to "max" or use SB_CGROUP_ACCOUNT.
 */
SB_API int sb_set_cgroup(sb_config *cfg, const char *file, const char *value);
/** sb_set_memory - memory.max, in bytes; UINT64_MAX = no limit. */
SB_API int sb_set_memory(sb_config *cfg, uint64_t bytes);
/** sb_set_swap - memory.swap.max: swap beside the memory, in bytes; UINT64_MAX = no limit. */
SB_API int sb_set_swap(sb_config *cfg, uint64_t bytes);
/**
 * sb_set_cpu_quota - cpu.max: at most @quota_ns of cpu time in every @period_ns
 * @quota_ns: at least 1 ms (the kernel's least); more than the period for more than one CPU;
 *	UINT64_MAX = no limit
 * @period_ns: 1 ms to 1 s; 0 = 100 ms
 *
 * Both are rounded down to microseconds.
 */
SB_API int sb_set_cpu_quota(sb_config *cfg, uint64_t quota_ns, uint64_t period_ns);
/** sb_set_cpu_weight - cpu.weight, 1 to 10000; the kernel's default is 100. */
SB_API int sb_set_cpu_weight(sb_config *cfg, uint32_t weight);
/**
 * sb_set_cpu_shares - cpu.weight from cgroup v1's cpu.shares, 2 to 262144
 *
 * By the curve that crun and runc use since 2025: 2 is 1, 1024 (the default
 * there) is 100 (the default here), 262144 is 10000.
 */
SB_API int sb_set_cpu_shares(sb_config *cfg, uint64_t shares);
/** sb_set_cpuset - cpuset.cpus and cpuset.mems, as "0-2,7"; NULL = not set. */
SB_API int sb_set_cpuset(sb_config *cfg, const char *cpus, const char *mems);
/** sb_set_pids - pids.max: processes and threads at once; UINT64_MAX = no limit. */
SB_API int sb_set_pids(sb_config *cfg, uint64_t count);

/**
 * sb_set_devices - which device nodes the command may use
 * @rules: what is allowed: "c 1:3 rw", "b *:* m" (type, major:minor or *, read write mknod); NULL-terminated.
 *	An empty list allows none; NULL = no filter (default)
 *
 * A BPF program on the leaf, whatever the file system shows. Needs CAP_BPF and
 * CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the initial user namespace.
 */
SB_API int sb_set_devices(sb_config *cfg, const char *const rules[]);

/* the calling process may be moved into a leaf of its own cgroup */
#define SB_CGROUP_MOVE_SELF (UINT64_C(1) << 0)
#define SB_CGROUP_NO_SYSTEMD (UINT64_C(1) << 1) /* do not ask systemd for a scope */
/* a leaf without limits too; cpu, memory, io, pids where there */
#define SB_CGROUP_ACCOUNT (UINT64_C(1) << 2)

/**
 * sb_set_cgroup_flags - SB_CGROUP_*; default 0
 *
 * MOVE_SELF: a cgroup whose children have controllers may hold no processes
 * itself ("no internal processes", cgroups(7)). Where our own is the only place,
 * the calling process moves into a child of it, and back when the last config
 * and handle that needed it are freed. Each move waits for the kernel, 5 to 16 ms.
 */
SB_API int sb_set_cgroup_flags(sb_config *cfg, uint64_t flags);
/**
 * sb_set_cgroup_parent - make leaves below this cgroup, and nowhere else
 * @path: as in /proc/PID/cgroup ("/judge/workers"), or below the mount point
 *	("/sys/fs/cgroup/judge/workers"); NULL = find a place (default)
 *
 * It must be there and be the caller's to manage; it may hold no processes if
 * the leaf needs a controller. Controllers that are enabled in a parent, named or
 * found, stay enabled.
 */
SB_API int sb_set_cgroup_parent(sb_config *cfg, const char *path);
/**
 * sb_set_cgroup_parent_fd - the same by descriptor, which must be open at the first sb_spawn(); -1
 * = none.
 */
SB_API int sb_set_cgroup_parent_fd(sb_config *cfg, int fd);
/**
 * sb_add_cgroupfs - show the command's own leaf as a cgroup2 file system
 * @target: usually "/sys/fs/cgroup"
 * @flags: SB_MOUNT_RO: to look at the limits. 0: the command may also make cgroups
 *	of its own in it, and every controller that is there can be enabled; the
 *	limits of the leaf lie above what it can reach
 *
 * Needs SB_NS_CGROUP, SB_NS_MOUNT and a leaf; not for boxes, whose commands have a leaf each.
 */
SB_API int sb_add_cgroupfs(sb_config *cfg, const char *target, uint64_t flags);

/* --- while it runs, and afterwards -------------------------------------------------- */

/* sb_stats.has: which figures exist. A figure that does not is 0. */
#define SB_STATS_CPU (UINT64_C(1) << 0)
#define SB_STATS_THROTTLED (UINT64_C(1) << 1)     /* cpu controller          */
#define SB_STATS_MEMORY (UINT64_C(1) << 2)        /* memory controller; while it runs */
#define SB_STATS_MEMORY_PEAK (UINT64_C(1) << 3)   /* 5.19                    */
#define SB_STATS_MEMORY_DETAIL (UINT64_C(1) << 4) /* anon and file; while it runs */
#define SB_STATS_MEMORY_KERNEL (UINT64_C(1) << 5) /* 5.18; while it runs     */
#define SB_STATS_MEMORY_EVENTS (UINT64_C(1) << 6)
#define SB_STATS_SWAP (UINT64_C(1) << 7)          /* kernel with swap accounting; while it runs */
#define SB_STATS_SWAP_PEAK (UINT64_C(1) << 8)     /* 6.5                     */
#define SB_STATS_PIDS (UINT64_C(1) << 9)          /* pids controller; pids itself while it runs */
#define SB_STATS_PIDS_PEAK (UINT64_C(1) << 10)    /* 6.1                     */
#define SB_STATS_IO (UINT64_C(1) << 11)           /* io controller           */
#define SB_STATS_PRESSURE (UINT64_C(1) << 12)     /* some_*; kernel with PSI */
#define SB_STATS_CPU_FULL (UINT64_C(1) << 13)     /* cpu_full_ns: 5.13       */

/**
 * sb_stats - what all processes of one command used together, in memory the caller owns
 *
 * Counters count from the birth of the leaf; cpu times are without what the
 * command's process did before its exec. Memory is what the leaf is charged
 * with, page cache included; the kernel charges in batches of up to 256 KiB a CPU.
 */
typedef struct sb_stats {
	uint32_t size;              /* SB_INIT(sb_stats)                        */
	uint32_t reserved;          /* 0                                        */
	uint64_t has;               /* SB_STATS_*                               */
	uint64_t cpu_ns;            /* user and system                          */
	uint64_t user_ns;           /* the split is the kernel's estimate       */
	uint64_t system_ns;
	uint64_t throttled_ns;      /* time stopped by cpu.max                  */
	uint64_t periods;           /* periods of cpu.max in which it was runnable */
	uint64_t throttled_periods; /* … and was stopped                        */
	uint64_t memory;            /* bytes now                                */
	uint64_t memory_peak;       /* bytes                                    */
	uint64_t memory_anon;       /* bytes now: heap, stacks, tmpfs is in file */
	uint64_t memory_file;       /* bytes now: page cache and tmpfs          */
	uint64_t memory_kernel;     /* bytes now                                */
	uint64_t memory_high;       /* times over memory.high                   */
	uint64_t memory_max;        /* times at memory.max                      */
	uint64_t memory_oom;        /* times an allocation could not be satisfied */
	uint64_t oom_kills;         /* processes that the OOM killer killed     */
	uint64_t swap;              /* bytes now                                */
	uint64_t swap_peak;         /* bytes                                    */
	uint64_t pids;              /* processes and threads now                */
	uint64_t pids_peak;
	uint64_t pids_refused;      /* forks that pids.max refused              */
	uint64_t io_read_bytes;     /* of all devices                           */
	uint64_t io_write_bytes;
	uint64_t io_reads;
	uint64_t io_writes;
	uint64_t cpu_some_ns;       /* PSI: time in which some process waited for it */
	uint64_t cpu_full_ns;       /* … in which all did                       */
	uint64_t memory_some_ns;
	uint64_t memory_full_ns;
	uint64_t io_some_ns;
	uint64_t io_full_ns;
} sb_stats;

/**
 * sb_proc_stats - the figures now, or, once the command has ended, those read at its end
 *
 * Return: 0, -ENOENT for a command without a leaf, -errno.
 */
SB_API int sb_proc_stats(sb_proc *proc, sb_stats *stats, sb_error *err);

/** sb_io_stats - one device's share of the traffic. */
typedef struct sb_io_stats {
	uint32_t size;        /* SB_INIT(sb_io_stats)                           */
	uint32_t major_number;
	uint32_t minor_number;
	uint32_t reserved;    /* 0                                              */
	uint64_t read_bytes;
	uint64_t write_bytes;
	uint64_t discard_bytes;
	uint64_t reads;
	uint64_t writes;
	uint64_t discards;
} sb_io_stats;

/**
 * sb_proc_io - the @index-th device in io.stat, counting from 0, while the command runs
 *
 * Return: 1 filled, 0 no such device, -ENOENT without a leaf or the io controller, -ESRCH once it has ended.
 */
SB_API int sb_proc_io(sb_proc *proc, size_t index, sb_io_stats *io, sb_error *err);
/**
 * sb_proc_set_cgroup - change a setting while the command runs; @file and @value as sb_set_cgroup()
 *
 * Also memory.reclaim, which the kernel answers with -EAGAIN if it got less back.
 * The controller must be one that the leaf was started with.
 * Return: 0, -EINVAL, -ENOENT without a leaf, -ESRCH once it has ended, -errno.
 */
SB_API int sb_proc_set_cgroup(sb_proc *proc, const char *file, const char *value, sb_error *err);
/**
 * sb_proc_get_cgroup - any file of the leaf as text ("memory.stat"), while the command runs
 * @buf: NUL-terminated; may be NULL with @len 0
 *
 * Return: the length without the NUL, also when it was cut; -EINVAL for a name that is no file of a
 * cgroup, -errno.
 */
SB_API ssize_t sb_proc_get_cgroup(sb_proc *proc, const char *file, char *buf, size_t len, sb_error *err);
/**
 * sb_proc_freeze - 1: stop all its processes where they are, 0: let them go on
 *
 * Returns when the kernel says that it is done; a process in an uninterruptible
 * wait can keep it for a while. A frozen command can be killed.
 * Return: 0, -ENOENT without a leaf, -ESRCH once it has ended, -ETIMEDOUT after 10 s, -errno.
 */
SB_API int sb_proc_freeze(sb_proc *proc, int frozen, sb_error *err);
/**
 * sb_proc_pids - its processes, in the pid namespace of the caller
 * @pids: room for @room of them
 *
 * Return: how many there are (may be more than @room), -ENOENT without a leaf, -ESRCH once it has ended.
 */
SB_API ssize_t sb_proc_pids(sb_proc *proc, pid_t *pids, size_t room, sb_error *err);
/**
 * sb_proc_pressure - be told when its processes are short of something (PSI)
 * @resource: "cpu", "memory" or "io"
 * @full: 0: some process waits, 1: all do (memory and io)
 * @stall_ns: so much waiting…
 * @window_ns: …in every such stretch: 500 ms to 10 s; a caller without CAP_SYS_RESOURCE
 *	whole multiples of 2 s, from 6.4 on
 *
 * Return: a descriptor for poll(2) that shows POLLPRI; the caller closes it. -errno.
 */
SB_API int sb_proc_pressure(sb_proc *proc, const char *resource, int full, uint64_t stall_ns,
			    uint64_t window_ns, sb_error *err);
/**
 * sb_proc_cgroup_fd - the leaf's directory; borrowed. -ENOENT without one, -ESRCH once the command
 * has ended.
 */
SB_API int sb_proc_cgroup_fd(const sb_proc *proc);
/**
 * sb_gc - remove what died hosts left behind: cgroups, where @cfg would make its leaves, and bridges
 * @cfg: NULL = as a new config
 *
 * A host holds a lock (flock(2)) on the directory of its leaves; what nobody
 * holds has no owner any more. Processes left in it are killed. A bridge of the caller's network
 * namespace that was made for a sandbox (SB_NET_MAKE_BRIDGE) is removed if its maker is dead and it
 * has no ports; those of sandboxes that have just ended go within milliseconds. A directory in /tmp
 * with the socket of a slirp4netns whose host was killed while it published ports. What a reset was
 * removing beside the upper directories of @cfg, if that has sb_set_overlay_reset(). Nothing else
 * is touched. Asks nothing of systemd and moves nothing. Where there is no cgroup v2, or the caller
 * has no CAP_NET_ADMIN, the other part is done.
 *
 * Return: how many owners of cgroups were cleaned up after, how many bridges and directories
 * removed, together; or -errno.
 */
SB_API int sb_gc(const sb_config *cfg, sb_error *err);

SB_END_DECLS
#endif
