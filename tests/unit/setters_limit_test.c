// SPDX-License-Identifier: MIT
/*
 * Setters of limits: units that cannot be, graces that make no sense, settings of the cgroup that
 * contradict them.
 */
#include "setters.h"

#define NONE UINT64_MAX

static void no_config(void **state)
{
	(void)state;
	assert_int_equal(sb_set_limit(NULL, SB_LIMIT_CPU, 1, 0), -EINVAL);
	assert_int_equal(sb_set_soft_limit(NULL, SB_LIMIT_CPU, 1, 0), -EINVAL);
	assert_int_equal(sb_proc_soft(NULL), 0);
	assert_int_equal(sb_proc_error(NULL, NULL), -EINVAL);
}

static void limits(void **state)
{
	(void)state;
	BAD(EINVAL, "0 is not a limit", sb_set_limit(cfg, 0, 1, 0));
	BAD(EINVAL, "6 is not a limit", sb_set_limit(cfg, 6, 1, 0));
	BAD(EINVAL, "is not a limit", sb_set_limit(cfg, UINT32_MAX, 1, 0));
	BAD(EINVAL, "cpu limit of 0", sb_set_limit(cfg, SB_LIMIT_CPU, 0, 0));
	BAD(EINVAL, "wall limit of 0", sb_set_limit(cfg, SB_LIMIT_WALL, 0, 5));
	BAD(EINVAL, "memory limit of 0", sb_set_limit(cfg, SB_LIMIT_MEMORY, 0, 0));
	BAD(EINVAL, "pids limit of 0", sb_set_limit(cfg, SB_LIMIT_PIDS, 0, 0));
	BAD(EINVAL, "pids limit has no grace", sb_set_limit(cfg, SB_LIMIT_PIDS, 4, 1));
	BAD(EINVAL, "output limit has no grace", sb_set_limit(cfg, SB_LIMIT_OUTPUT, 4, 1));
	BAD(EINVAL, "too much", sb_set_limit(cfg, SB_LIMIT_CPU, NONE - 1, 1));
	BAD(EINVAL, "too much", sb_set_limit(cfg, SB_LIMIT_WALL, 1, NONE));
	GOOD(sb_set_limit(cfg, SB_LIMIT_CPU, NONE - 2, 1));
	GOOD(sb_set_limit(cfg, SB_LIMIT_OUTPUT, 0, 0));
	GOOD(sb_set_limit(cfg, SB_LIMIT_WALL, NONE, 7));
	GOOD((sb_set_limit(cfg, SB_LIMIT_CPU, 5, 5), sb_set_limit(cfg, SB_LIMIT_CPU, NONE, 0)));
}

static void soft_limits(void **state)
{
	(void)state;
	BAD(EINVAL, "SB_LIMIT_CPU and SB_LIMIT_WALL", sb_set_soft_limit(cfg, SB_LIMIT_MEMORY, 1, 0));
	BAD(EINVAL, "SB_LIMIT_CPU and SB_LIMIT_WALL", sb_set_soft_limit(cfg, 0, 1, 0));
	BAD(EINVAL, "not a signal", sb_set_soft_limit(cfg, SB_LIMIT_CPU, 1, -1));
	BAD(EINVAL, "not a signal", sb_set_soft_limit(cfg, SB_LIMIT_WALL, 1, 65));
	GOOD(sb_set_soft_limit(cfg, SB_LIMIT_CPU, 0, 64));
	GOOD(sb_set_soft_limit(cfg, SB_LIMIT_WALL, 1, 0));
}

static void contradicts(sb_config *cfg, const char *part)
{
	sb_error err = SB_INIT(sb_error);

	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	fx_has(err.message, part);
	assert_true(err.hint[0]);
	sb_config_free(cfg);
}

static void a_setting_of_the_cgroup_beside_its_limit(void **state)
{
	static const char *const files[][2] = { { "memory.max", "1M" },
						{ "memory.swap.max", "1M" },
						{ "memory.oom.group", "0" } };
	sb_config *cfg;

	(void)state;
	for (int i = 0; i < 3; i++) {
		cfg = fresh();
		fx_ok(sb_set_cgroup(cfg, files[i][0], files[i][1]));
		fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 1 << 20, 0));
		contradicts(cfg, "SB_LIMIT_MEMORY");
	}
	cfg = fresh();
	fx_ok(sb_set_pids(cfg, 5));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_PIDS, 5, 0));
	contradicts(cfg, "SB_LIMIT_PIDS");
	cfg = fresh();
	fx_ok(sb_set_cgroup(cfg, "memory.high", "1M"));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_MEMORY, 1 << 20, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_PIDS, 5, 0));
	fx_ok(sb_config_check(cfg, NULL));
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_config),
		cmocka_unit_test(limits),
		cmocka_unit_test(soft_limits),
		cmocka_unit_test(a_setting_of_the_cgroup_beside_its_limit),
	};

	return cmocka_run_group_tests(tests, make_long, NULL);
}
