/* SPDX-License-Identifier: MIT */
/* sb_pool: its life, its seats, and boxes that come back. */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "host/hints.h"
#include "plan/plan_internal.h"

#define MOST 4096

static void release(sb_pool *pool)
{
	sbi_close_fd(&pool->epoll);
	sbi_close_fd(&pool->flag);
	sbi_close_fd(&pool->timer);
	pthread_mutex_destroy(&pool->lock);
	sb_config_free(pool->cfg);
	free(pool);
}

static int make_descriptors(sb_pool *pool, sb_error *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	int r;

	pool->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (pool->epoll >= 0)
		pool->flag = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->flag >= 0)
		pool->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pool->timer >= 0) {
		event.data.ptr = &pool->flag;
		r = epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->flag, &event);
		event.data.ptr = &pool->timer;
		if (r == 0 && epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->timer, &event) == 0)
			return 0;
	}
	r = -errno;
	sbi_fail(err, SB_STEP_BOX, 0, -r, "descriptors of the pool: %s", strerror(-r));
	sbi_hint_limits(-r, err);
	return r;
}

int sb_pool_new(const sb_config *cfg, uint32_t size, sb_pool **out, sb_error *err)
{
	sb_pool *pool;
	int r;

	if (!cfg || !out || !size || size > MOST)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL,
				"sb_pool_new: a configuration, a place for the pool, and a size of 1 to %d",
				MOST);
	r = sbi_check(cfg, SBI_COMPILE_SETUP, err);
	if (r < 0)
		return r;
	pool = calloc(1, sizeof(*pool) + size * sizeof(*pool->seats));
	if (!pool)
		return sbi_fail(err, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory for the pool");
	pthread_mutex_init(&pool->lock, NULL);
	pool->maker = getpid();
	pool->refs = 1;
	pool->size = size;
	pool->epoll = pool->flag = pool->timer = -EBADF;
	pool->why.size = sizeof(pool->why);
	pool->cfg = sb_config_copy(cfg);
	r = pool->cfg ? make_descriptors(pool, err) :
			sbi_fail(err, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory for the pool");
	if (r < 0) {
		release(pool);
		return r;
	}
	pool->counts[SBI_SEAT_MISSING] = size;
	for (uint32_t i = 0; i < size; i++) {
		pool->seats[i] = (struct sbi_seat){ .pool = pool, .state = SBI_SEAT_MISSING };
		sbi_pool_settle(&pool->seats[i], SBI_SEAT_MISSING);
	}
	*out = pool;
	return 0;
}

int sbi_pool_enter(sb_pool *pool, const char *call, sb_error *err)
{
	if (!pool)
		return sbi_fail(err, SB_STEP_BOX, 0, EINVAL, "%s: no pool given", call);
	if (pool->maker != getpid()) {
		sbi_fail(err, SB_STEP_BOX, 0, EINVAL, "%s: the pool belongs to the process that has made it",
			 call);
		sbi_hint(err, "make another one after fork(2)");
		return -EINVAL;
	}
	pthread_mutex_lock(&pool->lock);
	pool->refs++;
	return 0;
}

void sbi_pool_leave(sb_pool *pool)
{
	uint32_t left = --pool->refs;

	pthread_mutex_unlock(&pool->lock);
	if (!left)
		release(pool);
}

struct sbi_seat *sbi_seat_take(struct sbi_seat *seat)
{
	struct sb_pool *pool = seat->pool;
	struct sbi_seats *list = &pool->lists[seat->state];
	struct sbi_seat **at = &list->first, *before = NULL;

	for (; *at != seat; at = &before->next)
		before = *at;
	*at = seat->next;
	if (list->last == seat)
		list->last = before;
	seat->next = NULL;
	if (seat->state == SBI_SEAT_READY)
		epoll_ctl(pool->epoll, EPOLL_CTL_DEL, sb_box_pidfd(seat->box), NULL);
	sbi_pool_tell(pool);
	return seat;
}

struct sbi_seat *sbi_pool_take(sb_pool *pool, enum sbi_seat_state state)
{
	return pool->lists[state].first ? sbi_seat_take(pool->lists[state].first) : NULL;
}

/*
 * What is ready is a stack: the one used last is warm. The others are queues. A box that cannot be
 * watched, as memory is short, is still looked at before it is lent.
 */
void sbi_pool_settle(struct sbi_seat *seat, enum sbi_seat_state state)
{
	struct sb_pool *pool = seat->pool;
	struct sbi_seats *list = &pool->lists[state];
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = seat };

	pool->counts[seat->state]--;
	pool->counts[state]++;
	seat->state = state;
	if (state == SBI_SEAT_LENT)
		return;
	if (state == SBI_SEAT_READY)
		epoll_ctl(pool->epoll, EPOLL_CTL_ADD, sb_box_pidfd(seat->box), &event);
	if (state == SBI_SEAT_READY || !list->first) {
		seat->next = list->first;
		list->first = seat;
	} else {
		list->last->next = seat;
	}
	if (!seat->next)
		list->last = seat;
	sbi_pool_tell(pool);
	sbi_pool_wake(pool);
}

static int take_back(sb_pool *pool, sb_box *box, sb_error *err)
{
	struct sbi_seat *seat = box ? box->seat : NULL;

	if (!seat || seat->pool != pool || seat->state != SBI_SEAT_LENT)
		return sbi_fail(err, SB_STEP_BOX, 0, EINVAL,
				"sb_pool_put: the box is not one that this pool has lent");
	if (box->life->refs > 1) {
		sbi_fail(err, SB_STEP_BOX, 0, EBUSY, "sb_pool_put: there are handles of commands of the box");
		sbi_hint(err, "sb_proc_free() them first: whoever gets the box may be another thread");
		return -EBUSY;
	}
	seat->died = atomic_load(&box->life->killed_ns) || sbi_life_is_gone(box->life);
	sb_box_kill(box); /* what is left in it has no more time, and ends beside whatever comes next */
	if (pool->closed)
		sbi_seat_end(seat);
	else
		sbi_pool_settle(seat, SBI_SEAT_USED);
	pool->refs--; /* of the box */
	return 0;
}

int sb_pool_put(sb_pool *pool, sb_box *box, sb_error *err)
{
	int r = sbi_pool_enter(pool, "sb_pool_put", err);

	if (r < 0)
		return r;
	r = take_back(pool, box, err);
	sbi_pool_leave(pool);
	return r;
}

void sbi_seat_freed(struct sbi_seat *seat)
{
	struct sb_pool *pool = seat->pool;

	if (sbi_pool_enter(pool, "sb_box_free", NULL) < 0)
		return;
	seat->box = NULL;
	pool->info.discarded += !pool->closed;
	sbi_pool_settle(seat, SBI_SEAT_MISSING);
	pool->refs--; /* of the box */
	sbi_pool_leave(pool);
}

int sb_pool_look(sb_pool *pool, sb_pool_info *info)
{
	sb_pool_info all;

	if (!info || !sbi_size_valid(info, sizeof(all.size)) || sbi_pool_enter(pool, "sb_pool_look", NULL) < 0)
		return -EINVAL;
	all = pool->info;
	all.size = sizeof(all);
	all.ready = pool->counts[SBI_SEAT_READY];
	all.lent = pool->counts[SBI_SEAT_LENT];
	all.used = pool->counts[SBI_SEAT_USED];
	all.missing = pool->counts[SBI_SEAT_MISSING];
	sbi_pool_leave(pool);
	sbi_copy_out(info, &all, sizeof(all));
	return 0;
}

int sb_pool_error(sb_pool *pool, sb_error *err)
{
	sb_error why;

	if (sbi_pool_enter(pool, "sb_pool_error", err) < 0)
		return -EINVAL;
	why = pool->why;
	sbi_pool_leave(pool);
	if (!why.code)
		return -ENOENT;
	sbi_fail_as(err, &why);
	return 0;
}

/* All are killed before the first one is waited for: they end side by side. */
sb_pool *sb_pool_free(sb_pool *pool)
{
	struct sbi_seat *seat, *idle = NULL;

	if (sbi_pool_enter(pool, "sb_pool_free", NULL) < 0)
		return NULL;
	pool->closed = 1;
	for (struct sbi_waiter *waiter = pool->waiters; waiter; waiter = waiter->next)
		pthread_cond_signal(&waiter->turn);
	while ((seat = sbi_pool_take(pool, SBI_SEAT_READY)) || (seat = sbi_pool_take(pool, SBI_SEAT_USED))) {
		sb_box_kill(seat->box);
		seat->next = idle;
		idle = seat;
	}
	while ((seat = idle)) {
		idle = seat->next;
		seat->next = NULL;
		sbi_seat_end(seat);
	}
	pool->refs--; /* the caller's */
	sbi_pool_leave(pool);
	return NULL;
}
