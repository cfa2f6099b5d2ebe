/* SPDX-License-Identifier: MIT */
/* A place from the inside: for cgroup_place.c and cgroup_box.c. */
#ifndef SBI_CGROUP_PLACE_INTERNAL_H
#define SBI_CGROUP_PLACE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "cgroup_find.h"
#include "cgroup_shelf.h"

struct sbi_place {
	atomic_int refs;
	pthread_mutex_t lock;    /* around finding and enabling */
	atomic_int found;
	pid_t pid;               /* who found it: a fork makes its own */
	struct sbi_parent parent;
	char name[32];           /* of our directory in it */
	int dir, init;
	/* what parent.fd, dir, init and the keeper's pipe are: hosts close what they do not know */
	struct stat was[4];
	atomic_uint enabled;     /* controllers of the leaves */
	atomic_uint tried;       /* those that were wanted, whether they are there or not */
	atomic_uint numbers;
	atomic_int refused;      /* there is none */
	struct sbi_shelf shelf;
	/* a box's: where its directory lies, a reference; it has no parent and no init of its own */
	struct sbi_place *above;
	atomic_uint boxes;       /* that were made in it: their names */
};

/** sbi_place_found - its directories are there: note what they are. */
void sbi_place_found(struct sbi_place *place);
/** sbi_place_is_intact - are its descriptors still what they were? */
int sbi_place_is_intact(const struct sbi_place *place);
/** sbi_place_failed - @what went wrong in it, explained; @code. */
int sbi_place_failed(const struct sbi_place *place, const char *what, int code, sb_error *err);
/** sbi_place_get_below - sbi_place_get() of a box's; its lock is held. */
int sbi_place_get_below(struct sbi_place *place, const sb_config *cfg, uint32_t need, uint32_t want,
			sb_error *err);

#endif
