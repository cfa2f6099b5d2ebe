// SPDX-License-Identifier: MIT
/* Each namespace by itself and all together: new where asked for, the caller's own where not. */
#include "../fixture.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct kind {
	uint64_t bit;
	const char *name; /* in /proc/self/ns */
} kinds[] = {
	{SB_NS_USER, "user"}, {SB_NS_PID, "pid"}, {SB_NS_MOUNT, "mnt"},     {SB_NS_NET, "net"},
	{SB_NS_IPC, "ipc"},   {SB_NS_UTS, "uts"}, {SB_NS_CGROUP, "cgroup"}, {SB_NS_TIME, "time"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *mine(const char *kind)
{
	static char to[64];
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	n = readlink(path, to, sizeof(to) - 1);
	assert_true(n > 0);
	to[n] = '\0';
	return to;
}

/* What `inside` says of its namespaces must differ from ours in exactly @flags. */
static void compare(const char *out, uint64_t flags)
{
	char key[32];
	const char *in;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		snprintf(key, sizeof(key), "ns %s", kinds[i].name);
		in = fx_get(out, key);
		assert_non_null(in);
		assert_int_not_equal(in[0], '\0');
		if (!!strcmp(in, mine(kinds[i].name)) != !!(flags & kinds[i].bit))
			fail_msg("%s inside is %s, outside %s, with flags %#llx", kinds[i].name, in,
				 mine(kinds[i].name), (unsigned long long)flags);
	}
}

/* Without a mount namespace of its own the command sees the host's files: no bind, no new root. */
static sb_config *with_ns(uint64_t flags, const char *const args[])
{
	const char *argv[16] = {"inside"};
	sb_config *cfg = sb_config_new();
	size_t i;

	for (i = 0; args[i] && i < 14; i++)
		argv[i + 1] = args[i];
	fx_ok(sb_set_ns(cfg, flags));
	if (flags & SB_NS_MOUNT) {
		fx_ok(sb_add_bind(cfg, fx_inside(), "/inside", SB_MOUNT_RO));
		fx_ok(sb_add_proc(cfg, "/proc", 0));
	}
	fx_ok(sb_set_command(cfg, flags & SB_NS_MOUNT ? "/inside" : fx_inside(), argv));
	return cfg;
}

#define WITH(flags, ...) with_ns(flags, (const char *const[]){__VA_ARGS__, NULL})

/* A caller without privilege gets the others only together with a user namespace. */
static uint64_t at_least(uint64_t flags)
{
	return fx_who() == FX_USER ? flags | SB_NS_USER : flags;
}

static void all_together(void **state)
{
	(void)state;
	compare(fx_output(WITH(SB_NS_ALL, "ns")), SB_NS_ALL);
}

/*
 * With a pid namespace but without a mount namespace the host's /proc does not know the
 * command; the host looks instead.
 */
static void from_outside(uint64_t flags)
{
	sb_config *cfg = WITH(flags, "read=0");
	char path[64], to[64];
	sb_proc *proc;
	int fds[2];
	ssize_t n;
	size_t i;

	fx_ok(pipe(fds));
	fx_ok(sb_set_fd(cfg, 0, fds[0]));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	for (i = 0; i < KINDS; i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", sb_proc_pid(proc), kinds[i].name);
		n = readlink(path, to, sizeof(to) - 1);
		if (n < 0)
			break; /* not ours to look into, see below */
		to[n] = '\0';
		if (!!strcmp(to, mine(kinds[i].name)) != !!(flags & kinds[i].bit))
			fail_msg("%s seen from outside, with flags %#llx", kinds[i].name,
				 (unsigned long long)flags);
	}
	/* The command runs under another id of the host, where its caller has no power over it. */
	assert_true(i == KINDS || fx_who() != FX_ROOT);
	close(fds[1]);
	fx_wait(proc, NULL);
	close(fds[0]);
}

static void each_by_itself(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++)
		from_outside(at_least(kinds[i].bit));
}

static void each_left_out(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		uint64_t flags = SB_NS_ALL & ~kinds[i].bit;

		if (kinds[i].bit == SB_NS_USER && fx_who() == FX_USER)
			continue;
		from_outside(flags);
	}
}

static void none_at_all(void **state)
{
	sb_config *cfg = WITH(0, "ns", "ids");
	const char *out;

	(void)state;
	out = fx_output(cfg);
	compare(out, 0);
	if (fx_who() == FX_ROOT)
		fx_is(out, "uid", "65534");
}

static void command_is_a_child_of_process_1(void **state)
{
	const char *out = fx_output(fx_config("pids", "processes"));

	(void)state;
	fx_is(out, "pid", "2");
	fx_is(out, "ppid", "1");
	fx_is(out, "sid", "2");
	fx_is(out, "pgrp", "2");
	fx_is(out, "processes", "1 2");
}

static void names_of_the_uts_namespace(void **state)
{
	sb_config *cfg = fx_config("uts");
	const char *out;
	char name[65];

	(void)state;
	out = fx_output(fx_config("uts"));
	fx_is(out, "hostname", "sandbox");
	fx_is(out, "domainname", "(none)");
	memset(name, 'n', 64);
	name[64] = '\0';
	fx_ok(sb_set_hostname(cfg, name));
	fx_ok(sb_set_domainname(cfg, "example.org"));
	out = fx_output(cfg);
	fx_is(out, "hostname", name);
	fx_is(out, "domainname", "example.org");
}

/* The offset is what was asked for: before and after give the bounds. */
static void clocks_are_shifted(void **state)
{
	sb_config *cfg = fx_config("clock");
	struct timespec b0, b1, m0, m1;
	long long boot, mono;
	const char *out;

	(void)state;
	fx_ok(sb_set_boottime(cfg, 300000000));
	fx_ok(sb_set_monotonic(cfg, 86400));
	clock_gettime(CLOCK_BOOTTIME, &b0);
	clock_gettime(CLOCK_MONOTONIC, &m0);
	out = fx_output(cfg);
	clock_gettime(CLOCK_BOOTTIME, &b1);
	clock_gettime(CLOCK_MONOTONIC, &m1);
	boot = atoll(fx_get(out, "boottime")) - 300000000;
	mono = atoll(fx_get(out, "monotonic")) - 86400;
	assert_in_range(boot, b0.tv_sec, b1.tv_sec);
	assert_in_range(mono, m0.tv_sec, m1.tv_sec);
}

static void clocks_may_go_back(void **state)
{
	sb_config *cfg = fx_config("clock");
	struct timespec b1;
	long long boot;

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &b1);
	if (b1.tv_sec < 20) {
		sb_config_free(cfg);
		fx_skip("the machine has been up for %lld s only", (long long)b1.tv_sec);
	}
	fx_ok(sb_set_boottime(cfg, -10));
	boot = atoll(fx_get(fx_output(cfg), "boottime"));
	assert_true(boot >= b1.tv_sec - 10);
	clock_gettime(CLOCK_BOOTTIME, &b1);
	assert_true(boot <= b1.tv_sec - 10);
}

static void times_are_true_under_a_shifted_clock(void **state)
{
	sb_config *cfg = fx_config("exit=0");
	sb_result res = SB_INIT(sb_result);

	(void)state;
	fx_ok(sb_set_monotonic(cfg, 500000));
	fx_wait(fx_spawn(cfg), &res);
	sb_config_free(cfg);
	assert_true(res.wall_ns < 500000ull * 1000000000);
	assert_true(res.setup_ns < 500000ull * 1000000000);
	assert_true(res.wall_ns > 0 && res.setup_ns > 0);
}

static void loopback_is_up_and_alone(void **state)
{
	sb_config *cfg = fx_config("ifaces");
	const char *out;

	(void)state;
	out = fx_get(fx_output(fx_config("ifaces")), "interfaces");
	/* Tunnel modules add fallback devices to every new network namespace; none may be up. */
	assert_int_equal(strncmp(out, "lo:up", 5), 0);
	assert_null(strstr(out + 5, ":up"));
	fx_ok(sb_set_loopback(cfg, 0));
	fx_has_not(fx_get(fx_output(cfg), "interfaces"), ":up");
}

static void message_queues_are_its_own(void **state)
{
	(void)state;
	fx_is(fx_output(fx_config("mqueue")), "mqueue", "ok");
	/* The same name is free again in the next one. */
	fx_is(fx_output(fx_config("mqueue")), "mqueue", "ok");
}

static void the_cgroup_namespace_is_rooted_at_the_present_cgroup(void **state)
{
	sb_config *cfg = fx_config("cat=/proc/self/cgroup");
	char line[1024], *path;
	const char *out;
	size_t n = 0;

	(void)state;
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	out = fx_output(cfg);
	out += strlen("cat /proc/self/cgroup=");
	for (; sscanf(out, "%1023[^\n]", line) == 1; out += strlen(line) + 1, n++) {
		path = strrchr(line, ':');
		assert_non_null(path);
		assert_string_equal(path, ":/");
		if (!out[strlen(line)])
			break;
	}
	assert_true(n > 0);
}

static void the_command_cannot_undo_it(void **state)
{
	const char *out =
		fx_output(fx_config("mount=/", "umount=/inside", "remount=/inside", "chroot=/", "setuid=0"));

	(void)state;
	fx_is(out, "mount /", "EPERM");
	fx_is(out, "umount /inside", "EPERM");
	fx_is(out, "remount /inside", "EPERM");
	fx_is(out, "chroot /", "EPERM");
	fx_has_not(out, "setuid=ok");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(all_together),
		FX_TEST(each_by_itself),
		FX_TEST(each_left_out),
		FX_TEST(none_at_all),
		FX_TEST(command_is_a_child_of_process_1),
		FX_TEST(names_of_the_uts_namespace),
		FX_TEST_IF("ns.time", clocks_are_shifted),
		FX_TEST_IF("ns.time", clocks_may_go_back),
		FX_TEST_IF("ns.time", times_are_true_under_a_shifted_clock),
		FX_TEST(loopback_is_up_and_alone),
		FX_TEST_IF("mqueue", message_queues_are_its_own),
		FX_TEST(the_cgroup_namespace_is_rooted_at_the_present_cgroup),
		FX_TEST(the_command_cannot_undo_it),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
