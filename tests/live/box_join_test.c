// SPDX-License-Identifier: MIT
/*
 * Commands in a box that another process keeps: what they find there, what is their own, and what
 * is refused.
 */
#include "join_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

static void it_finds_what_the_boxs_own_commands_find(void **state)
{
	static const char *const kinds[] = {"user", "pid", "mnt", "net", "ipc", "uts", "time"};
	char key[16], path[64], to[64];
	struct keeper k;
	const char *out;
	ssize_t n;

	(void)state;
	open_plain(&k);
	out = fx_output(joiner(&k, "ns", "uts", "ids", "clock", "cat=/etc/motd"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(key, sizeof(key), "ns %s", kinds[i]);
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", k.init, kinds[i]);
		n = readlink(path, to, sizeof(to) - 1);
		assert_true(n > 0);
		to[n] = '\0';
		fx_is(out, key, to);
	}
	fx_is(out, "hostname", "kept");
	fx_is(out, "uid", "1000");
	fx_has(out, "kept\n");
	assert_true(atoll(fx_get(out, "boottime")) >= 1000000);
	keeper_end(&k);
}

static void it_is_among_the_boxs_processes(void **state)
{
	struct keeper k;
	const char *pid;

	(void)state;
	open_plain(&k);
	/* Process 1 is sb-init, 2 the box's own command. Its parent is not in there. */
	pid = fx_get(fx_output(joiner(&k, "pids", "ls=/proc/2")), "pid");
	assert_non_null(pid);
	assert_true(atoi(pid) > 2);
	fx_is(fx_output(joiner(&k, "pids")), "ppid", "0");
	keeper_end(&k);
}

static void what_it_writes_others_read(void **state)
{
	struct keeper k;

	(void)state;
	open_plain(&k);
	fx_output(joiner(&k, "write=/tmp/file"));
	fx_output(joiner(&k, "cat=/tmp/file"));
	keeper_end(&k);
}

static void its_cgroup_namespace_is_new(void **state)
{
	char mine[64], path[64];
	struct keeper k;
	const char *its;
	ssize_t n = readlink("/proc/self/ns/cgroup", mine, sizeof(mine) - 1);

	(void)state;
	assert_true(n > 0);
	mine[n] = '\0';
	open_plain(&k);
	its = fx_get(fx_output(joiner(&k, "ns")), "ns cgroup");
	assert_string_not_equal(its, mine);
	snprintf(path, sizeof(path), "/proc/%d/ns/cgroup", k.init);
	n = readlink(path, mine, sizeof(mine) - 1);
	assert_true(n > 0);
	mine[n] = '\0';
	assert_string_not_equal(its, mine);
	keeper_end(&k);
}

static void only_what_is_asked_for_is_joined(void **state)
{
	sb_config *cfg;
	struct keeper k;
	char mine[64];
	ssize_t n = readlink("/proc/self/ns/ipc", mine, sizeof(mine) - 1);

	(void)state;
	assert_true(n > 0);
	mine[n] = '\0';
	open_plain(&k);
	cfg = joiner(&k, "ns");
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_IPC));
	fx_is(fx_output(cfg), "ns ipc", mine);
	keeper_end(&k);
}

/* Without its user namespace nobody but root has power over the others. */
static void what_is_out_of_reach_has_a_hint(void **state)
{
	const sb_error *err;
	sb_config *cfg;
	struct keeper k;

	(void)state;
	open_plain(&k);
	cfg = joiner(&k, "ns");
	fx_ok(sb_set_ns(cfg, SB_NS_UTS));
	err = fx_refused(cfg, EPERM);
	assert_string_equal(sb_step_name(err->step), "join");
	fx_has(err->hint, "SB_NS_USER");
	keeper_end(&k);
}

static void what_is_the_callers_already_is_not_joined(void **state)
{
	sb_config *cfg = box_config();
	struct keeper k;
	char mine[64];
	ssize_t n = readlink("/proc/self/ns/net", mine, sizeof(mine) - 1);

	(void)state;
	assert_true(n > 0);
	mine[n] = '\0';
	fx_ok(sb_net_host(cfg));
	keeper_begin(&k, cfg, NULL);
	fx_is(fx_output(joiner(&k, "ns")), "ns net", mine);
	keeper_end(&k);
}

static void a_box_without_a_user_namespace(void **state)
{
	sb_config *cfg = box_config();
	struct keeper k;

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	keeper_begin(&k, cfg, NULL);
	fx_is(fx_output(joiner(&k, "ids", "uts")), "uid", "65534");
	keeper_end(&k);
}

static void its_user_is_one_that_the_box_has(void **state)
{
	sb_config *cfg = box_config();
	const sb_error *err;
	struct keeper k;

	(void)state;
	fx_ok(sb_set_user(cfg, 5, 6));
	keeper_begin(&k, cfg, NULL);
	fx_is(fx_output(joiner(&k, "ids")), "uid", "5");
	fx_is(fx_output(joiner(&k, "ids")), "gid", "6");
	cfg = joiner(&k, "ids");
	fx_ok(sb_set_user(cfg, 7, 6));
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "7:6");
	assert_string_equal(sb_step_name(err->step), "user");
	keeper_end(&k);
}

static void hosts_root_has_to_be_asked_for(void **state)
{
	sb_config *cfg = box_config();
	struct keeper k;

	(void)state;
	fx_ok(sb_set_host_root(cfg, 1));
	fx_ok(sb_set_user(cfg, 0, 0));
	keeper_begin(&k, cfg, NULL);
	fx_refused(joiner(&k, "ids"), EPERM);
	cfg = joiner(&k, "ids");
	fx_ok(sb_set_host_root(cfg, 1));
	fx_is(fx_output(cfg), "uid", "0");
	keeper_end(&k);
}

static void limits_filter_and_verdict_are_its_own(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;
	struct keeper k;

	(void)state;
	open_plain(&k);
	cfg = joiner(&k, "pause");
	fx_ok(sb_set_limit(cfg, SB_LIMIT_WALL, 1000000, 0));
	fx_wait(fx_spawn(cfg), &res);
	assert_int_equal(res.verdict, SB_WALL_EXCEEDED);
	sb_config_free(cfg);
	cfg = joiner(&k, "spin=60000");
	fx_ok(sb_set_optional(cfg, SB_APPLIED_CGROUP));
	fx_ok(sb_set_limit(cfg, SB_LIMIT_CPU, 1000000, 0));
	fx_wait(fx_spawn(cfg), &res);
	assert_int_equal(res.verdict, SB_CPU_EXCEEDED);
	sb_config_free(cfg);
	cfg = joiner(&k, "mkdir=/tmp/x");
	fx_ok(sb_set_seccomp_text(cfg, "default allow\nkill mkdir\n", NULL));
	fx_wait(fx_spawn(cfg), &res);
	assert_int_equal(res.verdict, SB_FILTERED);
	sb_config_free(cfg);
	cfg = joiner(&k, "exit=3");
	fx_wait(fx_spawn(cfg), &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 3);
	assert_true(res.applied & SB_NS_PID);
	sb_config_free(cfg);
	keeper_end(&k);
}

static void a_box_in_a_joined_one(void **state)
{
	sb_error err = SB_INIT(sb_error);
	struct keeper k;
	sb_box *box = NULL;
	sb_proc *proc = NULL;
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;

	(void)state;
	open_plain(&k);
	cfg = joiner(&k, "exit=4");
	box = open_with(cfg);
	for (int i = 0; i < 2; i++) {
		if (sb_box_spawn(box, cfg, &proc, &err) < 0)
			fail_msg("sb_box_spawn: %s", err.message);
		fx_wait(proc, &res);
		assert_int_equal(res.code, 4);
	}
	sb_box_free(box);
	sb_config_free(cfg);
	keeper_end(&k);
}

static void what_is_no_sandbox(void **state)
{
	sb_config *cfg = sb_config_new();
	const sb_error *err;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	fx_command(cfg, "exit=0");
	fx_ok(sb_set_join(cfg, fd));
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "no pidfd");
	close(fd);
	cfg = sb_config_new();
	fx_command(cfg, "exit=0");
	fx_ok(sb_set_join(cfg, 999));
	err = fx_refused(cfg, EBADF);
	fx_has(err->message, "999");
}

static void what_describes_a_sandbox_is_refused(void **state)
{
	const sb_error *err;
	struct keeper k;
	sb_config *cfg;

	(void)state;
	open_plain(&k);
	cfg = joiner(&k, "exit=0");
	fx_ok(sb_add_tmpfs(cfg, "/mnt", 0, 0, 0755));
	err = fx_refused(cfg, EINVAL);
	fx_has(err->message, "file system");
	cfg = joiner(&k, "exit=0");
	fx_ok(sb_set_hostname(cfg, "other"));
	fx_has(fx_refused(cfg, EINVAL)->message, "host name");
	cfg = joiner(&k, "exit=0");
	fx_ok(sb_set_name(cfg, "other"));
	fx_has(fx_refused(cfg, EINVAL)->message, "name");
	keeper_end(&k);
}

static void a_check_and_a_dump_say_what_is_joined(void **state)
{
	char text[4096];
	struct keeper k;
	sb_config *cfg;

	(void)state;
	open_plain(&k);
	cfg = joiner(&k, "exit=0");
	fx_ok(sb_config_check(cfg, NULL));
	assert_true(sb_config_dump(cfg, text, sizeof(text), NULL) > 0);
	fx_has(text, "join pid");
	fx_has(text, "join time");
	fx_has_not(text, "hostname");
	sb_config_free(cfg);
	keeper_end(&k);
}

static int joins_as_another(const struct keeper *k)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_proc *proc;
	int r;

	if (setgid(1234) < 0 || setuid(1234) < 0)
		return 1;
	cfg = joiner(k, "exit=0");
	r = sb_spawn(cfg, &proc, &err);
	sb_config_free(cfg);
	return r == -EACCES && strstr(err.message, "not this user's") && err.hint[0] ? 0 : 2;
}

static void another_user_is_told_whose_it_is_not(void **state)
{
	struct keeper k;
	int status;
	pid_t pid;

	(void)state;
	open_plain(&k);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(joins_as_another(&k));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	keeper_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(it_finds_what_the_boxs_own_commands_find),
		FX_TEST(it_is_among_the_boxs_processes),
		FX_TEST(what_it_writes_others_read),
		FX_TEST(its_cgroup_namespace_is_new),
		FX_TEST_IF("privilege", only_what_is_asked_for_is_joined),
		FX_TEST_IF("user", what_is_out_of_reach_has_a_hint),
		FX_TEST(what_is_the_callers_already_is_not_joined),
		FX_TEST_IF("root", a_box_without_a_user_namespace),
		FX_TEST(its_user_is_one_that_the_box_has),
		FX_TEST_IF("root", hosts_root_has_to_be_asked_for),
		FX_TEST(limits_filter_and_verdict_are_its_own),
		FX_TEST(a_box_in_a_joined_one),
		FX_TEST(what_is_no_sandbox),
		FX_TEST(what_describes_a_sandbox_is_refused),
		FX_TEST(a_check_and_a_dump_say_what_is_joined),
		FX_TEST_IF("root", another_user_is_told_whose_it_is_not),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
