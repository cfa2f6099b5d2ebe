// SPDX-License-Identifier: MIT
/* The same description twice is the same run twice: addresses, names, clocks, CPUs, random bytes. */
#include "box_kit.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * ChaCha20 (RFC 8439) of the key "seed" and 28 zero bytes: the first and last 16 of 256 KiB, by
 * another implementation.
 */
#define SEED_FIRST "77990a36f8f309b960c8abf6826aecd4"
#define SEED_LAST "763b0fb0eda088fad7333303ee5112ad"

static sb_config *repeatable(const char *seed)
{
	sb_config *cfg = fx_config("addresses", "random", "uts", "env", "affinity", "where",
				   "cat=/proc/self/timens_offsets");

	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_aslr(cfg, 0));
	fx_ok(sb_set_hostname(cfg, "same"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_boottime(cfg, 86400));
	fx_ok(sb_set_env(cfg, (const char *const[]){"TZ=UTC", "HOME=/", NULL}));
	fx_ok(sb_set_random_seed(cfg, seed, strlen(seed)));
	return cfg;
}

/* Without what cannot be the same: 16 bytes of the kernel for every program. */
static char *keep(const char *text)
{
	char *copy = strdup(text), *to = copy;

	assert_non_null(copy);
	for (const char *line = text, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		end += *end == '\n';
		if (!strncmp(line, "auxv=", 5))
			continue;
		memmove(to, line, (size_t)(end - line));
		to += end - line;
	}
	*to = '\0';
	return copy;
}

static void twice_the_same(void **state)
{
	char *first = keep(fx_output(repeatable("seed"))), *second = keep(fx_output(repeatable("seed")));
	char *other = keep(fx_output(repeatable("tree")));

	(void)state;
	fx_is(first, "getrandom", "ENOSYS");
	fx_has(first, " 86400 ");
	fx_is(first, "personality", "0x40000");
	assert_string_equal(first, second);
	assert_string_not_equal(fx_get(first, "/dev/urandom"), fx_get(other, "/dev/urandom"));
	assert_string_equal(fx_get(first, "stack"), fx_get(other, "stack"));
	free(first);
	free(second);
	free(other);
}

/* Of eight runs two may be alike by chance in one place, not all in all places. */
static void addresses_differ_by_default(void **state)
{
	char first[65536];
	int same = 0;

	(void)state;
	snprintf(first, sizeof(first), "%s", fx_output(fx_config("addresses")));
	fx_is(first, "personality", "0");
	for (int i = 0; i < 8; i++)
		same += !strcmp(first, fx_output(fx_config("addresses")));
	if (same == 8)
		fail_msg("the addresses were the same nine times: is kernel.randomize_va_space 0?");
}

static void seed_files(void **state)
{
	sb_config *cfg = fx_config("random");
	const char *text;

	(void)state;
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_random_seed(cfg, "seed", 4));
	text = fx_output(cfg);
	fx_is(text, "/dev/random", SEED_FIRST);
	fx_is(text, "/dev/urandom", SEED_FIRST);
	fx_is(text, "kind /dev/random", "100444");
	fx_is(text, "length /dev/urandom", "262144");
	fx_is(text, "end", SEED_LAST);
	fx_is(text, "write /dev/urandom", "EACCES");
	fx_is(text, "getrandom", "ENOSYS");
	fx_is(text, "getentropy", "ENOSYS");
}

/* What libraries do with it: Python falls back to the file, for its hashes too. */
static void python_reads_the_file(void **state)
{
	static const char script[] =
		"import os, random; print('bytes=' + os.urandom(16).hex()); print('hash=%d' % hash('x')); "
		"print('random=%r' % random.random())";
	static const char *const keys[] = {"bytes", "hash", "random"};
	const char *argv[] = {"python3", "-c", script, NULL};
	char text[3][1000];
	sb_result res = SB_INIT(sb_result);
	sb_config *cfg;

	(void)state;
	if (access("/usr/bin/python3", X_OK) < 0)
		fx_skip("there is no /usr/bin/python3");
	cfg = sb_config_new();
	fx_ok(sb_add_system_dirs(cfg));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_command(cfg, "/usr/bin/python3", argv));
	for (int i = 0; i < 3; i++) {
		fx_ok(sb_set_random_seed(cfg, i < 2 ? "seed" : "tree", 4));
		fx_run(cfg, text[i], sizeof(text[i]), &res);
		assert_int_equal(res.code, 0);
	}
	sb_config_free(cfg);
	assert_string_equal(text[0], text[1]);
	for (int i = 0; i < 3; i++)
		assert_string_not_equal(fx_get(text[0], keys[i]), fx_get(text[2], keys[i]));
}

/* The line comes last, whatever the policy says before. */
static void getrandom_whatever_the_policy(void **state)
{
	static const char *const policies[] = {"judge", "build", "nested", NULL};
	sb_config *cfg = sb_config_new();

	(void)state;
	fx_ok(sb_set_command(cfg, "/true", NULL));
	assert_int_equal(sb_seccomp_test(cfg, "getrandom", NULL, NULL, NULL), SB_SECCOMP_ALLOW);
	for (int i = 0; i < 6; i++) {
		int32_t error = 0;

		fx_ok(i < 3    ? sb_set_seccomp(cfg, policies[i])
		      : i == 3 ? sb_set_seccomp_text(cfg, "default allow", "own")
		      : i == 4 ? sb_add_seccomp(cfg, "kill getrandom")
			       : sb_add_cap(cfg, "chown"));
		fx_ok(sb_set_random_seed(cfg, "x", 1));
		assert_int_equal(sb_seccomp_test(cfg, "getrandom", NULL, &error, NULL), SB_SECCOMP_ERRNO);
		assert_int_equal(error, ENOSYS);
		fx_ok(sb_set_random_seed(cfg, NULL, 0));
		assert_int_equal(sb_seccomp_test(cfg, "getrandom", NULL, NULL, NULL),
				 i < 4 ? SB_SECCOMP_ALLOW : SB_SECCOMP_KILL);
	}
	sb_config_free(cfg);
}

static void in_a_box(void **state)
{
	sb_config *cfg = repeatable("seed");
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc;
	sb_box *box;
	char text[65536];
	ssize_t n, at;
	int p[2];

	(void)state;
	box = open_with(cfg);
	for (int seeded = 1; seeded >= 0; seeded--) {
		if (!seeded)
			fx_ok(sb_set_random_seed(cfg, NULL, 0));
		fx_ok(pipe(p));
		fx_ok(sb_set_fd(cfg, 1, p[1]));
		fx_ok(sb_box_spawn(box, cfg, &proc, &err));
		close(p[1]);
		for (at = 0; (n = read(p[0], text + at, sizeof(text) - 1 - (size_t)at)) > 0; at += n)
			;
		close(p[0]);
		text[at] = '\0';
		fx_wait(proc, NULL);
		fx_is(text, "/dev/random", SEED_FIRST); /* of the box */
		if (seeded)
			fx_is(text, "getrandom", "ENOSYS"); /* of the command */
		else
			assert_int_equal(strlen(fx_get(text, "getrandom")), 32);
		fx_is(text, "personality", "0x40000");
	}
	sb_config_free(cfg);
	sb_box_free(box);
}

static int first_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	fx_ok(sched_getaffinity(0, sizeof(set), &set));
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			return i;
	return 0;
}

static void one_cpu(void **state)
{
	sb_config *cfg = fx_config("affinity");
	char list[32], want[40];

	(void)state;
	snprintf(list, sizeof(list), "%d", first_cpu());
	snprintf(want, sizeof(want), " %s", list);
	fx_ok(sb_set_affinity(cfg, list));
	fx_is(fx_output(cfg), "affinity", want);
}

static void cpus_of_the_caller(void **state)
{
	sb_config *cfg = fx_config("affinity");
	cpu_set_t set;
	char want[5000] = "";

	(void)state;
	CPU_ZERO(&set);
	fx_ok(sched_getaffinity(0, sizeof(set), &set));
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			snprintf(want + strlen(want), sizeof(want) - strlen(want), " %d", i);
	fx_ok(sb_set_affinity(cfg, "0"));
	fx_ok(sb_set_affinity(cfg, NULL));
	fx_is(fx_output(cfg), "affinity", want);
}

/* Beside one that is there: the kernel would leave it out without a word. */
static void cpu_that_is_not_there(void **state)
{
	static const char *const missing[] = {"8191", "8000", "4095", "1500-1600"};
	const sb_error *err;
	sb_config *cfg;
	char list[60];

	(void)state;
	if (sysconf(_SC_NPROCESSORS_CONF) > 1000)
		fx_skip("this machine has them all");
	for (size_t i = 0; i < 4; i++) {
		cfg = fx_config("affinity");
		snprintf(list, sizeof(list), "%d,%s", first_cpu(), missing[i]);
		fx_ok(sb_set_affinity(cfg, i == 1 ? missing[i] : list));
		err = fx_refused(cfg, EINVAL);
		assert_string_equal(sb_step_name(err->step), "affinity");
		fx_has(err->message, missing[i]);
		fx_has(err->hint, "online are");
	}
}

/* Some hypervisors let it be read whatever the kernel has asked of the processor. */
static int can_be_forbidden(void)
{
#ifdef __x86_64__
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
		_exit(__builtin_ia32_rdtsc() == 0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
#else
	return 0;
#endif
}

static void time_stamp_counter(void **state)
{
	sb_config *cfg;
	const char *text;

	(void)state;
	if (!can_be_forbidden())
		fx_skip("reading the time stamp counter cannot be forbidden on this machine (PR_SET_TSC of prctl(2))");
	cfg = fx_config("tsc");
	fx_ok(sb_set_tsc(cfg, 0));
	text = fx_output(cfg);
	fx_is(text, "tsc", "off"); /* after the exec */
	fx_is(text, "counter", "SEGV");
	text = fx_output(fx_config("tsc"));
	fx_is(text, "tsc", "on");
	fx_is(text, "counter", "ok");
	fx_is(text, "clock", "ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("ns.time", twice_the_same), FX_TEST(addresses_differ_by_default),
		FX_TEST(seed_files), FX_TEST(python_reads_the_file), FX_TEST(getrandom_whatever_the_policy),
		FX_TEST_IF("ns.time", in_a_box), FX_TEST(one_cpu), FX_TEST(cpus_of_the_caller),
		FX_TEST(cpu_that_is_not_there), FX_TEST(time_stamp_counter),
	};

	fx_begin();
	return cmocka_run_group_tests_name("determinism", tests, NULL, NULL);
}
