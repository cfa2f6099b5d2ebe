/* SPDX-License-Identifier: MIT */
/*
 * Finding a place once, making our directory in it, and taking it down with the
 * last reference. The place of a box is a directory in that of its config.
 */
#include "cgroup_place.h"

#include <sandbox/proc.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "cgroup_place_internal.h"
#include "common/auto.h"
#include "config/cgroup_value.h"
#include "error.h"
#include "hints.h"

#define MAX_TRIES 100

static atomic_uint names;

struct sbi_place *sbi_place_new(void)
{
	struct sbi_place *place = calloc(1, sizeof(*place));

	if (place) {
		atomic_init(&place->refs, 1);
		pthread_mutex_init(&place->lock, NULL);
		sbi_shelf_init(&place->shelf);
		place->parent.fd = place->parent.keeper = place->parent.keeper_pidfd = -EBADF;
		place->dir = place->init = -EBADF;
	}
	return place;
}

struct sbi_place *sbi_place_ref(struct sbi_place *place)
{
	atomic_fetch_add(&place->refs, 1);
	return place;
}

uint32_t sbi_needs(const sb_config *cfg)
{
	uint32_t need = cfg->optional & SB_APPLIED_CGROUP ? 0 : sbi_limit_controllers(cfg);

	for (uint32_t i = 0; i < cfg->cgroup_count; i++)
		need |= cfg->cgroup[i].controller;
	return need;
}

static uint32_t wants(const sb_config *cfg)
{
	if (sbi_is_delegating(cfg))
		return (UINT32_C(1) << SBI_CG_KINDS) - 1;
	if (cfg->cgroup_flags & SB_CGROUP_ACCOUNT)
		return SBI_CG_CPU | SBI_CG_MEMORY | SBI_CG_IO | SBI_CG_PIDS;
	return sbi_limit_controllers(cfg);
}

static int is_what_it_was(int fd, const struct stat *was)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == was->st_dev && st.st_ino == was->st_ino;
}

int sbi_place_is_intact(const struct sbi_place *place)
{
	if (place->above) /* to make leaves its directory is enough */
		return is_what_it_was(place->dir, &place->was[1]);
	return is_what_it_was(place->parent.fd, &place->was[0]) &&
	       is_what_it_was(place->dir, &place->was[1]) && is_what_it_was(place->init, &place->was[2]);
}

/*
 * Close what is still ours: a number that somebody has closed behind our back
 * may be anybody's by now. A fork has copies only, and neither moves nor ends anything.
 */
static void forget(struct sbi_place *place)
{
	int *fds[4] = { &place->parent.fd, &place->dir, &place->init, &place->parent.keeper };

	for (int i = 0; i < 4; i++) {
		if (*fds[i] >= 0 && !is_what_it_was(*fds[i], &place->was[i]))
			*fds[i] = -EBADF;
		if (i < 3)
			sbi_close_fd(fds[i]);
	}
	if (place->parent.keeper < 0) { /* closed: so is its pidfd, most probably */
		place->parent.keeper_pidfd = -EBADF;
	} else if (place->pid != getpid()) {
		sbi_close_fd(&place->parent.keeper);
		sbi_close_fd(&place->parent.keeper_pidfd);
	}
	sbi_shelf_forget(&place->shelf);
	sbi_cg_release(&place->parent);
	atomic_store(&place->found, 0);
}

/* Sub-directories hold their parent open: from the inside to the outside. */
static void take_down(struct sbi_place *place)
{
	if (!atomic_load(&place->found))
		return;
	if (place->pid == getpid() && sbi_place_is_intact(place)) {
		sbi_shelf_clear(&place->shelf, place->dir);
		if (!place->above)
			sbi_cg_remove(place->dir, "init");
		sbi_cg_remove(place->above ? place->above->dir : place->parent.fd, place->name);
	}
	forget(place);
}

void sbi_place_unref(struct sbi_place *place)
{
	if (!place || atomic_fetch_sub(&place->refs, 1) != 1)
		return;
	take_down(place);
	sbi_place_unref(place->above);
	pthread_mutex_destroy(&place->lock);
	pthread_mutex_destroy(&place->shelf.lock);
	free(place);
}

/*
 * A name that is free, and the lock on it before anybody takes it for left
 * behind: sb_gc() may hold the lock, or have removed the directory, in between.
 */
static int make_own(struct sbi_place *place)
{
	struct stat ours, named;

	for (int i = 0; i < MAX_TRIES; i++) {
		sbi_autoclose int dir = -EBADF;

		snprintf(place->name, sizeof(place->name), "sb-%d-%u", getpid(), atomic_fetch_add(&names, 1));
		if (mkdirat(place->parent.fd, place->name, 0755) < 0) {
			if (errno == EEXIST)
				continue;
			return -errno;
		}
		dir = sbi_cg_open(place->parent.fd, place->name);
		if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0 && fstat(dir, &ours) == 0 &&
		    fstatat(place->parent.fd, place->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    ours.st_ino == named.st_ino) {
			place->dir = sbi_take_fd(&dir);
			return 0;
		}
		unlinkat(place->parent.fd, place->name, AT_REMOVEDIR);
		if (dir < 0 && dir != -ENOENT)
			return dir;
	}
	return -EEXIST;
}

int sbi_place_failed(const struct sbi_place *place, const char *what, int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_CGROUP, 0, -code, "%s in %.150s: %s", what, sbi_place_path(place),
		 strerror(-code));
	if (code == -EAGAIN)
		sbi_hint(err, "cgroup.max.depth or cgroup.max.descendants of a cgroup above is reached");
	else if (code == -EROFS)
		sbi_hint(err, "the cgroup file system is mounted read-only here");
	else
		sbi_hint_limits(-code, err);
	return code;
}

static int make(struct sbi_place *place, sb_error *err)
{
	int r = make_own(place);

	if (r < 0)
		return sbi_place_failed(place, "making a cgroup", r, err);
	if (mkdirat(place->dir, "init", 0755) < 0)
		r = -errno;
	place->init = r < 0 ? r : sbi_cg_open(place->dir, "init");
	if (place->init >= 0)
		return 0;
	r = place->init;
	unlinkat(place->dir, "init", AT_REMOVEDIR); /* with the descriptors there are: more may not be had */
	unlinkat(place->parent.fd, place->name, AT_REMOVEDIR);
	sbi_close_fd(&place->dir);
	return sbi_place_failed(place, "making the cgroup of sb-init", r, err);
}

/* The parent's children, and theirs: our directory holds no processes, so the kernel lets us. */
static int enable(struct sbi_place *place, uint32_t need, sb_error *err)
{
	struct sbi_reasons reasons = { "", "" };
	struct sbi_cg_tree *tree;
	uint32_t missing = 0;
	int r = sbi_cg_enable(place->parent.fd, need, &missing);

	if (r == 0)
		r = sbi_cg_enable(place->dir, need, &missing);
	if (r == 0) {
		atomic_fetch_or(&place->enabled, need);
		return 0;
	}
	tree = calloc(1, sizeof(*tree));
	if (tree && sbi_cg_tree_look(tree, NULL) == 0)
		sbi_cg_missing(tree, place->parent.path, missing, r, &reasons);
	free(tree);
	sbi_fail(err, SB_STEP_CGROUP, 0, -r, "%s", reasons.text[0] ? reasons.text : strerror(-r));
	sbi_hint(err, "%s", reasons.hint);
	return r;
}

/* For accounting: what cannot be had is left out, and its figures are absent. */
static void enable_wanted(struct sbi_place *place, uint32_t want)
{
	uint32_t missing;

	for (int i = 0; i < SBI_CG_KINDS; i++) {
		uint32_t one = want & (UINT32_C(1) << i);

		if (one && sbi_cg_enable(place->parent.fd, one, &missing) == 0 &&
		    sbi_cg_enable(place->dir, one, &missing) == 0)
			atomic_fetch_or(&place->enabled, one);
	}
	atomic_fetch_or(&place->tried, want);
}

void sbi_place_found(struct sbi_place *place)
{
	fstat(place->parent.fd, &place->was[0]);
	fstat(place->dir, &place->was[1]);
	fstat(place->init, &place->was[2]);
	fstat(place->parent.keeper, &place->was[3]);
	place->pid = getpid();
	atomic_store(&place->enabled, 0);
	atomic_store(&place->tried, 0);
	atomic_store(&place->found, 1);
}

static int get(struct sbi_place *place, const sb_config *cfg, uint32_t need, uint32_t want, sb_error *err)
{
	int r = 0;

	if (!atomic_load(&place->found)) {
		r = sbi_cg_find(cfg, need, want, &place->parent, err);
		if (r == 0) {
			r = make(place, err);
			if (r < 0)
				sbi_cg_release(&place->parent);
		}
		if (r == 0)
			sbi_place_found(place);
	}
	if (r == 0 && (need & ~atomic_load(&place->enabled)))
		r = enable(place, need, err);
	if (r == 0 && (want & ~atomic_load(&place->tried)))
		enable_wanted(place, want);
	return r;
}

int sbi_place_get(struct sbi_place *place, const sb_config *cfg, sb_error *err)
{
	uint32_t need = sbi_needs(cfg), want = wants(cfg);
	int r;

	if (atomic_load(&place->found) && place->pid == getpid() && !(need & ~atomic_load(&place->enabled)) &&
	    !(want & ~atomic_load(&place->tried)) && sbi_place_is_intact(place))
		return 0;
	pthread_mutex_lock(&place->lock);
	if (atomic_load(&place->found) && (place->pid != getpid() || !sbi_place_is_intact(place)))
		take_down(place);
	r = place->above ? sbi_place_get_below(place, cfg, need, want, err)
			 : get(place, cfg, need, want, err);
	pthread_mutex_unlock(&place->lock);
	atomic_store(&place->refused, r < 0 && r != -EMFILE && r != -ENFILE && r != -ENOMEM);
	return r;
}

int sbi_place_refused(const struct sbi_place *place)
{
	return atomic_load(&place->refused);
}

int sbi_place_init(const struct sbi_place *place)
{
	return place->above ? place->above->init : place->init;
}

struct sbi_shelf *sbi_place_shelf(struct sbi_place *place)
{
	return &place->shelf;
}

int sbi_place_dir(const struct sbi_place *place)
{
	return place->dir;
}

const char *sbi_place_path(const struct sbi_place *place)
{
	return place->above ? place->above->parent.path : place->parent.path;
}

uint32_t sbi_place_number(struct sbi_place *place)
{
	return atomic_fetch_add(&place->numbers, 1) + 1;
}

uint32_t sbi_place_controllers(const struct sbi_place *place)
{
	return atomic_load(&place->enabled);
}
