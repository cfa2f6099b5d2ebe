// SPDX-License-Identifier: MIT
/* Binds, and the small things made in a root: files, links, directories, masks, read-only paths. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory anybody may write to, with a file in it. */
static const char *a_dir(const char *name)
{
	const char *dir = fx_mkdir(name);
	char file[300];

	fx_ok(chmod(dir, 0777));
	snprintf(file, sizeof(file), "%s/file", name);
	fx_ok(chmod(fx_write(file, "text"), 0666));
	return dir;
}

static void a_bind_is_writable_unless_ro(void **state)
{
	sb_config *cfg = fx_config("write=/rw/new", "write=/ro/new", "write=/ro/file", "cat=/ro/file",
				   "fs=/rw", "fs=/ro");
	const char *rw = a_dir("rw"), *ro = a_dir("ro"), *out;

	(void)state;
	fx_ok(sb_add_bind(cfg, rw, "/rw", 0));
	fx_ok(sb_add_bind(cfg, ro, "/ro", SB_MOUNT_RO));
	out = fx_output(cfg);
	fx_is(out, "write /rw/new", "ok");
	fx_is(out, "write /ro/new", "EROFS");
	fx_is(out, "write /ro/file", "EROFS");
	fx_is(out, "cat /ro/file", "text");
	fx_has(fx_get(out, "fs /rw"), " rw nosuid nodev");
	fx_has(fx_get(out, "fs /ro"), " ro nosuid nodev");
	assert_int_equal(access(fx_path("rw/new"), F_OK), 0);
}

static void a_file_can_be_bound(void **state)
{
	sb_config *cfg = fx_config("cat=/deep/er/file", "ls=/deep/er", "write=/deep/er/file");
	const char *out;

	(void)state;
	a_dir("d");
	fx_ok(sb_add_bind(cfg, fx_path("d/file"), "/deep/er/file", SB_MOUNT_RO));
	out = fx_output(cfg);
	fx_is(out, "cat /deep/er/file", "text");
	fx_is(out, "ls /deep/er", "file");
	fx_is(out, "write /deep/er/file", "EROFS");
}

/* … also when there is a /dev already, and a /proc, which are made from inside. */
static void a_relative_source_is_the_hosts(void **state)
{
	int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	sb_config *cfg = fx_config("cat=/file");
	const char *out;

	(void)state;
	fx_ok(chdir(a_dir("relative")));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_bind(cfg, "file", "/file", SB_MOUNT_RO));
	out = fx_output(cfg);
	fx_ok(fchdir(before));
	close(before);
	fx_is(out, "cat /file", "text");
}

static void noexec_holds_and_exec_is_the_default(void **state)
{
	char dir[512], *slash;
	sb_config *cfg = fx_config("run=/yes/inside", "run=/no/inside", "fs=/no");
	const char *out;

	(void)state;
	snprintf(dir, sizeof(dir), "%s", fx_inside());
	slash = strrchr(dir, '/');
	*slash = '\0';
	fx_ok(sb_add_bind(cfg, dir, "/yes", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, dir, "/no", SB_MOUNT_RO | SB_MOUNT_NOEXEC));
	out = fx_output(cfg);
	fx_is(out, "ran /yes/inside", "0");
	fx_is(out, "run /no/inside", "EACCES");
	fx_has(fx_get(out, "fs /no"), "noexec");
}

static void nodev_and_nosuid_are_the_default(void **state)
{
	sb_config *cfg = fx_config("open=/closed/null", "open=/open/null", "fs=/open");
	const char *dir, *out;

	(void)state;
	fx_mount("fs", "mode=755");
	dir = a_dir("fs/d");
	fx_ok(mknod(fx_path("fs/d/null"), S_IFCHR | 0666, 0x103));
	fx_ok(chmod(fx_path("fs/d/null"), 0666));
	fx_ok(sb_add_bind(cfg, dir, "/closed", 0));
	fx_ok(sb_add_bind(cfg, dir, "/open", SB_MOUNT_DEV | SB_MOUNT_SUID));
	out = fx_output(cfg);
	fx_umount("fs");
	fx_is(out, "open /closed/null", "EACCES");
	fx_is(out, "open /open/null", "ok");
	fx_has_not(fx_get(out, "fs /open"), "nosuid");
}

/* A mount below the source of a bind. */
static void recursive_takes_the_mounts_below(void **state)
{
	sb_config *cfg = fx_config("fs=/all/sub", "write=/all/sub/x", "ls=/all/sub", "ls=/one/sub");
	const char *dir = a_dir("d"), *out;

	(void)state;
	fx_mount("d/sub", "mode=777");
	fx_write("d/sub/below", "");
	fx_ok(sb_add_bind(cfg, dir, "/all", SB_MOUNT_RO | SB_MOUNT_RECURSIVE));
	if (fx_who() == FX_ROOT)
		fx_ok(sb_add_bind(cfg, dir, "/one", SB_MOUNT_RO));
	out = fx_output(cfg);
	fx_umount("d/sub");
	fx_has(fx_get(out, "fs /all/sub"), "0x1021994 ro nosuid nodev");
	fx_is(out, "write /all/sub/x", "EROFS");
	fx_is(out, "ls /all/sub", "below");
	if (fx_who() == FX_ROOT)
		fx_is(out, "ls /one/sub", "");
}

static void optional_binds_are_left_out_and_counted(void **state)
{
	sb_config *cfg = fx_config("ls=/", "exit=0");
	sb_result res = SB_INIT(sb_result);
	char out[1024];

	(void)state;
	fx_ok(sb_add_bind(cfg, "/no/such/thing", "/a", SB_MOUNT_OPTIONAL));
	fx_ok(sb_add_bind(cfg, "/no/such/other", "/b", SB_MOUNT_OPTIONAL | SB_MOUNT_RO));
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	assert_int_equal(res.code, 0);
	assert_int_equal(res.skipped, 2);
	fx_is(out, "ls /", "inside");
}

static void a_missing_source_is_named(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_bind(cfg, "/no/such/thing", "/a", 0));
	err = fx_refused(cfg, ENOENT);
	assert_string_equal(sb_step_name(err->step), "bind");
	assert_int_equal(err->index, 1); /* the second mount: inside is the first */
	fx_has(err->message, "/no/such/thing");
}

static void a_missing_target_in_a_directory_is_named(void **state)
{
	const char *root = a_dir("root");
	sb_config *cfg = sb_config_new();
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_rootfs(cfg, root, SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, fx_inside(), "/not/there", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, "/not/there", NULL));
	err = fx_refused(cfg, ENOENT);
	assert_string_equal(sb_step_name(err->step), "bind");
	fx_has(err->message, "/not/there");
	assert_true(err->hint[0]);
}

/* What is missing is made in what the sandbox brought along, never in a directory of the host. */
static void nothing_is_made_in_a_directory_of_the_host(void **state)
{
	const char *root = a_dir("root");
	size_t i;

	(void)state;
	fx_write("root/inside", "");
	for (i = 0; i < 4; i++) {
		sb_config *cfg = sb_config_new();
		sb_proc *proc = NULL;

		fx_ok(sb_set_rootfs(cfg, root, 0));
		fx_ok(sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO));
		if (i == 0)
			fx_ok(sb_add_bind(cfg, fx_inside(), "/made/here", 0));
		if (i == 1)
			fx_ok(sb_add_tmpfs(cfg, "/made", 0, 0, 0755));
		if (i == 2)
			fx_ok(sb_add_file(cfg, "/made", "x", 1, 0644));
		if (i == 3)
			fx_ok(sb_add_dir(cfg, "/made", 0755));
		fx_command(cfg, "exit=0");
		assert_int_equal(sb_spawn(cfg, &proc, NULL), -ENOENT);
		sb_config_free(cfg);
		assert_int_equal(access(fx_path("root/made"), F_OK), -1);
	}
}

static void later_mounts_cover_earlier_ones(void **state)
{
	sb_config *cfg = fx_config("ls=/m", "write=/m/x");
	const char *dir = a_dir("d"), *out;

	(void)state;
	fx_ok(sb_add_bind(cfg, dir, "/m", SB_MOUNT_RO));
	fx_ok(sb_add_tmpfs(cfg, "/m", 0, 0, 0755));
	out = fx_output(cfg);
	fx_is(out, "ls /m", "");
	fx_is(out, "write /m/x", "ok");
}

static void files_links_and_directories(void **state)
{
	sb_config *cfg = fx_config("cat=/etc/name", "stat=/etc/name", "link=/etc/link", "cat=/etc/link",
				   "stat=/var/lib/x", "stat=/empty", "stat=/etc");
	const char *out;

	(void)state;
	fx_ok(sb_add_file(cfg, "/etc/name", "content", 7, 0600));
	fx_ok(sb_add_file(cfg, "/empty", NULL, 0, 0444));
	fx_ok(sb_add_symlink(cfg, "name", "/etc/link"));
	fx_ok(sb_add_dir(cfg, "/var/lib/x", 0700));
	out = fx_output(cfg);
	fx_is(out, "cat /etc/name", "content");
	fx_is(out, "stat /etc/name", "100600 1000:1000 7 0:0");
	fx_is(out, "stat /empty", "100444 1000:1000 0 0:0");
	fx_is(out, "link /etc/link", "name");
	fx_is(out, "cat /etc/link", "content");
	fx_has(fx_get(out, "stat /var/lib/x"), "040700 1000:1000 ");
	fx_has(fx_get(out, "stat /etc"), "040755 ");
}

static void a_large_file(void **state)
{
	sb_config *cfg = fx_config("stat=/big");
	char *data = calloc(1, 1 << 20);

	(void)state;
	fx_ok(sb_add_file(cfg, "/big", data, 1 << 20, 0644));
	free(data);
	fx_is(fx_output(cfg), "stat /big", "100644 1000:1000 1048576 0:0");
}

static void masks_hide(void **state)
{
	sb_config *cfg = fx_config("cat=/d/file", "ls=/d/sub", "ls=/d", "write=/d/file", "write=/d/sub/x",
				   "stat=/d/file");
	const char *dir = a_dir("d"), *out;

	(void)state;
	fx_mkdir("d/sub");
	fx_write("d/sub/secret", "secret");
	fx_ok(sb_add_bind(cfg, dir, "/d", 0));
	fx_ok(sb_add_mask(cfg, "/d/file"));
	fx_ok(sb_add_mask(cfg, "/d/sub"));
	out = fx_output(cfg);
	fx_is(out, "cat /d/file", "");
	fx_is(out, "ls /d/sub", "");
	fx_is(out, "ls /d", "file sub");
	assert_string_not_equal(fx_get(out, "write /d/sub/x"), "ok");
	assert_int_equal(access(fx_path("d/sub/secret"), F_OK), 0);
}

static void readonly_covers_what_is_there_by_now(void **state)
{
	sb_config *cfg = fx_config("write=/d/file", "write=/d/t/x", "write=/d/later/x");
	const char *dir = a_dir("d"), *out;

	(void)state;
	fx_mkdir("d/t");
	fx_mkdir("d/later");
	fx_ok(sb_add_bind(cfg, dir, "/d", 0));
	fx_ok(sb_add_tmpfs(cfg, "/d/t", 0, 0, 0777));
	fx_ok(sb_add_readonly(cfg, "/d"));
	fx_ok(sb_add_tmpfs(cfg, "/d/later", 0, 0, 0777));
	out = fx_output(cfg);
	fx_is(out, "write /d/file", "EROFS");
	fx_is(out, "write /d/t/x", "EROFS");
	fx_is(out, "write /d/later/x", "ok");
}

/* Only a part of a mount: it becomes one of its own. */
static void readonly_of_a_directory_within_a_mount(void **state)
{
	sb_config *cfg = fx_config("write=/d/sub/x", "write=/d/file");
	const char *dir = a_dir("d"), *out;

	(void)state;
	fx_ok(chmod(fx_mkdir("d/sub"), 0777));
	fx_ok(sb_add_bind(cfg, dir, "/d", 0));
	fx_ok(sb_add_readonly(cfg, "/d/sub"));
	out = fx_output(cfg);
	fx_is(out, "write /d/sub/x", "EROFS");
	fx_is(out, "write /d/file", "ok");
}

/* A root that an attacker prepared: its links must not lead a target out of it. */
static void targets_do_not_follow_links_out(void **state)
{
	static const char *const links[] = {"root/abs", "root/rel", "root/up"};
	const char *victim = fx_mkdir("victim"), *root = a_dir("root");
	char to[3][600], target[2][64];
	size_t i, what;

	(void)state;
	fx_write("root/inside", "");
	fx_write("victim/there", "untouched");
	fx_ok(chmod(victim, 0777));
	snprintf(to[0], sizeof(to[0]), "%s", victim);
	snprintf(to[1], sizeof(to[1]), "../victim");
	snprintf(to[2], sizeof(to[2]), "../../../../../../../../../..%.500s", victim);
	for (i = 0; i < 3; i++) {
		fx_ok(symlink(to[i], fx_path(links[i])));
		snprintf(target[0], sizeof(target[0]), "/%s/made", links[i] + 5);
		snprintf(target[1], sizeof(target[1]), "/%s/there", links[i] + 5);
		for (what = 0; what < 5; what++) {
			sb_config *cfg = sb_config_new();
			sb_proc *proc = NULL;

			fx_ok(sb_set_rootfs(cfg, root, 0));
			fx_ok(sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO));
			if (what == 0)
				fx_ok(sb_add_file(cfg, target[0], "evil", 4, 0644));
			if (what == 1)
				fx_ok(sb_add_dir(cfg, target[0], 0755));
			if (what == 2)
				fx_ok(sb_add_symlink(cfg, "evil", target[0]));
			if (what == 3)
				fx_ok(sb_add_bind(cfg, fx_inside(), target[1], 0));
			if (what == 4)
				fx_ok(sb_add_file(cfg, target[1], "evil", 4, 0644));
			fx_command(cfg, "exit=0");
			/* Seen from the root as "/", there is nothing where the links lead. */
			assert_int_equal(sb_spawn(cfg, &proc, NULL), -ENOENT);
			sb_config_free(cfg);
			assert_int_equal(access(fx_path("victim/made"), F_OK), -1);
		}
	}
}

/* Our own file systems are not sent elsewhere by a link of the root either. */
static void a_link_in_the_place_of_a_mount_is_refused(void **state)
{
	const char *root = a_dir("root");
	const sb_error *err;
	sb_config *cfg;

	(void)state;
	fx_write("root/inside", "");
	fx_mkdir("root/elsewhere");
	fx_ok(symlink("elsewhere", fx_path("root/dev")));
	cfg = sb_config_new();
	fx_ok(sb_set_rootfs(cfg, root, 0));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_command(cfg, "/inside", NULL));
	err = fx_refused(cfg, ELOOP);
	assert_string_equal(sb_step_name(err->step), "dev");
	fx_has(err->message, "link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_bind_is_writable_unless_ro),
		FX_TEST(a_file_can_be_bound),
		FX_TEST(a_relative_source_is_the_hosts),
		FX_TEST(noexec_holds_and_exec_is_the_default),
		FX_TEST_IF("root", nodev_and_nosuid_are_the_default),
		FX_TEST_IF("privilege", recursive_takes_the_mounts_below),
		FX_TEST(optional_binds_are_left_out_and_counted),
		FX_TEST(a_missing_source_is_named),
		FX_TEST(a_missing_target_in_a_directory_is_named),
		FX_TEST(nothing_is_made_in_a_directory_of_the_host),
		FX_TEST(later_mounts_cover_earlier_ones),
		FX_TEST(files_links_and_directories),
		FX_TEST(a_large_file),
		FX_TEST(masks_hide),
		FX_TEST(readonly_covers_what_is_there_by_now),
		FX_TEST(readonly_of_a_directory_within_a_mount),
		FX_TEST(targets_do_not_follow_links_out),
		FX_TEST(a_link_in_the_place_of_a_mount_is_refused),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
