/* SPDX-License-Identifier: MIT */
/*
 * The cgroup's part of a creation: its place, the command's leaf, and the files of it that sb-init
 * keeps limits with.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sandbox/limit.h>
#include <sandbox/proc.h>

#include "cgroup_device.h"
#include "config/cgroup_value.h"
#include "error.h"
#include "launch.h"

static int make_leaf(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	char object[80];
	int r = sbi_leaf_make(l->place, &l->leaf, err);

	if (r == 0 && sbi_is_delegating(l->cfg))
		r = sbi_leaf_delegate(&l->leaf, err);
	snprintf(object, sizeof(object), "number %u", l->leaf.number);
	sbi_launch_event(l, SB_STEP_LEAF, start, r, object);
	if (r == 0 && (l->cfg->cgroup_count || sbi_limit_controllers(l->cfg))) {
		start = sbi_now();
		r = sbi_leaf_limit(l->cfg, &l->leaf, err);
		snprintf(object, sizeof(object), "%u settings", l->cfg->cgroup_count);
		sbi_launch_event(l, SB_STEP_LIMIT, start, r, object);
	}
	if (r == 0 && l->cfg->device_filter) {
		start = sbi_now();
		r = sbi_device_filter(l->leaf.fd, l->cfg->devices, l->cfg->device_count, err);
		snprintf(object, sizeof(object), "%u rules", l->cfg->device_count);
		sbi_launch_event(l, SB_STEP_DEVICES, start, r, object);
	}
	return r;
}

/*
 * There is a leaf, but not with every controller: what those would have done is sampled, or held by
 * an rlimit.
 */
static void make_do(struct sbi_launch *l)
{
	uint32_t missing = sbi_limit_controllers(l->cfg) & ~l->leaf.controllers;
	struct sbi_plan *plan = (struct sbi_plan *)l->plan.arena.base;

	if (missing & SBI_CG_MEMORY)
		plan->watch.flags |= SBI_WATCH_MEMORY;
	if (missing & SBI_CG_PIDS)
		plan->watch.flags &= ~SBI_WATCH_PIDS;
	if (missing)
		l->plan.applied &= ~SB_APPLIED_CGROUP;
}

/* Once more, without a leaf: its place is not looked for again as long as the config lives. */
static int go_without(struct sbi_launch *l, sb_error *err)
{
	sbi_compiled_free(&l->plan);
	return sbi_launch_compile(l, l->what | SBI_COMPILE_NO_LEAF, NULL, err);
}

/* Before anything else is made: here most of what the machine may refuse is refused. */
int sbi_launch_cgroup(struct sbi_launch *l, struct sbi_place *place, sb_error *err)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	uint64_t start = sbi_now();
	int r, expendable = !place && sbi_leaf_is_expendable(l->cfg);

	if (!l->plan.has_leaf)
		return 0;
	l->place = place ? place : l->cfg->place;
	if (!place && !(plan->flags & SBI_PLAN_COMMAND)) { /* a new box: a level of its own */
		l->own_place = sbi_place_of_box(l->cfg->place);
		if (!l->own_place)
			return sbi_fail(err, SB_STEP_CGROUP, 0, ENOMEM,
					"not enough memory for the place of a box");
		l->place = l->own_place;
	}
	r = expendable && sbi_place_refused(l->cfg->place)
		    ? -ENOENT
		    : sbi_place_get(l->place, l->cfg, expendable ? NULL : err);
	sbi_launch_event(l, SB_STEP_CGROUP, start, expendable ? 0 : r,
			 r < 0 ? "no place for leaves" : sbi_place_path(l->place));
	if (r < 0 && expendable) {
		l->place = NULL;
		return go_without(l, err);
	}
	if (r == 0 && (plan->flags & SBI_PLAN_COMMAND))
		r = make_leaf(l, err);
	if (r == 0 && (plan->flags & SBI_PLAN_COMMAND))
		make_do(l);
	return r;
}

int sbi_launch_leaf_slot(struct sbi_launch *l, int slot, sb_error *err)
{
	const char *file = slot == SBI_SLOT_CPU_STAT ? "cpu.stat"
			   : slot == SBI_SLOT_KILL   ? "cgroup.kill"
						     : "pids.events";
	int fd;

	if (slot == SBI_SLOT_LEAF)
		return l->leaf.into;
	if (slot == SBI_SLOT_CPU_STAT || slot == SBI_SLOT_KILL) {
		fd = sbi_leaf_file(&l->leaf, slot == SBI_SLOT_KILL ? SBI_LEAF_KILL : SBI_LEAF_CPU_STAT);
		if (fd >= 0)
			return fd;
		errno = -fd;
	} else {
		fd = openat(l->leaf.fd, file, O_RDONLY | O_CLOEXEC);
	}
	/* cgroup.kill is of 5.14; no pids controller: then sb-init goes another way */
	if (fd < 0 && errno == ENOENT)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return sbi_launch_own(l, fd, file, err);
}

uint32_t sbi_launch_approximate(const struct sbi_launch *l)
{
	const struct sbi_watch *watch = &((const struct sbi_plan *)l->plan.arena.base)->watch;
	uint32_t bits = 0;

	if ((watch->flags & SBI_WATCH_CPU) && !watch->cpu_stat)
		bits |= SB_LIMIT_BIT(SB_LIMIT_CPU);
	if (watch->flags & SBI_WATCH_MEMORY)
		bits |= SB_LIMIT_BIT(SB_LIMIT_MEMORY);
	if (sbi_has_limit(l->cfg, SB_LIMIT_PIDS) && !(watch->flags & SBI_WATCH_PIDS))
		bits |= SB_LIMIT_BIT(SB_LIMIT_PIDS);
	return bits;
}
