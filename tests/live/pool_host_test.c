// SPDX-License-Identifier: MIT
/*
 * A host that lives with a pool: by one descriptor in an epoll of its own, through failures, for
 * many cycles.
 */
#include "../fixture_cgroup.h"
#include "pool_one.h"

#include <sys/epoll.h>
#include <time.h>

#define JOBS 40
#define PLACES 3

struct job {
	sb_box *box;
	sb_proc *proc;
};

/* By itself, but 0.1, 0.2 and 0.4 seconds later: never sooner, so a slow machine does not matter. */
static void after_a_failure_it_rests_longer_each_time(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct timespec begin_at, end_at;
	int failures = 0, r;

	(void)state;
	cfg = leaving();
	fx_ok(sb_add_bind(cfg, fx_path("late"), "/late", 0));
	pool = new_pool(cfg, 1);
	clock_gettime(CLOCK_MONOTONIC, &begin_at);
	assert_int_equal(sb_pool_process(pool, &err), -ENOENT);
	while (failures < 3) {
		assert_true(is_readable(sb_pool_fd(pool), DEADLINE_MS));
		r = sb_pool_process(pool, &err);
		assert_int_equal(r, -ENOENT);
		failures++;
	}
	clock_gettime(CLOCK_MONOTONIC, &end_at);
	assert_true((end_at.tv_sec - begin_at.tv_sec) * 1000 + (end_at.tv_nsec - begin_at.tv_nsec) / 1000000 +
			    1 >=
		    700);
	fx_mkdir("late");
	assert_true(is_readable(sb_pool_fd(pool), DEADLINE_MS));
	assert_int_equal(work(pool), 1);
	expect(pool, 1, 0, 0, 0);
	assert_false(is_readable(sb_pool_fd(pool), 0));
	end();
}

static void add(int epoll, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	assert_true(fd >= 0);
	fx_ok(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

/* As many jobs as there are boxes. */
static int start_jobs(int epoll, struct job *jobs, int waiting)
{
	sb_error err = SB_INIT(sb_error);
	int i;

	for (i = 0; waiting && i < PLACES; i++) {
		if (jobs[i].box)
			continue;
		assert_true(figures(pool).lent < PLACES);
		jobs[i].box = borrow(pool);
		if (sb_box_spawn(jobs[i].box, cfg, &jobs[i].proc, &err) < 0)
			fail_msg("%s", err.message);
		add(epoll, sb_proc_fd(jobs[i].proc), &jobs[i]);
		waiting--;
	}
	return waiting;
}

static int end_job(struct job *job)
{
	sb_result res = SB_INIT(sb_result);

	if (sb_proc_process(job->proc, &res, NULL) == 0)
		return 0;
	assert_int_equal(res.verdict, SB_EXITED);
	job->proc = sb_proc_free(job->proc);
	give(pool, job->box);
	job->box = NULL;
	return 1;
}

static void one_thread_and_one_epoll_are_enough(void **state)
{
	int epoll, waiting = JOBS, done = 0, for_nothing = 0, r;
	struct job jobs[PLACES] = {{NULL, NULL}};
	sb_error err = SB_INIT(sb_error);

	(void)state;
	begin(PLACES);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	add(epoll, sb_pool_fd(pool), pool);
	while (done < JOBS || figures(pool).ready < PLACES) {
		struct epoll_event event;

		if (done < JOBS)
			waiting = start_jobs(epoll, jobs, waiting);
		assert_int_equal(epoll_wait(epoll, &event, 1, DEADLINE_MS), 1);
		if (event.data.ptr != pool) {
			done += end_job(event.data.ptr);
			continue;
		}
		r = sb_pool_process(pool, &err);
		assert_true(r >= 0);
		for_nothing += r == 0;
	}
	close(epoll);
	assert_int_equal(for_nothing, 0);
	assert_int_equal(figures(pool).made, PLACES);
	assert_int_equal(figures(pool).handed_out, JOBS);
	assert_int_equal(figures(pool).resets, JOBS);
	end();
}

/* With each reset the namespace goes back, and another is taken. */
static void its_boxes_have_their_networks_out_of_a_netpool(void **state)
{
	sb_netpool_info info = SB_INIT(sb_netpool_info);
	sb_netpool *netpool = NULL;

	(void)state;
	fx_ok(sb_netpool_new(4, &netpool, NULL));
	cfg = leaving();
	fx_ok(sb_set_netpool(cfg, netpool));
	pool = new_pool(cfg, 1);
	for (int i = 0; i < 6; i++) {
		sb_box *box = borrow(pool);

		is_as_new(box, cfg);
		give(pool, box);
		work(pool);
		fx_ok(sb_netpool_look(netpool, &info));
		assert_int_equal(info.lent, 1);
		assert_int_equal(info.handed_out, i + 2);
	}
	sb_pool_free(pool);
	fx_ok(sb_netpool_look(netpool, &info));
	assert_int_equal(info.lent, 0);
	assert_int_equal(info.made, info.ready + info.resting + info.discarded);
	assert_true(info.ready + info.resting > 0);
	sb_netpool_free(netpool);
	sb_config_free(cfg);
}

static void many_cycles_leave_nothing(void **state)
{
	int open = 0, cycles = fx_emulated() ? 50 : 500;

	(void)state;
	begin(2);
	for (int i = 0; i < cycles; i++) {
		sb_box *box = borrow(pool);

		is_as_new(box, cfg);
		give(pool, box);
		if (i % 2)
			work(pool);
		if (i == 1)
			open = descriptors();
	}
	assert_int_equal(descriptors(), open);
	assert_int_equal(figures(pool).made, 2);
	assert_int_equal(figures(pool).discarded, 0);
	assert_int_equal(children(NULL, 0), 2);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(after_a_failure_it_rests_longer_each_time),
		FX_TEST(one_thread_and_one_epoll_are_enough),
		FX_TEST_IF("privilege", its_boxes_have_their_networks_out_of_a_netpool),
		FX_TEST(many_cycles_leave_nothing),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
