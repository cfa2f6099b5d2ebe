// SPDX-License-Identifier: MIT
/* Commands that talk to each other: what was said, who was first, and what becomes of the other. */
#include "group_kit.h"
#include "box_kit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

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
			assert_int_equal(sb_group_wire(group, (unsigned)i - 1, 1, (unsigned)i, 0, -1, 300000,
						       NULL),
					 i - 1);
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

/* The reader sees the end, the writer EPIPE; the first one's cause counts, not the signal that came of it. */
static void one_dies_first(void **state)
{
	sb_group *group =
		pair(fx_config("read=0", "exit=3"), fx_config("to=1:x", "flood=1"), -1, -1, UINT64_MAX);
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
	struct pollfd polled = { -1, POLLIN, 0 };

	(void)state;
	for (int wired = 0; wired < 2; wired++) {
		sb_config *ends = fx_config("exit=0"), *stays = fx_config("pause");
		sb_group *group = sb_group_new();
		int n = 0;

		assert_int_equal(sb_group_add(group, ends, NULL, NULL), 0);
		assert_int_equal(sb_group_add(group, stays, NULL, NULL), 1);
		if (wired)
			assert_int_equal(sb_group_wire(group, 0, 1, 1, 0, -1, UINT64_MAX, NULL), 0);
		sb_config_free(ends);
		sb_config_free(stays);
		start(group);
		assert_int_equal(sb_proc_wait(sb_group_proc(group, 0), UINT64_MAX, NULL, NULL), 1);
		polled.fd = sb_group_fd(group);
		for (; n < 1000 && poll(&polled, 1, 20) == 1; n++)
			assert_int_equal(sb_group_process(group, NULL, NULL), 0);
		assert_true(n < 1000);
		sb_group_free(group);
	}
}

static void in_a_box(void **state)
{
	sb_config *a = fx_config("ask=10"), *b = fx_config("answer");
	sb_group *group = sb_group_new();
	sb_box *box = NULL;
	sb_group_result res;

	(void)state;
	box = open_with(a);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_thousand_questions),
		FX_TEST(a_line_of_five),
		FX_TEST(one_dies_first),
		FX_TEST(a_reader_that_goes_is_noticed),
		FX_TEST(polled_from_outside),
		FX_TEST(it_rests_when_there_is_nothing_to_do),
		FX_TEST(in_a_box),
		FX_TEST(all_or_none),
		FX_TEST(what_cannot_be),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
