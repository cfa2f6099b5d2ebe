// SPDX-License-Identifier: MIT
/* The root: empty, a directory in each of its ways, an overlay, or the present one; never the way back. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory with the program in it, and a file to change. */
static const char *a_root(const char *name)
{
	const char *root = fx_mkdir(name);
	char path[600], buf[65536];
	int from, to;
	ssize_t n;

	fx_ok(chmod(root, 0777));
	snprintf(path, sizeof(path), "%s/inside", root);
	from = open(fx_inside(), O_RDONLY | O_CLOEXEC);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_true(from >= 0 && to >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		assert_int_equal(write(to, buf, (size_t)n), n);
	close(from);
	close(to);
	snprintf(path, sizeof(path), "%s/old", root);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	assert_int_equal(fchmod(to, 0666), 0);
	assert_int_equal(write(to, "old", 3), 3);
	close(to);
	return root;
}

static sb_config *with_root(const char *root, uint64_t flags, const char *const args[])
{
	sb_config *cfg = sb_config_new();

	fx_ok(sb_set_rootfs(cfg, root, flags));
	fx_command_v(cfg, args);
	return cfg;
}

#define WITH(root, flags, ...) with_root(root, flags, (const char *const[]){__VA_ARGS__, NULL})

static const char *text_of(const char *path)
{
	static char text[64];
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

static void the_default_is_empty_and_read_only(void **state)
{
	const char *out =
		fx_output(fx_config("ls=/", "fs=/", "write=/x", "mkdir=/d", "write=/inside", "stat=/"));

	(void)state;
	fx_is(out, "ls /", "inside");
	fx_is(out, "fs /", "0x1021994 ro nosuid nodev");
	fx_is(out, "write /x", "EROFS");
	fx_is(out, "mkdir /d", "EROFS");
	fx_is(out, "write /inside", "EROFS");
}

static void the_empty_root_may_be_writable(void **state)
{
	sb_config *cfg = fx_config("write=/x", "mkdir=/d", "fs=/", "write=/inside");
	const char *out;

	(void)state;
	fx_ok(sb_set_rootfs_writable(cfg, 1));
	out = fx_output(cfg);
	fx_is(out, "write /x", "ok");
	fx_is(out, "mkdir /d", "ok");
	fx_is(out, "write /inside", "EROFS");
	fx_has(fx_get(out, "fs /"), " rw");
}

static void a_directory_read_write(void **state)
{
	const char *root = a_root("root"), *out;

	(void)state;
	out = fx_output(WITH(root, 0, "ls=/", "write=/old", "write=/new", "fs=/"));
	fx_is(out, "ls /", "inside old");
	fx_is(out, "write /old", "ok");
	fx_is(out, "write /new", "ok");
	fx_has(fx_get(out, "fs /"), "nosuid nodev");
	assert_string_equal(text_of(fx_path("root/old")), "inside");
	assert_string_equal(text_of(fx_path("root/new")), "inside");
}

static void a_directory_read_only(void **state)
{
	const char *root = a_root("root"), *out;

	(void)state;
	out = fx_output(WITH(root, SB_MOUNT_RO, "cat=/old", "write=/old", "write=/new"));
	fx_is(out, "cat /old", "old");
	fx_is(out, "write /old", "EROFS");
	fx_is(out, "write /new", "EROFS");
	assert_string_equal(text_of(fx_path("root/old")), "old");
}

static void a_directory_under_a_throw_away_overlay(void **state)
{
	const char *root = a_root("root"), *out;

	(void)state;
	out = fx_output(WITH(root, SB_ROOT_OVERLAY, "cat=/old", "write=/old", "cat=/old", "write=/new",
			     "unlink=/old"));
	fx_is(out, "write /old", "ok");
	fx_is(out, "write /new", "ok");
	fx_is(out, "unlink /old", "ok");
	assert_string_equal(text_of(fx_path("root/old")), "old");
	assert_int_equal(access(fx_path("root/new"), F_OK), -1);
}

static void flags_hold_on_an_overlay_too(void **state)
{
	sb_config *cfg = fx_config("fs=/");
	const char *dir = fx_mkdir("flags"), *out;

	(void)state;
	fx_ok(sb_set_rootfs(cfg, dir, SB_ROOT_OVERLAY | SB_MOUNT_NOEXEC));
	out = fx_get(fx_output(cfg), "fs /");
	fx_has(out, "noexec");
	fx_has(out, "nosuid");
	fx_has(out, "nodev");
}

static void an_overlay_whose_upper_is_kept(void **state)
{
	const char *lower[] = {a_root("root"), NULL};
	const char *upper = fx_mkdir("upper"), *work = fx_mkdir("work"), *out;
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(chmod(upper, 0777));
	fx_ok(sb_set_rootfs_overlay(cfg, lower, upper, work));
	fx_command(cfg, "write=/new", "write=/old");
	out = fx_output(cfg);
	fx_is(out, "write /new", "ok");
	fx_is(out, "write /old", "ok");
	assert_string_equal(text_of(fx_path("root/old")), "old");
	assert_string_equal(text_of(fx_path("upper/new")), "inside");
	/* A second sandbox goes on where the first one ended. */
	cfg = sb_config_new();
	fx_ok(sb_set_rootfs_overlay(cfg, lower, upper, work));
	fx_command(cfg, "cat=/new", "cat=/old");
	out = fx_output(cfg);
	fx_is(out, "cat /new", "inside");
	fx_is(out, "cat /old", "inside");
}

static void the_present_root_in_place(void **state)
{
	const char *file = fx_write("seen", "by the sandbox");
	sb_config *cfg = sb_config_new();
	char cat[600], key[600];
	const char *argv[] = {"inside", "link=/proc/self", cat, "ls=/", "mount=/", NULL};
	const char *out;

	(void)state;
	snprintf(cat, sizeof(cat), "cat=%s", file);
	snprintf(key, sizeof(key), "cat %s", file);
	fx_ok(sb_set_rootfs(cfg, "/", 0));
	fx_ok(sb_set_command(cfg, fx_inside(), argv));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	out = fx_output(cfg);
	fx_is(out, "link /proc/self", "2");
	fx_is(out, key, "by the sandbox");
	fx_is(out, "mount /", "EPERM");
}

static void the_present_root_read_only(void **state)
{
	const char *file = fx_write("seen", "x");
	sb_config *cfg = sb_config_new();
	char word[600], key[600];
	const char *argv[] = {"inside", word, NULL};

	(void)state;
	fx_ok(chmod(file, 0666));
	snprintf(word, sizeof(word), "write=%s", file);
	snprintf(key, sizeof(key), "write %s", file);
	fx_ok(sb_set_rootfs(cfg, "/", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, fx_inside(), argv));
	fx_is(fx_output(cfg), key, "EROFS");
	assert_string_equal(text_of(file), "x");
}

/* Only what was asked for is mounted, and the old root is behind none of it. */
static void nothing_of_the_old_root_can_be_reached(void **state)
{
	sb_config *cfg =
		fx_config("cat=/proc/self/mountinfo", "ls=/..", "ls=/proc/self/root", "ls=/proc/1/root",
			  "ls=/proc/self/cwd/..", "link=/proc/self/cwd", "link=/proc/self/root");
	const char *out, *p;
	int mounts = 0;

	(void)state;
	fx_write("witness", "");
	fx_ok(sb_add_proc(cfg, "/proc", SB_PROC_WRITABLE));
	out = fx_output(cfg);
	fx_is(out, "ls /..", "inside proc");
	fx_is(out, "ls /proc/self/root", "inside proc");
	fx_is(out, "ls /proc/self/cwd/..", "inside proc");
	fx_is(out, "link /proc/self/cwd", "/");
	fx_is(out, "link /proc/self/root", "/");
	/* sb-init is not the command's to look into; if it is, it must not show more. */
	p = fx_get(out, "ls /proc/1/root");
	assert_true(!strcmp(p, "EACCES") || !strcmp(p, "inside proc"));
	/* /, /inside and /proc: one line each. */
	p = strstr(out, "cat /proc/self/mountinfo=") + strlen("cat /proc/self/mountinfo=");
	for (; strchr(p, '\n') && p[0] != '\n' && p[0] != 'l'; p = strchr(p, '\n') + 1)
		mounts++;
	assert_int_equal(mounts, 3);
	fx_has_not(out, "witness");
}

/* What a sandbox of these namespaces sees in /sub, once a file system was mounted there on the host. */
static void mount_meanwhile(const char *root, uint64_t ns, char *buf, size_t len)
{
	sb_config *cfg = sb_config_new();
	sb_proc *proc;
	int in[2], out[2];
	size_t at = 0;
	ssize_t n;

	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_ns(cfg, ns));
	fx_ok(sb_set_rootfs(cfg, root, 0));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	fx_command(cfg, "read=0", "ls=/sub");
	proc = fx_spawn(cfg);
	close(out[1]);
	fx_ok(mount("t", fx_path("root/sub"), "tmpfs", 0, NULL));
	fx_write("root/sub/later", "");
	close(in[1]);
	while ((n = read(out[0], buf + at, len - 1 - at)) > 0)
		at += (size_t)n;
	buf[at] = '\0';
	fx_wait(proc, NULL);
	fx_umount("root/sub");
	sb_config_free(cfg);
	close(in[0]);
	close(out[0]);
}

static void nothing_mounted_later_on_the_host_arrives(void **state)
{
	const char *root = a_root("root");
	char buf[4096];

	(void)state;
	fx_mkdir("root/sub");
	mount_meanwhile(root, SB_NS_ALL, buf, sizeof(buf));
	fx_is(buf, "ls /sub", "");
	if (fx_who() == FX_ROOT) { /* a mount namespace of the same user namespace */
		mount_meanwhile(root, SB_NS_ALL & ~SB_NS_USER, buf, sizeof(buf));
		fx_is(buf, "ls /sub", "");
	}
}

static void mounts_below_the_directory_come_along(void **state)
{
	const char *root = a_root("root"), *out;

	(void)state;
	fx_mount("root/sub", "mode=777");
	fx_write("root/sub/below", "");
	out = fx_output(WITH(root, SB_MOUNT_RO, "fs=/sub", "write=/sub/x", "ls=/sub"));
	fx_umount("root/sub");
	fx_is(out, "ls /sub", "below");
	/* Read-only goes all the way down. */
	fx_has(fx_get(out, "fs /sub"), "0x1021994 ro nosuid nodev");
	fx_is(out, "write /sub/x", "EROFS");
}

static void root_flags_hold(void **state)
{
	const char *root = a_root("root"), *out;

	(void)state;
	out = fx_output(WITH(root, SB_MOUNT_RO, "fs=/"));
	fx_has(fx_get(out, "fs /"), " ro nosuid nodev");
	fx_has_not(fx_get(out, "fs /"), "noexec");
	assert_string_equal(sb_step_name(fx_refused(WITH(root, SB_MOUNT_NOEXEC, "fs=/"), EACCES)->step),
			    "exec");
	if (fx_who() == FX_ROOT) {
		fx_mount("fs", "mode=755");
		out = fx_output(WITH(a_root("fs/root"), SB_MOUNT_DEV | SB_MOUNT_SUID, "fs=/"));
		fx_umount("fs");
		fx_has_not(fx_get(out, "fs /"), "nosuid");
		fx_has_not(fx_get(out, "fs /"), "nodev");
	}
}

static void a_root_that_is_missing_is_named(void **state)
{
	const sb_error *err = fx_refused(WITH("/no/such/root", 0, "exit=0"), ENOENT);

	(void)state;
	assert_string_equal(sb_step_name(err->step), "root");
	fx_has(err->message, "/no/such/root");
}

static void a_root_that_is_a_file_is_refused(void **state)
{
	const char *file = fx_write("file", "");
	const sb_error *err = fx_refused(WITH(file, 0, "exit=0"), ENOTDIR);

	(void)state;
	assert_string_equal(sb_step_name(err->step), "root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_default_is_empty_and_read_only),
		FX_TEST(the_empty_root_may_be_writable),
		FX_TEST(a_directory_read_write),
		FX_TEST(a_directory_read_only),
		FX_TEST_IF("overlay", a_directory_under_a_throw_away_overlay),
		FX_TEST_IF("overlay", flags_hold_on_an_overlay_too),
		FX_TEST_IF("overlay", an_overlay_whose_upper_is_kept),
		FX_TEST(the_present_root_in_place),
		FX_TEST(the_present_root_read_only),
		FX_TEST(nothing_of_the_old_root_can_be_reached),
		FX_TEST_IF("privilege", nothing_mounted_later_on_the_host_arrives),
		FX_TEST_IF("privilege", mounts_below_the_directory_come_along),
		FX_TEST(root_flags_hold),
		FX_TEST(a_root_that_is_missing_is_named),
		FX_TEST(a_root_that_is_a_file_is_refused),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
