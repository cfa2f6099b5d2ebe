// SPDX-License-Identifier: MIT
/* Who the command is, inside and outside, and what it can never become. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* With the maps that the command sees. */
static sb_config *asking(void)
{
	sb_config *cfg = fx_config("ids", "cat=/proc/self/uid_map", "cat=/proc/self/gid_map",
				   "cat=/proc/self/setgroups", "setgroups=1", "setuid=0");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	return cfg;
}

/* "cat FILE=" is followed by the one line of a map; compares its three numbers. */
static void map_is(const char *out, const char *file, unsigned inside, unsigned outside, unsigned count)
{
	const char *text = fx_get(out, file);
	unsigned a, b, c;

	assert_non_null(text);
	assert_int_equal(sscanf(text, "%u %u %u", &a, &b, &c), 3);
	assert_int_equal(a, inside);
	assert_int_equal(b, outside);
	assert_int_equal(c, count);
}

/* Which id of the host stands behind the one id of a single map. */
static unsigned behind(unsigned own)
{
	return fx_who() == FX_ROOT ? 65534 : own;
}

static void default_is_1000_without_groups(void **state)
{
	const char *out = fx_output(asking());

	(void)state;
	fx_is(out, "uid", "1000");
	fx_is(out, "euid", "1000");
	fx_is(out, "suid", "1000");
	fx_is(out, "gid", "1000");
	fx_is(out, "egid", "1000");
	fx_is(out, "sgid", "1000");
	if (fx_who() == FX_ROOT)
		fx_is(out, "groups", "");
	assert_string_not_equal(fx_get(out, "setuid"), "ok");
	assert_string_not_equal(fx_get(out, "setgroups"), "ok");
}

/* The map as its own process reads it is relative to the namespace above. */
static void the_one_id_is_the_callers_own(void **state)
{
	const char *out = fx_output(asking());

	(void)state;
	map_is(out, "cat /proc/self/uid_map", 1000, behind(geteuid()), 1);
	map_is(out, "cat /proc/self/gid_map", 1000, behind(getegid()), 1);
	if (fx_who() != FX_ROOT)
		fx_is(out, "cat /proc/self/setgroups", "deny");
}

static void root_inside_is_nobody_outside(void **state)
{
	sb_config *cfg = asking();
	const char *out;

	(void)state;
	fx_ok(sb_set_user(cfg, 0, 0));
	out = fx_output(cfg);
	fx_is(out, "uid", "0");
	fx_is(out, "gid", "0");
	map_is(out, "cat /proc/self/uid_map", 0, behind(geteuid()), 1);
}

static void large_ids(void **state)
{
	sb_config *cfg = asking();
	const char *out;

	(void)state;
	fx_ok(sb_set_user(cfg, 4294967294u, 2147483649u));
	out = fx_output(cfg);
	fx_is(out, "uid", "4294967294");
	fx_is(out, "gid", "2147483649");
}

/* A caller whose own id does not fit an int. */
static void a_host_with_large_ids(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		sb_config *cfg = fx_config("exit=7");
		sb_result res = SB_INIT(sb_result);
		sb_error err = SB_INIT(sb_error);
		sb_proc *proc;

		if (setgroups(0, NULL) || setresgid(3000000000u, 3000000000u, 3000000000u) ||
		    setresuid(3000000000u, 3000000000u, 3000000000u))
			_exit(1);
		if (sb_spawn(cfg, &proc, &err) < 0) {
			print_error("%s\n", err.message);
			_exit(2);
		}
		if (sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 || res.code != 7)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void ranges_as_root(void **state)
{
	sb_config *cfg = asking();
	const uint32_t groups[] = {5, 7};
	const char *out;

	(void)state;
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 200000, 1000));
	fx_ok(sb_add_idmap(cfg, SB_ID_USER, 5000, 300000, 10));
	fx_ok(sb_set_user(cfg, 5003, 3));
	fx_ok(sb_set_groups(cfg, groups, 2));
	out = fx_output(cfg);
	fx_is(out, "uid", "5003");
	fx_is(out, "gid", "3");
	fx_is(out, "groups", "5 7");
	map_is(out, "cat /proc/self/uid_map", 0, 200000, 1000);
	fx_has(out, "300000");
	map_is(out, "cat /proc/self/gid_map", 0, 200000, 1000);
}

/* What the command writes belongs, outside, to the mapped id. */
static void files_belong_to_the_mapped_id(void **state)
{
	sb_config *cfg = fx_config("write=/w/file", "stat=/w/file");
	const char *dir = fx_mkdir("w");
	struct stat st;

	(void)state;
	fx_ok(chmod(dir, 0777));
	fx_ok(sb_add_bind(cfg, dir, "/w", 0));
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 200000, 10));
	fx_ok(sb_set_user(cfg, 4, 5));
	fx_has(fx_output(cfg), "stat /w/file=100644 4:5 ");
	fx_ok(stat(fx_path("w/file"), &st));
	assert_int_equal(st.st_uid, 200004);
	assert_int_equal(st.st_gid, 200005);
}

static void subordinate_ranges_by_newuidmap(void **state)
{
	const uint32_t groups[] = {2};
	sb_config *cfg = asking();
	const char *out;

	(void)state;
	fx_ok(sb_set_idmap_auto(cfg));
	fx_ok(sb_set_user(cfg, 1, 1));
	fx_ok(sb_set_groups(cfg, groups, 1));
	out = fx_output(cfg);
	fx_is(out, "uid", "1");
	fx_is(out, "groups", "2");
	map_is(out, "cat /proc/self/uid_map", 0, geteuid(), 1);
}

static void ranges_without_a_helper_are_refused_with_a_hint(void **state)
{
	sb_config *cfg = asking();
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 4000000000u, 10));
	fx_ok(sb_set_user(cfg, 1, 1));
	err = fx_refused(cfg, EPERM);
	assert_string_equal(sb_step_name(err->step), "idmap");
	fx_has(err->hint, "uid");
}

static void groups_cannot_be_set_by_an_ordinary_user(void **state)
{
	const uint32_t groups[] = {1000};
	sb_config *cfg = asking();
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_groups(cfg, groups, 1));
	err = fx_refused(cfg, EPERM);
	assert_string_equal(sb_step_name(err->step), "groups");
	fx_has(err->hint, "setgroups");
}

static void host_root_is_refused_unless_named(void **state)
{
	sb_config *cfg = asking();
	const sb_error *err;
	const char *out;

	(void)state;
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 0, 1));
	fx_ok(sb_set_user(cfg, 0, 0));
	err = fx_refused(cfg, EPERM);
	fx_has(err->message, "root of the host");
	fx_has(err->hint, "sb_set_host_root");
	cfg = asking();
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 0, 1));
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_host_root(cfg, 1));
	out = fx_output(cfg);
	fx_is(out, "uid", "0");
	map_is(out, "cat /proc/self/uid_map", 0, 0, 1);
}

static void host_root_is_refused_for_groups_and_wide_ranges(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_add_idmap(cfg, SB_ID_USER, 1000, 1000, 1));
	fx_ok(sb_add_idmap(cfg, SB_ID_GROUP, 1000, 0, 1));
	fx_refused(cfg, EPERM);
	cfg = fx_config("exit=0");
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 0, 65536));
	fx_refused(cfg, EPERM);
}

static void host_root_is_refused_without_a_user_namespace(void **state)
{
	sb_config *cfg = fx_config("ids");
	const char *out;

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_refused(cfg, EPERM);
	cfg = fx_config("ids", "caps", "setuid=0", "setgroups=0");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	out = fx_output(cfg);
	fx_is(out, "uid", "65534");
	fx_is(out, "gid", "65534");
	fx_is(out, "groups", "");
	fx_is(out, "setuid", "EPERM");
	fx_is(out, "setgroups", "EPERM");
	fx_is(out, "permitted", "0000000000000000");
	fx_is(out, "bounding", "0000000000000000");
}

static void a_user_outside_the_map_is_refused(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 1, geteuid() ? geteuid() : 200000, 1));
	fx_ok(sb_set_user(cfg, 2, 1));
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "user 2");
}

static void groups_of_the_host_are_dropped(void **state)
{
	gid_t extra[] = {4, 20, 27};
	sb_config *cfg = fx_config("ids");
	const char *out;

	(void)state;
	fx_ok(setgroups(3, extra));
	out = fx_output(cfg);
	fx_ok(setgroups(0, NULL));
	fx_is(out, "groups", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(default_is_1000_without_groups),
		FX_TEST(the_one_id_is_the_callers_own),
		FX_TEST(root_inside_is_nobody_outside),
		FX_TEST(large_ids),
		FX_TEST_IF("root", a_host_with_large_ids),
		FX_TEST_IF("root", ranges_as_root),
		FX_TEST_IF("root", files_belong_to_the_mapped_id),
		FX_TEST_IF("user newuidmap", subordinate_ranges_by_newuidmap),
		FX_TEST_IF("user", ranges_without_a_helper_are_refused_with_a_hint),
		FX_TEST_IF("user", groups_cannot_be_set_by_an_ordinary_user),
		FX_TEST_IF("root", host_root_is_refused_unless_named),
		FX_TEST_IF("root", host_root_is_refused_for_groups_and_wide_ranges),
		FX_TEST_IF("root", host_root_is_refused_without_a_user_namespace),
		FX_TEST(a_user_outside_the_map_is_refused),
		FX_TEST_IF("root", groups_of_the_host_are_dropped),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
