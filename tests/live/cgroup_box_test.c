// SPDX-License-Identifier: MIT
/* In a box each command has its own leaf: its figures are its own, and what it leaves behind ends with it. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

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
	box = open_with(cfg);
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
	box = open_with(cfg);
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
	box = open_with(cfg);
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

/* "PARENT/sb-PID-N/LEAF": what comes behind the place. */
static void leaf_is(const sb_proc *proc, const char *parent, const char *wanted)
{
	const char *leaf = fx_cg_of(sb_proc_pid(proc)), *rest = leaf + strlen(parent) + 1;

	if (strncmp(leaf, parent, strlen(parent)) || strncmp(rest, "sb-", 3) ||
	    strcmp(strchr(rest, '/'), wanted))
		fail_msg("the leaf is %s, not %s/sb-…%s", leaf, parent, wanted);
}

static void each_box_is_a_level_of_its_own(void **state)
{
	char place[4096 + 64], name[64] = "", box_dir[4096 + 128];
	sb_box *box[2];
	const char *parent;
	sb_proc *proc[4];
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	for (int i = 0; i < 2; i++)
		box[i] = open_with(cfg);
	fx_ok(sb_box_spawn(box[0], cfg, &proc[0], NULL));
	fx_ok(sb_box_spawn(box[1], cfg, &proc[1], NULL));
	fx_ok(sb_box_spawn(box[0], cfg, &proc[2], NULL));
	proc[3] = fx_spawn(cfg);
	leaf_is(proc[0], parent, "/b1/1");
	leaf_is(proc[1], parent, "/b2/1");
	leaf_is(proc[2], parent, "/b1/2");
	leaf_is(proc[3], parent, "/1");
	/* Set-up and supervision are not the box's. */
	assert_non_null(strstr(fx_cg_of(sb_box_pid(box[0])), "/init"));
	assert_int_equal(fx_cg_children(parent, name), 1);
	snprintf(place, sizeof(place), "%s/%s", parent, name);
	snprintf(box_dir, sizeof(box_dir), "%s/b1", place);
	assert_string_equal(fx_cg_text(box_dir, "cgroup.controllers"),
			    fx_cg_text(box_dir, "cgroup.subtree_control"));
	sb_proc_free(proc[0]);
	sb_proc_free(proc[2]);
	/* until the next command leaves wait to be removed, and one for it */
	assert_in_range(fx_cg_children(box_dir, NULL), 0, 3);
	assert_int_equal(fx_cg_children(place, NULL), 4); /* init, 1, b1, b2 */
	sb_box_free(box[0]);
	assert_int_equal(fx_cg_children(place, NULL), 3);
	sb_proc_free(proc[3]);
	sb_config_free(cfg);
	sb_proc_free(proc[1]);
	assert_int_equal(fx_cg_children(place, NULL), 2); /* init, b2 */
	sb_box_free(box[1]);
	fx_cg_parent_end();
}

/* The new sb-init is where the old one was, and nothing else is there once the handle is freed. */
static void a_reset_ends_what_runs_in_the_leaves(void **state)
{
	sb_config *cfg;
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk, other;
	char place[1024];
	const char *parent;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("orphans=5", "say=up", "read=0");
	parent = fx_cg_parent();
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	box = open_with(cfg);
	fx_talk_begin(&talk, box, cfg);
	fx_talk_until(&talk, "up\n");
	snprintf(place, sizeof(place), "%s", fx_cg_of(sb_box_pid(box)));
	if (sb_box_reset(box, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(fx_cg_of(sb_box_pid(box)), place);
	*strrchr(place, '/') = '\0';
	assert_int_equal(sb_proc_wait(talk.proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_KILLED);
	close(talk.in);
	close(talk.out);
	fx_talk_free(&talk);
	assert_int_equal(fx_cg_children(place, NULL), 2); /* init, b1 */
	fx_command(cfg, "exit=3");
	fx_talk_begin(&other, box, cfg);
	fx_talk_end(&other, &res);
	assert_int_equal(res.code, 3);
	fx_talk_free(&other);
	sb_box_free(box);
	sb_config_free(cfg);
	fx_cg_parent_end();
}

/* All leaves in @dir: the one that is ready, and those that were used. */
static int remove_leaves(const char *dir)
{
	struct dirent *entry;
	DIR *list = opendir(dir);
	int removed = 0;

	assert_non_null(list);
	while ((entry = readdir(list))) {
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			removed += unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR) == 0;
	}
	closedir(list);
	return removed;
}

/* The clone itself fails, a zygote's from the second command on: it is told, and the next one runs. */
static void a_ready_leaf_that_is_gone_is_told(void **state)
{
	char dir[4096];
	sb_config *cfg;
	sb_proc *proc = NULL;
	sb_error err = SB_INIT(sb_error);
	sb_box *box;
	int r;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=4");
	box = open_with(cfg);
	snprintf(dir, sizeof(dir), "%s", fx_cg_of(sb_box_pid(box)));
	strcpy(strrchr(dir, '/'), "/b1"); /* the box's level is beside sb-init's cgroup */
	for (int i = 0; i < 3; i++)
		exits(box, cfg, 4);
	assert_true(remove_leaves(dir) > 0);
	r = sb_box_spawn(box, cfg, &proc, &err);
	assert_true(r == -ENODEV || r == -ENOENT);
	assert_null(proc);
	fx_has(err.message, "cgroup");
	assert_true(err.hint[0]);
	exits(box, cfg, 4);
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(each_box_is_a_level_of_its_own),
		FX_TEST(each_command_has_its_own),
		FX_TEST(what_a_command_leaves_running_is_killed),
		FX_TEST(the_output_of_a_command_ends_with_it),
		FX_TEST(a_reset_ends_what_runs_in_the_leaves),
		FX_TEST(a_ready_leaf_that_is_gone_is_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
