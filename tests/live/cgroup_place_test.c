// SPDX-License-Identifier: MIT
/* Leaves are made below the cgroup that is named; or the error says why they cannot be. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void both_ways_to_write_a_parent_and_a_descriptor(void **state)
{
	const char *parent;
	sb_config *cfg;
	int fd;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_cg_leaf_is_in(cfg, parent);

	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent + strlen(fx_cg_mount())));
	fx_cg_leaf_is_in(cfg, parent);

	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent_fd(cfg, fd));
	fx_cg_leaf_is_in(cfg, parent);
	close(fd);
	fx_cg_parent_end();
}

static void a_controller_that_is_needed_comes_along(void **state)
{
	const char *parent;
	sb_config *cfg;

	(void)state;
	fx_cg_need("pids.max memory.max");
	parent = fx_cg_parent();
	cfg = fx_config("pause");
	fx_ok(sb_set_pids(cfg, 5));
	fx_ok(sb_set_memory(cfg, 64 << 20));
	fx_ok(sb_set_cgroup_parent(cfg, parent));
	fx_cg_leaf_is_in(cfg, parent);
	fx_cg_parent_end();
}

static void a_parent_that_is_none_is_refused(void **state)
{
	const sb_error *err;
	const char *parent;
	char path[4096 + 32];
	sb_config *cfg;
	int fd;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	cfg = fx_cg_config("exit=0");
	snprintf(path, sizeof(path), "%s/missing", parent);
	fx_ok(sb_set_cgroup_parent(cfg, path));
	err = fx_refused(cfg, ENOENT);
	assert_string_equal(sb_step_name(err->step), "cgroup");
	fx_has(err->message, "/missing");
	fx_has(err->hint, "must be there");

	cfg = fx_cg_config("exit=0");
	snprintf(path, sizeof(path), "%s/cgroup.events", parent);
	fx_ok(sb_set_cgroup_parent(cfg, path));
	err = fx_refused(cfg, ENOTDIR);
	fx_has(err->message, "cgroup.events");

	cfg = fx_cg_config("exit=0");
	fd = open(fx_tmp(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fx_ok(sb_set_cgroup_parent_fd(cfg, fd));
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "cgroup v2");
	fx_has(err->message, fx_tmp());
	close(fd);

	cfg = fx_cg_config("exit=0");
	fx_ok(sb_set_cgroup_parent_fd(cfg, 1000));
	fx_refused(cfg, EBADF);
	fx_cg_parent_end();
}

static void a_parent_with_processes_has_no_controllers_to_give(void **state)
{
	/* The kernel would let the controllers that can be threaded, cpu and pids, but not for us. */
	static const char *const files[] = { "memory.max", "pids.max", "cpu.weight", NULL };
	const sb_error *err;
	const char *parent;
	char busy[4096 + 32];
	sb_config *cfg;
	pid_t pid;
	int i;

	(void)state;
	fx_cg_need("memory.max pids.max cpu.weight");
	parent = fx_cg_parent();
	snprintf(busy, sizeof(busy), "%s/busy", parent);
	fx_ok(mkdir(busy, 0755));
	pid = fx_cg_put_somebody(busy);
	for (i = 0; files[i]; i++) {
		cfg = fx_config("exit=0");
		fx_ok(sb_set_cgroup(cfg, files[i], "64"));
		fx_ok(sb_set_cgroup_parent(cfg, busy));
		err = fx_refused(cfg, EBUSY);
		fx_has(err->message, "holds processes itself");
		fx_has(err->hint, "move them into a child");
		/* It is as it was: neither a controller enabled nor the root of a threaded subtree. */
		assert_string_equal(fx_cg_text(busy, "cgroup.subtree_control"), "");
		assert_string_equal(fx_cg_text(busy, "cgroup.type"), "domain");
	}

	/* For a leaf that needs none it is good enough. */
	cfg = fx_config("pause");
	fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_ACCOUNT));
	fx_ok(sb_set_cgroup_parent(cfg, busy));
	fx_cg_leaf_is_in(cfg, busy);
	fx_cg_remove_somebody(pid);
	fx_ok(rmdir(busy));
	fx_cg_parent_end();
}

static void a_controller_that_is_not_there_is_named(void **state)
{
	const sb_error *err;
	const char *parent;
	char path[4096 + 32];
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	parent = fx_cg_parent();
	snprintf(path, sizeof(path), "%s/bare", parent);
	fx_ok(mkdir(path, 0755));
	strcat(path, "/deep");
	fx_ok(mkdir(path, 0755)); /* nothing is enabled above it */
	cfg = fx_config("exit=0");
	fx_ok(sb_set_memory(cfg, 64 << 20));
	fx_ok(sb_set_cgroup_parent(cfg, path));
	err = fx_refused(cfg, ENOENT);
	fx_has(err->message, "memory");
	fx_ok(rmdir(path));
	*strrchr(path, '/') = '\0';
	fx_ok(rmdir(path));
	fx_cg_parent_end();
}

static void a_controller_of_v1_is_told(void **state)
{
	const char *line = fx_cg_text("/proc/self", "cgroup");
	const sb_error *err;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	if (!strstr(line, ":memory:"))
		fx_skip("the memory controller is not bound to cgroup v1");
	cfg = fx_config("exit=0");
	fx_ok(sb_set_memory(cfg, 64 << 20));
	fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_NO_SYSTEMD));
	err = fx_refused(cfg, ENOENT);
	fx_has(err->message, "memory");
	fx_has(err->message, "v1");
	fx_has(err->hint, "systemd.unified_cgroup_hierarchy=1");
}

static void without_a_cgroup_of_its_own_a_user_is_told(void **state)
{
	char above[4096];
	const sb_error *err;
	sb_config *cfg;

	(void)state;
	if (!fx_cg_of(0)[0])
		fx_skip("no cgroup v2 is mounted");
	snprintf(above, sizeof(above), "%s", fx_cg_of(0));
	if (strlen(above) > strlen(fx_cg_mount()))
		*strrchr(above, '/') = '\0';
	if (!access(above, W_OK) || !access(fx_cg_of(0), W_OK))
		fx_skip("our cgroup is delegated to us");
	cfg = fx_cg_config("exit=0");
	err = fx_refused(cfg, EACCES);
	assert_string_equal(sb_step_name(err->step), "cgroup");
	fx_has(err->message, fx_cg_of(0));
	assert_true(err->hint[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(both_ways_to_write_a_parent_and_a_descriptor),
		FX_TEST(a_controller_that_is_needed_comes_along),
		FX_TEST(a_parent_that_is_none_is_refused),
		FX_TEST(a_parent_with_processes_has_no_controllers_to_give),
		FX_TEST(a_controller_that_is_not_there_is_named),
		FX_TEST(a_controller_of_v1_is_told),
		FX_TEST_IF("user", without_a_cgroup_of_its_own_a_user_is_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
