/* SPDX-License-Identifier: MIT */
/* What a box as a whole used and does: the figures of its own cgroup, and those that only the host counts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/read_text.h"
#include "error.h"
#include "proc_internal.h"

int sbi_box_dir(const sb_box *box, const char *call, sb_error *err)
{
	int dir;

	if (!box)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "%s: no box given", call);
	if (!box->place) {
		sbi_fail(err, SB_STEP_CONTROL, 0, ENOENT, "the box has no cgroup of its own");
		sbi_hint(err,
			 "open it with a limit (sb_set_cgroup()), or with SB_CGROUP_ACCOUNT by sb_set_cgroup_flags()");
		return -ENOENT;
	}
	dir = sbi_place_box_dir(box->place);
	return dir < 0 ? sbi_fail(err, SB_STEP_CONTROL, 0, -dir,
				  "somebody has closed the descriptor of the box's cgroup")
		       : dir;
}

static uint32_t controllers(const sb_box *box)
{
	return sbi_place_controllers(sbi_place_above(box->place));
}

int sbi_whole_new(sb_box *box, uint64_t opened_ns)
{
	box->whole = calloc(1, sizeof(*box->whole));
	if (!box->whole)
		return -ENOMEM;
	box->whole->opened_ns = opened_ns;
	pthread_rwlock_init(&box->whole->spawning, NULL);
	pthread_mutex_init(&box->whole->starting, NULL);
	return 0;
}

void sbi_whole_free(struct sbi_whole *whole)
{
	if (whole) {
		pthread_rwlock_destroy(&whole->spawning);
		pthread_mutex_destroy(&whole->starting);
	}
	free(whole);
}

void sbi_box_note_start(sb_box *box, uint64_t used_ns)
{
	if (!box->whole)
		return;
	atomic_fetch_add(&box->whole->started, 1);
	atomic_fetch_add(&box->whole->used_ns, used_ns);
}

void sbi_box_note_end(sb_box *box, const sb_stats *stats)
{
	struct sbi_whole *whole = box->whole;

	if (!whole)
		return;
	atomic_fetch_add(&whole->throttled_ns, stats->throttled_ns);
	atomic_fetch_add(&whole->periods, stats->periods);
	atomic_fetch_add(&whole->throttled_periods, stats->throttled_periods);
	atomic_fetch_add(&whole->pids_refused, stats->pids_refused);
	atomic_fetch_add(&whole->ended, 1);
}

/*
 * What the kernel counts for the cgroup alone whose limit it was: those below are added as their
 * commands end.
 */
static void add_ended(struct sbi_whole *whole, int dir, sb_stats *stats)
{
	if (stats->has & SB_STATS_THROTTLED) {
		stats->throttled_ns += atomic_load(&whole->throttled_ns);
		stats->periods += atomic_load(&whole->periods);
		stats->throttled_periods += atomic_load(&whole->throttled_periods);
	}
	if ((stats->has & SB_STATS_PIDS) && faccessat(dir, "pids.events.local", F_OK, 0) < 0) /* 6.11 */
		stats->pids_refused = atomic_load(&whole->pids_refused);
}

int sb_box_stats(sb_box *box, sb_stats *stats, sb_error *err)
{
	int dir = sbi_box_dir(box, "sb_box_stats", err);
	sb_stats now;

	if (dir < 0)
		return dir;
	if (!stats)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL,
				"sb_box_stats: no room for the figures given");
	sbi_stats_read(dir, controllers(box), 1, atomic_load(&box->whole->used_ns), &now);
	add_ended(box->whole, dir, &now);
	sbi_copy_out(stats, &now, sizeof(now));
	return 0;
}

int sb_box_set_cgroup(sb_box *box, const char *file, const char *value, sb_error *err)
{
	int dir = sbi_box_dir(box, "sb_box_set_cgroup", err);

	return dir < 0 ? dir : sbi_cgroup_set(dir, controllers(box), "sb_box_set_cgroup", file, value, err);
}

ssize_t sb_box_get_cgroup(sb_box *box, const char *file, char *buf, size_t len, sb_error *err)
{
	int dir = sbi_box_dir(box, "sb_box_get_cgroup", err);

	return dir < 0 ? dir : sbi_cgroup_get(dir, controllers(box), "sb_box_get_cgroup", file, buf, len, err);
}

/* "size resident shared …" in pages. Its number is its own as long as it is not over afterwards. */
static void look_at_init(sb_box *box, sb_box_info *info)
{
	unsigned long resident, shared;
	char path[48], text[128];

	snprintf(path, sizeof(path), "/proc/%d/statm", box->pid);
	sbi_read_text(path, text, sizeof(text));
	if (sscanf(text, "%*u %lu %lu", &resident, &shared) != 2 || shared > resident ||
	    sbi_box_has_ended(box))
		return;
	info->init_memory = (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
	info->has |= SB_BOX_HAS_MEMORY;
}

int sb_box_look(sb_box *box, sb_box_info *info, sb_error *err)
{
	sb_box_info now = SB_INIT(sb_box_info);
	const struct sbi_whole *whole;

	if (!box || !info)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL,
				"sb_box_look: a box and room for the answer are needed");
	whole = box->whole;
	now.frozen = (uint32_t)atomic_load(&whole->frozen);
	now.opened_ns = whole->opened_ns;
	now.resets = atomic_load(&whole->resets);
	now.ended = atomic_load(&whole->ended); /* before those that were started: never more than they */
	now.started = atomic_load(&whole->started);
	now.running = now.started - now.ended;
	look_at_init(box, &now);
	sbi_copy_out(info, &now, sizeof(now));
	return 0;
}
