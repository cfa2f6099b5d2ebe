/* SPDX-License-Identifier: MIT */
/*
 * The leaf of one command: made with its limits before anything runs in it, removed after all of it
 * has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sandbox/limit.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "cgroup_find.h"
#include "cgroup_place.h"
#include "cgroup_shelf.h"
#include "common/auto.h"
#include "config/cgroup_value.h"
#include "error.h"
#include "hints.h"

#define INNER "sub" /* where a command that may make cgroups is born: below its limits */

static int refused(const sb_config *cfg, uint32_t index, int code, sb_error *err)
{
	const struct sbi_cgroup_setting *setting = &cfg->cgroup[index];

	sbi_fail(err, SB_STEP_LIMIT, index, -code, "%s = %.120s: %s", setting->file, setting->text,
		 strerror(-code));
	if (code == -ENOENT)
		sbi_hint(err, "this kernel does not have %s: leave it out, or take a kernel that has it",
			 setting->file);
	else if (code == -ENODEV || code == -ENXIO)
		sbi_hint(err, "there is no such device or resource here, or its scheduler does not do this");
	else if (code == -EINVAL || code == -ERANGE || code == -EOPNOTSUPP)
		sbi_hint(err, "the kernel does not take this value for %s here", setting->file);
	else if (code == -EACCES || code == -EPERM)
		sbi_hint(err, "%s may only be set by root", setting->file);
	return code;
}

/* What the kernel of this age may lack counts as skipped, anything else is an error. */
static int write_limit(struct sbi_leaf *leaf, const char *file, uint64_t value, int may_lack, sb_error *err)
{
	char text[24] = "max";
	int r;

	if (value != UINT64_MAX)
		snprintf(text, sizeof(text), "%" PRIu64, value);
	r = sbi_cg_write(leaf->fd, file, text);
	if (r == -ENOENT && may_lack) {
		leaf->skipped++;
		return 0;
	}
	return r < 0 ? sbi_fail(err, SB_STEP_LIMIT, 0, -r, "%s = %s: %s", file, text, strerror(-r)) : 0;
}

/*
 * Those of sandbox/limit.h that the kernel keeps. All go together, so that a child that was killed
 * does not stay hidden.
 */
static int write_limits(const sb_config *cfg, struct sbi_leaf *leaf, sb_error *err)
{
	const struct sbi_limit *memory = &cfg->limits[SB_LIMIT_MEMORY], *pids = &cfg->limits[SB_LIMIT_PIDS];
	int r = 0;

	if (memory->value != UINT64_MAX && (leaf->controllers & SBI_CG_MEMORY)) {
		r = write_limit(leaf, "memory.max", memory->value + memory->grace, 0, err);
		if (r == 0)
			r = write_limit(leaf, "memory.swap.max", 0, 1, err);
		if (r == 0)
			r = write_limit(leaf, "memory.oom.group", 1, 1, err);
	}
	if (r == 0 && pids->value != UINT64_MAX && (leaf->controllers & SBI_CG_PIDS))
		r = write_limit(leaf, "pids.max", pids->value, 0, err);
	return r;
}

int sbi_leaf_limit(const sb_config *cfg, struct sbi_leaf *leaf, sb_error *err)
{
	int r = write_limits(cfg, leaf, err);

	if (r < 0)
		return r;

	for (uint32_t i = 0; i < cfg->cgroup_count; i++) {
		r = sbi_cg_write(leaf->fd, cfg->cgroup[i].file, cfg->cgroup[i].text);
		if (r < 0)
			return refused(cfg, i, r, err);
	}
	if (!sbi_forbids_swap(cfg))
		return 0;
	/* a kernel without swap accounting cannot limit it */
	return write_limit(leaf, "memory.swap.max", 0, 1, err);
}

int sbi_is_delegating(const sb_config *cfg)
{
	for (uint32_t i = 0; i < cfg->mount_count; i++)
		if (cfg->mounts[i].step == SB_STEP_CGROUPFS && !(cfg->mounts[i].flags & SB_MOUNT_RO))
			return 1;
	return 0;
}

int sbi_leaf_delegate(struct sbi_leaf *leaf, sb_error *err)
{
	uint32_t missing;
	int r = sbi_cg_enable(leaf->fd, sbi_cg_available(leaf->fd), &missing);

	if (r == 0 && mkdirat(leaf->fd, INNER, 0755) < 0)
		r = -errno;
	if (r == 0)
		leaf->into = sbi_cg_open(leaf->fd, INNER);
	if (r == 0 && leaf->into < 0)
		r = leaf->into;
	return r < 0 ? sbi_fail(err, SB_STEP_LEAF, 0, -r, "a cgroup that the command may manage: %s",
				strerror(-r))
		     : 0;
}

static int make_fresh(struct sbi_place *place, struct sbi_leaf *leaf)
{
	char name[16];

	*leaf = SBI_NO_LEAF;
	leaf->number = sbi_place_number(place);
	snprintf(name, sizeof(name), "%u", leaf->number);
	if (mkdirat(sbi_place_dir(place), name, 0755) < 0)
		return -errno;
	leaf->fd = leaf->into = sbi_cg_open(sbi_place_dir(place), name);
	if (leaf->fd >= 0)
		return 0;
	unlinkat(sbi_place_dir(place), name, AT_REMOVEDIR);
	return leaf->fd;
}

int sbi_leaf_make(struct sbi_place *place, struct sbi_leaf *leaf, sb_error *err)
{
	int r = sbi_shelf_take(sbi_place_shelf(place), leaf) ? 0 : make_fresh(place, leaf);

	if (r < 0) {
		sbi_fail(err, SB_STEP_LEAF, 0, -r, "cgroup %.120s/…/%u: %s", sbi_place_path(place),
			 leaf->number, strerror(-r));
		if (r == -EAGAIN)
			sbi_hint(err, "cgroup.max.descendants of a cgroup above is reached");
		else if (r == -ENOENT || r == -ENODEV)
			sbi_hint(err, "somebody has removed our cgroup: a new config finds another");
		else
			sbi_hint_limits(-r, err);
		return r;
	}
	leaf->controllers = sbi_place_controllers(place);
	return 0;
}

void sbi_place_tend(struct sbi_place *place)
{
	struct sbi_shelf *shelf = sbi_place_shelf(place);
	struct sbi_leaf leaf;

	sbi_shelf_bury(shelf, sbi_place_dir(place));
	if (sbi_shelf_has_spare(shelf) || make_fresh(place, &leaf) < 0)
		return; /* if it cannot be made now, the next command says why */
	sbi_shelf_put(shelf, &leaf);
	sbi_leaf_remove(place, &leaf);
	sbi_leaf_close(&leaf);
}

int sbi_leaf_file(struct sbi_leaf *leaf, int file)
{
	static const struct {
		const char *name;
		int flags;
	} files[SBI_LEAF_FILES] = { { "cpu.stat", O_RDONLY },
				    { "cgroup.events", O_RDONLY },
				    { "cgroup.kill", O_WRONLY } };

	if (leaf->files[file] < 0)
		leaf->files[file] = openat(leaf->fd, files[file].name, files[file].flags | O_CLOEXEC);
	return leaf->files[file] < 0 ? -errno : leaf->files[file];
}

void sbi_leaf_retire(struct sbi_place *place, const struct sbi_leaf *leaf)
{
	if (leaf->fd >= 0 && !sbi_shelf_retire(sbi_place_shelf(place), leaf->number))
		sbi_leaf_remove(place, leaf);
}

void sbi_leaf_remove(struct sbi_place *place, const struct sbi_leaf *leaf)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", leaf->number);
	if (leaf->fd >= 0)
		sbi_cg_remove(sbi_place_dir(place), name);
}

void sbi_leaf_close(struct sbi_leaf *leaf)
{
	if (leaf->into != leaf->fd)
		sbi_close_fd(&leaf->into);
	leaf->into = -EBADF;
	sbi_close_fd(&leaf->fd);
	for (int i = 0; i < SBI_LEAF_FILES; i++)
		sbi_close_fd(&leaf->files[i]);
}
