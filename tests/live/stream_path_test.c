// SPDX-License-Identifier: MIT
/* Streams that are files inside, opened by the command's own user; a FIFO among them may never open. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static const char *dir; /* of the host, shown as /dir */

static sb_config *config_v(const char *const args[])
{
	sb_config *cfg = fx_config_v(args);

	dir = fx_mkdir("dir");
	fx_ok(chmod(dir, 0777));
	fx_ok(sb_add_bind(cfg, dir, "/dir", 0));
	return cfg;
}
#define config(...) config_v((const char *const[]){ __VA_ARGS__, NULL })

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static const char *content(const char *name)
{
	static char text[256];
	int fd = open(in_dir(name), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static sb_result result_of(sb_config *cfg)
{
	sb_result res = SB_INIT(sb_result);

	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	return res;
}

static void what_it_says_goes_to_a_file_inside(void **state)
{
	sb_config *cfg = config("say=hello");

	(void)state;
	fx_ok(sb_set_stream_path(cfg, 1, "/dir/out", O_WRONLY | O_CREAT | O_EXCL, 0644));
	assert_int_equal(result_of(cfg).verdict, SB_EXITED);
	assert_string_equal(content("out"), "hello\n");
	unlink(in_dir("out"));
}

static void two_numbers_may_share_one_file(void **state)
{
	sb_config *cfg = config("say=one", "fds");

	(void)state;
	fx_ok(sb_set_stream_path(cfg, 5, "/dir/out", O_RDWR | O_CREAT, 0600));
	fx_ok(sb_set_stream_same(cfg, 1, 5));
	fx_ok(sb_set_stream_same(cfg, 9, 5));
	assert_int_equal(result_of(cfg).verdict, SB_EXITED);
	assert_non_null(strstr(content("out"), "5"));
	assert_non_null(strstr(content("out"), "9"));
	unlink(in_dir("out"));
}

static void a_file_that_is_missing_is_an_error_of_the_spawn(void **state)
{
	sb_config *cfg = config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_stream_path(cfg, 0, "/dir/missing", O_RDONLY, 0));
	err = fx_refused(cfg, ENOENT);
	assert_int_equal(err->step, SB_STEP_OPEN);
	assert_non_null(strstr(err->message, "/dir/missing"));
}

static void a_program_that_is_missing_is_too(void **state)
{
	sb_config *cfg = config("exit=0");

	(void)state;
	fx_ok(sb_set_stream_path(cfg, 1, "/dir/out", O_WRONLY | O_CREAT, 0644));
	fx_ok(sb_set_command(cfg, "/nowhere", NULL));
	assert_int_equal(fx_refused(cfg, ENOENT)->step, SB_STEP_EXEC);
	unlink(in_dir("out"));
}

/* Nobody ever opens the other side. */
static void a_fifo_is_waited_for_within_the_limits(void **state)
{
	sb_config *cfg = config("exit=0");
	sb_result res;

	(void)state;
	fx_ok(mkfifo(in_dir("fifo"), 0666));
	fx_ok(chmod(in_dir("fifo"), 0666));
	fx_ok(sb_set_stream_path(cfg, 0, "/dir/fifo", O_RDONLY, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 50 * MS, 0));
	res = result_of(cfg);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	assert_true(res.wall_ns > 50 * MS);
	unlink(in_dir("fifo"));
}

static void a_fifo_opens_when_the_other_side_does(void **state)
{
	sb_config *cfg = config("read=0", "exit=4");
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	int fd;

	(void)state;
	fx_ok(mkfifo(in_dir("fifo"), 0666));
	fx_ok(chmod(in_dir("fifo"), 0666));
	fx_ok(sb_set_stream_path(cfg, 0, "/dir/fifo", O_RDONLY, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 60000 * MS, 0));
	proc = fx_spawn(cfg);
	assert_int_equal(sb_proc_wait(proc, 0, &res, NULL), 0);
	fd = open(in_dir("fifo"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 4);
	sb_config_free(cfg);
	unlink(in_dir("fifo"));
}

static void what_fails_behind_a_fifo_is_no_verdict(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = config("exit=0");
	sb_proc *proc;
	int fd;

	(void)state;
	fx_ok(mkfifo(in_dir("fifo"), 0666));
	fx_ok(chmod(in_dir("fifo"), 0666));
	fx_ok(sb_set_stream_path(cfg, 0, "/dir/fifo", O_RDONLY, 0));
	fx_ok(sb_set_command(cfg, "/nowhere", NULL));
	proc = fx_spawn(cfg);
	assert_int_equal(sb_proc_error(proc, &err), -ENOENT);
	fd = open(in_dir("fifo"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_NOT_STARTED);
	fx_ok(sb_proc_error(proc, &err));
	assert_int_equal(err.step, SB_STEP_EXEC);
	assert_int_equal(err.code, ENOENT);
	sb_proc_free(proc);
	sb_config_free(cfg);
	unlink(in_dir("fifo"));
}

/* A handle that is dropped while it waits. */
static void who_waits_for_a_fifo_can_be_killed(void **state)
{
	sb_config *cfg = config("exit=0");
	sb_proc *proc;

	(void)state;
	fx_ok(mkfifo(in_dir("fifo"), 0666));
	fx_ok(chmod(in_dir("fifo"), 0666));
	fx_ok(sb_set_stream_path(cfg, 0, "/dir/fifo", O_RDONLY, 0));
	proc = fx_spawn(cfg);
	sb_proc_free(proc);
	sb_config_free(cfg);
	unlink(in_dir("fifo"));
}

static void in_a_box_others_run_meanwhile(void **state)
{
	sb_config *cfg = config("exit=0"), *other = fx_config("exit=5");
	sb_result res = SB_INIT(sb_result);
	sb_proc *waits, *runs;
	sb_box *box;

	(void)state;
	fx_ok(mkfifo(in_dir("fifo"), 0666));
	fx_ok(chmod(in_dir("fifo"), 0666));
	fx_ok(sb_set_stream_path(cfg, 0, "/dir/fifo", O_RDONLY, 0));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 200 * MS, 0));
	box = open_with(cfg);
	fx_ok(sb_box_spawn(box, cfg, &waits, NULL));
	fx_ok(sb_box_spawn(box, other, &runs, NULL));
	fx_wait(runs, &res);
	assert_int_equal(res.code, 5);
	fx_wait(waits, &res);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	sb_box_free(box);
	sb_config_free(other);
	sb_config_free(cfg);
	unlink(in_dir("fifo"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(what_it_says_goes_to_a_file_inside),
		FX_TEST(two_numbers_may_share_one_file),
		FX_TEST(a_file_that_is_missing_is_an_error_of_the_spawn),
		FX_TEST(a_program_that_is_missing_is_too),
		FX_TEST(a_fifo_is_waited_for_within_the_limits),
		FX_TEST(a_fifo_opens_when_the_other_side_does),
		FX_TEST(what_fails_behind_a_fifo_is_no_verdict),
		FX_TEST(who_waits_for_a_fifo_can_be_killed),
		FX_TEST(in_a_box_others_run_meanwhile),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
