// SPDX-License-Identifier: MIT
/*
 * A reset of boxes whose overlays are written to the host: new directories take the place of the
 * old, if that was asked for.
 */
#include "overlay_kit.h"

#include <sandbox/pool.h>
#include <sys/xattr.h>

static void what_was_written_is_gone(void **state)
{
	sb_config *cfg = overlay_config();
	sb_box *box = open_with(cfg);

	(void)state;
	for (int i = 0; i < 5; i++) {
		uses(box, cfg);
		reset(box);
		is_fresh();
	}
	uses(box, cfg);
	sb_box_free(box);
	sb_config_free(cfg);
	open_work();
	assert_int_equal(names_in("disk/upper", ""), 3); /* the end of a box is no reset */
	assert_int_equal(access(fx_path("disk/lower/base"), F_OK), 0);
}

/* Also several at once, one of them the root. */
static void so_is_what_was_written_to_the_root(void **state)
{
	const char *lower[] = {fx_mkdir("image"), NULL};
	sb_config *cfg = overlay_config();
	const char *out;
	sb_box *box;

	(void)state;
	fx_mkdir("image/o");
	fx_write("image/inside", "");
	fx_ok(chmod(fx_mkdir("upper"), 0777));
	fx_ok(sb_set_rootfs_overlay(cfg, lower, fx_path("upper"), fx_mkdir("work")));
	box = open_with(cfg);
	for (int i = 0; i < 3; i++) {
		uses(box, cfg);
		fx_command(cfg, "cat=/left", "write=/left");
		out = said_in(box, cfg, NULL);
		fx_is(out, "cat /left", "ENOENT");
		fx_is(out, "write /left", "ok");
		assert_int_equal(access(fx_path("upper/left"), F_OK), 0);
		reset(box);
		is_fresh();
		assert_int_equal(access(fx_path("upper/left"), F_OK), -1);
		assert_int_equal(names_in("", ".sb-"), 0);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

/* What it is like at the opening is what it is like after a reset, whatever became of it in between. */
static void the_new_directory_is_like_the_first(void **state)
{
	sb_config *cfg = overlay_config();
	const char *upper = fx_path("disk/upper");
	struct stat first, before, now;
	char value[16] = "";
	sb_box *box;
	int attrs;

	(void)state;
	fx_ok(chmod(upper, 01773));
	if (fx_who() == FX_ROOT)
		fx_ok(chown(upper, 12, 34));
	attrs = setxattr(upper, "user.mine", "kept", 4, 0) == 0; /* a tmpfs has them since 6.6 */
	fx_ok(stat(upper, &first));
	box = open_with(cfg);
	for (int i = 0; i < 2; i++) {
		fx_ok(chmod(upper, 0700));
		if (fx_who() == FX_ROOT)
			fx_ok(chown(upper, 0, 0));
		if (attrs)
			fx_ok(setxattr(upper, "user.mine", "other", 5, 0));
		fx_ok(stat(upper, &before));
		reset(box);
		fx_ok(stat(upper, &now));
		assert_int_equal(now.st_mode, first.st_mode);
		assert_int_equal(now.st_uid, first.st_uid);
		assert_int_equal(now.st_gid, first.st_gid);
		assert_int_not_equal(now.st_ino, before.st_ino); /* the first one's may be given again */
		if (attrs) {
			assert_int_equal(getxattr(upper, "user.mine", value, sizeof(value)), 4);
			assert_memory_equal(value, "kept", 4);
		}
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

/* A default ACL where it is made is not what the first one had. */
static void an_acl_beside_it_is_not_inherited(void **state)
{
	/* Version 2: user::rwx, user 7 rwx, group::rwx, mask rwx, other:: */
	static const uint32_t acl[] = { 2,   0x00070001, ~0u, 0x00070002, 7,  0x00070004,
					~0u, 0x00070010, ~0u, 0x00000020, ~0u };
	sb_config *cfg = overlay_config();
	struct stat st;
	sb_box *box;

	(void)state;
	if (fx_who() != FX_ROOT ||
	    setxattr(fx_path("disk"), "system.posix_acl_default", acl, sizeof(acl), 0) < 0) {
		sb_config_free(cfg);
		fx_skip("no ACLs here, or nobody to give one to");
	}
	box = open_with(cfg);
	reset(box);
	assert_int_equal(getxattr(fx_path("disk/upper"), "system.posix_acl_access", NULL, 0), -1);
	assert_int_equal(getxattr(fx_path("disk/upper"), "system.posix_acl_default", NULL, 0), -1);
	fx_ok(stat(fx_path("disk/upper"), &st));
	assert_int_equal(st.st_mode & 07777, 0777);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Deep, shut, and full of links to what is not the box's. */
static void a_hostile_tree_is_removed_and_nothing_else(void **state)
{
	sb_config *cfg = overlay_config();
	const char *precious = fx_write("precious", "precious");
	char script[2048];
	sb_box *box;

	(void)state;
	fx_ok(chmod(precious, 0666));
	fx_ok(chmod(fx_mkdir("home"), 0777));
	fx_write("home/file", "");
	fx_ok(sb_add_system_dirs(cfg));
	box = open_with(cfg);
	snprintf(script, sizeof(script),
		 "cd /o; ln -s %s to-file; ln -s %s to-dir; ln -s / to-root; ln -s .. up; mkfifo fifo; rm base\n"
		 "mkdir -p shut/within; ln -s %s shut/within/link; chmod 0 shut/within shut\n"
		 "mkdir many; cd many; i=0; while [ $i -lt 1500 ]; do : > $i; i=$((i + 1)); done; cd ..\n"
		 "p=d; i=0; while [ $i -lt 1200 ]; do p=$p/d; i=$((i + 1)); done; mkdir -p $p; : > $p/end",
		 precious, fx_path("home"), fx_path("home"));
	shell(box, cfg, script);
	reset(box);
	is_fresh();
	assert_int_equal(access(precious, F_OK), 0);
	assert_int_equal(access(fx_path("home/file"), F_OK), 0);
	assert_int_equal(access(fx_path("disk/lower/base"), F_OK), 0);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Files of ids that the caller may not touch: sb-init may. */
static void files_of_subordinate_ids_are_removed(void **state)
{
	sb_config *cfg = overlay_config();
	sb_box *box;

	(void)state;
	fx_ok(sb_set_idmap_auto(cfg));
	fx_ok(sb_set_user(cfg, 1, 1));
	fx_ok(sb_add_system_dirs(cfg));
	box = open_with(cfg);
	for (int i = 0; i < 2; i++) {
		shell(box, cfg,
		      "cd /o; mkdir -p mine/within; : > mine/within/file; chmod 0 mine/within; chmod 0700 mine");
		reset(box);
		is_fresh();
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

/* A work directory that was used before is the kernel's. */
static void a_used_work_directory_is_no_hindrance(void **state)
{
	sb_config *cfg = overlay_config();
	sb_box *box = open_with(cfg);

	(void)state;
	sb_box_free(box);
	assert_true(names_in("disk/work", "") > 0);
	box = open_with(cfg);
	uses(box, cfg);
	reset(box);
	is_fresh();
	goes_on(box, cfg);
}

static void gc_removes_what_a_dead_host_has_left(void **state)
{
	sb_config *cfg = overlay_config(), *other = sb_config_copy(cfg);

	(void)state;
	fx_ok(sb_set_overlay_reset(other, 0));
	fx_mkdir("disk/" SHELF);
	fx_mkdir("disk/" SHELF "/0");
	fx_write("disk/" SHELF "/0/file", "");
	fx_write("disk/upper/mine", "");
	assert_true(sb_gc(other, NULL) >= 0); /* whose directories they are not */
	assert_int_equal(names_in("disk", ".sb-"), 1);
	assert_true(sb_gc(cfg, NULL) >= 1);
	assert_int_equal(names_in("disk", ".sb-"), 0);
	assert_int_equal(access(fx_path("disk/upper/mine"), F_OK), 0);
	sb_config_free(other);
	sb_config_free(cfg);
}

static void a_pool_resets_such_a_box(void **state)
{
	sb_pool_info info = SB_INIT(sb_pool_info);
	sb_config *cfg = overlay_config();
	sb_error err = SB_INIT(sb_error);
	sb_pool *pool = NULL;
	sb_box *box = NULL;

	(void)state;
	fx_ok(sb_pool_new(cfg, 1, &pool, &err));
	for (int i = 0; i < 3; i++) {
		if (sb_pool_get(pool, 0, &box, &err) < 0)
			fail_msg("%s", err.message);
		uses(box, cfg);
		fx_ok(sb_pool_put(pool, box, &err));
	}
	fx_ok(sb_pool_look(pool, &info));
	assert_int_equal(info.made, 1);
	assert_int_equal(info.resets, 2);
	assert_int_equal(info.discarded, 0);
	sb_pool_free(pool);
	sb_config_free(cfg);
	open_work();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("overlay", what_was_written_is_gone),
		FX_TEST_IF("overlay", so_is_what_was_written_to_the_root),
		FX_TEST_IF("overlay", the_new_directory_is_like_the_first),
		FX_TEST_IF("root overlay", an_acl_beside_it_is_not_inherited),
		FX_TEST_IF("overlay", a_hostile_tree_is_removed_and_nothing_else),
		FX_TEST_IF("user overlay newuidmap", files_of_subordinate_ids_are_removed),
		FX_TEST_IF("overlay", a_used_work_directory_is_no_hindrance),
		FX_TEST_IF("overlay", gc_removes_what_a_dead_host_has_left),
		FX_TEST_IF("overlay", a_pool_resets_such_a_box),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
