/* SPDX-License-Identifier: MIT */
/* A live sandbox in which commands run, one after another or side by side. */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

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
 * Return: 0, or -errno.
 */
SB_API int sb_box_spawn(sb_box *box, const sb_config *cfg, sb_proc **out, sb_error *err) SB_MUST_CHECK;

/** sb_box_pidfd - of sb-init; readable when the sandbox is gone. Borrowed. */
SB_API int sb_box_pidfd(const sb_box *box);
/** sb_box_pid - of sb-init, in the pid namespace of the caller. */
SB_API pid_t sb_box_pid(const sb_box *box);
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
 * when the box has ended. SB_NS_PID is the one in which commands are born. SB_NS_TIME, SB_NS_USER and the others
 * are shared by sb-init and all commands. The one exception: in a box with cgroups and a new cgroup
 * namespace each command has its own, rooted at its leaf, and the box has none (-ENOENT); setns(2)
 * with sb_proc_pidfd() enters that of a command.
 *
 * Never of another process, whatever becomes of the box meanwhile: asked of its pidfd (6.11), else /proc,
 * which must be mounted. Needs to be the caller that opened the box, or CAP_SYS_PTRACE over it (ptrace(2)).
 *
 * Return: a new descriptor, close-on-exec, the caller's to close; -EINVAL: not one SB_NS_* bit;
 * -ENOENT: the box has none of its own of that kind, neither new nor joined; -ESRCH: the box is gone; -errno.
 */
SB_API int sb_box_ns_fd(const sb_box *box, uint64_t ns, sb_error *err) SB_MUST_CHECK;

SB_END_DECLS
#endif
