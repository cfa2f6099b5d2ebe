/* SPDX-License-Identifier: MIT */
/*
 * A command in a sandbox that somebody else keeps: found by a handle of it, or
 * by the name it is registered under. There is no daemon and no file: the
 * register is the kernel's list of abstract unix sockets (docs/boxes.md).
 */
#ifndef SANDBOX_JOIN_H
#define SANDBOX_JOIN_H

#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/**
 * sb_set_join - run the command inside a sandbox that is there already
 * @pidfd: of its sb-init: sb_box_pidfd(), pidfd_open(2), or one that came over a unix socket; must be open
 *	until sb_spawn(), and stays the caller's; -1 = do not
 *
 * What sb_set_ns() asks for (everything, unless it was called) is not made but joined: user, pid,
 * mount, net, ipc, uts and time namespace as far as they are not the caller's own already. The
 * cgroup namespace is new, as the command is in a cgroup of the caller's. What describes a sandbox
 * itself (mounts, root, host name, id map, clocks, interfaces) is an error here, as it has that
 * already. All else is the command's own: user, capabilities, filter, Landlock, limits, leaf,
 * streams, verdict. Its user is 1000:1000 if the sandbox maps that, else the first that it does,
 * unless set. sb_set_ns_fd() goes before this.
 *
 * When the sandbox ends the command is killed with it: SB_BOX_ENDED. A process that the command
 * leaves behind is from then on one of the sandbox's, unless the command has a cgroup
 * (sandbox/cgroup.h).
 *
 * Who may: root, and the user who made the sandbox, in the user namespace it was made in (or root
 * of one above). sb_spawn() answers -EBADF if @pidfd is not open, -EINVAL if it is no pidfd, -ESRCH
 * when the sandbox has ended, -EACCES or -EPERM if it is another user's, -EAGAIN while it is still
 * being made. Needs /proc.
 */
SB_API int sb_set_join(sb_config *cfg, int pidfd);
/**
 * sb_set_join_name - the same, by name
 * @name: as in sb_set_name(); root may say "UID/NAME" for a sandbox of another user; NULL = do not
 *
 * sb_spawn() answers -ENOENT if no sandbox has this name, and -EPERM if it is held by somebody who
 * is no sandbox of that user. The last of sb_set_join() and this counts.
 */
SB_API int sb_set_join_name(sb_config *cfg, const char *name);
/**
 * sb_set_name - register the sandbox while it lives
 * @name: 1 to 64 of A-Z a-z 0-9 . _ - and neither '.' nor '-' at the beginning; NULL = none
 *
 * For sb_box_open() and sb_spawn(). The name is taken when the sandbox is made and free at the
 * moment its sb-init ends, however that comes. It is the user's own, within the caller's network
 * namespace and user namespace: another user may have the same. One that is taken is -EADDRINUSE,
 * with the holder's pid in the message. Needs a new pid namespace.
 */
SB_API int sb_set_name(sb_config *cfg, const char *name);

/** sb_named - a registered sandbox, in memory the caller owns */
typedef struct sb_named {
	uint32_t size;       /* SB_INIT(sb_named)                              */
	uint32_t uid;        /* whose it is                                    */
	int32_t pid;         /* of its sb-init, in the caller's pid namespace  */
	uint32_t reserved;   /* 0                                              */
	uint64_t started_ns; /* since 1970, to the hundredth of a second; 0 = not known */
	char name[72];
} sb_named;

/**
 * sb_named_list - the registered sandboxes that the caller can see, of every user, sorted by user and name
 * @entries: gets the first @room of them; entries[0].size must be set and is the distance from one to
 *	the next; NULL with @room 0
 *
 * Those whose names were taken in the caller's network and user namespace, and that run in a pid
 * namespace right below its own. Needs no privilege, and /proc. Return: how many there are (may be
 * more than @room), or -errno.
 */
SB_API ssize_t sb_named_list(sb_named *entries, size_t room, sb_error *err);

SB_END_DECLS
#endif
