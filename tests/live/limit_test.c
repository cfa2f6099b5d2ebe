// SPDX-License-Identifier: MIT
/* Limits that sb-init and the kernel keep, and what they make of the verdict. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define MIB UINT64_C(1048576)

static sb_result result_of(sb_config *cfg)
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = fx_spawn(cfg);

	fx_wait(proc, &res);
	sb_config_free(cfg);
	return res;
}

static uint64_t cpu_of(const sb_result *res)
{
	return res->user_ns + res->system_ns;
}

static void a_busy_loop_ends_at_its_cpu_limit(void **state)
{
	sb_config *cfg = fx_config("spin-wall=60000");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 100 * MS, 0));
	res = result_of(cfg);
	print_message("# cpu %.2f ms of 100\n", (double)cpu_of(&res) / 1e6);
	assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
	assert_int_equal(res.code, SIGKILL);
	assert_true(res.signaled);
	assert_true(res.exceeded & SB_LIMIT_BIT(SB_LIMIT_CPU));
	assert_true(cpu_of(&res) > 100 * MS && cpu_of(&res) < 400 * MS);
	assert_int_equal(!!(res.approximate & SB_LIMIT_BIT(SB_LIMIT_CPU)),
			 !(res.applied & SB_APPLIED_CGROUP));
}

static void cpu_time_of_a_child_that_nobody_waits_for_counts(void **state)
{
	sb_config *cfg = fx_config("spin-apart=60000", "pause");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 50 * MS, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
	assert_true(cpu_of(&res) > 40 * MS);
}

static void a_sleeper_ends_at_its_wall_limit(void **state)
{
	sb_config *cfg = fx_config("pause");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 50 * MS, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 1000 * MS, 0));
	res = result_of(cfg);
	print_message("# wall %.2f ms of 50\n", (double)res.wall_ns / 1e6);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	assert_true(res.wall_ns > 50 * MS);
	assert_int_equal(res.exceeded, SB_LIMIT_BIT(SB_LIMIT_WALL));
}

static void a_stopped_command_ends_at_its_wall_limit(void **state)
{
	sb_config *cfg = fx_config("signal=19", "pause");

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 50 * MS, 0));
	assert_int_equal(result_of(cfg).verdict, SB_WALL_EXCEEDED);
}

/* It ends by itself, after its time and before the end of the grace. */
static void a_grace_measures_the_overshoot(void **state)
{
	sb_config *cfg = fx_config("spin-wall=120", "exit=7");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 50 * MS, 60000 * MS));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	assert_false(res.signaled);
	assert_int_equal(res.code, 7);
	assert_true(res.wall_ns >= 100 * MS);
}

static void the_first_cause_is_the_verdict(void **state)
{
	sb_config *cfg = fx_config("spin-wall=60000");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 20 * MS, 300 * MS));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 100 * MS, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	assert_true(res.exceeded & SB_LIMIT_BIT(SB_LIMIT_WALL));
}

static void within_its_limits_it_is_what_it_was(void **state)
{
	sb_config *cfg = fx_config("exit=3");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 60000 * MS, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 60000 * MS, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 3);
	assert_int_equal(res.exceeded, 0);
	assert_true(res.has & SB_HAS_FAULTS && res.minor_faults > 0);
}

/* What a limit would send, sent by the program itself. */
static void its_own_signals_are_no_limits(void **state)
{
	static const char *const words[] = { "signal=9", "signal=24", "signal=25", "signal=31" };
	static const int signals[] = { SIGKILL, SIGXCPU, SIGXFSZ, SIGSYS };

	(void)state;
	for (int i = 0; i < 4; i++) {
		sb_config *cfg = fx_config(words[i]);
		sb_result res;

		fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 60000 * MS, 0));
		fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 60000 * MS, 0));
		res = result_of(cfg);
		assert_int_equal(res.verdict, SB_SIGNALED);
		assert_int_equal(res.code, signals[i]);
	}
}

static void a_soft_limit_tells_and_signals(void **state)
{
	sb_config *cfg = fx_config("pause");
	sb_result res = SB_INIT(sb_result);
	struct pollfd polled = { -1, POLLIN, 0 };
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_WALL, 20 * MS, 0));
	proc = fx_spawn(cfg);
	polled.fd = sb_proc_fd(proc);
	while (!sb_proc_soft(proc)) {
		assert_int_equal(poll(&polled, 1, 10000), 1);
		assert_int_equal(sb_proc_process(proc, NULL, NULL), 0);
	}
	assert_int_equal(sb_proc_soft(proc), SB_LIMIT_BIT(SB_LIMIT_WALL));
	sb_proc_kill(proc);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_KILLED);
	assert_int_equal(res.soft, SB_LIMIT_BIT(SB_LIMIT_WALL));
	sb_config_free(cfg);

	cfg = fx_config("spin-wall=60000");
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_CPU, 20 * MS, SIGTERM));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_SIGNALED);
	assert_int_equal(res.code, SIGTERM);
	assert_int_equal(res.soft, SB_LIMIT_BIT(SB_LIMIT_CPU));
}

static void a_hidden_child_out_of_memory_is_the_verdict(void **state)
{
	sb_config *cfg;
	sb_result res;

	(void)state;
	fx_cg_need("memory.max memory.oom.group");
	cfg = fx_config("child-touch=64", "exit=0");
	fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 16 * MIB, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_MEMORY_EXCEEDED);
	assert_true(res.oom_kills > 0);
	assert_int_equal(res.approximate, 0);
}

static void without_a_controller_memory_is_sampled_if_that_will_do(void **state)
{
	sb_config *cfg = fx_config("thrash=128");
	sb_result res;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 16 * MIB, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 20000 * MS, 0));
	fx_ok(sb_set_optional(cfg, SB_APPLIED_CGROUP));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_MEMORY_EXCEEDED);
	assert_int_equal(!!(res.approximate & SB_LIMIT_BIT(SB_LIMIT_MEMORY)),
			 !(res.applied & SB_APPLIED_CGROUP));
}

static void one_fork_too_many_ends_the_run(void **state)
{
	sb_config *cfg;
	sb_result res;

	(void)state;
	fx_cg_need("pids.max");
	cfg = fx_config("forks=40", "pause");
	fx_ok(sb_set_limit(cfg, SB_LIMIT_PIDS, 8, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 20000 * MS, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_PIDS_EXCEEDED);
	assert_true(res.pids_refused > 0);
}

/* It cannot be told that a fork was refused, but it is. */
static void without_a_controller_processes_are_held_by_an_rlimit(void **state)
{
	sb_config *cfg = fx_config("forks=40");
	sb_result res = SB_INIT(sb_result);
	char out[256];

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_PIDS, 8, 0));
	fx_ok(sb_set_optional(cfg, SB_APPLIED_CGROUP));
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	if (res.applied & SB_APPLIED_CGROUP) {
		assert_int_equal(res.verdict, SB_PIDS_EXCEEDED);
		return;
	}
	assert_int_equal(res.approximate, SB_LIMIT_BIT(SB_LIMIT_PIDS));
	assert_int_equal(res.verdict, SB_EXITED);
	fx_has(out, "EAGAIN");
	assert_true(atoi(fx_get(out, "forks")) < 10);
}

static void in_a_box_each_command_has_its_own(void **state)
{
	sb_config *cfg = fx_config("pause"), *busy = fx_config("spin-wall=60000");
	sb_result res = SB_INIT(sb_result);
	sb_proc *sleeper, *spinner;
	sb_box *box;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 60 * MS, 0));
	fx_ok(sb_set_limit(busy, SB_LIMIT_CPU, 30 * MS, 0));
	box = open_with(busy);
	fx_ok(sb_box_spawn(box, cfg, &sleeper, NULL));
	fx_ok(sb_box_spawn(box, busy, &spinner, NULL));
	fx_wait(spinner, &res);
	assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
	fx_wait(sleeper, &res);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	fx_ok(sb_box_spawn(box, cfg, &sleeper, NULL));
	fx_wait(sleeper, &res);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	sb_box_free(box);
	sb_config_free(busy);
	sb_config_free(cfg);
}

/* The command sleeps, its child does not. */
static void in_a_box_its_children_count_and_go_with_it(void **state)
{
	sb_config *cfg = fx_config("spin-apart=60000");
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	sb_box *box;

	(void)state;
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 50 * MS, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 30000 * MS, 0));
	box = open_with(cfg);
	for (int i = 0; i < 2; i++) {
		fx_ok(sb_box_spawn(box, cfg, &proc, NULL));
		fx_wait(proc, &res);
		assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

static void without_a_pid_namespace_they_hold_too(void **state)
{
	sb_config *cfg = fx_config("spin-wall=60000");
	sb_result res;

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 50 * MS, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_busy_loop_ends_at_its_cpu_limit),
		FX_TEST(cpu_time_of_a_child_that_nobody_waits_for_counts),
		FX_TEST(a_sleeper_ends_at_its_wall_limit),
		FX_TEST(a_stopped_command_ends_at_its_wall_limit),
		FX_TEST(a_grace_measures_the_overshoot),
		FX_TEST(the_first_cause_is_the_verdict),
		FX_TEST(within_its_limits_it_is_what_it_was),
		FX_TEST(its_own_signals_are_no_limits),
		FX_TEST(a_soft_limit_tells_and_signals),
		FX_TEST(a_hidden_child_out_of_memory_is_the_verdict),
		FX_TEST(without_a_controller_memory_is_sampled_if_that_will_do),
		FX_TEST(one_fork_too_many_ends_the_run),
		FX_TEST(without_a_controller_processes_are_held_by_an_rlimit),
		FX_TEST(in_a_box_each_command_has_its_own),
		FX_TEST(in_a_box_its_children_count_and_go_with_it),
		FX_TEST(without_a_pid_namespace_they_hold_too),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
