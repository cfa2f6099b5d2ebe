// SPDX-License-Identifier: MIT
/* Reading the files of a cgroup, and where a cgroup lies, in a directory that looks like one. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "config/cgroup_value.h"
#include "host/cgroup_dir.h"
#include "host/cgroup_find.h"

static int open_tmp(void)
{
	int dir = open(fx_tmp(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	return dir;
}

static const char *text_of(const char *name)
{
	static char text[256];
	int dir = open_tmp();

	assert_true(sbi_cg_read(dir, name, text, sizeof(text)) >= 0);
	close(dir);
	return text;
}

static void paths_lie_below_the_mount_once(void **state)
{
	static const char *const rows[][2] = { { "/judge/workers", "/sys/fs/cgroup/judge/workers" },
					       { "/sys/fs/cgroup/judge/workers",
						 "/sys/fs/cgroup/judge/workers" },
					       { "/sys/fs/cgroup", "/sys/fs/cgroup" },
					       { "/sys/fs/cgroup/", "/sys/fs/cgroup/" },
					       { "/", "/sys/fs/cgroup/" },
					       { "/sys/fs/cgroup2", "/sys/fs/cgroup/sys/fs/cgroup2" },
					       { "/sys/fs", "/sys/fs/cgroup/sys/fs" } };
	static struct sbi_cg_tree tree = { .mount = "/sys/fs/cgroup" };
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fx_ok(sbi_cg_path(&tree, rows[i][0], path, sizeof(path)));
		assert_string_equal(path, rows[i][1]);
	}
	fx_ok(sbi_cg_path(&tree, "/abc", path, sizeof("/sys/fs/cgroup/abc")));
	assert_string_equal(path, "/sys/fs/cgroup/abc");
	assert_int_equal(sbi_cg_path(&tree, "/abc", path, sizeof("/sys/fs/cgroup/abc") - 1), -ENAMETOOLONG);
	assert_int_equal(sbi_cg_path(&tree, "/sys/fs/cgroup/abc", path, 4), -ENAMETOOLONG);
}

static void a_file_is_read_as_text(void **state)
{
	char text[8] = "1234567";
	int dir = open_tmp();

	(void)state;
	fx_write("long", "abcdefghijkl");
	fx_write("empty", "");
	assert_int_equal(sbi_cg_read(dir, "long", text, sizeof(text)), 7);
	assert_string_equal(text, "abcdefg");
	assert_int_equal(sbi_cg_read(dir, "empty", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	text[0] = 'x';
	assert_int_equal(sbi_cg_read(dir, "nothing", text, sizeof(text)), -ENOENT);
	assert_string_equal(text, "");
	fx_mkdir("dir");
	assert_int_equal(sbi_cg_read(dir, "dir", text, sizeof(text)), -EISDIR);
	assert_int_equal(sbi_cg_write(dir, "nothing", "1"), -ENOENT);
	fx_ok(sbi_cg_write(dir, "empty", "max"));
	close(dir);
	assert_string_equal(text_of("empty"), "max");
}

static void keys_are_whole_words_at_the_start_of_a_line(void **state)
{
	static const char text[] = "oom_group_kill 4\noom_kill 3\nlow 2 oom 9\n oom 8\noom 1\noom 7\nlast 12";
	int dir = open_tmp();

	(void)state;
	assert_int_equal(sbi_cg_key(text, "oom"), 1);
	assert_int_equal(sbi_cg_key(text, "oom_kill"), 3);
	assert_int_equal(sbi_cg_key(text, "oom_group_kill"), 4);
	assert_int_equal(sbi_cg_key(text, "last"), 12);
	assert_int_equal(sbi_cg_key(text, "kill"), -ENODATA);
	assert_int_equal(sbi_cg_key(text, "las"), -ENODATA);
	assert_int_equal(sbi_cg_key("", "low"), -ENODATA);
	assert_int_equal(sbi_cg_flag(dir, "cgroup.events", "populated"), -ENOENT);
	fx_write("cgroup.events", "populated 1\nfrozen 0\n");
	assert_int_equal(sbi_cg_flag(dir, "cgroup.events", "populated"), 1);
	assert_int_equal(sbi_cg_flag(dir, "cgroup.events", "frozen"), 0);
	assert_int_equal(sbi_cg_flag(dir, "cgroup.events", "froze"), -ENODATA);
	close(dir);
}

static void controllers_are_read_as_bits(void **state)
{
	int dir = open_tmp();

	(void)state;
	assert_int_equal(sbi_cg_available(dir), 0);
	assert_int_equal(sbi_cg_enabled(dir), 0);
	fx_write("cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc dmem perf_event\n");
	fx_write("cgroup.subtree_control", "cpu pids\n");
	assert_int_equal(sbi_cg_available(dir), (1 << SBI_CG_KINDS) - 1);
	assert_int_equal(sbi_cg_enabled(dir), SBI_CG_CPU | SBI_CG_PIDS);
	fx_write("cgroup.subtree_control", "\n");
	assert_int_equal(sbi_cg_enabled(dir), 0);
	fx_write("cgroup.subtree_control", "cpus mem");
	assert_int_equal(sbi_cg_enabled(dir), 0);
	close(dir);
}

static void only_what_is_not_enabled_is_enabled(void **state)
{
	uint32_t missing = 0;
	int dir = open_tmp();

	(void)state;
	fx_write("cgroup.subtree_control", "memory pids");
	fx_ok(sbi_cg_enable(dir, SBI_CG_MEMORY | SBI_CG_PIDS, &missing));
	assert_string_equal(text_of("cgroup.subtree_control"), "memory pids");
	fx_ok(sbi_cg_enable(dir, SBI_CG_MEMORY | SBI_CG_IO, &missing));
	assert_string_equal(text_of("cgroup.subtree_control"),
			    "+ioory pids"); /* a file of the kernel would add it */
	fx_ok(unlink(fx_path("cgroup.subtree_control")));
	assert_int_equal(sbi_cg_enable(dir, SBI_CG_PIDS | SBI_CG_MEMORY, &missing), -ENOENT);
	assert_int_equal(missing, SBI_CG_MEMORY);
	close(dir);
}

/* "No internal processes" (cgroups(7)); only the root cgroup, which has no type, is free of that. */
static void controllers_are_for_cgroups_without_processes(void **state)
{
	uint32_t missing = 0;
	int dir = open_tmp();

	(void)state;
	fx_write("cgroup.subtree_control", "");
	fx_write("cgroup.procs", "1\n");
	assert_int_equal(sbi_cg_holds_processes(dir), 0);
	fx_ok(sbi_cg_enable(dir, SBI_CG_PIDS, &missing));
	fx_write("cgroup.subtree_control", "");
	fx_write("cgroup.type", "domain\n");
	assert_int_equal(sbi_cg_holds_processes(dir), 1);
	assert_int_equal(sbi_cg_enable(dir, SBI_CG_PIDS, &missing), -EBUSY);
	assert_int_equal(missing, SBI_CG_PIDS);
	assert_string_equal(text_of("cgroup.subtree_control"), "");
	fx_ok(sbi_cg_enable(dir, 0, &missing));
	fx_write("cgroup.procs", "");
	assert_int_equal(sbi_cg_holds_processes(dir), 0);
	fx_ok(sbi_cg_enable(dir, SBI_CG_PIDS, &missing));
	close(dir);
}

/* user.* is not known to every file system; trusted.* is for root alone. */
static int mark(const char *path, const char *value)
{
	return setxattr(path, "user.delegate", value, 1, 0) == 0
		       ? 0
		       : setxattr(path, "trusted.delegate", value, 1, 0);
}

/* systemd marks what it hands over by an attribute; all below it is handed over too. */
static void a_delegated_cgroup_is_known_by_its_mark(void **state)
{
	static struct sbi_cg_tree tree;
	const char *a = fx_mkdir("a"), *b = fx_mkdir("a/b");

	(void)state;
	snprintf(tree.mount, sizeof(tree.mount), "%s", fx_tmp());
	if (geteuid() != 0) {
		assert_int_equal(sbi_cg_is_delegated(&tree, b), 1); /* ours by its owner */
		fx_skip("what belongs to its caller needs no mark");
	}
	assert_int_equal(sbi_cg_is_delegated(&tree, b), 0);
	if (mark(a, "0") < 0)
		fx_skip("%s can have no attributes (%s)", a, strerror(errno));
	assert_int_equal(sbi_cg_is_delegated(&tree, b), 0);
	fx_ok(mark(a, "1"));
	assert_int_equal(sbi_cg_is_delegated(&tree, b), 1);
	assert_int_equal(sbi_cg_is_delegated(&tree, a), 1);
	assert_int_equal(sbi_cg_is_delegated(&tree, fx_tmp()), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths_lie_below_the_mount_once),
		TEST(a_file_is_read_as_text),
		TEST(keys_are_whole_words_at_the_start_of_a_line),
		TEST(controllers_are_read_as_bits),
		TEST(only_what_is_not_enabled_is_enabled),
		TEST(controllers_are_for_cgroups_without_processes),
		TEST(a_delegated_cgroup_is_known_by_its_mark),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
