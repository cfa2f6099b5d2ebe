// SPDX-License-Identifier: MIT
/* The host of a network is killed at each of its system calls: the kernel and sb_gc() leave nothing of it. */
#include "../fixture_cgroup.h"
#include "net_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#define PATIENCE_S 20

/* What is made here must be gone afterwards: links, rules, and names of namespaces. */
static const char *whole_host(void)
{
	return net_says("ip -o link | cut -d: -f 2 | sort; nft list ruleset; ip netns");
}

/* The traced process: its calls between the two signals count. */
static void host(const sb_config *cfg)
{
	sb_proc *proc;

	raise(SIGSTOP);
	if (sb_spawn(cfg, &proc, NULL) < 0)
		_exit(1);
	raise(SIGUSR1);
	sb_proc_free(proc);
	sb_config_free((sb_config *)cfg);
	raise(SIGUSR1);
	_exit(0);
}

/*
 * Lets @pid go on up to its @at-th stop at a system call, its entry or its return, and kills it
 * there. 0: it was over before.
 */
static int kill_at(pid_t pid, int at)
{
	int status, seen = 0;

	for (;;) {
		assert_int_equal(waitpid(pid, &status, __WALL), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return 0;
		if (!WIFSTOPPED(status))
			fail_msg("the spawn failed by itself: status %x", status);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && ++seen == at)
			break;
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	return 1;
}

static int killed_at(int at)
{
	sb_config *cfg = net_whole("pause");
	int status, r;
	pid_t pid;

	fx_ok(sb_net_publish(cfg, "udp", NULL, 0, 53, 1));
	pid = fork();
	if (pid == 0)
		host(cfg);
	sb_config_free(cfg);
	assert_int_equal(ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD), 0);
	r = kill_at(pid, at);
	while (waitpid(-1, &status, __WALL) > 0) /* sb-init is ours now, and ends by itself */
		;
	return r;
}

/* The ports of a bridge vanish a moment after their sandbox; until then it is used. */
static void clean(const char *before, int at)
{
	for (time_t until = time(NULL) + PATIENCE_S; time(NULL) < until;) {
		sb_error err = SB_INIT(sb_error);

		if (sb_gc(NULL, &err) < 0)
			fail_msg("sb_gc: %s", err.message);
		if (!strcmp(whole_host(), before))
			return;
		poll(NULL, 0, 5);
	}
	fail_msg("killed at call %d, left are:\n%s", at, whole_host());
}

static void nothing_is_left_of_a_host_killed_at_any_call(void **state)
{
	int step = fx_emulated() ? 7 : 1, at;
	char before[4096];

	(void)state;
	snprintf(before, sizeof(before), "%s", whole_host());
	for (at = 1; killed_at(at); at += step)
		clean(before, at);
	clean(before, at);
	print_message("# killed at every %d. of %d stops\n", step, at - 1);
	assert_true(at > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege ptrace", nothing_is_left_of_a_host_killed_at_any_call),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
