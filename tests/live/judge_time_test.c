// SPDX-License-Identifier: MIT
/* Time as a judge needs it: what is billed, what is not, and how exactly a limit is kept. */
#include "judge_table.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int held[2];

/* In an emulated machine the start of a program takes some of the time that a limit is about. */
static unsigned slow(void)
{
	return fx_emulated() ? 10 : 1;
}

static sb_config *config_of(const struct judge_row *row)
{
	judge_begin();
	return judge_config(row, "judge-time", held);
}

static uint64_t cpu_of(const sb_result *res)
{
	return res->user_ns + res->system_ns;
}

/* Runs and frees @cfg; what it said is in @said, unless NULL. */
static sb_result run(sb_config *cfg, char *said, size_t len)
{
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = fx_spawn(cfg);
	const void *data;
	size_t n;

	if (sb_proc_wait(proc, UINT64_MAX, &res, &err) != 1)
		fail_msg("sb_proc_wait: %s", err.message);
	if (said) {
		fx_ok(sb_proc_output(proc, 1, &data, &n));
		snprintf(said, len, "%.*s", (int)n, (const char *)data);
	}
	sb_proc_free(proc);
	sb_config_free(cfg);
	return res;
}

static sb_result run_row(const struct judge_row *row)
{
	return run(config_of(row), NULL, 0);
}

static void is_verdict(const sb_result *res, int verdict, int code)
{
	if (res->verdict != verdict || res->code != code)
		fail_msg("verdict %d code %d, expected %d code %d; cpu %.3f ms, wall %.3f ms", res->verdict,
			 res->code, verdict, code, (double)cpu_of(res) / 1e6, (double)res->wall_ns / 1e6);
}

/* An emulated machine needs some 10 ms to start and end a program, which the program does not see. */
static void what_a_program_measures_is_what_is_billed(void **state)
{
	const struct judge_row row = { .name = "measured", .number = fx_emulated() ? 3000 : 300 };
	int tries, at_least = fx_emulated() ? 1 : 5;
	double best = 1000, percent;

	(void)state;
	for (tries = 0; tries < 10 && (best > 2 || tries < at_least); tries++) {
		char said[64];
		sb_result res = run(config_of(&row), said, sizeof(said));
		double own = strtod(said, NULL);

		is_verdict(&res, SB_EXITED, 0);
		assert_true(own >= (double)row.number * 1e6);
		percent = ((double)cpu_of(&res) - own) / own * 100;
		print_message("# measured by itself %.3f ms, billed %.3f ms: %+.3f %%\n", own / 1e6,
			      (double)cpu_of(&res) / 1e6, percent);
		assert_true(percent > -0.5);
		if (percent < best)
			best = percent;
	}
	assert_true(best <= (fx_emulated() ? 5 : 2));
}

/* The goal is 1.02 s, on a machine that has nothing else to do. */
static void a_busy_loop_has_its_second_and_no_more(void **state)
{
	static const struct judge_row ways[] = {
		{ .name = "spin", .cpu_ms = 1000 },
		{ .name = "cpu-threads", .number = 4, .cpu_ms = 1000 },
	};
	uint64_t cpu, best;

	(void)state;
	for (size_t way = 0; way < 2; way++) {
		best = UINT64_MAX;
		for (int tries = 0; tries < 3 && best > 1020 * MS; tries++) {
			sb_result res = run_row(&ways[way]);

			is_verdict(&res, SB_CPU_EXCEEDED, SIGKILL);
			cpu = cpu_of(&res);
			print_message("# %s, limit 1 s: %.3f ms\n", ways[way].name, (double)cpu / 1e6);
			best = cpu < best ? cpu : best;
		}
		assert_true(best >= 999 * MS);
		assert_true(best <= 1250 * MS);
	}
}

static sb_config *much_set_up(unsigned mounts)
{
	static const struct judge_row row = { .name = "exit" };
	sb_config *cfg = config_of(&row);
	char path[32];

	for (unsigned i = 0; i < mounts; i++) {
		snprintf(path, sizeof(path), "/mount/%u", i);
		fx_ok(sb_add_tmpfs(cfg, path, 4096, 0, 0700));
	}
	return cfg;
}

static void set_up_is_not_billed(void **state)
{
	uint64_t cpu[2] = { UINT64_MAX, UINT64_MAX }, setup[2] = { UINT64_MAX, UINT64_MAX };

	(void)state;
	for (int tries = 0; tries < 3; tries++)
		for (int much = 0; much < 2; much++) {
			sb_result res = run(much_set_up(much ? 400 : 0), NULL, 0);

			is_verdict(&res, SB_EXITED, 0);
			if (cpu_of(&res) < cpu[much])
				cpu[much] = cpu_of(&res);
			if (res.setup_ns < setup[much])
				setup[much] = res.setup_ns;
		}
	print_message("# set-up %.3f and %.3f ms, billed %.3f and %.3f ms\n", (double)setup[0] / 1e6,
		      (double)setup[1] / 1e6, (double)cpu[0] / 1e6, (double)cpu[1] / 1e6);
	assert_true(setup[1] > setup[0]);
	assert_true(cpu[1] < setup[1] / 2);
}

static void clocks_go_in_their_own_ways(void **state)
{
	static const struct judge_row row = { .name = "sleeps-and-spins", .number = 60 };
	sb_result res;

	(void)state;
	res = run_row(&row);
	is_verdict(&res, SB_EXITED, 0);
	assert_true(cpu_of(&res) >= 60 * MS);
	assert_true(res.wall_ns >= 120 * MS);
	assert_true(cpu_of(&res) + 59 * MS < res.wall_ns + 2 * MS);
}

/* Killed later, judged the same; and who ends in between has shown by how much it was over. */
static void grace_measures_by_how_much(void **state)
{
	const long spins[3] = { 200, 0, 50 }; /* within the grace, beyond it, below the limit */
	sb_result res[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct judge_row row = { .name = "spin", .number = spins[i] * slow() };
		sb_config *cfg = config_of(&row);

		fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 100 * MS * slow(), 300 * MS * slow()));
		res[i] = run(cfg, NULL, 0);
		print_message("# limit %u ms, grace %u ms: %.3f ms\n", 100 * slow(), 300 * slow(),
			      (double)cpu_of(&res[i]) / 1e6);
	}
	is_verdict(&res[0], SB_CPU_EXCEEDED, 0);
	assert_int_equal(res[0].signaled, 0);
	assert_in_range(cpu_of(&res[0]), 199 * MS * slow(), 400 * MS * slow());
	is_verdict(&res[1], SB_CPU_EXCEEDED, SIGKILL);
	assert_int_equal(res[1].signaled, 1);
	assert_true(cpu_of(&res[1]) >= 399 * MS * slow());
	is_verdict(&res[2], SB_EXITED, 0);
	assert_int_equal(res[2].exceeded, 0);
}

static void grace_of_the_wall_clock(void **state)
{
	static const struct judge_row within = { .name = "sleep", .number = 150 },
				      beyond = { .name = "pause" };
	sb_config *cfg;
	sb_result res;

	(void)state;
	cfg = config_of(&within);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 100 * MS, 20000 * MS));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_WALL_EXCEEDED, 0);
	assert_true(res.wall_ns >= 150 * MS);
	cfg = config_of(&beyond);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 100 * MS, 200 * MS));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_WALL_EXCEEDED, SIGKILL);
	assert_true(res.wall_ns >= 300 * MS);
}

/* Both are over in the end; what came first is why. */
static void the_first_cause_is_the_verdict(void **state)
{
	static const struct judge_row row = { .name = "spin" };
	const uint64_t both = SB_LIMIT_BIT(SB_LIMIT_CPU) | SB_LIMIT_BIT(SB_LIMIT_WALL), far = 100000 * MS;
	sb_config *cfg;
	sb_result res;

	(void)state;
	cfg = config_of(&row);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 1 * MS, far));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 200 * MS, 0));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_WALL_EXCEEDED, SIGKILL);
	assert_int_equal(res.exceeded, both);
	cfg = config_of(&row);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 1 * MS, far));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 2000 * MS, 0));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_CPU_EXCEEDED, SIGKILL);
	assert_int_equal(res.exceeded, both);
}

static void grace_of_memory(void **state)
{
	static const struct judge_row within = { .name = "mem-take", .number = 24 },
				      beyond = { .name = "mem-heap", .number = 96 };
	sb_config *cfg;
	sb_result res;

	(void)state;
	fx_cg_need("memory.max");
	cfg = config_of(&within);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 16 * MIB, 16 * MIB));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_MEMORY_EXCEEDED, 0);
	assert_in_range(res.memory_peak, 24 * MIB, 32 * MIB);
	assert_int_equal(res.oom_kills, 0);
	cfg = config_of(&beyond);
	fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 16 * MIB, 16 * MIB));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_MEMORY_EXCEEDED, SIGKILL);
	assert_in_range(res.memory_peak, 31 * MIB, 32 * MIB);
}

/* Out of memory, long after a limit whose grace goes on: that limit came first, and both are told. */
static void a_grace_that_memory_ends(void **state)
{
	static const struct judge_row row = { .name = "mem-late", .number = 200 };
	static const struct {
		uint32_t limit;
		int verdict;
	} first[] = { { SB_LIMIT_WALL, SB_WALL_EXCEEDED }, { SB_LIMIT_CPU, SB_CPU_EXCEEDED } };
	sb_config *cfg;
	sb_result res;

	(void)state;
	fx_cg_need("memory.max");
	for (size_t i = 0; i < 2; i++) {
		cfg = config_of(&row);
		fx_ok(sb_set_limit(cfg, first[i].limit, 50 * MS, 100000 * MS));
		res = run(cfg, NULL, 0);
		is_verdict(&res, first[i].verdict, SIGKILL);
		assert_true(res.oom_kills > 0);
		assert_int_equal(res.exceeded, SB_LIMIT_BIT(first[i].limit) | SB_LIMIT_BIT(SB_LIMIT_MEMORY));
	}
	cfg = config_of(&row); /* neither is over before */
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 100000 * MS, 100000 * MS));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_MEMORY_EXCEEDED, SIGKILL);
}

static void a_soft_limit_is_told_and_no_verdict(void **state)
{
	static const struct judge_row row = { .name = "spin" };
	sb_config *cfg = config_of(&row);
	sb_result res = SB_INIT(sb_result);
	struct pollfd polled = { -1, POLLIN, 0 };
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_CPU, 50 * MS, 0));
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_WALL, 100 * MS, 0));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	polled.fd = sb_proc_fd(proc);
	while (sb_proc_soft(proc) != (SB_LIMIT_BIT(SB_LIMIT_CPU) | SB_LIMIT_BIT(SB_LIMIT_WALL))) {
		assert_int_equal(poll(&polled, 1, 60000), 1);
		assert_int_equal(sb_proc_process(proc, &res, NULL), 0);
	}
	fx_ok(sb_proc_kill(proc));
	fx_wait(proc, &res);
	is_verdict(&res, SB_KILLED, SIGKILL);
	assert_int_equal(res.soft, SB_LIMIT_BIT(SB_LIMIT_CPU) | SB_LIMIT_BIT(SB_LIMIT_WALL));
	assert_int_equal(res.exceeded, 0);
	assert_true(cpu_of(&res) >= 49 * MS);
}

static void a_soft_limit_sends_its_signal(void **state)
{
	static const struct judge_row obeys = { .name = "obeys", .number = SIGXCPU },
				      sleeps = { .name = "pause" };
	sb_config *cfg;
	sb_result res;

	(void)state;
	cfg = config_of(&obeys);
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_CPU, 50 * MS * slow(), SIGXCPU));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_EXITED, 100 + SIGXCPU);
	assert_int_equal(res.soft, SB_LIMIT_BIT(SB_LIMIT_CPU));
	assert_true(cpu_of(&res) >= 49 * MS);
	cfg = config_of(&sleeps);
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_WALL, 50 * MS, SIGTERM));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_SIGNALED, SIGTERM);
	assert_int_equal(res.soft, SB_LIMIT_BIT(SB_LIMIT_WALL));
	assert_true(res.wall_ns >= 50 * MS);
}

static void a_soft_limit_that_is_not_reached_is_not_told(void **state)
{
	static const struct judge_row row = { .name = "exit", .number = 3 };
	sb_config *cfg = config_of(&row);
	sb_result res;

	(void)state;
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_CPU, 5000 * MS, SIGTERM));
	fx_ok(sb_set_soft_limit(cfg, SB_LIMIT_WALL, 20000 * MS, SIGTERM));
	res = run(cfg, NULL, 0);
	is_verdict(&res, SB_EXITED, 3);
	assert_int_equal(res.soft, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(what_a_program_measures_is_what_is_billed),
		FX_TEST(a_busy_loop_has_its_second_and_no_more),
		FX_TEST(set_up_is_not_billed),
		FX_TEST(clocks_go_in_their_own_ways),
		FX_TEST(grace_measures_by_how_much),
		FX_TEST(grace_of_the_wall_clock),
		FX_TEST(the_first_cause_is_the_verdict),
		FX_TEST(grace_of_memory),
		FX_TEST(a_grace_that_memory_ends),
		FX_TEST(a_soft_limit_is_told_and_no_verdict),
		FX_TEST(a_soft_limit_sends_its_signal),
		FX_TEST(a_soft_limit_that_is_not_reached_is_not_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
