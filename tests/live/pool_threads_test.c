// SPDX-License-Identifier: MIT
/*
 * A pool of boxes under many threads: nothing is lost, nobody gets what another has left, who came
 * first is served.
 */
#include "pool_one.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 8
#define ROUNDS 48
#define SIZE 3

static atomic_int lent, stop, killing;

struct user {
	pthread_t thread;
	int number;
	const char *wrong;
};

static void begin_threads(uint32_t size)
{
	begin(size);
	atomic_store(&lent, 0);
	atomic_store(&stop, 0);
}

static void *borrow_many(void *arg)
{
	struct user *user = arg;

	for (int round = 0; round < ROUNDS && !user->wrong; round++) {
		sb_box *box = NULL;
		int r = sb_pool_get(pool, UINT64_MAX, &box, NULL);

		if (r < 0) {
			user->wrong = "there was no box";
			break;
		}
		if (atomic_fetch_add(&lent, 1) >= SIZE)
			user->wrong = "there are too many";
		if (!user->wrong)
			user->wrong = use(box, cfg);
		atomic_fetch_sub(&lent, 1);
		if ((round + user->number) % 16 == 0) /* three times each */
			sb_box_free(box);
		else if (sb_pool_put(pool, box, NULL) < 0)
			user->wrong = "it was not taken back";
	}
	return NULL;
}

/* What a host does beside its threads. */
static void *process_all(void *arg)
{
	struct user *user = arg;

	while (!atomic_load(&stop) && !user->wrong)
		if (is_readable(sb_pool_fd(pool), 10) && sb_pool_process(pool, NULL) < 0 &&
		    !atomic_load(&killing))
			user->wrong = "a box could not be made";
	return NULL;
}

static void start(struct user *users, int count, void *(*what)(void *))
{
	for (int i = 0; i < count; i++) {
		users[i] = (struct user){.number = i};
		fx_ok(pthread_create(&users[i].thread, NULL, what, &users[i]));
	}
}

static void join(struct user *users, int count)
{
	const char *wrong = NULL;

	for (int i = 0; i < count; i++) {
		pthread_join(users[i].thread, NULL);
		wrong = users[i].wrong ? users[i].wrong : wrong;
	}
	if (wrong)
		fail_msg("%s", wrong);
}

static void many_threads_share_few_boxes(int helpers)
{
	struct user users[THREADS], host[2];
	sb_pool_info info;

	begin_threads(SIZE);
	start(host, helpers, process_all);
	start(users, THREADS, borrow_many);
	join(users, THREADS);
	atomic_store(&stop, 1);
	join(host, helpers);
	work(pool);
	expect(pool, SIZE, 0, 0, 0);
	info = figures(pool);
	assert_int_equal(info.handed_out, THREADS * ROUNDS);
	assert_int_equal(info.waiting, 0);
	assert_int_equal(info.failed, 0);
	assert_int_equal(info.made, info.discarded + SIZE);
	assert_int_equal(info.discarded, 3 * THREADS);
	assert_int_equal(info.resets, THREADS * ROUNDS - info.discarded);
	end();
}

static void many_threads_share_few_boxes_on_demand(void **state)
{
	(void)state;
	many_threads_share_few_boxes(0);
}

static void many_threads_share_what_others_prepare(void **state)
{
	(void)state;
	many_threads_share_few_boxes(2);
}

/* Somebody, or the OOM killer, kills boxes at any moment: each get still has one. */
static void *kill_some(void *arg)
{
	pid_t pids[SIZE];
	unsigned n = 0;

	while (!atomic_load(&stop)) {
		int count = children(pids, SIZE);

		if (count > 0 && count <= SIZE)
			kill(pids[n++ % (unsigned)count], SIGKILL);
		poll(NULL, 0, 5);
	}
	(void)arg;
	return NULL;
}

static void *borrow_some(void *arg)
{
	struct user *user = arg;

	for (int round = 0; round < ROUNDS && !user->wrong; round++) {
		sb_error err = SB_INIT(sb_error);
		sb_box *box = NULL;
		const char *wrong;

		/* A box that is killed while it is made cannot be lent, in whatever step that was. */
		if (sb_pool_get(pool, UINT64_MAX, &box, &err) < 0) {
			if (!err.code || !err.message[0])
				user->wrong = "a failure has no reason";
			continue;
		}
		wrong = use(box, cfg);
		if (wrong && strstr(wrong, "left"))
			user->wrong = wrong;
		if (sb_pool_put(pool, box, NULL) < 0)
			user->wrong = "it was not taken back";
	}
	return NULL;
}

static void boxes_are_killed_all_the_time(void **state)
{
	struct user users[4], host[1], killer[1];
	sb_pool_info info;

	(void)state;
	begin_threads(SIZE);
	atomic_store(&killing, 1);
	start(host, 1, process_all);
	start(killer, 1, kill_some);
	start(users, 4, borrow_some);
	for (int i = 0; i < 4; i++)
		pthread_join(users[i].thread, NULL);
	atomic_store(&stop, 1);
	join(killer, 1);
	join(host, 1);
	atomic_store(&killing, 0);
	for (int i = 0; i < 4; i++)
		assert_null(users[i].wrong);
	while ((info = figures(pool)).ready < SIZE)
		if (is_readable(sb_pool_fd(pool), DEADLINE_MS))
			sb_pool_process(pool, NULL);
	assert_int_equal(info.made, info.discarded + SIZE);
	for (int i = 0; i < SIZE; i++) {
		sb_box *box = borrow(pool);

		is_as_new(box, cfg);
		sb_box_free(box);
	}
	end();
}

/* --- who waits -------------------------------------------------------------------------- */

static atomic_int turn;

static void *wait_for_one(void *arg)
{
	struct user *user = arg;
	sb_box *box = NULL;

	if (sb_pool_get(pool, UINT64_MAX, &box, NULL) < 0)
		user->wrong = "there was no box";
	else if (atomic_fetch_add(&turn, 1) != user->number)
		user->wrong = "somebody has overtaken";
	if (box)
		sb_pool_put(pool, box, NULL);
	return NULL;
}

static void wait_for_waiters(uint32_t count)
{
	for (int i = 0; figures(pool).waiting < count; i++) {
		assert_true(i < DEADLINE_MS);
		poll(NULL, 0, 1);
	}
}

static void who_came_first_is_served_first(void **state)
{
	sb_box *box, *none = NULL;
	struct user users[6];

	(void)state;
	begin_threads(1);
	atomic_store(&turn, 0);
	box = borrow(pool);
	for (int i = 0; i < 6; i++) {
		users[i] = (struct user){.number = i};
		fx_ok(pthread_create(&users[i].thread, NULL, wait_for_one, &users[i]));
		wait_for_waiters((uint32_t)i + 1);
	}
	/* and its place is closed again */
	assert_int_equal(sb_pool_get(pool, 1000000, &none, NULL), -EAGAIN);
	assert_int_equal(figures(pool).waiting, 6);
	give(pool, box);
	join(users, 6);
	assert_int_equal(figures(pool).handed_out, 7);
	end();
}

static void *free_one(void *arg)
{
	wait_for_waiters(1);
	sb_box_free(arg);
	return NULL;
}

static void who_waits_gets_the_place_of_a_freed_box(void **state)
{
	pthread_t thread;
	sb_box *box = NULL;

	(void)state;
	begin_threads(1);
	fx_ok(pthread_create(&thread, NULL, free_one, borrow(pool)));
	fx_ok(sb_pool_get(pool, UINT64_C(60000000000), &box, NULL));
	pthread_join(thread, NULL);
	assert_int_equal(figures(pool).made, 2);
	is_as_new(box, cfg);
	give(pool, box);
	end();
}

static void *wait_in_vain(void *arg)
{
	struct user *user = arg;
	sb_box *box = NULL;

	if (sb_pool_get(pool, UINT64_MAX, &box, NULL) != -ESHUTDOWN)
		user->wrong = "a pool that was released has lent a box";
	return NULL;
}

static void its_end_is_told_to_who_waits(void **state)
{
	struct user users[3];
	sb_box *box;

	(void)state;
	begin_threads(1);
	box = borrow(pool);
	start(users, 3, wait_in_vain);
	wait_for_waiters(3);
	sb_pool_free(pool);
	join(users, 3);
	give(pool, box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(many_threads_share_few_boxes_on_demand),
		FX_TEST(many_threads_share_what_others_prepare),
		FX_TEST(boxes_are_killed_all_the_time),
		FX_TEST(who_came_first_is_served_first),
		FX_TEST(who_waits_gets_the_place_of_a_freed_box),
		FX_TEST(its_end_is_told_to_who_waits),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
