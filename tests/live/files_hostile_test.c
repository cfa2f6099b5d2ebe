// SPDX-License-Identifier: MIT
/*
 * Files of a box whose commands lay traps: links, FIFOs, devices, leases, /proc, and names that are
 * exchanged while the host looks. Nothing of the host is touched, the host never waits, and no
 * descriptor is lost (the fixture counts them).
 */
#include "files_kit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

static void *data;

static const struct {
	const char *path;
	int code;
	const char *words;
} traps[] = {
	{"/work/fifo", ENXIO, "it is a FIFO"},
	{"/work/socket", ENXIO, "it is a socket"},
	{"/dev/null", ENXIO, "it is a device"},
	{"/dev/tty", ENXIO, "it is a device"},
	{"/dev/ptmx", ELOOP, "a symbolic link stands in the way"},
	{"/work/absolute", ELOOP, "a symbolic link stands in the way"},
	{"/work/relative", ELOOP, "a symbolic link"},
	{"/work/nowhere", ELOOP, "a symbolic link"},
	{"/work/itself", ELOOP, "a symbolic link"},
	{"/work/up/etc/passwd", ELOOP, "a symbolic link"},
	{"/work/middle/real", ELOOP, "a symbolic link"},
	{"/proc/self/exe", ELOOP, "a symbolic link"},
	{"/proc/1/exe", EACCES, "the kernel's own"},
	{"/proc/1/environ", EACCES, "the kernel's own"},
	{"/proc/version", EACCES, "the kernel's own"},
	{"/proc/1/root/work/real", ELOOP, "a symbolic link"},
	{"/dev/pts/ptmx", EACCES, "the kernel's own"},
	{"/sys/kernel/uevent_seqnum", EACCES, "the kernel's own"},
};

static void traps_are_not_opened(void **state)
{
	sb_config *cfg = work_config();
	sb_box *box;

	(void)state;
	fx_ok(sb_add_sysfs(cfg, "/sys"));
	box = open_with(cfg);
	fx_command(cfg, "sock=/work/socket");
	fx_wait(start_in(box, cfg), NULL);
	shell(box, cfg,
	      "cd /work; echo real > real; mkfifo fifo; ln -s /etc/passwd absolute; ln -s real relative; ln -s nothing nowhere; "
	      "ln -s itself itself; ln -s / up; ln -s . middle; ln real hard");
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		const char *path = traps[i].path;

		REFUSED(traps[i].code, traps[i].words, "", sb_box_get(box, path, 100, &data, NULL, &err));
		REFUSED(traps[i].code, traps[i].words, "",
			sb_box_open_file(box, path, O_WRONLY | O_TRUNC, 0, &err));
		REFUSED(traps[i].code, traps[i].words, "",
			sb_box_open_file(box, path, O_RDWR | O_CREAT, 0600, &err));
		assert_true(sb_box_list(box, path, NULL, 0, NULL) == -traps[i].code);
		/* O_EXCL: over whatever is there, not even a link to nothing is followed */
		if (sb_box_put(box, path, "x", 1, 0600, NULL) >= 0)
			fail_msg("put over %s", path);
		if (i < 2 || (i >= 5 && i <= 8))
			REFUSED(EEXIST, path, "", sb_box_put(box, path, "x", 1, 0600, &err));
	}
	REFUSED(EACCES, "kernel's own", "", sb_box_list(box, "/proc", NULL, 0, &err));
	REFUSED(EACCES, "kernel's own", "", sb_box_remove(box, "/proc/1/comm", &err));
	REFUSED(EACCES, "kernel's own", "", sb_box_mkdir(box, "/proc/1/x", 0700, &err));
	HAS(box, "/work/hard", "real\n"); /* a hard link is the file */
	shell(box, cfg, "cd /work; test ! -e nothing; test -p fifo; test -S socket; test $(cat real) = real");
	for (const char *const *path = (const char *const[]){ "/work/fifo", "/work/socket", "/work/absolute",
							      "/work/up", "/work/itself", "/work/hard", NULL };
	     *path; path++)
		DONE(sb_box_remove(box, *path, &err));
	shell(box, cfg, "test -e /usr/bin/env; cd /work; test $(cat real) = real");
	sb_box_free(box);
	sb_config_free(cfg);
}

/* On a mount where devices work. */
static void device_nodes(void **state)
{
	const char *dir = fx_mount("devices", "mode=777");
	sb_config *cfg = work_config();
	sb_box *box;

	(void)state;
	fx_ok(mknod(fx_path("devices/zero"), S_IFCHR | 0666, makedev(1, 5)));
	fx_ok(mknod(fx_path("devices/loop"), S_IFBLK | 0666, makedev(7, 0)));
	fx_ok(sb_add_bind(cfg, dir, "/devices", SB_MOUNT_DEV));
	box = open_with(cfg);
	REFUSED(ENXIO, "it is a device", "", sb_box_get(box, "/devices/zero", 100, &data, NULL, &err));
	REFUSED(ENXIO, "it is a device", "", sb_box_open_file(box, "/devices/loop", O_RDWR, 0, &err));
	sb_box_free(box);
	sb_config_free(cfg);
	fx_umount("devices");
}

static sb_proc *start_saying(sb_box *box, sb_config *cfg, const char *word)
{
	char buf[40] = "";
	int out;
	sb_proc *proc = start_printing(box, cfg, &out);

	assert_true(read(out, buf, sizeof(buf) - 1) > 0);
	close(out);
	assert_non_null(strstr(buf, word));
	return proc;
}

/* A lease makes who opens the file wait for its holder: not sb-init. */
static void lease(void **state)
{
	sb_config *cfg = work_config();
	sb_box *box = open_with(cfg);
	sb_proc *proc;

	(void)state;
	DONE(sb_box_put(box, "/work/a", "x", 1, 0600, &err));
	fx_command(cfg, "lease=/work/a", "pause");
	proc = start_saying(box, cfg, "lease=ok");
	REFUSED(EAGAIN, "a command holds a lease", "frozen",
		sb_box_get(box, "/work/a", 100, &data, NULL, &err));
	DONE(sb_box_put(box, "/work/b", "x", 1, 0600, &err));
	sb_proc_free(proc);
	HAS(box, "/work/a", "x");
	sb_box_free(box);
	sb_config_free(cfg);
}

/*
 * The names trade places: a file, a link to a secret of the host that the box can see (read-only,
 * so that it can be told apart), and a FIFO or a directory. What comes out is the file's content or
 * an error, never the secret's.
 */
static void trade(const char *make)
{
	sb_config *cfg = work_config();
	int got = 0, failed = 0;
	sb_proc *proc;
	sb_box *box;

	fx_ok(sb_add_bind(cfg, fx_write("secret", "secret"), "/secret", SB_MOUNT_RO));
	box = open_with(cfg);
	shell(box, cfg, make);
	fx_command(cfg, "swap=/work/a:/work/b:/work/c");
	proc = start_saying(box, cfg, "swapping");
	for (int i = 0; i < 300 || (got < 20 && i < 2000); i++) { /* the other side has to have its turns */
		size_t len = 0;
		int r = sb_box_get(box, i % 2 ? "/work/a" : "/work/a/f", 100, &data, &len, NULL);

		if (r == 0) {
			got++;
			assert_string_equal(data, "file\n");
			free(data);
		} else {
			failed++;
			if (r != -ELOOP && r != -ENXIO && r != -EISDIR && r != -EAGAIN && r != -ENOTDIR &&
			    r != -ENOENT)
				fail_msg("get: %d", r);
		}
		r = sb_box_open_file(box, "/work/b", i % 2 ? O_RDWR : O_WRONLY | O_CREAT | O_TRUNC, 0600,
				     NULL);
		if (r >= 0) {
			struct stat st;

			fx_ok(fstat(r, &st));
			assert_true(S_ISREG(st.st_mode));
			assert_int_equal(write(r, "file\n", 5), 5);
			close(r);
		}
		r = sb_box_put(box, "/work/c/new", "file\n", 5, 0600, NULL);
		if (r == 0 || r == -EEXIST)
			sb_box_remove(box, "/work/c/new", NULL);
		sb_box_list(box, "/work/b", NULL, 0, NULL);
	}
	assert_true(got + failed >= 300);
	sb_proc_free(proc);
	HAS(box, "/secret", "secret");
	shell(box, cfg, "test ! -e /usr/new; test ! -e /tmp/new");
	sb_box_free(box);
	sb_config_free(cfg);
}

static void names_trade_places(void **state)
{
	(void)state;
	trade("cd /work; echo file > a; ln -s /secret b; mkfifo c");
}

static void directories_trade_places(void **state)
{
	(void)state;
	trade("cd /work; mkdir a; echo file > a/f; ln -s /usr b; mkdir c; ln -s /secret c/f");
}

/*
 * The name is free when it is looked at, and a link to nowhere when the file is made: nowhere stays
 * nowhere.
 */
static void link_out_of_nothing(void **state)
{
	sb_config *cfg = work_config();
	int made = 0, failed = 0;
	sb_proc *proc;
	sb_box *box;

	(void)state;
	box = open_with(cfg);
	fx_command(cfg, "blink=/work/a:/work/nowhere");
	proc = start_saying(box, cfg, "blinking");
	for (int i = 0; i < 600 || ((made < 20 || failed < 20) && i < 2000); i++) {
		int r = i % 2 ? sb_box_put(box, "/work/a", "x", 1, 0600, NULL) :
				sb_box_open_file(box, "/work/a", O_RDWR | O_CREAT, 0600, NULL);

		made += r >= 0;
		failed += r < 0;
		if (r < 0 && r != -EEXIST && r != -ELOOP && r != -EAGAIN)
			fail_msg("put: %d", r);
		if (r > 0)
			close(r);
		if (r >= 0)
			DONE(sb_box_remove(box, "/work/a", &err));
	}
	sb_proc_free(proc);
	REFUSED(ENOENT, "nowhere", "", sb_box_remove(box, "/work/nowhere", &err));
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Its size says that it may be had, and then there is more of it. */
static void grows_while_it_is_read(void **state)
{
	const size_t max = 65536;
	sb_config *cfg = work_config();
	int got = 0, refused = 0;
	sb_proc *proc;
	sb_box *box;

	(void)state;
	box = open_with(cfg);
	fx_command(cfg, "grow=/work/a");
	proc = start_saying(box, cfg, "growing");
	for (int i = 0; i < 300 || ((got < 20 || refused < 20) && i < 2000); i++) {
		char one[65537];
		int fd = memfd_create("out", MFD_CLOEXEC);
		ssize_t n;
		size_t len;

		n = sb_box_get(box, "/work/a", max, &data, &len, NULL);
		if (n == 0) {
			assert_in_range(len, 0, max);
			free(data);
		} else {
			assert_int_equal(n, -EFBIG);
		}
		got += n == 0;
		refused += n < 0;
		n = sb_box_get_fd(box, "/work/a", fd, max, NULL);
		assert_true(n == -EFBIG || (n >= 0 && n <= (ssize_t)max));
		assert_true(pread(fd, one, sizeof(one), 0) <= (ssize_t)max);
		close(fd);
	}
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Removal of a tree whose parts are exchanged for links to the rest of the world, which is writable. */
static void removal_stays_in_the_tree(void **state)
{
	const char *dir = fx_mkdir("outside");
	sb_config *cfg = work_config();
	sb_proc *proc;
	sb_box *box;

	(void)state;
	chmod(dir, 0777);
	chmod(fx_mkdir("outside/sub"), 0777);
	fx_write("outside/sub/precious", "p");
	fx_ok(sb_add_bind(cfg, dir, "/outside", 0));
	box = open_with(cfg);
	shell(box, cfg, "mkdir -p /work/safe/x; echo safe > /work/safe/x/f");
	for (int i = 0; i < 60; i++) {
		int r;

		shell(box, cfg,
		      "cd /work; mkdir -p t/a/x/y t/c/z; echo f > t/a/x/y/f; echo f > t/c/z/f; ln -s /outside t/b");
		fx_command(cfg, "swap=/work/t/a:/work/t/b:/work/t/c");
		proc = start_saying(box, cfg, "swapping");
		r = sb_box_remove(box, "/work/t", NULL);
		if (r < 0 && r != -EAGAIN)
			fail_msg("remove: %d", r);
		sb_proc_free(proc);
		DONE(r == 0 ? 0 : sb_box_remove(box, "/work/t", &err));
		fx_ok(access(fx_path("outside/sub/precious"), F_OK));
	}
	HAS(box, "/work/safe/x/f", "safe\n");
	assert_int_equal(sb_box_list(box, "/work", NULL, 0, NULL), 1);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* It is filled as fast as it is emptied: the call ends all the same, one way or the other. */
static void endless_supply(void **state)
{
	sb_config *cfg = work_config();
	sb_proc *proc;
	sb_box *box;
	int r;

	(void)state;
	box = open_with(cfg);
	DONE(sb_box_mkdir(box, "/work/t", 0700, &err));
	fx_command(cfg, "breed=/work/t");
	proc = start_saying(box, cfg, "breeding");
	r = sb_box_remove(box, "/work/t", NULL);
	if (r < 0 && r != -EAGAIN && r != -ENOENT)
		fail_msg("remove: %d", r);
	assert_true(sb_box_list(box, "/work", NULL, 0, NULL) >= 0);
	sb_proc_free(proc);
	assert_true(sb_box_remove(box, "/work/t", NULL) == 0 || sb_box_list(box, "/work", NULL, 0, NULL) == 0);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* The sandbox is killed while it is asked. */
static void ends_in_the_middle(void **state)
{
	sb_config *cfg = work_config();
	sb_box *box = open_with(cfg);
	int status;
	pid_t pid;

	(void)state;
	fx_command(cfg, "deep=/work/t:5000");
	fx_wait(start_in(box, cfg), NULL);
	pid = fork();
	if (pid == 0) { /* from another process: this one is in the call */
		kill(sb_box_pid(box), SIGKILL);
		_exit(0);
	}
	status = sb_box_remove(box, "/work/t", NULL);
	assert_true(status == -ESRCH || status == 0);
	assert_int_equal(sb_box_remove(box, "/work/t", NULL), status == 0 ? -ENOENT : -ESRCH);
	waitpid(pid, &status, 0);
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(traps_are_not_opened), FX_TEST_IF("root", device_nodes), FX_TEST(lease),
		FX_TEST(names_trade_places), FX_TEST(directories_trade_places), FX_TEST(link_out_of_nothing),
		FX_TEST(grows_while_it_is_read), FX_TEST(removal_stays_in_the_tree), FX_TEST(endless_supply),
		FX_TEST(ends_in_the_middle),
	};

	fx_begin();
	return cmocka_run_group_tests_name("files_hostile", tests, NULL, NULL);
}
