// SPDX-License-Identifier: MIT
/*
 * The host is killed at each of the system calls of a reset that replaces directories: one of them
 * is always there.
 */
#include "../fixture_cgroup.h"
#include "overlay_kit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* The traced process: SIGUSR1 tells that the reset begins, its exit status that it was over before. */
static void host(const sb_config *cfg, int go)
{
	sb_box *box = NULL;
	char c;

	if (read(go, &c, 1) != 1 || sb_box_open(cfg, &box, NULL) < 0 ||
	    sb_box_put(box, "/o/old", "old", 3, 0600, NULL) < 0)
		_exit(1);
	raise(SIGUSR1);
	_exit(sb_box_reset(box, NULL) == 0 ? 0 : 2);
}

/* Returns 1 if it was killed, 0 if the reset was over before it came to @at calls. */
static int trace(pid_t pid, int at)
{
	enum __ptrace_request go = PTRACE_CONT;
	int status, seen = 0;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status);

		if (sig == SIGUSR1)
			go = PTRACE_SYSCALL;
		else if (sig == (SIGTRAP | 0x80) && ++seen >= at)
			kill(pid, SIGKILL);
		ptrace(go, pid, NULL, NULL);
	}
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status);
}

static int killed_at(const sb_config *cfg, int at)
{
	int go[2], status, r;
	pid_t pid;

	fx_ok(pipe2(go, O_CLOEXEC));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		host(cfg, go[0]);
	fx_ok(ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD));
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	r = trace(pid, at);
	while (waitpid(-1, &status, __WALL) > 0) /* its sandboxes come to us, and end by themselves */
		;
	return r;
}

/* The old one with what is in it, or a new one; beside it at most one directory, which is called so. */
static int is_in_order(int at)
{
	int all = names_in("disk/upper", ""), old = access(fx_path("disk/upper/old"), F_OK) == 0;
	int beside = names_in("disk", ".sb-");

	if (all != old || beside > 1 || names_in("disk", "") != 3 + beside ||
	    names_in("disk", SHELF) != beside)
		fail_msg("killed at call %d: %d names in upper, %s old, %d beside it", at, all,
			 old ? "with" : "without", beside);
	return old;
}

static void there_is_always_one_and_at_most_one_beside_it(void **state)
{
	int step = fx_emulated() ? 31 : 3, olds = 0, news = 0, rests = 0;
	sb_config *cfg = overlay_config();

	(void)state;
	for (int at = 1; killed_at(cfg, at); at += step) {
		if (is_in_order(at)) {
			olds++;
			fx_ok(unlink(fx_path("disk/upper/old")));
		} else {
			news++;
		}
		rests += names_in("disk", ".sb-");
		if (at / step % 2) { /* the next reset clears up, or sb_gc() */
			sb_box *box = open_with(cfg);

			fx_ok(sb_box_put(box, "/o/old", "old", 3, 0600, NULL));
			reset(box);
			sb_box_free(box);
		} else {
			assert_true(sb_gc(cfg, NULL) >= 0);
		}
		is_fresh();
	}
	is_fresh();
	assert_true(olds > 0 && news > 0 && rests > 0);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("overlay", there_is_always_one_and_at_most_one_beside_it),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
