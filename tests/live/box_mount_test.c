// SPDX-License-Identifier: MIT
/*
 * Mounts that are added to an open box and taken away: what commands see of them, and what is left
 * of them.
 */
#include "box_mount_kit.h"

/* A shell that reads paths, and says what they hold, until the end of its input. */
struct reader {
	sb_proc *proc;
	int in, out;
};

static struct reader start_reader(void)
{
	const char *const argv[] = { "sh", "-c",
				     "cd /work; while read -r p; do cat \"$p\" 2>/dev/null || echo -; done",
				     NULL };
	struct reader reader;
	int in[2], out[2];

	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_command(cfg, "/bin/sh", argv));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	reader = (struct reader){start_in(box, cfg), in[1], out[0]};
	fx_ok(sb_set_fd(cfg, 0, -1));
	fx_ok(sb_set_fd(cfg, 1, -1));
	close(in[0]);
	close(out[1]);
	return reader;
}

static void reads(const struct reader *reader, const char *path, const char *text)
{
	char buf[100] = "";

	assert_true(write(reader->in, path, strlen(path)) > 0);
	assert_true(write(reader->in, "\n", 1) == 1);
	assert_true(read(reader->out, buf, sizeof(buf) - 1) > 0);
	assert_string_equal(buf, text);
}

static void end_reader(struct reader *reader)
{
	close(reader->in);
	close(reader->out);
	fx_wait(reader->proc, NULL);
}

static void seen_by_commands_that_run_and_by_later_ones(void **state)
{
	const char *dir = a_dir("d");
	struct reader reader;

	(void)state;
	begin();
	reader = start_reader();
	reads(&reader, "/in/file", "-\n");
	DONE(sb_box_bind(box, dir, "/in", SB_MOUNT_RO, &err));
	reads(&reader, "/in/file", "text");
	fx_is(SAID("cat=/in/file"), "cat /in/file", "text");
	DONE(sb_box_bind(box, fx_path("d/file"), "/one/file", SB_MOUNT_RO, &err));
	reads(&reader, "/one/file", "text");
	DONE(sb_box_unmount(box, "/in", &err));
	reads(&reader, "/in/file", "-\n");
	fx_is(SAID("cat=/in/file"), "cat /in/file", "ENOENT");
	DONE(sb_box_unmount(box, "/one/file", &err));
	end_reader(&reader);
	end();
}

static void flags_and_defaults_are_those_of_the_opening(void **state)
{
	const char *dir = a_dir("d"), *out;

	(void)state;
	begin();
	DONE(sb_box_bind(box, dir, "/rw", 0, &err));
	DONE(sb_box_bind(box, dir, "/ro", SB_MOUNT_RO, &err));
	DONE(sb_box_bind(box, dir, "/no", SB_MOUNT_RO | SB_MOUNT_NOEXEC, &err));
	out = SAID("write=/rw/new", "write=/ro/new", "write=/ro/file", "fs=/rw", "fs=/ro", "fs=/no");
	fx_is(out, "write /rw/new", "ok");
	fx_is(out, "write /ro/new", "EROFS");
	fx_is(out, "write /ro/file", "EROFS");
	fx_has(fx_get(out, "fs /rw"), " rw nosuid nodev");
	fx_has(fx_get(out, "fs /ro"), " ro nosuid nodev");
	fx_has(fx_get(out, "fs /no"), " ro nosuid nodev noexec");
	fx_ok(access(fx_path("d/new"), F_OK));
	end();
}

static void devices_and_set_user_id_by_name_only(void **state)
{
	const char *dir = fx_mount("devices", "mode=777"), *out;

	(void)state;
	fx_ok(mknod(fx_path("devices/null"), S_IFCHR | 0666, makedev(1, 3)));
	fx_ok(chmod(fx_path("devices/null"), 0666));
	begin();
	DONE(sb_box_bind(box, dir, "/closed", 0, &err));
	DONE(sb_box_bind(box, dir, "/open", SB_MOUNT_DEV | SB_MOUNT_SUID, &err));
	out = SAID("open=/closed/null", "open=/open/null", "fs=/open");
	fx_is(out, "open /closed/null", "EACCES");
	fx_is(out, "open /open/null", "ok");
	fx_has_not(fx_get(out, "fs /open"), "nosuid");
	DONE(sb_box_unmount(box, "/open", &err));
	DONE(sb_box_unmount(box, "/closed", &err));
	fx_umount("devices");
	end();
}

static void recursive_takes_the_mounts_below(void **state)
{
	const char *dir = a_dir("d"), *out;

	(void)state;
	fx_mount("d/sub", "mode=777");
	fx_write("d/sub/below", "");
	begin();
	DONE(sb_box_bind(box, dir, "/all", SB_MOUNT_RO | SB_MOUNT_RECURSIVE, &err));
	DONE(sb_box_bind(box, dir, "/one", SB_MOUNT_RO, &err));
	out = SAID("fs=/all/sub", "write=/all/sub/x", "ls=/all/sub", "ls=/one/sub");
	fx_has(fx_get(out, "fs /all/sub"), "0x1021994 ro nosuid nodev");
	fx_is(out, "write /all/sub/x", "EROFS");
	fx_is(out, "ls /all/sub", "below");
	fx_is(out, "ls /one/sub", "");
	DONE(sb_box_unmount(box, "/all", &err));
	end();
	fx_umount("d/sub");
}

/* The default root is read-only for the command, and stays so. */
static void missing_targets_are_made_in_the_sandboxs_own_file_systems(void **state)
{
	const char *dir = a_dir("d"), *out;

	(void)state;
	cfg = work_config();
	fx_ok(sb_add_bind(cfg, a_dir("host"), "/host", 0));
	box = open_with(cfg);
	DONE(sb_box_bind(box, dir, "/a/b/c", 0, &err));
	DONE(sb_box_bind(box, dir, "/work/x/y", 0, &err));
	DONE(sb_box_bind(box, fx_path("d/file"), "/a/f/file", 0, &err));
	DONE(sb_box_tmpfs(box, "/t/u", 0, 0, 0700, &err));
	DONE(sb_box_bind(box, dir, "/t/u/v/w", 0, &err));
	out = SAID("cat=/a/b/c/file", "cat=/work/x/y/file", "cat=/a/f/file", "cat=/t/u/v/w/file", "mkdir=/z",
		   "write=/a/b/x");
	fx_is(out, "cat /a/b/c/file", "text");
	fx_is(out, "cat /work/x/y/file", "text");
	fx_is(out, "cat /a/f/file", "text");
	fx_is(out, "cat /t/u/v/w/file", "text");
	fx_is(out, "mkdir /z", "EROFS");
	fx_is(out, "write /a/b/x", "EROFS");
	/* not in the host's directories, not in the tree of a bind that was added, not in /dev */
	NOT_MOUNTED(ENOENT, "on /host/new: the target is not there", "of the sandbox's own",
		    sb_box_bind(box, dir, "/host/new", 0, &err));
	NOT_MOUNTED(ENOENT, "/host/new/x", "", sb_box_bind(box, fx_path("d/file"), "/host/new/x", 0, &err));
	NOT_MOUNTED(ENOENT, "/a/b/c/new", "", sb_box_tmpfs(box, "/a/b/c/new", 0, 0, 0700, &err));
	NOT_MOUNTED(ENOENT, "/dev/new", "", sb_box_bind(box, dir, "/dev/new", 0, &err));
	assert_int_equal(access(fx_path("host/new"), F_OK), -1);
	assert_int_equal(access(fx_path("d/new"), F_OK), -1);
	/* but on a place that is there */
	fx_mkdir("host/there");
	DONE(sb_box_bind(box, dir, "/host/there", 0, &err));
	DONE(sb_box_unmount(box, "/host/there", &err));
	end();
}

static void a_tmpfs_has_the_boxs_owner_mode_and_size(void **state)
{
	const char *out;

	(void)state;
	begin();
	DONE(sb_box_tmpfs(box, "/t", 1 << 20, 8, 01750, &err));
	out = SAID("stat=/t", "fs=/t", "write=/t/a");
	fx_is(out, "write /t/a", "ok");
	fx_has(fx_get(out, "stat /t"), "041750 1000:1000 ");
	fx_has(fx_get(out, "fs /t"), "0x1021994 rw nosuid nodev");
	fx_is(out, "size /t", "1048576 8");
	DONE(sb_box_unmount(box, "/t", &err));
	fx_is(SAID("ls=/t"), "ls /t", "");
	end();
}

static void the_topmost_is_unmounted_first(void **state)
{
	(void)state;
	begin();
	DONE(sb_box_bind(box, a_dir("one"), "/in", 0, &err));
	DONE(sb_box_bind(box, a_dir("two"), "/in", 0, &err));
	DONE(sb_box_bind(box, a_dir("three"), "/in", 0, &err));
	fx_write("one/which", "1");
	fx_write("two/which", "2");
	fx_write("three/which", "3");
	HAS(box, "/in/which", "3");
	DONE(sb_box_unmount(box, "/in", &err));
	HAS(box, "/in/which", "2");
	DONE(sb_box_unmount(box, "/in", &err));
	HAS(box, "/in/which", "1");
	DONE(sb_box_unmount(box, "/in", &err));
	NOT_MOUNTED(EINVAL, "unmount /in: nothing is mounted there", "", sb_box_unmount(box, "/in", &err));
	/* on what the box was opened with: only what came later goes */
	shell(box, cfg, "echo kept > /work/which");
	DONE(sb_box_bind(box, fx_path("one"), "/work", 0, &err));
	HAS(box, "/work/which", "1");
	DONE(sb_box_unmount(box, "/work", &err));
	HAS(box, "/work/which", "kept\n");
	NOT_MOUNTED(EPERM, "unmount /work: what is mounted there was not added", "until its end",
		    sb_box_unmount(box, "/work", &err));
	end();
}

/* Who is in it keeps it. */
static void busy_mounts_go_from_view(void **state)
{
	struct reader reader;
	int fd;

	(void)state;
	begin();
	fd = -1;
	DONE(sb_box_bind(box, a_dir("d"), "/work", 0, &err));
	reader = start_reader(); /* its directory is in it */
	reads(&reader, "file", "text");
	fd = sb_box_open_file(box, "/work/file", O_RDONLY, 0, NULL);
	assert_true(fd >= 0);
	DONE(sb_box_tmpfs(box, "/work/below", 0, 0, 0700, NULL) == -ENOENT ? 0 : -1); /* of the host's */
	fx_mkdir("d/below");
	DONE(sb_box_tmpfs(box, "/work/below", 0, 0, 0700, &err));
	DONE(sb_box_unmount(box, "/work", &err)); /* and what is mounted in it */
	reads(&reader, "file", "text");
	reads(&reader, "/work/file", "-\n");
	close(fd);
	end_reader(&reader);
	end();
}

/*
 * sb_set_rootfs("/"): the present root, which is not that of the mount namespace if the caller is
 * in a chroot.
 */
static void where_the_present_root_is_kept(void **state)
{
	const char *dir = a_dir("d");

	(void)state;
	fx_mkdir("place");
	fx_mkdir("place/deep");
	cfg = fx_config("pause");
	sb_config_free(cfg);
	cfg = sb_config_new();
	fx_ok(sb_set_rootfs(cfg, "/", 0));
	box = open_with(cfg);
	DONE(sb_box_bind(box, dir, fx_path("place/deep"), 0, &err));
	HAS(box, fx_path("place/deep/file"), "text");
	NOT_MOUNTED(ENOENT, "the target is not there", "",
		    sb_box_bind(box, dir, fx_path("place/missing"), 0, &err));
	assert_int_equal(access(fx_path("place/missing"), F_OK), -1);
	assert_int_equal(access(fx_path("place/deep/file"), F_OK), -1);
	DONE(sb_box_unmount(box, fx_path("place/deep"), &err));
	end();
}

/* The root of the box's mount namespace has the same paths: nothing may be mounted there instead. */
static const char *from_a_chroot(void)
{
	static char why[600];
	sb_error err = SB_INIT(sb_error);
	struct stat st;
	int r;

	if (chroot(fx_path("jail")) < 0 || chdir("/") < 0)
		return "chroot";
	box = NULL;
	cfg = sb_config_new();
	sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER); /* which cannot be made in a chroot */
	sb_set_rootfs(cfg, "/", 0);
	r = sb_box_open(cfg, &box, &err);
	if (r == 0)
		r = sb_box_bind(box, "/source", "/target", 0, &err);
	snprintf(why, sizeof(why), "%s (%s)", err.message, err.hint);
	if (r == 0)
		r = sb_box_open_file(box, "/target/file", O_RDONLY, 0, &err);
	if (r >= 0 && (fstat(r, &st) < 0 || st.st_size != 4))
		return "another file";
	if (r >= 0)
		close(r);
	else
		snprintf(why, sizeof(why), "%s (%s)", err.message, err.hint);
	sb_box_free(box);
	sb_config_free(cfg);
	return r < 0 ? why : NULL;
}

static void from_a_chroot_it_is_that_root(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	fx_skip("sb-init is a program with libraries in this build, and finds none of them in a chroot");
#endif
	fx_mount("jail", "mode=755");
	fx_mkdir("jail/proc");
	fx_mkdir("jail/target");
	a_dir("jail/source");
	fx_ok(mount("proc", fx_path("jail/proc"), "proc", 0, NULL));
	fx_in_child(from_a_chroot);
	fx_ok(umount2(fx_path("jail/proc"), MNT_DETACH));
	fx_umount("jail");
}

static void relative_sources_are_the_callers(void **state)
{
	char *before = getcwd(NULL, 0);

	(void)state;
	a_dir("d");
	begin();
	fx_ok(chdir(fx_tmp()));
	DONE(sb_box_bind(box, "d", "/in", 0, &err));
	fx_ok(chdir(before));
	free(before);
	HAS(box, "/in/file", "text");
	end();
}

static void idmapped(void **state)
{
	const char *dir = a_dir("fs"), *out; /* not a tmpfs, which can be idmapped since 6.3 only */

	(void)state;
	fx_ok(chown(fx_path("fs/file"), 1000, 1000)); /* as the box's user is called inside */
	begin();
	DONE(sb_box_bind(box, dir, "/plain", 0, &err));
	DONE(sb_box_bind(box, dir, "/mapped", SB_MOUNT_IDMAP, &err));
	out = SAID("stat=/plain/file", "stat=/mapped/file");
	fx_has(fx_get(out, "stat /plain/file"), " 65534:65534 ");
	fx_has(fx_get(out, "stat /mapped/file"), " 1000:1000 ");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(seen_by_commands_that_run_and_by_later_ones),
		FX_TEST(flags_and_defaults_are_those_of_the_opening),
		FX_TEST_IF("root", devices_and_set_user_id_by_name_only),
		FX_TEST_IF("privilege", recursive_takes_the_mounts_below),
		FX_TEST(missing_targets_are_made_in_the_sandboxs_own_file_systems),
		FX_TEST(a_tmpfs_has_the_boxs_owner_mode_and_size),
		FX_TEST(the_topmost_is_unmounted_first),
		FX_TEST(busy_mounts_go_from_view),
		FX_TEST(where_the_present_root_is_kept),
		FX_TEST_IF("root", from_a_chroot_it_is_that_root),
		FX_TEST(relative_sources_are_the_callers),
		FX_TEST_IF("root idmap", idmapped),
	};

	fx_begin();
	return cmocka_run_group_tests_name("box_mount", tests, NULL, NULL);
}
