// SPDX-License-Identifier: MIT
/*
 * What a command writes is passed on to whatever the host has: nobody who is slow or full makes the
 * host wait.
 */
#include "stream_kit.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>

static void a_pipe_and_a_file_get_the_same(void **state)
{
	sb_config *cfg = fx_config("bytes=1:500000");
	int p[2], file = new_file("copy");
	size_t got = 0;
	sb_proc *proc;
	char buf[5000];
	int r = 0;

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_stream_copy(cfg, 1, p[1], file, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(p[1]); /* the handle has its own */
	while (got < 500000) { /* the host reads from itself, so it cannot wait for ever */
		struct pollfd both[2] = { { sb_proc_fd(proc), POLLIN, 0 }, { p[0], POLLIN, 0 } };
		ssize_t n = 0;

		assert_true(poll(both, 2, 60000) > 0);
		if (both[0].revents)
			r = sb_proc_process(proc, NULL, NULL);
		if (both[1].revents)
			n = read(p[0], buf, sizeof(buf));
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], byte_at(got++));
	}
	assert_true(r >= 0);
	end(proc, SB_EXITED, -1);
	stream_is(proc, 1, SB_STREAM_ENDED, 500000, 500000, 0);
	assert_int_equal(read(p[0], buf, 1), 0); /* at its end, though the handle lives */
	sb_proc_free(proc);
	close(p[0]);
	file_is(file, 500000);
}

/* Until nothing goes any more. */
static void until_full(sb_proc *proc)
{
	struct pollfd polled = { sb_proc_fd(proc), POLLIN, 0 };
	sb_stream st = SB_INIT(sb_stream);
	int n = 0;

	while (st.bytes - st.kept < 65536) {
		assert_int_equal(poll(&polled, 1, 60000), 1);
		assert_int_equal(sb_proc_process(proc, NULL, NULL), 0);
		fx_ok(sb_proc_stream(proc, 1, &st));
	}
	while (poll(&polled, 1, 0) == 1 && n++ < 1000)
		assert_int_equal(sb_proc_process(proc, NULL, NULL), 0);
	assert_true(n < 1000); /* it does not spin either */
	fx_ok(sb_proc_stream(proc, 1, &st));
	assert_int_equal(st.bytes - st.kept, 65536);
}

/* Then nobody waits, and what is shared is as it was. */
static void nobody_reads(int host_fd, int reader)
{
	sb_config *cfg = fx_config("flood=1");
	struct pollfd both[2] = { { -1, POLLIN, 0 }, { reader, POLLIN, 0 } };
	int flags = fcntl(host_fd, F_GETFL);
	sb_result res = SB_INIT(sb_result);
	char buf[65536];
	sb_proc *proc;

	fx_ok(sb_set_stream_copy(cfg, 1, host_fd, -1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	until_full(proc);
	assert_int_equal(sb_proc_wait(proc, 1000000, NULL, NULL), 0);
	assert_int_equal(fcntl(host_fd, F_GETFL), flags);
	/*
	 * Somebody reads after all: it goes on. A socket takes more when three quarters are gone
	 * (unix_writable).
	 */
	both[0].fd = sb_proc_fd(proc);
	do {
		assert_true(poll(both, 2, 60000) > 0);
		if (both[1].revents)
			assert_true(read(reader, buf, sizeof(buf)) > 0);
	} while (!both[0].revents);
	assert_int_equal(sb_proc_wait(proc, 1000000, NULL, NULL), 0);
	fx_ok(sb_proc_kill(proc));
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_KILLED);
	sb_proc_free(proc);
	close(host_fd);
	close(reader);
}

static void a_pipe_that_nobody_reads(void **state)
{
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	nobody_reads(p[1], p[0]);
}

static void a_socket_that_nobody_reads(void **state)
{
	int s[2];

	(void)state;
	fx_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s));
	nobody_reads(s[1], s[0]);
}

static void a_terminal_that_nobody_reads(void **state)
{
	struct termios raw;
	int master, slave;

	(void)state;
	if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
		fx_skip("no pseudo terminal: %s", strerror(errno));
	fx_ok(tcgetattr(slave, &raw));
	cfmakeraw(&raw);
	fx_ok(tcsetattr(slave, TCSANOW, &raw));
	fcntl(master, F_SETFD, FD_CLOEXEC);
	fcntl(slave, F_SETFD, FD_CLOEXEC);
	nobody_reads(slave, master);
}

/* The command is over, the reader is not: the end comes when all is passed on. */
static void what_is_left_is_passed_on_after_the_end(void **state)
{
	sb_config *cfg = fx_config("bytes=1:130000");
	sb_result res = SB_INIT(sb_result);
	struct pollfd polled = { -1, POLLIN, 0 };
	size_t got = 0;
	sb_proc *proc;
	char buf[4096];
	int p[2], r, idle = 0;

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_stream_copy(cfg, 1, p[1], -1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(p[1]);
	polled.fd = sb_proc_pidfd(proc);
	while (poll(&polled, 1, 0) == 0) /* 130,000 bytes fit into two pipes and the buffer */
		assert_int_equal(sb_proc_wait(proc, 1000000, NULL, NULL), 0);
	polled.fd = sb_proc_fd(proc);
	while (poll(&polled, 1, 20) == 1 && idle++ < 1000)
		assert_int_equal(sb_proc_process(proc, NULL, NULL), 0);
	assert_true(idle < 1000); /* it does not spin while it waits for the reader */
	for (r = 0; r == 0;) { /* at its end sb-init may be on its way still */
		ssize_t n = read(p[0], buf, sizeof(buf));

		assert_true(n >= 0);
		got += (size_t)n;
		r = sb_proc_wait(proc, n ? 0 : UINT64_MAX, &res, NULL);
	}
	assert_int_equal(r, 1);
	assert_int_equal(res.verdict, SB_EXITED);
	stream_is(proc, 1, SB_STREAM_ENDED, 130000, 130000, 0);
	sb_proc_free(proc);
	for (ssize_t n; (n = read(p[0], buf, sizeof(buf))) > 0;)
		got += (size_t)n;
	assert_int_equal(got, 130000);
	close(p[0]);
}

/* Of a command that was killed nothing is waited for, and freeing waits for nothing. */
static void a_kill_drops_what_would_have_to_wait(void **state)
{
	sb_config *cfg = fx_config("flood=1");
	sb_stream st = SB_INIT(sb_stream);
	int p[2];
	sb_proc *proc;

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_stream_copy(cfg, 1, p[1], -1, UINT64_MAX, 0));
	for (int i = 0; i < 2; i++) {
		proc = fx_spawn(cfg);
		if (i == 0) {
			until_full(proc);
			fx_ok(sb_proc_kill(proc));
			end(proc, SB_KILLED, -1);
			fx_ok(sb_proc_stream(proc, 1, &st));
			assert_true((st.flags & SB_STREAM_ENDED) && st.kept < st.bytes);
		}
		sb_proc_free(proc);
	}
	sb_config_free(cfg);
	close(p[0]);
	close(p[1]);
}

static void a_cap_is_for_what_is_passed_on(void **state)
{
	static const struct {
		uint64_t cap, flags;
		int verdict;
		uint32_t told;
		size_t kept;
	} rows[] = {
		{ 100000, 0, SB_EXITED, SB_STREAM_ENDED, 100000 },
		{ 100001, 0, SB_EXITED, SB_STREAM_ENDED, 100000 },
		{ 99999, 0, SB_OUTPUT_EXCEEDED, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 99999 },
		{ 70000, SB_STREAM_DROP, SB_EXITED, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 70000 },
		{ 0, SB_STREAM_DROP, SB_EXITED, SB_STREAM_ENDED | SB_STREAM_EXCEEDED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sb_config *cfg = fx_config("bytes=1:100000");
		int a = new_file("a"), b = new_file("b");
		sb_proc *proc;

		fx_ok(sb_set_stream_copy(cfg, 1, a, b, rows[i].cap, rows[i].flags));
		proc = fx_spawn(cfg);
		sb_config_free(cfg);
		end(proc, rows[i].verdict, -1);
		stream_is(proc, 1, rows[i].told, 100000, rows[i].kept, 0);
		sb_proc_free(proc);
		file_is(a, rows[i].kept);
		file_is(b, rows[i].kept);
	}
}

static void two_streams_to_one_descriptor(void **state)
{
	sb_config *cfg = fx_config("bytes=1:50000", "bytes=2:50000");
	int p[2];
	char buf[4096];
	size_t got = 0;
	sb_proc *proc;

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_stream_copy(cfg, 1, p[1], p[1], UINT64_MAX, 0));
	fx_ok(sb_set_stream_copy(cfg, 2, p[1], -1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(p[1]);
	while (sb_proc_wait(proc, 1000000, NULL, NULL) == 0) {
		struct pollfd polled = { p[0], POLLIN, 0 };

		if (poll(&polled, 1, 0) == 1)
			got += (size_t)read(p[0], buf, sizeof(buf));
	}
	for (ssize_t n; (n = read(p[0], buf, sizeof(buf))) > 0;)
		got += (size_t)n;
	assert_int_equal(got, 150000);
	sb_proc_free(proc);
	close(p[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_pipe_and_a_file_get_the_same),
		FX_TEST(a_pipe_that_nobody_reads),
		FX_TEST(a_socket_that_nobody_reads),
		FX_TEST(a_terminal_that_nobody_reads),
		FX_TEST(what_is_left_is_passed_on_after_the_end),
		FX_TEST(a_kill_drops_what_would_have_to_wait),
		FX_TEST(a_cap_is_for_what_is_passed_on),
		FX_TEST(two_streams_to_one_descriptor),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
