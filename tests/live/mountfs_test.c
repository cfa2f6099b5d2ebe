// SPDX-License-Identifier: MIT
/* File systems that the sandbox gets of its own: tmpfs, proc, dev, mqueue, sysfs, overlay, idmapped binds. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void tmpfs_has_size_inodes_and_mode(void **state)
{
	sb_config *cfg = fx_config("fs=/t", "fs=/few", "fill=/t/x", "many=/few", "stat=/t", "stat=/few");
	const char *out;

	(void)state;
	fx_ok(sb_add_tmpfs(cfg, "/t", 1 << 20, 0, 0700));
	fx_ok(sb_add_tmpfs(cfg, "/few", 0, 20, 01777));
	out = fx_output(cfg);
	fx_is(out, "fs /t", "0x1021994 rw nosuid nodev");
	assert_int_equal(atol(fx_get(out, "size /t")), 1 << 20);
	assert_int_equal(atol(fx_get(out, "fill /t/x")), 1 << 20);
	fx_has(fx_get(out, "size /few"), " 20");
	assert_in_range(atol(fx_get(out, "many /few")), 15, 19);
	fx_has(fx_get(out, "stat /t"), "040700 1000:1000 ");
	fx_has(fx_get(out, "stat /few"), "041777 1000:1000 ");
}

static void proc_is_of_the_own_pid_namespace(void **state)
{
	static const char *const quiet[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
					    "/proc/fs"};
	sb_config *cfg = fx_config("link=/proc/self", "ls=/proc", "write=/proc/sys/kernel/hostname",
				   "fs=/proc/sys", "fs=/proc/sysrq-trigger", "fs=/proc/irq", "fs=/proc/bus",
				   "fs=/proc/fs", "write=/proc/sysrq-trigger", "fs=/proc");
	const char *out;
	char key[64];
	size_t i;

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	out = fx_output(cfg);
	fx_is(out, "link /proc/self", "2");
	fx_has(fx_get(out, "ls /proc"), "1 2 ");
	fx_has_not(fx_get(out, "ls /proc"), "1 2 3");
	fx_has(fx_get(out, "fs /proc"), " rw nosuid nodev noexec");
	for (i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "fs %s", quiet[i]);
		if (access(quiet[i], F_OK) == 0) /* which of them exist depends on the kernel */
			fx_has(fx_get(out, key), " ro");
	}
	assert_string_not_equal(fx_get(out, "write /proc/sys/kernel/hostname"), "ok");
	assert_string_not_equal(fx_get(out, "write /proc/sysrq-trigger"), "ok");
}

static void proc_subset_shows_processes_only(void **state)
{
	sb_config *cfg = fx_config("stat=/proc/meminfo", "stat=/proc/sys", "stat=/proc/2", "link=/proc/self");
	const char *out;

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", SB_PROC_SUBSET_PID));
	out = fx_output(cfg);
	fx_is(out, "stat /proc/meminfo", "ENOENT");
	fx_is(out, "stat /proc/sys", "ENOENT");
	fx_has(fx_get(out, "stat /proc/2"), "040555 ");
	fx_is(out, "link /proc/self", "2");
}

static void proc_hidepid(void **state)
{
	sb_config *cfg = fx_config("cat=/proc/self/mountinfo");

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", SB_PROC_HIDEPID));
	fx_has(fx_output(cfg), "hidepid=");
}

static void dev_is_minimal(void **state)
{
	sb_config *cfg =
		fx_config("ls=/dev", "stat=/dev/null", "stat=/dev/zero", "stat=/dev/full", "stat=/dev/random",
			  "stat=/dev/urandom", "stat=/dev/tty", "link=/dev/fd", "link=/dev/stdin",
			  "link=/dev/stdout", "link=/dev/stderr", "link=/dev/ptmx", "write=/dev/null",
			  "open=/dev/urandom", "ls=/dev/pts", "stat=/dev/shm", "write=/dev/shm/x",
			  "write=/dev/new", "fs=/dev", "fs=/dev/pts", "open=/dev/ptmx");
	const char *out;

	(void)state;
	fx_ok(sb_add_dev(cfg, "/dev"));
	out = fx_output(cfg);
	fx_is(out, "ls /dev", "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero");
	fx_has(fx_get(out, "stat /dev/null"), " 1:3");
	fx_has(fx_get(out, "stat /dev/zero"), " 1:5");
	fx_has(fx_get(out, "stat /dev/full"), " 1:7");
	fx_has(fx_get(out, "stat /dev/random"), " 1:8");
	fx_has(fx_get(out, "stat /dev/urandom"), " 1:9");
	fx_has(fx_get(out, "stat /dev/tty"), " 5:0");
	fx_is(out, "link /dev/fd", "/proc/self/fd");
	fx_is(out, "link /dev/stdin", "/proc/self/fd/0");
	fx_is(out, "link /dev/stdout", "/proc/self/fd/1");
	fx_is(out, "link /dev/stderr", "/proc/self/fd/2");
	fx_is(out, "link /dev/ptmx", "pts/ptmx");
	fx_is(out, "write /dev/null", "ok");
	fx_is(out, "open /dev/urandom", "ok");
	fx_is(out, "ls /dev/pts", "ptmx");
	fx_is(out, "open /dev/ptmx", "ok");
	fx_has(fx_get(out, "stat /dev/shm"), "041777 ");
	fx_is(out, "write /dev/shm/x", "ok");
	fx_is(out, "write /dev/new", "EROFS");
	fx_has(fx_get(out, "fs /dev"), " ro nosuid");
	fx_is(out, "fs /dev/pts", "0x1cd1 rw nosuid noexec");
}

/* Its mounts are nodev then, but not the copies of its devices. */
static void devices_in_the_present_root(void **state)
{
	const char *const words[] = {"inside", "write=/dev/null", "open=/dev/urandom", NULL};
	sb_config *cfg = sb_config_new();
	const char *out;

	(void)state;
	assert_non_null(cfg);
	fx_ok(sb_set_command(cfg, fx_inside(), words));
	fx_ok(sb_set_rootfs(cfg, "/", SB_MOUNT_RO));
	fx_ok(sb_add_dev(cfg, "/dev"));
	out = fx_output(cfg);
	fx_is(out, "write /dev/null", "ok");
	fx_is(out, "open /dev/urandom", "ok");
}

static void mqueue_shows_the_own_queues(void **state)
{
	sb_config *cfg = fx_config("fs=/mq", "mqueue", "ls=/mq");
	const char *out;

	(void)state;
	fx_ok(sb_add_mqueue(cfg, "/mq"));
	out = fx_output(cfg);
	fx_has(fx_get(out, "fs /mq"), "0x19800202 rw nosuid nodev noexec");
	fx_is(out, "mqueue", "ok");
	fx_is(out, "ls /mq", "test");
}

static void sysfs_is_of_the_own_network_namespace(void **state)
{
	sb_config *cfg = fx_config("fs=/sys", "ls=/sys/class/net", "write=/sys/kernel/x");
	const char *out;

	(void)state;
	fx_ok(sb_add_sysfs(cfg, "/sys"));
	out = fx_output(cfg);
	fx_has(fx_get(out, "fs /sys"), "0x62656572 ro nosuid nodev noexec");
	fx_has(fx_get(out, "ls /sys/class/net"), "lo");
	fx_has_not(fx_get(out, "ls /sys/class/net"), "eth");
}

/* Directories for an overlay: the upper ones hide the lower ones' files. */
static void layers(const char *const names[], char paths[][512], const char *list[])
{
	size_t i;
	char file[64];

	for (i = 0; names[i]; i++) {
		snprintf(paths[i], 512, "%s", fx_mkdir(names[i]));
		fx_ok(chmod(paths[i], 0777));
		snprintf(file, sizeof(file), "%.30s/same", names[i]);
		fx_write(file, names[i]);
		snprintf(file, sizeof(file), "%.30s/only-%.20s", names[i], names[i]);
		fx_write(file, names[i]);
		list[i] = paths[i];
	}
	list[i] = NULL;
}

static void overlay_of_several_lowers(void **state)
{
	static const char *const names[] = {"top", "middle", "bottom", NULL};
	sb_config *cfg = fx_config("ls=/o", "cat=/o/same", "write=/o/new", "cat=/o/only-bottom",
				   "unlink=/o/only-top", "ls=/o");
	char paths[3][512];
	const char *lower[4], *out;

	(void)state;
	layers(names, paths, lower);
	fx_ok(sb_add_overlay(cfg, "/o", lower, NULL, NULL));
	out = fx_output(cfg);
	fx_is(out, "ls /o", "only-bottom only-middle only-top same");
	fx_is(out, "cat /o/same", "top");
	fx_is(out, "cat /o/only-bottom", "bottom");
	fx_is(out, "write /o/new", "ok");
	fx_is(out, "unlink /o/only-top", "ok");
	assert_int_equal(access(fx_path("top/new"), F_OK), -1);
	assert_int_equal(access(fx_path("top/only-top"), F_OK), 0);
}

static void overlay_with_a_kept_upper(void **state)
{
	static const char *const names[] = {"lower", NULL};
	sb_config *cfg = fx_config("write=/o/new", "ls=/o");
	const char *lower[2], *upper = fx_mkdir("upper"), *work = fx_mkdir("work");
	char paths[1][512];

	(void)state;
	fx_ok(chmod(upper, 0777));
	layers(names, paths, lower);
	fx_ok(sb_add_overlay(cfg, "/o", lower, upper, work));
	fx_is(fx_output(cfg), "write /o/new", "ok");
	assert_int_equal(access(fx_path("upper/new"), F_OK), 0);
	assert_int_equal(access(fx_path("lower/new"), F_OK), -1);
}

/*
 * The host's root is kept, and a mount of the sandbox's lies over the directories: they are the
 * host's all the same.
 */
static void overlay_of_what_is_covered_inside(void **state)
{
	static const char *const names[] = {"lower", NULL};
	char paths[1][512], target[600], word[640];
	const char *lower[2], *out;
	sb_config *cfg;

	(void)state;
	layers(names, paths, lower);
	snprintf(target, sizeof(target), "%s/o", fx_tmp());
	snprintf(word, sizeof(word), "cat=%s/same", target);
	cfg = sb_config_new();
	fx_ok(sb_set_rootfs(cfg, "/", 0));
	fx_ok(sb_set_command(cfg, fx_inside(), (const char *const[]){"inside", word, NULL}));
	fx_ok(sb_add_tmpfs(cfg, fx_tmp(), 0, 0, 0755));
	fx_ok(sb_add_overlay(cfg, target, lower, NULL, NULL));
	snprintf(word, sizeof(word), "cat %s/same", target);
	out = fx_output(cfg);
	fx_is(out, word, "lower");
}

/* Characters that the option string of mount(2) takes for its own. */
static void overlay_of_directories_with_odd_names(void **state)
{
	static const char *const names[] = {"a:b", "c,d", "e\\f", "g h", NULL};
	sb_config *cfg = fx_config("cat=/o/same", "ls=/o");
	char paths[4][512];
	const char *lower[5], *out;

	(void)state;
	layers(names, paths, lower);
	fx_ok(sb_add_overlay(cfg, "/o", lower, NULL, NULL));
	out = fx_output(cfg);
	fx_is(out, "cat /o/same", "a:b");
	fx_has(fx_get(out, "ls /o"), "only-g h");
}

static void an_idmapped_bind_shows_owners_through_the_map(void **state)
{
	sb_config *cfg = fx_config("stat=/plain/f", "stat=/mapped/f", "write=/mapped/new");
	const char *dir = fx_mkdir("d"), *out;
	struct stat st;

	(void)state;
	fx_write("d/f", "");
	fx_ok(chown(fx_path("d/f"), 3, 4));
	fx_ok(chmod(dir, 0777));
	fx_ok(sb_add_idmap(cfg, SB_ID_USER | SB_ID_GROUP, 0, 200000, 1000));
	fx_ok(sb_set_user(cfg, 7, 8));
	fx_ok(sb_add_bind(cfg, dir, "/plain", SB_MOUNT_RO));
	fx_ok(sb_add_bind(cfg, dir, "/mapped", SB_MOUNT_IDMAP));
	out = fx_output(cfg);
	fx_has(fx_get(out, "stat /plain/f"), " 65534:65534 ");
	fx_has(fx_get(out, "stat /mapped/f"), " 3:4 ");
	fx_is(out, "write /mapped/new", "ok");
	fx_ok(stat(fx_path("d/new"), &st));
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
}

static void system_dirs_are_enough_for_the_hosts_programs(void **state)
{
	const char *argv[] = {"sh", "-c", "echo hello; touch /usr/x 2>/dev/null || echo read-only", NULL};
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_set_command(cfg, "sh", argv));
	assert_string_equal(fx_output(cfg), "hello\nread-only\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(tmpfs_has_size_inodes_and_mode),
		FX_TEST(proc_is_of_the_own_pid_namespace),
		FX_TEST(proc_subset_shows_processes_only),
		FX_TEST(proc_hidepid),
		FX_TEST(dev_is_minimal),
		FX_TEST(devices_in_the_present_root),
		FX_TEST_IF("mqueue", mqueue_shows_the_own_queues),
		FX_TEST(sysfs_is_of_the_own_network_namespace),
		FX_TEST_IF("overlay", overlay_of_several_lowers),
		FX_TEST_IF("overlay", overlay_with_a_kept_upper),
		FX_TEST_IF("overlay", overlay_of_what_is_covered_inside),
		FX_TEST_IF("overlay", overlay_of_directories_with_odd_names),
		FX_TEST_IF("root idmap", an_idmapped_bind_shows_owners_through_the_map),
		FX_TEST(system_dirs_are_enough_for_the_hosts_programs),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
