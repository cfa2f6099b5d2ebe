// SPDX-License-Identifier: MIT
/* Where leaves are made: below a cgroup that is named, or where the caller is; and why not. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void leaf_is_in(sb_config *cfg, const char *dir)
{
	sb_proc *proc = fx_spawn(cfg);
	const char *leaf = fx_cg_of(sb_proc_pid(proc));

	if (strncmp(leaf, dir, strlen(dir)) || strncmp(leaf + strlen(dir), "/sb-", 4))
		fail_msg("the leaf is %s, not in %s", leaf, dir);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

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
	leaf_is_in(cfg, parent);

	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent(cfg, parent + strlen(fx_cg_mount())));
	leaf_is_in(cfg, parent);

	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cfg = fx_cg_config("pause");
	fx_ok(sb_set_cgroup_parent_fd(cfg, fd));
	leaf_is_in(cfg, parent);
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
	leaf_is_in(cfg, parent);
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

/* A child of ours in the cgroup @dir, until it is killed. */
static pid_t put_somebody(const char *dir)
{
	char number[16];
	pid_t pid;

	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	snprintf(number, sizeof(number), "%d", pid);
	fx_ok(fx_cg_put(dir, "cgroup.procs", number));
	return pid;
}

static void remove_somebody(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void a_parent_with_processes_has_no_controllers_to_give(void **state)
{
	/* The kernel would let the controllers that can be threaded, cpu and pids, but not for us. */
	static const char *const files[] = {"memory.max", "pids.max", "cpu.weight", NULL};
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
	pid = put_somebody(busy);
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
	leaf_is_in(cfg, busy);
	remove_somebody(pid);
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

/*
 * In a cgroup of its own, from which the one above cannot be used: root takes one below the root cgroup,
 * which nobody has delegated; a user takes the right to write to the one above away from itself.
 */
static char own[4096 + 32];

static void in_own(const char *(*part)(void))
{
	const char *parent = fx_cg_parent();

	if (fx_who() == FX_ROOT)
		snprintf(own, sizeof(own), "%s/test-%d-own", fx_cg_mount(), getpid());
	else
		snprintf(own, sizeof(own), "%s/own", parent);
	fx_ok(mkdir(own, 0755));
	if (fx_who() != FX_ROOT)
		fx_ok(chmod(parent, 0555));
	fx_in_child(part);
	fx_ok(chmod(parent, 0755));
	assert_int_equal(fx_cg_children(own, NULL), 0);
	fx_ok(rmdir(own));
	fx_cg_parent_end();
}

static sb_config *with_pids(uint64_t flags)
{
	sb_config *cfg = fx_config("pause");

	fx_ok(sb_set_pids(cfg, 5));
	fx_ok(sb_set_cgroup_flags(cfg, flags | SB_CGROUP_NO_SYSTEMD));
	return cfg;
}

static const char *refused_in_own(void)
{
	const sb_error *err;

	fx_ok(fx_cg_put(own, "cgroup.procs", "0"));
	err = fx_refused(with_pids(0), EBUSY);
	fx_has(err->message, "holds this process");
	fx_has(err->message, own + strlen(own) - 40);
	fx_has(err->hint, "SB_CGROUP_MOVE_SELF");
	fx_has(err->hint, "sb_set_cgroup_parent");
	assert_string_equal(fx_cg_of(0), own);
	return NULL;
}

static void the_caller_is_not_moved_unless_it_allows_that(void **state)
{
	(void)state;
	fx_cg_need("pids.max");
	in_own(refused_in_own);
}

static const char *moved_in_own(void)
{
	sb_config *a = with_pids(SB_CGROUP_MOVE_SELF), *b = with_pids(SB_CGROUP_MOVE_SELF);
	sb_proc *p, *q;

	fx_ok(fx_cg_put(own, "cgroup.procs", "0"));
	p = fx_spawn(a);
	assert_string_not_equal(fx_cg_of(0), own);
	assert_memory_equal(fx_cg_of(0), own, strlen(own));
	assert_memory_equal(fx_cg_of(sb_proc_pid(p)), own, strlen(own));
	q = fx_spawn(b);
	sb_config_free(a);
	sb_proc_free(p);
	assert_string_not_equal(fx_cg_of(0), own); /* the other one needs it still */
	sb_config_free(b);
	assert_string_not_equal(fx_cg_of(0), own);
	sb_proc_free(q);
	assert_string_equal(fx_cg_of(0), own);
	assert_string_equal(fx_cg_text(own, "cgroup.subtree_control"), "");
	assert_int_equal(fx_cg_children(own, NULL), 0);

	/* And again. */
	a = with_pids(SB_CGROUP_MOVE_SELF);
	sb_proc_free(fx_spawn(a));
	sb_config_free(a);
	assert_string_equal(fx_cg_of(0), own);
	return NULL;
}

static void a_caller_that_was_moved_is_moved_back(void **state)
{
	(void)state;
	fx_cg_need("pids.max");
	in_own(moved_in_own);
}

static const char *failed_in_own(void)
{
	sb_config *cfg = with_pids(SB_CGROUP_MOVE_SELF);

	fx_ok(fx_cg_put(own, "cgroup.procs", "0"));
	fx_ok(sb_set_command(cfg, "/not/there", NULL));
	fx_refused(cfg, ENOENT);
	assert_string_equal(fx_cg_of(0), own);
	assert_int_equal(fx_cg_children(own, NULL), 0);
	return NULL;
}

static void also_after_a_failure(void **state)
{
	(void)state;
	fx_cg_need("pids.max");
	in_own(failed_in_own);
}

static const char *not_alone(void)
{
	const sb_error *err;
	char number[16];
	pid_t pid;

	fx_ok(fx_cg_put(own, "cgroup.procs", "0"));
	pid = put_somebody(own);
	snprintf(number, sizeof(number), "%d", pid);
	err = fx_refused(with_pids(SB_CGROUP_MOVE_SELF), EBUSY);
	fx_has(err->message, "other processes");
	fx_has(err->message, number);
	remove_somebody(pid);
	assert_string_equal(fx_cg_of(0), own);
	return NULL;
}

static void others_are_not_moved_but_named(void **state)
{
	(void)state;
	fx_cg_need("pids.max");
	in_own(not_alone);
}

static const char *put_into_a_leaf(void)
{
	char leaf[4096 + 64];

	snprintf(leaf, sizeof(leaf), "%s/leaf", own);
	fx_ok(fx_cg_put(leaf, "cgroup.procs", "0"));
	leaf_is_in(with_pids(0), own);
	assert_string_equal(fx_cg_of(0), leaf);
	return NULL;
}

/* As a service manager does it that has a cgroup for the service's own processes. */
static void the_one_above_is_taken_if_it_was_delegated(void **state)
{
	char leaf[4096 + 64];

	(void)state;
	fx_cg_need("pids.max");
	snprintf(own, sizeof(own), "%s/test-%d-own", fx_who() == FX_ROOT ? fx_cg_mount() : fx_cg_base(), getpid());
	fx_ok(mkdir(own, 0755));
	if (fx_who() == FX_ROOT)
		fx_ok(setxattr(own, "user.delegate", "1", 1, 0));
	snprintf(leaf, sizeof(leaf), "%s/leaf", own);
	fx_ok(mkdir(leaf, 0755));
	fx_in_child(put_into_a_leaf);
	fx_ok(rmdir(leaf));
	fx_ok(rmdir(own));
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
		FX_TEST(the_caller_is_not_moved_unless_it_allows_that),
		FX_TEST(a_caller_that_was_moved_is_moved_back),
		FX_TEST(also_after_a_failure),
		FX_TEST(others_are_not_moved_but_named),
		FX_TEST(the_one_above_is_taken_if_it_was_delegated),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
