/* SPDX-License-Identifier: MIT */
/*
 * The new root: laid over the present "/" of our own mount namespace (so that no
 * directory is needed to put it), built up, and made the root by pivot_root.
 * Lookups of the host's paths still start at the old root below it.
 */
#include <errno.h>
#include <fcntl.h>

#include "init.h"

#define MS_PRIVATE_ (1UL << 18)

static int is_restricted; /* the present root, which stays, and all below it */

/* What is shown elsewhere is opened before the root is restricted: that would be as well. */
static int shows_nothing(const struct run *run)
{
	for (uint32_t i = run->at; i < run->count; i++)
		if (run->ops[i].step == SB_STEP_BIND || run->ops[i].step == SB_STEP_OVERLAY)
			return 0;
	return 1;
}

/*
 * Of a root that stays, attributes and propagation can be changed together; that fails for itself
 * if it has to.
 */
int do_private(struct run *run, const struct sbi_op *op)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE_ };
	const struct sbi_op *root = op + 1; /* ROOT, which always follows */

	if (root->id[0] == SBI_ROOT_KEEP && shows_nothing(run)) {
		attr.attr_set = attributes_of(root->arg[0]);
		is_restricted = SYS(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)) == 0;
		attr.attr_set = 0;
	}
	return is_restricted ? 0 : (int)SYS(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr));
}

static int on_slash(int mount)
{
	return (int)SYS(move_mount, mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
}

static int root_tmpfs(struct run *run, const struct sbi_op *op)
{
	char uid[24], gid[24];
	const char *options[] = { "mode", "755", "uid", uid, "gid", gid, NULL };
	int r;

	if (op->arg[1]) { /* writable: it belongs to the command */
		text_number(uid, op->id[1]);
		text_number(gid, op->id[2]);
	} else {
		options[2] = NULL;
	}
	root_fd = new_fs("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (root_fd < 0)
		return root_fd;
	remember_own_root();
	r = on_slash(root_fd);
	if (r == 0)
		use_paths(run);
	return r;
}

static int root_directory(struct run *run, const struct sbi_op *op)
{
	root_fd = open_source(op_text(run, op->text[0]), op->arg[0], run);
	if (root_fd < 0)
		return root_fd;
	if (!is_directory(root_fd))
		return -ENOTDIR;
	if (op->arg[0] & SB_MOUNT_IDMAP) {
		struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
					   .userns_fd = (uint64_t)run->slots[op->count] };
		long r = SYS(mount_setattr, root_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr));

		if (r < 0)
			return (int)r;
	}
	return on_slash(root_fd);
}

/* The present root stays: nothing to pivot to, so only its attributes change. */
static int root_keep(struct run *run, const struct sbi_op *op)
{
	struct mount_attr attr = { .attr_set = attributes_of(op->arg[0]) };

	open_sources(run);
	root_fd = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root_fd < 0)
		return root_fd;
	return is_restricted ? 0 : (int)SYS(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr));
}

static int root_overlay(struct run *run, const struct sbi_op *op)
{
	root_fd = new_overlay(run, op);
	if (root_fd < 0)
		return root_fd;
	remember_own_root();
	return on_slash(root_fd);
}

/*
 * ROOT: id[0] enum sbi_root, text[0] directory, arg[0] flags, arg[1] writable tmpfs; overlay as
 * do_overlay.
 */
int do_root(struct run *run, const struct sbi_op *op)
{
	switch (op->id[0]) {
	case SBI_ROOT_TMPFS:
		return root_tmpfs(run, op);
	case SBI_ROOT_DIRECTORY:
		return root_directory(run, op);
	case SBI_ROOT_KEEP:
		return root_keep(run, op);
	default:
		return root_overlay(run, op);
	}
}

/* PIVOT: arg[0] make the root itself read-only, what is mounted in it stays as it is. */
int do_pivot(struct run *run, const struct sbi_op *op)
{
	long r = 0;

	(void)run;
	if (op->arg[0] && !is_sealed())
		r = set_attributes(root_fd, MOUNT_ATTR_RDONLY, 0);
	if (r == 0)
		r = enter_root();
	if (r == 0)
		r = SYS(pivot_root, ".", ".");
	if (r == 0)
		r = SYS(umount2, ".", MNT_DETACH_);
	done_with(root_fd);
	root_fd = -1;
	return (int)r;
}
