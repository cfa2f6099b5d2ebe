// SPDX-License-Identifier: MIT
/* In a box each command has its own leaf: its figures are its own, and what it leaves behind ends with it. */
#include "../fixture_cgroup.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static sb_box *open_box(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	sb_box *box = NULL;

	if (sb_box_open(cfg, &box, &err) < 0)
		fail_msg("sb_box_open: %s hint: %s", err.message, err.hint);
	return box;
}

static void each_command_has_its_own(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	struct fx_talk busy, idle;
	char one[4096];
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("cat=/proc/self/cgroup", "spin=60", "read=0");
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	box = open_box(cfg);
	fx_talk_begin(&busy, box, cfg);
	fx_talk_until(&busy, "0::/\n");
	fx_command(cfg, "cat=/proc/self/cgroup", "say=up", "read=0");
	fx_talk_begin(&idle, box, cfg);
	fx_talk_until(&idle, "0::/\n");
	snprintf(one, sizeof(one), "%s", fx_cg_of(sb_proc_pid(busy.proc)));
	assert_string_not_equal(one, fx_cg_of(sb_proc_pid(idle.proc)));
	fx_talk_end(&busy, &res);
	assert_true(res.user_ns + res.system_ns >= 59000000);
	fx_talk_end(&idle, &res);
	if (!fx_emulated())
		assert_true(res.user_ns + res.system_ns < 20000000);
	fx_talk_free(&busy);
	fx_talk_free(&idle);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void what_a_command_leaves_running_is_killed(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk, other;
	const char *parent, *seen;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("orphans=5", "pids", "exit=3");
	parent = fx_cg_parent();
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	box = open_box(cfg);
	fx_talk_begin(&talk, box, cfg);
	fx_talk_end(&talk, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 3);
	fx_talk_free(&talk);
	fx_command(cfg, "processes", "say=up");
	fx_talk_begin(&other, box, cfg);
	fx_talk_end(&other, &res);
	/* Process 1 is sb-init, the other one the new command. */
	seen = fx_get(other.said, "processes");
	assert_int_equal(strncmp(seen, "1 ", 2), 0);
	assert_null(strchr(seen + 2, ' '));
	fx_talk_free(&other);
	sb_box_free(box);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

/* A host that reads until the other end of the pipe is closed, and only then asks how it ended. */
static void the_output_of_a_command_ends_with_it(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;
	struct pollfd p;
	sb_box *box;
	char c;

	(void)state;
	fx_cg_need("cgroup.kill");
	cfg = fx_cg_config("orphans=5", "say=up", "exit=3");
	box = open_box(cfg);
	fx_talk_begin(&talk, box, cfg);
	fx_talk_until(&talk, "up\n");
	p = (struct pollfd){ talk.out, POLLIN, 0 };
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(read(talk.out, &c, 1), 0);
	fx_talk_end(&talk, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 3);
	fx_talk_free(&talk);
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(each_command_has_its_own),
		FX_TEST(what_a_command_leaves_running_is_killed),
		FX_TEST(the_output_of_a_command_ends_with_it),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
