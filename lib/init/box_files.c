/* SPDX-License-Identifier: MIT */
/*
 * Files of an open box, opened, made and removed at the host's request, among
 * hostile code that renames what we look at. No link is followed, nothing but
 * regular files and directories is opened, and nothing here waits for anybody:
 * what is at the path is looked at by O_PATH, opened with O_NONBLOCK (leases:
 * fcntl(2)), and must then be the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "box_files.h"
#include "common/kernel_fs.h"

#define MAX_TRIES 64
#define NO_LINKS (RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

static long open_how(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return SYS(openat2, dir, path[0] ? path : ".", &how, sizeof(how));
}

/* What belongs to the kernel is no file of the box: reading it may act, or never end. */
static int is_kernels(int fd)
{
	static const uint32_t magic[] = SBI_KERNEL_FS;
	struct statfs fs;

	if (SYS(fstatfs, fd, &fs) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if ((uint32_t)fs.f_type == magic[i])
			return 1;
	return 0;
}

static long look(int fd, struct statx *st)
{
	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_INO, st);
}

static int same(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor && (a->stx_mode & S_IFMT) == (b->stx_mode & S_IFMT);
}

/* The directory of @path (O_PATH), and where its last name begins. @path is cut there. */
static long open_directory_of(char *path, const char **name, struct sbi_record *answer)
{
	char *slash = NULL;
	long fd;

	for (char *p = path; *p; p++)
		if (*p == '/')
			slash = p;
	*name = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	fd = open_how(AT_FDCWD, slash ? path : "", O_PATH | O_DIRECTORY, NO_LINKS);
	if (fd == -ENOENT)
		answer->detail = SBI_DETAIL_TARGET_MISSING;
	if (fd >= 0 && is_kernels((int)fd)) {
		SYS(close, fd);
		answer->detail = SBI_DETAIL_KERNELS;
		fd = -EACCES;
	}
	return fd;
}

/* May what was found be opened like this? */
static long judge(int found, const struct statx *st, int flags, struct sbi_record *answer)
{
	uint32_t type = st->stx_mode & S_IFMT;

	answer->status = st->stx_mode;
	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (type == S_IFLNK)
		return -ELOOP;
	if (is_kernels(found)) {
		answer->detail = SBI_DETAIL_KERNELS;
		return -EACCES;
	}
	if (type == S_IFDIR)
		return (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) ? -EISDIR : 0;
	if (type != S_IFREG)
		return -ENXIO;
	return flags & O_DIRECTORY ? -ENOTDIR : 0;
}

/* What is there already. -EAGAIN: it was something else the moment before. */
static long open_found(int parent, const char *name, int flags, struct sbi_record *answer)
{
	struct statx before, after;
	long found = open_how(parent, name, O_PATH | O_NOFOLLOW, NO_LINKS), fd, r;

	if (found < 0)
		return found;
	r = look((int)found, &before);
	if (r == 0)
		r = judge((int)found, &before, flags, answer);
	SYS(close, found);
	if (r < 0)
		return r;
	fd = open_how(parent, name,
		      (uint64_t)(flags & (O_ACCMODE | O_APPEND | O_DIRECTORY)) | O_NOFOLLOW | O_NONBLOCK |
			      O_NOCTTY,
		      NO_LINKS);
	if (fd == -ENOENT || fd == -ELOOP || fd == -ENXIO)
		return -EAGAIN;
	answer->detail = fd == -EAGAIN ? SBI_DETAIL_LEASE : 0;
	if (fd < 0)
		return fd;
	r = look((int)fd, &after) == 0 && same(&before, &after) ? 0 : -EAGAIN;
	if (r == 0 && (flags & O_TRUNC))
		r = SYS(ftruncate, fd, 0);
	if (r == 0)
		return fd;
	SYS(close, fd);
	return r;
}

static long open_file(char *path, int flags, uint32_t mode, struct sbi_record *answer)
{
	const char *name;
	long parent = open_directory_of(path, &name, answer), fd = -EAGAIN;

	if (parent < 0)
		return parent;
	for (int i = 0; fd == -EAGAIN && i < MAX_TRIES; i++) {
		fd = open_found((int)parent, name, flags, answer);
		if (fd != -ENOENT || !(flags & O_CREAT))
			continue;
		fd = SYS(openat, parent, name,
			 (flags & (O_ACCMODE | O_APPEND)) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd == -EEXIST && !(flags & O_EXCL))
			fd = -EAGAIN;
	}
	SYS(close, parent);
	return fd;
}

static long make_directory(char *path, uint32_t mode, struct sbi_record *answer)
{
	const char *name;
	long parent = open_directory_of(path, &name, answer), r;

	if (parent < 0)
		return parent;
	r = name[0] ? SYS(mkdirat, parent, name, mode) : -EEXIST;
	SYS(close, parent);
	return r;
}

/* The kernel would say so too, but first that the root, which it is mounted on, is read-only. */
static int is_mount_point(int parent, const char *name)
{
	struct statx st;

	return SYS(statx, parent, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Return: 0, a descriptor of a directory that is not empty (with -ENOTEMPTY in the answer), or -errno. */
static long remove_path(char *path, int directories, struct sbi_record *answer)
{
	const char *name;
	long parent = open_directory_of(path, &name, answer), r;

	if (parent < 0)
		return parent;
	r = name[0] && !is_mount_point((int)parent, name) ? SYS(unlinkat, parent, name, 0) : -EBUSY;
	if (r == -EISDIR && directories)
		r = SYS(unlinkat, parent, name, AT_REMOVEDIR);
	if (r == -ENOTEMPTY || r == -EEXIST) {
		r = open_tree_in((int)parent, name);
		if (r >= 0)
			answer->error = ENOTEMPTY;
	}
	SYS(close, parent);
	return r;
}

/* A descriptor that goes to the host, or 0 or -errno. */
static long carry(const struct sbi_record *asked, char *page, int dir, struct sbi_record *answer, int *passed)
{
	long r = -EINVAL;

	switch (asked->at) {
	case SBI_FILE_OPEN:
		r = *passed = (int)open_file(page, asked->status, asked->detail, answer);
		break;
	case SBI_FILE_MKDIR:
		r = make_directory(page, asked->detail, answer);
		break;
	case SBI_FILE_UNLINK:
		r = remove_path(page, 0, answer);
		break;
	case SBI_FILE_REMOVE:
		r = remove_path(page, 1, answer);
		if (answer->error)
			*passed = (int)r;
		break;
	case SBI_FILE_EMPTY:
		r = dir < 0 ? -EBADF : empty_some(dir);
		if (r > 0)
			answer->count = 1;
		break;
	case SBI_FILE_LIST:
		r = dir < 0 ? -EBADF : list_some(dir, page, &answer->status);
		if (r > 0)
			answer->count = (uint64_t)r;
		break;
	default:
		break;
	}
	return r < 0 ? r : 0;
}

/*
 * As the box's user, whose what we make will be: sb-init itself may still be one whom its
 * own user namespace does not know, and who could not come back by name; setreuid(-1, -1) sets the
 * id for files to the effective one. Its capabilities are for files of the box's ids only.
 */
static long become(uint64_t uid, uint64_t gid)
{
	SYS(setfsgid, gid);
	SYS(setfsuid, uid);
	use_permitted();
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return (uint32_t)SYS(setfsuid, -1) == (uint32_t)uid && (uint32_t)SYS(setfsgid, -1) == (uint32_t)gid
		       ? 0
		       : -EPERM;
}

static void become_self(void)
{
	SYS(setregid, -1, -1);
	SYS(setreuid, -1, -1);
	use_permitted();
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/*
 * FILE: descriptors answer, page and maybe a directory, as far as there was a number for them; they
 * stay the caller's.
 */
void file_request(const struct sbi_record *asked, const int *fds, uint32_t count)
{
	struct sbi_record answer = { .type = SBI_FILED };
	int passed = -1, sent;
	long page, r;

	page = count < 2 ? -EMFILE
			 : SYS(mmap, 0, SBI_FILE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
	if (page < 0 && page > -4096) {
		r = page;
	} else {
		r = become(asked->args[0], asked->args[1]);
		if (r == 0)
			r = carry(asked, (char *)page, count > 2 ? fds[2] : -1, &answer, &passed);
		become_self();
		SYS(munmap, page, SBI_FILE_PAGE);
	}
	if (r < 0)
		answer.error = (int32_t)-r;
	sent = send_record(fds[0], &answer, passed);
	if (passed >= 0)
		SYS(close, passed);
	if (sent < 0 && passed >= 0) { /* unix(7): ETOOMANYREFS */
		answer.error = -sent;
		send_record(fds[0], &answer, -1);
	}
}
