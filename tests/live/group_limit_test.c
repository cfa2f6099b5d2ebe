// SPDX-License-Identifier: MIT
/* What ends a group: common limits, a leader, the caller; and who waited for whom then. */
#include "group_kit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

/* Moves the group on until the process of @number is in @state, 'S' or 'R', for good. */
static void until(sb_group *group, unsigned number, char state)
{
	char path[48], text[256] = "", *at = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", sb_proc_pid(sb_group_proc(group, number)));
	for (int seen = 0; seen < 3; seen = at && at[2] == state ? seen + 1 : 0) {
		struct pollfd pause = { -1, 0, 0 };
		FILE *f = fopen(path, "re");

		assert_non_null(f);
		assert_non_null(fgets(text, sizeof(text), f));
		fclose(f);
		at = strrchr(text, ')');
		assert_int_equal(sb_group_process(group, NULL, NULL), 0);
		poll(&pause, 1, 1);
	}
}

/* "up" on its descriptor 2: what comes after that is what it waits in. */
static sb_config *telling(sb_config *cfg)
{
	fx_ok(sb_set_stream_capture(cfg, 2, 100, 0));
	return cfg;
}

static void until_up(sb_group *group, unsigned number)
{
	struct pollfd polled = { sb_group_fd(group), POLLIN, 0 };
	const void *data;
	size_t len = 0;

	while (len < 2) {
		assert_int_equal(sb_group_process(group, NULL, NULL), 0);
		fx_ok(sb_proc_output(sb_group_proc(group, number), 2, &data, &len));
		if (len < 2)
			assert_int_equal(poll(&polled, 1, 60000), 1);
	}
}

static void nobody_waits_longer_than_the_wall_time(void **state)
{
	sb_group *group = pair(fx_config("read=0"), fx_config("read=0"), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	fx_ok(sb_group_set_limit(group, SB_LIMIT_WALL, 100000000, 0));
	start(group);
	res = ended(group);
	expect(&res, SB_WALL_EXCEEDED, -1, -1);
	assert_true(res.wall_ns >= 100000000);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(result(group, i).verdict, SB_KILLED);
	sb_group_free(group);
}

static void both_listen(void **state)
{
	sb_group *group = pair(telling(fx_config("to=2:up", "read=0")),
			       telling(fx_config("to=2:up", "read=0")), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	start(group);
	for (unsigned i = 0; i < 2; i++) {
		until_up(group, i);
		until(group, i, 'S');
	}
	fx_ok(sb_group_kill(group));
	res = ended(group);
	expect(&res, SB_KILLED, -1, -1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(member(group, i).waits, SB_WAITS_INPUT);
		assert_int_equal(member(group, i).waits_for, 1 - i);
	}
	sb_group_free(group);
}

static void both_speak(void **state)
{
	sb_group *group = pair(fx_config("flood=1"), telling(fx_config("bytes=1:10", "to=2:up", "pause")), -1,
			       -1, UINT64_MAX);

	(void)state;
	start(group);
	until_up(group, 1);
	while (member(group, 0).bytes_out - member(group, 1).bytes_in < 65536 ||
	       member(group, 0).bytes_in < 10)
		assert_int_equal(sb_group_wait(group, 1000000, NULL, NULL), 0);
	until(group, 0, 'S');
	until(group, 1, 'S');
	fx_ok(sb_group_kill(group));
	ended(group);
	assert_int_equal(member(group, 0).waits, SB_WAITS_OUTPUT);
	assert_int_equal(member(group, 0).waits_for, 1);
	assert_int_equal(member(group, 1).waits, 0); /* there is something for it, and it does not want it */
	assert_int_equal(member(group, 1).bytes_out, 10);
	sb_group_free(group);
}

static void who_is_busy_does_not_wait(void **state)
{
	sb_group *group = pair(telling(fx_config("to=2:up", "spin=600000")),
			       telling(fx_config("to=2:up", "read=0")), -1, -1, UINT64_MAX);

	(void)state;
	start(group);
	until_up(group, 0);
	until_up(group, 1);
	until(group, 0, 'R');
	until(group, 1, 'S');
	fx_ok(sb_group_kill(group));
	ended(group);
	assert_int_equal(member(group, 0).waits, 0);
	assert_int_equal(member(group, 1).waits, SB_WAITS_INPUT);
	assert_int_equal(member(group, 1).waits_for, 0);
	sb_group_free(group);
}

static void too_much_over_a_wire(void **state)
{
	int said = new_file("said");
	sb_group *group = pair(fx_config("flood=1"), fx_config("drain", "pause"), said, -1, 100000);
	sb_group_result res;
	struct stat st;

	(void)state;
	start(group);
	res = ended(group);
	expect(&res, SB_OUTPUT_EXCEEDED, 0, 0);
	assert_int_equal(result(group, 0).verdict, SB_OUTPUT_EXCEEDED);
	/* It is killed, or its last words meet a pipe that nobody reads any more. */
	if (result(group, 1).verdict != SB_SIGNALED || result(group, 1).code != SIGPIPE)
		assert_int_equal(result(group, 1).verdict, SB_KILLED);
	assert_true(member(group, 1).bytes_in <= 100000);
	fx_ok(fstat(said, &st));
	assert_int_equal(st.st_size, 100000);
	close(said);
	sb_group_free(group);
}

/* Less than what three could use that have the limit each. */
static void the_sum_of_cpu_time(void **state)
{
	sb_group *group = sb_group_new();
	sb_group_result res;

	(void)state;
	for (int i = 0; i < 3; i++) {
		sb_config *cfg = fx_config("spin=60000");

		assert_int_equal(sb_group_add(group, cfg, NULL, NULL), i);
		sb_config_free(cfg);
	}
	fx_ok(sb_group_set_limit(group, SB_LIMIT_CPU, 300000000, 0));
	start(group);
	res = ended(group);
	expect(&res, SB_CPU_EXCEEDED, -1, -2); /* where starting takes long, the first may use it up alone */
	assert_true(res.cpu_ns >= 300000000);
	/* of 180 s; who looks at it may be kept from it on a busy machine */
	assert_true(res.cpu_ns < 10000000000);
	sb_group_free(group);
}

/* While the host does not look, sb-init does. */
static void a_limit_of_all_is_one_of_each(void **state)
{
	sb_config *cfg = fx_config("spin=60000");
	sb_group *group = sb_group_new();
	struct pollfd gone = { -1, POLLIN, 0 };
	sb_group_result res;

	(void)state;
	assert_int_equal(sb_group_add(group, cfg, NULL, NULL), 0);
	fx_command(cfg, "exit=0");
	assert_int_equal(sb_group_add(group, cfg, NULL, NULL), 1);
	sb_config_free(cfg);
	fx_ok(sb_group_set_limit(group, SB_LIMIT_CPU, 100000000, 0));
	start(group);
	gone.fd = sb_proc_pidfd(sb_group_proc(group, 0));
	assert_int_equal(poll(&gone, 1, 60000), 1);
	res = ended(group);
	expect(&res, SB_CPU_EXCEEDED, -1, -2);
	sb_group_free(group);
}

static void the_leader_ends_it(void **state)
{
	sb_group *group = pair(fx_config("ask=3", "exit=0"), fx_config("answer", "pause"), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	fx_ok(sb_group_set_leader(group, 0));
	start(group);
	res = ended(group);
	expect(&res, SB_EXITED, -1, 0);
	assert_int_equal(result(group, 1).verdict, SB_KILLED);
	sb_group_free(group);
}

static void killed_by_the_caller(void **state)
{
	sb_group *group = pair(fx_config("read=0"), fx_config("read=0"), -1, -1, UINT64_MAX);
	sb_group_result res = SB_INIT(sb_group_result);

	(void)state;
	assert_int_equal(sb_group_kill(group), -EINVAL);
	start(group);
	assert_int_equal(sb_group_wait(group, 1000000, &res, NULL), 0);
	fx_ok(sb_group_kill(group));
	res = ended(group);
	expect(&res, SB_KILLED, -1, -1);
	assert_int_equal(sb_group_process(group, &res, NULL), 1); /* the same again */
	expect(&res, SB_KILLED, -1, -1);
	sb_group_free(group);
	/* One of them only: that is its cause, and the other sees the end of its input. */
	group = pair(fx_config("pause"), fx_config("drain"), -1, -1, UINT64_MAX);
	start(group);
	fx_ok(sb_proc_kill(sb_group_proc(group, 0)));
	res = ended(group);
	expect(&res, SB_KILLED, 0, 0);
	sb_group_free(group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(nobody_waits_longer_than_the_wall_time),
		FX_TEST(both_listen),
		FX_TEST(both_speak),
		FX_TEST(who_is_busy_does_not_wait),
		FX_TEST(too_much_over_a_wire),
		FX_TEST(the_sum_of_cpu_time),
		FX_TEST(a_limit_of_all_is_one_of_each),
		FX_TEST(the_leader_ends_it),
		FX_TEST(killed_by_the_caller),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
