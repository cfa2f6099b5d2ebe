// SPDX-License-Identifier: MIT
/* The library's own account of a creation: every step once, in order, with times; also of one that failed. */
#include "../fixture.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The number of events of @step, and the last of them. */
static int find(const sb_trace *trace, const char *step, sb_trace_event *found)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	size_t i;
	int n = 0;

	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++) {
		if (strcmp(sb_step_name(e.step), step))
			continue;
		*found = e;
		n++;
	}
	return n;
}

static sb_config *traced(sb_trace *trace)
{
	sb_config *cfg = fx_config("exit=0");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 1 << 20, 0, 01777));
	fx_ok(sb_set_trace(cfg, trace));
	return cfg;
}

static void every_step_is_told_in_order(void **state)
{
	static const char *const steps[] = {"clone", "hostname",     "loopback", "private", "root",
					    "bind",  "proc",         "tmpfs",    "pivot",   "session",
					    "caps",  "no_new_privs", "exec",     NULL};
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	sb_config *cfg = traced(trace);
	uint64_t from, to, last[4] = {0};
	size_t i;

	(void)state;
	from = now_ns();
	fx_wait(fx_spawn(cfg), NULL);
	to = now_ns();
	sb_config_free(cfg);
	for (i = 0; steps[i]; i++)
		if (!find(trace, steps[i], &e))
			fail_msg("no step %s in the trace", steps[i]);
	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++) {
		assert_int_equal(e.spawn, 0);
		assert_int_equal(e.error, 0);
		assert_int_equal(e.reserved, 0);
		assert_in_range(e.lane, SB_LANE_HOST, SB_LANE_COMMAND);
		assert_true(e.start_ns >= from && e.start_ns + e.duration_ns <= to);
		assert_true(e.start_ns >= last[e.lane]);
		last[e.lane] = e.start_ns;
	}
	assert_int_equal(sb_trace_count(trace), i);
	find(trace, "tmpfs", &e);
	fx_has(e.object, "/tmp");
	find(trace, "bind", &e);
	fx_has(e.object, "/inside");
	sb_trace_free(trace);
}

/* Under a shifted clock too: times are those of the host. */
static void times_are_the_hosts(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	sb_config *cfg = traced(trace);
	uint64_t from = now_ns();
	size_t i;

	(void)state;
	fx_ok(sb_set_monotonic(cfg, 1000000));
	fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++)
		assert_true(e.start_ns >= from && e.start_ns + e.duration_ns <= now_ns());
	sb_trace_free(trace);
}

static void a_failed_spawn_tells_its_reason(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	sb_config *cfg = traced(trace);
	size_t i, failed = 0;

	(void)state;
	fx_ok(sb_add_bind(cfg, "/no/such/source", "/x", 0));
	fx_refused(cfg, ENOENT);
	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++) {
		if (!e.error)
			continue;
		failed++;
		assert_int_equal(e.error, ENOENT);
		assert_string_equal(sb_step_name(e.step), "bind");
		fx_has(e.object, "/no/such/source");
	}
	assert_int_equal(failed, 1);
	assert_int_equal(find(trace, "exec", &e), 0);
	sb_trace_free(trace);
}

static void what_was_left_out_is_marked(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	sb_config *cfg = traced(trace);
	size_t i, skipped = 0;

	(void)state;
	fx_ok(sb_add_bind(cfg, "/no/such/source", "/x", SB_MOUNT_OPTIONAL));
	fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	for (i = 0; sb_trace_get(trace, i, &e) == 0; i++)
		skipped += e.skipped;
	assert_int_equal(skipped, 1);
	sb_trace_free(trace);
}

static void spawns_are_numbered(void **state)
{
	sb_trace_event e = SB_INIT(sb_trace_event);
	sb_trace *trace = sb_trace_new();
	sb_config *cfg = traced(trace);
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		fx_wait(fx_spawn(cfg), NULL);
	sb_config_free(cfg);
	assert_int_equal(find(trace, "exec", &e), 3);
	assert_int_equal(e.spawn, 2);
	sb_trace_clear(trace);
	assert_int_equal(sb_trace_count(trace), 0);
	sb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(every_step_is_told_in_order),
		FX_TEST_IF("ns.time", times_are_the_hosts),
		FX_TEST(a_failed_spawn_tells_its_reason),
		FX_TEST(what_was_left_out_is_marked),
		FX_TEST(spawns_are_numbered),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
