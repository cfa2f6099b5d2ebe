/* SPDX-License-Identifier: MIT */
/*
 * The cgroups of one config and its copies. Below the parent that was found:
 *
 *	sb-PID-N        ours: locked (flock) as long as this process lives
 *	sb-PID-N/init   every sb-init
 *	sb-PID-N/1, 2…  a leaf for each command of sb_spawn()
 *	sb-PID-N/b1…    a box: its figures, its freezing; it is a place of its own, whose place is above
 *	sb-PID-N/b1/1…  a leaf for each of its commands
 */
#ifndef SBI_CGROUP_PLACE_H
#define SBI_CGROUP_PLACE_H

#include <errno.h>
#include <limits.h>
#include <sandbox/cgroup.h>

#include "config/config_internal.h"

/* Files of a leaf that a run reads more than once, or that sb-init is given. */
enum sbi_leaf_file { SBI_LEAF_CPU_STAT, SBI_LEAF_EVENTS, SBI_LEAF_KILL, SBI_LEAF_FILES };

/* One command's own cgroup. */
struct sbi_leaf {
	int fd;           /* its directory: limits and figures; -EBADF = none */
	int into;         /* where the command is born: the same, or a child of it that it may manage */
	uint32_t number;  /* its name */
	uint32_t controllers; /* SBI_CG_* that it has */
	uint32_t skipped; /* settings of our own that this kernel does not have */
	int files[SBI_LEAF_FILES]; /* sbi_leaf_file(); -EBADF = not open yet */
};
#define SBI_NO_LEAF ((struct sbi_leaf){ .fd = -EBADF, .into = -EBADF, .files = { -EBADF, -EBADF, -EBADF } })

/**
 * sbi_place_get - find the place, unless that is done, and see to it that its leaves have @cfg's
 * controllers.
 */
int sbi_place_get(struct sbi_place *place, const sb_config *cfg, sb_error *err);
/** sbi_place_refused - was a place looked for, and none found? */
int sbi_place_refused(const struct sbi_place *place);
/** sbi_place_init - the cgroup of the sb-inits; borrowed, valid while @place is referred to. */
int sbi_place_init(const struct sbi_place *place);
/** sbi_place_path - of the place, for messages and traces. */
const char *sbi_place_path(const struct sbi_place *place);

/**
 * sbi_place_of_box - a place for the leaves of one box, in a directory of its own in @above
 *
 * sbi_place_get() makes it, and finds @above if need be. Return: to be released, or NULL.
 */
struct sbi_place *sbi_place_of_box(struct sbi_place *above);
/** sbi_place_above - of a box's place: the one it is in; else NULL. */
const struct sbi_place *sbi_place_above(const struct sbi_place *place);
/** sbi_place_box_dir - that directory; -ESTALE if its descriptor is not ours any more. */
int sbi_place_box_dir(const struct sbi_place *place);

/** sbi_leaf_make - a fresh cgroup. */
int sbi_leaf_make(struct sbi_place *place, struct sbi_leaf *leaf, sb_error *err);
/** sbi_leaf_limit - write @cfg's settings. */
int sbi_leaf_limit(const sb_config *cfg, struct sbi_leaf *leaf, sb_error *err);
/**
 * sbi_leaf_delegate - one level below the limits, with every controller that there is, for the
 * command to manage.
 */
int sbi_leaf_delegate(struct sbi_leaf *leaf, sb_error *err);
/**
 * sbi_leaf_remove - kill what is left in it, and remove it. Its descriptors stay open, for threads
 * that use them.
 */
void sbi_leaf_remove(struct sbi_place *place, const struct sbi_leaf *leaf);
void sbi_leaf_close(struct sbi_leaf *leaf);
/** sbi_leaf_file - enum sbi_leaf_file; opened once, closed with the leaf. Return: a descriptor, or -errno. */
int sbi_leaf_file(struct sbi_leaf *leaf, int file);
/**
 * sbi_leaf_retire - as sbi_leaf_remove(), but of an empty one, and it may be done at the next
 * sbi_place_tend().
 */
void sbi_leaf_retire(struct sbi_place *place, const struct sbi_leaf *leaf);
/**
 * sbi_place_tend - for the time in which a command runs: remove what was retired, make a leaf for
 * the next one.
 */
void sbi_place_tend(struct sbi_place *place);

/* for cgroup_leaf.c */
struct sbi_shelf;
struct sbi_shelf *sbi_place_shelf(struct sbi_place *place);
int sbi_place_dir(const struct sbi_place *place);
uint32_t sbi_place_number(struct sbi_place *place);
uint32_t sbi_place_controllers(const struct sbi_place *place);
/** sbi_is_delegating - may the command make cgroups of its own? */
int sbi_is_delegating(const sb_config *cfg);
/** sbi_needs - the controllers of @cfg's settings. */
uint32_t sbi_needs(const sb_config *cfg);

#endif
