/* SPDX-License-Identifier: MIT */
/*
 * Directories of an open box, a slice at a time, so that sb-init is soon back
 * at its other work: listed, and emptied. A tree may be deeper than any stack
 * or path: what is not empty is moved up to the top, and so never deeper than
 * one level below it; nobody has to find the way back by "..", which
 * may lead somewhere else by now.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "box_files.h"

#define SLICE 512 /* names at a time */
#define MAX_TRIES 64
#define NAME_MAX_ 255
#ifndef __NR_fchmodat2 /* 6.6 */
#define __NR_fchmodat2 452
#endif

struct entry {
	uint64_t inode, offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static int is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Without capabilities it counts that its owner has made it unreadable. */
static long allow(int dir, const char *name)
{
	return SYS(fchmodat2, dir, name, 0700, AT_SYMLINK_NOFOLLOW);
}

int open_tree_in(int dir, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	long fd = SYS(openat2, dir, name, &how, sizeof(how));

	if (fd == -EACCES && allow(dir, name) == 0)
		fd = SYS(openat2, dir, name, &how, sizeof(how));
	if (fd >= 0)
		SYS(fchmod, fd, 0700);
	return fd == -EXDEV ? -EBUSY : (int)fd;
}

/* -ENOENT, -ENOTDIR and the like: somebody else changed it meanwhile. */
static int is_race(long r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EISDIR || r == -ELOOP;
}

/* Take @name of @from up into @top, under a name that is free. */
static long move_up(int top, int from, const char *name)
{
	static uint32_t number;
	char fresh[24] = ".sb-";
	long r = -EAGAIN;

	for (int i = 0; i < MAX_TRIES; i++) {
		text_number(fresh + 4, number++);
		r = SYS(renameat2, from, name, top, fresh, 0);
		if (r == -EACCES) { /* which it needs to be written to, for its ".." */
			int fd = open_tree_in(from, name);

			if (fd >= 0) {
				SYS(close, fd);
				r = SYS(renameat2, from, name, top, fresh, 0);
			}
		}
		if (r != -ENOTEMPTY && r != -EEXIST && r != -ENOTDIR)
			break;
	}
	return r;
}

/* Not a directory, or an empty one: it goes. Else -ENOTEMPTY. */
static long drop(int dir, const char *name)
{
	long r = SYS(unlinkat, dir, name, 0);

	if (r == -EISDIR)
		r = SYS(unlinkat, dir, name, AT_REMOVEDIR);
	return r == -EEXIST ? -ENOTEMPTY : r;
}

static int sweep(int top, int dir, char down[NAME_MAX_ + 1], int *left);

/*
 * Directory @name of @top: what is in it goes, or up. Where it cannot go up (EXDEV: a
 * directory of an overlay's lower layer) this goes down to it.
 */
static int flatten(int top, const char *name, int *left)
{
	char down[NAME_MAX_ + 1];
	int dir = open_tree_in(top, name), below, r;

	if (dir < 0)
		return dir;
	while ((r = sweep(top, dir, down, left)) == -EXDEV) {
		if (--*left < 0) {
			r = 1;
			break;
		}
		below = open_tree_in(dir, down);
		SYS(close, dir);
		if (below < 0)
			return below;
		dir = below;
	}
	SYS(close, dir);
	return r;
}

/* Remove what is in @dir. Return: 0 it is empty, 1 the slice is over, -EXDEV with the name to go @down to, -errno. */
static int sweep(int top, int dir, char down[NAME_MAX_ + 1], int *left)
{
	uint64_t buf[512];
	int seen = 1;

	while (seen) {
		long n, r = SYS(lseek, dir, 0, SEEK_SET);

		n = r < 0 ? r : SYS(getdents64, dir, buf, sizeof(buf));
		if (n < 0)
			return n == -ENOENT ? 0 : (int)n; /* it is removed itself */
		seen = 0;
		for (struct entry *e = (struct entry *)buf; (char *)e < (char *)buf + n; e = (struct entry *)((char *)e + e->size)) {
			if (is_dot(e->name))
				continue;
			if (--*left < 0)
				return 1;
			seen = 1;
			r = drop(dir, e->name);
			if (r == -ENOTEMPTY)
				r = dir == top ? flatten(top, e->name, left) : move_up(top, dir, e->name);
			if (r == -EXDEV && dir != top) {
				for (size_t i = 0; i <= text_length(e->name); i++)
					down[i] = e->name[i];
				return -EXDEV;
			}
			if (r < 0 && !is_race(r))
				return (int)r;
		}
	}
	return 0;
}

int empty_some(int top)
{
	int left = SLICE;

	return sweep(top, top, NULL, &left);
}

int list_some(int dir, char *page, int32_t *more)
{
	uint64_t buf[1024];
	char *to = page;
	int count = 0;
	long n = SYS(getdents64, dir, buf, sizeof(buf));
	struct statx st;

	*more = n > 0;
	for (struct entry *e = (struct entry *)buf; (char *)e < (char *)buf + n; e = (struct entry *)((char *)e + e->size)) {
		struct sbi_file_entry *out = (struct sbi_file_entry *)to;
		size_t length = text_length(e->name);

		if (is_dot(e->name) || SYS(statx, dir, e->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
					   STATX_BASIC_STATS, &st) < 0)
			continue;
		*out = (struct sbi_file_entry){ .bytes = st.stx_size, .seconds = st.stx_mtime.tv_sec,
						.nanoseconds = st.stx_mtime.tv_nsec, .mode = st.stx_mode };
		for (size_t i = 0; i <= length; i++)
			out->name[i] = e->name[i];
		to += sbi_file_entry_size(length);
		count++;
	}
	return n < 0 ? (int)n : count;
}
