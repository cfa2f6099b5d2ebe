// SPDX-License-Identifier: MIT
/* sb_box_reset() itself: what goes on, what ends, and what is left when it fails. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define TIMES 200

static sb_config *work_config(void)
{
	sb_config *cfg = fx_config("pause");

	fx_ok(sb_add_tmpfs(cfg, "/work", 0, 0, 0755));
	return cfg;
}

static void the_handle_goes_on_with_another_sandbox(void **state)
{
	sb_config *cfg = work_config();
	sb_box *box;
	pid_t first;
	int old;

	(void)state;
	fx_ok(sb_add_file(cfg, "/given", "here", 4, 0644));
	fx_ok(sb_set_hostname(cfg, "mine"));
	box = open_with(cfg);
	first = sb_box_pid(box);
	old = fcntl(sb_box_pidfd(box), F_DUPFD_CLOEXEC, 0);
	assert_true(old >= 0);
	reset(box);
	assert_false(is_gone(box));
	assert_true(sb_box_pid(box) > 0 && sb_box_pid(box) != first);
	assert_int_equal(poll(&(struct pollfd){old, POLLIN, 0}, 1, 0), 1);
	close(old);
	fx_command(cfg, "read=0", "exit=3");
	exits(box, cfg, 3);
	sb_config_free(cfg);
	sb_box_free(box);
}

/* The config may be changed or gone: the box has its own. */
static void the_config_is_not_needed_any_more(void **state)
{
	sb_config *cfg = work_config(), *other = fx_config("uts", "cat=/given");
	const char *text;
	sb_box *box;

	(void)state;
	fx_ok(sb_add_file(cfg, "/given", "here", 4, 0644));
	fx_ok(sb_set_hostname(cfg, "mine"));
	box = open_with(cfg);
	fx_ok(sb_set_hostname(cfg, "other"));
	sb_config_free(cfg);
	for (int i = 0; i < 2; i++)
		reset(box);
	text = said_in(box, other, NULL);
	fx_is(text, "hostname", "mine");
	fx_is(text, "cat /given", "here");
	sb_config_free(other);
	sb_box_free(box);
}

/* One that is polled, one that is waited for, one that is carried. */
static void commands_that_run_are_killed_and_say_so(void **state)
{
	sb_config *cfg = work_config(), *carried = fx_config("say=up", "pause");
	sb_result res = SB_INIT(sb_result);
	struct pollfd polled = {-1, POLLIN, 0};
	sb_proc *proc[3];
	sb_box *box;

	(void)state;
	fx_ok(sb_set_stream_capture(carried, 1, 4096, 0));
	box = open_with(cfg);
	proc[0] = start_in(box, cfg);
	proc[1] = start_in(box, cfg);
	proc[2] = start_in(box, carried);
	polled.fd = sb_proc_fd(proc[0]);
	assert_int_equal(poll(&polled, 1, 0), 0);
	reset(box);
	assert_int_equal(poll(&polled, 1, -1), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sb_proc_wait(proc[i], UINT64_MAX, &res, NULL), 1);
		assert_int_equal(res.verdict, SB_KILLED);
		assert_int_equal(res.code, SIGKILL);
	}
	exits(box, cfg, 4);
	reset(box);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sb_proc_wait(proc[i], 0, &res, NULL), 1);
		sb_proc_free(proc[i]);
	}
	exits(box, cfg, 5);
	sb_config_free(carried);
	sb_config_free(cfg);
	sb_box_free(box);
}

/* Freed without having been looked at, and in between. */
static void handles_of_all_resets_can_be_freed(void **state)
{
	enum { N = 6 };
	sb_config *cfg = work_config();
	sb_proc *proc[N];
	sb_box *box;

	(void)state;
	box = open_with(cfg);
	for (int i = 0; i < N; i++) {
		proc[i] = start_in(box, cfg);
		reset(box);
	}
	for (int i = 0; i < N; i++)
		sb_proc_free(proc[i * 5 % N]);
	exits(box, cfg, 0);
	sb_config_free(cfg);
	sb_box_free(box);
}

static size_t count_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void many_resets_leak_nothing(void **state)
{
	size_t descriptors = 0, bytes = 0;
	sb_config *cfg = work_config();
	sb_box *box = open_with(cfg);

	(void)state;
	for (int i = 0; i < TIMES; i++) {
		if (i == 10) {
			descriptors = count_descriptors();
			bytes = mallinfo2().uordblks;
		}
		fx_ok(sb_box_put(box, "/work/left", "x", 1, 0600, NULL));
		reset(box);
	}
	assert_int_equal(count_descriptors(), descriptors);
	if (mallinfo2().uordblks > bytes + 4096)
		fail_msg("%zu bytes, %zu after %d resets", bytes, mallinfo2().uordblks, TIMES - 10);
	sb_config_free(cfg);
	sb_box_free(box);
}

static void a_box_that_was_killed_comes_back(void **state)
{
	sb_config *cfg = work_config();
	sb_box *box = open_with(cfg);

	(void)state;
	kill_box(box);
	reset(box);
	assert_false(is_gone(box));
	exits(box, cfg, 0);
	sb_config_free(cfg);
	sb_box_free(box);
}

static void a_pool_of_networks_is_used_again(void **state)
{
	sb_netpool_info info = SB_INIT(sb_netpool_info);
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg = work_config();
	sb_netpool *pool = NULL;
	sb_box *box;

	(void)state;
	fx_ok(sb_netpool_new(4, &pool, &err));
	assert_int_equal(sb_netpool_fill(pool, 2, &err), 2);
	fx_ok(sb_set_netpool(cfg, pool));
	box = open_with(cfg);
	for (int i = 0; i < 5; i++) {
		reset(box);
		fx_ok(sb_netpool_look(pool, &info));
		assert_int_equal(info.lent, 1);
		assert_int_equal(info.handed_out, i + 2);
	}
	exits(box, cfg, 0);
	sb_box_free(box);
	fx_ok(sb_netpool_look(pool, &info));
	assert_int_equal(info.lent, 0);
	sb_config_free(cfg);
	sb_netpool_free(pool);
}

/* Dead, but a handle: everything answers, and a reset that can succeed brings it back. */
static void is_dead(sb_box *box, sb_config *cfg)
{
	sb_proc *proc = NULL;

	assert_true(is_gone(box));
	assert_true(sb_box_spawn(box, cfg, &proc, NULL) < 0);
	assert_true(sb_box_put(box, "/work/x", "x", 1, 0600, NULL) < 0);
	fx_ok(sb_box_kill(box));
}

static void without_descriptors_it_fails_cleanly(void **state)
{
	sb_config *cfg = work_config();
	sb_error err = SB_INIT(sb_error);
	struct rlimit was, few;
	size_t open_now;
	sb_box *box;
	int r, next;

	(void)state;
	box = open_with(cfg);
	fx_ok(getrlimit(RLIMIT_NOFILE, &was));
	open_now = count_descriptors();
	for (int more = 0;; more++) {
		next = dup(0);
		close(next);
		few = (struct rlimit){(rlim_t)(next + more), was.rlim_max};
		fx_ok(setrlimit(RLIMIT_NOFILE, &few));
		r = sb_box_reset(box, &err);
		fx_ok(setrlimit(RLIMIT_NOFILE, &was));
		if (r == 0)
			break;
		assert_int_equal(r, -EMFILE);
		assert_int_equal(count_descriptors(), open_now);
		is_dead(box, cfg);
	}
	exits(box, cfg, 0);
	sb_config_free(cfg);
	sb_box_free(box);
}

static void a_source_that_is_gone_is_named(void **state)
{
	sb_error err = SB_INIT(sb_error);
	const char *dir = fx_mkdir("source");
	sb_config *cfg = work_config();
	sb_box *box;

	(void)state;
	fx_ok(sb_add_bind(cfg, dir, "/in", SB_MOUNT_RO));
	box = open_with(cfg);
	fx_ok(rmdir(dir));
	assert_int_equal(sb_box_reset(box, &err), -ENOENT);
	assert_string_equal(sb_step_name(err.step), "bind");
	fx_has(err.message, dir);
	is_dead(box, cfg);
	fx_ok(mkdir(dir, 0755));
	reset(box);
	exits(box, cfg, 0);
	sb_config_free(cfg);
	sb_box_free(box);
}

/* It can be made, but is not what it was. */
static void a_mount_that_is_missing_is_found_out(void **state)
{
	sb_error err = SB_INIT(sb_error);
	const char *dir = fx_mkdir("source");
	sb_config *cfg = work_config();
	sb_box *box;

	(void)state;
	fx_ok(sb_add_bind(cfg, dir, "/in", SB_MOUNT_RO | SB_MOUNT_OPTIONAL));
	box = open_with(cfg);
	reset(box);
	fx_ok(rmdir(dir));
	assert_int_equal(sb_box_reset(box, &err), -ENOTRECOVERABLE);
	assert_string_equal(sb_step_name(err.step), "reset");
	fx_has(err.message, "the check \"mounts\"");
	fx_has(err.message, "/in was mounted");
	is_dead(box, cfg);
	sb_config_free(cfg);
	sb_box_free(box);
}

static void a_mount_that_has_come_is_found_out(void **state)
{
	sb_error err = SB_INIT(sb_error);
	const char *dir = fx_mount("source", "size=64k");
	sb_config *cfg = work_config();
	sb_box *box;

	(void)state;
	fx_ok(sb_add_bind(cfg, dir, "/in", SB_MOUNT_RO | SB_MOUNT_RECURSIVE));
	box = open_with(cfg);
	reset(box);
	fx_mount("source/below", "size=64k");
	assert_int_equal(sb_box_reset(box, &err), -ENOTRECOVERABLE);
	fx_has(err.message, "the check \"mounts\"");
	fx_has(err.message, "/in/below is mounted");
	is_dead(box, cfg);
	sb_config_free(cfg);
	sb_box_free(box);
	fx_umount("source/below");
	fx_umount("source");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_handle_goes_on_with_another_sandbox),
		FX_TEST(the_config_is_not_needed_any_more),
		FX_TEST(commands_that_run_are_killed_and_say_so),
		FX_TEST(handles_of_all_resets_can_be_freed),
		FX_TEST(many_resets_leak_nothing),
		FX_TEST(a_box_that_was_killed_comes_back),
		FX_TEST_IF("privilege", a_pool_of_networks_is_used_again),
		FX_TEST(without_descriptors_it_fails_cleanly),
		FX_TEST(a_source_that_is_gone_is_named),
		FX_TEST(a_mount_that_is_missing_is_found_out),
		FX_TEST_IF("privilege", a_mount_that_has_come_is_found_out),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
