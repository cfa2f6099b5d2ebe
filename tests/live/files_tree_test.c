// SPDX-License-Identifier: MIT
/* Directories of an open box: listed, and removed whatever they are like. */
#include "files_box.h"

static void lists(void **state)
{
	static const char odd[] = "a\nb\t\"\\ \xff\xfe";
	sb_dirent some[8] = {SB_INIT(sb_dirent)};
	char name[256], path[300], odd_path[40];

	(void)state;
	begin();
	memset(name, 'n', 255);
	name[255] = '\0';
	snprintf(path, sizeof(path), "/work/%s", name);
	snprintf(odd_path, sizeof(odd_path), "/work/%s", odd);
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	DONE(sb_box_put(box, path, "long", 4, 0600, &err));
	DONE(sb_box_put(box, odd_path, "odd", 3, 0640, &err));
	HAS(box, path, "long");
	HAS(box, odd_path, "odd");
	shell(box, cfg,
	      "cd /work; mkfifo fifo; ln -s /etc/passwd link; mkdir dir; touch -d @1000000000.5 .old; chmod 0 .old");
	assert_int_equal(sb_box_list(box, "/work", some, 8, NULL), 6);
	assert_string_equal(some[0].name, ".old");
	assert_int_equal(some[0].mode, S_IFREG);
	assert_true(some[0].mtime_ns == UINT64_C(1000000000500000000));
	assert_string_equal(some[1].name, odd);
	assert_int_equal(some[1].mode, S_IFREG | 0640);
	assert_int_equal(some[1].bytes, 3);
	assert_string_equal(some[2].name, "dir");
	assert_int_equal(some[2].mode & S_IFMT, S_IFDIR);
	assert_int_equal(some[2].bytes, 0);
	assert_string_equal(some[3].name, "fifo");
	assert_int_equal(some[3].mode & S_IFMT, S_IFIFO);
	assert_string_equal(some[4].name, "link");
	assert_int_equal(some[4].mode & S_IFMT, S_IFLNK);
	assert_int_equal(some[4].bytes, 0);
	assert_string_equal(some[5].name, name);
	memset(some, 0x55, sizeof(some));
	some[0].size = sizeof(some[0]);
	assert_int_equal(sb_box_list(box, "/work", some, 2, NULL), 6);
	assert_string_equal(some[1].name, odd);
	assert_int_equal(some[1].size, sizeof(some[0]));
	assert_int_equal(some[2].size, 0x55555555);
	REFUSED(ENOTDIR, "list", "", sb_box_list(box, path, NULL, 0, &err));
	DONE(sb_box_remove(box, path, &err));
	DONE(sb_box_remove(box, odd_path, &err));
	end();
}

/* A caller of another version: less room for each, or more. */
static void entries_of_another_size(void **state)
{
	struct {
		uint32_t size, mode;
		uint64_t bytes, mtime_ns;
		char name[8];
	} small[3] = {{.size = sizeof(small[0])}};
	struct {
		sb_dirent entry;
		uint64_t later;
	} large[3] = {{.entry.size = sizeof(large[0])}};

	(void)state;
	begin();
	for (int i = 0; i < 3; i++) {
		char path[20];

		snprintf(path, sizeof(path), "/work/f%d", i);
		DONE(sb_box_put(box, path, "abc", (size_t)i, 0600, &err));
		large[i].later = 7;
	}
	assert_int_equal(sb_box_list(box, "/work", (sb_dirent *)(void *)small, 3, NULL), 3);
	assert_int_equal(sb_box_list(box, "/work", &large[0].entry, 3, NULL), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(small[i].bytes, i);
		assert_int_equal(small[i].size, sizeof(small[0]));
		assert_int_equal(small[i].name[1], '0' + i);
		assert_int_equal(large[i].entry.bytes, i);
		assert_int_equal(large[i].later, 0);
	}
	end();
}

static void many_files(void **state)
{
	sb_dirent *all = calloc(2001, sizeof(*all));
	char want[20];

	(void)state;
	begin();
	shell(box, cfg,
	      "mkdir /work/m; cd /work/m; i=1000; while test $i -lt 3000; do : > $i; i=$((i + 1)); done");
	all[0].size = sizeof(*all);
	assert_int_equal(sb_box_list(box, "/work/m", all, 2001, NULL), 2000);
	for (int i = 0; i < 2000; i++) {
		snprintf(want, sizeof(want), "%d", 1000 + i);
		assert_string_equal(all[i].name, want);
	}
	free(all);
	DONE(sb_box_remove(box, "/work/m", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

static void removing(void **state)
{
	(void)state;
	begin();
	shell(box, cfg,
	      "cd /work; echo x > f; mkfifo p; ln -s nowhere l; mkdir d; mkdir -p t/a/b/c t/e; echo x > t/a/b/c/f; "
	      "ln -s /usr t/usr; ln t/a/b/c/f t/hard; touch t/.sb-0 t/.sb-1; mkdir -p t/.sb-2/x; echo y > keep");
	for (const char *const *path =
		     (const char *const[]){ "/work/f", "/work/p", "/work/l", "/work/d", "/work/t", NULL };
	     *path; path++)
		DONE(sb_box_remove(box, *path, &err));
	shell(box, cfg, "test \"$(ls -A /work)\" = keep");
	shell(box, cfg, "test -e /usr/bin/env");
	REFUSED(ENOENT, "remove /work/f", "", sb_box_remove(box, "/work/f", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/work", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/", &err));
	REFUSED(ENOTDIR, "remove /work/keep/x", "", sb_box_remove(box, "/work/keep/x", &err));
	end();
}

static void undeletable(void **state)
{
	(void)state;
	begin();
	shell(box, cfg,
	      "cd /work; mkdir -p t/a/b t/c t/sticky/d; chmod 1777 t/sticky; echo x > t/a/b/f; echo x > t/c/f; chmod 0 t/a/b/f; "
	      "chmod 0 t/a/b; chmod 0500 t/c t/a; chmod 0 t/sticky/d; chmod 0 t");
	assert_int_equal(sb_box_list(box, "/work/t", NULL, 0, NULL), 3);
	assert_int_equal(sb_box_list(box, "/work/t/a/b", NULL, 0, NULL), 1);
	HAS(box, "/work/t/a/b/f", "x\n");
	DONE(sb_box_remove(box, "/work/t", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

/* Twenty thousand directories, each in the one before: longer than any path. */
static void deep(void **state)
{
	(void)state;
	begin();
	fx_command(cfg, "deep=/work/t:20000");
	fx_wait(start_in(box, cfg), NULL);
	shell(box, cfg, "test -d /work/t/d/d/d");
	DONE(sb_box_remove(box, "/work/t", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

static void wide_and_deep(void **state)
{
	(void)state;
	begin();
	shell(box, cfg,
	      "cd /work; for i in 0 1 2 3 4 5 6 7; do for j in 0 1 2 3 4 5 6 7; do mkdir -p t/$i/$j/x/y; : > t/$i/$j/f; "
	      ": > t/$i/$j/x/y/f; done; done");
	DONE(sb_box_remove(box, "/work/t", &err));
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 0);
	end();
}

/* What is mounted in a tree stops its removal, and nothing in the mount is touched. */
static void mounts_in_a_tree(void **state)
{
	const char *host = fx_mkdir("host");

	(void)state;
	chmod(host, 0777);
	fx_write("host/precious", "p");
	cfg = work_config();
	for (const char *const *path = (const char *const[]){ "/work/t", "/work/u", "/work/u/v", NULL };
	     *path; path++)
		fx_ok(sb_add_dir(cfg, *path, 0755));
	fx_ok(sb_add_tmpfs(cfg, "/work/t/m", 0, 0, 0777));
	fx_ok(sb_add_bind(cfg, host, "/work/u/v/host", 0));
	box = open_with(cfg);
	DONE(sb_box_put(box, "/work/t/m/f", "x", 1, 0600, &err));
	HAS(box, "/work/u/v/host/precious", "p");
	REFUSED(EBUSY, "remove /work/u: it is, or holds, a mount point", "",
		sb_box_remove(box, "/work/u", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/work/u/v/host", &err));
	REFUSED(EBUSY, "mount point", "", sb_box_remove(box, "/work/t", &err));
	HAS(box, "/work/t/m/f", "x");
	fx_ok(access(fx_path("host/precious"), F_OK));
	end();
}

/* An overlay cannot rename a directory of its lower layer (EXDEV): they are emptied where they are. */
static void trees_of_an_overlay(void **state)
{
	static const char *const made[] = {"low",     "low/t",   "low/t/a",	"low/t/a/b",   "low/t/a/b/c",
					   "low/t/d", "low/rm",	 "low/rm/x",	NULL};
	const char *lower[] = {NULL, NULL};
	sb_result res = SB_INIT(sb_result);

	(void)state;
	for (int i = 0; made[i]; i++)
		chmod(fx_mkdir(made[i]), 0777);
	fx_write("low/t/a/b/c/f", "f");
	fx_write("low/t/d/g", "g");
	fx_write("low/rm/x/f", "f");
	cfg = work_config();
	lower[0] = fx_path("low");
	fx_ok(sb_add_overlay(cfg, "/over", lower, NULL, NULL));
	box = open_with(cfg);
	fx_ok(sb_set_command(cfg, "/bin/rm", (const char *const[]){"rm", "-rf", "/over/rm", NULL}));
	fx_wait(start_in(box, cfg), &res);
	if (res.code != 0) {
		end();
		fx_skip("in an overlay of this user nobody can remove a directory of a lower layer (EIO)");
	}
	HAS(box, "/over/t/a/b/c/f", "f");
	DONE(sb_box_remove(box, "/over/t", &err));
	assert_int_equal(sb_box_list(box, "/over", NULL, 0, NULL), 0);
	fx_ok(access(fx_path("low/t/a/b/c/f"), F_OK));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(lists),
		FX_TEST(entries_of_another_size),
		FX_TEST(many_files),
		FX_TEST(removing),
		FX_TEST(undeletable),
		FX_TEST(deep),
		FX_TEST(wide_and_deep),
		FX_TEST(mounts_in_a_tree),
		FX_TEST_IF("overlay", trees_of_an_overlay),
	};

	fx_begin();
	return cmocka_run_group_tests_name("files_tree", tests, NULL, NULL);
}
