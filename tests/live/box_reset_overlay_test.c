// SPDX-License-Identifier: MIT
/* A reset of boxes whose overlays are written to the host: new directories take the place of the old, if that was asked for. */
#include "overlay_kit.h"

#include <sandbox/pool.h>
#include <sys/file.h>
#include <sys/xattr.h>

/* What a command finds at /o, and what it writes there. */
static void uses(sb_box *box, sb_config *cfg)
{
	const char *out;

	fx_command(cfg, "ls=/o", "cat=/o/base", "write=/o/new", "mkdir=/o/dir", "write=/o/dir/below", "unlink=/o/base", "ls=/o");
	out = said_in(box, cfg, NULL);
	fx_is(out, "ls /o", "base");
	fx_is(out, "cat /o/base", "base");
	fx_is(out, "write /o/new", "ok");
	fx_is(out, "write /o/dir/below", "ok");
	fx_is(out, "unlink /o/base", "ok");
	fx_has(out, "ls /o=dir new\n");
	assert_int_equal(names_in("disk/upper", ""), 3);
}

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
	struct stat first, now;
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
		reset(box);
		fx_ok(stat(upper, &now));
		assert_int_equal(now.st_mode, first.st_mode);
		assert_int_equal(now.st_uid, first.st_uid);
		assert_int_equal(now.st_gid, first.st_gid);
		assert_int_not_equal(now.st_ino, first.st_ino);
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
	static const uint32_t acl[] = {2, 0x00070001, ~0u, 0x00070002, 7, 0x00070004, ~0u, 0x00070010, ~0u, 0x00000020, ~0u};
	sb_config *cfg = overlay_config();
	struct stat st;
	sb_box *box;

	(void)state;
	if (fx_who() != FX_ROOT || setxattr(fx_path("disk"), "system.posix_acl_default", acl, sizeof(acl), 0) < 0) {
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
		 "i=0; while [ $i -lt 1200 ]; do mkdir d; cd d; i=$((i + 1)); done; : > end",
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
		shell(box, cfg, "cd /o; mkdir -p mine/within; : > mine/within/file; chmod 0 mine/within; chmod 0700 mine");
		reset(box);
		is_fresh();
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

static void refused(sb_box *box, int code, const char *words, const char *hint)
{
	sb_error err = SB_INIT(sb_error);

	assert_int_equal(sb_box_reset(box, &err), -code);
	assert_string_equal(sb_step_name(err.step), "reset");
	fx_has(err.message, words);
	fx_has(err.hint, hint);
}

static void goes_on(sb_box *box, sb_config *cfg)
{
	assert_false(is_gone(box));
	exits(box, cfg, 0);
	sb_box_free(box);
	sb_config_free(cfg);
	open_work();
}

static void what_was_there_before_cannot_be_brought_back(void **state)
{
	static const char *const files[] = {"disk/upper/mine", "disk/work/mine"};
	static const char *const words[] = {"disk/upper was not empty", "disk/work was not empty"};
	sb_config *cfg = overlay_config();

	(void)state;
	for (int i = 0; i < 2; i++) {
		sb_box *box;

		fx_write(files[i], "mine");
		box = open_with(cfg);
		refused(box, EOPNOTSUPP, words[i], "an empty directory");
		assert_int_equal(access(fx_path(files[i]), F_OK), 0);
		goes_on(box, sb_config_copy(cfg));
		fx_ok(unlink(fx_path(files[i])));
	}
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

static void another_directory_in_its_place_is_not_touched(void **state)
{
	sb_config *cfg = overlay_config();
	sb_box *box = open_with(cfg);

	(void)state;
	fx_ok(rename(fx_path("disk/upper"), fx_path("disk/moved")));
	fx_write("disk/moved/left", "");
	fx_mkdir("disk/upper");
	fx_write("disk/upper/mine", "mine");
	refused(box, ESTALE, "is not the directory that the box was opened with", "open another");
	assert_int_equal(access(fx_path("disk/upper/mine"), F_OK), 0);
	assert_int_equal(access(fx_path("disk/moved/left"), F_OK), 0);
	assert_int_equal(names_in("disk", ".sb-"), 0);
	goes_on(box, cfg);
}

/* Two that replace the same directory at the same time: one of them is told, and nothing of the other's goes. */
static void who_is_just_replacing_it_is_left_alone(void **state)
{
	sb_config *cfg = overlay_config();
	sb_box *box = open_with(cfg);
	int lock;

	(void)state;
	uses(box, cfg);
	fx_mkdir("disk/" SHELF);
	fx_write("disk/" SHELF "/theirs", "");
	lock = open(fx_path("disk/" SHELF), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fx_ok(flock(lock, LOCK_EX));
	refused(box, EBUSY, "disk/upper", "for one box");
	assert_true(sb_gc(cfg, NULL) >= 0);
	assert_int_equal(access(fx_path("disk/" SHELF "/theirs"), F_OK), 0);
	assert_int_equal(names_in("disk/upper", ""), 3);
	close(lock);
	reset(box); /* it has died */
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

/* Where no directory can be made the box lives on as it was. */
static void without_a_place_for_a_new_one_nothing_has_happened(void **state)
{
	sb_config *cfg = overlay_config();
	sb_box *box = open_with(cfg);

	(void)state;
	uses(box, cfg);
	fx_write("disk/" SHELF, "a file, and not ours");
	refused(box, ENOTDIR, "disk/upper", "");
	assert_int_equal(access(fx_path("disk/" SHELF), F_OK), 0);
	fx_ok(unlink(fx_path("disk/" SHELF)));
	assert_int_equal(names_in("disk/upper", ""), 3);
	assert_int_equal(names_in("disk", ""), 3);
	goes_on(box, cfg);
}

/* The new one is there already; what was written before is gone, and the box dead until the reason is, too. */
static void a_sandbox_that_cannot_be_made_leaves_nothing(void **state)
{
	sb_config *cfg = overlay_config();
	const char *dir = fx_mkdir("source");
	sb_error err = SB_INIT(sb_error);
	sb_box *box;

	(void)state;
	fx_ok(sb_add_bind(cfg, dir, "/in", SB_MOUNT_RO));
	box = open_with(cfg);
	uses(box, cfg);
	fx_ok(rmdir(dir));
	assert_int_equal(sb_box_reset(box, &err), -ENOENT);
	fx_has(err.message, dir);
	assert_true(is_gone(box));
	is_fresh();
	fx_mkdir("source");
	reset(box);
	uses(box, cfg);
	goes_on(box, cfg);
}

/* Somebody has mounted something in there. */
static void what_cannot_be_removed_is_told(void **state)
{
	sb_config *cfg = overlay_config();
	char held[64] = "disk/" SHELF "/1/held";
	sb_box *box = open_with(cfg);

	(void)state;
	fx_mount("disk/upper/held", "size=64k");
	refused(box, EBUSY, SHELF, "remove it");
	assert_true(is_gone(box));
	assert_int_equal(names_in("disk/upper", ""), 0);
	refused(box, EBUSY, SHELF, "remove it"); /* nor the next time */
	assert_int_equal(names_in("disk", ".sb-"), 1);
	fx_umount(held);
	reset(box);
	is_fresh();
	uses(box, cfg);
	goes_on(box, cfg);
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
		FX_TEST_IF("overlay", what_was_there_before_cannot_be_brought_back),
		FX_TEST_IF("overlay", a_used_work_directory_is_no_hindrance),
		FX_TEST_IF("overlay", another_directory_in_its_place_is_not_touched),
		FX_TEST_IF("overlay", who_is_just_replacing_it_is_left_alone),
		FX_TEST_IF("overlay", gc_removes_what_a_dead_host_has_left),
		FX_TEST_IF("overlay", without_a_place_for_a_new_one_nothing_has_happened),
		FX_TEST_IF("overlay", a_sandbox_that_cannot_be_made_leaves_nothing),
		FX_TEST_IF("privilege overlay", what_cannot_be_removed_is_told),
		FX_TEST_IF("overlay", a_pool_resets_such_a_box),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
