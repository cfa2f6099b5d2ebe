/* SPDX-License-Identifier: MIT */
/* Run it, watch it, learn how it ended. */
#ifndef SANDBOX_PROC_H
#define SANDBOX_PROC_H

#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/**
 * sb_spawn - start the command described by @cfg in a sandbox of its own
 * @cfg: only read; any number of threads may spawn from one config at once
 * @out: set on success only; release with sb_proc_free()
 * @err: where to explain a failure, or NULL
 *
 * Returns 0 once the command itself has been executed: a wrong path, a denied
 * mount or a missing privilege fails here, not later. On failure everything
 * made on the way is gone again. Blocks for about a millisecond.
 *
 * Return: 0, or -errno (also in @err->code).
 */
SB_API int sb_spawn(const sb_config *cfg, sb_proc **out, sb_error *err) SB_MUST_CHECK;

/* Why the run ended: the first cause. Numbers are ABI: append, never renumber. */
#define SB_EXITED 1   /* by itself: code = exit status, 0 is success           */
#define SB_SIGNALED 2 /* by a signal that was no limit's: code = its number    */
#define SB_KILLED 3   /* by sb_proc_kill(), sb_box_kill(), sb_box_reset(), sb_proc_free() */
#define SB_LOST 4     /* sb-init was killed from outside; how the command ended is unknown */
/* the OOM killer was at work in its leaf: with SB_LIMIT_MEMORY it takes all, else the command */
#define SB_MEMORY_EXCEEDED 5
#define SB_FILTERED 6        /* killed for a system call, sb_proc_denied(): code = SIGSYS */
#define SB_CPU_EXCEEDED 7    /* SB_LIMIT_CPU (sandbox/limit.h), and so on      */
#define SB_WALL_EXCEEDED 8
#define SB_OUTPUT_EXCEEDED 9
#define SB_PIDS_EXCEEDED 10
#define SB_NOT_STARTED 11 /* no verdict on it: set-up failed after sb_spawn() had returned, sb_proc_error() */
/* the sandbox that it had joined has ended (sb_set_join()), and all in it was killed */
#define SB_BOX_ENDED 12

/* sb_result.has: which figures exist. A figure that does not is 0. */
#define SB_HAS_CODE (UINT32_C(1) << 0)
#define SB_HAS_WALL (UINT32_C(1) << 1)
#define SB_HAS_CPU (UINT32_C(1) << 2)
#define SB_HAS_RSS (UINT32_C(1) << 3)
#define SB_HAS_SETUP (UINT32_C(1) << 4)
/* user_ns and system_ns are the leaf's: of every process, waited for or not */
#define SB_HAS_LEAF_CPU (UINT32_C(1) << 5)
#define SB_HAS_MEMORY_PEAK (UINT32_C(1) << 6) /* memory controller, 5.19 */
#define SB_HAS_OOM_KILLS (UINT32_C(1) << 7)   /* memory controller      */

#define SB_HAS_DENIED (UINT32_C(1) << 8)      /* @denied: SB_APPLIED_SECCOMP_REPORT */
#define SB_HAS_FAULTS (UINT32_C(1) << 9)      /* of the processes that were waited for, as all of rusage */
#define SB_HAS_SWITCHES (UINT32_C(1) << 10)
#define SB_HAS_PIDS_PEAK (UINT32_C(1) << 11)  /* pids controller, 6.1   */
#define SB_HAS_PIDS_REFUSED (UINT32_C(1) << 12) /* pids controller      */
#define SB_HAS_IO (UINT32_C(1) << 13)         /* io controller          */
#define SB_HAS_MEMORY_END (UINT32_C(1) << 14) /* @memory_anon, @memory_file: memory controller */
#define SB_HAS_OUTPUT (UINT32_C(1) << 15)     /* there are streams that the library carries */

/* sb_result.applied, beside the SB_NS_* bits of the namespaces that are the command's own. */
#define SB_APPLIED_ROOT (UINT64_C(1) << 32)         /* new root; the old one is out of reach */
#define SB_APPLIED_ROOT_READONLY (UINT64_C(1) << 33)
#define SB_APPLIED_NO_NEW_PRIVS (UINT64_C(1) << 34)
#define SB_APPLIED_NO_CAPS (UINT64_C(1) << 35)      /* all five sets are empty */
#define SB_APPLIED_KEYRING (UINT64_C(1) << 36)      /* a session keyring of its own */
#define SB_APPLIED_SESSION (UINT64_C(1) << 37)
#define SB_APPLIED_NO_GROUPS (UINT64_C(1) << 38)    /* the host's supplementary groups were dropped */
#define SB_APPLIED_SECCOMP (UINT64_C(1) << 39)      /* a filter of @filter_length instructions */
/* … whose kill and log lines are told: sb_proc_denied() */
#define SB_APPLIED_SECCOMP_REPORT (UINT64_C(1) << 40)
#define SB_APPLIED_LANDLOCK (UINT64_C(1) << 41)     /* by @landlock_abi                      */
#define SB_APPLIED_SECUREBITS (UINT64_C(1) << 42)
#define SB_APPLIED_CORE_SCHED (UINT64_C(1) << 43)
#define SB_APPLIED_NO_NEW_USERNS (UINT64_C(1) << 44)
/* a leaf of its own, with the controllers that its limits need */
#define SB_APPLIED_CGROUP (UINT64_C(1) << 45)

/**
 * sb_result - how a command ended, in memory the caller owns
 *
 * Times count from exec to the end of the command; what sb-init needed to
 * build the sandbox is in @setup_ns only. User and system time include the
 * processes the command left behind and, from rusage, those it waited for; with
 * a cgroup (sandbox/cgroup.h) they are the leaf's, which misses none. The rest
 * of the leaf's figures: sb_proc_stats().
 */
typedef struct sb_result {
	uint32_t size;         /* SB_INIT(sb_result)                            */
	uint32_t has;          /* SB_HAS_*                                      */
	int32_t verdict;       /* SB_EXITED…                                    */
	int32_t code;          /* how the command itself ended: exit status or signal number */
	uint32_t core_dumped;  /* 1 if the kernel wrote (or piped) a core       */
	uint32_t skipped;      /* how many optional steps could not be done     */
	uint64_t applied;      /* SB_NS_* and SB_APPLIED_*                      */
	uint64_t wall_ns;      /* CLOCK_MONOTONIC, exec to end                  */
	uint64_t user_ns;      /* cpu time in user mode; the split is the kernel's estimate */
	uint64_t system_ns;    /* cpu time in the kernel, without the set-up    */
	uint64_t max_rss;      /* bytes; of the largest single process (getrusage(2)) */
	uint64_t setup_ns;     /* from sb_spawn() or sb_box_spawn() to exec     */
	uint64_t memory_peak;  /* bytes; the most that the leaf was charged with */
	uint64_t oom_kills;    /* processes that the OOM killer killed in the leaf */
	uint64_t caps;         /* capabilities that were kept, bit N = CAP_N; of "all" those there were */
	uint32_t landlock_abi; /* 0 = none in use                               */
	uint32_t filter_length; /* instructions of the seccomp filter; 0 = none */
	uint32_t denied;       /* entries of sb_proc_denied()                   */
	uint32_t signaled;     /* 1: @code is a signal number                   */
	uint64_t minor_faults; /* page faults without and…                      */
	uint64_t major_faults; /* …with reading from a disk                     */
	uint64_t voluntary;    /* context switches: it waited for something…    */
	uint64_t involuntary;  /* …or its time was up                           */
	uint64_t pids_peak;    /* processes and threads at once                 */
	uint64_t pids_refused; /* forks that its limit refused                  */
	uint64_t io_read_bytes;
	uint64_t io_write_bytes;
	uint64_t memory_anon;  /* bytes at the end: of processes it left behind that were not gone yet */
	uint64_t memory_file;  /* … page cache and tmpfs                        */
	uint64_t output_bytes; /* that it wrote to captured and copied streams  */
	uint32_t exceeded;     /* SB_LIMIT_BIT(): limits that the figures are above, whatever the verdict */
	uint32_t soft;         /* … soft limits that were passed                */
	uint32_t approximate;  /* … that were sampled, or held by rlimits, as there is no cgroup for it */
	uint32_t reserved2;    /* 0                                             */
} sb_result;

/* A limit of sandbox/limit.h as a bit. */
#define SB_LIMIT_BIT(limit) (UINT32_C(1) << (limit))

/**
 * sb_proc_wait - wait for the end of the command
 * @timeout_ns: UINT64_MAX = for ever, 0 = just look
 * @res: filled when 1 is returned; may be NULL
 *
 * A command started by sb_spawn() has ended when its whole sandbox is gone:
 * processes it left behind are killed with it. So are those of a command that
 * has a cgroup of its own, in a box as well.
 *
 * Return: 1 ended (asking again gives the same answer), 0 still running at the
 * timeout, -errno.
 */
SB_API int sb_proc_wait(sb_proc *proc, uint64_t timeout_ns, sb_result *res, sb_error *err);
/**
 * sb_proc_fd - a descriptor for poll, epoll or select: readable when
 * sb_proc_process() has something to do. Borrowed; the same one at every call.
 *
 * Return: the descriptor, or -errno (-EMFILE).
 */
SB_API int sb_proc_fd(sb_proc *proc);
/** sb_proc_process - notice what has happened, without blocking. Return: as sb_proc_wait(). */
SB_API int sb_proc_process(sb_proc *proc, sb_result *res, sb_error *err);
/** sb_proc_signal - send @signal to the command alone. Any thread. -ESRCH once it has ended. */
SB_API int sb_proc_signal(sb_proc *proc, int signal);
/**
 * sb_proc_kill - SIGKILL the command and, if it came from sb_spawn(), its whole
 * sandbox; with a cgroup, all that is in it. Any thread. Return: 0 (also when it has ended
 * already), or -errno.
 */
SB_API int sb_proc_kill(sb_proc *proc);
/** sb_proc_pidfd - of the command itself; borrowed. */
SB_API int sb_proc_pidfd(const sb_proc *proc);
/** sb_proc_pid - of the command, in the pid namespace of the caller; -ESRCH once it is reaped. */
SB_API pid_t sb_proc_pid(const sb_proc *proc);
/** sb_proc_tty - master side of the terminal (sb_set_tty()); -ENOTTY without one. Borrowed. */
SB_API int sb_proc_tty(const sb_proc *proc);
/** sb_proc_soft - soft limits that were passed so far (sb_set_soft_limit()), SB_LIMIT_BIT() each. */
SB_API uint32_t sb_proc_soft(const sb_proc *proc);
/** sb_proc_error - why it is SB_NOT_STARTED, in @err. Return: 0, -ENOENT if it is not. */
SB_API int sb_proc_error(const sb_proc *proc, sb_error *err);
/** sb_proc_free - kill it if it still runs, wait until it is gone, release. NULL in, NULL out. */
SB_API sb_proc *sb_proc_free(sb_proc *proc);

SB_END_DECLS
#endif
