// SPDX-License-Identifier: MIT
/* The steps' names and words, and the layout of the public structs, which is ABI. */
#include "../fixture.h"

static const struct {
	uint32_t number;
	uint32_t constant;
	const char *name;
} steps[] = {
#define STEP(number, NAME, name, sentence, counterpart) {number, SB_STEP_##NAME, name},
#include "common/steps.def"
#undef STEP
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void every_step_has_its_name_number_and_sentence(void **state)
{
	const char *sentence;
	size_t i;

	(void)state;
	for (i = 0; i < STEPS; i++) {
		assert_int_equal(steps[i].number, steps[i].constant);
		assert_string_equal(sb_step_name(steps[i].number), steps[i].name);
		sentence = sb_step_sentence(steps[i].number);
		assert_true(strlen(sentence) > 10);
		assert_int_equal(sentence[strlen(sentence) - 1], '.');
		assert_non_null(sb_step_counterpart(steps[i].number));
	}
}

static void numbers_ascend_and_names_differ(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < STEPS; i++) {
		assert_true(i == 0 || steps[i].number > steps[i - 1].number);
		for (j = 0; j < i; j++)
			assert_string_not_equal(steps[i].name, steps[j].name);
	}
}

static void unknown_steps_have_words_too(void **state)
{
	static const uint32_t unknown[] = {0, 2, 19, 79, 109, 119, 1000, UINT32_MAX};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_string_equal(sb_step_name(unknown[i]), "unknown");
		assert_string_equal(sb_step_sentence(unknown[i]), "");
		assert_string_equal(sb_step_counterpart(unknown[i]), "");
	}
}

static void numbers_never_change(void **state)
{
	(void)state;
	assert_int_equal(SB_STEP_CONFIG, 1);
	assert_int_equal(SB_STEP_CLONE, 21);
	assert_int_equal(SB_STEP_CGROUP, 25);
	assert_int_equal(SB_STEP_JOIN, 40);
	assert_int_equal(SB_STEP_BIND, 50);
	assert_int_equal(SB_STEP_USERNS, 62);
	assert_int_equal(SB_STEP_LANDLOCK, 97);
	assert_int_equal(SB_STEP_SECCOMP, 98);
	assert_int_equal(SB_STEP_CGROUPFS, 63);
	assert_int_equal(SB_STEP_SESSION, 80);
	assert_int_equal(SB_STEP_EXEC, 94);
	assert_int_equal(SB_STEP_BOX, 111);
	assert_int_equal(SB_STEP_CONTROL, 112);
	assert_int_equal(SB_EXITED, 1);
	assert_int_equal(SB_SIGNALED, 2);
	assert_int_equal(SB_KILLED, 3);
	assert_int_equal(SB_LOST, 4);
	assert_int_equal(SB_MEMORY_EXCEEDED, 5);
	assert_int_equal(SB_FILTERED, 6);
	assert_int_equal(SB_LANE_HOST, 1);
	assert_int_equal(SB_LANE_COMMAND, 3);
}

static void structs_keep_their_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(sb_error), 528);
	assert_int_equal(offsetof(sb_error, message), 16);
	assert_int_equal(offsetof(sb_error, hint), 272);
	assert_int_equal(sizeof(sb_result), 216);
	assert_int_equal(offsetof(sb_result, caps), 88);
	assert_int_equal(offsetof(sb_result, denied), 104);
	assert_int_equal(offsetof(sb_result, minor_faults), 112);
	assert_int_equal(offsetof(sb_result, exceeded), 200);
	assert_int_equal(sizeof(sb_denied), 104);
	assert_int_equal(offsetof(sb_denied, args), 24);
	assert_int_equal(sizeof(sb_notification), 112);
	assert_int_equal(offsetof(sb_notification, args), 32);
	assert_int_equal(offsetof(sb_result, applied), 24);
	assert_int_equal(offsetof(sb_result, setup_ns), 64);
	assert_int_equal(offsetof(sb_result, oom_kills), 80);
	assert_int_equal(sizeof(sb_stats), 256);
	assert_int_equal(offsetof(sb_stats, has), 8);
	assert_int_equal(offsetof(sb_stats, oom_kills), 128);
	assert_int_equal(offsetof(sb_stats, io_full_ns), 248);
	assert_int_equal(sizeof(sb_io_stats), 64);
	assert_int_equal(sizeof(sb_trace_event), 208);
	assert_int_equal(offsetof(sb_trace_event, start_ns), 32);
	assert_int_equal(offsetof(sb_trace_event, object), 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_has_its_name_number_and_sentence),
		cmocka_unit_test(numbers_ascend_and_names_differ),
		cmocka_unit_test(unknown_steps_have_words_too),
		cmocka_unit_test(numbers_never_change),
		cmocka_unit_test(structs_keep_their_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
