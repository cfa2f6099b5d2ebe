// SPDX-License-Identifier: MIT
/* A host that looks late, or that is left with something: what it finds is what was. */
#include "judge_table.h"
#include "box_kit.h"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

static int held[2];

/* A host that looks only when all is long over: the figures are those of then, not of now. */
static void a_late_look_finds_the_same(void **state)
{
	static const struct judge_row row = { "late", "spin", 50, ENDS(0) };
	sb_result res = SB_INIT(sb_result);
	uint64_t start = judge_now(), ended;
	sb_proc *proc;
	sb_config *cfg;
	int p[2];

	(void)state;
	cfg = judge_config_with_end(&row, p);
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(p[1]);
	judge_wait_for_end(p[0]);
	close(p[0]);
	while (sb_proc_pid(proc) > 0) /* until it is reaped */
		sched_yield();
	ended = judge_now();
	poll(NULL, 0, 1000);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_true(res.wall_ns < ended - start + 900 * MS);
	assert_true(res.user_ns + res.system_ns >= 50 * MS);
}

/* Runs it, and looks for the first time when all of it has ended. */
static sb_proc *ended_unseen(sb_config *cfg, const int p[2], sb_result *res)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = fx_spawn(cfg);

	sb_config_free(cfg);
	close(p[1]);
	judge_wait_for_end(p[0]);
	close(p[0]);
	if (sb_proc_wait(proc, UINT64_MAX, res, &err) != 1)
		fail_msg("sb_proc_wait: %s", err.message);
	return proc;
}

static sb_stream stream_of(sb_proc *proc)
{
	sb_stream stream = SB_INIT(sb_stream);

	fx_ok(sb_proc_stream(proc, 1, &stream));
	assert_true(stream.flags & SB_STREAM_ENDED);
	return stream;
}

static void what_is_in_a_pipe_at_the_end_is_not_lost(void **state)
{
	static const struct judge_row row = { "late", "pipe-grown", CAP, ENDS(0) };
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	sb_proc *proc;
	int p[2];

	(void)state;
	cfg = judge_config_with_end(&row, p);
	proc = ended_unseen(cfg, p, &res);
	assert_int_equal(stream_of(proc).bytes, CAP);
	assert_int_equal(stream_of(proc).kept, CAP);
	sb_proc_free(proc);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 0);
}

/* Nobody has killed it, and yet it is over the cap. */
static void too_much_is_too_much_after_the_end(void **state)
{
	static const struct judge_row row = { "late", "out-bytes", 5000, ENDS(0) };
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	sb_proc *proc;
	int p[2];

	(void)state;
	cfg = judge_config_with_end(&row, p);
	fx_ok(sb_set_stream_capture(cfg, 1, 1000, 0));
	proc = ended_unseen(cfg, p, &res);
	assert_int_equal(stream_of(proc).bytes, 5000);
	assert_int_equal(stream_of(proc).kept, 1000);
	sb_proc_free(proc);
	assert_int_equal(res.verdict, SB_OUTPUT_EXCEEDED);
	assert_int_equal(res.code, 0);
	assert_int_equal(res.signaled, 0);
}

/* In a box what a command leaves may live on, and hold its streams; without a cgroup nobody ends it. */
static void a_stream_that_is_held_in_a_box_ends_with_its_command(void **state)
{
	static const struct judge_row row = { "held", "held", 7, ENDS(7) };
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_proc *proc;
	sb_box *box;

	(void)state;
	judge_begin();
	cfg = judge_config(&row, "judge-host", held);
	if (sb_box_open(cfg, &box, &err) < 0 || sb_box_spawn(box, cfg, &proc, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(sb_proc_wait(proc, 60 * UINT64_C(1000000000), &res, &err), 1);
	assert_int_equal(stream_of(proc).bytes, 5);
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 7);
}

/* Who ended by itself before its limit is not over it, however late anybody looks. */
static void a_limit_that_passes_after_the_end_is_none(void **state)
{
	static const struct judge_row row = { "ended", "exit", 4, ENDS(4), .wall_ms = 1500 };
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	sb_config *cfg;
	int p[2];

	(void)state;
	cfg = judge_config_with_end(&row, p);
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(p[1]);
	judge_wait_for_end(p[0]);
	close(p[0]);
	poll(NULL, 0, 1600);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 4);
	assert_int_equal(res.exceeded, 0);
}

static void ends_though_headless(sb_config *cfg, sb_box *box)
{
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;

	if ((box ? sb_box_spawn(box, cfg, &proc, &err) : sb_spawn(cfg, &proc, &err)) < 0)
		fail_msg("%s", err.message);
	/* What it has left has no process 1 that ends with it, and no first thread that could be killed. */
	assert_int_equal(sb_proc_wait(proc, 60 * UINT64_C(1000000000), &res, &err), 1);
	sb_proc_free(proc);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 15);
}

static void what_is_left_without_its_first_thread_ends(void **state)
{
	static const struct judge_row row = { "left", "headless", 15, ENDS(15) };
	sb_config *cfg;
	sb_box *box = NULL;

	(void)state;
	fx_cg_need("");
	judge_begin();
	cfg = judge_config(&row, "judge-host", held);
	box = open_with(cfg);
	ends_though_headless(cfg, box);
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_late_look_finds_the_same),
		FX_TEST(what_is_in_a_pipe_at_the_end_is_not_lost),
		FX_TEST(too_much_is_too_much_after_the_end),
		FX_TEST(a_limit_that_passes_after_the_end_is_none),
		FX_TEST(a_stream_that_is_held_in_a_box_ends_with_its_command),
		FX_TEST(what_is_left_without_its_first_thread_ends),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
