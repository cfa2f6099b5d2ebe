/* SPDX-License-Identifier: MIT */
/* Work on the boxes of a pool: made, reset, replaced; and the descriptor that says that there is some. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "error.h"
#include "pool.h"

/* What failed once will most likely fail again at once: a full table, a limit, a directory that is gone. */
#define FIRST_REST_NS UINT64_C(100000000)
#define LONGEST_REST_NS UINT64_C(10000000000)

void sbi_pool_tell(sb_pool *pool)
{
	int work = !pool->closed && (pool->lists[SBI_SEAT_USED].first ||
				     (pool->lists[SBI_SEAT_MISSING].first && !pool->resting));
	uint64_t count = 1;
	ssize_t n;

	if (work == pool->flagged)
		return;
	n = work ? write(pool->flag, &count, sizeof(count)) : read(pool->flag, &count, sizeof(count));
	if (n == sizeof(count))
		pool->flagged = work;
}

/* @ns 0: the rest is over. */
static void set_timer(sb_pool *pool, uint64_t ns)
{
	struct itimerspec timer = { .it_value = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) } };

	if (pool->resting || ns)
		timerfd_settime(pool->timer, 0, &timer, NULL); /* and it is not readable any more */
	pool->resting = ns != 0;
}

static void rest(sb_pool *pool)
{
	uint64_t longer = 2 * pool->rest_ns;

	if (pool->resting)
		return;
	pool->rest_ns = longer < FIRST_REST_NS     ? FIRST_REST_NS
			: longer > LONGEST_REST_NS ? LONGEST_REST_NS
						   : longer;
	set_timer(pool, pool->rest_ns);
}

int sbi_seat_make(struct sbi_seat *seat, sb_error *err)
{
	sb_error why = SB_INIT(sb_error);
	sb_pool *pool = seat->pool;
	int r;

	pthread_mutex_unlock(&pool->lock);
	r = sb_box_open(pool->cfg, &seat->box, &why);
	if (r == 0)
		seat->box->seat = seat;
	pthread_mutex_lock(&pool->lock);
	if (r < 0) {
		pool->why = why;
		pool->info.failed++;
		rest(pool);
		sbi_pool_settle(seat, SBI_SEAT_MISSING);
		return sbi_fail_as(err, &why);
	}
	pool->info.made++;
	pool->rest_ns = 0;
	set_timer(pool, 0);
	sbi_pool_tell(pool);
	return 0;
}

void sbi_seat_end(struct sbi_seat *seat)
{
	sb_pool *pool = seat->pool;

	pthread_mutex_unlock(&pool->lock);
	sbi_box_close(seat->box);
	pthread_mutex_lock(&pool->lock);
	seat->box = NULL;
	sbi_pool_settle(seat, SBI_SEAT_MISSING);
}

int sbi_seat_reset(struct sbi_seat *seat)
{
	sb_error why = SB_INIT(sb_error);
	sb_pool *pool = seat->pool;
	int r;

	pthread_mutex_unlock(&pool->lock);
	if (seat->died)
		r = sbi_fail(&why, SB_STEP_BOX, 0, ESRCH, "a box of the pool has died");
	else
		r = sb_box_reset(seat->box, &why);
	if (r < 0)
		sbi_box_close(seat->box);
	pthread_mutex_lock(&pool->lock);
	seat->died = 0;
	if (r == 0) {
		pool->info.resets++;
		return 0;
	}
	seat->box = NULL;
	pool->why = why;
	pool->info.discarded++;
	return r;
}

/* A box that has died while it was ready goes the way of those that came back. */
static void take_news(sb_pool *pool)
{
	struct epoll_event events[16];
	int count = epoll_wait(pool->epoll, events, 16, 0);

	for (int i = 0; i < count; i++) {
		struct sbi_seat *seat = events[i].data.ptr;

		if (events[i].data.ptr == &pool->timer) {
			set_timer(pool, 0);
		} else if (events[i].data.ptr != &pool->flag) {
			sbi_seat_take(seat)->died = 1;
			sbi_pool_settle(seat, SBI_SEAT_USED);
		}
	}
}

/* The lock is held. */
static int work(sb_pool *pool, sb_error *err)
{
	struct sbi_seat *seat;
	int r;

	if (pool->closed)
		return sbi_fail(err, SB_STEP_BOX, 0, ESHUTDOWN, "the pool has been released");
	take_news(pool);
	seat = sbi_pool_take(pool, SBI_SEAT_USED);
	if (seat) {
		r = sbi_seat_reset(seat);
		sbi_pool_settle(seat, r < 0 ? SBI_SEAT_MISSING : SBI_SEAT_READY);
	} else {
		seat = pool->resting ? NULL : sbi_pool_take(pool, SBI_SEAT_MISSING);
		if (!seat)
			return 0;
		r = sbi_seat_make(seat, err);
		if (r < 0)
			return r;
		sbi_pool_settle(seat, SBI_SEAT_READY);
	}
	return 1;
}

int sb_pool_process(sb_pool *pool, sb_error *err)
{
	int r = sbi_pool_enter(pool, "sb_pool_process", err);

	if (r < 0)
		return r;
	r = work(pool, err);
	sbi_pool_leave(pool);
	return r;
}

int sb_pool_fd(const sb_pool *pool)
{
	return pool ? pool->epoll : -EINVAL;
}
