// SPDX-License-Identifier: MIT
/*
 * Cgroups inside: the command sees its own leaf, and may make cgroups below its
 * limits. A program in there that uses the library itself is this one, started
 * again with the argument "inner".
 */
#include "../fixture_cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB UINT64_C(1048576)
#define CG "/sys/fs/cgroup"

static void the_limits_can_be_read_and_not_written(void **state)
{
	const char *said;
	sb_config *cfg;

	(void)state;
	fx_cg_need("memory.max");
	cfg = fx_config("cat=" CG "/memory.max", "put=max " CG "/memory.max", "mkdir=" CG "/sub", "fs=" CG);
	fx_ok(sb_set_memory(cfg, 32 * MIB));
	fx_ok(sb_add_cgroupfs(cfg, CG, SB_MOUNT_RO));
	said = fx_output(cfg);
	fx_is(said, "cat " CG "/memory.max", "33554432");
	/* EROFS, or EACCES for another uid than the host's: which one is the kernel's choice. */
	fx_has(fx_get(said, "put " CG "/memory.max"), "E");
	fx_has(fx_get(said, "mkdir " CG "/sub"), "E");
	fx_has(fx_get(said, "fs " CG), "0x63677270 ro nosuid nodev noexec");
}

static void the_command_may_make_cgroups_of_its_own(void **state)
{
	const char *said;
	sb_config *cfg;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("cat=/proc/self/cgroup", "mkdir=" CG "/a", "put=0 " CG "/a/cgroup.procs",
			   "cat=" CG "/a/cgroup.procs", "put=0 " CG "/cgroup.procs", "fs=" CG);
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_cgroupfs(cfg, CG, 0));
	fx_ok(sb_set_cgroup_parent(cfg, fx_cg_parent())); /* every controller stays enabled in it */
	said = fx_output(cfg);
	fx_cg_parent_end();
	fx_has(said, "0::/\n");
	fx_is(said, "mkdir " CG "/a", "ok");
	fx_is(said, "put " CG "/a/cgroup.procs", "ok");
	fx_is(said, "put " CG "/cgroup.procs", "ok");
	fx_has(fx_get(said, "fs " CG), "0x63677270 rw nosuid nodev noexec");
}

/* What it could raise does not lie in what it sees. */
static void the_limits_are_out_of_its_reach(void **state)
{
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;
	sb_config *cfg;

	(void)state;
	fx_cg_need("memory.max pids.max");
	cfg = fx_config("put=max " CG "/memory.max", "put=max " CG "/pids.max",
			"put=max " CG "/../memory.max", "cat=" CG "/memory.max", "forks=100", "touch=64",
			"say=survived");
	fx_ok(sb_set_memory(cfg, 16 * MIB));
	fx_ok(sb_set_pids(cfg, 8));
	fx_ok(sb_add_cgroupfs(cfg, CG, 0));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_end(&talk, &res);
	fx_has(talk.said, "forks=7 EAGAIN");
	fx_has_not(talk.said, "survived");
	fx_has_not(talk.said, "33554432");
	fx_is(talk.said, "put " CG "/../memory.max", "ENOENT");
	assert_true(res.oom_kills >= 1);
	fx_talk_free(&talk);
	sb_config_free(cfg);
}

static void not_for_boxes_nor_without_its_namespaces(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_box *box = NULL;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	fx_ok(sb_add_cgroupfs(cfg, CG, 0));
	assert_int_equal(sb_box_open(cfg, &box, &err), -EINVAL);
	assert_true(err.message[0]);
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_CGROUP));
	fx_refused(cfg, EINVAL);
	cfg = fx_config("exit=0");
	fx_ok(sb_add_cgroupfs(cfg, CG, SB_MOUNT_RO)); /* no leaf to show */
	fx_refused(cfg, EINVAL);
}

/* --- a library in a sandbox of a library --------------------------------------------- */

static const char *self; /* the path of this program, the same inside */

static int inner_says(int n, const char *what)
{
	printf("inner: %s\n", what);
	return n;
}

/* Runs inside, with the library: a limit of its own holds, one beyond the outer limit is of no use. */
static int inner(const char *inside, const char *beyond)
{
	const char *over[] = { "inside", "touch=32", NULL }, *ok[] = { "inside", "touch=4", NULL };
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg = sb_config_new();
	sb_proc *proc;

	setbuf(stdout, NULL);
	sb_add_bind(cfg, inside, "/inside", SB_MOUNT_RO);
	sb_set_cgroup_flags(cfg, SB_CGROUP_MOVE_SELF | SB_CGROUP_NO_SYSTEMD);
	sb_set_memory(cfg, 12 * MIB);
	sb_set_command(cfg, "/inside", ok);
	if (sb_spawn(cfg, &proc, &err) < 0) {
		printf("inner: spawn: %s [%s] hint: %s\n", err.message, sb_step_name(err.step), err.hint);
		return 10;
	}
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	if (res.verdict != SB_EXITED || res.code || !(res.has & SB_HAS_OOM_KILLS))
		return inner_says(11, "a command within its limit");
	sb_set_command(cfg, "/inside", over);
	if (sb_spawn(cfg, &proc, &err) < 0)
		return inner_says(12, err.message);
	sb_proc_wait(proc, UINT64_MAX, &res, NULL);
	sb_proc_free(proc);
	if (res.verdict != SB_MEMORY_EXCEEDED)
		return inner_says(13, "a command over its limit");
	printf("inner: holds\n");
	if (beyond[0] == '1') { /* more than the outer limit allows */
		const char *much[] = { "inside", "touch=100", NULL };

		sb_set_memory(cfg, 400 * MIB);
		sb_set_command(cfg, "/inside", much);
		if (sb_spawn(cfg, &proc, &err) < 0)
			return inner_says(14, err.message);
		sb_proc_wait(proc, UINT64_MAX, &res, NULL);
		sb_proc_free(proc);
		printf("inner: beyond %s\n", res.verdict == SB_EXITED ? "worked" : "was stopped");
	}
	sb_config_free(cfg);
	return 0;
}

/* Where this program and its libraries were built. */
static void tree(char *path, size_t len)
{
	char probe[4200];

	snprintf(path, len, "%s", self);
	do {
		*strrchr(path, '/') = '\0';
		snprintf(probe, sizeof(probe), "%.4000s/meson-private", path);
	} while (path[0] && access(probe, F_OK) < 0);
	if (!path[0])
		snprintf(path, len, "%.*s", (int)(strrchr(self, '/') - self), self);
}

static void nested(int beyond)
{
	const char *const argv[] = { self, "inner", fx_inside(), beyond ? "1" : "0", NULL };
	sb_result res = SB_INIT(sb_result);
	struct fx_talk talk;
	char build[4096];
	sb_config *cfg;

	tree(build, sizeof(build));
	cfg = fx_config("exit=0");
	fx_ok(sb_set_command(cfg, self, argv));
	fx_ok(sb_set_ns(cfg, SB_NS_ALL));
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 0, 0, 01777)); /* first: the build tree may lie below it */
	fx_ok(sb_add_bind(cfg, build, build, SB_MOUNT_RO));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_cgroupfs(cfg, CG, 0));
	fx_ok(sb_set_seccomp(cfg, "nested"));
	fx_ok(sb_set_memory(cfg, 64 * MIB));
	fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_ACCOUNT | SB_CGROUP_NO_SYSTEMD));
	fx_talk_begin(&talk, NULL, cfg);
	fx_talk_end(&talk, &res);
	print_message("# %s", talk.said);
	if (res.verdict != SB_EXITED || res.code)
		fail_msg("verdict %d code %d: %s", res.verdict, res.code, talk.said);
	fx_has(talk.said, "inner: holds\n");
	if (beyond)
		fx_has(talk.said, "inner: beyond was stopped\n");
	if (res.has & SB_HAS_MEMORY_PEAK)
		assert_true(res.memory_peak <= 65 * MIB);
	assert_true(res.oom_kills >= 1); /* also those of the cgroups below */
	fx_talk_free(&talk);
	sb_config_free(cfg);
}

static void the_library_works_inside_as_anywhere(void **state)
{
	(void)state;
	fx_cg_need("memory.max");
	nested(0);
}

static void what_is_inside_cannot_go_beyond_the_outer_limit(void **state)
{
	(void)state;
	fx_cg_need("memory.max");
	nested(1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_limits_can_be_read_and_not_written),
		FX_TEST(the_command_may_make_cgroups_of_its_own),
		FX_TEST(the_limits_are_out_of_its_reach),
		FX_TEST(not_for_boxes_nor_without_its_namespaces),
		FX_TEST(the_library_works_inside_as_anywhere),
		FX_TEST(what_is_inside_cannot_go_beyond_the_outer_limit),
	};
	static char path[4096];
	ssize_t n;

	if (argc == 4 && !strcmp(argv[1], "inner"))
		return inner(argv[2], argv[3]);
	fx_begin();
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		return 1;
	path[n] = '\0';
	self = path;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
