// SPDX-License-Identifier: MIT
/* Guards of the set-up: roots that are made to lead it astray, and its own program and descriptors. */
#include "attack_config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A root that whoever wrote it may fill with what he likes. */
static const char *a_root(const char *name)
{
	const char *root = fx_mkdir(name);
	char file[64];

	fx_ok(chmod(root, 0777));
	snprintf(file, sizeof(file), "%s/attack", name);
	fx_write(file, "");
	return root;
}

static sb_config *rooted(const char *root, uint64_t flags, const char *const words[])
{
	const char *args[16] = {"attack", "call"};
	sb_config *cfg = sb_config_new();

	for (size_t i = 0; words[i] && i < 13; i++)
		args[i + 2] = words[i];
	fx_ok(sb_set_rootfs(cfg, root, flags));
	fx_ok(sb_add_bind(cfg, fx_beside("attack"), "/attack", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, "/attack", args));
	return cfg;
}

/* It may end as it likes, or not start; the library starts the next one as before. */
static void run_anyhow(sb_config *cfg)
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;

	if (sb_spawn(cfg, &proc, NULL) == 0 && sb_proc_wait(proc, UINT64_C(20000000000), &res, NULL) != 1)
		fail_msg("it does not end");
	sb_proc_free(proc);
	sb_config_free(cfg);
	fx_has(fx_output(attack_config("call", "say=alive")), "alive\n");
}

/* CVE-2019-5736: the program that does the set-up is executed, or written to, by what it sets up. */
static void the_helper_as_its_own_command(void **state)
{
	static const char *const paths[] = {"/proc/self/exe", "/script", "/link", "/proc/1/exe",
					    "/proc/self/fd/5"};
	static const char script[] = "#!/proc/self/exe\n";

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		sb_config *cfg = attack_config("call", "say=alive");

		fx_ok(sb_add_proc(cfg, "/proc", 0));
		fx_ok(sb_add_file(cfg, "/script", script, sizeof(script) - 1, 0755));
		fx_ok(sb_add_symlink(cfg, "/proc/self/exe", "/link"));
		fx_ok(sb_set_command(cfg, paths[i], NULL));
		run_anyhow(cfg);
	}
}

/* CVE-2024-21626: a working directory that is a descriptor of the set-up. */
static void the_working_directory_lies_inside(void **state)
{
	(void)state;
	for (int fd = 3; fd < 40; fd++) {
		sb_config *cfg = attack_config("call", "cwd", a_call("call=", SYS_getpid, ""));
		sb_result res = SB_INIT(sb_result);
		sb_proc *proc = NULL;
		char link[64], out[4200] = "";
		int p[2];

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		fx_ok(sb_add_proc(cfg, "/proc", 0));
		fx_ok(sb_add_symlink(cfg, link, "/work"));
		fx_ok(sb_set_cwd(cfg, fd % 2 ? "/work" : link));
		fx_ok(pipe2(p, O_CLOEXEC));
		fx_ok(sb_set_fd(cfg, 1, p[1]));
		if (sb_spawn(cfg, &proc, NULL) == 0)
			assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
		close(p[1]);
		if (proc && read(p[0], out, sizeof(out) - 1) > 0 && !strstr(out, "cwd=/\n"))
			fail_msg("%s: %s", link, out);
		close(p[0]);
		sb_proc_free(proc);
		sb_config_free(cfg);
	}
}

static struct {
	char real[600], link[600];
	atomic_int stop;
	atomic_int swaps;
} swap;

/* renameat2(RENAME_EXCHANGE): at every moment there is one of the two. */
static void *exchange(void *arg)
{
	(void)arg;
	while (!atomic_load(&swap.stop)) {
		if (syscall(SYS_renameat2, AT_FDCWD, swap.real, AT_FDCWD, swap.link, 2) == 0)
			atomic_fetch_add(&swap.swaps, 1);
	}
	return NULL;
}

static int is_empty(const char *dir)
{
	return rmdir(dir) == 0 && mkdir(dir, 0777) == 0 && chmod(dir, 0777) == 0;
}

/* What is mounted below /a, wherever the name leads by now. */
static int runs_with_a_mount(int which)
{
	sb_config *cfg = sb_config_new();
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	static char out[65536];
	sb_proc *proc = NULL;
	size_t at = 0;
	ssize_t n;
	int p[2], r;

	fx_ok(sb_set_rootfs(cfg, fx_path("root"), 0));
	fx_ok(sb_add_bind(cfg, fx_inside(), "/attack", SB_MOUNT_RO));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_command(cfg, "/attack",
			     (const char *const[]){"inside", "cat=/proc/self/mountinfo", NULL}));
	if (which == 0)
		fx_ok(sb_add_bind(cfg, fx_inside(), "/a/real/target", SB_MOUNT_RO));
	else
		fx_ok(sb_add_tmpfs(cfg, which == 1 ? "/a/real/dir" : "/a/real", 1 << 16, 0, 0755));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	r = sb_spawn(cfg, &proc, &err);
	close(p[1]);
	while (r == 0 && at < sizeof(out) - 1 && (n = read(p[0], out + at, sizeof(out) - 1 - at)) > 0)
		at += (size_t)n;
	out[at] = '\0';
	close(p[0]);
	if (r == 0)
		fx_wait(proc, &res);
	sb_config_free(cfg);
	if (r == 0 && !strstr(out, " /a/"))
		fail_msg("way %d: mounted, but not in the sandbox:\n%s", which, out);
	return r == 0;
}

/* CVE-2021-30465 and after: the directory of a target becomes a link to the host while it is mounted on. */
static void targets_that_are_exchanged_for_links(void **state)
{
	pthread_t thread;
	int worked = 0, swaps;

	(void)state;
	fx_ok(chmod(fx_mkdir("outside"), 0777));
	a_root("root");
	fx_mkdir("root/proc");
	fx_mkdir("root/a");
	fx_mkdir("root/a/real");
	fx_write("root/a/real/target", "");
	fx_mkdir("root/a/real/dir");
	fx_write("outside/target", "untouched");
	fx_mkdir("outside/dir");
	snprintf(swap.real, sizeof(swap.real), "%s", fx_path("root/a/real"));
	snprintf(swap.link, sizeof(swap.link), "%s", fx_path("root/a/link"));
	fx_ok(symlink(fx_path("outside"), swap.link));
	atomic_store(&swap.stop, 0);
	fx_ok(pthread_create(&thread, NULL, exchange, NULL));
	for (int i = 0; i < 300; i++)
		worked += runs_with_a_mount(i % 3);
	atomic_store(&swap.stop, 1);
	pthread_join(thread, NULL);
	swaps = atomic_load(&swap.swaps);
	print_message("# %d exchanges, %d of 300 spawns found the directory\n", swaps, worked);
	assert_true(swaps > 300);
	/* No mount of the host's has changed: the fixture looks. Nor have its files. */
	fx_ok(unlink(fx_path("outside/target")));
	fx_ok(rmdir(fx_path("outside/dir")));
	assert_true(is_empty(fx_path("outside")));
}

/* CVE-2025-31133: what hides a path is the host's, whatever the root calls /dev/null. */
static void a_mask_is_not_of_the_root(void **state)
{
	const char *root = a_root("root");

	(void)state;
	fx_mkdir("root/dev");
	fx_write("root/inside", "");
	fx_write("root/secret", "secret");
	fx_mkdir("root/hidden");
	fx_write("root/hidden/file", "secret");
	for (int i = 0; i < 3; i++) {
		sb_config *cfg = sb_config_new();
		const char *out;

		if (i == 0)
			fx_write("root/dev/null", "evil");
		if (i == 1)
			fx_ok(symlink("/secret", fx_path("root/dev/null")));
		fx_ok(sb_set_rootfs(cfg, root, 0));
		fx_ok(sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO));
		fx_ok(sb_add_mask(cfg, "/secret"));
		fx_ok(sb_add_mask(cfg, "/hidden"));
		fx_command(cfg, "cat=/secret", "ls=/hidden", "write=/secret");
		out = fx_output(cfg);
		fx_is(out, "cat /secret", "");
		fx_is(out, "ls /hidden", "");
		unlink(fx_path("root/dev/null"));
		assert_int_equal(access(fx_path("root/dev/null"), F_OK), -1);
	}
}

static int add_dev_at(sb_config *cfg, const char *target)
{
	return sb_add_dev(cfg, target);
}

static int add_proc_at(sb_config *cfg, const char *target)
{
	return sb_add_proc(cfg, target, 0);
}

static int add_tmpfs_at(sb_config *cfg, const char *target)
{
	return sb_add_tmpfs(cfg, target, 1 << 16, 0, 0755);
}

static int add_sysfs_at(sb_config *cfg, const char *target)
{
	return sb_add_sysfs(cfg, target);
}

static int add_bind_at(sb_config *cfg, const char *target)
{
	return sb_add_bind(cfg, "/usr", target, SB_MOUNT_RO);
}

static int add_dir_below(sb_config *cfg, const char *target)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/new", target);
	return sb_add_dir(cfg, path, 0777);
}

/* /dev, /proc and the like are links in the root: refused; a bind may lie behind one that stays inside. */
static void links_where_the_kernels_file_systems_go(void **state)
{
	int (*const add[])(sb_config *, const char *) = {add_dev_at,  add_proc_at,   add_tmpfs_at,
							 add_bind_at, add_dir_below, add_sysfs_at};
	const char *root = a_root("root"), *outside = fx_mkdir("outside");
	const char *links[] = {outside, "../outside", "/proc/1/root/tmp", "loop", "/"};

	(void)state;
	fx_ok(chmod(outside, 0777));
	for (size_t l = 0; l < sizeof(links) / sizeof(links[0]); l++) {
		fx_ok(symlink(links[l], fx_path("root/loop")));
		for (size_t i = 0; i < sizeof(add) / sizeof(add[0]); i++) {
			sb_config *cfg = rooted(root, 0, (const char *const[]){"exit=0", NULL});
			sb_proc *proc = NULL;
			int r;

			fx_ok(add[i](cfg, "/loop"));
			r = sb_spawn(cfg, &proc, NULL);
			sb_proc_free(proc);
			sb_config_free(cfg);
			if (r == 0 && add[i] != add_dir_below && add[i] != add_bind_at)
				fail_msg("way %zu: mounted on a link to %s", i, links[l]);
			assert_true(is_empty(outside));
		}
		fx_ok(unlink(fx_path("root/loop")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_helper_as_its_own_command),           FX_TEST(the_working_directory_lies_inside),
		FX_TEST(targets_that_are_exchanged_for_links),    FX_TEST(a_mask_is_not_of_the_root),
		FX_TEST(links_where_the_kernels_file_systems_go),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
