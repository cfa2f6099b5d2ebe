/* SPDX-License-Identifier: MIT */
/*
 * A process in the mount namespace of an open box. Like clone.c it runs in the
 * host's memory while the calling thread sleeps: raw system calls, and tests/abi
 * looks at this object, too. What it opens is in a table of its own, and goes with
 * it, however it ends.
 */
#include "live_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/wait.h>
#include <signal.h>

#include "common/clone3.h"
#include "common/wire.h"
#include "live_target.h"

#define STACK 16384
#define MNT_DETACH_ 2
#define MS_PRIVATE_ (1UL << 18)

BOOTSTRAP static long attach(struct sbi_pass *pass, int mount, int directory)
{
	struct sbi_live *live = pass->live;
	struct statx st = { 0 };
	long target = sbi_live_target(pass, directory), r = target;

	if (target >= 0) {
		live->stage = SBI_LIVE_ATTACH;
		r = sbi_live_look(mount, &st);
		if (r == 0)
			r = SYS(move_mount, mount, "", target, "",
				MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
		SYS(close, target);
		live->mount = st.stx_mnt_id;
	}
	if (r < 0)
		sbi_live_unmake(pass, directory);
	return r;
}

BOOTSTRAP static long enter(struct sbi_pass *pass)
{
	struct sbi_live *live = pass->live;
	long r, fd = -EBADF;

	if (live->root) { /* while the caller's /proc can be seen */
		live->stage = SBI_LIVE_ROOT;
		fd = SYS(openat, AT_FDCWD, live->root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (fd < 0)
			return fd;
	}
	live->stage = SBI_LIVE_ENTER;
	r = SYS(setns, live->pidfd, CLONE_NEWNS);
	if (r < 0)
		return r;
	live->stage = SBI_LIVE_ROOT;
	if (!live->root)
		fd = SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	pass->root = (int)fd;
	return fd < 0 ? fd : 0;
}

/*
 * As sb-init does it at the opening. Who has no power over the mount namespace that he is in has it
 * over a copy that belongs to his user namespace, in which the kernel locks all that was set before
 * (mount_namespaces(7)).
 */
BOOTSTRAP static long open_source(struct sbi_live *live)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (live->recursive ? AT_RECURSIVE : 0);
	struct mount_attr attr = { .attr_set = live->attributes, .propagation = MS_PRIVATE_ };
	struct mount_attr idmap = { .attr_set = MOUNT_ATTR_IDMAP };
	long fd, r;

	live->stage = SBI_LIVE_SOURCE;
	fd = SYS(open_tree, AT_FDCWD, live->source, flags);
	if (fd == -EPERM) {
		live->stage = SBI_LIVE_COPY;
		r = SYS(unshare, CLONE_NEWNS);
		if (r < 0)
			return r;
		live->stage = SBI_LIVE_SOURCE;
		fd = SYS(open_tree, AT_FDCWD, live->source, flags);
	}
	if (fd == -ENOENT)
		live->detail = SBI_DETAIL_SOURCE_MISSING;
	if (fd == -EINVAL && !live->recursive)
		live->detail = SBI_DETAIL_SUBMOUNTS;
	if (fd < 0)
		return fd;
	live->stage = SBI_LIVE_ATTRIBUTES;
	r = SYS(mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr));
	if (r < 0 || !live->userns)
		return r < 0 ? r : fd;
	live->stage = SBI_LIVE_IDMAP;
	r = SYS(openat, AT_FDCWD, live->userns, O_RDONLY | O_CLOEXEC, 0);
	idmap.userns_fd = (uint64_t)r;
	if (r >= 0)
		r = SYS(mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &idmap, sizeof(idmap));
	return r < 0 ? r : fd;
}

BOOTSTRAP static long do_bind(struct sbi_pass *pass)
{
	struct statx st;
	long fd = open_source(pass->live), r;

	if (fd < 0)
		return fd;
	r = sbi_live_look((int)fd, &st);
	if (r == 0)
		r = enter(pass);
	return r < 0 ? r : attach(pass, (int)fd, sbi_live_is_directory(&st));
}

BOOTSTRAP static long do_tmpfs(struct sbi_pass *pass)
{
	const char *const *options = pass->live->options;
	long r = enter(pass), fs;

	if (r < 0)
		return r;
	pass->live->stage = SBI_LIVE_TMPFS_MADE;
	fs = SYS(fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	for (size_t i = 0; r >= 0 && options[i]; i += 2)
		r = SYS(fsconfig, fs, FSCONFIG_SET_STRING, options[i], options[i + 1], 0);
	if (r >= 0)
		r = SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (r >= 0)
		r = SYS(fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	return r < 0 ? r : attach(pass, (int)r, 1);
}

/* Exactly the one that was looked at: by its descriptor, as a name could lead to another one by now. */
BOOTSTRAP static long detach(int fds, int fd)
{
	char number[12];
	int n = (int)sizeof(number) - 1;
	long r;

	number[n] = '\0';
	for (int rest = fd; n > 0 && (rest || !number[n]); rest /= 10)
		number[--n] = (char)('0' + rest % 10);
	r = SYS(fchdir, fds);
	return r < 0 ? r : SYS(umount2, number + n, MNT_DETACH_);
}

BOOTSTRAP static long do_unmount(struct sbi_pass *pass)
{
	struct sbi_live *live = pass->live;
	struct statx st;
	long fds, fd, r;

	live->stage = SBI_LIVE_DETACH;
	fds = SYS(openat, AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fds < 0)
		return fds;
	r = enter(pass);
	if (r < 0)
		return r;
	live->stage = SBI_LIVE_TARGET;
	fd = sbi_live_find(pass->root, live->target);
	if (fd == -ENOENT)
		live->detail = SBI_DETAIL_TARGET_MISSING;
	if (fd == -ELOOP)
		live->detail = SBI_DETAIL_TARGET_LINK;
	r = fd < 0 ? fd : sbi_live_look((int)fd, &st);
	if (r < 0)
		return r;
	if (!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return -EINVAL;
	live->stage = SBI_LIVE_DETACH;
	live->mount = st.stx_mnt_id;
	for (size_t i = 0; i < live->mount_count; i++)
		if (live->mounts[i].id == st.stx_mnt_id)
			return detach((int)fds, (int)fd);
	live->stage = SBI_LIVE_TARGET;
	return -EPERM;
}

/* A copy of the part up to the one descriptor that is needed, and of that only this one. */
BOOTSTRAP static long take_table(const struct sbi_live *live)
{
	long r = SYS(close_range, live->pidfd + 1, ~0U, CLOSE_RANGE_UNSHARE);

	return r < 0 || live->pidfd == 0 ? r : SYS(close_range, 0, live->pidfd - 1, 0);
}

BOOTSTRAP static int visit(void *arg)
{
	struct sbi_pass *pass = arg;
	struct sbi_live *live = pass->live;
	long r;

	live->stage = SBI_LIVE_TABLE;
	SYS(umask, 0);
	r = take_table(live);
	if (r == 0 && live->enters) {
		live->stage = SBI_LIVE_USER;
		r = SYS(setns, live->pidfd, CLONE_NEWUSER);
	}
	if (r == 0)
		r = live->call == SBI_LIVE_BIND    ? do_bind(pass)
		    : live->call == SBI_LIVE_TMPFS ? do_tmpfs(pass)
						   : do_unmount(pass);
	pass->error = r < 0 ? r : 0;
	return 0;
}

BOOTSTRAP static long send_in(struct sbi_pass *pass)
{
	char stack[STACK] __attribute__((aligned(16)));
	struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES,
				   .stack = (uint64_t)(uintptr_t)stack,
				   .stack_size = sizeof(stack) };
	long pid = sys_clone3(&args, sizeof(args), visit, pass);

	if (pid < 0)
		return pid;
	/* It never execs and its exit signal is 0: nobody but us can wait for it. */
	SYS(wait4, pid, 0, __WALL, 0);
	return pass->error;
}

int sbi_live_do(struct sbi_live *live)
{
	struct sbi_pass pass = { .live = live, .root = -EBADF, .error = -ECANCELED /* if it was killed */ };
	uint64_t all = ~UINT64_C(0), mask;
	long r;

	live->stage = SBI_LIVE_CLONE;
	live->detail = SBI_DETAIL_NONE;
	SYS(rt_sigprocmask, SIG_BLOCK, &all, &mask, sizeof(all));
	r = send_in(&pass);
	SYS(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
	return (int)r;
}
