// SPDX-License-Identifier: MIT
/* Signals that reach sb-init: what somebody sends is passed on, what a terminal sends is not for it. */
#include "../fixture.h"

#include <signal.h>
#include <unistd.h>

static sb_box *open_box(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;

	if (sb_box_open(cfg, &box, &err) < 0)
		fail_msg("sb_box_open: %s", err.message);
	return box;
}

static void what_is_sent_to_the_first_process_reaches_every_command(void **state)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg = fx_config("pause");
	sb_box *box = open_box(cfg);
	sb_proc *procs[2];

	(void)state;
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
		for (int i = 0; i < 2; i++)
			fx_ok(sb_box_spawn(box, cfg, &procs[i], NULL));
		fx_ok(kill(sb_box_pid(box), numbers[n]));
		for (int i = 0; i < 2; i++) {
			assert_int_equal(sb_proc_wait(procs[i], UINT64_MAX, &res, NULL), 1);
			assert_int_equal(res.verdict, SB_SIGNALED);
			assert_int_equal(res.code, numbers[n]);
			sb_proc_free(procs[i]);
		}
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

/* ^C goes to the foreground process group: to the host, which decides what becomes of its sandboxes. */
static void the_first_process_is_not_in_the_hosts_group(void **state)
{
	sb_config *cfg = fx_config("pause");
	sb_box *box = open_box(cfg);

	(void)state;
	assert_int_not_equal(getpgid(sb_box_pid(box)), getpgrp());
	sb_box_free(box);
	sb_config_free(cfg);
}

/* With sb_set_session(cfg, 0) the command is to be reached by the terminal of its host. */
static void a_command_in_the_hosts_session_is_in_its_group(void **state)
{
	sb_config *cfg = fx_config("pause");
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_session(cfg, 0));
	proc = fx_spawn(cfg);
	assert_int_equal(getpgid(sb_proc_pid(proc)), getpgrp());
	assert_int_equal(getsid(sb_proc_pid(proc)), getsid(0));
	fx_ok(sb_proc_kill(proc));
	fx_wait(proc, NULL);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(what_is_sent_to_the_first_process_reaches_every_command),
		FX_TEST(the_first_process_is_not_in_the_hosts_group),
		FX_TEST(a_command_in_the_hosts_session_is_in_its_group),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
