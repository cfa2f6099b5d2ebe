// SPDX-License-Identifier: MIT
/* A failure names the step and the object, and says what to do about it. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The text of an error must name @what, its step be @step, and a hint be there. */
#define explains(err, step_name, what)                                  \
	do {                                                            \
		const sb_error *e_ = (err);                             \
		assert_string_equal(sb_step_name(e_->step), step_name); \
		fx_has(e_->message, what);                              \
		if (!e_->hint[0])                                       \
			fail_msg("no hint for: %s", e_->message);       \
	} while (0)

/* A root of its own made of one file. */
static sb_config *with_program(const char *text, uint32_t mode)
{
	sb_config *cfg = sb_config_new();

	fx_ok(sb_add_file(cfg, "/bin/prog", text, strlen(text), mode));
	fx_ok(sb_set_command(cfg, "/bin/prog", NULL));
	return cfg;
}

static void command_not_found(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_command(cfg, "/bin/nothing", NULL));
	explains(fx_refused(cfg, ENOENT), "exec", "/bin/nothing");
}

static void command_not_in_path(void **state)
{
	const char *argv[] = {"nothing", NULL};
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_command(cfg, NULL, argv));
	fx_ok(sb_add_env(cfg, "PATH=/opt/a:/opt/b"));
	explains(fx_refused(cfg, ENOENT), "exec", "nothing");
}

static void command_not_executable(void **state)
{
	(void)state;
	explains(fx_refused(with_program("#!/bin/sh\n", 0644), EACCES), "exec", "/bin/prog");
}

static void command_is_a_directory(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_add_dir(cfg, "/bin/prog", 0755));
	fx_ok(sb_set_command(cfg, "/bin/prog", NULL));
	explains(fx_refused(cfg, EACCES), "exec", "/bin/prog");
}

static void interpreter_missing(void **state)
{
	const sb_error *err = fx_refused(with_program("#!/no/such/interpreter\n", 0755), ENOENT);

	(void)state;
	explains(err, "exec", "/bin/prog");
	fx_has(err->message, "interpreter");
}

/* The commonest of all: a dynamic program without the directory of its loader. */
static void loader_missing(void **state)
{
	sb_config *cfg = sb_config_new();
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_bind(cfg, "/bin/sh", "/bin/sh", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, "/bin/sh", NULL));
	err = fx_refused(cfg, ENOENT);
	explains(err, "exec", "/bin/sh");
	fx_has(err->message, "interpreter");
}

static void not_a_program(void **state)
{
	(void)state;
	explains(fx_refused(with_program("no magic\n", 0755), ENOEXEC), "exec", "/bin/prog");
}

static void on_a_noexec_mount(void **state)
{
	sb_config *cfg = sb_config_new();
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO | SB_MOUNT_NOEXEC));
	fx_ok(sb_set_command(cfg, "/inside", NULL));
	err = fx_refused(cfg, EACCES);
	explains(err, "exec", "/inside");
	fx_has(err->hint, "noexec");
}

static void source_missing(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_add_bind(cfg, "/no/such/source", "/x", 0));
	explains(fx_refused(cfg, ENOENT), "bind", "/no/such/source");
}

static void target_missing(void **state)
{
	const char *root = fx_mkdir("root");
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_set_rootfs(cfg, root, SB_MOUNT_RO));
	fx_ok(sb_add_tmpfs(cfg, "/tmp/x", 0, 0, 0755));
	fx_ok(sb_set_command(cfg, "/x", NULL));
	explains(fx_refused(cfg, ENOENT), "tmpfs", "/tmp/x");
}

static void a_file_where_a_directory_is_needed(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_file(cfg, "/f", "x", 1, 0644));
	fx_ok(sb_add_dir(cfg, "/f/d", 0755));
	err = fx_refused(cfg, ENOTDIR);
	assert_string_equal(sb_step_name(err->step), "dir");
	fx_has(err->message, "/f/d");
	assert_int_equal(err->index, 2);
}

static void masked_or_read_only_path_missing(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_readonly(cfg, "/nothing"));
	err = fx_refused(cfg, ENOENT);
	assert_string_equal(sb_step_name(err->step), "readonly");
	fx_has(err->message, "/nothing");
}

static void cwd_missing(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_cwd(cfg, "/no/such/dir"));
	explains(fx_refused(cfg, ENOENT), "cwd", "/no/such/dir");
}

static void a_time_before_the_beginning(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_boottime(cfg, -4000000000));
	err = fx_refused(cfg, ERANGE);
	assert_string_equal(sb_step_name(err->step), "timens");
}

/* Whether sb-init is there, dead or gone when its maps are to be written is chance. The error is not. */
static void a_time_before_the_beginning_for_a_host_without_zombies(void **state)
{
	const sb_error *err;
	sb_config *cfg;
	int i;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < 50; i++) {
		cfg = fx_config("exit=0");
		fx_ok(sb_set_boottime(cfg, -4000000000));
		err = fx_refused(cfg, ERANGE);
		assert_string_equal(sb_step_name(err->step), "timens");
	}
	signal(SIGCHLD, SIG_DFL);
}

/* The next ones need another host: a child that changed something for itself alone. */
static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* The limit of a user namespace is its own: set in a throw-away one, it holds for that alone. */
static const char *no_more_user_namespaces(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return "skip: no user namespace to try it in";
	snprintf(map, sizeof(map), "1000 %u 1", uid);
	put("/proc/self/setgroups", "deny");
	if (put("/proc/self/uid_map", map) < 0)
		return "skip: the map cannot be written";
	snprintf(map, sizeof(map), "1000 %u 1", gid);
	if (put("/proc/self/gid_map", map) < 0)
		return "skip: the map cannot be written";
	if (put("/proc/sys/user/max_user_namespaces", "0") < 0)
		return "skip: /proc/sys/user/max_user_namespaces cannot be written here";
	return fx_judge(fx_config("exit=0"), ENOSPC, "userns", "max_user_namespaces");
}

static void user_namespaces_off(void **state)
{
	(void)state;
	fx_in_child(no_more_user_namespaces);
}

static const char *no_more_processes(void)
{
	struct rlimit one = {1, 1};

	setrlimit(RLIMIT_NPROC, &one);
	return fx_judge(fx_config("exit=0"), EAGAIN, "clone", "NPROC");
}

static void process_limit_reached(void **state)
{
	(void)state;
	fx_in_child(no_more_processes);
}

static const char *no_core_dumps(void)
{
	struct rlimit none = {0, 0};
	sb_config *cfg;

	if (fx_drop_cap(CAP_SYS_RESOURCE) < 0)
		return "the capability cannot be dropped";
	cfg = fx_config("exit=0");
	setrlimit(RLIMIT_CORE, &none);
	if (sb_set_rlimit(cfg, "core", 4096, 4096) < 0)
		return "sb_set_rlimit failed";
	return fx_judge(cfg, EPERM, "rlimit", "CAP_SYS_RESOURCE");
}

static void a_hard_limit_cannot_be_raised_without_privilege(void **state)
{
	(void)state;
	fx_in_child(no_core_dumps);
}

/* As in a container whose engine masks parts of /proc. */
static const char *covered_proc(void)
{
	sb_config *cfg = fx_config("exit=0");

	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "skip: no mount namespace to try it in";
	if (mount("/dev/null", "/proc/meminfo", NULL, MS_BIND, NULL) < 0)
		return "skip: /proc/meminfo cannot be covered";
	if (geteuid() == 0 && fx_who() == FX_ROOT &&
	    (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return "skip: cannot become an ordinary user";
	if (sb_add_proc(cfg, "/proc", 0) < 0)
		return "sb_add_proc failed";
	return fx_judge(cfg, EPERM, "proc", "cover");
}

static void a_file_for_a_directory(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_add_dir(cfg, "/d", 0755));
	fx_ok(sb_add_bind(cfg, fx_write("file", "x"), "/d", 0));
	err = fx_refused(cfg, EINVAL);
	assert_int_equal(err->step, SB_STEP_BIND);
	fx_has(err->message, "one is a directory");
	fx_has(err->hint, "in the place of a file");
}

static void a_link_in_a_directory_of_the_host(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	const sb_error *err;

	(void)state;
	fx_ok(sb_set_rootfs(cfg, fx_mkdir("root"), 0));
	fx_ok(sb_add_symlink(cfg, "/etc", "/link"));
	err = fx_refused(cfg, ENOENT);
	fx_has(err->hint, "SB_ROOT_OVERLAY");
}

static void proc_too_covered(void **state)
{
	(void)state;
	fx_in_child(covered_proc);
}

static void an_undersized_error_is_left_alone(void **state)
{
	union {
		sb_error err;
		unsigned char raw[sizeof(sb_error)];
	} u;
	sb_config *cfg = fx_config("exit=0");
	sb_proc *proc = NULL;
	size_t i;

	(void)state;
	memset(&u, 0x5a, sizeof(u));
	u.err.size = 16;
	fx_ok(sb_set_command(cfg, "/nothing", NULL));
	assert_int_equal(sb_spawn(cfg, &proc, &u.err), -ENOENT);
	sb_config_free(cfg);
	assert_int_equal(u.err.code, ENOENT);
	for (i = 16; i < sizeof(u); i++)
		assert_int_equal(u.raw[i], 0x5a);
}

static void every_failure_leaves_nothing_behind_a_hundred_times(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_proc *proc = NULL;
	int i;

	(void)state;
	fx_ok(sb_set_command(cfg, "/nothing", NULL));
	for (i = 0; i < 100; i++)
		assert_int_equal(sb_spawn(cfg, &proc, NULL), -ENOENT);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(command_not_found),
		FX_TEST(command_not_in_path),
		FX_TEST(command_not_executable),
		FX_TEST(command_is_a_directory),
		FX_TEST(interpreter_missing),
		FX_TEST(loader_missing),
		FX_TEST(not_a_program),
		FX_TEST(on_a_noexec_mount),
		FX_TEST(source_missing),
		FX_TEST(target_missing),
		FX_TEST(a_file_where_a_directory_is_needed),
		FX_TEST(masked_or_read_only_path_missing),
		FX_TEST(cwd_missing),
		FX_TEST_IF("ns.time", a_time_before_the_beginning),
		FX_TEST_IF("ns.time", a_time_before_the_beginning_for_a_host_without_zombies),
		FX_TEST(user_namespaces_off),
		FX_TEST_IF("user", process_limit_reached),
		FX_TEST(a_hard_limit_cannot_be_raised_without_privilege),
		FX_TEST(a_file_for_a_directory),
		FX_TEST(a_link_in_a_directory_of_the_host),
		FX_TEST_IF("root", proc_too_covered),
		FX_TEST(an_undersized_error_is_left_alone),
		FX_TEST(every_failure_leaves_nothing_behind_a_hundred_times),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
