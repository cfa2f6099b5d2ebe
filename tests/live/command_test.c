// SPDX-License-Identifier: MIT
/* What the command finds: arguments, environment, limits, descriptors, session, terminal, privileges. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void argv_arrives_unchanged(void **state)
{
	const char *argv[] = {"another name", "argv", "", "two words", "\"quoted\"", "\xff\xfe", "--", NULL};
	sb_config *cfg = fx_config("exit=0");
	const char *out;

	(void)state;
	fx_ok(sb_set_command(cfg, "/inside", argv));
	out = fx_output(cfg);
	fx_is(out, "argc", "7");
	fx_is(out, "argv0", "another name");
	fx_is(out, "argv2", "");
	fx_is(out, "argv3", "two words");
	fx_is(out, "argv4", "\"quoted\"");
	fx_is(out, "argv5", "\xff\xfe");
	fx_is(out, "argv6", "--");
}

static void argv_is_the_path_unless_given(void **state)
{
	const char *argv[] = {"/inside", "argv", NULL};
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_command(cfg, "/inside", NULL));
	assert_string_equal(fx_output(cfg), "");
	cfg = fx_config("exit=0");
	fx_ok(sb_set_command(cfg, NULL, argv));
	fx_is(fx_output(cfg), "argv0", "/inside");
}

static void many_arguments(void **state)
{
	const char **argv = calloc(20002, sizeof(*argv));
	sb_config *cfg = fx_config("exit=0");
	char *out = malloc(1 << 20);
	sb_result res = SB_INIT(sb_result);
	int i;

	(void)state;
	argv[0] = "inside";
	argv[1] = "argv";
	for (i = 2; i < 20001; i++)
		argv[i] = "an argument";
	fx_ok(sb_set_command(cfg, "/inside", argv));
	free(argv);
	fx_run(cfg, out, 1 << 20, &res);
	sb_config_free(cfg);
	assert_int_equal(res.code, 0);
	fx_is(out, "argc", "20001");
	fx_is(out, "argv20000", "an argument");
	free(out);
}

static void the_environment_is_empty(void **state)
{
	(void)state;
	assert_string_equal(fx_output(fx_config("env")), "envc=0\n");
}

static void environment_given_inherited_and_replaced(void **state)
{
	const char *env[] = {"A=1", "EMPTY=", NULL};
	sb_config *cfg = fx_config("env");
	const char *out;

	(void)state;
	setenv("FX_TAKEN", "from the host", 1);
	fx_ok(sb_set_env(cfg, env));
	fx_ok(sb_add_env(cfg, "B=x=y"));
	fx_ok(sb_add_env(cfg, "FX_TAKEN"));
	fx_ok(sb_add_env(cfg, "FX_HAS_NO_VALUE"));
	fx_ok(sb_add_env(cfg, "A=2"));
	unsetenv("FX_TAKEN");
	out = fx_output(cfg);
	fx_is(out, "envc", "4");
	fx_has(out, "=A=2\n");
	fx_has(out, "=EMPTY=\n");
	fx_has(out, "=B=x=y\n");
	fx_has(out, "=FX_TAKEN=from the host\n");
	fx_has_not(out, "A=1");
}

static void a_name_is_looked_up_in_the_path_of_the_command(void **state)
{
	const char *argv[] = {"tool", "say=found", NULL};
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_add_bind(cfg, fx_inside(), "/opt/second/tool", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, "tool", argv));
	fx_ok(sb_add_env(cfg, "PATH=/opt/first:/opt/second"));
	assert_string_equal(fx_output(cfg), "found\n");

	cfg = sb_config_new();
	fx_ok(sb_add_bind(cfg, fx_inside(), "/usr/bin/tool", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, NULL, argv));
	assert_string_equal(fx_output(cfg), "found\n");

	cfg = sb_config_new();
	fx_ok(sb_add_bind(cfg, fx_inside(), "/opt/second/tool", SB_MOUNT_RO));
	fx_ok(sb_set_command(cfg, "tool", argv));
	fx_ok(sb_add_env(cfg, "PATH=/opt/first"));
	fx_refused(cfg, ENOENT);
}

static void cwd_and_umask(void **state)
{
	sb_config *cfg = fx_config("where");
	const char *out;

	(void)state;
	out = fx_output(fx_config("where"));
	fx_is(out, "cwd", "/");
	fx_is(out, "umask", "0022");
	fx_ok(sb_add_dir(cfg, "/a/b", 0755));
	fx_ok(sb_set_cwd(cfg, "/a/b"));
	fx_ok(sb_set_umask(cfg, 0137));
	out = fx_output(cfg);
	fx_is(out, "cwd", "/a/b");
	fx_is(out, "umask", "0137");
}

static void every_rlimit(void **state)
{
	static const struct {
		const char *name;
		int number;
		uint64_t value;
	} limits[] = {
		{"cpu", RLIMIT_CPU, 100},          {"FSIZE", RLIMIT_FSIZE, 1 << 20},
		{"data", RLIMIT_DATA, 1 << 28},    {"stack", RLIMIT_STACK, 1 << 20},
		{"core", RLIMIT_CORE, 0},          {"rss", RLIMIT_RSS, 1 << 28},
		{"nproc", RLIMIT_NPROC, 1000},     {"nofile", RLIMIT_NOFILE, 77},
		{"memlock", RLIMIT_MEMLOCK, 4096}, {"As", RLIMIT_AS, 1 << 30},
		{"locks", RLIMIT_LOCKS, 10},       {"sigpending", RLIMIT_SIGPENDING, 50},
		{"msgqueue", RLIMIT_MSGQUEUE, 0},  {"nice", RLIMIT_NICE, 0},
		{"rtprio", RLIMIT_RTPRIO, 0},      {"rttime", RLIMIT_RTTIME, 1000},
	};
	char word[32], want[64];
	const char *out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		sb_config *cfg;

		snprintf(word, sizeof(word), "rlimit=%d", limits[i].number);
		cfg = fx_config(word);
		fx_ok(sb_set_rlimit(cfg, limits[i].name, limits[i].value, limits[i].value));
		out = fx_output(cfg);
		snprintf(word, sizeof(word), "rlimit%d", limits[i].number);
		snprintf(want, sizeof(want), "%llu %llu", (unsigned long long)limits[i].value,
			 (unsigned long long)limits[i].value);
		fx_is(out, word, want);
	}
}

static void core_is_off_unless_asked_for(void **state)
{
	const char *value = fx_get(fx_output(fx_config("rlimit=4")), "rlimit4");
	sb_config *cfg = fx_config("rlimit=7");
	struct rlimit rl;
	char want[64];

	(void)state;
	assert_true(!strcmp(value, "0 0") || !strcmp(value, "1 1"));
	getrlimit(RLIMIT_NOFILE, &rl);
	snprintf(want, sizeof(want), "%llu %llu", (unsigned long long)rl.rlim_cur,
		 (unsigned long long)rl.rlim_max);
	fx_is(fx_output(cfg), "rlimit7", want);
}

/* As root of the host it could be raised, which is what comes first. */
static const char *spawn_below_a_hard_limit(void)
{
	struct rlimit none = {0, 0};
	sb_config *cfg = fx_config("rlimit=4");

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return "no limit can be set";
	if (fx_who() == FX_ROOT) {
		fx_ok(sb_set_ns(cfg, SB_NS_MOUNT | SB_NS_PID));
		fx_ok(sb_set_host_root(cfg, 1));
	}
	return strcmp(fx_get(fx_output(cfg), "rlimit4"), "0 0") ? "the hard limit has been raised" : NULL;
}

static void a_lower_hard_limit_stays(void **state)
{
	(void)state;
	fx_in_child(spawn_below_a_hard_limit);
}

static void nice_is_set(void **state)
{
	sb_config *cfg = fx_config("nice");

	(void)state;
	fx_is(fx_output(fx_config("nice")), "nice", "0");
	fx_ok(sb_set_nice(cfg, 11));
	fx_is(fx_output(cfg), "nice", "11");
}

/* Root has it from before it enters the user namespace; others have it nowhere. */
static void a_higher_priority_needs_the_hosts_privilege(void **state)
{
	sb_config *cfg = fx_config("nice");

	(void)state;
	fx_ok(sb_set_nice(cfg, -5));
	if (fx_who() == FX_ROOT)
		fx_is(fx_output(cfg), "nice", "-5");
	else
		fx_has(fx_refused(cfg, EACCES)->hint, "CAP_SYS_NICE");
}

static void descriptors_are_null_and_nothing_else(void **state)
{
	const char *out = fx_output(fx_config("fds", "fd=0", "fd=2"));

	(void)state;
	fx_is(out, "fds", "0 1 2");
	fx_has(fx_get(out, "fd0"), "20000 1:3 ");
	fx_has(fx_get(out, "fd2"), "20000 1:3 ");
}

static void descriptors_are_put_where_asked(void **state)
{
	sb_config *cfg = fx_config("fds", "fd=5", "fd=9", "fd=1023", "read=9");
	const char *out;
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	assert_int_equal(write(p[1], "ab", 2), 2);
	fx_ok(sb_set_fd(cfg, 5, -1));
	fx_ok(sb_set_fd(cfg, 9, p[0]));
	fx_ok(sb_set_fd(cfg, 1023, p[0]));
	out = fx_output(cfg);
	close(p[0]);
	close(p[1]);
	fx_is(out, "fds", "0 1 2 5 9 1023");
	fx_has(fx_get(out, "fd5"), "20000 1:3 ");
	fx_has(fx_get(out, "fd9"), "10000 ");
	fx_is(out, "read", "1");
}

/* The first process had it at the same number. */
static void what_the_command_closes_is_closed(void **state)
{
	const char *const argv[] = {"sh", "-c", "exec >&-; read line", NULL};
	sb_config *cfg = sb_config_new();
	sb_result res = SB_INIT(sb_result);
	struct pollfd polled;
	int in[2], out[2];
	sb_proc *proc;
	char byte;

	(void)state;
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_set_command(cfg, "sh", argv));
	fx_ok(sb_set_fd(cfg, 0, in[0]));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	proc = fx_spawn(cfg);
	close(in[0]);
	close(out[1]);
	polled = (struct pollfd){out[0], POLLIN, 0};
	assert_int_equal(poll(&polled, 1, 20000), 1);
	assert_int_equal(read(out[0], &byte, 1), 0);
	close(in[1]);
	close(out[0]);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	sb_config_free(cfg);
}

static void a_closed_descriptor_is_named(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_fd(cfg, 4, 987));
	fx_has(fx_refused(cfg, EBADF)->message, "987");
}

static void many_descriptors(void **state)
{
	sb_config *cfg = fx_config("fds");
	int fd, i;

	(void)state;
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	for (i = 3; i < 120; i++)
		fx_ok(sb_set_fd(cfg, i, fd));
	fx_has(fx_get(fx_output(cfg), "fds"), " 118 119");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(argv_arrives_unchanged),
		FX_TEST(argv_is_the_path_unless_given),
		FX_TEST(many_arguments),
		FX_TEST(the_environment_is_empty),
		FX_TEST(environment_given_inherited_and_replaced),
		FX_TEST(a_name_is_looked_up_in_the_path_of_the_command),
		FX_TEST(cwd_and_umask),
		FX_TEST(every_rlimit),
		FX_TEST(core_is_off_unless_asked_for),
		FX_TEST(a_lower_hard_limit_stays),
		FX_TEST(nice_is_set),
		FX_TEST(a_higher_priority_needs_the_hosts_privilege),
		FX_TEST(descriptors_are_null_and_nothing_else),
		FX_TEST(descriptors_are_put_where_asked),
		FX_TEST(what_the_command_closes_is_closed),
		FX_TEST(a_closed_descriptor_is_named),
		FX_TEST(many_descriptors),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
