// SPDX-License-Identifier: MIT
/* The file system's setters with what cannot be, and settings that contradict each other. */
#include "setters.h"

#include <unistd.h>

/* Each setting is fine by itself; together they cannot be. */
#define CONTRADICTION(part, ...)                                       \
	do {                                                           \
		sb_config *cfg = fresh();                              \
		sb_error err = SB_INIT(sb_error);                      \
                                                                       \
		__VA_ARGS__;                                           \
		assert_int_equal(sb_config_check(cfg, &err), -EINVAL); \
		fx_has(err.message, part);                             \
		sb_config_free(cfg);                                   \
	} while (0)

static void roots(void **state)
{
	const char *none[] = {NULL}, *lower[] = {"/usr", NULL}, *empty[] = {"", NULL},
		   *too_long[] = {long_path, NULL};
	const char *many[66];
	size_t i;

	(void)state;
	for (i = 0; i < 65; i++)
		many[i] = "/usr";
	many[65] = NULL;
	BAD(EINVAL, "sb_set_rootfs", sb_set_rootfs(cfg, "", 0));
	BAD(ENAMETOOLONG, "sb_set_rootfs", sb_set_rootfs(cfg, long_path, 0));
	BAD(EINVAL, "flags", sb_set_rootfs(cfg, "/", SB_MOUNT_OPTIONAL));
	BAD(EINVAL, "flags", sb_set_rootfs(cfg, "/", UINT64_C(1) << 63));
	BAD(EINVAL, "OVERLAY", sb_set_rootfs(cfg, "/", SB_MOUNT_RO | SB_ROOT_OVERLAY));
	BAD(EINVAL, "IDMAP", sb_set_rootfs(cfg, "/", SB_MOUNT_IDMAP | SB_ROOT_OVERLAY));
	BAD(EINVAL, "flags", sb_set_rootfs(cfg, NULL, SB_MOUNT_NOEXEC));
	GOOD(sb_set_rootfs(cfg, NULL, 0));
	GOOD(sb_set_rootfs(cfg, "/srv/root", SB_MOUNT_RO | SB_MOUNT_NOEXEC));
	BAD(EINVAL, "sb_set_rootfs_overlay", sb_set_rootfs_overlay(cfg, NULL, NULL, NULL));
	BAD(EINVAL, "sb_set_rootfs_overlay", sb_set_rootfs_overlay(cfg, none, NULL, NULL));
	BAD(EINVAL, "sb_set_rootfs_overlay", sb_set_rootfs_overlay(cfg, empty, NULL, NULL));
	BAD(ENAMETOOLONG, "sb_set_rootfs_overlay", sb_set_rootfs_overlay(cfg, too_long, NULL, NULL));
	BAD(E2BIG, "65", sb_set_rootfs_overlay(cfg, many, NULL, NULL));
	BAD(EINVAL, "work", sb_set_rootfs_overlay(cfg, lower, "/up", NULL));
	BAD(EINVAL, "work", sb_set_rootfs_overlay(cfg, lower, NULL, "/work"));
	GOOD(sb_set_rootfs_overlay(cfg, lower, "/up", "/work"));
	BAD(E2BIG, "65", sb_add_overlay(cfg, "/x", many, NULL, NULL));
	BAD(EINVAL, "lower", sb_add_overlay(cfg, "/x", NULL, NULL, NULL));
	BAD(EINVAL, "work", sb_add_overlay(cfg, "/x", lower, "/up", NULL));
	BAD(EINVAL, "2 is neither", sb_set_overlay_reset(cfg, 2));
	GOOD(sb_set_overlay_reset(cfg, 1));
	GOOD(sb_set_overlay_reset(cfg, 0));
}

/* What all that take a target refuse alike. */
#define BAD_TARGETS(name, call)                     \
	do {                                        \
		const char *target = NULL;          \
                                                    \
		BAD(EINVAL, name, call);            \
		target = "";                        \
		BAD(EINVAL, name, call);            \
		target = "relative/path";           \
		BAD(EINVAL, "relative/path", call); \
		target = "/a/../../b";              \
		BAD(EINVAL, "/a/../../b", call);    \
		target = "/..";                     \
		BAD(EINVAL, name, call);            \
		target = "/";                       \
		BAD(EINVAL, name, call);            \
		target = "///";                     \
		BAD(EINVAL, name, call);            \
		target = long_path;                 \
		BAD(ENAMETOOLONG, name, call);      \
		target = "/a/..b/...";              \
		GOOD(call);                         \
	} while (0)

static void targets(void **state)
{
	const char *lower[] = {"/usr", NULL};

	(void)state;
	BAD_TARGETS("sb_add_bind", sb_add_bind(cfg, "/usr", target, 0));
	BAD_TARGETS("sb_add_tmpfs", sb_add_tmpfs(cfg, target, 0, 0, 0755));
	BAD_TARGETS("sb_add_proc", sb_add_proc(cfg, target, 0));
	BAD_TARGETS("sb_add_dev", sb_add_dev(cfg, target));
	BAD_TARGETS("sb_add_mqueue", sb_add_mqueue(cfg, target));
	BAD_TARGETS("sb_add_sysfs", sb_add_sysfs(cfg, target));
	BAD_TARGETS("sb_add_overlay", sb_add_overlay(cfg, target, lower, NULL, NULL));
	BAD_TARGETS("sb_add_file", sb_add_file(cfg, target, "x", 1, 0644));
	BAD_TARGETS("sb_add_symlink", sb_add_symlink(cfg, "x", target));
	BAD_TARGETS("sb_add_dir", sb_add_dir(cfg, target, 0755));
	BAD_TARGETS("sb_add_mask", sb_add_mask(cfg, target));
	BAD_TARGETS("sb_add_readonly", sb_add_readonly(cfg, target));
}

static void other_values(void **state)
{
	static const char data[1];

	(void)state;
	BAD(EINVAL, "sb_add_bind", sb_add_bind(cfg, NULL, "/x", 0));
	BAD(EINVAL, "sb_add_bind", sb_add_bind(cfg, "", "/x", 0));
	BAD(ENAMETOOLONG, "sb_add_bind", sb_add_bind(cfg, long_path, "/x", 0));
	BAD(EINVAL, "0x80", sb_add_bind(cfg, "/usr", "/x", SB_ROOT_OVERLAY));
	BAD(EINVAL, "flags", sb_add_bind(cfg, "/usr", "/x", UINT64_C(1) << 40));
	BAD(EINVAL, "010000", sb_add_tmpfs(cfg, "/x", 0, 0, 010000));
	BAD(EINVAL, "0x8", sb_add_proc(cfg, "/proc", 8));
	BAD(EINVAL, "sb_add_file", sb_add_file(cfg, "/x", NULL, 1, 0644));
	BAD(E2BIG, "sb_add_file", sb_add_file(cfg, "/x", data, (1 << 20) + 1, 0644));
	BAD(E2BIG, "sb_add_file", sb_add_file(cfg, "/x", data, SIZE_MAX, 0644));
	BAD(EINVAL, "010644", sb_add_file(cfg, "/x", data, 1, 010644));
	GOOD(sb_add_file(cfg, "/x", NULL, 0, 0644));
	BAD(EINVAL, "sb_add_symlink", sb_add_symlink(cfg, NULL, "/x"));
	BAD(EINVAL, "sb_add_symlink", sb_add_symlink(cfg, "", "/x"));
	BAD(ENAMETOOLONG, "sb_add_symlink", sb_add_symlink(cfg, long_path, "/x"));
	BAD(EINVAL, "sb_add_dir", sb_add_dir(cfg, "/x", 010000));
	GOOD(sb_add_dir(cfg, "/x", 07777));
}

static void files_have_room_for_a_mebibyte_in_all(void **state)
{
	char *half = calloc(1, 1 << 19);
	sb_config *cfg = fresh();

	(void)state;
	fx_ok(sb_add_file(cfg, "/a", half, 1 << 19, 0644));
	fx_ok(sb_add_file(cfg, "/b", half, 1 << 19, 0644));
	expect_bad(cfg, sb_add_file(cfg, "/c", half, 1, 0644), E2BIG, "sb_add_file", "one byte too many");
	free(half);
}

static void too_many_mounts(void **state)
{
	sb_config *cfg = fresh();
	int i, r = 0;

	(void)state;
	for (i = 0; r == 0 && i < 100000; i++)
		r = sb_add_dir(cfg, "/x", 0755);
	expect_bad(cfg, r, E2BIG, "sb_add_dir", "too many");
	assert_true(i > 256);
}

static void contradictions(void **state)
{
	const char *lower[] = {"/usr", NULL};

	(void)state;
	CONTRADICTION("host", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_UTS); sb_set_hostname(cfg, "x"));
	CONTRADICTION("domain", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_UTS); sb_set_domainname(cfg, "x"));
	CONTRADICTION("time", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_TIME); sb_set_boottime(cfg, 5));
	CONTRADICTION("time", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_TIME); sb_set_monotonic(cfg, -5));
	CONTRADICTION("mount namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT);
		      sb_add_dir(cfg, "/x", 0755));
	CONTRADICTION("mount namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT);
		      sb_set_rootfs(cfg, "/srv", 0));
	CONTRADICTION("mount namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT);
		      sb_set_rootfs_overlay(cfg, lower, NULL, NULL));
	CONTRADICTION("mount namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT);
		      sb_set_rootfs_writable(cfg, 1));
	CONTRADICTION("IPC", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_IPC); sb_add_mqueue(cfg, "/mq"));
	CONTRADICTION("PID namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID);
		      sb_add_proc(cfg, "/proc", SB_PROC_HIDEPID));
	CONTRADICTION("network", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_NET); sb_add_sysfs(cfg, "/sys"));
	CONTRADICTION("user namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER);
		      sb_add_bind(cfg, "/usr", "/x", SB_MOUNT_IDMAP));
	CONTRADICTION("user namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER);
		      sb_set_rootfs(cfg, "/srv", SB_MOUNT_IDMAP));
	CONTRADICTION("user namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER);
		      sb_add_idmap(cfg, SB_ID_USER, 0, 5, 1));
	CONTRADICTION("user namespace", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER); sb_set_idmap_auto(cfg));
	CONTRADICTION("pin", sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_NET); sb_add_pin(cfg, SB_NS_NET, "/run/x"));
	CONTRADICTION("session", sb_set_session(cfg, 0); sb_add_dev(cfg, "/dev"); sb_set_tty(cfg, 1));
	CONTRADICTION("pts", sb_set_tty(cfg, 1));
	CONTRADICTION("id map", sb_set_ns_fd(cfg, SB_NS_USER, 0); sb_add_idmap(cfg, SB_ID_USER, 0, 5, 1));
}

static void without_a_command(void **state)
{
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);

	(void)state;
	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	fx_has(err.message, "command");
	fx_has(err.hint, "sb_set_command");
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots),
		cmocka_unit_test(targets),
		cmocka_unit_test(other_values),
		cmocka_unit_test(files_have_room_for_a_mebibyte_in_all),
		cmocka_unit_test(too_many_mounts),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(without_a_command),
	};

	return cmocka_run_group_tests(tests, make_long, NULL);
}
