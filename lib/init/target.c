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

static uint64_t device_of(int fd)
{
	struct statx st;

	if (SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0)
		return 0;
	return (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
}

void remember_own(int fd)
{
	if (own_count < MAX_OWN)
		own[own_count++] = device_of(fd);
}

/* The new root itself: what lies right in it is reached without looking at devices. */
void remember_own_root(void)
{
	remember_own(root_fd);
	own_root = 1;
}

void close_parent(int fd)
{
	if (fd != root_fd)
		done_with(fd);
}

static int has_slash(const char *path)
{
	while (*path && *path != '/')
		path++;
	return *path == '/';
}

int is_own(int fd)
{
	uint64_t device;

	if (fd == root_fd)
		return own_root;
	device = device_of(fd);
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

	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	return fd;
}

/* Make the directories of @path that are missing; the last one opened. */
static int open_or_make(const char *path, uint64_t extra)
{
	char part[MAX_PATH];
	size_t done = 0, start;
	int fd = open_beneath("", O_DIRECTORY, 0), next;
	long r;

	while (fd >= 0 && path[done]) {
		start = done;
		while (path[done] && path[done] != '/') {
			part[done] = path[done];
			done++;
		}
		part[done] = '\0';
		next = open_beneath(part, O_DIRECTORY, extra);
		if (next == -ENOENT) {
			r = is_own(fd) ? SYS(mkdirat, fd, part + start, 0755) : -ENOENT;
			next = r < 0 ? (int)r : open_beneath(part, O_DIRECTORY, extra);
		}
		done_with(fd);
		fd = next;
		if (path[done] == '/')
			part[done++] = '/';
	}
	return fd;
}

int open_parent(struct run *run, const char *path, const char **name)
{
	char parent[MAX_PATH];
	size_t slash = 0;
	int fd;

	*name = path;
	if (!has_slash(path))
		return root_fd;
	for (size_t i = 0; path[i]; i++)
		if (path[i] == '/')
			slash = i;
	for (size_t i = 0; i < slash; i++)
		parent[i] = path[i];
	parent[slash] = '\0';
	*name = path + slash + 1;
	fd = open_beneath(parent, O_DIRECTORY, 0);
	if (fd == -ENOENT)
		fd = open_or_make(parent, 0);
	if (fd == -ENOENT)
		run->detail = SBI_DETAIL_TARGET_MISSING;
	return fd;
}

static int find_target(struct run *run, const char *path, int directory, int links)
{
	uint64_t extra = links ? 0 : RESOLVE_NO_SYMLINKS;
	const char *name;
	int fd, parent;
	long r;

	if (directory && own_root && !has_slash(path)) /* the common case: most likely it is not there yet */
		SYS(mkdirat, root_fd, path, 0755);
	fd = open_beneath(path, directory ? O_DIRECTORY : 0, extra);
	if (fd == -ELOOP)
		run->detail = SBI_DETAIL_TARGET_LINK;
	if (fd != -ENOENT)
		return fd;
	if (directory) {
		fd = open_or_make(path, extra);
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
	       SYS(statx, root_fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &b) == 0 && a.stx_ino == b.stx_ino &&
	       a.stx_mnt_id == b.stx_mnt_id;
}

/*
 * Open @path to mount on it. @links: may a link be the way to it? Not for the
 * file systems that we compose ourselves: a root of somebody else's making
 * could send /dev elsewhere.
 */
int open_target(struct run *run, const char *path, int directory, int links)
{
	int fd = find_target(run, path, directory, links);

	/* In an empty root of ours there is no link but the caller's own. */
	if (fd < 0 || (own_root && path[0]) || !is_root(fd))
		return fd;
	done_with(fd);
	run->detail = SBI_DETAIL_TARGET_ROOT;
	return -EBUSY;
}
