// SPDX-License-Identifier: MIT
/*
 * What cannot be mounted in an open box, or not be unmounted: the words for it, and that nothing is
 * left of the attempt.
 */
#include "box_mount_kit.h"

/* What was made on the way to a target that could not be used is gone. */
static void a_failure_leaves_nothing(void **state)
{
	const char *dir = a_dir("d"), *out;
	char before[4096];

	(void)state;
	cfg = work_config();
	fx_ok(sb_add_tmpfs(cfg, "/small", 0, 4, 0755)); /* the root, and three more */
	box = open_with(cfg);
	snprintf(before, sizeof(before), "%.4095s", SAID("ls=/", "ls=/work"));
	NOT_MOUNTED(ENOSPC, "/small/1/2/3/4", "full", sb_box_bind(box, dir, "/small/1/2/3/4", 0, &err));
	NOT_MOUNTED(ENOSPC, "/small/1/2/3/f", "full",
		    sb_box_bind(box, fx_path("d/file"), "/small/1/2/3/f", 0, &err));
	NOT_MOUNTED(ENOENT, "nothing on /new: the source is not there", "create it",
		    sb_box_bind(box, fx_path("nothing"), "/new", 0, &err));
	out = SAID("ls=/small", "ls=/", "ls=/work");
	fx_is(out, "ls /small", "");
	fx_has(out, before);
	DONE(sb_box_bind(box, dir, "/small/1/2/3", 0, &err));
	end();
}

static void source_and_target_are_of_one_kind(void **state)
{
	const char *dir = a_dir("d"), *file = fx_path("d/file");

	(void)state;
	begin();
	shell(box, cfg, "cd /work; echo old > file; mkdir dir; mkfifo fifo; ln -s file link");
	NOT_MOUNTED(ENOTDIR, "the source is a directory, the target is not", "in the place of",
		    sb_box_bind(box, dir, "/work/file", 0, &err));
	NOT_MOUNTED(EISDIR, "the target is a directory, the source is not", "in the place of",
		    sb_box_bind(box, file, "/work/dir", 0, &err));
	NOT_MOUNTED(ENOTDIR, "tmpfs on /work/file: the target is not a directory", "",
		    sb_box_tmpfs(box, "/work/file", 0, 0, 0700, &err));
	NOT_MOUNTED(ENOTDIR, "/work/file/x", "", sb_box_bind(box, dir, "/work/file/x", 0, &err));
	NOT_MOUNTED(ELOOP, "on /work/link: a symbolic link", "never followed",
		    sb_box_bind(box, file, "/work/link", 0, &err));
	/* what is covered does not matter, and is not opened */
	DONE(sb_box_bind(box, file, "/work/file", SB_MOUNT_RO, &err));
	DONE(sb_box_bind(box, file, "/work/fifo", SB_MOUNT_RO, &err));
	DONE(sb_box_bind(box, file, "/dev/null", SB_MOUNT_RO, &err));
	HAS(box, "/work/fifo", "text");
	HAS(box, "/dev/null", "text");
	DONE(sb_box_unmount(box, "/dev/null", &err));
	DONE(sb_box_unmount(box, "/work/fifo", &err));
	DONE(sb_box_unmount(box, "/work/file", &err));
	shell(box, cfg, "test -p /work/fifo; test -c /dev/null; test $(cat /work/file) = old");
	end();
}

static const struct {
	const char *source, *target;
	uint64_t flags;
	int code;
	const char *words;
} bad[] = {
	{ "/usr", NULL, 0, EINVAL, "a box and a target" },
	{ NULL, "/in", 0, EINVAL, "no path of the host" },
	{ "", "/in", 0, EINVAL, "no path of the host" },
	{ "/usr", "in", 0, EINVAL, "not an absolute path" },
	{ "/usr", "", 0, EINVAL, "not an absolute path" },
	{ "/usr", "/a/../b", 0, EINVAL, "contains \"..\"" },
	{ "/usr", "/..", 0, EINVAL, "contains \"..\"" },
	{ "/usr", "/", 0, EINVAL, "the root itself" },
	{ "/usr", "/in", SB_ROOT_OVERLAY, EINVAL, "unknown flags 0x80" },
	{ "/usr", "/in", UINT64_C(1) << 63, EINVAL, "unknown flags" },
	{ "/nothing/at/all", "/in", 0, ENOENT, "bind /nothing/at/all on /in: the source is not there" },
	{ "/etc/passwd/x", "/in", 0, ENOTDIR, "bind /etc/passwd/x on /in" },
	{ "/usr", "/usr/sb-missing", SB_MOUNT_RECURSIVE, ENOENT,
	  "bind /usr on /usr/sb-missing: the target is not there" },
	{ "/usr", "/proc", SB_MOUNT_RECURSIVE, EACCES,
	  "bind /usr on /proc: the target lies in a file system of the kernel's own" },
	{ "/etc/passwd", "/proc/version", 0, EACCES, "the kernel's own" },
	{ "/etc/passwd", "/proc/1/comm", 0, EACCES, "the kernel's own" },
	{ "/etc/passwd", "/proc/self/comm", 0, ELOOP, "a symbolic link" },
	{ "/etc", "/dev/pts", SB_MOUNT_RECURSIVE, EACCES, "the kernel's own" },
	{ "/etc", "/proc/1/root", SB_MOUNT_RECURSIVE, ELOOP, "a symbolic link" },
	{ "/etc", "/proc/1/cwd/x", SB_MOUNT_RECURSIVE, ELOOP, "a symbolic link" },
};

static void what_cannot_be_is_an_error_with_words(void **state)
{
	static char longest[5000];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		NOT_MOUNTED(bad[i].code, bad[i].words, "",
			    sb_box_bind(box, bad[i].source, bad[i].target, bad[i].flags, &err));
	NOT_MOUNTED(ENAMETOOLONG, "longer than 4095", "", sb_box_bind(box, "/usr", longest, 0, &err));
	NOT_MOUNTED(ENAMETOOLONG, "longer than 4095", "", sb_box_bind(box, longest, "/in", 0, &err));
	longest[4000] = '\0'; /* one name of it */
	NOT_MOUNTED(ENAMETOOLONG, "/xxx", "", sb_box_bind(box, "/usr", longest, SB_MOUNT_RECURSIVE, &err));
	NOT_MOUNTED(EINVAL, "a box", "", sb_box_bind(NULL, "/usr", "/in", 0, &err));
	NOT_MOUNTED(EINVAL, "a box", "", sb_box_tmpfs(NULL, "/in", 0, 0, 0, &err));
	NOT_MOUNTED(EINVAL, "a box", "", sb_box_unmount(NULL, "/in", &err));
	NOT_MOUNTED(EINVAL, "mode 010000", "", sb_box_tmpfs(box, "/in", 0, 0, 010000, &err));
	/* no words, no failure to say it */
	assert_int_equal(sb_box_bind(box, "/nothing", "/in", 0, NULL), -ENOENT);
	/* by name they may be missing */
	fx_ok(sb_box_bind(box, "/nothing", "/in", SB_MOUNT_OPTIONAL, NULL));
	fx_ok(sb_box_bind(box, "/usr", "/usr/sb-missing", SB_MOUNT_OPTIONAL | SB_MOUNT_RECURSIVE, NULL));
	assert_int_equal(sb_box_bind(box, "/etc/passwd", "/proc/version", SB_MOUNT_OPTIONAL, NULL), -EACCES);
	shell(box, cfg, "test ! -e /in");
	end();
}

static void without_a_mount_namespace_there_is_no_place(void **state)
{

	(void)state;
	cfg = sb_config_new();
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT));
	box = open_with(cfg);
	NOT_MOUNTED(EINVAL, "no mount namespace of its own", "SB_NS_MOUNT",
		    sb_box_bind(box, "/usr", "/tmp", 0, &err));
	NOT_MOUNTED(EINVAL, "no mount namespace of its own", "SB_NS_MOUNT", sb_box_unmount(box, "/tmp", &err));
	end();
}

static void when_the_sandbox_is_gone(void **state)
{
	(void)state;
	begin();
	DONE(sb_box_bind(box, a_dir("d"), "/in", 0, &err));
	fx_ok(sb_box_kill(box));
	assert_true(sb_box_remove(box, "/work/x", NULL) < 0); /* it waits for the end */
	NOT_MOUNTED(ESRCH, "the sandbox is gone", "", sb_box_bind(box, fx_path("d"), "/in", 0, &err));
	NOT_MOUNTED(ESRCH, "the sandbox is gone", "", sb_box_unmount(box, "/in", &err));
	end();
}

static void what_the_box_was_opened_with_stays(void **state)
{
	static const char *const paths[] = { "/proc", "/proc/sys", "/dev", "/dev/shm", "/dev/pts",
					     "/work", "/inside",   "/usr", "/masked",  NULL };

	(void)state;
	cfg = work_config();
	fx_ok(sb_add_file(cfg, "/masked", "x", 1, 0644));
	fx_ok(sb_add_mask(cfg, "/masked"));
	box = open_with(cfg);
	DONE(sb_box_tmpfs(box, "/added", 0, 0, 0755, &err));
	for (const char *const *path = paths; *path; path++)
		NOT_MOUNTED(EPERM, *path, "until its end", sb_box_unmount(box, *path, &err));
	NOT_MOUNTED(EINVAL, "the root itself", "", sb_box_unmount(box, "/", &err));
	NOT_MOUNTED(EINVAL, "the root itself", "", sb_box_unmount(box, "/.//", &err));
	NOT_MOUNTED(EINVAL, "nothing is mounted", "", sb_box_unmount(box, "/etc", &err));
	NOT_MOUNTED(ENOENT, "not there", "", sb_box_unmount(box, "/nowhere", &err));
	end();
}

/* Who has no power over the mounts of the machine may not uncover what they cover. */
static void mounts_below_the_source_are_not_uncovered(void **state)
{
	(void)state;
	begin();
	NOT_MOUNTED(EINVAL, "bind / on /in", "SB_MOUNT_RECURSIVE",
		    sb_box_bind(box, "/", "/in", SB_MOUNT_RO, &err));
	DONE(sb_box_bind(box, "/", "/in", SB_MOUNT_RO | SB_MOUNT_RECURSIVE, &err));
	DONE(sb_box_unmount(box, "/in", &err));
	end();
}

static void idmapped_without_power_is_an_error(void **state)
{
	int tmpfs_can = 0; /* since 6.3 */

	(void)state;
	begin();
	tmpfs_can = sb_box_bind(box, a_dir("d"), "/mapped", SB_MOUNT_IDMAP, NULL) == -EPERM;
	NOT_MOUNTED(tmpfs_can ? EPERM : EINVAL, "/mapped", "CAP_SYS_ADMIN",
		    sb_box_bind(box, fx_path("d"), "/mapped", SB_MOUNT_IDMAP, &err));
	fx_has_not(fx_get(SAID("ls=/"), "ls /"), "mapped");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_failure_leaves_nothing),
		FX_TEST(source_and_target_are_of_one_kind),
		FX_TEST(what_cannot_be_is_an_error_with_words),
		FX_TEST(without_a_mount_namespace_there_is_no_place),
		FX_TEST(when_the_sandbox_is_gone),
		FX_TEST(what_the_box_was_opened_with_stays),
		FX_TEST_IF("user", mounts_below_the_source_are_not_uncovered),
		FX_TEST_IF("user", idmapped_without_power_is_an_error),
	};

	fx_begin();
	return cmocka_run_group_tests_name("box_mount_errors", tests, NULL, NULL);
}
