// SPDX-License-Identifier: MIT
/* The trace as a container: appended to, read by index, in structs of any size, from threads. */
#include "../fixture.h"

#include <errno.h>
#include <pthread.h>

#include "trace.h"

static void append(sb_trace *trace, uint32_t step, size_t count)
{
	sb_trace_event events[8];
	size_t i;

	memset(events, 0, sizeof(events));
	for (i = 0; i < count; i++) {
		events[i].size = (uint32_t)sizeof(events[i]);
		events[i].step = step;
		events[i].index = (uint32_t)i;
	}
	sbi_trace_append(trace, events, count);
}

static void is_empty_at_first(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();

	(void)state;
	assert_non_null(trace);
	assert_int_equal(sb_trace_count(trace), 0);
	assert_int_equal(sb_trace_get(trace, 0, &e), -ERANGE);
	assert_int_equal(sb_trace_get(trace, SIZE_MAX, &e), -ERANGE);
	assert_null(sb_trace_free(trace));
}

static void null_is_harmless(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();

	(void)state;
	assert_null(sb_trace_free(NULL));
	assert_int_equal(sb_trace_count(NULL), 0);
	assert_int_equal(sb_trace_get(NULL, 0, &e), -EINVAL);
	assert_int_equal(sb_trace_get(trace, 0, NULL), -EINVAL);
	sb_trace_clear(NULL);
	sb_trace_free(trace);
}

static void numbers_spawns_until_cleared(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();

	(void)state;
	append(trace, SB_STEP_CLONE, 3);
	append(trace, SB_STEP_EXEC, 2);
	assert_int_equal(sb_trace_count(trace), 5);
	fx_ok(sb_trace_get(trace, 2, &e));
	assert_int_equal(e.spawn, 0);
	assert_int_equal(e.step, SB_STEP_CLONE);
	assert_int_equal(e.index, 2);
	fx_ok(sb_trace_get(trace, 4, &e));
	assert_int_equal(e.spawn, 1);
	assert_int_equal(e.size, sizeof(e));
	sb_trace_clear(trace);
	assert_int_equal(sb_trace_count(trace), 0);
	append(trace, SB_STEP_BIND, 1);
	fx_ok(sb_trace_get(trace, 0, &e));
	assert_int_equal(e.spawn, 0);
	sb_trace_free(trace);
}

/* A program built against an older header, or a newer one. */
static void events_of_other_sizes(void **state)
{
	struct {
		sb_trace_event e;
		unsigned char more[16];
	} big;
	sb_trace *trace = sb_trace_new();
	unsigned char *raw = (unsigned char *)&big;
	size_t i, small = offsetof(sb_trace_event, start_ns);

	(void)state;
	append(trace, SB_STEP_TMPFS, 1);
	memset(&big, 0xee, sizeof(big));
	big.e.size = (uint32_t)small;
	fx_ok(sb_trace_get(trace, 0, &big.e));
	assert_int_equal(big.e.size, small);
	assert_int_equal(big.e.step, SB_STEP_TMPFS);
	for (i = small; i < sizeof(big); i++)
		assert_int_equal(raw[i], 0xee);

	memset(&big, 0xee, sizeof(big));
	big.e.size = (uint32_t)sizeof(big);
	fx_ok(sb_trace_get(trace, 0, &big.e));
	for (i = 0; i < sizeof(big.more); i++)
		assert_int_equal(big.more[i], 0);
	big.e.size = 0;
	assert_int_equal(sb_trace_get(trace, 0, &big.e), -EINVAL);
	sb_trace_free(trace);
}

static void *writer(void *arg)
{
	int i;

	for (i = 0; i < 500; i++)
		append(arg, SB_STEP_BIND, 4);
	return NULL;
}

static void spawns_stay_together_under_threads(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	pthread_t t[4];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		fx_ok(pthread_create(&t[i], NULL, writer, trace));
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(sb_trace_count(trace), 8000);
	for (i = 0; i < 8000; i++) {
		fx_ok(sb_trace_get(trace, i, &e));
		assert_int_equal(e.spawn, i / 4);
		assert_int_equal(e.index, i % 4);
	}
	sb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_at_first),
		cmocka_unit_test(null_is_harmless),
		cmocka_unit_test(numbers_spawns_until_cleared),
		cmocka_unit_test(events_of_other_sizes),
		cmocka_unit_test(spawns_stay_together_under_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
