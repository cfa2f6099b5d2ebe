/* SPDX-License-Identifier: MIT */
/*
 * Where something is to be mounted or made: paths are resolved beneath the new
 * root by openat2, links stay inside it, and missing places are made only in
 * file systems that this sandbox brought along, never in a directory of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

#define MAX_OWN (2 * SBI_MAX_OPS) /* /dev alone has two */
#define MAX_PATH 4096
#define MAX_TRIES 1000

int root_fd;
static uint64_t own[MAX_OWN];
static uint32_t own_count;
static int own_root;
static uint64_t root_device; /* once it was asked for */

static uint64_t device_of(int fd)
{
	struct statx st;

	if (SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0)
		return 0;
	return (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
}

static int has_slash(const char *path)
{
	while (*path && *path != '/')
		path++;
	return *path == '/';
}

/* Nothing to come is named from the host's working directory, nor lies in what is mounted now. */
int may_leave(const struct run *run)
{
	for (uint32_t i = run->at + 1; i < run->count; i++)
		if ((run->ops[i].text[1] && has_slash(op_text(run, run->ops[i].text[1]))) ||
		    (run->ops[i].step == SB_STEP_BIND && op_text(run, run->ops[i].text[0])[0] != '/'))
			return 0;
	return 1;
}

/* It will be asked for only where a path to come has more than one name. */
void remember_own(const struct run *run, int fd)
{
	uint32_t i = run->at + 1;

	while (i < run->count && !(run->ops[i].text[1] && has_slash(op_text(run, run->ops[i].text[1]))))
		i++;
	if (i < run->count && own_count < MAX_OWN)
		own[own_count++] = device_of(fd);
}

/* The new root itself: what lies right in it is reached without looking at devices. */
void remember_own_root(void)
{
	own_root = 1;
}

void close_parent(int fd)
{
	if (fd != root_fd)
		done_with(fd);
}

int is_own(int fd)
{
	uint64_t device;

	if (fd == root_fd)
		return own_root;
	device = device_of(fd);
	if (own_root && !root_device)
		root_device = device_of(root_fd);
	if (own_root && device == root_device)
		return 1;
	for (uint32_t i = 0; i < own_count; i++)
		if (own[i] == device)
			return 1;
	return 0;
}

/*
 * EAGAIN: some mount or rename of the machine came between while ".." of a link
 * was looked at, and the kernel could not be sure that we stay inside (openat2(2)).
 */
static int open_beneath(const char *path, int flags, uint64_t extra)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_PATH | O_CLOEXEC),
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | extra };
	int fd = -EAGAIN;

	for (int tries = 0; fd == -EAGAIN && tries < MAX_TRIES; tries++)
		fd = (int)SYS(openat2, root_fd, path[0] ? path : ".", &how, sizeof(how));
	return fd;
}

int open_existing(struct run *run, const char *path)
{
	int fd = open_beneath(path, 0, 0);

	forget_places();
	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	return fd;
}

/*
 * Make the directories of @path that are missing; the last one opened, maybe the root itself. In
 * one that was just made there is nothing, and it is as much ours as the one it lies in: @made says
 * so of the last.
 */
static int open_or_make(const char *path, uint64_t extra, int *made)
{
	char part[MAX_PATH];
	size_t done = 0, start;
	int fd = root_fd, next;
	long r;

	*made = 0;

	while (fd >= 0 && path[done]) {
		start = done;
		while (path[done] && path[done] != '/') {
			part[done] = path[done];
			done++;
		}
		part[done] = '\0';
		next = *made ? -ENOENT : open_beneath(part, O_DIRECTORY, extra);
		if (next == -ENOENT) {
			r = *made || is_own(fd) ? SYS(mkdirat, fd, part + start, 0755) : -ENOENT;
			*made = r == 0;
			next = r < 0 ? (int)r : open_beneath(part, O_DIRECTORY, extra);
		}
		close_parent(fd);
		fd = next;
		if (path[done] == '/')
			part[done++] = '/';
	}
	return fd;
}

/* @ours: is that known of it? */
static int find_parent(const char *path, uint64_t extra, const char **name, int *ours)
{
	char parent[MAX_PATH];
	size_t slash = 0;
	int fd;

	*name = path;
	*ours = own_root;
	if (!has_slash(path))
		return root_fd;
	*ours = 0;
	for (size_t i = 0; path[i]; i++)
		if (path[i] == '/')
			slash = i;
	for (size_t i = 0; i < slash; i++)
		parent[i] = path[i];
	parent[slash] = '\0';
	*name = path + slash + 1;
	fd = open_beneath(parent, O_DIRECTORY, extra);
	return fd == -ENOENT ? open_or_make(parent, extra, ours) : fd;
}

int open_parent(struct run *run, const char *path, const char **name)
{
	int ours, fd = find_parent(path, 0, name, &ours);

	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	return fd;
}

/*
 * In a root of ours the place is most likely not there yet. What has just been made is no link, and
 * a directory is not mounted on one: neither needs to be opened. 1 = it is done; 0 = it is for
 * open_target() to look more closely.
 */
int mount_in_own(int mount, const char *path, int directory, int links)
{
	const char *name;
	int ours, parent;
	long r = -1;

	if (!own_root)
		return 0;
	forget_places();
	parent = find_parent(path, links ? 0 : RESOLVE_NO_SYMLINKS, &name, &ours);
	if (parent < 0)
		return 0;
	if (ours || is_own(parent)) {
		r = directory ? SYS(mkdirat, parent, name, 0755)
			      : SYS(mknodat, parent, name, S_IFREG | 0444, 0);
		if (r == 0 || (directory && r == -EEXIST))
			r = SYS(move_mount, mount, "", parent, name, MOVE_MOUNT_F_EMPTY_PATH);
	}
	close_parent(parent);
	return r == 0;
}

static int find_target(struct run *run, const char *path, int directory, int links)
{
	uint64_t extra = links ? 0 : RESOLVE_NO_SYMLINKS;
	const char *name;
	int fd, parent, made;
	long r;

	fd = open_beneath(path, directory ? O_DIRECTORY : 0, extra);
	if (fd == -ELOOP)
		run->detail = SBI_DETAIL_TARGET_LINK;
	if (fd != -ENOENT)
		return fd;
	if (directory) {
		fd = open_or_make(path, extra, &made);
	} else {
		parent = open_parent(run, path, &name);
		if (parent < 0)
			return parent;
		r = is_own(parent) ? SYS(mknodat, parent, name, S_IFREG | 0444, 0) : -ENOENT;
		close_parent(parent);
		fd = r < 0 ? (int)r : open_beneath(path, 0, extra);
	}
	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	return fd;
}

/* By way of a link, or named so: what is mounted over the root is seen by nobody who is in it already. */
static int is_root(int fd)
{
	struct statx a, b;

	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &a) == 0 &&
	       SYS(statx, root_fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &b) == 0 &&
	       a.stx_ino == b.stx_ino && a.stx_mnt_id == b.stx_mnt_id;
}

/*
 * Open @path to mount on it. @links: may a link be the way to it? Not for the
 * file systems that we compose ourselves: a root of somebody else's making
 * could send /dev elsewhere.
 */
int open_target(struct run *run, const char *path, int directory, int links)
{
	int fd = find_target(run, path, directory, links);

	forget_places();
	/*
	 * Without links a name does not lead back; in an empty root of ours there is no link but
	 * the caller's own.
	 */
	if (fd < 0 || (path[0] && (own_root || !links)) || !is_root(fd))
		return fd;
	done_with(fd);
	run->detail = SBI_DETAIL_TARGET_ROOT;
	return -EBUSY;
}
