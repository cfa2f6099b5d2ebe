// SPDX-License-Identifier: MIT
/* What was compiled while the library was built is what the policies say. */
#include "../fixture.h"

#include "policy/filter.h"

static void every_preset(void **state)
{
	static const char *const presets[] = {"default", "judge", "build", "nested"};
	struct sbi_policy_error error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		struct sbi_filter_cell *cell = sbi_filter_cell_preset(presets[i]);
		struct sbi_policy *policy = sbi_policy_new(presets[i], &error);
		struct sbi_filter *fresh = sbi_filter_compile(policy, 0, 0, 0, &error), *built;

		assert_non_null(cell);
		built = atomic_load(&cell->filter);
		if (!built)
			fx_skip("built for another machine: nothing was compiled beforehand");
		assert_int_equal(built->count, fresh->count);
		assert_memory_equal(built->code, fresh->code, fresh->count * sizeof(fresh->code[0]));
		assert_int_equal(built->notifies, fresh->notifies);
		assert_int_equal(built->tells, fresh->tells);
		sbi_filter_unref(fresh);
		sbi_policy_unref(policy);
	}
	assert_null(sbi_filter_cell_preset("none"));
}

/* A filter that is given out and returned more often than it was made stays: nobody may free it. */
static void it_stays(void **state)
{
	sb_config *cfg;

	(void)state;
	for (int i = 0; i < 3; i++) {
		cfg = sb_config_new();
		assert_int_equal(sb_seccomp_test(cfg, "getpid", NULL, NULL, NULL), SB_SECCOMP_ALLOW);
		sb_config_free(cfg);
	}
	assert_int_equal(atomic_load(&atomic_load(&sbi_filter_cell_preset("default")->filter)->refs), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_preset),
		cmocka_unit_test(it_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
