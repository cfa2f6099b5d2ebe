/* SPDX-License-Identifier: MIT */
/* One directory that an overlay is written to: described, made again, swapped for another. */
#include "upper_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/tree.h"

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif
#define MAX_TRIES 64

static const char *const acl[] = { "system.posix_acl_default", "system.posix_acl_access" };

/* --- what it is like -------------------------------------------------------------- */

static int read_attr(int fd, const char *name, struct sbi_attr **list)
{
	ssize_t len = fgetxattr(fd, name, NULL, 0);
	struct sbi_attr *attr;

	if (len < 0)
		return -errno;
	attr = malloc(sizeof(*attr) + (size_t)len + strlen(name) + 1);
	if (!attr)
		return -ENOMEM;
	attr->name = strcpy(attr->data + len, name);
	attr->len = (size_t)len;
	if (fgetxattr(fd, name, attr->data, attr->len) != len) {
		free(attr);
		return -EAGAIN;
	}
	attr->next = *list;
	*list = attr;
	return 0;
}

/* Those of overlayfs as well, if it was used before: one without them is mounted with other options. */
static int read_attrs(int fd, struct sbi_attr **list)
{
	ssize_t len = flistxattr(fd, NULL, 0);
	sbi_autofree char *names = NULL;
	int r = 0;

	if (len <= 0)
		return len == 0 || errno == EOPNOTSUPP ? 0 : -errno;
	names = malloc((size_t)len);
	if (!names)
		return -ENOMEM;
	len = flistxattr(fd, names, (size_t)len);
	if (len < 0)
		return -errno;
	for (const char *name = names; r == 0 && name < names + len; name += strlen(name) + 1)
		r = read_attr(fd, name, list);
	return r;
}

/*
 * 0, -ENOTEMPTY, -errno. In a work directory the kernel makes "work" and "index", and empties them
 * at the next mount.
 */
static int check_empty(DIR *stream, int is_work)
{
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(stream))) {
		const char *name = entry->d_name;

		if (!sbi_tree_is_dot(name) && !(is_work && (!strcmp(name, "work") || !strcmp(name, "index"))))
			return -ENOTEMPTY;
	}
	return -errno;
}

static int describe(struct sbi_upper_dir *dir, int is_work)
{
	DIR *stream = opendir(dir->path);
	struct stat st;
	int r;

	if (!stream)
		return -errno;
	r = fstat(dirfd(stream), &st) < 0 ? -errno : check_empty(stream, is_work);
	if (r == 0) {
		dir->dev = st.st_dev;
		dir->ino = st.st_ino;
		dir->mode = st.st_mode & 07777;
		dir->uid = st.st_uid;
		dir->gid = st.st_gid;
		r = read_attrs(dirfd(stream), &dir->attrs);
	}
	closedir(stream);
	return r;
}

int sbi_upper_dir_look(struct sbi_upper_dir *dir, const char *given, int is_work)
{
	int r;

	dir->given = strdup(given);
	if (!dir->given)
		return -ENOMEM;
	dir->path = realpath(given, NULL);
	r = dir->path ? describe(dir, is_work) : -errno;
	dir->why = -r;
	return r == -ENOMEM ? r : 0;
}

void sbi_upper_dir_clear(struct sbi_upper_dir *dir)
{
	struct sbi_attr *next;

	for (struct sbi_attr *attr = dir->attrs; attr; attr = next) {
		next = attr->next;
		free(attr);
	}
	free(dir->given);
	free(dir->path);
}

/* --- another one in its place ------------------------------------------------------ */

int sbi_upper_dir_parent(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	sbi_autofree char *parent =
		slash && slash[1] ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	long fd;

	if (!parent)
		return slash && slash[1] ? -ENOMEM : -EINVAL;
	fd = syscall(SYS_openat2, AT_FDCWD, parent, &how, sizeof(how));
	*name = slash + 1;
	return fd < 0 ? -errno : (int)fd;
}

/* What is there already is not set: some can be set by nobody, and come with the directory. */
static int set_attr(int fd, const struct sbi_attr *attr)
{
	sbi_autofree char *now = malloc(attr->len + 1);

	if (!now)
		return -ENOMEM;
	if (fgetxattr(fd, attr->name, now, attr->len + 1) == (ssize_t)attr->len &&
	    !memcmp(now, attr->data, attr->len))
		return 0;
	return fsetxattr(fd, attr->name, attr->data, attr->len, 0) < 0 ? -errno : 0;
}

static int make_like(const struct sbi_upper_dir *dir, int fd)
{
	struct stat st;
	int r = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != dir->uid || st.st_gid != dir->gid) && fchown(fd, dir->uid, dir->gid) < 0)
		return -errno;
	for (const struct sbi_attr *attr = dir->attrs; r == 0 && attr; attr = attr->next)
		r = set_attr(fd, attr);
	if (r == 0 && fchmod(fd, dir->mode) < 0)
		r = -errno;
	return r;
}

int sbi_upper_dir_make(const struct sbi_upper_dir *dir, int parent, const char *name)
{
	sbi_autoclose int fd = -EBADF;
	int r;

	if (mkdirat(parent, name, 0700) < 0)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : make_like(dir, fd);
	if (r < 0)
		unlinkat(parent, name, AT_REMOVEDIR);
	return r;
}

static int is_it(const struct sbi_upper_dir *dir, int parent, const char *name)
{
	struct stat st;

	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == dir->dev &&
	       st.st_ino == dir->ino;
}

int sbi_upper_dir_swap(struct sbi_upper_dir *dir, int shelf, const char *name)
{
	const char *its_name;
	sbi_autoclose int parent = sbi_upper_dir_parent(dir->path, &its_name);
	struct stat st;

	if (parent < 0)
		return parent;
	if (fstatat(shelf, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    syscall(SYS_renameat2, shelf, name, parent, its_name, RENAME_EXCHANGE) < 0)
		return -errno;
	if (!is_it(dir, shelf, name)) { /* whoever may write there has put another one in its place */
		syscall(SYS_renameat2, shelf, name, parent, its_name, RENAME_EXCHANGE);
		return -ESTALE;
	}
	dir->dev = st.st_dev;
	dir->ino = st.st_ino;
	return 0;
}

/* --- removed ------------------------------------------------------------------------ */

static long sbi_tree_allow(int dir, const char *name)
{
	sbi_autoclose int fd = -EBADF;
	char path[32];

	if (SYS(fchmodat2, dir, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, 0700) < 0 ? -errno : 0;
}

/* --- the shelf ---------------------------------------------------------------------- */

static int shelf_name(const char *name, char out[NAME_MAX + 1])
{
	size_t prefix = sizeof(SBI_SHELF_PREFIX) - 1, len = strlen(name) + 1;

	if (prefix + len > NAME_MAX + 1)
		return -ENAMETOOLONG;
	memcpy(out, SBI_SHELF_PREFIX, prefix);
	memcpy(out + prefix, name, len);
	return 0;
}

/* Ours, locked, and still there: who has just removed it had the lock. 0, -EAGAIN, -errno. */
static int lock_shelf(int parent, const char *name, int shelf)
{
	struct stat st, there;

	if (fstat(shelf, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EEXIST;
	if (flock(shelf, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != there.st_dev ||
	    st.st_ino != there.st_ino)
		return -EAGAIN;
	for (size_t i = 0; i < 2; i++) /* of its parent, which what is made in it would inherit */
		fremovexattr(shelf, acl[i]);
	return 0;
}

int sbi_shelf_open(int parent, const char *name, int make)
{
	char own[NAME_MAX + 1];
	int r = shelf_name(name, own), fd = -EBADF;

	if (r < 0)
		return r;
	for (int i = 0; i < MAX_TRIES; i++) {
		if (make && mkdirat(parent, own, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(parent, own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? -errno : lock_shelf(parent, own, fd);
		if (r == 0)
			return fd;
		sbi_close_fd(&fd);
		if (r != -EAGAIN && !(make && r == -ENOENT))
			break;
	}
	return r;
}

int sbi_shelf_remove(int parent, const char *name, int shelf, int (*help)(void *arg, int dir), void *arg)
{
	char own[NAME_MAX + 1];
	int r = shelf_name(name, own);

	if (r < 0)
		return r;
	do {
		r = sbi_tree_empty(shelf);
		if (help && (r == -EACCES || r == -EPERM))
			r = help(arg, shelf);
	} while (r > 0);
	return r == 0 && unlinkat(parent, own, AT_REMOVEDIR) < 0 ? -errno : r;
}
