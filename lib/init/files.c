/* SPDX-License-Identifier: MIT */
/* Files, links and directories that the caller wants in the new root. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

/* DIR: text[1] target, id[] uid, gid, mode. The directories above it are root's, 0755. */
int do_dir(struct run *run, const struct sbi_op *op)
{
	const char *name;
	int parent = open_parent(run, op_text(run, op->text[1]), &name);
	long r;

	if (parent < 0)
		return parent;
	if (SYS(faccessat, parent, name, 0) == 0) {
		close_parent(parent);
		return 0;
	}
	r = is_own(parent) ? SYS(mkdirat, parent, name, op->id[2]) : -ENOENT;
	if (r == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	if (r == 0)
		r = SYS(fchownat, parent, name, op->id[0], op->id[1], AT_SYMLINK_NOFOLLOW);
	close_parent(parent);
	return (int)r;
}

long write_all(int fd, const char *data, uint64_t len)
{
	while (len) {
		long n = SYS(write, fd, data, len);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		data += n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int create(struct run *run, const struct sbi_op *op, int dir, const char *name)
{
	int fd = (int)SYS(openat, dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, op->id[2]);
	long r;

	if (fd < 0)
		return fd;
	r = op->arg[1] ? write_all(fd, run->base + op->text[2], op->arg[1]) : 0;
	if (r == 0)
		r = SYS(fchown, fd, op->id[0], op->id[1]);
	SYS(close, fd);
	return (int)r;
}

/*
 * The place belongs to the host (a directory used as root): its file there is
 * covered, not changed. A single file can be bound only from a mount that is
 * attached somewhere (before 6.15), so the tmpfs lies over "/" for a moment.
 */
static int cover(struct run *run, const struct sbi_op *op)
{
	int target = open_target(run, op_text(run, op->text[1]), 0, 1), fs, file = -1;
	long r;

	if (target < 0)
		return target;
	fs = new_fs("tmpfs", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	r = fs < 0 ? fs : create(run, op, fs, "file");
	if (r == 0)
		r = SYS(move_mount, fs, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (r == 0) {
		file = (int)SYS(open_tree, fs, "file", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		r = leave_root(fs);
		if (r == 0)
			r = SYS(umount2, ".", MNT_DETACH_);
		SYS(chdir, "/");
	}
	if (r == 0)
		r = file < 0 ? file : mount_fd_on(file, target);
	if (file >= 0)
		SYS(close, file);
	if (fs >= 0)
		SYS(close, fs);
	SYS(close, target);
	return (int)r;
}

/*
 * FILE: text[1] target, text[2] content of arg[1] bytes, id[] uid, gid, mode; arg[0]: in an overlay
 * it takes the place of what the image has there, which may be a link; where that is somebody
 * else's, it covers it.
 */
int do_file(struct run *run, const struct sbi_op *op)
{
	const char *name;
	int parent = open_parent(run, op_text(run, op->text[1]), &name), own, r = -EEXIST;

	if (parent < 0)
		return parent;
	own = is_own(parent);
	if (own && op->arg[0])
		SYS(unlinkat, parent, name, 0);
	if (own)
		r = create(run, op, parent, name);
	if (!own || (r == -EEXIST && op->arg[0]))
		r = cover(run, op);
	close_parent(parent);
	return r;
}

/* SYMLINK: text[0] what it says, text[1] target. */
int do_symlink(struct run *run, const struct sbi_op *op)
{
	const char *name;
	int parent = open_parent(run, op_text(run, op->text[1]), &name);
	long r;

	if (parent < 0)
		return parent;
	r = is_own(parent) ? SYS(symlinkat, op_text(run, op->text[0]), parent, name) : -ENOENT;
	if (r == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	close_parent(parent);
	return (int)r;
}
