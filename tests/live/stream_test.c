// SPDX-License-Identifier: MIT
/* What a command reads from memory, and what it writes into memory: exact to the byte, without a deadlock. */
#include "stream_kit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

static void bytes_both_ways(size_t len)
{
	char *bytes = pattern(len);
	sb_config *cfg = fx_config("through");
	sb_proc *proc;

	fx_ok(sb_set_stream_data(cfg, 0, bytes, len));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, bytes, len);
	stream_is(proc, 1, SB_STREAM_ENDED, len, len, 0);
	sb_proc_free(proc);
	free(bytes);
}

static void bytes_go_in_and_come_out(void **state)
{
	(void)state;
	bytes_both_ways(0);
	bytes_both_ways(1);
	bytes_both_ways(4096);
	bytes_both_ways(65537);
	bytes_both_ways(300000);
	bytes_both_ways(10000000);
}

static void only_what_is_carried_is_known(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_stream st = SB_INIT(sb_stream);
	const void *data;
	sb_proc *proc;
	size_t len;

	(void)state;
	fx_ok(sb_set_stream_data(cfg, 0, "x", 1));
	fx_ok(sb_set_stream_copy(cfg, 2, -1, -1, 0, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(proc, SB_EXITED, 0);
	assert_int_equal(sb_proc_output(proc, 0, &data, &len), -ENOENT);
	assert_int_equal(sb_proc_output(proc, 1, &data, &len), -ENOENT);
	assert_int_equal(sb_proc_output(proc, 2, &data, &len), -ENOENT);
	assert_int_equal(sb_proc_stream(proc, 1, &st), -ENOENT);
	assert_int_equal(sb_proc_stream(proc, 5000, &st), -ENOENT);
	stream_is(proc, 2, SB_STREAM_ENDED, 0, 0, 0);
	assert_int_equal(sb_proc_output(NULL, 1, &data, &len), -EINVAL);
	assert_int_equal(sb_proc_output(proc, 1, NULL, &len), -EINVAL);
	assert_int_equal(sb_proc_stream(proc, 1, NULL), -EINVAL);
	sb_proc_free(proc);
}

static void capped(const char *what, uint64_t cap, uint64_t flags, int verdict, uint64_t bytes, uint64_t kept)
{
	sb_config *cfg = fx_config(what);
	char *expected = pattern(kept + 1);
	sb_proc *proc;

	fx_ok(sb_set_stream_capture(cfg, 1, cap, flags));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(proc, verdict, verdict == SB_EXITED ? 0 : -1);
	output_is(proc, 1, expected, kept);
	stream_is(proc, 1, SB_STREAM_ENDED | (bytes > cap ? SB_STREAM_EXCEEDED : 0), bytes, kept, 0);
	sb_proc_free(proc);
	free(expected);
}

static void a_cap_is_exact(void **state)
{
	(void)state;
	capped("bytes=1:1000", 1001, 0, SB_EXITED, 1000, 1000);
	capped("bytes=1:1000", 1000, 0, SB_EXITED, 1000, 1000);
	capped("bytes=1:1000", 999, 0, SB_OUTPUT_EXCEEDED, 1000, 999);
	capped("bytes=1:1000", 0, 0, SB_OUTPUT_EXCEEDED, 1000, 0);
	capped("exit=0", 0, 0, SB_EXITED, 0, 0);
	capped("bytes=1:1000", 999, SB_STREAM_DROP, SB_EXITED, 1000, 999);
	capped("bytes=1:1000", 1000, SB_STREAM_DROP, SB_EXITED, 1000, 1000);
	capped("bytes=1:500000", 70000, SB_STREAM_DROP, SB_EXITED, 500000, 70000);
	capped("bytes=1:500000", 0, SB_STREAM_DROP, SB_EXITED, 500000, 0);
}

static void a_flood_ends_the_run(void **state)
{
	sb_config *cfg = fx_config("flood=1");
	sb_stream st = SB_INIT(sb_stream);
	sb_result res = SB_INIT(sb_result);
	const void *data;
	sb_proc *proc;
	size_t len;

	(void)state;
	fx_ok(sb_set_stream_capture(cfg, 1, 3000000, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_OUTPUT_EXCEEDED);
	assert_int_equal(res.code, SIGKILL);
	fx_ok(sb_proc_output(proc, 1, &data, &len));
	assert_int_equal(len, 3000000);
	fx_ok(sb_proc_stream(proc, 1, &st));
	assert_true(st.bytes > 3000000);
	assert_int_equal(st.flags, SB_STREAM_ENDED | SB_STREAM_EXCEEDED);
	sb_proc_free(proc);
}

/* Who is killed by the caller was not ended by its output, though there was too much of it. */
static void the_callers_kill_is_the_callers(void **state)
{
	sb_config *cfg = fx_config("bytes=1:1000", "to=2:x", "pause");
	int told[2];
	sb_proc *proc;
	char c;

	(void)state;
	fx_ok(pipe2(told, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 2, told[1]));
	fx_ok(sb_set_stream_capture(cfg, 1, 10, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(told[1]);
	assert_int_equal(read(told[0], &c, 1), 1);
	fx_ok(sb_proc_kill(proc));
	end(proc, SB_KILLED, SIGKILL);
	stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 1000, 10, 0);
	sb_proc_free(proc);
	close(told[0]);
}

static void two_streams_are_two(void **state)
{
	sb_config *cfg = fx_config("bytes=1:200000", "bytes=2:300000", "bytes=77:5");
	char *bytes = pattern(300000);
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	fx_ok(sb_set_stream_capture(cfg, 2, UINT64_MAX, 0));
	fx_ok(sb_set_stream_capture(cfg, 77, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, bytes, 200000);
	output_is(proc, 2, bytes, 300000);
	output_is(proc, 77, bytes, 5);
	sb_proc_free(proc);
	free(bytes);
}

/* Each is below its own cap. */
static void the_limit_is_over_all_streams(void **state)
{
	(void)state;
	for (uint64_t limit = 499; limit <= 501; limit++) {
		sb_config *cfg = fx_config("bytes=1:200", "bytes=2:200", "bytes=9:100");
		sb_result res = SB_INIT(sb_result);
		sb_proc *proc;

		fx_ok(sb_set_limit(cfg, SB_LIMIT_OUTPUT, limit, 0));
		fx_ok(sb_set_stream_capture(cfg, 1, 250, 0));
		fx_ok(sb_set_stream_copy(cfg, 2, -1, -1, 250, 0));
		fx_ok(sb_set_stream_capture(cfg, 9, 50, SB_STREAM_DROP));
		proc = fx_spawn(cfg);
		sb_config_free(cfg);
		assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
		assert_int_equal(res.verdict, limit < 500 ? SB_OUTPUT_EXCEEDED : SB_EXITED);
		assert_int_equal(res.exceeded, limit < 500 ? SB_LIMIT_BIT(SB_LIMIT_OUTPUT) : 0);
		assert_true(res.has & SB_HAS_OUTPUT);
		assert_int_equal(res.output_bytes, 500);
		sb_proc_free(proc);
	}
}

static void a_flood_over_the_limit_ends_the_run(void **state)
{
	sb_config *cfg = fx_config("flood=2");
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_OUTPUT, 100000, 0));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	fx_ok(sb_set_stream_capture(cfg, 2, 0, SB_STREAM_DROP));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_OUTPUT_EXCEEDED);
	assert_int_equal(res.signaled, 1);
	assert_int_equal(res.code, SIGKILL);
	assert_true(res.output_bytes > 100000);
	sb_proc_free(proc);
}

/*
 * sb-init holds it to its cpu time while nobody looks, so that is the cause, though its output was
 * too much too.
 */
static void the_first_cause_counts(void **state)
{
	sb_config *cfg = fx_config("bytes=1:1000", "spin=60000");
	sb_result res = SB_INIT(sb_result);
	struct pollfd gone = { -1, POLLIN, 0 };
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 50000000, 0));
	fx_ok(sb_set_stream_capture(cfg, 1, 10, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	gone.fd = sb_proc_pidfd(proc);
	assert_int_equal(poll(&gone, 1, 60000), 1);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
	assert_int_equal(res.exceeded, SB_LIMIT_BIT(SB_LIMIT_OUTPUT) | SB_LIMIT_BIT(SB_LIMIT_CPU));
	stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 1000, 10, 0);
	sb_proc_free(proc);
}

static void same_is_one_stream_in_order(void **state)
{
	sb_config *cfg = fx_config("to=1:a", "to=2:b", "to=1:c", "to=5:d", "to=2:e");
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_stream_same(cfg, 5, 2));
	fx_ok(sb_set_stream_same(cfg, 2, 1));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "abcde", 5);
	sb_proc_free(proc);
	/* The other way round, and one that reads from the other's offset. */
	fx_ok(sb_set_stream_capture(cfg, 2, 5, 0));
	fx_ok(sb_set_stream_same(cfg, 1, 2));
	proc = fx_spawn(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 2, "abcde", 5);
	sb_proc_free(proc);
	fx_command(cfg, "read=0", "read=7", "read=0", "read=7");
	fx_ok(sb_set_stream_data(cfg, 0, "xyz", 3));
	fx_ok(sb_set_stream_same(cfg, 7, 0));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	fx_ok(sb_set_stream_same(cfg, 2, 6));
	fx_ok(sb_set_fd(cfg, 6, -1));
	proc = fx_spawn(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "read=1\nread=1\nread=1\nread=0\n", 28);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

/* /dev/stdout is opened by the command's user, who is not the one that made the pipe. */
static void stdout_can_be_opened_by_name(void **state)
{
	sb_config *cfg = fx_config("reopen=/dev/stdout:one", "reopen=/proc/self/fd/2:two");
	sb_proc *proc;

	(void)state;
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	fx_ok(sb_set_stream_capture(cfg, 2, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "one", 3);
	output_is(proc, 2, "two", 3);
	sb_proc_free(proc);
}

static void output_is_there_while_it_runs(void **state)
{
	sb_config *cfg = fx_config("to=1:first", "read=0", "to=1:second", "read=0");
	struct pollfd p = { -1, POLLIN, 0 };
	const void *data;
	sb_proc *proc;
	size_t len = 0;
	int in[2];

	(void)state;
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_stream_capture(cfg, 1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(in[0]);
	p.fd = sb_proc_fd(proc);
	while (len < 5) {
		assert_int_equal(poll(&p, 1, 60000), 1);
		assert_int_equal(sb_proc_process(proc, NULL, NULL), 0);
		fx_ok(sb_proc_output(proc, 1, &data, &len));
	}
	output_is(proc, 1, "first", 5);
	stream_is(proc, 1, 0, 5, 5, 0);
	assert_int_equal(poll(&p, 1, 0), 0); /* nothing to do, so nothing to see */
	assert_int_equal(write(in[1], "x", 1), 1);
	while (len < 5 + 7) {
		assert_int_equal(sb_proc_wait(proc, 10000000, NULL, NULL), 0);
		fx_ok(sb_proc_output(proc, 1, &data, &len));
	}
	close(in[1]);
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "firstread=1\nsecondread=0\n", 25);
	sb_proc_free(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(bytes_go_in_and_come_out),
		FX_TEST(only_what_is_carried_is_known),
		FX_TEST(a_cap_is_exact),
		FX_TEST(a_flood_ends_the_run),
		FX_TEST(the_callers_kill_is_the_callers),
		FX_TEST(two_streams_are_two),
		FX_TEST(the_limit_is_over_all_streams),
		FX_TEST(a_flood_over_the_limit_ends_the_run),
		FX_TEST(the_first_cause_counts),
		FX_TEST(same_is_one_stream_in_order),
		FX_TEST(stdout_can_be_opened_by_name),
		FX_TEST(output_is_there_while_it_runs),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
