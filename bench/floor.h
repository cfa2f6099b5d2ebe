/* SPDX-License-Identifier: MIT */
/* The floor: what a sandbox costs when nothing but the kernel's own work is done. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <time.h>

#define FLOOR_ENTRIES 16

enum floor_kind { FLOOR_BIND_DIR, FLOOR_BIND_FILE, FLOOR_LINK };

/* One thing in the composed root: a read-only bind of @source, or a link that says @source. */
struct floor_entry {
	enum floor_kind kind;
	char source[256];
	char target[256]; /* below the new root, without the leading slash */
};

struct floor {
	bool composed;    /* root is a tmpfs with binds; else "/" stays, read-only */
	bool network;     /* a network namespace of its own, lo up */
	bool keep_stdio;  /* the command keeps fds 0 to 2; else they are /dev/null */
	long boottime;    /* seconds by which CLOCK_BOOTTIME is shifted inside */
	const char *path; /* of the command, as seen inside */
	char *const *argv;
	const void *filter; /* struct sock_filter[filter_length]; NULL: none is loaded */
	unsigned short filter_length;
	struct floor_entry entry[FLOOR_ENTRIES];
	size_t n_entries;

	/* the run's own, shared by both sides */
	bool parent_maps; /* ids are mapped by the parent: only it may map another id than its own */
	unsigned int outside;
	unsigned int outside_gid;
	int go;
	const char *failed; /* what could not be done, with this errno */
	int error;
	struct timespec before; /* cpu time of the set-up, which is not the command's */
	struct rusage usage;
};

/* Looks up what the composed root shows: the system directories, and @file as @inside if given. */
int floor_prepare(struct floor *f, const char *file, const char *inside);

/* One sandbox from its creation to the end of the command. Exit status, or -errno and f->failed. */
int floor_run(struct floor *f);

/* The child's half, in floor_child.c. */
int floor_child(void *arg);

#endif
