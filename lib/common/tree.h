/* SPDX-License-Identifier: MIT */
/*
 * Emptying a directory, a slice at a time, whatever is in it. A tree may be
 * deeper than any stack or path: what is not empty is moved up to the top, and so
 * never deeper than one level below it; nobody has to find the way back by
 * "..", which may lead somewhere else by now. No link is followed, no mount entered.
 */
#ifndef SBI_TREE_H
#define SBI_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "sys.h"

#define SBI_TREE_SLICE 512 /* names at a time */
#define SBI_TREE_TRIES 64
#define SBI_TREE_NAME 256 /* with NUL */
#ifndef __NR_fchmodat2 /* 6.6 */
#define __NR_fchmodat2 452
#endif

/*
 * Make @name of @dir one that we can read, no link: without capabilities it counts that its owner has made it
 * unreadable. Who includes this defines it, as before fchmodat2(2) it takes a /proc that can be trusted.
 */
static long sbi_tree_allow(int dir, const char *name);

/* What getdents64(2) writes. */
struct sbi_tree_entry {
	uint64_t inode, offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static inline int sbi_tree_is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* A directory, to be read; a mount point is -EBUSY. */
static inline int sbi_tree_open(int dir, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	long fd = SYS(openat2, dir, name, &how, sizeof(how));

	if (fd == -EACCES && sbi_tree_allow(dir, name) == 0)
		fd = SYS(openat2, dir, name, &how, sizeof(how));
	if (fd >= 0)
		SYS(fchmod, fd, 0700);
	return fd == -EXDEV ? -EBUSY : (int)fd;
}

/* -ENOENT, -ENOTDIR and the like: somebody else changed it meanwhile. */
static inline int sbi_tree_is_race(long r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EISDIR || r == -ELOOP;
}

/* ".sb-" and @number. */
static inline void sbi_tree_fresh(char name[24], uint64_t number)
{
	static const char prefix[] = ".sb-";
	int n = 0;

	for (; prefix[n]; n++)
		name[n] = prefix[n];
	for (int shift = 60; shift >= 0; shift -= 4)
		name[n++] = "0123456789abcdef"[number >> shift & 15];
	name[n] = '\0';
}

/* Take @from's entry up into @top, under a name that is free. */
static inline long sbi_tree_move_up(int top, int from, const struct sbi_tree_entry *entry)
{
	char fresh[24];
	long r = -EAGAIN;

	for (uint64_t i = 0; i < SBI_TREE_TRIES; i++) {
		sbi_tree_fresh(fresh, entry->inode + i);
		r = SYS(renameat2, from, entry->name, top, fresh, 0);
		if (r == -EACCES) { /* which it needs to be written to, for its ".." */
			int fd = sbi_tree_open(from, entry->name);

			if (fd >= 0) {
				SYS(close, fd);
				r = SYS(renameat2, from, entry->name, top, fresh, 0);
			}
		}
		if (r != -ENOTEMPTY && r != -EEXIST && r != -ENOTDIR)
			break;
	}
	return r;
}

/* Not a directory, or an empty one: it goes. Else -ENOTEMPTY. */
static inline long sbi_tree_drop(int dir, const char *name)
{
	long r = SYS(unlinkat, dir, name, 0);

	if (r == -EISDIR)
		r = SYS(unlinkat, dir, name, AT_REMOVEDIR);
	return r == -EEXIST ? -ENOTEMPTY : r;
}

static inline int sbi_tree_sweep(int top, int dir, char down[SBI_TREE_NAME], int *left);

/*
 * Directory @name of @top: what is in it goes, or up. Where it cannot go up (EXDEV: a
 * directory of an overlay's lower layer) this goes down to it.
 */
static inline int sbi_tree_flatten(int top, const char *name, int *left)
{
	char down[SBI_TREE_NAME];
	int dir = sbi_tree_open(top, name), below, r;

	if (dir < 0)
		return dir;
	while ((r = sbi_tree_sweep(top, dir, down, left)) == -EXDEV) {
		if (--*left < 0) {
			r = 1;
			break;
		}
		below = sbi_tree_open(dir, down);
		SYS(close, dir);
		if (below < 0)
			return below;
		dir = below;
	}
	SYS(close, dir);
	return r;
}

/*
 * Remove what is in @dir. Return: 0 it is empty, 1 the slice is over, -EXDEV with the name to go
 * @down to, -errno.
 */
static inline int sbi_tree_sweep(int top, int dir, char down[SBI_TREE_NAME], int *left)
{
	uint64_t buf[512];
	int seen = 1;

	while (seen) {
		long n, r = SYS(lseek, dir, 0, SEEK_SET);

		n = r < 0 ? r : SYS(getdents64, dir, buf, sizeof(buf));
		if (n < 0)
			return n == -ENOENT ? 0 : (int)n; /* it is removed itself */
		seen = 0;
		for (struct sbi_tree_entry *e = (struct sbi_tree_entry *)buf; (char *)e < (char *)buf + n;
		     e = (struct sbi_tree_entry *)((char *)e + e->size)) {
			if (sbi_tree_is_dot(e->name))
				continue;
			if (--*left < 0)
				return 1;
			seen = 1;
			r = sbi_tree_drop(dir, e->name);
			if (r == -ENOTEMPTY)
				r = dir == top ? sbi_tree_flatten(top, e->name, left)
					       : sbi_tree_move_up(top, dir, e);
			if (r == -EXDEV && dir != top) {
				for (size_t i = 0; i < SBI_TREE_NAME && (i == 0 || e->name[i - 1]); i++)
					down[i] = e->name[i];
				return -EXDEV;
			}
			if (r < 0 && !sbi_tree_is_race(r))
				return (int)r;
		}
	}
	return 0;
}

/* Some of what is in @top. Return: 1 there is more, 0 it was empty, -errno. */
static inline int sbi_tree_empty(int top)
{
	int left = SBI_TREE_SLICE;

	return sbi_tree_sweep(top, top, NULL, &left);
}

#endif
