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

SB_END_DECLS
#endif
