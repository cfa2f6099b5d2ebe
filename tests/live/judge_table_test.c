// SPDX-License-Identifier: MIT
/*
 * A table of hostile programs, each with its verdict: run several at once, then
 * told row by row. JUDGE_TABLE_RUNS=20 does it 20 times, JUDGE_TABLE_ONLY=NAME runs one row.
 */
#include "judge_table.h"

#include <stdlib.h>

#define MOST 256

static const struct judge_row *rows[MOST], *running[MOST];
static char whys[MOST][JUDGE_WHY];
static size_t count;

struct row_case {
	struct fx_case base; /* first: what FX_TEST() knows */
	size_t number;
};

static void gather(void)
{
	static const struct judge_row *const lists[] = { judge_end_rows,    judge_cpu_rows,
							 judge_wall_rows,   judge_memory_rows,
							 judge_output_rows, judge_process_rows };
	const char *only = getenv("JUDGE_TABLE_ONLY");

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct judge_row *row = lists[i]; row->name; row++)
			if (count < MOST && (!only || !strcmp(only, row->name)))
				rows[count++] = row;
}

static void all_rows_are_run(void **state)
{
	static char said[MOST][JUDGE_WHY];
	const char *text = getenv("JUDGE_TABLE_RUNS");
	unsigned runs = text ? (unsigned)atoi(text) : 1;
	size_t some = 0, bad = 0, at[MOST];
	uint64_t begun = judge_now();

	(void)state;
	judge_begin();
	for (size_t i = 0; i < count; i++)
		if (!judge_lacks(rows[i])) {
			at[some] = i;
			running[some++] = rows[i];
		}
	for (unsigned turn = 0; turn < runs; turn++) {
		memset(said, 0, sizeof(said));
		judge_all(running, some, turn, said);
		if (runs > 1)
			print_message("# run %u: %.1f s\n", turn + 1, (double)(judge_now() - begun) / 1e9);
		for (size_t i = 0; i < some; i++) {
			if (!said[i][0])
				continue;
			bad++;
			print_error("%s, run %u: %s\n", running[i]->name, turn + 1, said[i]);
			memcpy(whys[at[i]], said[i], JUDGE_WHY);
		}
	}
	print_message("# %zu rows of %zu, %u times, %zu wrong, approximate %#x: %.1f s\n", some, count, runs,
		      bad, judge_approximate(), (double)(judge_now() - begun) / 1e9);
	assert_true(some > 0);
}

static void as_expected(void **state)
{
	const struct row_case *test = *state;

	if (judge_lacks(rows[test->number]))
		fx_skip("%s", judge_lacks(rows[test->number]));
	if (whys[test->number][0])
		fail_msg("%s", whys[test->number]);
}

int main(void)
{
	static struct row_case cases[MOST];
	static struct CMUnitTest tests[MOST + 1];

	fx_begin();
	gather();
	tests[0] = (struct CMUnitTest)FX_TEST(all_rows_are_run);
	for (size_t i = 0; i < count; i++) {
		cases[i] = (struct row_case){ { as_expected, "" }, i };
		tests[i + 1] = (struct CMUnitTest){ rows[i]->name, fx_test_if, fx_setup, fx_teardown,
						    &cases[i].base };
	}
	return _cmocka_run_group_tests("tests", tests, count + 1, NULL, NULL);
}
