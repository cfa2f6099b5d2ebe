// SPDX-License-Identifier: MIT
/* Boxes of a pool that die, are freed or not given back; the end of a pool; and fork(2). */
#include "pool_one.h"

#include <sys/wait.h>

static void wait_gone(pid_t pid)
{
	siginfo_t info;

	fx_ok(kill(pid, SIGKILL));
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		assert_int_equal(errno, EINTR);
}

static pid_t kill_the_only_box(void)
{
	pid_t pid = 0;

	assert_int_equal(children(&pid, 1), 1);
	wait_gone(pid);
	return pid;
}

static void one_killed_while_ready_is_replaced(void **state)
{
	sb_error why = SB_INIT(sb_error);
	sb_box *box;

	(void)state;
	begin(1);
	work(pool);
	kill_the_only_box();
	assert_true(is_readable(sb_pool_fd(pool), DEADLINE_MS));
	assert_int_equal(work(pool), 2); /* it goes, another comes */
	assert_false(is_readable(sb_pool_fd(pool), 0));
	expect(pool, 1, 0, 0, 0);
	assert_int_equal(figures(pool).made, 2);
	assert_int_equal(figures(pool).discarded, 1);
	fx_ok(sb_pool_error(pool, &why));
	fx_has(why.message, "died");
	box = borrow(pool);
	is_as_new(box, cfg);
	give(pool, box);
	end();
}

static void one_killed_while_ready_is_not_lent(void **state)
{
	sb_box *box;

	(void)state;
	begin(2);
	assert_int_equal(sb_pool_process(pool, NULL), 1);
	kill_the_only_box();
	box = borrow(pool);
	is_as_new(box, cfg);
	assert_int_equal(figures(pool).discarded, 1);
	expect(pool, 0, 1, 0, 1);
	give(pool, box);
	end();
}

static void one_of_many_that_are_ready_dies(void **state)
{
	pid_t pids[5];

	(void)state;
	begin(5);
	work(pool);
	assert_int_equal(children(pids, 5), 5);
	wait_gone(pids[2]);
	wait_gone(pids[4]);
	wait_gone(pids[0]);
	assert_true(is_readable(sb_pool_fd(pool), DEADLINE_MS));
	assert_int_equal(work(pool), 6);
	expect(pool, 5, 0, 0, 0);
	for (int i = 0; i < 5; i++) {
		sb_box *box = borrow(pool);

		is_as_new(box, cfg);
		give(pool, box);
	}
	assert_int_equal(figures(pool).discarded, 3);
	end();
}

static void one_killed_while_lent_is_replaced(void **state)
{
	sb_box *box;

	(void)state;
	begin(1);
	for (int by_process = 0; by_process < 2; by_process++) {
		box = borrow(pool);
		is_as_new(box, cfg);
		kill_the_only_box();
		give(pool, box);
		expect(pool, 0, 0, 1, 0);
		if (by_process)
			assert_int_equal(work(pool), 2);
	}
	assert_int_equal(figures(pool).discarded, 2);
	expect(pool, 1, 0, 0, 0);
	box = borrow(pool);
	is_as_new(box, cfg);
	give(pool, box);
	end();
}

static void one_that_is_killed_by_who_has_it_is_replaced(void **state)
{
	sb_box *box;

	(void)state;
	begin(1);
	box = borrow(pool);
	fx_ok(sb_box_kill(box));
	give(pool, box);
	box = borrow(pool);
	is_as_new(box, cfg);
	give(pool, box);
	assert_int_equal(figures(pool).discarded, 1);
	end();
}

/* As a caller may who does not know that it is a pool's. */
static void one_that_is_freed_is_replaced(void **state)
{
	sb_box *box;

	(void)state;
	begin(2);
	work(pool);
	box = borrow(pool);
	sb_box_free(box);
	expect(pool, 1, 0, 0, 1);
	assert_int_equal(figures(pool).discarded, 1);
	assert_true(is_readable(sb_pool_fd(pool), 0));
	assert_int_equal(work(pool), 1);
	expect(pool, 2, 0, 0, 0);
	end();
}

/* The directory that it is made of is gone meanwhile. */
static void one_that_cannot_be_reset_is_discarded(void **state)
{
	sb_error err = SB_INIT(sb_error), why = SB_INIT(sb_error);
	const char *dir = fx_mkdir("dir");
	sb_box *box;

	(void)state;
	cfg = leaving();
	fx_ok(sb_add_bind(cfg, dir, "/dir", 0));
	pool = new_pool(cfg, 1);
	box = borrow(pool);
	is_as_new(box, cfg);
	fx_ok(rmdir(dir));
	give(pool, box);
	assert_int_equal(sb_pool_process(pool, &err), 1);
	expect(pool, 0, 0, 0, 1);
	assert_int_equal(figures(pool).discarded, 1);
	fx_ok(sb_pool_error(pool, &why));
	fx_has(why.message, dir);
	assert_true(is_readable(sb_pool_fd(pool), 0)); /* it is to be replaced */
	assert_int_equal(sb_pool_process(pool, &err), -ENOENT);
	assert_int_equal(sb_pool_get(pool, UINT64_MAX, &box, &err), -ENOENT);
	fx_mkdir("dir");
	box = borrow(pool);
	is_as_new(box, cfg);
	give(pool, box);
	assert_int_equal(figures(pool).resets, 0);
	end();
}

/* Something else is mounted below the directory by now: it is made again, but is not what it was. */
static void one_that_fails_a_check_is_replaced(void **state)
{
	sb_error why = SB_INIT(sb_error);
	const char *dir = fx_mkdir("dir");
	sb_box *box;

	(void)state;
	cfg = leaving();
	fx_ok(sb_add_bind(cfg, dir, "/dir", SB_MOUNT_RECURSIVE));
	pool = new_pool(cfg, 1);
	box = borrow(pool);
	is_as_new(box, cfg);
	fx_mount("dir/below", NULL);
	give(pool, box);
	assert_int_equal(sb_pool_process(pool, NULL), 1);
	expect(pool, 0, 0, 0, 1);
	assert_int_equal(figures(pool).discarded, 1);
	fx_ok(sb_pool_error(pool, &why));
	fx_has(why.message, "/dir/below");
	assert_int_equal(work(pool), 1);
	expect(pool, 1, 0, 0, 0);
	end();
	fx_umount("dir/below");
}

static void boxes_that_are_lent_outlive_it(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *one, *two, *three = NULL;

	(void)state;
	begin(3);
	work(pool);
	one = borrow(pool);
	two = borrow(pool);
	assert_int_equal(children(NULL, 0), 3);
	assert_null(sb_pool_free(pool));
	assert_int_equal(children(NULL, 0), 2);
	is_as_new(one, cfg);
	assert_int_equal(sb_pool_get(pool, UINT64_MAX, &three, &err), -ESHUTDOWN);
	assert_int_equal(sb_pool_process(pool, &err), -ESHUTDOWN);
	assert_false(is_readable(sb_pool_fd(pool), 0));
	give(pool, one);
	assert_int_equal(children(NULL, 0), 1);
	is_as_new(two, cfg);
	sb_box_free(two); /* the last: the fixture looks for what is left */
	sb_config_free(cfg);
}

static void it_ends_with_boxes_in_all_states(void **state)
{
	sb_box *box;

	(void)state;
	begin(4);
	box = borrow(pool);
	work(pool);
	give(pool, borrow(pool));
	sb_box_free(borrow(pool));
	fx_ok(sb_box_kill(box));
	give(pool, box);
	expect(pool, 1, 0, 2, 1);
	end();
}

/* Both would lend the same. */
static const char *use_in_child(void)
{
	sb_error err = SB_INIT(sb_error);
	const char *wrong = NULL;
	sb_box *box = NULL;
	int status;
	pid_t pid;

	begin(2);
	if (sb_pool_get(pool, 0, &box, NULL) < 0 || sb_pool_process(pool, NULL) != 1)
		return "no pool";
	pid = fork();
	if (pid == 0) {
		sb_pool_info info = SB_INIT(sb_pool_info);
		sb_box *more = NULL;

		if (sb_pool_get(pool, 0, &more, &err) != -EINVAL ||
		    !strstr(err.message, "belongs to the process") || !strstr(err.hint, "fork(2)"))
			_exit(1);
		if (sb_pool_put(pool, box, &err) != -EINVAL || sb_pool_process(pool, &err) != -EINVAL ||
		    sb_pool_look(pool, &info) != -EINVAL || sb_pool_error(pool, &err) != -EINVAL)
			_exit(2);
		sb_pool_free(pool);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		wrong = "a child has used the pool of its parent";
	if (!wrong)
		wrong = use(box, cfg);
	if (sb_pool_put(pool, box, &err) < 0 || sb_pool_get(pool, 0, &box, &err) < 0)
		return "what was lent before the fork was not taken back";
	if (!wrong)
		wrong = use(box, cfg);
	sb_pool_put(pool, box, NULL);
	end();
	return wrong;
}

static void a_forked_process_is_refused(void **state)
{
	(void)state;
	fx_in_child(use_in_child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(one_killed_while_ready_is_replaced),
		FX_TEST(one_killed_while_ready_is_not_lent),
		FX_TEST(one_of_many_that_are_ready_dies),
		FX_TEST(one_killed_while_lent_is_replaced),
		FX_TEST(one_that_is_killed_by_who_has_it_is_replaced),
		FX_TEST(one_that_is_freed_is_replaced),
		FX_TEST(one_that_cannot_be_reset_is_discarded),
		FX_TEST_IF("privilege", one_that_fails_a_check_is_replaced),
		FX_TEST(boxes_that_are_lent_outlive_it),
		FX_TEST(it_ends_with_boxes_in_all_states),
		FX_TEST(a_forked_process_is_refused),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
