// SPDX-License-Identifier: MIT
/* Limits on memory, processes and devices bite, and the end says which one it was. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB UINT64_C(1048576)

static sb_stats run(sb_config *cfg, sb_result *res, char *said, size_t len)
{
	static struct fx_talk talk;
	sb_stats stats;

	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_end(&talk, res);
	stats = fx_stats(talk.proc);
	assert_true(talk.len < len);
	memcpy(said, talk.said, talk.len + 1);
	fx_talk_free(&talk);
	sb_config_free(cfg);
	return stats;
}

static void over_memory_max_is_told_as_such(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	sb_stats stats;
	char said[256];

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("touch=64", "say=survived");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	stats = run(cfg, &res, said, sizeof(said));
	assert_int_equal(res.verdict, SB_MEMORY_EXCEEDED);
	assert_int_equal(res.code, SIGKILL);
	assert_string_equal(said, "");
	assert_int_equal(res.has & SB_HAS_OOM_KILLS, SB_HAS_OOM_KILLS);
	assert_true(res.oom_kills >= 1 && stats.oom_kills == res.oom_kills);
	assert_true(stats.memory_oom >= 1 && stats.memory_max >= 1);
	if (res.has & SB_HAS_MEMORY_PEAK)
		assert_true(res.memory_peak > 15 * MIB && res.memory_peak <= 16 * MIB + 256 * 1024);
}

static void within_memory_max_nothing_happens(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	sb_stats stats;
	char said[256];

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("touch=8", "say=survived");
	fx_ok(sb_set_cgroup(cfg, "memory.max", "16M"));
	stats = run(cfg, &res, said, sizeof(said));
	assert_int_equal(res.verdict, SB_EXITED);
	assert_string_equal(said, "survived\n");
	assert_int_equal(res.oom_kills, 0);
	assert_true(stats.has & SB_STATS_MEMORY_EVENTS);
	if (stats.has & SB_STATS_MEMORY_PEAK)
		assert_true(stats.memory_peak > 8 * MIB && stats.memory_peak < 10 * MIB);
}

/* With memory limited, so that the counter of the OOM killer is there and says no. */
static void another_sigkill_is_a_signal(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	char said[256];

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("signal=9");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	run(cfg, &res, said, sizeof(said));
	assert_int_equal(res.verdict, SB_SIGNALED);
	assert_int_equal(res.code, SIGKILL);
	assert_int_equal(res.oom_kills, 0);
}

static void a_child_that_was_killed_is_counted_only(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	char said[256];

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("child-touch=64", "exit=0");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	run(cfg, &res, said, sizeof(said));
	assert_string_equal(said, "child=signal 9\n");
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 0);
	assert_true(res.oom_kills >= 1);
}

static void the_group_goes_at_once_if_asked(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	char said[256];

	(void)state;
	fx_cg_need("memory.max memory.oom.group");
	cfg = fx_config("child-touch=64", "exit=0");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	fx_ok(sb_set_cgroup(cfg, "memory.oom.group", "1"));
	run(cfg, &res, said, sizeof(said));
	assert_int_equal(res.verdict, SB_MEMORY_EXCEEDED);
	assert_true(res.oom_kills >= 2);
}

static int swap_is_on(void)
{
	char line[256];
	int lines = 0;
	FILE *f = fopen("/proc/swaps", "re");

	while (f && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		fclose(f);
	return lines > 1;
}

static void swap_is_for_those_who_ask(void **state)
{
	sb_config *cfg;
	struct fx_talk talk;
	sb_result res = SB_INIT(sb_result);
	sb_stats stats;
	char said[256];

	(void)state;
	fx_cg_need("memory.max memory.swap.max");
	if (!swap_is_on())
		fx_skip("no swap is on");
	cfg = fx_config("touch=40", "say=survived", "read=0");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	fx_ok(sb_set_swap(cfg, 100 * MIB));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "survived");
	stats = fx_stats(talk.proc);
	fx_talk_end(&talk, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_true(stats.has & SB_STATS_SWAP);
	assert_true(stats.swap > 16 * MIB && stats.memory <= 16 * MIB);
	stats = fx_stats(talk.proc);
	if (stats.has & SB_STATS_SWAP_PEAK)
		assert_true(stats.swap_peak > 16 * MIB);
	fx_talk_free(&talk);
	sb_config_free(cfg);

	/* By default there is none, so the same comes to a bad end. */
	cfg = fx_config("touch=40", "say=survived");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	stats = run(cfg, &res, said, sizeof(said));
	assert_int_equal(res.verdict, SB_MEMORY_EXCEEDED);
	assert_int_equal(stats.swap_peak, 0);

	/* Not enough of it. */
	cfg = fx_config("touch=64", "say=survived");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	fx_ok(sb_set_swap(cfg, 8 * MIB));
	run(cfg, &res, said, sizeof(said));
	assert_int_equal(res.verdict, SB_MEMORY_EXCEEDED);
}

static void a_limit_without_room_for_the_start_is_an_error(void **state)
{
	const sb_error *err;
	sb_config *cfg;
	sb_proc *proc = NULL;
	sb_error why = SB_INIT(sb_error);
	int r;

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("exit=0");
	fx_ok(sb_set_memory(cfg, 4096));
	r = sb_spawn(cfg, &proc, &why);
	err = &why;
	sb_proc_free(proc);
	sb_config_free(cfg);
	assert_true(r < 0);
	assert_true(strstr(err->message, "memory") || strstr(err->hint, "memory"));
}

static void forks_stop_at_pids_max(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	sb_stats stats;
	char said[256];

	(void)state;
	fx_cg_need("pids.max");
	cfg = fx_config("forks=100");
	fx_ok(sb_set_pids(cfg, 20));
	stats = run(cfg, &res, said, sizeof(said));
	assert_string_equal(said, "forks=19 EAGAIN\n");
	assert_int_equal(res.verdict, SB_EXITED);
	assert_true(stats.pids_refused >= 1);
	if (stats.has & SB_STATS_PIDS_PEAK)
		assert_int_equal(stats.pids_peak, 20);

	cfg = fx_config("threads=100");
	fx_ok(sb_set_pids(cfg, 20));
	stats = run(cfg, &res, said, sizeof(said));
	assert_string_equal(said, "threads=19 EAGAIN\n");
}

static void a_fork_bomb_stays_in_its_pids_max(void **state)
{
	sb_config *cfg;
	struct fx_talk talk;
	sb_result res = SB_INIT(sb_result);
	sb_stats stats;
	uint64_t refused = 0;

	(void)state;
	fx_cg_need("pids.max");
	cfg = fx_config("bomb");
	fx_ok(sb_set_pids(cfg, 30));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_until(&talk, "bomb");
	while (refused < 10)
		refused = fx_stats(talk.proc).pids_refused;
	fx_ok(sb_proc_kill(talk.proc));
	fx_talk_end(&talk, &res);
	stats = fx_stats(talk.proc);
	assert_int_equal(res.verdict, SB_KILLED);
	if (stats.has & SB_STATS_PIDS_PEAK)
		assert_int_equal(stats.pids_peak, 30);
	fx_talk_free(&talk);
	sb_config_free(cfg);
}

/* cgroup.max.descendants belongs to no controller; it shows in what the command may make itself. */
static void cgroups_inside_stop_at_max_descendants(void **state)
{
	sb_config *cfg;
	const char *said;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("mkdir=/cg/a", "mkdir=/cg/b", "mkdir=/cg/c");
	fx_ok(sb_set_cgroup_parent(cfg, fx_cg_parent())); /* every controller stays enabled in it */
	fx_ok(sb_set_cgroup(cfg, "cgroup.max.descendants", "3")); /* the command's own level is one of them */
	fx_ok(sb_add_cgroupfs(cfg, "/cg", 0));
	said = fx_output(cfg);
	fx_cg_parent_end();
	fx_is(said, "mkdir /cg/a", "ok");
	fx_is(said, "mkdir /cg/b", "ok");
	fx_is(said, "mkdir /cg/c", "EAGAIN");
}

static void only_the_devices_of_the_list_open(void **state)
{
	const char *rules[] = { "c 1:3 rw", "c 1:5 r", NULL }, *none[] = { NULL },
		   *nodes[] = { "c 1:* m", NULL };
	sb_config *cfg;
	const char *said;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("use-read=/dev/null", "use-write=/dev/null", "use-read=/dev/zero",
			   "use-write=/dev/zero", "use-read=/dev/full", "use-read=/dev/urandom");
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_devices(cfg, rules));
	said = fx_output(cfg);
	fx_is(said, "use /dev/null", "ok");
	fx_has_not(said, "use /dev/null=EPERM");
	fx_has(said, "use /dev/zero=ok\nuse /dev/zero=EPERM\n");
	fx_is(said, "use /dev/full", "EPERM");
	fx_is(said, "use /dev/urandom", "EPERM");

	cfg = fx_cg_config("use-read=/dev/null");
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_devices(cfg, none));
	fx_is(fx_output(cfg), "use /dev/null", "EPERM");

	/* To make a node is a use of its own. */
	cfg = fx_cg_config("mknod=1:3 /d/null", "mknod=10:200 /d/tun", "use-read=/d/null");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_host_root(cfg, 1));
	fx_ok(sb_add_cap(cfg, "mknod"));
	fx_ok(sb_add_tmpfs(cfg, "/d", 0, 0, 0755));
	fx_ok(sb_set_devices(cfg, nodes));
	said = fx_output(cfg);
	fx_has(said, "mknod=ok\nmknod=EPERM\n");
}

static void without_privilege_a_device_list_is_refused(void **state)
{
	const char *rules[] = { "c 1:3 rw", NULL };
	const sb_error *err;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_devices(cfg, rules));
	err = fx_refused(cfg, EPERM);
	assert_string_equal(sb_step_name(err->step), "devices");
	fx_has(err->hint, "CAP_SYS_ADMIN");
}

/* What the same costs without a sandbox; in nanoseconds. */
static uint64_t plain_cost(void)
{
	struct rusage use;
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		execl(fx_inside(), "inside", NULL);
		_exit(1);
	}
	assert_int_equal(wait4(pid, &status, 0, &use), pid);
	return (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1000;
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The least of several runs, as other work of the machine only adds. */
static void what_was_needed_to_set_it_up_is_not_billed(void **state)
{
	uint64_t least = UINT64_MAX, peak = UINT64_MAX, plain = UINT64_MAX;
	int i, has_peak = 0;

	(void)state;
	fx_cg_need("");
	for (i = 0; i < 12; i++) {
		sb_result res = SB_INIT(sb_result);
		sb_stats stats;
		char said[16];

		plain = least_of(plain, plain_cost());
		stats = run(fx_cg_config("exit=0"), &res, said, sizeof(said));
		assert_true(stats.has & SB_STATS_CPU);
		least = least_of(least, stats.cpu_ns);
		has_peak = (stats.has & SB_STATS_MEMORY_PEAK) != 0;
		peak = least_of(peak, stats.memory_peak);
	}
	print_message("# a program that does nothing: %llu us of cpu (fork and exec: %llu us), %llu KiB\n",
		      (unsigned long long)least / 1000, (unsigned long long)plain / 1000,
		      (unsigned long long)peak / 1024);
	assert_true(least < plain * 2 + 1000000);
	if (has_peak)
		assert_true(peak < 512 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(over_memory_max_is_told_as_such),
		FX_TEST(within_memory_max_nothing_happens),
		FX_TEST(another_sigkill_is_a_signal),
		FX_TEST(a_child_that_was_killed_is_counted_only),
		FX_TEST(the_group_goes_at_once_if_asked),
		FX_TEST(swap_is_for_those_who_ask),
		FX_TEST(a_limit_without_room_for_the_start_is_an_error),
		FX_TEST(forks_stop_at_pids_max),
		FX_TEST(a_fork_bomb_stays_in_its_pids_max),
		FX_TEST(cgroups_inside_stop_at_max_descendants),
		FX_TEST_IF("root", only_the_devices_of_the_list_open),
		FX_TEST_IF("user", without_privilege_a_device_list_is_refused),
		FX_TEST(what_was_needed_to_set_it_up_is_not_billed),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
