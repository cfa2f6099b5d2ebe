// SPDX-License-Identifier: MIT
/* Every setter with what cannot be: refused at once, remembered with its words, and nothing is lost. */
#include "setters.h"

static void no_config(void **state)
{
	const char *list[] = {"x", NULL};
	sb_config *no = NULL;
	sb_box *box = NULL;
	sb_proc *proc = NULL;

	(void)state;
	assert_null(sb_config_free(NULL));
	assert_null(sb_config_copy(NULL));
	assert_int_equal(sb_config_check(no, NULL), -EINVAL);
	assert_int_equal(sb_config_dump(no, NULL, 0, NULL), -EINVAL);
	assert_int_equal(sb_spawn(no, &proc, NULL), -EINVAL);
	assert_int_equal(sb_box_open(no, &box, NULL), -EINVAL);
	assert_int_equal(sb_set_trace(no, NULL), -EINVAL);
	assert_int_equal(sb_set_command(no, "/x", list), -EINVAL);
	assert_int_equal(sb_set_env(no, list), -EINVAL);
	assert_int_equal(sb_add_env(no, "A=1"), -EINVAL);
	assert_int_equal(sb_set_cwd(no, "/"), -EINVAL);
	assert_int_equal(sb_set_umask(no, 0), -EINVAL);
	assert_int_equal(sb_set_rlimit(no, "core", 0, 0), -EINVAL);
	assert_int_equal(sb_set_nice(no, 0), -EINVAL);
	assert_int_equal(sb_set_fd(no, 0, -1), -EINVAL);
	assert_int_equal(sb_set_session(no, 1), -EINVAL);
	assert_int_equal(sb_set_tty(no, 1), -EINVAL);
	assert_int_equal(sb_set_no_new_privs(no, 1), -EINVAL);
	assert_int_equal(sb_add_cap(no, "chown"), -EINVAL);
	assert_int_equal(sb_set_ns(no, 0), -EINVAL);
	assert_int_equal(sb_set_ns_fd(no, SB_NS_NET, -1), -EINVAL);
	assert_int_equal(sb_set_join(no, -1), -EINVAL);
	assert_int_equal(sb_set_join_name(no, NULL), -EINVAL);
	assert_int_equal(sb_set_name(no, NULL), -EINVAL);
	assert_int_equal(sb_add_pin(no, SB_NS_NET, "/x"), -EINVAL);
	assert_int_equal(sb_set_hostname(no, "x"), -EINVAL);
	assert_int_equal(sb_set_domainname(no, "x"), -EINVAL);
	assert_int_equal(sb_set_boottime(no, 0), -EINVAL);
	assert_int_equal(sb_set_monotonic(no, 0), -EINVAL);
	assert_int_equal(sb_set_loopback(no, 1), -EINVAL);
	assert_int_equal(sb_set_netpool(no, NULL), -EINVAL);
}

static void a_pool_of_network_namespaces(void **state)
{
	sb_netpool_info info = SB_INIT(sb_netpool_info), odd = {.size = 1};
	sb_netpool *pool = NULL;
	sb_error err = SB_INIT(sb_error);

	(void)state;
	assert_int_equal(sb_netpool_new(1, NULL, NULL), -EINVAL);
	assert_int_equal(sb_netpool_new(0, &pool, &err), -EINVAL);
	fx_has(err.message, "sb_netpool_new");
	assert_int_equal(sb_netpool_new(4097, &pool, NULL), -EINVAL);
	assert_null(pool);
	assert_null(sb_netpool_free(NULL));
	assert_int_equal(sb_netpool_fill(NULL, 1, NULL), -EINVAL);
	fx_ok(sb_netpool_new(4096, &pool, NULL));
	assert_int_equal(sb_netpool_look(NULL, &info), -EINVAL);
	assert_int_equal(sb_netpool_look(pool, NULL), -EINVAL);
	assert_int_equal(sb_netpool_look(pool, &odd), -EINVAL);
	fx_ok(sb_netpool_look(pool, &info));
	assert_int_equal(info.made, 0);
	assert_int_equal(sb_netpool_fill(pool, 0, NULL), 0);
	GOOD(sb_set_netpool(cfg, pool));
	GOOD(sb_set_netpool(cfg, NULL));
	assert_null(sb_netpool_free(pool));
}

static void no_config_either(void **state)
{
	const char *list[] = {"/x", NULL};
	const uint32_t gid = 1;
	sb_config *no = NULL;

	(void)state;
	assert_int_equal(sb_set_user(no, 0, 0), -EINVAL);
	assert_int_equal(sb_set_groups(no, &gid, 1), -EINVAL);
	assert_int_equal(sb_add_idmap(no, SB_ID_USER, 0, 1, 1), -EINVAL);
	assert_int_equal(sb_set_idmap_auto(no), -EINVAL);
	assert_int_equal(sb_set_host_root(no, 1), -EINVAL);
	assert_int_equal(sb_set_rootfs(no, "/", 0), -EINVAL);
	assert_int_equal(sb_set_rootfs_overlay(no, list, NULL, NULL), -EINVAL);
	assert_int_equal(sb_set_rootfs_writable(no, 1), -EINVAL);
	assert_int_equal(sb_add_bind(no, "/x", "/x", 0), -EINVAL);
	assert_int_equal(sb_add_system_dirs(no), -EINVAL);
	assert_int_equal(sb_add_tmpfs(no, "/x", 0, 0, 0), -EINVAL);
	assert_int_equal(sb_add_proc(no, "/x", 0), -EINVAL);
	assert_int_equal(sb_add_dev(no, "/x"), -EINVAL);
	assert_int_equal(sb_add_mqueue(no, "/x"), -EINVAL);
	assert_int_equal(sb_add_sysfs(no, "/x"), -EINVAL);
	assert_int_equal(sb_add_overlay(no, "/x", list, NULL, NULL), -EINVAL);
	assert_int_equal(sb_set_overlay_reset(no, 1), -EINVAL);
	assert_int_equal(sb_add_file(no, "/x", "x", 1, 0), -EINVAL);
	assert_int_equal(sb_add_symlink(no, "x", "/x"), -EINVAL);
	assert_int_equal(sb_add_dir(no, "/x", 0), -EINVAL);
	assert_int_equal(sb_add_mask(no, "/x"), -EINVAL);
	assert_int_equal(sb_add_readonly(no, "/x"), -EINVAL);
}

static void the_command(void **state)
{
	const char *none[] = {NULL}, *odd[] = {"NAME", NULL}, *nameless[] = {"=value", NULL};

	(void)state;
	BAD(EINVAL, "sb_set_command", sb_set_command(cfg, NULL, NULL));
	BAD(EINVAL, "sb_set_command", sb_set_command(cfg, "", NULL));
	BAD(EINVAL, "sb_set_command", sb_set_command(cfg, NULL, none));
	BAD(EINVAL, "argv", sb_set_command(cfg, "/bin/true", none));
	BAD(ENAMETOOLONG, "sb_set_command", sb_set_command(cfg, long_path, NULL));
	BAD(EINVAL, "NAME", sb_set_env(cfg, odd));
	BAD(EINVAL, "=value", sb_set_env(cfg, nameless));
	BAD(EINVAL, "sb_add_env", sb_add_env(cfg, NULL));
	BAD(EINVAL, "sb_add_env", sb_add_env(cfg, ""));
	BAD(EINVAL, "sb_add_env", sb_add_env(cfg, "=x"));
	GOOD(sb_set_env(cfg, NULL));
	GOOD(sb_set_env(cfg, none));
	GOOD(sb_add_env(cfg, "A="));
	GOOD(sb_add_env(cfg, "NOBODY_HAS_SET_THIS"));
	BAD(EINVAL, "sb_set_cwd", sb_set_cwd(cfg, NULL));
	BAD(EINVAL, "relative", sb_set_cwd(cfg, "relative"));
	BAD(EINVAL, "sb_set_cwd", sb_set_cwd(cfg, ""));
	BAD(ENAMETOOLONG, "sb_set_cwd", sb_set_cwd(cfg, long_path));
	GOOD(sb_set_cwd(cfg, "/"));
	BAD(EINVAL, "01000", sb_set_umask(cfg, 01000));
	BAD(EINVAL, "sb_set_umask", sb_set_umask(cfg, UINT32_MAX));
	GOOD(sb_set_umask(cfg, 0777));
}

static void too_many_strings(void **state)
{
	char *big = malloc((4 << 20) + 1);
	const char *list[] = {"A=1", big, NULL};

	(void)state;
	memset(big, 'x', 4 << 20);
	memcpy(big, "B=", 2);
	big[4 << 20] = '\0';
	BAD(E2BIG, "sb_set_command", sb_set_command(cfg, "/x", list));
	BAD(E2BIG, "sb_set_env", sb_set_env(cfg, list));
	BAD(E2BIG, "env", sb_add_env(cfg, big));
	free(big);
}

static void limits_descriptors_switches(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_set_rlimit", sb_set_rlimit(cfg, NULL, 0, 0));
	BAD(EINVAL, "sb_set_rlimit", sb_set_rlimit(cfg, "", 0, 0));
	BAD(EINVAL, "RLIMIT_CORE", sb_set_rlimit(cfg, "RLIMIT_CORE", 0, 0));
	BAD(EINVAL, "files", sb_set_rlimit(cfg, "files", 0, 0));
	BAD(EINVAL, "core", sb_set_rlimit(cfg, "core", 2, 1));
	BAD(EINVAL, "core", sb_set_rlimit(cfg, "core", UINT64_MAX, 5));
	GOOD(sb_set_rlimit(cfg, "CoRe", 0, UINT64_MAX));
	GOOD(sb_set_rlimit(cfg, "rttime", UINT64_MAX, UINT64_MAX));
	BAD(EINVAL, "20", sb_set_nice(cfg, 20));
	BAD(EINVAL, "-21", sb_set_nice(cfg, -21));
	GOOD(sb_set_nice(cfg, 19));
	BAD(EINVAL, "-1", sb_set_fd(cfg, -1, 0));
	BAD(EINVAL, "1024", sb_set_fd(cfg, 1024, 0));
	BAD(EINVAL, "-2", sb_set_fd(cfg, 3, -2));
	BAD(EINVAL, "sb_set_fd", sb_set_fd(cfg, INT_MAX, INT_MIN));
	GOOD(sb_set_fd(cfg, 1023, -1));
	BAD(EINVAL, "sb_set_session", sb_set_session(cfg, 2));
	BAD(EINVAL, "sb_set_tty", sb_set_tty(cfg, -1));
	BAD(EINVAL, "sb_set_no_new_privs", sb_set_no_new_privs(cfg, 17));
	BAD(EINVAL, "sb_set_loopback", sb_set_loopback(cfg, 2));
	BAD(EINVAL, "sb_set_host_root", sb_set_host_root(cfg, 2));
	BAD(EINVAL, "sb_set_rootfs_writable", sb_set_rootfs_writable(cfg, 2));
	BAD(EINVAL, "sb_add_cap", sb_add_cap(cfg, NULL));
	BAD(EINVAL, "sb_add_cap", sb_add_cap(cfg, ""));
	BAD(EINVAL, "everything", sb_add_cap(cfg, "everything"));
	BAD(EINVAL, "sb_add_cap", sb_add_cap(cfg, "cap_"));
	BAD(EINVAL, "cap_all", sb_add_cap(cfg, "cap_all"));
	GOOD(sb_add_cap(cfg, "CAP_Net_Raw"));
	GOOD(sb_add_cap(cfg, "checkpoint_restore"));
	GOOD(sb_add_cap(cfg, "ALL"));
}

static void namespaces(void **state)
{
	(void)state;
	BAD(EINVAL, "0x100", sb_set_ns(cfg, 0x100));
	BAD(EINVAL, "sb_set_ns", sb_set_ns(cfg, UINT64_MAX));
	GOOD(sb_set_ns(cfg, 0));
	BAD(EINVAL, "sb_set_ns_fd", sb_set_ns_fd(cfg, 0, 3));
	BAD(EINVAL, "sb_set_ns_fd", sb_set_ns_fd(cfg, SB_NS_NET | SB_NS_IPC, 3));
	BAD(EINVAL, "sb_set_ns_fd", sb_set_ns_fd(cfg, 0x100, 3));
	BAD(EINVAL, "-2", sb_set_ns_fd(cfg, SB_NS_NET, -2));
	GOOD(sb_set_ns_fd(cfg, SB_NS_NET, -1));
	BAD(EINVAL, "sb_add_pin", sb_add_pin(cfg, 0, "/x"));
	BAD(EINVAL, "sb_add_pin", sb_add_pin(cfg, SB_NS_ALL, "/x"));
	BAD(EINVAL, "sb_add_pin", sb_add_pin(cfg, SB_NS_NET, NULL));
	BAD(EINVAL, "sb_add_pin", sb_add_pin(cfg, SB_NS_NET, ""));
	BAD(ENAMETOOLONG, "sb_add_pin", sb_add_pin(cfg, SB_NS_NET, long_path));
	BAD(EEXIST, "/run/x", (sb_add_pin(cfg, SB_NS_NET, "/run/x"), sb_add_pin(cfg, SB_NS_IPC, "/run/x")));
	BAD(EINVAL, "-2", sb_set_join(cfg, -2));
	GOOD(sb_set_join(cfg, -1));
	BAD(EINVAL, "sb_set_name", sb_set_name(cfg, ""));
	BAD(EINVAL, "sb_set_name", sb_set_name(cfg, ".x"));
	BAD(EINVAL, "sb_set_name", sb_set_name(cfg, "-x"));
	BAD(EINVAL, "sb_set_name", sb_set_name(cfg, "a/b"));
	BAD(EINVAL, "sb_set_name", sb_set_name(cfg, "a b"));
	BAD(EINVAL, "sb_set_name", sb_set_name(cfg, long_name));
	GOOD(sb_set_name(cfg, long_name + 1));
	GOOD(sb_set_name(cfg, "_A-z.9"));
	GOOD(sb_set_name(cfg, NULL));
	BAD(EINVAL, "sb_set_join_name", sb_set_join_name(cfg, ""));
	BAD(EINVAL, "user id", sb_set_join_name(cfg, "/x"));
	BAD(EINVAL, "user id", sb_set_join_name(cfg, "-1/x"));
	BAD(EINVAL, "user id", sb_set_join_name(cfg, "x/x"));
	BAD(EINVAL, "user id", sb_set_join_name(cfg, "4294967295/x"));
	BAD(EINVAL, "sb_set_join_name", sb_set_join_name(cfg, "1000/"));
	BAD(EINVAL, "sb_set_join_name", sb_set_join_name(cfg, "1000/a/b"));
	GOOD(sb_set_join_name(cfg, "4294967294/x"));
	GOOD(sb_set_join_name(cfg, NULL));
	BAD(EINVAL, "sb_set_hostname", sb_set_hostname(cfg, NULL));
	BAD(EINVAL, "sb_set_hostname", sb_set_hostname(cfg, ""));
	BAD(ENAMETOOLONG, "sb_set_hostname", sb_set_hostname(cfg, long_name));
	GOOD(sb_set_hostname(cfg, long_name + 1));
	BAD(EINVAL, "sb_set_domainname", sb_set_domainname(cfg, NULL));
	BAD(ENAMETOOLONG, "sb_set_domainname", sb_set_domainname(cfg, long_name));
	BAD(EINVAL, "sb_set_boottime", sb_set_boottime(cfg, INT64_MAX));
	BAD(EINVAL, "sb_set_monotonic", sb_set_monotonic(cfg, INT64_MIN));
	GOOD(sb_set_boottime(cfg, 300000000));
	GOOD(sb_set_monotonic(cfg, -1));
}

static void ids(void **state)
{
	const uint32_t groups[65] = {0}, bad_group[] = {UINT32_MAX};
	const uint64_t both = SB_ID_USER | SB_ID_GROUP;

	(void)state;
	BAD(EINVAL, "4294967295", sb_set_user(cfg, UINT32_MAX, 0));
	BAD(EINVAL, "4294967295", sb_set_user(cfg, 0, UINT32_MAX));
	GOOD(sb_set_user(cfg, UINT32_MAX - 1, UINT32_MAX - 1));
	BAD(EINVAL, "sb_set_groups", sb_set_groups(cfg, NULL, 1));
	BAD(E2BIG, "65", sb_set_groups(cfg, groups, 65));
	BAD(EINVAL, "4294967295", sb_set_groups(cfg, bad_group, 1));
	GOOD(sb_set_groups(cfg, NULL, 0));
	GOOD(sb_set_groups(cfg, groups, 64));
	BAD(EINVAL, "sb_add_idmap", sb_add_idmap(cfg, 0, 0, 1, 1));
	BAD(EINVAL, "0x4", sb_add_idmap(cfg, 4, 0, 1, 1));
	BAD(EINVAL, "empty", sb_add_idmap(cfg, both, 0, 1, 0));
	BAD(EINVAL, "sb_add_idmap", sb_add_idmap(cfg, both, UINT32_MAX, 1, 1));
	BAD(EINVAL, "sb_add_idmap", sb_add_idmap(cfg, both, 0, UINT32_MAX, 1));
	BAD(EINVAL, "sb_add_idmap", sb_add_idmap(cfg, both, 1, 1, UINT32_MAX));
	GOOD(sb_add_idmap(cfg, both, 0, 0, UINT32_MAX));
	BAD(EEXIST, "overlaps", (sb_add_idmap(cfg, both, 0, 1000, 10), sb_add_idmap(cfg, both, 9, 5000, 1)));
	BAD(EEXIST, "overlaps", (sb_add_idmap(cfg, both, 0, 1000, 10), sb_add_idmap(cfg, both, 50, 1009, 5)));
	BAD(EEXIST, "overlaps", (sb_add_idmap(cfg, both, 5, 1000, 1), sb_add_idmap(cfg, both, 0, 5000, 10)));
	GOOD((sb_add_idmap(cfg, both, 0, 1000, 10), sb_add_idmap(cfg, both, 10, 1010, 10)));
	GOOD((sb_add_idmap(cfg, SB_ID_USER, 0, 1000, 10), sb_add_idmap(cfg, SB_ID_GROUP, 0, 1000, 10)));
}

static void too_many_ranges(void **state)
{
	sb_config *cfg = fresh();
	uint32_t i;

	(void)state;
	for (i = 0; i < 340; i++)
		fx_ok(sb_add_idmap(cfg, SB_ID_USER, i, 1000 + i, 1));
	expect_bad(cfg, sb_add_idmap(cfg, SB_ID_USER, i, 1000 + i, 1), E2BIG, "340", "the 341st range");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_config),
		cmocka_unit_test(a_pool_of_network_namespaces),
		cmocka_unit_test(no_config_either),
		cmocka_unit_test(the_command),
		cmocka_unit_test(too_many_strings),
		cmocka_unit_test(limits_descriptors_switches),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(ids),
		cmocka_unit_test(too_many_ranges),
	};

	return cmocka_run_group_tests(tests, make_long, NULL);
}
