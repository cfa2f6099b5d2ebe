// SPDX-License-Identifier: MIT
/*
 * Mounts added to a box whose commands change the way to the target, or try to undo what was done.
 * Nothing gets to another place than the one that was named, and nobody waits for a command.
 */
#include "box_mount_kit.h"


/* A command that goes on until it is freed; it has said @word. */
static sb_proc *start_saying(const char *verb, const char *word)
{
	sb_proc *proc;
	char buf[40] = "";
	int p[2];

	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	fx_command(cfg, verb);
	proc = start_in(box, cfg);
	fx_ok(sb_set_fd(cfg, 1, -1));
	close(p[1]);
	assert_true(read(p[0], buf, sizeof(buf) - 1) > 0);
	close(p[0]);
	assert_non_null(strstr(buf, word));
	return proc;
}

/* What may be said to a target that changes all the time. */
static int is_fair(int r)
{
	return r == 0 || r == -ELOOP || r == -ENOTDIR || r == -EISDIR || r == -ENOENT || r == -EAGAIN ||
	       r == -EEXIST;
}

/*
 * Three names trade places: a directory, a link to a place that the command must not be able to cover
 * (or, on the host, that exists as well), and a file. A mount moves with the name that it is on.
 */
static void names_trade_places(void **state)
{
	static const char *const below[] = {"sub", "new/deep", "f", "new"};
	char dir[300], file[310];
	int mounted = 0, refused = 0;
	char *before = host_mounts(), *after;
	sb_proc *proc;

	(void)state;
	snprintf(dir, sizeof(dir), "%s", a_dir("d"));
	snprintf(file, sizeof(file), "%s/file", dir);
	cfg = work_config();
	fx_ok(sb_add_bind(cfg, a_dir("guarded"), "/guarded", 0));
	box = open_with(cfg);
	shell(box, cfg, "cd /work; mkdir -p a/sub; ln -s /guarded b; echo file > c");
	proc = start_saying("swap=/work/a:/work/b:/work/c", "swapping");
	for (int i = 0; i < 500 || ((mounted < 20 || refused < 20) && i < 3000); i++) {
		int r = i % 4 == 0 ? sb_box_bind(box, dir, "/work/a/sub", 0, NULL) :
			i % 4 == 1 ? sb_box_bind(box, dir, "/work/b/new/deep", 0, NULL) :
			i % 4 == 2 ? sb_box_bind(box, file, "/work/c/f", 0, NULL) :
				     sb_box_tmpfs(box, "/work/b/new", 0, 0, 0755, NULL);

		if (!is_fair(r))
			fail_msg("mounting: %d", r);
		mounted += r == 0;
		refused += r < 0;
		/* wherever it is by now; some are not found and stay */
		for (int k = 0; r == 0 && k < 3; k++) {
			char path[40];
			int gone;

			snprintf(path, sizeof(path), "/work/%c/%s", 'a' + k, below[i % 4]);
			gone = sb_box_unmount(box, path, NULL);
			if (!is_fair(gone) && gone != -EINVAL)
				fail_msg("unmounting: %d", gone);
		}
	}
	assert_true(mounted >= 20 && refused >= 20);
	sb_proc_free(proc);
	/* never at the link's other end, neither inside nor on the host */
	fx_is(SAID("ls=/guarded"), "ls /guarded", "file");
	shell(box, cfg, "! grep -q ' /guarded/' /proc/self/mountinfo");
	assert_int_equal(access(fx_path("guarded/new"), F_OK), -1);
	assert_int_equal(access(fx_path("d/sub"), F_OK), -1);
	after = host_mounts();
	assert_string_equal(before, after);
	free(before);
	free(after);
	end();
}

static void links_are_not_followed(void **state)
{
	static const char *const targets[] = {"/work/abs", "/work/rel", "/work/up/usr", "/work/dots/work/dir",
					      "/work/itself", "/work/nowhere", "/work/in/x/y", "/dev/fd",
					      "/dev/stdin", "/work/abs/", NULL};

	(void)state;
	begin();
	shell(box, cfg,
	      "cd /work; mkdir dir; ln -s /usr abs; ln -s dir rel; ln -s / up; ln -s ../../../.. dots; ln -s itself itself; "
	      "ln -s nothing nowhere; mkdir in; ln -s ../dir in/x");
	for (const char *const *target = targets; *target; target++) {
		NOT_MOUNTED(ELOOP, "a symbolic link", "never followed",
			    sb_box_bind(box, "/usr", *target, SB_MOUNT_RECURSIVE, &err));
		NOT_MOUNTED(ELOOP, "a symbolic link", "never followed",
			    sb_box_tmpfs(box, *target, 0, 0, 0755, &err));
		NOT_MOUNTED(ELOOP, "a symbolic link", "never followed", sb_box_unmount(box, *target, &err));
	}
	shell(box, cfg, "cd /work; test ! -e nothing; test ! -e dir/y; test -x /usr/bin/env");
	end();
}

static void directories_that_the_command_has_shut(void **state)
{
	const char *dir = a_dir("d");

	(void)state;
	begin();
	shell(box, cfg, "cd /work; mkdir -p shut/in/in; chmod 0 shut/in/in shut/in shut");
	DONE(sb_box_bind(box, dir, "/work/shut/in/in", SB_MOUNT_RO, &err));
	DONE(sb_box_bind(box, dir, "/work/shut/new/new", SB_MOUNT_RO, &err));
	shell(box, cfg,
	      "cd /work; chmod 755 shut shut/in; test $(cat shut/in/in/file) = text; test $(cat shut/new/new/file) = text; chmod 0 shut");
	DONE(sb_box_unmount(box, "/work/shut/in/in", &err));
	DONE(sb_box_unmount(box, "/work/shut/new/new", &err));
	end();
}

/* As long as a path may be, and in the end removed again because its last name is too long. */
static void very_deep(void **state)
{
	static char path[4096];
	const char *dir = a_dir("d");
	size_t len;

	(void)state;
	begin();
	DONE(sb_box_tmpfs(box, "/deep", 0, 0, 0755, &err));
	len = (size_t)snprintf(path, sizeof(path), "/deep");
	while (len + 2 < sizeof(path))
		len += (size_t)snprintf(path + len, sizeof(path) - len, "/d");
	DONE(sb_box_bind(box, dir, path, 0, &err));
	DONE(sb_box_unmount(box, path, &err));
	DONE(sb_box_unmount(box, "/deep", &err));
	DONE(sb_box_tmpfs(box, "/deep", 0, 0, 0755, &err));
	memset(path + 3000, 'x', 300);
	path[3300] = '\0';
	path[2999] = '/';
	NOT_MOUNTED(ENAMETOOLONG, "/deep/d/d", "", sb_box_bind(box, dir, path, 0, &err));
	fx_is(SAID("ls=/deep"), "ls /deep", "");
	end();
}

/* With all capabilities in a user namespace of its own. */
static void a_command_cannot_undo_it(void **state)
{
	(void)state;
	cfg = work_config();
	fx_ok(sb_set_seccomp(cfg, "none"));
	box = open_with(cfg);
	DONE(sb_box_bind(box, a_dir("d"), "/in", SB_MOUNT_RO | SB_MOUNT_NOEXEC, &err));
	DONE(sb_box_tmpfs(box, "/t", 0, 0, 0755, &err));
	shell(box, cfg,
	      "! umount /in 2> /dev/null; ! umount -l /in 2> /dev/null; ! mount -o remount,bind,rw /in 2> /dev/null");
	shell(box, cfg, "unshare --user --map-root-user --mount sh -euc '"
			"! mount -o remount,bind,rw,noexec,nosuid,nodev /in 2> /dev/null;"
			"! mount -o remount,bind,ro,nosuid,nodev /in 2> /dev/null;"
			"! mount -o remount,bind,ro,noexec,nosuid /in 2> /dev/null;"
			"! mount -o remount,bind,rw,nosuid /t 2> /dev/null;"
			"! mount -o remount,bind,rw,nodev /t 2> /dev/null;"
			"! umount /in 2> /dev/null; ! umount -l /t 2> /dev/null;"
			"mount -o remount,bind,ro,noexec,nosuid,nodev /in'");
	shell(box, cfg, "! touch /in/file 2> /dev/null");
	end();
}

/*
 * A mount namespace that a command has made before knows nothing of the mount, so the name that it
 * is on can be changed there: the mount goes along, and is still the one that was added.
 */
static void mount_points_that_are_renamed(void **state)
{
	const char *const argv[] = {
		"unshare",
		"--user",
		"--map-root-user",
		"--mount",
		"sh",
		"-euc",
		"cd /work; echo ready > up; read x < go; mv in moved; mkdir in; echo mine > in/mine; echo done > up",
		NULL
	};
	const char *dir = a_dir("d");
	sb_proc *proc;

	(void)state;
	cfg = work_config();
	fx_ok(sb_set_seccomp(cfg, "none"));
	box = open_with(cfg);
	shell(box, cfg, "mkdir /work/in; mkfifo /work/up /work/go");
	fx_ok(sb_set_command(cfg, "/usr/bin/unshare", argv));
	proc = start_in(box, cfg);
	shell(box, cfg, "read x < /work/up; test $x = ready");
	DONE(sb_box_bind(box, dir, "/work/in", 0, &err));
	shell(box, cfg, "echo > /work/go; read x < /work/up; test $x = done");
	fx_wait(proc, NULL);
	HAS(box, "/work/in/mine", "mine\n");
	HAS(box, "/work/moved/file", "text");
	NOT_MOUNTED(EINVAL, "nothing is mounted there", "", sb_box_unmount(box, "/work/in", &err));
	DONE(sb_box_unmount(box, "/work/moved", &err));
	shell(box, cfg, "test ! -e /work/moved/file");
	fx_ok(access(fx_path("d/file"), F_OK));
	end();
}

/* The process that mounts has the memory of this one. */
static void nobody_who_may_trace_sees_who_mounts(void **state)
{
	(void)state;
	cfg = work_config();
	sb_config_free(cfg);
	cfg = fx_config("pause");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_add_cap(cfg, "sys_ptrace"));
	box = open_with(cfg);
	NOT_MOUNTED(EPERM, "CAP_SYS_PTRACE", "SB_NS_PID", sb_box_bind(box, a_dir("d"), "/in", 0, &err));
	end();
	cfg = fx_config("pause");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	box = open_with(cfg);
	DONE(sb_box_bind(box, fx_path("d"), "/in", 0, &err));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(names_trade_places),
		FX_TEST(links_are_not_followed),
		FX_TEST(directories_that_the_command_has_shut),
		FX_TEST(very_deep),
		FX_TEST(a_command_cannot_undo_it),
		FX_TEST(mount_points_that_are_renamed),
		FX_TEST_IF("user", nobody_who_may_trace_sees_who_mounts),
	};

	fx_begin();
	return cmocka_run_group_tests_name("box_mount_hostile", tests, NULL, NULL);
}
