// SPDX-License-Identifier: MIT
/* The filter on the real kernel: every action, every preset, and threads that make one at once. */
#include "attack_config.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void is_said(const char *out, const char *how, long number, const char *want)
{
	char key[64];

	snprintf(key, sizeof(key), "%s %ld", how, number);
	fx_is(out, key, want);
}

static void the_filter_is_there_and_told(void **state)
{
	sb_config *cfg = fx_config("cat=/proc/self/status");
	sb_result res = SB_INIT(sb_result);
	char out[8192];

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_run(cfg, out, sizeof(out), &res);
	fx_has(out, "\nSeccomp:\t2\n");
	fx_has(out, "\nNoNewPrivs:\t1\n");
	if (strstr(out, "Seccomp_filters:") && fx_who() == FX_ROOT)
		fx_has(out, "\nSeccomp_filters:\t1\n");
	assert_true(res.applied & SB_APPLIED_SECCOMP);
	assert_in_range(res.filter_length, 50, 4096);
	assert_int_equal(res.denied, 0);
	fx_ok(sb_set_seccomp(cfg, "none"));
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	if (fx_who() == FX_ROOT)
		fx_has(out, "\nSeccomp:\t0\n");
	assert_false(res.applied & (SB_APPLIED_SECCOMP | SB_APPLIED_SECCOMP_REPORT));
	assert_int_equal(res.filter_length, 0);
}

static const struct row {
	const char *preset;
	long number;
	const char *args, *want;
} rows[] = {
	{"default", SYS_socket, "2,2,0", "ok"},
	{"default", SYS_socket, "1,1,0", "ok"},
	{"default", SYS_socket, "40,1,0", "EAFNOSUPPORT"}, /* AF_VSOCK */
	{"default", SYS_socket, "38,5,0", "EAFNOSUPPORT"}, /* AF_ALG   */
	{"default", SYS_unshare, "0x10000000", "EPERM"},
	{"default", SYS_unshare, "0x400", "ok"}, /* CLONE_FILES */
	{"default", SYS_clone3, "0,0", "ENOSYS"},
	{"default", SYS_setns, "0,0", "EPERM"},
	{"default", SYS_flock, "1000,2", "EBADF"},
	{"default", SYS_ptrace, "0", "EPERM"},
	{"default", SYS_keyctl, "0,-3,0", "EPERM"},
	{"default", SYS_add_key, "0", "EPERM"},
	{"default", SYS_request_key, "0", "EPERM"},
	{"default", SYS_io_uring_setup, "1,0", "ENOSYS"},
	{"default", SYS_userfaultfd, "0", "ENOSYS"},
	{"default", SYS_bpf, "0", "EPERM"},
	{"default", SYS_mount, "0", "EPERM"},
	{"default", SYS_personality, "0x400000", "EPERM"}, /* READ_IMPLIES_EXEC */
	{"default", SYS_personality, "0xffffffff", "ok"},
	{"default", SYS_ioctl, "0,0x5412,0", "EPERM"}, /* TIOCSTI */
	{"default", SYS_ioctl, "0,0xabc00005412,0", "EPERM"},
	{"default", SYS_ioctl, "0,0x541c,0", "EPERM"}, /* TIOCLINUX */
	{"default", SYS_ioctl, "0,0x5413,0", "ENOTTY"},
	{"default", SYS_mknodat, "-100,0,0020666,0", "EPERM"},
	{"default", 9999, "0", "ENOSYS"},
	{"default", 480, "0", "ENOSYS"},
	{"judge", SYS_socket, "1,1,0", "EACCES"},
	{"judge", SYS_socketpair, "1,1,0,0", "EFAULT"},
	{"judge", SYS_connect, "0,0,0", "EPERM"},
	{"judge", SYS_flock, "1000,2", "EPERM"},
	{"judge", SYS_fcntl, "0,6,0", "EPERM"},  /* F_SETLK */
	{"judge", SYS_fcntl, "0,37,0", "EPERM"}, /* F_OFD_SETLK */
	{"judge", SYS_fcntl, "0,1,0", "ok"},
	{"judge", SYS_io_setup, "1,0", "ENOSYS"},
	{"judge", SYS_clone3, "0,0", "ENOSYS"},
	{"build", SYS_fchmodat, "-100,0,04755", "EPERM"},
	{"build", SYS_fchmodat, "-100,0,0755", "EFAULT"},
	{"build", SYS_setxattr, "0", "EOPNOTSUPP"},
	{"build", SYS_personality, "0x40000", "ok"},
	{"nested", SYS_mount, "0,0,0,0,0", "EFAULT"},
	{"nested", SYS_clone3, "0,0", "EINVAL"},
	{"nested", SYS_add_key, "0", "EPERM"},
	{"nested", SYS_unshare, "0x10000000", "ok"},
	{"none", SYS_add_key, "0,0,0,0", "EFAULT"},
	{"none", SYS_clone3, "0,0", "EINVAL"},
	{"none", SYS_mount, "0,0,0,0,0", "EFAULT"},
	{"none", SYS_ioctl, "0,0x5412,0", "ENOTTY"},
};

static void each_preset(void **state)
{
	char key[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *out =
			fx_output(call_config(rows[i].preset, a_call("call=", rows[i].number, rows[i].args)));
		const char *got;

		snprintf(key, sizeof(key), "call %ld", rows[i].number);
		got = fx_get(out, key);
		if (!strcmp(rows[i].want, "EOPNOTSUPP") && got && !strcmp(got, "ENOTSUP"))
			continue;
		if (!got || strcmp(got, rows[i].want))
			fail_msg("%s: call %ld(%s) is %s, expected %s", rows[i].preset, rows[i].number,
				 rows[i].args, got ? got : "(nothing)", rows[i].want);
	}
}

static void errno_values_arrive(void **state)
{
	const char *out =
		fx_output(call_config("default allow\n"
				      "errno sysinfo\n"
				      "errno(EXDEV) times\n"
				      "errno(4095) getpgid\n"
				      "unknown errno(EDOM)\n",
				      a_call("call=", SYS_sysinfo, ""), a_call("call=", SYS_times, ""),
				      a_call("call=", SYS_getpgid, ""), a_call("call=", 9999, "")));

	(void)state;
	is_said(out, "call", SYS_sysinfo, "EPERM");
	is_said(out, "call", SYS_times, "EXDEV");
	is_said(out, "call", SYS_getpgid, "4095");
	is_said(out, "call", 9999, "EDOM");
}

static void a_trap_is_a_signal_that_may_be_caught(void **state)
{
	sb_result res = SB_INIT(sb_result);
	char out[1024], want[64];
	sb_config *cfg =
		call_config("default allow\ntrap sysinfo\n", "catch", a_call("call=", SYS_sysinfo, "1"));

	(void)state;
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	snprintf(want, sizeof(want), "31 code=1 call=%ld errno=0", (long)SYS_sysinfo); /* SYS_SECCOMP */
	fx_is(out, "caught", want);
	assert_int_equal(res.verdict, SB_EXITED);
	cfg = call_config("default allow\ntrap sysinfo\n", a_call("call=", SYS_sysinfo, "1"));
	fx_run(cfg, out, sizeof(out), &res);
	sb_config_free(cfg);
	assert_int_equal(res.verdict, SB_SIGNALED);
	assert_int_equal(res.code, SIGSYS);
	assert_int_equal(res.denied, 0);
}

/* What the same call does where no filter is, so that the kernel's own refusal is not taken for ours. */
static void foreign_abis_are_killed(void **state)
{
	static const char *const ways[][2] = {{"int80", "20"}, {"x32", "39"}}; /* getpid */
	char word[32], key[32];
	const char *without, *with;

	(void)state;
#ifndef __x86_64__
	fx_skip("this machine has one ABI only");
#endif
	for (size_t i = 0; i < 2; i++) {
		snprintf(word, sizeof(word), "%s=%s", ways[i][0], ways[i][1]);
		snprintf(key, sizeof(key), "%s %s", ways[i][0], ways[i][1]);
		without = fx_get(fx_output(call_config("none", word)), key);
		assert_non_null(without);
		if (atoi(without))
			print_message("# %s: the kernel itself ends it with status %d\n", word, atoi(without));
		if ((atoi(without) & 0x7f) == SIGSEGV)
			continue; /* no way into this kernel at all: it has no system call to look at */
		for (const char *const *preset =
			     (const char *const[]){"default", "judge", "build", "nested", NULL};
		     *preset; preset++) {
			with = fx_get(fx_output(call_config(*preset, word)), key);
			assert_int_equal(atoi(with) & 0x7f, SIGSYS);
		}
	}
	fx_has(fx_output(call_config("default allow\nforeign errno(EDOM)", "x32=39")), "x32 39 said -1");
}

static void clone3_is_not_missed(void **state)
{
	static const char *const presets[] = {"default", "judge", "build"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *out =
			fx_output(call_config(presets[i], a_call("thread=", SYS_clone3, "0,0"),
					      "spawn=/attack", a_call("child=", SYS_clone3, "0,0")));

		is_said(out, "thread", SYS_clone3, "ENOSYS");
		fx_is(out, "spawn", "ok");
		fx_is(out, "spawned", "0");
		is_said(out, "child", SYS_clone3, "0");
	}
}

#define STORM_THREADS 4
#define STORM_SPAWNS 6

static pthread_barrier_t together;
static uint32_t lengths[STORM_THREADS];

static void *storm(void *arg)
{
	sb_config *cfg = ((void **)arg)[0];
	uint32_t *length = ((void **)arg)[1];

	pthread_barrier_wait(&together);
	for (int i = 0; i < STORM_SPAWNS; i++) {
		sb_result res = SB_INIT(sb_result);
		sb_denied denied = SB_INIT(sb_denied);
		sb_proc *proc = NULL;

		if (sb_spawn(cfg, &proc, NULL) || sb_proc_wait(proc, UINT64_MAX, &res, NULL) != 1 ||
		    res.denied != 1 || sb_proc_denied(proc, 0, &denied) || denied.count != 5 ||
		    (*length && *length != res.filter_length))
			*length = UINT32_MAX;
		else
			*length = res.filter_length;
		sb_proc_free(proc);
	}
	return NULL;
}

/* Whoever comes first compiles; the others find it, or throw their own away. */
static void threads_that_compile_one_policy_at_once(void **state)
{
	const char *logged = a_call("many=5:", SYS_sysinfo, "0");

	(void)state;
	fx_ok(pthread_barrier_init(&together, NULL, STORM_THREADS));
	for (int round = 0; round < 4; round++) {
		sb_config *cfg = call_config("include default\nlog sysinfo\n", logged);
		pthread_t threads[STORM_THREADS];
		void *args[STORM_THREADS][2];

		memset(lengths, 0, sizeof(lengths));
		for (int i = 0; i < STORM_THREADS; i++) {
			args[i][0] = cfg;
			args[i][1] = &lengths[i];
			fx_ok(pthread_create(&threads[i], NULL, storm, args[i]));
		}
		for (int i = 0; i < STORM_THREADS; i++)
			pthread_join(threads[i], NULL);
		sb_config_free(cfg);
		assert_in_range(lengths[0], 1, 4096);
		for (int i = 1; i < STORM_THREADS; i++)
			assert_int_equal(lengths[i], lengths[0]);
	}
	pthread_barrier_destroy(&together);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(the_filter_is_there_and_told),
		FX_TEST(each_preset),
		FX_TEST(errno_values_arrive),
		FX_TEST(a_trap_is_a_signal_that_may_be_caught),
		FX_TEST(foreign_abis_are_killed),
		FX_TEST(clone3_is_not_missed),
		FX_TEST(threads_that_compile_one_policy_at_once),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
