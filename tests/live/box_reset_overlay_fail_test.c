// SPDX-License-Identifier: MIT
/*
 * Directories of overlays that a reset cannot replace, or not remove: what is told, what goes on,
 * what is not touched.
 */
#include "overlay_kit.h"

#include <sys/file.h>

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

/*
 * Two that replace the same directory at the same time: one of them is told, and nothing of the
 * other's goes.
 */
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

/*
 * The new one is there already; what was written before is gone, and the box dead until the reason
 * is, too.
 */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("overlay", what_was_there_before_cannot_be_brought_back),
		FX_TEST_IF("overlay", another_directory_in_its_place_is_not_touched),
		FX_TEST_IF("overlay", who_is_just_replacing_it_is_left_alone),
		FX_TEST_IF("overlay", without_a_place_for_a_new_one_nothing_has_happened),
		FX_TEST_IF("overlay", a_sandbox_that_cannot_be_made_leaves_nothing),
		FX_TEST_IF("privilege overlay", what_cannot_be_removed_is_told),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
