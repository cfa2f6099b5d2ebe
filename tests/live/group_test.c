// SPDX-License-Identifier: MIT
/* Commands that talk to each other: what was said, who waited for whom, who was first, and common limits. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../fixture_cgroup.h"

/* Two of them, 1 of each to 0 of the other. */
static sb_group *pair(sb_config *a, sb_config *b, int transcript_a, int transcript_b, uint64_t limit)
{
	sb_error err = SB_INIT(sb_error);
	sb_group *group = sb_group_new();

	assert_non_null(group);
	assert_int_equal(sb_group_add(group, a, NULL, &err), 0);
	assert_int_equal(sb_group_add(group, b, NULL, &err), 1);
	assert_int_equal(sb_group_wire(group, 0, 1, 1, 0, transcript_a, limit, &err), 0);
	assert_int_equal(sb_group_wire(group, 1, 1, 0, 0, transcript_b, UINT64_MAX, &err), 1);
	sb_config_free(a);
	sb_config_free(b);
	return group;
}

static void start(sb_group *group)
{
	sb_error err = SB_INIT(sb_error);

	if (sb_group_start(group, &err) < 0)
		fail_msg("%s [%s]", err.message, sb_step_name(err.step));
}

static sb_group_result ended(sb_group *group)
{
	sb_group_result res = SB_INIT(sb_group_result);

	assert_int_equal(sb_group_wait(group, UINT64_MAX, &res, NULL), 1);
	return res;
}

static void expect(const sb_group_result *res, int verdict, int member, int first)
{
	if (res->verdict != verdict || res->member != member || (first != -2 && res->first != first))
		fail_msg("verdict %d of %d, first %d; expected %d of %d, first %d", res->verdict, res->member,
			 res->first, verdict, member, first);
}

static sb_member member(sb_group *group, unsigned number)
{
	sb_member info = SB_INIT(sb_member);

	fx_ok(sb_group_member(group, number, &info));
	return info;
}

static sb_result result(sb_group *group, unsigned number)
{
	sb_result res = SB_INIT(sb_result);

	assert_int_equal(sb_proc_wait(sb_group_proc(group, number), UINT64_MAX, &res, NULL), 1);
	return res;
}

static int new_file(const char *name)
{
	int fd = open(fx_write(name, ""), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void a_thousand_questions(void **state)
{
	int said[2] = { new_file("asked"), new_file("answered") };
	sb_group *group = pair(fx_config("ask=1000"), fx_config("answer"), said[0], said[1], UINT64_MAX);
	sb_group_result res;
	size_t len[2] = { 0, 0 };
	static char text[2][16384], expected[2][16384];

	(void)state;
	start(group);
	res = ended(group);
	expect(&res, SB_EXITED, -1, 0);
	assert_true(res.wall_ns > 0 && res.cpu_ns > 0);
	for (int i = 1; i <= 1000; i++)
		for (int k = 0; k < 2; k++)
			len[k] += (size_t)sprintf(expected[k] + len[k], "%d\n", (k + 1) * i);
	for (int k = 0; k < 2; k++) {
		assert_int_equal(pread(said[k], text[k], sizeof(text[k]), 0), len[k]);
		assert_string_equal(text[k], expected[k]);
		close(said[k]);
	}
	assert_int_equal(member(group, 0).bytes_out, len[0]);
	assert_int_equal(member(group, 0).bytes_in, len[1]);
	assert_int_equal(member(group, 1).bytes_out, len[1]);
	assert_int_equal(member(group, 1).bytes_in, len[0]);
	assert_int_equal(member(group, 0).order, 1);
	assert_int_equal(member(group, 1).order, 2);
	assert_int_equal(member(group, 1).waits, 0);
	sb_group_free(group);
}

static void a_line_of_five(void **state)
{
	sb_group *group = sb_group_new();
	sb_group_result res;
	const void *data;
	size_t len;

	(void)state;
	for (int i = 0; i < 5; i++) {
		sb_config *cfg = i ? fx_config("through") : fx_config("bytes=1:300000");

		if (i == 4)
			fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
		assert_int_equal(sb_group_add(group, cfg, NULL, NULL), i);
		if (i)
			assert_int_equal(sb_group_wire(group, (unsigned)i - 1, 1, (unsigned)i, 0, -1, 300000, NULL), i - 1);
		sb_config_free(cfg);
	}
	start(group);
	res = ended(group);
	expect(&res, SB_EXITED, -1, 0);
	fx_ok(sb_proc_output(sb_group_proc(group, 4), 1, &data, &len));
	assert_int_equal(len, 300000);
	assert_int_equal(member(group, 4).order, 5);
	sb_group_free(group);
}

static void both_listen(void **state)
{
	sb_group *group = pair(fx_config("read=0"), fx_config("read=0"), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	fx_ok(sb_group_set_limit(group, SB_LIMIT_WALL, 200000000, 0));
	start(group);
	res = ended(group);
	expect(&res, SB_WALL_EXCEEDED, -1, -1);
	assert_true(res.wall_ns >= 200000000);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(member(group, i).waits, SB_WAITS_INPUT);
		assert_int_equal(member(group, i).waits_for, 1 - i);
		assert_int_equal(result(group, i).verdict, SB_KILLED);
	}
	sb_group_free(group);
}

static void both_speak(void **state)
{
	sb_group *group = pair(fx_config("flood=1"), fx_config("bytes=1:10", "pause"), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	fx_ok(sb_group_set_limit(group, SB_LIMIT_WALL, 500000000, 0));
	start(group);
	res = ended(group);
	expect(&res, SB_WALL_EXCEEDED, -1, -1);
	assert_int_equal(member(group, 0).waits, SB_WAITS_OUTPUT);
	assert_int_equal(member(group, 0).waits_for, 1);
	assert_int_equal(member(group, 1).waits, 0); /* there is something for it, and it does not want it */
	assert_int_equal(member(group, 1).bytes_out, 10);
	sb_group_free(group);
}

static void who_is_busy_does_not_wait(void **state)
{
	sb_group *group = pair(fx_config("spin=60000"), fx_config("read=0"), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	fx_ok(sb_group_set_limit(group, SB_LIMIT_WALL, 200000000, 0));
	start(group);
	res = ended(group);
	expect(&res, SB_WALL_EXCEEDED, -1, -1);
	assert_int_equal(member(group, 0).waits, 0);
	assert_int_equal(member(group, 1).waits, SB_WAITS_INPUT);
	assert_int_equal(member(group, 1).waits_for, 0);
	sb_group_free(group);
}

/* The reader sees the end, the writer EPIPE; the first one's cause counts, not the signal that came of it. */
static void one_dies_first(void **state)
{
	sb_group *group = pair(fx_config("read=0", "exit=3"), fx_config("to=1:x", "flood=1"), -1, -1, UINT64_MAX);
	sb_group_result res;

	(void)state;
	start(group);
	res = ended(group);
	expect(&res, SB_EXITED, 0, 0);
	assert_int_equal(result(group, 1).verdict, SB_SIGNALED);
	assert_int_equal(result(group, 1).code, SIGPIPE);
	sb_group_free(group);

	/* It ended well, so that the other could not go on is the other's. */
	group = pair(fx_config("read=0", "exit=0"), fx_config("to=1:x", "flood=1"), -1, -1, UINT64_MAX);
	start(group);
	res = ended(group);
	expect(&res, SB_SIGNALED, 1, 0);
	sb_group_free(group);

	group = pair(fx_config("signal=11"), fx_config("drain", "exit=0"), -1, -1, UINT64_MAX);
	start(group);
	res = ended(group);
	expect(&res, SB_SIGNALED, 0, 0);
	sb_group_free(group);
}

/* A writer that is told of EPIPE by nothing but the end of its reader. */
static void a_reader_that_goes_is_noticed(void **state)
{
	sb_config *a = fx_config("epipe=1", "exit=0"), *b = fx_config("exit=0");
	sb_group *group;
	sb_group_result res;
	const void *data;
	size_t len;

	(void)state;
	fx_ok(sb_set_stream_capture(a, 2, 100, 0));
	group = pair(a, b, -1, -1, UINT64_MAX);
	start(group);
	res = ended(group);
	expect(&res, SB_EXITED, -1, 1);
	fx_ok(sb_proc_output(sb_group_proc(group, 0), 2, &data, &len));
	assert_int_equal(len, 12);
	assert_memory_equal(data, "epipe=EPIPE\n", 12);
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
	assert_int_equal(result(group, 1).verdict, SB_KILLED);
	assert_true(member(group, 1).bytes_in <= 100000);
	fx_ok(fstat(said, &st));
	assert_int_equal(st.st_size, 100000);
	close(said);
	sb_group_free(group);
}

/* None of the three uses more than the limit. */
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
	expect(&res, SB_CPU_EXCEEDED, -1, -1);
	assert_true(res.cpu_ns >= 300000000);
	for (unsigned i = 0; i < 3; i++) {
		sb_result one = result(group, i);

		assert_true(one.user_ns + one.system_ns < 300000000);
	}
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
	expect(&res, SB_CPU_EXCEEDED, -1, 1);
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

static void polled_from_outside(void **state)
{
	sb_group *group = pair(fx_config("ask=50"), fx_config("answer"), -1, -1, UINT64_MAX);
	sb_group_result res = SB_INIT(sb_group_result);
	struct pollfd polled = { -1, POLLIN, 0 };
	int r = 0;

	(void)state;
	assert_int_equal(sb_group_fd(group), -EINVAL);
	start(group);
	polled.fd = sb_group_fd(group);
	while (r == 0) {
		assert_int_equal(poll(&polled, 1, 60000), 1);
		r = sb_group_process(group, &res, NULL);
	}
	assert_int_equal(r, 1);
	expect(&res, SB_EXITED, -1, 0);
	sb_group_free(group);
}

/* The end of one must not keep the descriptor readable while the other runs. */
static void it_rests_when_there_is_nothing_to_do(void **state)
{
	sb_group *group = pair(fx_config("exit=0"), fx_config("pause"), -1, -1, UINT64_MAX);
	struct pollfd polled = { -1, POLLIN, 0 };
	int n;

	(void)state;
	start(group);
	assert_int_equal(sb_proc_wait(sb_group_proc(group, 0), UINT64_MAX, NULL, NULL), 1);
	polled.fd = sb_group_fd(group);
	for (n = 0; n < 1000 && poll(&polled, 1, 20) == 1; n++)
		assert_int_equal(sb_group_process(group, NULL, NULL), 0);
	assert_true(n < 1000);
	sb_group_free(group);
}

static void in_a_box(void **state)
{
	sb_config *a = fx_config("ask=10"), *b = fx_config("answer");
	sb_group *group = sb_group_new();
	sb_box *box = NULL;
	sb_group_result res;

	(void)state;
	fx_ok(sb_box_open(a, &box, NULL));
	assert_int_equal(sb_group_add(group, a, box, NULL), 0);
	assert_int_equal(sb_group_add(group, b, box, NULL), 1);
	assert_int_equal(sb_group_wire(group, 0, 1, 1, 0, -1, UINT64_MAX, NULL), 0);
	assert_int_equal(sb_group_wire(group, 1, 1, 0, 0, -1, UINT64_MAX, NULL), 1);
	start(group);
	res = ended(group);
	expect(&res, SB_EXITED, -1, 0);
	sb_group_free(group);
	sb_box_free(box);
	sb_config_free(a);
	sb_config_free(b);
}

static void all_or_none(void **state)
{
	sb_config *a = fx_config("read=0"), *b = fx_config("read=0");
	sb_error err = SB_INIT(sb_error);
	sb_group *group;

	(void)state;
	fx_ok(sb_set_command(b, "/not/there", NULL));
	group = pair(a, b, -1, -1, UINT64_MAX);
	assert_int_equal(sb_group_start(group, &err), -ENOENT);
	assert_null(sb_group_proc(group, 0));
	assert_int_equal(sb_group_process(group, NULL, NULL), -EINVAL);
	sb_group_free(group);
	group = pair(fx_config("exit=0"), fx_config("exit=0"), 999, -1, UINT64_MAX);
	assert_int_equal(sb_group_start(group, &err), -EBADF);
	sb_group_free(group);
}

static void what_cannot_be(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_error err = SB_INIT(sb_error);
	sb_group *group = sb_group_new();
	sb_member info = SB_INIT(sb_member);

	(void)state;
	assert_int_equal(sb_group_start(group, &err), -EINVAL);
	assert_int_equal(sb_group_add(NULL, cfg, NULL, &err), -EINVAL);
	assert_int_equal(sb_group_add(group, NULL, NULL, &err), -EINVAL);
	for (int i = 0; i < SB_GROUP_MAX; i++)
		assert_int_equal(sb_group_add(group, cfg, NULL, &err), i);
	assert_int_equal(sb_group_add(group, cfg, NULL, &err), -E2BIG);
	assert_int_equal(sb_group_wire(group, 0, 1, 64, 0, -1, 0, &err), -EINVAL);
	fx_has(err.message, "member 64");
	assert_int_equal(sb_group_wire(group, 0, -1, 1, 0, -1, 0, &err), -EINVAL);
	assert_int_equal(sb_group_wire(group, 0, 1, 1, 1024, -1, 0, &err), -EINVAL);
	assert_int_equal(sb_group_wire(group, 0, 1, 1, 0, -2, 0, &err), -EINVAL);
	assert_int_equal(sb_group_wire(group, 0, 1, 0, 1, -1, 0, &err), -EEXIST);
	assert_int_equal(sb_group_wire(group, 0, 1, 1, 0, -1, 0, &err), 0);
	assert_int_equal(sb_group_wire(group, 0, 1, 2, 0, -1, 0, &err), -EEXIST);
	assert_int_equal(sb_group_wire(group, 2, 1, 1, 0, -1, 0, &err), -EEXIST);
	assert_int_equal(sb_group_set_limit(group, SB_LIMIT_MEMORY, 1, 0), -EINVAL);
	assert_int_equal(sb_group_set_limit(group, SB_LIMIT_CPU, 0, 0), -EINVAL);
	assert_int_equal(sb_group_set_limit(group, SB_LIMIT_CPU, UINT64_MAX - 1, 5), -EINVAL);
	assert_int_equal(sb_group_set_limit(NULL, SB_LIMIT_CPU, 1, 0), -EINVAL);
	assert_int_equal(sb_group_set_leader(group, 64), -EINVAL);
	assert_int_equal(sb_group_member(group, 64, &info), -EINVAL);
	assert_int_equal(sb_group_member(group, 0, NULL), -EINVAL);
	assert_null(sb_group_proc(group, 0));
	assert_null(sb_group_proc(group, 64));
	assert_int_equal(sb_group_wait(NULL, 0, NULL, &err), -EINVAL);
	assert_null(sb_group_free(NULL));
	sb_group_free(group);
	group = sb_group_new();
	sb_group_add(group, cfg, NULL, NULL);
	start(group);
	assert_int_equal(sb_group_start(group, &err), -EBUSY);
	assert_int_equal(sb_group_add(group, cfg, NULL, &err), -EBUSY);
	assert_int_equal(sb_group_wire(group, 0, 1, 0, 0, -1, 0, &err), -EBUSY);
	assert_int_equal(sb_group_set_limit(group, SB_LIMIT_CPU, 1, 0), -EBUSY);
	assert_int_equal(sb_group_set_leader(group, 0), -EBUSY);
	sb_group_free(group);
	sb_config_free(cfg);
}

#define MANY 50
static void the_first_of_fifty(void **state)
{
	sb_proc *procs[MANY];
	int in[MANY][2], left = MANY;
	sb_result res = SB_INIT(sb_result);
	size_t index = 99;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		char word[16];
		sb_config *cfg;

		snprintf(word, sizeof(word), "exit=%d", i);
		cfg = fx_config("bytes=1:100000", "read=0", word);
		fx_ok(sb_set_ns(cfg, SB_NS_USER | SB_NS_PID | SB_NS_MOUNT));
		fx_ok(pipe2(in[i], O_CLOEXEC));
		fx_ok(sb_set_fd(cfg, 0, in[i][0]));
		fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
		procs[i] = fx_spawn(cfg);
		sb_config_free(cfg);
		close(in[i][0]);
	}
	assert_int_equal(sb_wait_any(procs, MANY, 0, &index, &res, NULL), 0);
	assert_int_equal(index, 99);
	for (int i = 17; left; i = (i + 7) % MANY) {
		close(in[i][1]);
		assert_int_equal(sb_wait_any(procs, MANY, UINT64_MAX, &index, &res, NULL), 1);
		assert_int_equal(index, i);
		assert_int_equal(res.code, i);
		assert_int_equal(sb_wait_any(procs, MANY, UINT64_MAX, &index, &res, NULL), 1);
		assert_int_equal(index, i); /* told of at every call */
		procs[i] = sb_proc_free(procs[i]);
		left--;
	}
	assert_int_equal(sb_wait_any(procs, MANY, UINT64_MAX, &index, &res, NULL), -ECHILD);
	assert_int_equal(sb_wait_any(procs, 0, UINT64_MAX, &index, &res, NULL), -ECHILD);
	assert_int_equal(sb_wait_any(procs, 1025, UINT64_MAX, &index, &res, NULL), -EINVAL);
	assert_int_equal(sb_wait_any(NULL, 1, UINT64_MAX, &index, &res, NULL), -EINVAL);
	assert_int_equal(sb_wait_any(procs, 1, UINT64_MAX, NULL, &res, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_thousand_questions),
		FX_TEST(a_line_of_five),
		FX_TEST(both_listen),
		FX_TEST(both_speak),
		FX_TEST(who_is_busy_does_not_wait),
		FX_TEST(one_dies_first),
		FX_TEST(a_reader_that_goes_is_noticed),
		FX_TEST(too_much_over_a_wire),
		FX_TEST(the_sum_of_cpu_time),
		FX_TEST(a_limit_of_all_is_one_of_each),
		FX_TEST(the_leader_ends_it),
		FX_TEST(killed_by_the_caller),
		FX_TEST(polled_from_outside),
		FX_TEST(it_rests_when_there_is_nothing_to_do),
		FX_TEST(in_a_box),
		FX_TEST(all_or_none),
		FX_TEST(what_cannot_be),
		FX_TEST(the_first_of_fifty),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
