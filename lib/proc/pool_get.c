/* SPDX-License-Identifier: MIT */
/* sb_pool_get: who is lent what, and in which order threads that wait are served. */
#include <errno.h>
#include <time.h>

#include "error.h"
#include "pool.h"

void sbi_pool_wake(sb_pool *pool)
{
	if (pool->waiters)
		pthread_cond_signal(&pool->waiters->turn);
}

/* What takes least to be lent: ready, to be reset, to be made. */
static struct sbi_seat *pick(sb_pool *pool)
{
	struct sbi_seat *seat = sbi_pool_take(pool, SBI_SEAT_READY);

	if (!seat)
		seat = sbi_pool_take(pool, SBI_SEAT_USED);
	return seat ? seat : sbi_pool_take(pool, SBI_SEAT_MISSING);
}

/* 0, or ETIMEDOUT. */
static int wait_until(sb_pool *pool, struct sbi_waiter *me, uint64_t deadline)
{
	struct timespec until = { (time_t)(deadline / 1000000000), (long)(deadline % 1000000000) };

	if (deadline == UINT64_MAX)
		return pthread_cond_wait(&me->turn, &pool->lock);
	return pthread_cond_timedwait(&me->turn, &pool->lock, &until);
}

static int queue(sb_pool *pool, struct sbi_waiter *me, uint64_t timeout_ns, struct sbi_seat **seat)
{
	uint64_t now = sbi_now(), deadline = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
	struct sbi_waiter **at = &pool->waiters;
	int late = 0;

	while (*at)
		at = &(*at)->next;
	*at = me;
	pool->info.waiting++;
	while (!pool->closed && !late) {
		late = wait_until(pool, me, deadline);
		*seat = pool->waiters == me && !pool->closed ? pick(pool) : NULL;
		if (*seat)
			break;
	}
	for (at = &pool->waiters; *at != me; at = &(*at)->next)
		;
	*at = me->next;
	pool->info.waiting--;
	sbi_pool_wake(pool); /* there may be enough for the next one, too */
	return *seat ? 0 : pool->closed ? -ESHUTDOWN : -EAGAIN;
}

/* A seat to be lent, whatever state it is in. Who comes does not overtake who waits. */
static int await_seat(sb_pool *pool, uint64_t timeout_ns, struct sbi_seat **seat)
{
	struct sbi_waiter me = { 0 };
	pthread_condattr_t monotonic;
	int r;

	if (pool->closed)
		return -ESHUTDOWN;
	*seat = pool->waiters ? NULL : pick(pool);
	if (*seat)
		return 0;
	if (!timeout_ns)
		return -EAGAIN;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&me.turn, &monotonic);
	pthread_condattr_destroy(&monotonic);
	r = queue(pool, &me, timeout_ns, seat);
	pthread_cond_destroy(&me.turn);
	return r;
}

static int get_ready(struct sbi_seat *seat, sb_error *err)
{
	int r = -1;

	seat->died |= seat->state == SBI_SEAT_READY && sbi_life_is_gone(seat->box->life);
	if (seat->state == SBI_SEAT_READY && !seat->died)
		return 0;
	if (seat->state != SBI_SEAT_MISSING)
		r = sbi_seat_reset(seat);
	return r < 0 ? sbi_seat_make(seat, err) : 0;
}

int sb_pool_get(sb_pool *pool, uint64_t timeout_ns, sb_box **out, sb_error *err)
{
	struct sbi_seat *seat;
	int r;

	if (!out)
		return sbi_fail(err, SB_STEP_BOX, 0, EINVAL, "sb_pool_get: no place for the box");
	r = sbi_pool_enter(pool, "sb_pool_get", err);
	if (r < 0)
		return r;
	r = await_seat(pool, timeout_ns, &seat);
	if (r == -EAGAIN)
		sbi_fail(err, SB_STEP_BOX, 0, EAGAIN, "all boxes of the pool are in use (%u)", pool->size);
	else if (r < 0)
		sbi_fail(err, SB_STEP_BOX, 0, -r, "the pool has been released");
	else
		r = get_ready(seat, err);
	if (r == 0) {
		*out = seat->box;
		sbi_pool_settle(seat, SBI_SEAT_LENT);
		pool->info.handed_out++;
		pool->refs++; /* of the box */
	}
	sbi_pool_leave(pool);
	return r;
}
