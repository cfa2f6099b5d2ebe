// SPDX-License-Identifier: MIT
/* Policies that lie in files, and files that include each other. */
#include "policy_kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file of that name is a policy in which read is what @read says. */
static void file_says(const char *name, int read)
{
	sb_config *cfg = sb_config_new();

	if (sb_set_seccomp_file(cfg, fx_path(name)) != 0)
		fail_msg("%s", kit_error(cfg)->message);
	assert_int_equal(kit_test(cfg, "read", 0), read);
	sb_config_free(cfg);
}

static char last_said[sizeof(((sb_error *)NULL)->message)]; /* what was said last */

/* Refused, and the message begins with the path of a file of the test's directory and that. */
static void file_fails(const char *name, int code, const char *behind)
{
	sb_config *cfg = sb_config_new();
	char start[600];

	snprintf(start, sizeof(start), "sb_set_seccomp_file: %s/%s", fx_tmp(), behind);
	assert_int_equal(sb_set_seccomp_file(cfg, fx_path(name)), -code);
	memcpy(last_said, kit_error(cfg)->message, sizeof(last_said));
	if (strncmp(last_said, start, strlen(start)) != 0)
		fail_msg("\"%s\", expected %d \"%s\"", last_said, code, start);
	kit_refused(cfg, code, last_said, name);
}

static void bytes(const char *name, const char *data, size_t len)
{
	int fd = open(fx_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static void a_file_is_read(void **state)
{
	(void)state;
	fx_write("a.policy", "kill read\n");
	file_says("a.policy", SB_SECCOMP_KILL);
	fx_write("no-newline", "trap read");
	file_says("no-newline", SB_SECCOMP_TRAP);
	fx_write("crlf", "default allow\r\nlog read\r\n");
	file_says("crlf", SB_SECCOMP_LOG);
	fx_write("empty", "");
	file_says("empty", REFUSED(EPERM));
	fx_write("comments", "# nothing\n\n  # else\n");
	file_says("comments", REFUSED(EPERM));
	fx_ok(symlink("a.policy", fx_path("link")));
	file_says("link", SB_SECCOMP_KILL);
}

static void what_is_no_text(void **state)
{
	static char big[(1 << 20) + 4096];

	(void)state;
	file_fails("nothing", ENOENT, "nothing: No such file or directory");
	fx_mkdir("dir");
	file_fails("dir", EISDIR, "dir: Is a directory");
	fx_ok(mkfifo(fx_path("fifo"), 0644));
	file_fails("fifo", EINVAL, "fifo: Invalid argument"); /* and does not wait for a writer */
	fx_ok(symlink("/dev/zero", fx_path("zero")));
	file_fails("zero", EINVAL, "zero: Invalid argument");
	fx_ok(symlink("loop", fx_path("loop")));
	file_fails("loop", ELOOP, "loop: Too many levels of symbolic links");
	fx_write("file", "allow read\n");
	file_fails("file/x", ENOTDIR, "file/x: Not a directory");
	bytes("nul", "allow read\0\nkill write\n", 23);
	file_fails("nul", EILSEQ, "nul: Invalid or incomplete multibyte or wide character");
	bytes("nul-at-end", "allow read\n", 12);
	file_fails("nul-at-end", EILSEQ, "nul-at-end: Invalid or incomplete multibyte or wide character");
	memset(big, '\n', sizeof(big));
	bytes("one-byte-less", big, (1 << 20) - 1);
	file_says("one-byte-less", REFUSED(EPERM));
	bytes("one-mebibyte", big, 1 << 20);
	file_fails("one-mebibyte", EFBIG, "one-mebibyte: File too large");
	bytes("more", big, sizeof(big));
	file_fails("more", EFBIG, "more: File too large");
}

static void errors_name_file_and_line(void **state)
{
	(void)state;
	fx_write("bad", "allow read\n\nallow reed\n");
	file_fails("bad", EINVAL,
		   "bad:3: \"reed\" is not a system call that is known here (?reed: if it is)");
	fx_write("outer", "allow write\ninclude bad\n");
	file_fails("outer", EINVAL,
		   "bad:3: \"reed\" is not a system call that is known here (?reed: if it is)");
	fx_write("missing", "\ninclude not-there\n");
	file_fails("missing", ENOENT, "missing:2: include ");
	fx_write("twice", "allow write\nkill write");
	fx_write("includes-twice", "include twice");
	file_fails("includes-twice", EINVAL, "twice:2: line 1 says something else of the same call");
}

static void nothing_is_missing_from_an_include_line(void **state)
{
	(void)state;
	kit_bad_text("include", EINVAL, "1: include what? A preset, or a file");
	kit_bad_text("include # default", EINVAL, "1: include what? A preset, or a file");
	kit_bad_text("include default judge", EINVAL, "1: \"judge\" behind the name of the file");
	kit_bad_text("include default =", EINVAL, "1: \"=\" behind the name of the file");
	kit_bad_text("include none", EINVAL,
		     "1: the preset \"none\" is no filter: \"default allow\" is one that allows everything");
	kit_bad_text("allow read\ninclude /no/such/file", ENOENT,
		     "2: include /no/such/file: No such file or directory");
	kit_bad_text("include /dev", EISDIR, "1: include /dev: Is a directory");
	kit_bad_text("include /dev/null", EINVAL, "1: include /dev/null: Invalid argument");
	sbi_filter_unref(kit_text("include default # why not\r\n"));
	sbi_filter_unref(kit_text("  include\tdefault"));
}

/* A preset's name is the preset, even where a file of that name lies beside. */
static void a_preset_comes_before_a_file(void **state)
{
	(void)state;
	fx_write("default", "kill read\n");
	fx_write("preset", "include default\n");
	file_says("preset", SB_SECCOMP_ALLOW);
	fx_write("file", "include ./default\n");
	file_says("file", SB_SECCOMP_KILL);
}

static void files_are_looked_for_beside_the_one_that_includes(void **state)
{
	char text[600];

	(void)state;
	fx_mkdir("one");
	fx_mkdir("one/two");
	fx_write("top", "include one/middle\n");
	fx_write("one/middle", "include two/leaf\n");
	fx_write("one/two/leaf", "include ../other\n");
	fx_write("one/other", "kill read\n");
	file_says("top", SB_SECCOMP_KILL);
	file_says("one/middle", SB_SECCOMP_KILL);
	snprintf(text, sizeof(text), "include %s\n", fx_path("one/middle"));
	fx_write("absolute", text);
	file_says("absolute", SB_SECCOMP_KILL);
	sbi_filter_unref(kit_text(text));
	/* A text has no place: the directory of the process. */
	fx_write("one/here", "trap read\n");
	kit_bad_text("include one/here", ENOENT, "1: include one/here: No such file or directory");
}

static void a_loop_is_found(void **state)
{
	sb_config *cfg;
	char text[600];

	(void)state;
	fx_write("self", "allow write\ninclude self\n");
	file_fails("self", ELOOP, "self:2: ");
	fx_write("a", "include b\n");
	fx_write("b", "\n\ninclude a\n");
	file_fails("a", ELOOP, "b:3: ");
	file_fails("b", ELOOP, "a:1: ");
	fx_write("x", "include y\n");
	fx_write("y", "include z\n");
	fx_write("z", "include ./././x\n");
	file_fails("x", ELOOP, "z:1: ");
	/* By another name it is the same file. */
	fx_write("first", "include second\n");
	fx_ok(symlink("first", fx_path("second")));
	file_fails("first", ELOOP, "first:1: ");
	fx_write("third", "include fourth\n");
	fx_ok(link(fx_path("third"), fx_path("fourth")));
	file_fails("third", ELOOP, "third:1: ");
	snprintf(text, sizeof(text), "include %s", fx_path("self"));
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp_text(cfg, text, NULL), -ELOOP);
	sb_config_free(cfg);
}

/* Twice the same file, one after the other, is no loop. */
static void the_same_file_twice_is_no_loop(void **state)
{
	(void)state;
	fx_write("leaf", "kill read\n");
	fx_write("left", "include leaf\n");
	fx_write("right", "include leaf\n");
	fx_write("both", "include left\ninclude right\ninclude leaf\n");
	file_says("both", SB_SECCOMP_KILL);
}

static void so_deep_and_no_deeper(void **state)
{
	char name[32], text[64];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(text, sizeof(text), "include deep%d\n", i - 1);
		fx_write(name, i ? text : "kill read\n");
	}
	file_says("deep15", SB_SECCOMP_KILL);
	file_says("deep16", SB_SECCOMP_KILL);
	file_fails("deep17", ELOOP, "deep1:1: more than 16 files include each other");
	file_fails("deep39", ELOOP, "deep23:1: more than 16 files include each other");
}

/* Each level includes the next one many times: without a limit that would never end. */
static void a_flood_of_includes_ends(void **state)
{
	char name[32], text[4096];

	(void)state;
	fx_write("flood0", "# nothing\n");
	for (int level = 1; level < 9; level++) {
		size_t len = 0;

		for (int i = 0; i < 100; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "include flood%d\n",
						level - 1);
		snprintf(name, sizeof(name), "flood%d", level);
		fx_write(name, text);
	}
	file_says("flood1", REFUSED(EPERM));
	file_fails("flood8", E2BIG, "flood");
	fx_has(last_said, "files are included");
}

/* What was included may be said otherwise below; what is included below says it otherwise. */
static void the_last_line_counts_across_files(void **state)
{
	static const struct {
		const char *text;
		int read;
	} rows[] = {
		{ "include lib\nkill read\n", SB_SECCOMP_KILL },
		{ "kill read\ninclude lib\n", SB_SECCOMP_TRAP },
		{ "kill read if arg0 == 0\ninclude lib\n", SB_SECCOMP_TRAP },
		{ "include lib\nkill read if arg0 == 1\n", SB_SECCOMP_TRAP },
		{ "include lib\nlog @mine\n", SB_SECCOMP_LOG },
		{ "include lib\ngroup @mine getpid\nlog @mine\n", SB_SECCOMP_LOG },
		{ "default allow\ninclude lib\ndefault allow\n", -EINVAL },
		{ "include lib\ninclude judge\n", SB_SECCOMP_ALLOW },
		{ "include judge\ninclude lib\n", SB_SECCOMP_TRAP },
	};

	(void)state;
	fx_write("lib", "default kill\nunknown kill\ngroup @mine read write\ntrap @mine\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		fx_write("main", rows[i].text);
		if (rows[i].read < 0) {
			sb_config *cfg = sb_config_new();

			assert_int_equal(sb_set_seccomp_file(cfg, fx_path("main")), rows[i].read);
			sb_config_free(cfg);
			continue;
		}
		file_says("main", rows[i].read);
	}
}

/* default, unknown and foreign of an included file count until this file says otherwise. */
static void settings_of_an_included_file(void **state)
{
	static const uint64_t none[6];
	sb_config *cfg = sb_config_new();
	struct sbi_filter *filter;

	(void)state;
	fx_write("lib", "default trap\nunknown errno(EIO)\nforeign errno(ENOSYS)\n");
	fx_write("main", "include lib\nunknown errno(ENODEV)\n");
	fx_ok(sb_set_seccomp_file(cfg, fx_path("main")));
	filter = kit_filter(cfg);
	assert_int_equal(kit_native(filter, __NR_read, none), TRAP);
	assert_int_equal(kit_native(filter, 9999, none), E(ENODEV));
	assert_int_equal(kit_call(filter, AUDIT_ARCH_I386, 1, none), E(ENOSYS));
	sbi_filter_unref(filter);
	sb_config_free(cfg);
}

static void a_very_long_path(void **state)
{
	char text[600], name[513], path[4096];
	sb_config *cfg = sb_config_new();
	size_t len;

	(void)state;
	memset(name, 'n', 512);
	name[512] = '\0';
	snprintf(text, sizeof(text), "include %s", name);
	kit_bad_text(text, EINVAL, "1: include what? A preset, or a file");
	name[400] = '\0';
	snprintf(text, sizeof(text), "include %s", name);
	assert_int_equal(sb_set_seccomp_text(cfg, text, NULL), -ENAMETOOLONG);
	sb_config_free(cfg);
	/* Together they are too long: what is beside a file with a path of nearly 4096 bytes. */
	fx_write("far", text);
	len = (size_t)snprintf(path, sizeof(path), "%s", fx_tmp());
	while (len < 3900)
		len += (size_t)snprintf(path + len, sizeof(path) - len, "/.");
	snprintf(path + len, sizeof(path) - len, "/far");
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp_file(cfg, path), -ENAMETOOLONG);
	fx_has(kit_error(cfg)->message, ":1: include nnnn");
	fx_has(kit_error(cfg)->message, "the path is too long");
	sb_config_free(cfg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read),
		TEST(what_is_no_text),
		TEST(errors_name_file_and_line),
		TEST(nothing_is_missing_from_an_include_line),
		TEST(a_preset_comes_before_a_file),
		TEST(files_are_looked_for_beside_the_one_that_includes),
		TEST(a_loop_is_found),
		TEST(the_same_file_twice_is_no_loop),
		TEST(so_deep_and_no_deeper),
		TEST(a_flood_of_includes_ends),
		TEST(the_last_line_counts_across_files),
		TEST(settings_of_an_included_file),
		TEST(a_very_long_path),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
