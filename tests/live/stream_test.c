// SPDX-License-Identifier: MIT
/* What a command reads from memory, and what it writes into memory: exact to the byte, without a deadlock. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../fixture_cgroup.h"

/* As inside_stream.c. */
static char byte_at(unsigned long at)
{
	return (char)((at * 2654435761UL) >> 13);
}

static char *pattern(size_t len)
{
	char *bytes = malloc(len);

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i);
	return bytes;
}

static void end(sb_proc *proc, int verdict, int code)
{
	sb_result res = SB_INIT(sb_result);

	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	if (res.verdict != verdict || (code >= 0 && res.code != code))
		fail_msg("verdict %d code %d, expected %d code %d", res.verdict, res.code, verdict, code);
}

static void output_is(sb_proc *proc, int fd, const char *bytes, size_t len)
{
	const void *data = NULL;
	size_t n = 0;

	fx_ok(sb_proc_output(proc, fd, &data, &n));
	assert_int_equal(n, len);
	if (len)
		assert_memory_equal(data, bytes, len);
}

static void stream_is(sb_proc *proc, int fd, uint32_t flags, uint64_t bytes, uint64_t kept)
{
	sb_stream st = SB_INIT(sb_stream);

	fx_ok(sb_proc_stream(proc, fd, &st));
	if (st.flags != flags || st.bytes != bytes || st.kept != kept || (st.error != 0) != ((flags & SB_STREAM_BROKEN) != 0))
		fail_msg("descriptor %d: flags %u bytes %llu kept %llu error %d", fd, st.flags,
			 (unsigned long long)st.bytes, (unsigned long long)st.kept, st.error);
}

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
	stream_is(proc, 1, SB_STREAM_ENDED, len, len);
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
	stream_is(proc, 2, SB_STREAM_ENDED, 0, 0);
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
	stream_is(proc, 1, SB_STREAM_ENDED | (bytes > cap ? SB_STREAM_EXCEEDED : 0), bytes, kept);
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
	stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 1000, 10);
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

/* sb-init holds it to its wall time while nobody looks, so that is the cause, though its output was too much too. */
static void the_first_cause_counts(void **state)
{
	sb_config *cfg = fx_config("bytes=1:1000", "pause");
	sb_result res = SB_INIT(sb_result);
	struct pollfd gone = { -1, POLLIN, 0 };
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 50000000, 0));
	fx_ok(sb_set_stream_capture(cfg, 1, 10, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	gone.fd = sb_proc_pidfd(proc);
	assert_int_equal(poll(&gone, 1, 60000), 1);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	assert_int_equal(res.exceeded, SB_LIMIT_BIT(SB_LIMIT_OUTPUT) | SB_LIMIT_BIT(SB_LIMIT_WALL));
	stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 1000, 10);
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
	stream_is(proc, 1, 0, 5, 5);
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
	if (sb_box_open(cfg, &box, &err) < 0)
		fail_msg("%s", err.message);
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
	fx_ok(sb_box_open(cfg, &box, NULL));
	fx_ok(sb_box_spawn(box, cfg, &proc, NULL));
	end(proc, SB_EXITED, 0);
	output_is(proc, 1, "linger\ndone\n", 12);
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
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
