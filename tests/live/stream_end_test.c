// SPDX-License-Identifier: MIT
/* The end of streams, however it comes: all is there, nobody is waited for, nothing is left. */
#include "stream_kit.h"
#include "box_kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "../fixture_cgroup.h"

/* All of a sandbox of its own dies with its command, so what its pipe holds is all. */
static void who_lingers_does_not_keep_us(void **state)
{
	sb_config *cfg = fx_config("linger=1", "to=1:done\n");
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "linger\ndone\n", 12);
	sb_proc_free(proc);
}

/* In a box it lives on, and writes on: it meets a pipe without a reader. */
static void who_lingers_in_a_box_does_not_keep_us_either(void **state)
{
	sb_config *cfg = fx_config("linger=0");
	sb_error err = SB_INIT(sb_error);
	sb_stream st = SB_INIT(sb_stream);
	sb_box *box = NULL;
	sb_proc *proc = NULL;

	(void)state;
	fx_ok(sb_set_stream_capture(cfg, 1, 20, SB_STREAM_DROP));
	box = open_with(cfg);
	for (int i = 0; i < 3; i++) {
		if (sb_box_spawn(box, cfg, &proc, &err) < 0)
			fail_msg("%s", err.message);
		end(proc, SB_EXITED, 0);
		output_is(proc, 1, "linger\nlinger\nlinger", 20);
		fx_ok(sb_proc_stream(proc, 1, &st));
		assert_true(st.flags & SB_STREAM_ENDED);
		sb_proc_free(proc);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

static void in_a_box_with_a_cgroup(void **state)
{
	sb_config *cfg;
	sb_box *box = NULL;
	sb_proc *proc = NULL;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("linger=1", "to=1:done\n");
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	box = open_with(cfg);
	fx_ok(sb_box_spawn(box, cfg, &proc, NULL));
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "linger\ndone\n", 12);
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Ended, still running, and killed: nothing is left of any. */
static void five_hundred_runs_leave_nothing(void **state)
{
	sb_config *cfg = fx_config("through", "read=3");
	int before, never[2];
	sb_proc *proc;

	(void)state;
	fx_ok(pipe2(never, O_CLOEXEC));
	fx_ok(sb_set_ns(cfg, SB_NS_USER | SB_NS_PID | SB_NS_MOUNT));
	fx_ok(sb_set_stream_data(cfg, 0, "abc", 3));
	fx_ok(sb_set_stream_capture(cfg, 1, 100, 0));
	fx_ok(sb_set_stream_copy(cfg, 2, never[1], never[1], 100, 0));
	fx_wait(fx_spawn(cfg), NULL);
	before = open_fds();
	for (int i = 0; i < 500; i++) {
		fx_ok(sb_set_fd(cfg, 3, i % 3 ? -1 : never[0]));
		proc = fx_spawn(cfg);
		if (i % 3)
			end(proc, SB_EXITED, 0);
		if (i % 3 == 2)
			output_is(proc, 1, "abcread=0\n", 10);
		sb_proc_free(proc);
	}
	assert_int_equal(open_fds(), before);
	sb_config_free(cfg);
	close(never[0]);
	close(never[1]);
}

static void a_spawn_that_fails_leaves_nothing(void **state)
{
	int before = open_fds();
	sb_config *cfg = fx_config("exit=0");
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;

	(void)state;
	fx_ok(sb_set_command(cfg, "/not/there", NULL));
	fx_ok(sb_set_stream_data(cfg, 0, "abc", 3));
	fx_ok(sb_set_stream_capture(cfg, 1, 100, 0));
	fx_ok(sb_set_stream_copy(cfg, 2, 1, -1, 100, 0));
	assert_int_equal(sb_spawn(cfg, &proc, NULL), -ENOENT);
	fx_ok(sb_set_stream_copy(cfg, 2, 999, -1, 100, 0));
	assert_int_equal(sb_spawn(cfg, &proc, &err), -EBADF);
	assert_string_equal(sb_step_name(err.step), "stream");
	assert_int_equal(err.index, 2);
	fx_has(err.message, "999");
	fx_has(err.hint, "sb_set_stream_copy()");
	assert_null(proc);
	sb_config_free(cfg);
	assert_int_equal(open_fds(), before);
}

#define RUNNERS 4
static sb_config *shared;
static atomic_int wrong;

static void *run_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < 40; i++) {
		sb_result res = SB_INIT(sb_result);
		const void *data = "";
		sb_proc *proc = NULL;
		size_t len = 0;

		if (sb_spawn(shared, &proc, NULL) < 0 || sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 ||
		    res.verdict != SB_EXITED || sb_proc_output(proc, 1, &data, &len) < 0 || len != 70000 ||
		    ((const char *)data)[69999] != byte_at(69999))
			atomic_fetch_add(&wrong, 1);
		sb_proc_free(proc);
	}
	return NULL;
}

static void threads_share_a_config(void **state)
{
	char *bytes = pattern(70000);
	pthread_t threads[RUNNERS];

	(void)state;
	shared = fx_config("through");
	fx_ok(sb_set_ns(shared, SB_NS_USER | SB_NS_PID | SB_NS_MOUNT));
	fx_ok(sb_set_stream_data(shared, 0, bytes, 70000));
	fx_ok(sb_set_stream_capture(shared, 1, UINT64_MAX, 0));
	for (int i = 0; i < RUNNERS; i++)
		fx_ok(pthread_create(&threads[i], NULL, run_many, NULL));
	for (int i = 0; i < RUNNERS; i++)
		pthread_join(threads[i], NULL);
	sb_config_free(shared);
	free(bytes);
	assert_int_equal(atomic_load(&wrong), 0);
}

#define MANY 50
static void fifty_in_one_epoll(void **state)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), left = MANY;
	sb_config *cfg = fx_config("bytes=1:150000", "bytes=2:10");
	char *bytes = pattern(150000);
	sb_proc *procs[MANY];

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_USER | SB_NS_PID | SB_NS_MOUNT));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	fx_ok(sb_set_stream_capture(cfg, 2, UINT64_MAX, 0));
	for (uint32_t i = 0; i < MANY; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = i } };

		procs[i] = fx_spawn(cfg);
		fx_ok(epoll_ctl(epoll, EPOLL_CTL_ADD, sb_proc_fd(procs[i]), &event));
	}
	sb_config_free(cfg);
	while (left) {
		struct epoll_event events[8];
		int n = epoll_wait(epoll, events, 8, 60000);

		assert_true(n > 0);
		for (int k = 0; k < n; k++) {
			sb_proc *proc = procs[events[k].data.u32];

			if (sb_proc_process(proc, NULL, NULL) != 1)
				continue;
			output_is(proc, 1, bytes, 150000);
			output_is(proc, 2, bytes, 10);
			procs[events[k].data.u32] = sb_proc_free(proc);
			left--;
		}
	}
	close(epoll);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(who_lingers_does_not_keep_us),
		FX_TEST(who_lingers_in_a_box_does_not_keep_us_either),
		FX_TEST(in_a_box_with_a_cgroup),
		FX_TEST(five_hundred_runs_leave_nothing),
		FX_TEST(a_spawn_that_fails_leaves_nothing),
		FX_TEST(threads_share_a_config),
		FX_TEST(fifty_in_one_epoll),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
