// SPDX-License-Identifier: MIT
/* The host is killed at each of its system calls, and at each of the sandbox's: nothing survives. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * so long is waited for the end of a sandbox after its host's; it takes milliseconds, under
 * emulation beside others a second
 */
#define PROMISE_S 20

enum whose { OF_HOST, OF_SANDBOX };

struct run {
	pid_t host;
	enum whose whose; /* whose system calls are counted */
	int at;           /* kill at this one */
	int seen;
	int started; /* the spawn was over before */
	int killed;
	int failed; /* the spawn failed */
};

/* The traced process: spawns, tells by SIGUSR1 that it is through, and waits for its end. */
static void host(const sb_config *cfg, int go)
{
	sb_proc *proc;
	char c;

	if (read(go, &c, 1) != 1 || sb_spawn(cfg, &proc, NULL) < 0)
		_exit(1);
	raise(SIGUSR1);
	for (;;)
		pause();
}

static void kill_host(struct run *run)
{
	if (!run->killed)
		kill(run->host, SIGKILL);
	run->killed = 1;
}

/* One stop of one process of the run: count, kill if it is time, and let it go on. */
static void on_stop(struct run *run, pid_t pid, int status)
{
	enum whose whose = pid == run->host ? OF_HOST : OF_SANDBOX;
	int sig = WSTOPSIG(status), event = status >> 16;
	/* Only those whose calls are counted stop at calls. */
	enum __ptrace_request go = whose == run->whose && !run->killed ? PTRACE_SYSCALL : PTRACE_CONT;

	if (sig == (SIGTRAP | 0x80)) {
		if (whose == run->whose && ++run->seen >= run->at)
			kill_host(run);
		sig = 0;
	} else if (event) {
		sig = 0;
	} else if (sig == SIGUSR1 && whose == OF_HOST) {
		run->started = 1;
		kill_host(run);
		sig = 0;
	}
	ptrace(go, pid, NULL, (void *)(long)sig);
}

/* Waits for the next child, not beyond the promise. Returns 0, ECHILD or ETIMEDOUT. */
static int next_child(const struct run *run, pid_t *pid, int *status)
{
	struct timespec left = {PROMISE_S, 0};
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		*pid = waitpid(-1, status, __WALL | (run->killed ? WNOHANG : 0));
		if (*pid > 0)
			return 0;
		if (*pid < 0)
			return errno;
		if (sigtimedwait(&chld, NULL, &left) < 0 && errno == EAGAIN)
			return ETIMEDOUT;
	}
}

/* Returns 1 if there was a @at-th call to be killed at, 0 if the spawn was over before. */
static int killed_at(const sb_config *cfg, enum whose whose, int at)
{
	struct run run = {.whose = whose, .at = at};
	int go[2], status, r;
	pid_t pid;

	fx_ok(pipe2(go, O_CLOEXEC));
	run.host = fork();
	if (run.host == 0)
		host(cfg, go[0]);
	assert_true(run.host > 0);
	r = (int)ptrace(PTRACE_SEIZE, run.host, NULL,
			PTRACE_O_TRACESYSGOOD |
				(whose == OF_SANDBOX
					 ? PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
					 : 0));
	if (r == 0)
		ptrace(PTRACE_INTERRUPT, run.host, NULL, NULL);
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	assert_int_equal(r, 0);
	while ((r = next_child(&run, &pid, &status)) == 0) {
		if (WIFSTOPPED(status))
			on_stop(&run, pid, status);
		else if (pid == run.host && WIFEXITED(status))
			run.failed = 1;
	}
	if (run.failed)
		fail_msg("the spawn itself failed at call %d", run.seen);
	if (r == ETIMEDOUT)
		fail_msg("something of the sandbox lives on, its host was killed at call %d", run.seen);
	return !run.started;
}

static void sweep(enum whose whose, uint64_t ns)
{
	sb_config *cfg = fx_config("orphans=1", "pause");
	sigset_t chld;
	int at, out[2];
	struct pollfd p;

	/* Blocked, so that next_child() can wait for it with a limit. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	fx_ok(sb_set_ns(cfg, ns));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777));
	for (at = 1;; at++) {
		int more;

		fx_ok(pipe2(out, O_CLOEXEC));
		fx_ok(sb_set_fd(cfg, 1, out[1]));
		more = killed_at(cfg, whose, at);
		close(out[1]);
		/* Whoever escaped our waiting would still hold the other end. */
		p = (struct pollfd){out[0], POLLIN, 0};
		assert_int_equal(poll(&p, 1, PROMISE_S * 1000), 1);
		assert_true(p.revents & POLLHUP);
		close(out[0]);
		if (!more)
			break;
	}
	sb_config_free(cfg);
	sigprocmask(SIG_UNBLOCK, &chld, NULL);
	print_message("# killed at %d system calls\n", at - 1);
	assert_true(at > 20);
}

static void at_each_call_of_the_host(void **state)
{
	(void)state;
	sweep(OF_HOST, SB_NS_ALL);
}

static void at_each_call_of_the_sandbox(void **state)
{
	(void)state;
	sweep(OF_SANDBOX, SB_NS_ALL);
}

/* Where sb-init is not process 1 the kernel ends nothing by itself. */
static void without_a_pid_namespace(void **state)
{
	(void)state;
	sweep(OF_HOST, SB_NS_ALL & ~SB_NS_PID);
	sweep(OF_SANDBOX, SB_NS_ALL & ~SB_NS_PID);
}

/* The host's end with everything running. */
static void after_the_start(void **state)
{
	sb_config *cfg = fx_config("orphans=4", "say=up", "pause");
	struct pollfd p;
	char line[8] = "";
	int out[2], status;
	pid_t pid;

	(void)state;
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	pid = fork();
	if (pid == 0) {
		sb_proc *proc;

		if (sb_spawn(cfg, &proc, NULL) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(out[1]);
	sb_config_free(cfg);
	assert_int_equal(read(out[0], line, 3), 3);
	assert_string_equal(line, "up\n");
	kill(pid, SIGKILL);
	p = (struct pollfd){out[0], POLLIN, 0};
	assert_int_equal(poll(&p, 1, PROMISE_S * 1000), 1);
	assert_int_equal(read(out[0], line, 1), 0);
	close(out[0]);
	while (waitpid(-1, &status, __WALL) > 0)
		;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("ptrace", at_each_call_of_the_host),
		FX_TEST_IF("ptrace", at_each_call_of_the_sandbox),
		FX_TEST_IF("ptrace", without_a_pid_namespace),
		FX_TEST(after_the_start),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
