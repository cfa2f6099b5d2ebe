// SPDX-License-Identifier: MIT
/* Files of a box whose command is frozen; CPUs of a command that has a cpuset. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void while_it_is_frozen(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct fx_talk talk;
	void *data = NULL;
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("write=/work/a", "say=up", "read=0");
	fx_ok(sb_add_tmpfs(cfg, "/work", 0, 0, 0755));
	box = open_with(cfg);
	fx_talk_begin(&talk, box, cfg);
	fx_talk_until(&talk, "up\n");
	fx_ok(sb_proc_freeze(talk.proc, 1, &err));
	fx_ok(sb_box_get(box, "/work/a", 100, &data, NULL, &err));
	assert_string_equal(data, "inside");
	free(data);
	fx_ok(sb_box_put(box, "/work/b", "x", 1, 0600, &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, &err), 2);
	fx_ok(sb_box_remove(box, "/work/a", &err));
	fx_ok(sb_proc_freeze(talk.proc, 0, &err));
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* The mask must lie within the cpuset, which is in force when it is set. */
static void cpus_of_a_cpuset(void **state)
{
	const sb_error *why;
	sb_config *cfg;

	(void)state;
	fx_cg_need("cpuset.cpus");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		fx_skip("one CPU has no subset");
	cfg = fx_cg_config("affinity");
	fx_ok(sb_set_cpuset(cfg, "1", NULL));
	fx_is(fx_output(sb_config_copy(cfg)), "affinity", " 1");
	fx_ok(sb_set_affinity(cfg, "1"));
	fx_is(fx_output(sb_config_copy(cfg)), "affinity", " 1");
	fx_ok(sb_set_affinity(cfg, "0-1"));
	why = fx_refused(sb_config_copy(cfg), EINVAL);
	assert_string_equal(sb_step_name(why->step), "affinity");
	fx_has(why->hint, "cpuset");
	fx_ok(sb_set_affinity(cfg, "0"));
	fx_refused(cfg, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(while_it_is_frozen),
		FX_TEST(cpus_of_a_cpuset),
	};

	fx_begin();
	return cmocka_run_group_tests_name("cgroup_files", tests, NULL, NULL);
}
