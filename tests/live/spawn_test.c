// SPDX-License-Identifier: MIT
/* A command is executed, ends, and how it ended is told truly. */
#include "../fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void ends_with(sb_config *cfg, int verdict, int code)
{
	sb_result res = SB_INIT(sb_result);

	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, verdict);
	assert_int_equal(res.code, code);
	assert_true(res.has & SB_HAS_CODE);
	assert_int_equal(res.core_dumped, 0);
}

static void runs_a_command(void **state)
{
	(void)state;
	ends_with(fx_config("exit=0"), SB_EXITED, 0);
}

static void tells_every_exit_status(void **state)
{
	static const char *const words[] = {"exit=1",   "exit=7",   "exit=125", "exit=126",
					    "exit=127", "exit=128", "exit=137", "exit=255"};
	static const int codes[] = {1, 7, 125, 126, 127, 128, 137, 255};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		ends_with(fx_config(words[i]), SB_EXITED, codes[i]);
}

static void tells_the_signal(void **state)
{
	static const int signals[] = {SIGHUP,  SIGINT,  SIGKILL, SIGSEGV, SIGPIPE, SIGALRM,
				      SIGTERM, SIGUSR1, SIGXCPU, 34,      64};
	char word[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		snprintf(word, sizeof(word), "signal=%d", signals[i]);
		ends_with(fx_config(word), SB_SIGNALED, signals[i]);
	}
}

/* A command that were process 1 itself would be reported as SIGSEGV here. */
static void abort_is_sigabrt(void **state)
{
	(void)state;
	ends_with(fx_config("abort"), SB_SIGNALED, SIGABRT);
}

static void passes_on_what_the_command_prints(void **state)
{
	(void)state;
	assert_string_equal(fx_output(fx_config("say=hello", "say=world")), "hello\nworld\n");
}

static void result_has_every_figure(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("exit=3");

	(void)state;
	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	assert_int_equal(res.size, sizeof(res));
	assert_int_equal(res.has, SB_HAS_CODE | SB_HAS_WALL | SB_HAS_CPU | SB_HAS_RSS | SB_HAS_SETUP |
						 SB_HAS_FAULTS | SB_HAS_SWITCHES);
	assert_int_equal(res.skipped, 0);
	assert_true(res.wall_ns > 0);
	assert_true(res.setup_ns > 0);
	assert_true(res.max_rss > 0);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void times_fit_within_what_the_caller_saw(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("spin=60");
	uint64_t seen = now_ns();

	(void)state;
	fx_wait(fx_spawn(cfg), &res);
	seen = now_ns() - seen;
	sb_config_free(cfg);
	assert_true(res.setup_ns + res.wall_ns <= seen);
	/* It spun until its own cpu clock said 60 ms; rusage counts the same, give or take a tick. */
	assert_true(res.user_ns + res.system_ns >= 40 * 1000000ull);
	assert_true(res.user_ns + res.system_ns <= 2 * seen);
	assert_true(res.wall_ns >= 40 * 1000000ull);
}

static void max_rss_is_of_the_command(void **state)
{
	sb_result small = SB_INIT(sb_result), big = SB_INIT(sb_result);
	static char host_memory[64 << 20];
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	/* A figure inherited from the host would be at least this. */
	memset(host_memory, 1, sizeof(host_memory));
	fx_wait(fx_spawn(cfg), &small);
	fx_command(cfg, "touch=40");
	fx_wait(fx_spawn(cfg), &big);
	sb_config_free(cfg);
	assert_true(small.max_rss < 16 << 20);
	assert_true(big.max_rss >= 40 << 20);
	assert_true(big.max_rss < 60 << 20);
}

static void result_says_what_was_applied(void **state)
{
	const uint64_t all = SB_NS_ALL | SB_APPLIED_ROOT | SB_APPLIED_ROOT_READONLY |
			     SB_APPLIED_NO_NEW_PRIVS | SB_APPLIED_NO_CAPS | SB_APPLIED_SESSION |
			     SB_APPLIED_NO_GROUPS;
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_wait(fx_spawn(cfg), &res);
	if (fx_who() == FX_ROOT)
		assert_int_equal(res.applied & all, all);
	/* Whoever may not call setgroups keeps the groups it has; then the bit must be absent, not wrong. */
	assert_int_equal(res.applied & (all & ~SB_APPLIED_NO_GROUPS), all & ~SB_APPLIED_NO_GROUPS);

	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_NET));
	fx_ok(sb_set_session(cfg, 0));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	fx_ok(sb_add_cap(cfg, "net_bind_service"));
	fx_ok(sb_set_rootfs_writable(cfg, 1));
	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	assert_int_equal(res.applied & (SB_NS_NET | SB_APPLIED_SESSION | SB_APPLIED_NO_NEW_PRIVS |
					SB_APPLIED_NO_CAPS | SB_APPLIED_ROOT_READONLY),
			 0);
	assert_true(res.applied & SB_APPLIED_ROOT);
}

static void a_smaller_result_is_filled_as_far_as_it_goes(void **state)
{
	union {
		sb_result res;
		unsigned char raw[sizeof(sb_result)];
	} u;
	sb_config *cfg = fx_config("exit=5");
	sb_proc *proc;
	size_t i, keep = offsetof(sb_result, wall_ns);

	(void)state;
	memset(&u, 0xa5, sizeof(u));
	u.res.size = (uint32_t)keep;
	proc = fx_spawn(cfg);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &u.res, NULL), 1);
	sb_proc_free(proc);
	sb_config_free(cfg);
	assert_int_equal(u.res.size, keep);
	assert_int_equal(u.res.code, 5);
	for (i = keep; i < sizeof(u); i++)
		assert_int_equal(u.raw[i], 0xa5);
}

static void one_config_runs_many_times(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("exit=9");
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		fx_wait(fx_spawn(cfg), &res);
		assert_int_equal(res.code, 9);
	}
	sb_config_free(cfg);
}

static void a_copy_runs_alike(void **state)
{
	sb_config *cfg = fx_config("say=copied"), *copy = sb_config_copy(cfg);

	(void)state;
	assert_non_null(copy);
	sb_config_free(cfg);
	assert_string_equal(fx_output(copy), "copied\n");
}

static void error_and_result_may_be_null(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_proc *proc = NULL;

	(void)state;
	fx_ok(sb_spawn(cfg, &proc, NULL));
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	assert_null(sb_proc_free(proc));
	assert_null(sb_proc_free(NULL));
	fx_ok(sb_set_command(cfg, "/nothing", NULL));
	proc = NULL;
	assert_int_equal(sb_spawn(cfg, &proc, NULL), -ENOENT);
	assert_null(proc);
	sb_config_free(cfg);
}

/* The library must not leave a zombie for a host that never asks, nor one that it has to find itself. */
static void the_host_sees_no_child_afterwards(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	siginfo_t si;

	(void)state;
	fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	assert_int_equal(waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

/*
 * What one thread uses between two moments is no more than lies between them. The
 * set-up is made long, so that the sum would not fit if it were billed.
 */
#define ROUNDS 11

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Eight hundred descriptors to be closed are no more to the command than none. Medians, in turns. */
static void the_set_up_is_not_billed(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg[2] = {fx_config("exit=0"), fx_config("exit=0")};
	uint64_t cpu[2][ROUNDS];

	(void)state;
	for (int fd = 3; fd < 800; fd++)
		fx_ok(sb_set_fd(cfg[1], fd, -1));
	for (int i = 0; i < 2 * ROUNDS; i++) {
		fx_wait(fx_spawn(cfg[i % 2]), &res);
		assert_int_equal(res.verdict, SB_EXITED);
		cpu[i % 2][i / 2] = res.user_ns + res.system_ns;
	}
	for (int i = 0; i < 2; i++) {
		qsort(cpu[i], ROUNDS, sizeof(cpu[i][0]), by_size);
		assert_true(cpu[i][0]);
		sb_config_free(cfg[i]);
	}
	assert_in_range(cpu[1][ROUNDS / 2], 1, cpu[0][ROUNDS / 2] / 3 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(runs_a_command),
		FX_TEST(tells_every_exit_status),
		FX_TEST(tells_the_signal),
		FX_TEST(abort_is_sigabrt),
		FX_TEST(passes_on_what_the_command_prints),
		FX_TEST(result_has_every_figure),
		FX_TEST(times_fit_within_what_the_caller_saw),
		FX_TEST(max_rss_is_of_the_command),
		FX_TEST(result_says_what_was_applied),
		FX_TEST(a_smaller_result_is_filled_as_far_as_it_goes),
		FX_TEST(one_config_runs_many_times),
		FX_TEST(a_copy_runs_alike),
		FX_TEST(error_and_result_may_be_null),
		FX_TEST(the_host_sees_no_child_afterwards),
		FX_TEST(the_set_up_is_not_billed),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
