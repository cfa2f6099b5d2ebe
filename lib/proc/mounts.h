/* SPDX-License-Identifier: MIT */
/* Mounts that are added to an open box, and taken away. */
#ifndef SBI_PROC_MOUNTS_H
#define SBI_PROC_MOUNTS_H

#include <pthread.h>
#include <sandbox/box.h>

#include "host/launch.h"
#include "host/live_mount.h"

/* What a box has to know for it. */
struct sbi_mounts {
	pthread_mutex_t lock;
	int fresh;      /* its mount namespace is its own */
	int enters;     /* … and belongs to its user namespace: the caller had no privilege */
	int keeps_root; /* its root may be any directory of the mount namespace */
	char *own;      /* paths of the file systems that it has brought along (struct sbi_live) */
	uint32_t own_count;
	struct sbi_live_mount *list; /* that were added */
	size_t count, room;
};

/* One call of the caller's. */
struct sbi_mounting {
	sb_box *box;
	const char *verb, *source, *target; /* for words; @source NULL without */
	uint64_t flags;
	struct sbi_live live;
	sb_error *err;
};

/** sbi_mounts_new - what has to be known of a box that was just opened. NULL if memory is short. */
struct sbi_mounts *sbi_mounts_new(const struct sbi_launch *l);
/**
 * sbi_mounts_forget - none of those that were added is there any more: the box has got new ones.
 * Accepts NULL.
 */
void sbi_mounts_forget(struct sbi_mounts *mounts);
/** sbi_mounts_free - accepts NULL */
void sbi_mounts_free(struct sbi_mounts *mounts);
/** sbi_mounting_fail - words for what went wrong inside; -@code. */
int sbi_mounting_fail(const struct sbi_mounting *m, int code);

#endif
