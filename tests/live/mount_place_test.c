// SPDX-License-Identifier: MIT
/*
 * A root of its own whose mounts are made by path, and made read-only together: it holds what the
 * single ones promise.
 */
#include "../fixture.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static void usual_mounts(sb_config *cfg)
{
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
}

static void binds_are_read_only_and_what_is_mounted_after_them_is_not(void **state)
{
	sb_config *cfg = fx_config("fs=/a", "fs=/deep/b", "fs=/", "write=/a/x", "write=/deep/b/x", "write=/x",
				   "write=/tmp/x", "write=/dev/shm/x", "write=/dev/null", "write=/dev/x");
	const char *out;

	(void)state;
	fx_ok(sb_add_bind(cfg, fx_mkdir("a"), "/a", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, fx_mkdir("b"), "/deep/b", SB_MOUNT_RO | SB_MOUNT_RECURSIVE));
	usual_mounts(cfg);
	out = fx_output(cfg);
	fx_has(fx_get(out, "fs /a"), " ro nosuid nodev");
	fx_has(fx_get(out, "fs /deep/b"), " ro nosuid nodev");
	fx_has(fx_get(out, "fs /"), " ro nosuid nodev");
	fx_is(out, "write /a/x", "EROFS");
	fx_is(out, "write /deep/b/x", "EROFS");
	fx_is(out, "write /x", "EROFS");
	fx_is(out, "write /tmp/x", "ok");
	fx_is(out, "write /dev/shm/x", "ok");
	fx_is(out, "write /dev/null", "ok");
	fx_is(out, "write /dev/x", "EROFS");
}

static void a_writable_bind_among_them_stays_writable(void **state)
{
	sb_config *cfg = fx_config("write=/a/x", "write=/b/x", "write=/c/x", "write=/x");
	const char *out;

	(void)state;
	fx_ok(sb_add_bind(cfg, fx_mkdir("a"), "/a", SB_MOUNT_RO));
	fx_mkdir("b");
	fx_ok(chmod(fx_path("b"), 0777));
	fx_ok(sb_add_bind(cfg, fx_path("b"), "/b", 0));
	fx_ok(sb_add_bind(cfg, fx_mkdir("c"), "/c", SB_MOUNT_RO));
	usual_mounts(cfg);
	out = fx_output(cfg);
	fx_is(out, "write /a/x", "EROFS");
	fx_is(out, "write /b/x", "ok");
	fx_is(out, "write /c/x", "EROFS");
	fx_is(out, "write /x", "EROFS");
}

/* The places of what comes cannot all be made beforehand. */
static void a_place_in_a_bind_is_found_and_all_else_is_read_only(void **state)
{
	sb_config *cfg = fx_config("write=/a/sub/x", "write=/a/x", "write=/x", "write=/tmp/x");
	const char *out;

	(void)state;
	fx_mkdir("a");
	fx_mkdir("a/sub");
	fx_ok(sb_add_bind(cfg, fx_path("a"), "/a", SB_MOUNT_RO));
	fx_ok(sb_add_tmpfs(cfg, "/a/sub", 0, 0, 01777));
	usual_mounts(cfg);
	out = fx_output(cfg);
	fx_is(out, "write /a/sub/x", "ok");
	fx_is(out, "write /a/x", "EROFS");
	fx_is(out, "write /x", "EROFS");
	fx_is(out, "write /tmp/x", "ok");
}

static void a_bind_that_is_left_out_leaves_the_others_read_only_and_no_place(void **state)
{
	sb_config *cfg = fx_config("fs=/a", "fs=/", "ls=/");
	const char *out;

	(void)state;
	fx_ok(sb_add_bind(cfg, fx_mkdir("a"), "/a", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, fx_path("nowhere"), "/deep/nowhere", SB_MOUNT_RO | SB_MOUNT_OPTIONAL));
	usual_mounts(cfg);
	out = fx_output(cfg);
	fx_has(fx_get(out, "fs /a"), " ro nosuid nodev");
	fx_has(fx_get(out, "fs /"), " ro nosuid nodev");
	assert_null(strstr(fx_get(out, "ls /"), "deep"));
}

/*
 * The directory was ours when the first place was made in it, and is the host's when the last one
 * would be.
 */
static void nothing_is_made_in_a_directory_that_came_later(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_add_bind(cfg, fx_inside(), "/deep/one", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, fx_mkdir("d"), "/deep", 0));
	fx_ok(sb_add_bind(cfg, fx_inside(), "/deep/two", SB_MOUNT_RO));
	fx_refused(cfg, ENOENT);
	assert_int_equal(access(fx_path("d/two"), F_OK), -1);
}

static void a_link_on_the_way_is_followed_inside_only(void **state)
{
	char outside[300];
	sb_config *cfg = fx_config("cat=/link/motd");

	(void)state;
	snprintf(outside, sizeof(outside), "%s", fx_mkdir("outside"));
	fx_ok(sb_add_dir(cfg, outside, 0755));
	fx_ok(sb_add_symlink(cfg, outside, "/link"));
	fx_ok(sb_add_bind(cfg, fx_write("text", "kept"), "/link/motd", SB_MOUNT_RO));
	fx_is(fx_output(cfg), "cat /link/motd", "kept");
	assert_int_equal(access(fx_path("outside/motd"), F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(binds_are_read_only_and_what_is_mounted_after_them_is_not),
		FX_TEST(a_writable_bind_among_them_stays_writable),
		FX_TEST(a_place_in_a_bind_is_found_and_all_else_is_read_only),
		FX_TEST(a_bind_that_is_left_out_leaves_the_others_read_only_and_no_place),
		FX_TEST(nothing_is_made_in_a_directory_that_came_later),
		FX_TEST(a_link_on_the_way_is_followed_inside_only),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
