// SPDX-License-Identifier: MIT
/*
 * The end of a command in a box that another process keeps: with the box, without it, and beside
 * hostile ones.
 */
#include "join_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

static void end_of(void (*end)(struct keeper *k))
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	struct keeper k;
	sb_proc *proc;

	open_plain(&k);
	cfg = joiner(&k, "pause");
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	end(&k);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_BOX_ENDED);
	assert_int_equal(res.signaled, 1);
	assert_int_equal(res.code, SIGKILL);
}

static void it_is_killed_when_the_box_is_closed(void **state)
{
	(void)state;
	end_of(keeper_end);
}

static void it_is_killed_when_the_boxs_host_dies(void **state)
{
	(void)state;
	end_of(keeper_die);
}

static void it_is_killed_when_the_one_command_has_ended(void **state)
{
	sb_config *cfg = box_config(), *guest = sb_config_new();
	sb_result res = SB_INIT(sb_result);
	sb_proc *owner, *proc;
	char path[64];
	FILE *stat;
	int in[2], init = 0, fd;

	(void)state;
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_command(cfg, "read=0");
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	owner = fx_spawn(cfg);
	close(in[0]);
	snprintf(path, sizeof(path), "/proc/%d/stat", sb_proc_pid(owner));
	stat = fopen(path, "re");
	assert_int_equal(fscanf(stat, "%*d %*s %*c %d", &init), 1);
	fclose(stat);
	fd = (int)syscall(SYS_pidfd_open, init, 0);
	assert_true(fd >= 0);
	fx_ok(sb_set_join(guest, fd));
	fx_command(guest, "pause");
	proc = fx_spawn(guest);
	close(fd);
	close(in[1]);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_BOX_ENDED);
	fx_wait(owner, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	sb_config_free(cfg);
	sb_config_free(guest);
}

static void another_signal_is_not_the_boxs_end(void **state)
{
	sb_result res = SB_INIT(sb_result);
	struct keeper k;
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	open_plain(&k);
	cfg = joiner(&k, "pause");
	proc = fx_spawn(cfg);
	fx_ok(sb_proc_signal(proc, SIGKILL));
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_SIGNALED);
	proc = fx_spawn(cfg);
	fx_ok(sb_proc_kill(proc));
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_KILLED);
	sb_config_free(cfg);
	fx_is(fx_output(joiner(&k, "uts")), "hostname", "kept"); /* the box has not noticed */
	keeper_end(&k);
}

/* Of the same user, in the same pid namespace: a child that has not executed yet may be stopped by it. */
static void who_stops_all_others_does_not_stop_the_caller(void **state)
{
	sb_result res = SB_INIT(sb_result);
	struct keeper k;
	sb_config *cfg;
	sb_proc *proc = NULL;
	sb_box *box = NULL;

	(void)state;
	keeper_begin(&k, box_config(), fx_config("stop-others"));
	cfg = joiner(&k, "pause");
	box = open_with(cfg);
	for (int i = 0; i < 20; i++)
		if (sb_box_spawn(box, cfg, &proc, NULL) == 0) {
			fx_ok(sb_proc_kill(proc));
			fx_wait(proc, &res);
		}
	sb_box_free(box);
	sb_config_free(cfg);
	for (int i = 0; i < 20; i++) {
		cfg = joiner(&k, "pause");
		if (sb_spawn(cfg, &proc, NULL) == 0) {
			fx_ok(sb_proc_kill(proc));
			fx_wait(proc, &res);
		}
		sb_config_free(cfg);
	}
	keeper_end(&k);
}

static void a_box_that_has_ended(void **state)
{
	const sb_error *err;
	struct keeper k;
	sb_config *cfg;
	int fd;

	(void)state;
	open_plain(&k);
	fd = fcntl(k.pidfd, F_DUPFD_CLOEXEC, 0);
	cfg = joiner(&k, "exit=0");
	fx_ok(sb_set_join(cfg, fd));
	keeper_die(&k);
	err = fx_refused(cfg, ESRCH);
	assert_string_equal(sb_step_name(err->step), "join");
	fx_has(err->message, "has ended");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(it_is_killed_when_the_box_is_closed),
		FX_TEST(it_is_killed_when_the_boxs_host_dies),
		FX_TEST(it_is_killed_when_the_one_command_has_ended),
		FX_TEST(another_signal_is_not_the_boxs_end),
		FX_TEST(who_stops_all_others_does_not_stop_the_caller),
		FX_TEST(a_box_that_has_ended),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
