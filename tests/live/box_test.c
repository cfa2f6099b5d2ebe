// SPDX-License-Identifier: MIT
/* A box: commands one after another and side by side in one sandbox, each end told to the right handle. */
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Like fx_output() in a box. */
static const char *output(sb_box *box, sb_config *cfg)
{
	sb_result res = SB_INIT(sb_result);
	const char *said = said_in(box, cfg, &res);

	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 0);
	return said;
}

static void opens_and_closes_without_a_command(void **state)
{
	sb_config *cfg = sb_config_new();
	sb_box *box = open_with(cfg);
	struct pollfd p;

	(void)state;
	sb_config_free(cfg);
	assert_true(sb_box_pid(box) > 0);
	p = (struct pollfd){sb_box_pidfd(box), POLLIN, 0};
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_null(sb_box_free(box));
	assert_null(sb_box_free(NULL));
}

static void one_after_another(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_result res = SB_INIT(sb_result);
	sb_box *box;
	char word[32];
	int i;

	(void)state;
	box = open_with(cfg);
	for (i = 0; i < 30; i++) {
		snprintf(word, sizeof(word), "exit=%d", i);
		fx_command(cfg, word);
		fx_wait(start_in(box, cfg), &res);
		assert_int_equal(res.verdict, SB_EXITED);
		assert_int_equal(res.code, i);
		assert_int_equal(res.has, SB_HAS_CODE | SB_HAS_WALL | SB_HAS_CPU | SB_HAS_RSS | SB_HAS_SETUP |
							 SB_HAS_FAULTS | SB_HAS_SWITCHES);
	}
	sb_config_free(cfg);
	sb_box_free(box);
}

/* Ended in another order than started, and asked for in a third. */
static void side_by_side(void **state)
{
	enum { N = 10 };
	sb_config *cfg = fx_config("exit=0");
	int in[N][2], i, at;
	sb_proc *proc[N];
	char word[32];
	sb_box *box;

	(void)state;
	box = open_with(cfg);
	for (i = 0; i < N; i++) {
		fx_ok(pipe2(in[i], O_CLOEXEC));
		fx_ok(sb_set_fd(cfg, 0, in[i][0]));
		snprintf(word, sizeof(word), "exit=%d", 100 + i);
		fx_command(cfg, "read=0", word);
		proc[i] = start_in(box, cfg);
		close(in[i][0]);
	}
	sb_config_free(cfg);
	for (i = 0; i < N; i++)
		close(in[i * 3 % N][1]);
	for (i = 0; i < N; i++) {
		sb_result res = SB_INIT(sb_result);

		at = i * 7 % N;
		fx_wait(proc[at], &res);
		assert_int_equal(res.verdict, SB_EXITED);
		assert_int_equal(res.code, 100 + at);
	}
	sb_box_free(box);
}

static void commands_share_what_the_sandbox_is(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const char *out;
	sb_box *box;

	(void)state;
	fx_ok(sb_set_hostname(cfg, "box"));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777));
	box = open_with(cfg);
	sb_config_free(cfg);
	fx_is(output(box, fx_config("write=/tmp/left")), "write /tmp/left", "ok");
	out = output(box, fx_config("cat=/tmp/left", "uts", "ids", "caps", "fds", "pids"));
	fx_is(out, "cat /tmp/left", "inside");
	fx_is(out, "hostname", "box");
	fx_is(out, "uid", "1000");
	fx_is(out, "fds", "0 1 2");
	fx_is(out, "ppid", "1");
	fx_is(out, "effective", "0000000000000000");
	fx_is(out, "bounding", "0000000000000000");
	fx_is(out, "no_new_privs", "1");
	sb_box_free(box);
}

static void each_command_has_its_own_description(void **state)
{
	sb_config *cfg = fx_config("exit=0"), *second = fx_config("env", "where", "rlimit=7", "caps");
	const char *out;
	sb_box *box;

	(void)state;
	fx_ok(sb_add_dir(cfg, "/d", 0755));
	fx_ok(sb_add_cap(cfg, "chown"));
	box = open_with(cfg);
	sb_config_free(cfg);
	fx_ok(sb_add_env(second, "A=1"));
	fx_ok(sb_set_cwd(second, "/d"));
	fx_ok(sb_set_umask(second, 077));
	fx_ok(sb_set_rlimit(second, "nofile", 50, 50));
	fx_ok(sb_add_cap(second, "chown"));
	out = output(box, second);
	fx_is(out, "env0", "A=1");
	fx_is(out, "cwd", "/d");
	fx_is(out, "umask", "0077");
	fx_is(out, "rlimit7", "50 50");
	fx_is(out, "effective", "0000000000000001");
	fx_is(out, "bounding", "0000000000000001");
	out = output(box, fx_config("env", "where", "caps"));
	fx_is(out, "envc", "0");
	fx_is(out, "cwd", "/");
	fx_is(out, "umask", "0022");
	fx_is(out, "effective", "0000000000000000");
	fx_is(out, "bounding", "0000000000000000");
	sb_box_free(box);
}

/* What none of its commands may have is given up once, and cannot come back. */
static void a_box_sets_the_most_that_its_commands_keep(void **state)
{
	sb_config *cfg = fx_config("exit=0"), *more = fx_config("caps"), *all = fx_config("caps");
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	sb_box *box;

	(void)state;
	fx_ok(sb_add_cap(cfg, "chown"));
	fx_ok(sb_add_cap(cfg, "kill"));
	box = open_with(cfg);
	sb_config_free(cfg);
	fx_ok(sb_add_cap(more, "chown"));
	fx_ok(sb_add_cap(more, "net_raw"));
	assert_int_equal(sb_box_spawn(box, more, &proc, &err), -EPERM);
	fx_has(err.message, "would keep the capability net_raw");
	fx_has(err.hint, "sb_box_open()");
	sb_config_free(more);
	fx_ok(sb_add_cap(all, "all"));
	assert_int_equal(sb_box_spawn(box, all, &proc, &err), -EPERM);
	sb_config_free(all);
	fx_is(output(box, fx_config("caps")), "bounding", "0000000000000000");
	sb_box_free(box);
}

static void a_failed_command_leaves_the_box_alive(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	sb_box *box;
	int i;

	(void)state;
	box = open_with(cfg);
	for (i = 0; i < 5; i++) {
		fx_ok(sb_set_command(cfg, "/nothing", NULL));
		assert_int_equal(sb_box_spawn(box, cfg, &proc, &err), -ENOENT);
		assert_null(proc);
		assert_string_equal(sb_step_name(err.step), "exec");
		fx_has(err.message, "/nothing");
		fx_command(cfg, "exit=0");
		fx_wait(start_in(box, cfg), NULL);
	}
	sb_config_free(cfg);
	sb_box_free(box);
}

static void killing_one_command_leaves_the_others(void **state)
{
	sb_config *cfg = fx_config("pause"), *other = fx_config("read=0", "exit=5");
	sb_result res = SB_INIT(sb_result);
	sb_proc *victim, *proc;
	sb_box *box;
	int in[2];

	(void)state;
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(sb_set_fd(other, 0, in[0]));
	box = open_with(cfg);
	victim = start_in(box, cfg);
	proc = start_in(box, other);
	fx_ok(sb_proc_kill(victim));
	fx_wait(victim, &res);
	assert_int_equal(res.verdict, SB_KILLED);
	assert_int_equal(sb_proc_wait(proc, 0, NULL, NULL), 0);
	close(in[1]);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 5);
	sb_config_free(cfg);
	sb_config_free(other);
	sb_box_free(box);
	close(in[0]);
}

static void killing_the_box_ends_all(void **state)
{
	sb_config *cfg = fx_config("orphans=2", "say=up", "pause");
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc[3];
	sb_box *box;
	int i, out[2];
	char c;

	(void)state;
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	box = open_with(cfg);
	for (i = 0; i < 3; i++)
		proc[i] = start_in(box, cfg);
	close(out[1]);
	sb_config_free(cfg);
	kill_box(box);
	for (i = 0; i < 3; i++) {
		fx_wait(proc[i], &res);
		assert_int_equal(res.verdict, SB_KILLED);
	}
	while (read(out[0], &c, 1) > 0)
		;
	close(out[0]);
	fx_ok(sb_box_kill(box));
	cfg = fx_config("exit=0");
	assert_true(sb_box_spawn(box, cfg, &proc[0], NULL) < 0);
	sb_config_free(cfg);
	sb_box_free(box);
}

static void freeing_the_box_ends_what_was_left_behind(void **state)
{
	sb_config *cfg = fx_config("orphans=3", "exit=0");
	sb_box *box;
	int out[2];
	char c;

	(void)state;
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	box = open_with(cfg);
	fx_wait(start_in(box, cfg), NULL);
	close(out[1]);
	sb_config_free(cfg);
	sb_box_free(box);
	assert_int_equal(read(out[0], &c, 1), 0);
	close(out[0]);
}

static void a_running_command_is_driven_by_its_descriptor(void **state)
{
	sb_config *cfg = fx_config("read=0", "exit=8");
	sb_result res = SB_INIT(sb_result);
	struct pollfd p;
	sb_proc *proc;
	sb_box *box;
	int in[2], r;

	(void)state;
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	box = open_with(cfg);
	proc = start_in(box, cfg);
	sb_config_free(cfg);
	p = (struct pollfd){sb_proc_fd(proc), POLLIN, 0};
	assert_int_equal(poll(&p, 1, 0), 0);
	fx_ok(sb_proc_signal(proc, 0));
	close(in[1]);
	do {
		assert_int_equal(poll(&p, 1, -1), 1);
		r = sb_proc_process(proc, &res, NULL);
	} while (r == 0);
	assert_int_equal(r, 1);
	assert_int_equal(res.code, 8);
	sb_proc_free(proc);
	sb_box_free(box);
	close(in[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(opens_and_closes_without_a_command),
		FX_TEST(one_after_another),
		FX_TEST(side_by_side),
		FX_TEST(commands_share_what_the_sandbox_is),
		FX_TEST(each_command_has_its_own_description),
		FX_TEST(a_box_sets_the_most_that_its_commands_keep),
		FX_TEST(a_failed_command_leaves_the_box_alive),
		FX_TEST(killing_one_command_leaves_the_others),
		FX_TEST(killing_the_box_ends_all),
		FX_TEST(freeing_the_box_ends_what_was_left_behind),
		FX_TEST(a_running_command_is_driven_by_its_descriptor),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
