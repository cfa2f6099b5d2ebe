// SPDX-License-Identifier: MIT
/* A running command: its descriptors, waiting with and without blocking, signals, and its end by force. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * A command that waits for its stdin. The pipe on its stdout is at its end only when nothing of
 * the sandbox is left: every process of it holds the write side.
 */
struct held {
	sb_proc *proc;
	int in;  /* close it to let the command go on */
	int out; /* EOF: all gone */
};

static struct held hold_v(const char *const args[])
{
	sb_config *cfg = fx_config_v(args);
	int in[2], out[2];
	struct held h;

	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	h.proc = fx_spawn(cfg);
	h.in = in[1];
	h.out = out[0];
	close(in[0]);
	close(out[1]);
	sb_config_free(cfg);
	return h;
}

#define hold(...) hold_v((const char *const[]){__VA_ARGS__, NULL})

/* Reads up to a line "WORD": then the command has come that far. */
static void until(struct held *h, const char *word)
{
	char line[256];
	size_t n = 0;

	while (n < sizeof(line) - 1 && read(h->out, line + n, 1) == 1) {
		if (line[n++] != '\n')
			continue;
		line[n - 1] = '\0';
		if (!strcmp(line, word))
			return;
		n = 0;
	}
	fail_msg("the command never said %s", word);
}

static void all_gone(struct held *h)
{
	char buf[256];
	ssize_t n;

	while ((n = read(h->out, buf, sizeof(buf))) > 0)
		;
	assert_int_equal(n, 0);
	close(h->in);
	close(h->out);
}

static int readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

static void pid_and_pidfd_are_of_the_command(void **state)
{
	struct held h = hold("pids", "say=up", "read=0");
	siginfo_t si;
	char path[64], comm[32] = "";
	FILE *f;

	(void)state;
	until(&h, "up");
	assert_true(sb_proc_pid(h.proc) > 0);
	assert_int_equal(kill(sb_proc_pid(h.proc), 0) < 0 && errno == ESRCH, 0);
	snprintf(path, sizeof(path), "/proc/%d/comm", sb_proc_pid(h.proc));
	f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%31s", comm), 1);
	fclose(f);
	assert_string_equal(comm, "inside");
	assert_true(sb_proc_pidfd(h.proc) >= 0);
	assert_int_equal(readable(sb_proc_pidfd(h.proc)), 0);
	assert_int_equal(sb_proc_pidfd(h.proc), sb_proc_pidfd(h.proc));
	/* Its parent is sb-init, so nobody can reap it here. */
	assert_int_equal(waitid(P_PID, (id_t)sb_proc_pid(h.proc), &si, WEXITED | WNOHANG), -1);
	close(h.in);
	h.in = -1;
	assert_int_equal(sb_proc_wait(h.proc, UINT64_MAX, NULL, NULL), 1);
	assert_true(readable(sb_proc_pidfd(h.proc)));
	assert_int_equal(sb_proc_pid(h.proc), -ESRCH);
	sb_proc_free(h.proc);
	all_gone(&h);
}

static void wait_takes_no_longer_than_told(void **state)
{
	struct held h = hold("read=0", "exit=4");
	sb_result res = SB_INIT(sb_result);
	struct timespec a, b;
	int64_t ms;

	(void)state;
	assert_int_equal(sb_proc_wait(h.proc, 0, &res, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(sb_proc_wait(h.proc, 30 * 1000000, &res, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	assert_true(ms >= 29);
	close(h.in);
	h.in = -1;
	assert_int_equal(sb_proc_wait(h.proc, UINT64_C(3600) * 1000000000, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 4);
	sb_proc_free(h.proc);
	all_gone(&h);
}

static void the_answer_stays_the_same(void **state)
{
	sb_result first = SB_INIT(sb_result), again = SB_INIT(sb_result);
	sb_config *cfg = fx_config("exit=6");
	sb_proc *proc = fx_spawn(cfg);

	(void)state;
	sb_config_free(cfg);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &first, NULL), 1);
	assert_int_equal(sb_proc_wait(proc, 0, &again, NULL), 1);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_int_equal(sb_proc_process(proc, &again, NULL), 1);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_int_equal(sb_proc_signal(proc, SIGTERM), -ESRCH);
	assert_int_equal(sb_proc_kill(proc), 0);
	assert_int_equal(sb_proc_wait(proc, 0, &again, NULL), 1);
	assert_memory_equal(&first, &again, sizeof(first));
	sb_proc_free(proc);
}

static void one_descriptor_drives_an_event_loop(void **state)
{
	struct held h = hold("read=0", "exit=2");
	sb_result res = SB_INIT(sb_result);
	struct pollfd p = {-1, POLLIN, 0};
	int r, turns = 0;

	(void)state;
	p.fd = sb_proc_fd(h.proc);
	assert_true(p.fd >= 0);
	assert_int_equal(sb_proc_fd(h.proc), p.fd);
	assert_int_equal(sb_proc_process(h.proc, &res, NULL), 0);
	assert_int_equal(readable(p.fd), 0);
	close(h.in);
	h.in = -1;
	do {
		assert_int_equal(poll(&p, 1, -1), 1);
		r = sb_proc_process(h.proc, &res, NULL);
		assert_true(r >= 0);
		/* Readable without an end must be rare: it would be a busy loop. */
		assert_true(++turns < 20);
	} while (r == 0);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 2);
	sb_proc_free(h.proc);
	all_gone(&h);
}

/* A host that executes something else meanwhile must not pass on what is the library's. */
static void all_descriptors_are_close_on_exec(void **state)
{
	struct held h = hold("read=0");
	int fd, seen = 0;

	(void)state;
	assert_true(sb_proc_fd(h.proc) >= 0);
	for (fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0)
			continue;
		seen++;
		if (!(flags & FD_CLOEXEC))
			fail_msg("descriptor %d is not", fd);
	}
	assert_true(seen >= 5);
	sb_proc_free(h.proc);
	all_gone(&h);
}

static void a_signal_reaches_the_command_alone(void **state)
{
	sb_result res = SB_INIT(sb_result);
	struct held h = hold("say=up", "pause");

	(void)state;
	until(&h, "up");
	assert_int_equal(sb_proc_signal(h.proc, 0), 0);
	assert_int_equal(sb_proc_signal(h.proc, 4000), -EINVAL);
	fx_ok(sb_proc_signal(h.proc, SIGUSR2));
	fx_wait(h.proc, &res);
	assert_int_equal(res.verdict, SB_SIGNALED);
	assert_int_equal(res.code, SIGUSR2);
	all_gone(&h);
}

/* Stopping is no end. */
static void a_stopped_command_has_not_ended(void **state)
{
	struct held h = hold("say=up", "read=0", "exit=1");
	sb_result res = SB_INIT(sb_result);

	(void)state;
	until(&h, "up");
	fx_ok(sb_proc_signal(h.proc, SIGSTOP));
	assert_int_equal(sb_proc_wait(h.proc, 5 * 1000000, &res, NULL), 0);
	fx_ok(sb_proc_signal(h.proc, SIGCONT));
	close(h.in);
	h.in = -1;
	fx_wait(h.proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 1);
	all_gone(&h);
}

static void kill_ends_the_whole_sandbox(void **state)
{
	struct held h = hold("orphans=5", "say=up", "pause");
	sb_result res = SB_INIT(sb_result);

	(void)state;
	until(&h, "up");
	fx_ok(sb_proc_kill(h.proc));
	assert_int_equal(sb_proc_wait(h.proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_KILLED);
	fx_ok(sb_proc_kill(h.proc));
	sb_proc_free(h.proc);
	all_gone(&h);
}

static void free_ends_what_still_runs(void **state)
{
	struct held h = hold("orphans=3", "say=up", "pause");

	(void)state;
	until(&h, "up");
	assert_null(sb_proc_free(h.proc));
	all_gone(&h);
}

static void what_the_command_left_behind_ends_with_it(void **state)
{
	struct held h = hold("orphans=8", "exit=11");
	sb_result res = SB_INIT(sb_result);

	(void)state;
	assert_int_equal(sb_proc_wait(h.proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 11);
	/* Before sb_proc_free(): ended means that the sandbox is gone. */
	all_gone(&h);
	sb_proc_free(h.proc);
}

/* The pid namespace makes this easy; without it sb-init has to find them. */
static void also_without_a_pid_namespace(void **state)
{
	sb_config *cfg = fx_config("orphans=4", "exit=12");
	sb_result res = SB_INIT(sb_result);
	int out[2];
	char c;

	(void)state;
	fx_ok(pipe(out));
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	fx_wait(fx_spawn(cfg), &res);
	close(out[1]);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 12);
	assert_int_equal(read(out[0], &c, 1), 0);
	close(out[0]);
}

static void init_killed_from_outside_is_told_as_lost(void **state)
{
	struct held h = hold("say=up", "pause");
	sb_result res = SB_INIT(sb_result);
	char path[64], line[512] = "", *p;
	int ppid = 0;
	FILE *f;

	(void)state;
	until(&h, "up");
	snprintf(path, sizeof(path), "/proc/%d/stat", sb_proc_pid(h.proc));
	f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	p = strrchr(line, ')');
	assert_int_equal(sscanf(p + 4, "%d", &ppid), 1);
	assert_true(ppid > 1);
	if (kill(ppid, SIGKILL) < 0) {
		sb_proc_free(h.proc);
		all_gone(&h);
		fx_skip("this caller may not kill sb-init (%s)", strerror(errno));
	}
	assert_int_equal(sb_proc_wait(h.proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_LOST);
	assert_int_equal(res.has & SB_HAS_CODE, 0);
	assert_int_equal(res.code, 0);
	sb_proc_free(h.proc);
	all_gone(&h);
}

static void *kill_it(void *arg)
{
	sb_proc_kill(arg);
	return NULL;
}

static void another_thread_may_kill(void **state)
{
	struct held h = hold("say=up", "pause");
	sb_result res = SB_INIT(sb_result);
	pthread_t t;

	(void)state;
	until(&h, "up");
	fx_ok(pthread_create(&t, NULL, kill_it, h.proc));
	assert_int_equal(sb_proc_wait(h.proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_KILLED);
	pthread_join(t, NULL);
	sb_proc_free(h.proc);
	all_gone(&h);
}

static void many_at_a_time_and_freed_in_any_order(void **state)
{
	struct held h[12];
	size_t i, at;

	(void)state;
	for (i = 0; i < 12; i++)
		h[i] = hold("read=0", "exit=1");
	for (i = 0; i < 12; i++) {
		at = i * 5 % 12;
		close(h[at].in);
		h[at].in = -1;
		fx_wait(h[at].proc, NULL);
		all_gone(&h[at]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(pid_and_pidfd_are_of_the_command),
		FX_TEST(wait_takes_no_longer_than_told),
		FX_TEST(the_answer_stays_the_same),
		FX_TEST(one_descriptor_drives_an_event_loop),
		FX_TEST(all_descriptors_are_close_on_exec),
		FX_TEST(a_signal_reaches_the_command_alone),
		FX_TEST(a_stopped_command_has_not_ended),
		FX_TEST(kill_ends_the_whole_sandbox),
		FX_TEST(free_ends_what_still_runs),
		FX_TEST(what_the_command_left_behind_ends_with_it),
		FX_TEST(also_without_a_pid_namespace),
		FX_TEST(init_killed_from_outside_is_told_as_lost),
		FX_TEST(another_thread_may_kill),
		FX_TEST(many_at_a_time_and_freed_in_any_order),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
