/* SPDX-License-Identifier: MIT */
/*
 * New directories for the overlays of a box. The old ones are swapped for them in
 * one system call each, so there is always one, whenever the host dies; and
 * removed later, when the new sandbox runs already.
 */
#include "upper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "upper_dir.h"

#define MAX_NAMES 100000 /* on a shelf that earlier resets could not clear */

enum { WORK, UPPER, SIDES }; /* swapped in this order: an old upper gets along with a new work directory */

struct pair {
	struct sbi_upper_dir dir[SIDES];
	char name[SIDES][16]; /* of what is on the shelf */
	int swapped;          /* how many of them */
	int parent, shelf;    /* while there is one; -EBADF */
};

struct sbi_uppers {
	uint32_t count;
	struct pair list[];
};

int sbi_upper_find(const sb_config *cfg, uint32_t *at, const char **upper, const char **work)
{
	for (; *at <= cfg->mount_count; ++*at) {
		const struct sbi_mount *m = *at ? &cfg->mounts[*at - 1] : NULL;

		if (m ? m->step != SB_STEP_OVERLAY || !m->source : !cfg->root_lower || !cfg->root_upper)
			continue;
		*upper = m ? m->source : cfg->root_upper;
		*work = m ? m->work : cfg->root_work;
		++*at;
		return 1;
	}
	return 0;
}

struct sbi_uppers *sbi_uppers_free(struct sbi_uppers *uppers)
{
	for (uint32_t i = 0; uppers && i < uppers->count; i++)
		for (int side = 0; side < SIDES; side++)
			sbi_upper_dir_clear(&uppers->list[i].dir[side]);
	free(uppers);
	return NULL;
}

int sbi_uppers_look(const sb_config *cfg, struct sbi_uppers **out)
{
	const char *given[SIDES];
	struct sbi_uppers *uppers;
	uint32_t at = 0, count = 0;
	int r = 0;

	*out = NULL;
	while (cfg->overlay_reset && sbi_upper_find(cfg, &at, &given[UPPER], &given[WORK]))
		count++;
	if (!count)
		return 0;
	uppers = calloc(1, sizeof(*uppers) + count * sizeof(uppers->list[0]));
	if (!uppers)
		return -ENOMEM;
	uppers->count = count;
	at = 0;
	for (uint32_t i = 0; r == 0 && sbi_upper_find(cfg, &at, &given[UPPER], &given[WORK]); i++) {
		uppers->list[i].parent = uppers->list[i].shelf = -EBADF;
		for (int side = 0; r == 0 && side < SIDES; side++)
			r = sbi_upper_dir_look(&uppers->list[i].dir[side], given[side], side == WORK);
	}
	*out = r < 0 ? sbi_uppers_free(uppers) : uppers;
	return r;
}

/* --- in their place ----------------------------------------------------------------- */

static int changed(const struct sbi_upper_dir *dir, sb_error *err)
{
	sbi_fail(err, SB_STEP_RESET, 0, ESTALE, "%s is not the directory that the box was opened with",
		 dir->given);
	sbi_hint(err, "free the box, and open another with the directory that is there now");
	return -ESTALE;
}

static int check(const struct sbi_upper_dir *dir, sb_error *err)
{
	struct stat st;

	if (dir->why == ENOTEMPTY) {
		sbi_fail(err, SB_STEP_RESET, 0, EOPNOTSUPP,
			 "%s was not empty when the box was opened: what was in it cannot be brought back",
			 dir->given);
		sbi_hint(err,
			 "open the box with an empty directory; what is in this one may be one more lower directory");
		return -EOPNOTSUPP;
	}
	if (dir->why)
		return sbi_fail(err, SB_STEP_RESET, 0, dir->why,
				"%s could not be looked at when the box was opened: %s", dir->given,
				strerror(dir->why));
	if (stat(dir->given, &st) < 0 || st.st_dev != dir->dev || st.st_ino != dir->ino)
		return changed(dir, err);
	return 0;
}

static int no_place(const struct sbi_upper_dir *dir, int code, sb_error *err)
{
	sbi_fail(err, SB_STEP_RESET, 0, code, "a new directory in the place of %s: %s", dir->given,
		 strerror(code));
	if (code == EBUSY)
		sbi_hint(err,
			 "another process is just replacing it, or it is a mount point: it must be neither, and for one box");
	else if (code == EACCES || code == EPERM || code == EROFS)
		sbi_hint(err,
			 "the caller must be able to make directories beside it, and to give them its owner and attributes");
	else if (code == EXDEV || code == EINVAL)
		sbi_hint(err, "it must be an ordinary directory of a file system that knows RENAME_EXCHANGE");
	return -code;
}

/* Two new ones on the shelf, beside what earlier resets have left there. */
static int fill_shelf(struct pair *p, sb_error *err)
{
	const struct sbi_upper_dir *upper = &p->dir[UPPER];
	const char *name;
	uint32_t number = 0;
	int r = 0;

	p->parent = sbi_upper_dir_parent(upper->path, &name);
	p->shelf = p->parent < 0 ? p->parent : sbi_shelf_open(p->parent, name, 1);
	if (p->shelf < 0)
		return no_place(upper, -p->shelf, err);
	for (int side = 0; r == 0 && side < SIDES; side++) {
		do {
			snprintf(p->name[side], sizeof(p->name[side]), "%u", number++);
			r = sbi_upper_dir_make(&p->dir[side], p->shelf, p->name[side]);
		} while (r == -EEXIST && number < MAX_NAMES);
		if (r < 0)
			no_place(&p->dir[side], -r, err);
	}
	return r;
}

static int swap(struct pair *p, sb_error *err)
{
	int r = 0;

	for (p->swapped = 0; r == 0 && p->swapped < SIDES; p->swapped += r == 0) {
		struct sbi_upper_dir *dir = &p->dir[p->swapped];

		r = sbi_upper_dir_swap(dir, p->shelf, p->name[p->swapped]);
		if (r == -ESTALE)
			changed(dir, err);
		else if (r < 0)
			no_place(dir, -r, err);
	}
	return r;
}

/* The box lives, and goes on with what it has. */
static void swap_back(struct pair *p)
{
	while (p->swapped > 0) {
		p->swapped--;
		sbi_upper_dir_swap(&p->dir[p->swapped], p->shelf, p->name[p->swapped]);
	}
}

int sbi_uppers_replace(struct sbi_uppers *uppers, sb_error *err)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < uppers->count; i++)
		for (int side = SIDES - 1; r == 0 && side >= 0; side--)
			r = check(&uppers->list[i].dir[side], err);
	for (i = 0; r == 0 && i < uppers->count; i++)
		r = fill_shelf(&uppers->list[i], err);
	for (i = 0; r == 0 && i < uppers->count; i++)
		r = swap(&uppers->list[i], err);
	if (r == 0)
		return 0;
	while (i-- > 0)
		swap_back(&uppers->list[i]);
	sbi_uppers_clear(uppers, NULL, NULL, NULL);
	return r;
}

/* @path: of the upper directory, without links. */
static int not_removed(const char *path, int code, sb_error *err)
{
	const char *name = strrchr(path, '/') + 1;

	sbi_fail(err, SB_STEP_RESET, 0, code,
		 "what was in %s is in %.*s" SBI_SHELF_PREFIX "%s, and cannot be removed: %s", path,
		 (int)(name - path), path, name, strerror(code));
	sbi_hint(err, "remove it; the next reset and sb_gc() try it again");
	return -code;
}

int sbi_uppers_clear(struct sbi_uppers *uppers, int (*help)(void *arg, int dir), void *arg, sb_error *err)
{
	int all = 0, r;

	for (uint32_t i = 0; uppers && i < uppers->count; i++) {
		struct pair *p = &uppers->list[i];

		if (p->shelf >= 0) {
			r = sbi_shelf_remove(p->parent, strrchr(p->dir[UPPER].path, '/') + 1, p->shelf, help,
					     arg);
			if (r < 0 && all == 0)
				all = not_removed(p->dir[UPPER].path, -r, err);
		}
		sbi_close_fd(&p->shelf);
		sbi_close_fd(&p->parent);
		p->swapped = 0;
	}
	return all;
}

/* --- those of dead hosts --------------------------------------------------------------- */

static int collect(const char *upper, sb_error *err)
{
	sbi_autofree char *path = realpath(upper, NULL);
	sbi_autoclose int parent = -EBADF, shelf = -EBADF;
	const char *name;
	int r;

	if (!path)
		return 0;
	parent = sbi_upper_dir_parent(path, &name);
	shelf = parent < 0 ? parent : sbi_shelf_open(parent, name, 0);
	if (shelf < 0)
		return 0; /* there is none, or it is somebody else's */
	r = sbi_shelf_remove(parent, name, shelf, NULL, NULL);
	return r < 0 ? not_removed(path, -r, err) : 1;
}

int sbi_uppers_gc(const sb_config *cfg, sb_error *err)
{
	const char *upper, *work;
	int count = 0, failed = 0, r;
	uint32_t at = 0;

	while (cfg && cfg->overlay_reset && sbi_upper_find(cfg, &at, &upper, &work)) {
		r = collect(upper, failed ? NULL : err);
		count += r > 0;
		failed = failed ? failed : r < 0 ? r : 0;
	}
	return failed ? failed : count;
}
