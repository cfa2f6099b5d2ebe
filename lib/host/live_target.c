/* SPDX-License-Identifier: MIT */
/*
 * The place of a mount in an open box, whose commands change what is looked at:
 * no link is followed, and what was looked up is kept as a descriptor. What is
 * missing is made in file systems of the sandbox's own, as at its opening.
 */
#include "live_target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "common/kernel_fs.h"
#include "common/sys.h"
#include "common/wire.h"

#define NO_LINKS (RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define MAX_TRIES 1000

enum change { MAKE_DIRECTORY, MAKE_FILE, REMOVE_DIRECTORY, REMOVE_FILE };

BOOTSTRAP long sbi_live_look(int fd, struct statx *st)
{
	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID | STATX_MNT_ID_UNIQUE, st);
}

BOOTSTRAP int sbi_live_is_directory(const struct statx *st)
{
	return (st->stx_mode & S_IFMT) == S_IFDIR;
}

BOOTSTRAP long sbi_live_find(int dir, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = NO_LINKS };
	long fd = -EAGAIN;

	for (int tries = 0; fd == -EAGAIN && tries < MAX_TRIES; tries++)
		fd = SYS(openat2, dir, path[0] ? path : ".", &how, sizeof(how));
	return fd;
}

BOOTSTRAP static uint64_t type_of(int fd)
{
	struct statfs fs;

	return SYS(fstatfs, fd, &fs) < 0 ? 0 : (uint32_t)fs.f_type;
}

BOOTSTRAP static int is_kernels(int fd)
{
	static const uint32_t magic[] = SBI_KERNEL_FS;
	uint64_t type = type_of(fd);

	for (unsigned i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (type == magic[i])
			return 1;
	return type == 0;
}

BOOTSTRAP static int is_mount_at(const struct sbi_pass *pass, const char *path, uint64_t id)
{
	struct statx st;
	long fd = sbi_live_find(pass->root, path);
	int is = fd >= 0 && sbi_live_look((int)fd, &st) == 0 && st.stx_mnt_id == id &&
		 (!path[0] || (st.stx_attributes & STATX_ATTR_MOUNT_ROOT));

	if (fd >= 0)
		SYS(close, fd);
	return is;
}

/*
 * Does the directory lie on a file system that the sandbox has brought along, or
 * that was mounted here as a new one? Those of the opening are known by their
 * paths. A command may have renamed what is above them, so the type must be right, too.
 */
BOOTSTRAP static int is_own(const struct sbi_pass *pass, int dir)
{
	const struct sbi_live *live = pass->live;
	const char *path = live->own;
	uint64_t type = type_of(dir);
	struct statx st;

	if (sbi_live_look(dir, &st) < 0 || (type != TMPFS_MAGIC && type != OVERLAYFS_SUPER_MAGIC))
		return 0;
	for (size_t i = 0; i < live->mount_count; i++)
		if (live->mounts[i].id == st.stx_mnt_id)
			return live->mounts[i].own;
	for (uint32_t i = 0; i < live->own_count; i++) {
		if (is_mount_at(pass, path, st.stx_mnt_id))
			return 1;
		while (*path)
			path++;
		path++;
	}
	return 0;
}

BOOTSTRAP static long change(enum change what, int dir, const char *name)
{
	switch (what) {
	case MAKE_DIRECTORY:
		return SYS(mkdirat, dir, name, 0755);
	case MAKE_FILE:
		return SYS(mknodat, dir, name, S_IFREG | 0444, 0);
	case REMOVE_DIRECTORY:
		return SYS(unlinkat, dir, name, AT_REMOVEDIR);
	default:
		return SYS(unlinkat, dir, name, 0);
	}
}

/*
 * An empty root was made read-only when all was in it. Its file system was not:
 * a mount of our own of the same directory, which nobody else ever sees, can be written to.
 */
BOOTSTRAP static long change_in(const struct sbi_pass *pass, enum change what, int dir, const char *name)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };
	struct statx here, root;
	long r = change(what, dir, name), fd;

	if (r != -EROFS || sbi_live_look(dir, &here) < 0 || sbi_live_look(pass->root, &root) < 0 ||
	    here.stx_mnt_id != root.stx_mnt_id)
		return r;
	fd = SYS(open_tree, dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return r;
	if (SYS(mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		r = change(what, (int)fd, name);
	SYS(close, fd);
	return r;
}

/* One name of the way to the target, made if it is missing and may be. */
BOOTSTRAP static long step_down(struct sbi_pass *pass, int dir, const char *name, enum change what)
{
	long fd = sbi_live_find(dir, name), r;

	if (fd != -ENOENT)
		return fd;
	if (!is_own(pass, dir)) {
		pass->live->detail = SBI_DETAIL_TARGET_MISSING;
		return -ENOENT;
	}
	r = change_in(pass, what, dir, name);
	if (r < 0 && r != -EEXIST)
		return r;
	fd = sbi_live_find(dir, name);
	/* a command has its hands in it: what there is stays */
	pass->made = r < 0 || fd < 0 ? 0 : pass->made + 1;
	return fd;
}

/* The path is used up. */
BOOTSTRAP static void unmake(struct sbi_pass *pass, enum change what)
{
	char *path = pass->live->target, *name;
	long dir;

	for (; pass->made > 0; pass->made--, what = REMOVE_DIRECTORY) {
		name = path;
		for (char *p = path; *p; p++)
			if (*p == '/')
				name = p + 1;
		if (name > path)
			name[-1] = '\0';
		dir = sbi_live_find(pass->root, name > path ? path : "");
		if (dir >= 0) {
			change_in(pass, what, (int)dir, name);
			SYS(close, dir);
		}
	}
}

BOOTSTRAP static long make_target(struct sbi_pass *pass, enum change last)
{
	char *path = pass->live->target, *name = path, *end, separator;
	long fd = sbi_live_find(pass->root, ""), next;

	do {
		end = name;
		while (*end && *end != '/')
			end++;
		separator = *end;
		*end = '\0';
		next = fd < 0 ? fd : step_down(pass, (int)fd, name, separator ? MAKE_DIRECTORY : last);
		if (fd >= 0)
			SYS(close, fd);
		fd = next;
		if (fd < 0 && name > path) { /* as far as it came */
			name[-1] = '\0';
			unmake(pass, REMOVE_DIRECTORY);
		}
		*end = separator;
		name = end + 1;
	} while (fd >= 0 && separator);
	return fd;
}

BOOTSTRAP void sbi_live_unmake(struct sbi_pass *pass, int directory)
{
	unmake(pass, directory ? REMOVE_DIRECTORY : REMOVE_FILE);
}

BOOTSTRAP long sbi_live_target(struct sbi_pass *pass, int directory)
{
	struct sbi_live *live = pass->live;
	struct statx st;
	long fd = sbi_live_find(pass->root, live->target), r = 0;

	live->stage = SBI_LIVE_TARGET;
	if (fd == -ENOENT)
		fd = make_target(pass, directory ? MAKE_DIRECTORY : MAKE_FILE);
	if (fd == -ELOOP)
		live->detail = SBI_DETAIL_TARGET_LINK;
	if (fd < 0)
		return fd;
	if (sbi_live_look((int)fd, &st) < 0 || is_kernels((int)fd)) {
		live->detail = SBI_DETAIL_KERNELS;
		r = -EACCES;
	} else if (sbi_live_is_directory(&st) != directory) {
		live->detail = SBI_DETAIL_TARGET_KIND;
		r = directory ? -ENOTDIR : -EISDIR;
	}
	if (r < 0)
		SYS(close, fd);
	return r < 0 ? r : fd;
}

