/* SPDX-License-Identifier: MIT */
/* The pool: what is ready, who has the rest, and what happens to a namespace that comes back. */
#include "net_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "hints.h"
#include "launch.h"
#include "net_look.h"

#define MOST 4096
/*
 * What is left may only show later. Who has left a multicast group has told nobody yet (the kernel waits two
 * ticks, and the record of it would go out with those of the next user), and netlink's sockets and io_uring's
 * files end behind their processes. So a namespace rests before it is looked at.
 */
#define REST_NS UINT64_C(500000000)

struct rest {
	int netns;
	uint64_t since;
};

struct sb_netpool {
	atomic_uint refs;
	pthread_mutex_t lock;
	pid_t maker;          /* a forked process has the same descriptors, and must not lend them as well */
	uint32_t size;
	struct sbi_look fresh; /* what a new one looked like */
	int doubtful;          /* … and may look like no more */
	sb_netpool_info info;
	int *ready;            /* info.ready of them */
	struct rest *resting;  /* a ring: info.resting of them, from @first on, the oldest first */
	uint32_t first;
};

int sb_netpool_new(uint32_t size, sb_netpool **out, sb_error *err)
{
	sb_netpool *pool;

	if (!out || !size || size > MOST)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL,
				"sb_netpool_new: a place for the pool, and a size of 1 to %d", MOST);
	pool = calloc(1, sizeof(*pool) + size * (sizeof(*pool->resting) + sizeof(*pool->ready)));
	if (!pool)
		return sbi_fail(err, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory for the pool");
	atomic_init(&pool->refs, 1);
	pthread_mutex_init(&pool->lock, NULL);
	pool->maker = getpid();
	pool->size = size;
	pool->resting = (struct rest *)(pool + 1);
	pool->ready = (int *)(pool->resting + size);
	*out = pool;
	return 0;
}

struct sb_netpool *sbi_netpool_ref(struct sb_netpool *pool)
{
	atomic_fetch_add(&pool->refs, 1);
	return pool;
}

void sbi_netpool_unref(struct sb_netpool *pool)
{
	if (!pool || atomic_fetch_sub(&pool->refs, 1) != 1)
		return;
	for (uint32_t i = 0; i < pool->info.ready; i++)
		sbi_close_fd(&pool->ready[i]);
	for (uint32_t i = 0; i < pool->info.resting; i++)
		sbi_close_fd(&pool->resting[(pool->first + i) % pool->size].netns);
	sbi_look_free(&pool->fresh);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

sb_netpool *sb_netpool_free(sb_netpool *pool)
{
	sbi_netpool_unref(pool);
	return NULL;
}

int sb_netpool_look(sb_netpool *pool, sb_netpool_info *info)
{
	sb_netpool_info all;

	if (!pool || !info || !sbi_size_valid(info, sizeof(all.size)))
		return -EINVAL;
	pthread_mutex_lock(&pool->lock);
	all = pool->info;
	pthread_mutex_unlock(&pool->lock);
	all.size = sizeof(all);
	sbi_copy_out(info, &all, sizeof(all));
	return 0;
}

static int make(struct sb_netpool *pool, sb_error *err)
{
	struct sbi_look look = { 0 };
	int netns, looks, r;

	pthread_mutex_lock(&pool->lock);
	looks = !pool->fresh.len || pool->doubtful;
	pool->doubtful = 0;
	pthread_mutex_unlock(&pool->lock);
	r = sbi_look_make(&netns, looks ? &look : NULL);
	if (r < 0) {
		sbi_fail(err, SB_STEP_PREPARE, 0, -r, "a network namespace for the pool: %s", strerror(-r));
		if (r == -EPERM)
			sbi_hint(err,
				 "a pool needs CAP_SYS_ADMIN and CAP_NET_ADMIN: leave it out, each sandbox makes its own then");
		else
			sbi_hint_limits(-r, err);
		return r;
	}
	pthread_mutex_lock(&pool->lock);
	if (look.len) {
		sbi_look_free(&pool->fresh);
		pool->fresh = look;
	}
	pool->info.made++;
	pthread_mutex_unlock(&pool->lock);
	return netns;
}

/*
 * Takes over @netns, which is ready if there is room for it. The kernel takes it down in the
 * background, else.
 */
static void put(struct sb_netpool *pool, int netns, int ready)
{
	pthread_mutex_lock(&pool->lock);
	ready = ready && pool->info.ready + pool->info.resting < pool->size;
	if (ready)
		pool->ready[pool->info.ready++] = netns;
	else
		pool->info.discarded++;
	pthread_mutex_unlock(&pool->lock);
	if (!ready)
		close(netns);
}

/* The longest rested, if it has rested enough: it is the caller's. -EBADF: there is none. */
static int take_rested(struct sb_netpool *pool)
{
	int netns = -EBADF;

	pthread_mutex_lock(&pool->lock);
	if (pool->info.resting && sbi_now() - pool->resting[pool->first].since >= REST_NS) {
		netns = pool->resting[pool->first].netns;
		pool->first = (pool->first + 1) % pool->size;
		pool->info.resting--;
	}
	pthread_mutex_unlock(&pool->lock);
	return netns;
}

/*
 * What cannot be looked at is equal to nothing. After a difference the next new one is looked at: a
 * module that was loaded meanwhile adds lines to all of them.
 */
static int is_as_new(struct sb_netpool *pool, int netns)
{
	struct sbi_look look;
	int equal;

	sbi_look_take(netns, &look);
	pthread_mutex_lock(&pool->lock);
	equal = sbi_look_equal(&look, &pool->fresh);
	pool->doubtful |= !equal;
	pthread_mutex_unlock(&pool->lock);
	sbi_look_free(&look);
	return equal;
}

static void look_at_rested(struct sb_netpool *pool, uint32_t most)
{
	int netns;

	while (most-- && (netns = take_rested(pool)) >= 0)
		put(pool, netns, is_as_new(pool, netns));
}

static int is_ours(const struct sb_netpool *pool, sb_error *err)
{
	if (pool->maker == getpid())
		return 0;
	sbi_fail(err, SB_STEP_PREPARE, 0, EINVAL,
		 "the pool of network namespaces belongs to the process that has made it");
	sbi_hint(err, "make another one after fork(2)");
	return -EINVAL;
}

int sb_netpool_fill(sb_netpool *pool, uint32_t most, sb_error *err)
{
	sb_netpool_info info = SB_INIT(sb_netpool_info);
	int r, count = 0;

	if (!pool)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "sb_netpool_fill: no pool");
	r = is_ours(pool, err);
	if (r < 0)
		return r;
	look_at_rested(pool, pool->size);
	for (; (uint32_t)count < most; count++) {
		sb_netpool_look(pool, &info);
		if (info.ready + info.resting >= pool->size)
			break;
		r = make(pool, err);
		if (r < 0)
			return r;
		put(pool, r, 1);
	}
	return count;
}

int sbi_lease_take(struct sbi_lease *lease, struct sb_netpool *pool, sb_error *err)
{
	int netns = -EBADF, r = is_ours(pool, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&pool->lock);
	if (pool->info.ready)
		netns = pool->ready[--pool->info.ready];
	pthread_mutex_unlock(&pool->lock);
	while (netns < 0 && (r = take_rested(pool)) >= 0) {
		if (is_as_new(pool, r))
			netns = r;
		else
			put(pool, r, 0);
	}
	if (netns < 0)
		netns = make(pool, err);
	if (netns < 0)
		return netns;
	pthread_mutex_lock(&pool->lock);
	pool->info.lent++;
	pool->info.handed_out++;
	pthread_mutex_unlock(&pool->lock);
	*lease = (struct sbi_lease){ sbi_netpool_ref(pool), netns, 0 };
	return netns;
}

/* One comes back, one or two that have rested are looked at: it never takes long. */
void sbi_lease_end(struct sbi_lease *lease)
{
	struct sb_netpool *pool = lease->pool;
	int rests;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->info.lent--;
	rests = lease->tame && pool->info.ready + pool->info.resting < pool->size;
	if (rests)
		pool->resting[(pool->first + pool->info.resting++) % pool->size] =
			(struct rest){ lease->netns, sbi_now() };
	pthread_mutex_unlock(&pool->lock);
	if (!rests)
		put(pool, lease->netns, 0);
	look_at_rested(pool, 2);
	sbi_netpool_unref(pool);
	*lease = (struct sbi_lease){ 0 };
}
