/* SPDX-License-Identifier: MIT */
/* A live sandbox in which commands run, one after another or side by side. */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

#include <sandbox/cgroup.h>
#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/**
 * sb_box_open - make a sandbox without running a command in it yet
 * @cfg: only read; its command, if it has one, is ignored
 * @out: set on success only; release with sb_box_free()
 * @err: where to explain a failure, or NULL
 *
 * Return: 0, or -errno (also in @err->code), with nothing left behind.
 */
SB_API int sb_box_open(const sb_config *cfg, sb_box **out, sb_error *err) SB_MUST_CHECK;

/**
 * sb_box_spawn - start a command in an open sandbox
 * @cfg: its command, environment, cwd, umask, rlimits, descriptors, terminal,
 *	user, groups, capabilities (at most those that the config of sb_box_open() keeps), Landlock, filter
 *	and the like are used; what describes the
 *	sandbox itself (namespaces and their limit, id maps, file system) is that of sb_box_open()
 *
 * If the config of sb_box_open() asks for a cgroup (sandbox/cgroup.h), every
 * command gets a fresh leaf with the settings of its own @cfg; what it leaves
 * running in it is killed when it ends.
 *
 * Returns when the command has been executed, as sb_spawn() does. The command
 * is a child of sb-init; the box lives on when it ends.
 *
 * Return: 0, -EBUSY in a frozen box, or -errno.
 */
SB_API int sb_box_spawn(sb_box *box, const sb_config *cfg, sb_proc **out, sb_error *err) SB_MUST_CHECK;

/*
 * Mounts of an open box. What is added is seen at once by all commands, also by those that run; it is gone
 * at the end, or by a reset, and never shows on the host. In all of them:
 *
 * @target: absolute, as the command sees it, without ".."; no symbolic link is followed on the
 *	way to it or at its end, as a command may have made it. If it is missing it is made, as at
 *	the opening, on a file system of the sandbox's own (an empty root, also a read-only one; a
 *	tmpfs; an overlay); it stays when what was mounted there is gone.
 * @err: where to explain a failure, or NULL. Nothing is left behind by one.
 *
 * A process of the caller does it, which needs the user and capabilities with which the box was
 * opened, and, where these were privileged, CAP_SYS_PTRACE (setns(2), Linux 5.14). Commands may
 * run, or be frozen, meanwhile. Not for boxes that keep CAP_SYS_PTRACE for their commands, have no
 * PID namespace of their own, and were opened without privilege.
 *
 * Threads: any number at once may use one box for these calls; one after the other is served.
 *
 * Errors: -EINVAL, -ENAMETOOLONG; -ENOENT source or target is missing; -ELOOP a symbolic link
 * stands in the way; -ENOTDIR, -EISDIR they are not of one kind; -EACCES the target is in /proc,
 * /sys or the like, or the source may not be reached; -EROFS, -ENOSPC the target cannot be made;
 * -EPERM; -EMFILE; -ESRCH the sandbox is gone.
 */

/**
 * sb_box_bind - show the host's @source (file or directory) as @target
 * @source: as sb_add_bind()
 * @flags: SB_MOUNT_*, as sb_add_bind(): nosuid and nodev, writable, without the mounts below, unless
 *	they say otherwise; SB_MOUNT_OPTIONAL: a missing source or target is no failure;
 *	SB_MOUNT_IDMAP: through the map of the box's own user namespace
 *
 * Return: 0, or -errno.
 */
SB_API int sb_box_bind(sb_box *box, const char *source, const char *target, uint64_t flags, sb_error *err);
/**
 * sb_box_tmpfs - an empty tmpfs of the box's user: @bytes, @inodes and @mode as sb_add_tmpfs().
 * Return: 0, or -errno.
 */
SB_API int sb_box_tmpfs(sb_box *box, const char *target, uint64_t bytes, uint64_t inodes, uint32_t mode,
			sb_error *err);
/**
 * sb_box_unmount - take away the topmost mount at @target, with what is mounted below it
 *
 * Only what sb_box_bind() and sb_box_tmpfs() have added; else -EPERM, and -EINVAL where nothing is
 * mounted. Who has files of it open, or is in it, keeps them (MNT_DETACH, umount(2)); by its path
 * nobody finds it any more.
 *
 * Return: 0, or -errno.
 */
SB_API int sb_box_unmount(sb_box *box, const char *target, sb_error *err);

/**
 * sb_box_pidfd - of sb-init; readable when the sandbox is gone. Borrowed, until a reset or the end
 * of the box.
 */
SB_API int sb_box_pidfd(const sb_box *box);
/** sb_box_pid - of sb-init, in the pid namespace of the caller. */
SB_API pid_t sb_box_pid(const sb_box *box);
/**
 * sb_box_reset - back to the state at sb_box_open()
 *
 * Everything that runs in the box is killed; then its sandbox is made again from the config of
 * sb_box_open(), of which the box has a copy, with the same cgroups, addresses and ports, out of
 * the same pool of network namespaces (what was allocated by the library may be another). Whatever
 * commands have left is gone with the old one: processes, files of every tmpfs and of overlays
 * without a directory for their upper layer, IPC, keyrings, names, clocks, network, mounts; also
 * what the caller has put in or mounted since. Directories of the host that the box may write to
 * are not touched, except for upper and work directories of overlays with sb_set_overlay_reset():
 * new ones take their place, and when the new sandbox is there the old ones are removed, which
 * takes as long as there is much in them. It is verified, by what the kernel says, that the box is
 * as it was: docs/boxes.md lists the checks.
 *
 * The handle stays, with another sb_box_pid() and sb_box_pidfd(). Handles of commands remain the
 * caller's to be freed; those that ran say SB_KILLED. No other thread may use the box or its
 * commands meanwhile. A box that was killed, or could not be reset, may be reset.
 *
 * Return: 0, or -errno: EOPNOTSUPP at once, and nothing has happened, if something would stay that
 * the message names: a user, PID, mount, network, IPC or UTS namespace that is not the box's own or
 * is pinned, a directory that keeps what an overlay is written, or was not empty at the opening.
 * Likewise at once ESTALE if such a directory is another one by now, EBUSY if another process is
 * just replacing it, and what mkdir(2), chown(2), setxattr(2) and renameat2(2) return for the new
 * one. ENOTRECOVERABLE if a check found a difference, and @err names the check; what sb_box_open()
 * returns if the sandbox cannot be made again; what unlink(2) returns if the old directory cannot
 * be removed, and @err says where it is. Then the sandbox is gone, as sb_box_pidfd() says, and
 * nothing is left but the handle.
 */
SB_API int sb_box_reset(sb_box *box, sb_error *err) SB_MUST_CHECK;
/** sb_box_kill - SIGKILL everything in the sandbox, and sb-init. Return: 0, or -errno. */
SB_API int sb_box_kill(sb_box *box);
/**
 * sb_box_free - end it and all that runs in it; waits until it is gone
 *
 * Handles of commands started in it must have been freed before. NULL in,
 * NULL out.
 */
SB_API sb_box *sb_box_free(sb_box *box);

/* --- the box as a whole ---------------------------------------------------------------- */

/**
 * sb_box_ns_fd - the namespace of one kind that commands of the box are in, as a descriptor
 * @ns: one SB_NS_* bit
 *
 * For setns(2), sb_set_ns_fd(), NS_GET_* of ioctl_nsfs(2); no command needs to run. It keeps the namespace
 * when the box has ended. SB_NS_PID is the one in which commands are born. SB_NS_TIME, SB_NS_USER
 * and the others are shared by sb-init and all commands. The one exception: in a box with cgroups
 * and a new cgroup namespace each command has its own, rooted at its leaf, and the box has none
 * (-ENOENT); setns(2) with sb_proc_pidfd() enters that of a command.
 *
 * Never of another process, whatever becomes of the box meanwhile: asked of its pidfd (6.11), else /proc,
 * which must be mounted. Needs to be the caller that opened the box, or CAP_SYS_PTRACE over it (ptrace(2)).
 *
 * Return: a new descriptor, close-on-exec, the caller's to close; -EINVAL: not one SB_NS_* bit;
 * -ENOENT: the box has none of its own of that kind, neither new nor joined; -ESRCH: the box is gone; -errno.
 */
SB_API int sb_box_ns_fd(const sb_box *box, uint64_t ns, sb_error *err) SB_MUST_CHECK;

/**
 * sb_box_freeze - 1: stop all processes of all commands of the box where they are, 0: let them go on
 *
 * By one write to the cgroup of the box, so that none sees another one stopped while it runs
 * itself. Returns when the kernel says that it is done; a process in an uninterruptible wait can
 * keep it for a while. sb-init is not stopped: files can be put and got. Commands that other
 * threads are starting are started first; then sb_box_spawn() is refused (-EBUSY) until the box is
 * thawed. Limits of wall time go on. A frozen box, or a command of it, can be killed and freed. A
 * command that sb_proc_freeze() has stopped stays so when the box is thawed, and cannot be thawed
 * by itself before (-EBUSY). To freeze a frozen box changes nothing.
 *
 * Return: 0, -ENOENT for a box without cgroups, -ESRCH if it is gone, -ETIMEDOUT after 10 s: it then goes on
 * freezing, and counts as frozen; -errno.
 */
SB_API int sb_box_freeze(sb_box *box, int frozen, sb_error *err);

/**
 * sb_box_stats - what all that ever ran in the box used, commands that have ended and what they
 * left running included
 *
 * Peaks are of the box: the most that all its commands had together at one time. cpu times are
 * without what the commands' processes did before their exec; that of a command which could not be
 * executed is counted. What a command leaves in memory (page cache, files in a tmpfs) goes on to
 * count. What a limit of a command did counts when it has ended: throttled_ns and the periods;
 * before 6.11, pids_refused. Controllers are those of sb_box_open()'s config, and of its commands'
 * from when they are first asked for. Also when the box is gone, until it is freed.
 *
 * Return: 0, -ENOENT for a box without cgroups, -errno.
 */
SB_API int sb_box_stats(sb_box *box, sb_stats *stats, sb_error *err);
/**
 * sb_box_set_cgroup - a limit for all its commands together, now; @file and @value as sb_set_cgroup()
 *
 * Beside the limits of each. The controller must be one that the config of sb_box_open() asks for,
 * or SB_CGROUP_ACCOUNT.
 * Return: 0, -EINVAL, -ENOENT without a cgroup or this file, -errno.
 */
SB_API int sb_box_set_cgroup(sb_box *box, const char *file, const char *value, sb_error *err);
/** sb_box_get_cgroup - any file of the box's cgroup as text; as sb_proc_get_cgroup(). */
SB_API ssize_t sb_box_get_cgroup(sb_box *box, const char *file, char *buf, size_t len, sb_error *err);

#define SB_BOX_HAS_MEMORY (UINT64_C(1) << 0) /* init_memory: while it is there, with a /proc */

/** sb_box_info - how a box stands, in memory the caller owns */
typedef struct sb_box_info {
	uint32_t size;        /* SB_INIT(sb_box_info)                                          */
	uint32_t frozen;      /* 1: sb_box_freeze(), and no command can be started             */
	uint64_t has;         /* SB_BOX_HAS_*: which figures exist                             */
	uint64_t opened_ns;   /* CLOCK_MONOTONIC when sb_box_open() was called                 */
	uint64_t started;     /* commands, ever                                                */
	uint64_t running;     /* … whose end has not been told to the caller (sb_proc_wait()…) */
	uint64_t ended;       /* … and the others                                              */
	uint64_t resets;      /* how often it was put back to its beginning                    */
	uint64_t init_memory; /* bytes of sb-init that nobody shares                           */
} sb_box_info;

/** sb_box_look - Return: 0, -EINVAL. Any thread, with and without cgroups. */
SB_API int sb_box_look(sb_box *box, sb_box_info *info, sb_error *err);

SB_END_DECLS
#endif
