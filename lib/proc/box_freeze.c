/* SPDX-License-Identifier: MIT */
/*
 * A whole box is stopped and goes on. While a command is started in it sb-init
 * waits for the new process, which must therefore not be frozen before its exec:
 * starting and freezing exclude each other.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "host/cgroup_dir.h"
#include "proc_internal.h"

#define PATIENCE_S 10 /* for commands that other threads are starting */

static int refused(sb_error *err)
{
	sbi_fail(err, SB_STEP_BOX, 0, EBUSY, "the box is frozen");
	sbi_hint(err, "thaw it first: sb_box_freeze(box, 0, …)");
	return -EBUSY;
}

/* Asked twice: who freezes may hold the lock for a while, and whoever gets it must not be too late. */
int sbi_box_enter(sb_box *box, sb_error *err)
{
	if (atomic_load(&box->whole->frozen))
		return refused(err);
	pthread_rwlock_rdlock(&box->whole->spawning);
	if (!atomic_load(&box->whole->frozen))
		return 0;
	pthread_rwlock_unlock(&box->whole->spawning);
	return refused(err);
}

void sbi_box_leave(sb_box *box)
{
	pthread_rwlock_unlock(&box->whole->spawning);
}

int sbi_box_is_frozen(const sb_box *box)
{
	return box->whole && atomic_load(&box->whole->frozen);
}

static int lock(sb_box *box)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until); /* the clock of pthread_rwlock_timedwrlock(3) */
	until.tv_sec += PATIENCE_S;
	return -pthread_rwlock_timedwrlock(&box->whole->spawning, &until);
}

static int freeze(sb_box *box, int dir, sb_error *err)
{
	int was = atomic_exchange(&box->whole->frozen, 1), r = lock(box);

	if (r < 0) {
		atomic_store(&box->whole->frozen, was);
		return sbi_fail(err, SB_STEP_CONTROL, 0, -r,
				"freezing the box: a command is being started in it: %s", strerror(-r));
	}
	r = sbi_cgroup_freeze(dir, 1, "the box", err);
	if (r < 0 && r != -ETIMEDOUT) /* then it still is under way */
		atomic_store(&box->whole->frozen, 0);
	pthread_rwlock_unlock(&box->whole->spawning);
	return r;
}

static int thaw(sb_box *box, int dir, sb_error *err)
{
	int r = lock(box);

	if (r < 0)
		return sbi_fail(err, SB_STEP_CONTROL, 0, -r, "thawing the box: %s", strerror(-r));
	r = sbi_cgroup_freeze(dir, 0, "the box", err);
	if (r == 0)
		atomic_store(&box->whole->frozen, 0);
	pthread_rwlock_unlock(&box->whole->spawning);
	return r;
}

int sb_box_freeze(sb_box *box, int frozen, sb_error *err)
{
	int dir = sbi_box_dir(box, "sb_box_freeze", err);

	if (dir < 0)
		return dir;
	if (frozen != 0 && frozen != 1)
		return sbi_fail(err, SB_STEP_CONTROL, 0, EINVAL, "sb_box_freeze: %d is neither 0 nor 1",
				frozen);
	if (sbi_box_has_ended(box))
		return sbi_fail(err, SB_STEP_CONTROL, 0, ESRCH, "the box is gone");
	return frozen ? freeze(box, dir, err) : thaw(box, dir, err);
}

void sbi_whole_reset(sb_box *box)
{
	int dir = sbi_box_is_frozen(box) ? sbi_box_dir(box, "", NULL) : -ENOENT;

	if (dir >= 0)
		sbi_cg_write(dir, "cgroup.freeze", "0");
	atomic_store(&box->whole->frozen, 0);
	atomic_fetch_add(&box->whole->resets, 1);
}
