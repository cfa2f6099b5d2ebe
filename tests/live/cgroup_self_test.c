// SPDX-License-Identifier: MIT
/* Without a named parent leaves are made around the caller: above it if delegated, or by moving it. */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/*
 * In a cgroup of its own, from which the one above cannot be used: root takes one
 * below the root cgroup, which nobody has delegated; a user takes the right to
 * write to the one above away from itself.
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
	pid = fx_cg_put_somebody(own);
	snprintf(number, sizeof(number), "%d", pid);
	err = fx_refused(with_pids(SB_CGROUP_MOVE_SELF), EBUSY);
	fx_has(err->message, "other processes");
	fx_has(err->message, number);
	fx_cg_remove_somebody(pid);
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
	fx_cg_leaf_is_in(with_pids(0), own);
	assert_string_equal(fx_cg_of(0), leaf);
	return NULL;
}

/* As a service manager does it that has a cgroup for the service's own processes. */
static void the_one_above_is_taken_if_it_was_delegated(void **state)
{
	char leaf[4096 + 64];

	(void)state;
	fx_cg_need("pids.max");
	snprintf(own, sizeof(own), "%s/test-%d-own", fx_who() == FX_ROOT ? fx_cg_mount() : fx_cg_base(),
		 getpid());
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
		FX_TEST(the_caller_is_not_moved_unless_it_allows_that),
		FX_TEST(a_caller_that_was_moved_is_moved_back),
		FX_TEST(also_after_a_failure),
		FX_TEST(others_are_not_moved_but_named),
		FX_TEST(the_one_above_is_taken_if_it_was_delegated),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
