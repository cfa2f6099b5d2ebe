// SPDX-License-Identifier: MIT
/* A pool of boxes: made one by one, lent, reset, never more than its size. */
#include "pool_one.h"

static void nothing_is_made_before_it_is_asked_for(void **state)
{
	(void)state;
	begin(3);
	expect(pool, 0, 0, 0, 3);
	assert_int_equal(figures(pool).made, 0);
	assert_int_equal(children(NULL, 0), 0);
	assert_true(is_readable(sb_pool_fd(pool), 0));
	end();
}

static void each_call_makes_one(void **state)
{
	sb_error err = SB_INIT(sb_error);

	(void)state;
	begin(3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(is_readable(sb_pool_fd(pool), 0));
		assert_int_equal(sb_pool_process(pool, &err), 1);
		expect(pool, i + 1, 0, 0, 2 - i);
	}
	assert_false(is_readable(sb_pool_fd(pool), 0));
	assert_int_equal(sb_pool_process(pool, &err), 0);
	assert_int_equal(figures(pool).made, 3);
	end();
}

static void a_ready_box_is_lent_without_further_work(void **state)
{
	sb_box *one, *two;

	(void)state;
	begin(2);
	work(pool);
	one = borrow(pool);
	two = borrow(pool);
	assert_ptr_not_equal(one, two);
	expect(pool, 0, 2, 0, 0);
	assert_int_equal(figures(pool).made, 2);
	assert_int_equal(figures(pool).handed_out, 2);
	is_as_new(one, cfg);
	is_as_new(two, cfg);
	give(pool, one);
	give(pool, two);
	end();
}

static void all_is_done_on_demand_too(void **state)
{
	(void)state;
	begin(2);
	for (int i = 0; i < 5; i++) {
		sb_box *box = borrow(pool);

		expect(pool, 0, 1, 0, 1);
		is_as_new(box, cfg);
		give(pool, box);
		expect(pool, 0, 0, 1, 1);
	}
	assert_int_equal(figures(pool).made, 1);
	assert_int_equal(figures(pool).resets, 4);
	end();
}

static void there_are_never_more_than_its_size(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box[3], *more = NULL;

	(void)state;
	begin(3);
	for (int i = 0; i < 3; i++)
		box[i] = borrow(pool);
	assert_int_equal(sb_pool_get(pool, 0, &more, &err), -EAGAIN);
	assert_int_equal(sb_pool_get(pool, 1000000, &more, &err), -EAGAIN);
	assert_null(more);
	fx_has(err.message, "all boxes of the pool are in use (3)");
	assert_int_equal(children(NULL, 0), 3);
	assert_false(is_readable(sb_pool_fd(pool), 0));
	assert_int_equal(sb_pool_process(pool, &err), 0);
	give(pool, box[1]);
	box[1] = borrow(pool);
	expect(pool, 0, 3, 0, 0);
	for (int i = 0; i < 3; i++)
		give(pool, box[i]);
	end();
}

static void a_box_that_came_back_is_reset_by_processing(void **state)
{
	sb_box *box;

	(void)state;
	begin(1);
	for (int i = 0; i < 5; i++) {
		work(pool);
		expect(pool, 1, 0, 0, 0);
		assert_false(is_readable(sb_pool_fd(pool), 0));
		box = borrow(pool);
		is_as_new(box, cfg);
		give(pool, box);
		assert_true(is_readable(sb_pool_fd(pool), 0));
		expect(pool, 0, 0, 1, 0);
	}
	assert_int_equal(figures(pool).made, 1);
	assert_int_equal(figures(pool).discarded, 0);
	end();
}

static void what_still_runs_is_killed_by_the_reset(void **state)
{
	sb_config *left = fx_config("orphans=3", "exit=0");
	sb_proc *proc = NULL;
	sb_box *box;
	int p[2];
	char c;

	(void)state;
	begin(1);
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(left, 2, p[1]));
	box = borrow(pool);
	fx_ok(sb_box_spawn(box, left, &proc, NULL));
	close(p[1]);
	fx_wait(proc, NULL);
	sb_config_free(left);
	give(pool, box);
	work(pool);
	assert_int_equal(read(p[0], &c, 1), 0);
	close(p[0]);
	expect(pool, 1, 0, 0, 0);
	end();
}

static void only_what_it_has_lent_is_taken_back(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_pool *other;
	sb_box *box, *alone = NULL;

	(void)state;
	begin(1);
	other = new_pool(cfg, 1);
	box = borrow(pool);
	assert_int_equal(sb_pool_put(other, box, &err), -EINVAL);
	fx_has(err.message, "not one that this pool has lent");
	fx_ok(sb_box_open(cfg, &alone, &err));
	assert_int_equal(sb_pool_put(pool, alone, &err), -EINVAL);
	sb_box_free(alone);
	assert_int_equal(sb_pool_put(pool, NULL, &err), -EINVAL);
	expect(pool, 0, 1, 0, 0);
	give(pool, box);
	assert_int_equal(sb_pool_put(pool, box, &err), -EINVAL);
	expect(pool, 0, 0, 1, 0);
	sb_pool_free(other);
	end();
}

/* Whoever gets the box next may be another thread. */
static void not_while_there_are_handles_of_commands(void **state)
{
	sb_config *other = fx_config("pause");
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	sb_box *box;

	(void)state;
	begin(1);
	box = borrow(pool);
	fx_ok(sb_box_spawn(box, other, &proc, &err));
	assert_int_equal(sb_pool_put(pool, box, &err), -EBUSY);
	fx_has(err.hint, "sb_proc_free()");
	assert_int_equal(sb_proc_wait(proc, 0, NULL, NULL), 0);
	expect(pool, 0, 1, 0, 0);
	sb_proc_free(proc);
	give(pool, box);
	sb_config_free(other);
	end();
}

static void wrong_arguments_are_told(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_pool_info info = {.size = 0};
	sb_pool *none = NULL;
	sb_box *box = NULL;

	(void)state;
	begin(1);
	assert_int_equal(sb_pool_new(NULL, 1, &none, &err), -EINVAL);
	assert_int_equal(sb_pool_new(cfg, 0, &none, &err), -EINVAL);
	assert_int_equal(sb_pool_new(cfg, 4097, &none, &err), -EINVAL);
	assert_int_equal(sb_pool_new(cfg, 1, NULL, &err), -EINVAL);
	assert_int_equal(sb_pool_get(NULL, 0, &box, &err), -EINVAL);
	assert_int_equal(sb_pool_get(pool, 0, NULL, &err), -EINVAL);
	assert_int_equal(sb_pool_put(NULL, NULL, &err), -EINVAL);
	assert_int_equal(sb_pool_process(NULL, &err), -EINVAL);
	assert_int_equal(sb_pool_fd(NULL), -EINVAL);
	assert_int_equal(sb_pool_look(pool, NULL), -EINVAL);
	assert_int_equal(sb_pool_look(pool, &info), -EINVAL);
	info.size = 8; /* who knows of less gets less */
	fx_ok(sb_pool_look(pool, &info));
	assert_int_equal(sb_pool_error(NULL, &err), -EINVAL);
	assert_int_equal(sb_pool_error(pool, &err), -ENOENT);
	assert_null(sb_pool_free(NULL));
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_UTS));
	fx_ok(sb_set_hostname(cfg, "x"));
	assert_int_equal(sb_pool_new(cfg, 1, &none, &err), -EINVAL);
	fx_has(err.message, "UTS");
	assert_null(none);
	end();
}

/* The config that it was given may change, and go. */
static void the_config_is_copied(void **state)
{
	sb_box *box;

	(void)state;
	begin(1);
	fx_ok(sb_add_bind(cfg, "/is/not/there", "/x", 0));
	sb_config_free(cfg);
	cfg = leaving();
	box = borrow(pool);
	is_as_new(box, cfg);
	give(pool, box);
	end();
}

static void what_a_box_cannot_be_made_of_is_named(void **state)
{
	sb_error err = SB_INIT(sb_error), last = SB_INIT(sb_error);
	sb_box *box = NULL;

	(void)state;
	cfg = leaving();
	fx_ok(sb_add_bind(cfg, fx_path("late"), "/late", 0));
	pool = new_pool(cfg, 2);
	assert_int_equal(sb_pool_process(pool, &err), -ENOENT);
	fx_has(err.message, "late");
	assert_string_equal(sb_step_name(err.step), "bind");
	fx_ok(sb_pool_error(pool, &last));
	assert_string_equal(last.message, err.message);
	err.code = 0;
	assert_int_equal(sb_pool_get(pool, 0, &box, &err), -ENOENT); /* which tries all the same */
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(figures(pool).failed, 2);
	expect(pool, 0, 0, 0, 2);
	fx_mkdir("late");
	box = borrow(pool);
	assert_true(is_readable(sb_pool_fd(pool), 0)); /* so it may be possible again */
	assert_int_equal(work(pool), 1);
	expect(pool, 1, 1, 0, 0);
	give(pool, box);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(nothing_is_made_before_it_is_asked_for),
		FX_TEST(each_call_makes_one),
		FX_TEST(a_ready_box_is_lent_without_further_work),
		FX_TEST(all_is_done_on_demand_too),
		FX_TEST(there_are_never_more_than_its_size),
		FX_TEST(a_box_that_came_back_is_reset_by_processing),
		FX_TEST(what_still_runs_is_killed_by_the_reset),
		FX_TEST(only_what_it_has_lent_is_taken_back),
		FX_TEST(not_while_there_are_handles_of_commands),
		FX_TEST(wrong_arguments_are_told),
		FX_TEST(the_config_is_copied),
		FX_TEST(what_a_box_cannot_be_made_of_is_named),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
