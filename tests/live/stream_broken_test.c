// SPDX-License-Identifier: MIT
/*
 * Sinks that are gone, full or were never there: errors of the stream, not of the run, and no
 * signal for the host.
 */
#include "stream_kit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

static void a_reader_that_goes_ends_the_passing_on_only(void **state)
{
	int s[2], p[2], file;

	(void)state;
	for (int i = 0; i < 2; i++) {
		sb_config *cfg = fx_config("bytes=1:300000", "exit=5");
		sb_result res = SB_INIT(sb_result);
		int *ends = i ? s : p;
		sb_proc *proc;

		fx_ok(pipe2(p, O_CLOEXEC));
		fx_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s));
		file = new_file("copy");
		fx_ok(sb_set_stream_copy(cfg, 1, ends[1], file, UINT64_MAX, 0));
		proc = fx_spawn(cfg);
		sb_config_free(cfg);
		close(ends[0]);
		assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
		assert_int_equal(res.verdict, SB_EXITED);
		assert_int_equal(res.code, 5);
		stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_BROKEN, 300000, 0, EPIPE);
		sb_proc_free(proc);
		file_is(file, 300000);
		close(ends[1]);
		close((i ? p : s)[0]);
		close((i ? p : s)[1]);
	}
}

/* A signal that was pending before stays so, one of ours does not. */
static void signals_of_the_host_are_its_own(void **state)
{
	sb_config *cfg = fx_config("bytes=1:10");
	sigset_t set, old, pending;
	const struct timespec now = { 0, 0 };
	int p[2];

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	fx_ok(pthread_sigmask(SIG_BLOCK, &set, &old));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_stream_copy(cfg, 1, p[1], -1, UINT64_MAX, 0));
	for (int i = 0; i < 2; i++) {
		sb_proc *proc = fx_spawn(cfg);

		if (i == 0)
			close(p[0]);
		else
			raise(SIGPIPE);
		end(proc, SB_EXITED, -1);
		stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_BROKEN, 10, 0, EPIPE);
		sb_proc_free(proc);
		fx_ok(sigpending(&pending));
		assert_int_equal(sigismember(&pending, SIGPIPE), i);
	}
	assert_int_equal(sigtimedwait(&set, NULL, &now), SIGPIPE);
	fx_ok(pthread_sigmask(SIG_SETMASK, &old, NULL));
	sb_config_free(cfg);
	close(p[1]);
}

/* SIGXFSZ would be the end of the host; ENOSPC is the same without a signal. */
static void a_copy_that_cannot_grow(void **state)
{
	struct rlimit old, small;
	int file = new_file("copy"), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	sb_config *cfg = fx_config("bytes=1:20000", "bytes=2:20000");
	sb_proc *proc;

	(void)state;
	assert_true(full >= 0);
	fx_ok(sb_set_stream_copy(cfg, 1, -1, file, UINT64_MAX, 0));
	fx_ok(sb_set_stream_copy(cfg, 2, full, -1, UINT64_MAX, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 10000;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	setrlimit(RLIMIT_FSIZE, &old);
	stream_is(proc, 1, SB_STREAM_ENDED | SB_STREAM_BROKEN, 20000, 10000, EFBIG);
	stream_is(proc, 2, SB_STREAM_ENDED | SB_STREAM_BROKEN, 20000, 0, ENOSPC);
	sb_proc_free(proc);
	file_is(file, 10000);
	close(full);
}

static void what_cannot_be_written_to_is_refused(void **state)
{
	const sb_error *err;
	sb_config *cfg = fx_config("exit=0");
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_stream_copy(cfg, 1, -1, p[0], UINT64_MAX, 0));
	err = fx_refused(cfg, EBADF);
	assert_string_equal(sb_step_name(err->step), "stream");
	fx_has(err->message, "not open for writing");
	close(p[0]);
	close(p[1]);
}

/* A daemon has nothing at 0 to 2: what is made for the command lands there. */
static const char *without_stdio(void)
{
	sb_config *cfg = sb_config_new();
	const char *said = NULL;
	const void *data = "";
	sb_proc *proc = NULL;
	size_t len = 0;
	int p[2], r;
	char buf[16] = "";

	sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO);
	sb_set_command(cfg, "/inside", (const char *const[]){ "inside", "through", "to=2:err", NULL });
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (pipe2(p, O_CLOEXEC) < 0 || p[1] > 2)
		return "the pipe is not at 0 and 1";
	sb_set_stream_data(cfg, 0, "data", 4);
	sb_set_stream_capture(cfg, 1, UINT64_MAX, 0);
	sb_set_stream_copy(cfg, 2, p[1], -1, UINT64_MAX, 0);
	r = sb_spawn(cfg, &proc, NULL);
	if (r < 0 || sb_proc_wait(proc, UINT64_MAX, NULL, NULL) != 1)
		said = "it does not run";
	else if (sb_proc_output(proc, 1, &data, &len) < 0 || len != 4 || memcmp(data, "data", 4))
		said = "wrong output";
	else if (read(p[0], buf, sizeof(buf)) != 3 || strcmp(buf, "err"))
		said = "wrong copy";
	sb_proc_free(proc);
	sb_config_free(cfg);
	return said;
}

static void a_host_with_closed_stdio(void **state)
{
	(void)state;
	fx_in_child(without_stdio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_reader_that_goes_ends_the_passing_on_only),
		FX_TEST(signals_of_the_host_are_its_own),
		FX_TEST(a_copy_that_cannot_grow),
		FX_TEST(what_cannot_be_written_to_is_refused),
		FX_TEST(a_host_with_closed_stdio),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
