/* SPDX-License-Identifier: MIT */
/* Mounts: made detached, given their attributes, and moved onto a resolved target. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

#define MAX_OPTIONS 16

int mount_fd_on(int mount, int target)
{
	return (int)SYS(move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int set_attributes(int fd, uint64_t set, int recursive)
{
	struct mount_attr attr = { .attr_set = set };

	return (int)SYS(mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
			sizeof(attr));
}

/*
 * In one call what takes six by descriptors; @name lies in our working directory and is known to be
 * no link. Some policies for processes forbid this and allow the other: where it fails, that is to
 * be tried. Flags are the same bits.
 */
long mount_here(const char *source, const char *name, const char *type, uint64_t attributes, const char *data)
{
	return SYS(mount, source, name, type, attributes, data);
}

long bind_here(const char *source, const char *name)
{
	return mount_here(source, name, NULL, MS_BIND_, NULL);
}

uint64_t attributes_of(uint64_t flags)
{
	return (flags & SB_MOUNT_RO ? MOUNT_ATTR_RDONLY : 0) |
	       (flags & SB_MOUNT_NOEXEC ? MOUNT_ATTR_NOEXEC : 0) |
	       (flags & SB_MOUNT_SUID ? 0 : MOUNT_ATTR_NOSUID) |
	       (flags & SB_MOUNT_DEV ? 0 : MOUNT_ATTR_NODEV);
}

/* A detached file system; @options are pairs, a NULL value is a flag. */
int new_fs(const char *type, const char *const options[], uint64_t attributes)
{
	long fs = SYS(fsopen, type, FSOPEN_CLOEXEC), r = 0;

	if (fs < 0)
		return (int)fs;
	for (size_t i = 0; r >= 0 && options && options[i]; i += 2)
		r = SYS(fsconfig, fs, options[i + 1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options[i],
			options[i + 1], 0);
	if (r >= 0)
		r = SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (r >= 0)
		r = SYS(fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	done_with((int)fs);
	return (int)r;
}

/* One that must not be reached through links. */
int mount_on_directory(struct run *run, int mount, const char *path)
{
	int target, r;

	if (mount_in_own(mount, path, 1, 0))
		return 0;
	target = open_target(run, path, 1, 0);
	r = target < 0 ? target : mount_fd_on(mount, target);
	done_with(target);
	return r;
}

int new_fs_on(struct run *run, const char *path, int mount)
{
	int r = mount < 0 ? mount : mount_on_directory(run, mount, path);

	if (r < 0)
		done_with(mount);
	return r;
}

int open_source(const char *path, uint64_t flags, struct run *run)
{
	int recursive = flags & SB_MOUNT_RECURSIVE ? 1 : 0, r;
	int fd = (int)SYS(open_tree, AT_FDCWD, path,
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));

	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_SOURCE_MISSING;
	if (fd == -EINVAL && !recursive)
		run->detail = SBI_DETAIL_SUBMOUNTS;
	if (fd < 0)
		return fd;
	r = set_attributes(fd, attributes_of(flags), recursive);
	if (r < 0) {
		done_with(fd);
		return r;
	}
	return fd;
}

int is_directory(int fd)
{
	struct statx st;

	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 && (st.stx_mode & S_IFMT) == S_IFDIR;
}

static int sources[SBI_MAX_OPS];
static int have_sources;

/*
 * Where the present root is kept, a mount may cover what a later bind or overlay wants to show: all
 * sources first.
 */
void open_sources(struct run *run)
{
	have_sources = 1;
	for (uint32_t i = 0; i < run->count; i++)
		if (run->ops[i].step == SB_STEP_BIND)
			sources[i] = open_source(op_text(run, run->ops[i].text[0]), run->ops[i].arg[0], run);
		else if (run->ops[i].step == SB_STEP_OVERLAY)
			sources[i] = new_overlay(run, &run->ops[i]);
	run->detail = 0;
}

/* The present root stays, and what is mounted is mounted over what it shows. */
int keeps_root(void)
{
	return have_sources;
}

/* What was opened beforehand for the operation that is being carried out; 0 = nothing was. */
int opened_source(const struct run *run)
{
	return have_sources ? sources[run->at] : 0;
}

/*
 * BIND: text[0] source, text[1] target, arg[0] flags, id[2] S_IFMT if it is known; count slot of
 * the user namespace of an idmap.
 */
int do_bind(struct run *run, const struct sbi_op *op)
{
	const char *path = op_text(run, op->text[1]);
	int source, target, directory, r = 0;

	if (bind_at_place(run, op, &r))
		return seal_at_last(run, r);
	source = have_sources ? opened_source(run) : open_source(op_text(run, op->text[0]), op->arg[0], run);
	if (source == -ENOENT)
		run->detail = SBI_DETAIL_SOURCE_MISSING;
	if (source < 0)
		return source;
	if (op->arg[0] & SB_MOUNT_IDMAP) {
		struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
					   .userns_fd = (uint64_t)run->slots[op->count] };

		r = (int)SYS(mount_setattr, source, "",
			     AT_EMPTY_PATH | (op->arg[0] & SB_MOUNT_RECURSIVE ? AT_RECURSIVE : 0), &attr,
			     sizeof(attr));
	}
	directory = r < 0 ? 0 : is_directory(source);
	if (r == 0 && mount_in_own(source, path, directory, 1)) {
		done_with(source);
		return seal_at_last(run, 0);
	}
	target = r < 0 ? r : open_target(run, path, directory, 1);
	if (target >= 0) {
		r = mount_fd_on(source, target);
		if (r == -EINVAL && directory != is_directory(target))
			run->detail = SBI_DETAIL_TARGET_KIND;
		done_with(target);
	} else {
		r = target;
	}
	done_with(source);
	return seal_at_last(run, r);
}

/* TMPFS: text[1] target, id[] uid, gid, mode, arg[1] bytes, arg[2] inodes. */
int do_tmpfs(struct run *run, const struct sbi_op *op)
{
	const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	const char *options[MAX_OPTIONS], *path = op_text(run, op->text[1]);
	char uid[24], gid[24], mode[24], size[24], inodes[24];
	size_t n = 0;
	int fd, r;

	for (size_t i = 0; i < 4; i++) /* the one number that the kernel reads as octal */
		mode[i] = (char)('0' + ((op->id[2] >> (9 - 3 * i)) & 7));
	mode[4] = '\0';
	if (op->id[2] != 01777) { /* that is the kernel's own */
		options[n++] = "mode";
		options[n++] = mode;
	}
	text_number(uid, op->id[0]);
	options[n++] = "uid";
	options[n++] = uid;
	text_number(gid, op->id[1]);
	options[n++] = "gid";
	options[n++] = gid;
	if (op->arg[1]) {
		text_number(size, op->arg[1]);
		options[n++] = "size";
		options[n++] = size;
	}
	if (op->arg[2]) {
		text_number(inodes, op->arg[2]);
		options[n++] = "nr_inodes";
		options[n++] = inodes;
	}
	options[n] = NULL;
	if (new_fs_at_place(run, path, "tmpfs", options, attributes) ||
	    new_fs_over(run, path, "tmpfs", options, attributes))
		return 0;
	fd = new_fs("tmpfs", options, attributes);
	r = new_fs_on(run, path, fd);
	if (r == 0) {
		remember_own(run, fd);
		done_with(fd);
	}
	return r;
}

/*
 * A mount of its own for each, so that all can become read-only and the rest stays writable. @path
 * in @dir is the new proc; @here: it is named from our working directory.
 */
static int quieten(int dir, const char *path, int here)
{
	static const char *const quiet[] = { "sys", "sysrq-trigger", "irq", "bus", "fs" };
	struct mount_attr set = { .attr_set = MOUNT_ATTR_RDONLY }, clear = { .attr_clr = MOUNT_ATTR_RDONLY };
	long r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		const char *name = below(path, quiet[i]);
		long bound = here ? bind_here(name, name) : -1;
		int fd;

		if (bound == 0 || bound == -ENOENT)
			continue;
		fd = (int)SYS(open_tree, dir, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

		if (fd == -ENOENT) /* which of them exist depends on the kernel */
			continue;
		r = fd < 0 ? fd : SYS(move_mount, fd, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH);
		if (fd >= 0)
			done_with(fd);
	}
	if (r == 0)
		r = SYS(mount_setattr, dir, path, AT_EMPTY_PATH | AT_RECURSIVE, &set, sizeof(set));
	return r < 0 ? (int)r : (int)SYS(mount_setattr, dir, path, AT_EMPTY_PATH, &clear, sizeof(clear));
}

/* PROC: text[1] target, arg[0] SB_PROC_*, arg[1] the caller's own /proc. */
int do_proc(struct run *run, const struct sbi_op *op)
{
	const uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const char *options[5], *path = op_text(run, op->text[1]);
	int quiet = !(op->arg[0] & (SB_PROC_WRITABLE | SB_PROC_SUBSET_PID)), fd, r;
	size_t n = 0;

	if (op->arg[0] & SB_PROC_SUBSET_PID) {
		options[n++] = "subset";
		options[n++] = "pid";
	}
	if (op->arg[0] & SB_PROC_HIDEPID) {
		options[n++] = "hidepid";
		options[n++] = "2"; /* "invisible" is from 5.8, the number older */
	}
	options[n] = NULL;
	if (!op->arg[1] && new_fs_at_place(run, path, "proc", options, attributes))
		return quiet ? quieten(AT_FDCWD, path, 1) : 0;
	fd = op->arg[1] ? open_source("/proc", SB_MOUNT_RECURSIVE, run) : new_fs("proc", options, attributes);
	if (fd == -EPERM && !op->arg[1])
		run->detail = SBI_DETAIL_PROC_COVERED;
	r = new_fs_on(run, path, fd);
	if (r < 0)
		return r;
	if (quiet)
		r = quieten(fd, "", may_leave(run) && leave_root(fd) == 0);
	done_with(fd);
	return r;
}

/* MQUEUE, SYSFS: text[1] target. */
int do_mqueue(struct run *run, const struct sbi_op *op)
{
	int fd = new_fs("mqueue", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	int r = new_fs_on(run, op_text(run, op->text[1]), fd);

	if (r == 0)
		done_with(fd);
	return r;
}

int do_sysfs(struct run *run, const struct sbi_op *op)
{
	int fd = new_fs("sysfs", NULL,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	int r = new_fs_on(run, op_text(run, op->text[1]), fd);

	if (r == 0)
		done_with(fd);
	return r;
}

/* READONLY: text[1] path, with all that is mounted at and below it by now. */
int do_readonly(struct run *run, const struct sbi_op *op)
{
	int target = open_existing(run, op_text(run, op->text[1])), fd, r;

	if (target < 0)
		return target;
	fd = (int)SYS(open_tree, target, "",
		      AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	r = fd < 0 ? fd : set_attributes(fd, MOUNT_ATTR_RDONLY, 1);
	if (r == 0)
		r = mount_fd_on(fd, target);
	if (fd >= 0)
		done_with(fd);
	done_with(target);
	return r;
}

/* The host's null device, and nothing that only goes by its name. */
static int open_null(void)
{
	int fd = (int)SYS(open_tree, AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct statx st;

	if (fd < 0)
		return fd;
	if (SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0 || (st.stx_mode & S_IFMT) != S_IFCHR ||
	    st.stx_rdev_major != 1 || st.stx_rdev_minor != 3) {
		done_with(fd);
		return -ENODEV;
	}
	return fd;
}

/* MASK: text[1] path. A directory gets an empty tmpfs, anything else the null device. */
int do_mask(struct run *run, const struct sbi_op *op)
{
	const char *const options[] = { "mode", "555", "size", "4096", NULL };
	int target = open_existing(run, op_text(run, op->text[1])), fd, r;

	if (target < 0)
		return target;
	fd = is_directory(target)
		     ? new_fs("tmpfs", options, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
		     : open_null();
	r = fd < 0 ? fd : mount_fd_on(fd, target);
	if (fd >= 0)
		done_with(fd);
	done_with(target);
	return r;
}
