// SPDX-License-Identifier: MIT
/* Filters side by side: commands of a box with a policy each, what outlives them, a filter around it all. */
#include "attack_config.h"
#include "box_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECONDS UINT64_C(1000000000)
#define KILL "default allow\nkill sysinfo\n"
#define LOG "default allow\nlog times\n"

static sb_box *open_box(void)
{
	sb_config *cfg = attack_config("call");
	sb_box *box = open_with(cfg);

	sb_config_free(cfg);
	return box;
}

static sb_proc *start(sb_box *box, sb_config *cfg)
{
	sb_proc *proc = start_in(box, cfg);

	sb_config_free(cfg);
	return proc;
}

/* A call that nobody answers would hang: that is a failure, not a test without end. */
static void ends(sb_proc *proc, int verdict, int code, uint32_t denied)
{
	sb_result res = SB_INIT(sb_result);

	if (sb_proc_wait(proc, 20 * SECONDS, &res, NULL) != 1)
		fail_msg("it has not ended after 20 seconds");
	assert_int_equal(res.verdict, verdict);
	assert_int_equal(res.code, code);
	assert_int_equal(res.denied, denied);
}

static void is_denied(const sb_proc *proc, uint32_t at, uint32_t action, const char *name, uint64_t count)
{
	sb_denied denied = SB_INIT(sb_denied);

	assert_int_equal(sb_proc_denied(proc, at, &denied), 0);
	assert_int_equal(denied.action, action);
	assert_string_equal(denied.name, name);
	assert_int_equal(denied.count, count);
}

static void each_command_has_its_own_policy(void **state)
{
	const char *both[] = {a_call("child=", SYS_sysinfo, "1"), a_call("child=", SYS_times, "0"), NULL};
	sb_box *box = open_box();
	sb_proc *killing, *logging, *judged, *free_one;

	(void)state;
	killing = start(box, call_config_v(KILL, both));
	logging = start(box, call_config_v(LOG, both));
	judged = start(box, call_config_v("judge", both));
	free_one = start(box, call_config_v("none", both));
	ends(killing, SB_EXITED, 0, 1);
	ends(logging, SB_EXITED, 0, 1);
	ends(judged, SB_EXITED, 0, 0);
	ends(free_one, SB_EXITED, 0, 0);
	is_denied(killing, 0, SB_SECCOMP_KILL, "sysinfo", 1);
	is_denied(logging, 0, SB_SECCOMP_LOG, "times", 1);
	sb_proc_free(killing);
	sb_proc_free(logging);
	sb_proc_free(judged);
	sb_proc_free(free_one);
	sb_box_free(box);
}

static void a_killed_command_leaves_the_others(void **state)
{
	sb_box *box = open_box();
	sb_config *cfg = call_config(KILL, "read=3", a_call("many=4:", SYS_times, "0"), "exit=5");
	sb_proc *waiting, *killed;
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_seccomp_text(cfg, LOG, NULL));
	fx_ok(sb_set_fd(cfg, 3, p[0]));
	waiting = start(box, cfg);
	for (int i = 0; i < 3; i++) {
		killed = start(box, call_config(KILL, a_call("thread=", SYS_sysinfo, "1")));
		ends(killed, SB_FILTERED, SIGSYS, 1);
		is_denied(killed, 0, SB_SECCOMP_KILL, "sysinfo", 1);
		sb_proc_free(killed);
	}
	assert_int_equal(sb_proc_wait(waiting, 0, NULL, NULL), 0);
	close(p[1]);
	ends(waiting, SB_EXITED, 5, 1);
	is_denied(waiting, 0, SB_SECCOMP_LOG, "times", 4);
	close(p[0]);
	sb_proc_free(waiting);
	sb_box_free(box);
}

#define TOLD 64 /* commands at once that can be listened to */

/* No more are started, rather than some that nobody hears. */
static void more_commands_than_can_be_listened_to(void **state)
{
	static sb_proc *procs[TOLD];
	sb_box *box = open_box();
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	for (int i = 0; i < TOLD; i++) {
		cfg = call_config(i % 2 ? KILL : LOG, "read=3", a_call("call=", SYS_times, "0"),
				  a_call("call=", SYS_sysinfo, "0"), "exit=6");
		fx_ok(sb_set_fd(cfg, 3, p[0]));
		procs[i] = start(box, cfg);
	}
	cfg = call_config(KILL, a_call("call=", SYS_sysinfo, "0"));
	assert_int_equal(sb_box_spawn(box, cfg, &procs[0], &err), -EAGAIN);
	fx_has(err.hint, "64");
	sb_proc_free(start(box, call_config("default", "exit=0")));
	close(p[1]);
	for (int i = 0; i < TOLD; i++) {
		ends(procs[i], i % 2 ? SB_FILTERED : SB_EXITED, i % 2 ? SIGSYS : 6, 1);
		is_denied(procs[i], 0, i % 2 ? SB_SECCOMP_KILL : SB_SECCOMP_LOG, i % 2 ? "sysinfo" : "times",
			  1);
		sb_proc_free(procs[i]);
	}
	/* And their places are free again. */
	procs[0] = start(box, cfg);
	ends(procs[0], SB_FILTERED, SIGSYS, 1);
	sb_proc_free(procs[0]);
	close(p[0]);
	sb_box_free(box);
}

/* The answer of an orphan to a call that it makes when its command has ended. */
static void orphan(sb_box *box, const char *policy, long number, char *said, size_t len)
{
	sb_config *cfg = call_config(policy, a_call("orphan=3:", number, "0"));
	struct pollfd polled;
	sb_proc *proc;
	size_t at = 0;
	ssize_t n = 1;
	int go[2], out[2];

	fx_ok(pipe2(go, O_CLOEXEC));
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 3, go[0]));
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	proc = start(box, cfg);
	ends(proc, SB_EXITED, 0, 0);
	sb_proc_free(proc);
	close(out[1]);
	close(go[1]);
	polled = (struct pollfd){out[0], POLLIN, 0};
	while (n > 0 && at < len - 1 && poll(&polled, 1, 20000) == 1 &&
	       (n = read(out[0], said + at, len - 1 - at)) > 0)
		at += (size_t)n;
	said[at] = '\0';
	if (n)
		strcpy(said, "not ended\n");
	close(out[0]);
	close(go[0]);
}

/* Nobody is told of it any more, but it is killed, or goes on, as before. */
static void what_outlives_a_command_is_still_filtered(void **state)
{
	sb_box *box = open_box();
	char said[256], key[32];

	(void)state;
	orphan(box, KILL, SYS_sysinfo, said, sizeof(said));
	snprintf(key, sizeof(key), "orphan %ld", (long)SYS_sysinfo);
	assert_null(fx_get(said, key));
	orphan(box, LOG, SYS_times, said, sizeof(said));
	snprintf(key, sizeof(key), "orphan %ld", (long)SYS_times);
	assert_non_null(fx_get(said, key));
	assert_string_not_equal(fx_get(said, key), "ENOSYS");
	sb_box_free(box);
}

/* As a policy with kill, log or notify lines around this process has it. */
static int listen_around_us(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_acct, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8 /* NEW_LISTENER */, &program);
}

static const char *run_below(const char *policy, const char *word, sb_result *res)
{
	sb_config *cfg = call_config(policy, word, "exit=7");
	sb_proc *proc = NULL;
	sb_error err = SB_INIT(sb_error);
	static char wrong[1024];

	if (sb_spawn(cfg, &proc, &err) < 0) {
		snprintf(wrong, sizeof(wrong), "sb_spawn: %s, hint %s", err.message, err.hint);
		return wrong;
	}
	if (sb_proc_wait(proc, 20 * SECONDS, res, NULL) != 1)
		return "it has not ended after 20 seconds";
	sb_proc_free(proc);
	sb_config_free(cfg);
	if (res->applied & SB_APPLIED_SECCOMP_REPORT || res->has & SB_HAS_DENIED || res->denied)
		return "something is told where nothing can be";
	return res->applied & SB_APPLIED_SECCOMP && res->filter_length ? NULL : "there is no filter";
}

static const char *below_a_listener(void)
{
	sb_result res = SB_INIT(sb_result);
	const char *wrong = run_below(KILL, a_call("call=", SYS_sysinfo, "0"), &res);

	if (wrong || (res.verdict != SB_SIGNALED && res.verdict != SB_FILTERED) || res.code != SIGSYS)
		return wrong ?: "kill does not kill";
	wrong = run_below(LOG, a_call("call=", SYS_times, "0"), &res);
	if (wrong || res.verdict != SB_EXITED || res.code != 7)
		return wrong ?: "log does not allow";
	wrong = run_below("default", a_call("call=", SYS_times, "0"), &res);
	if (wrong || res.verdict != SB_EXITED || res.code != 7)
		return wrong ?: "the default does not run";
	return fx_judge(call_config("default allow\nnotify sysinfo\n", "exit=0"), EBUSY, "seccomp",
			"one listener");
}

static const char *below_one_of_ours(void)
{
	return listen_around_us() < 0 ? "skip: no listener can be had" : below_a_listener();
}

static void a_filter_around_us_has_the_only_listener(void **state)
{
	(void)state;
	fx_in_child(below_one_of_ours);
}

/* This program again, in a sandbox whose policy logs: what it says is what went wrong in there. */
static void a_sandbox_in_a_sandbox_that_logs(void **state)
{
	sb_config *cfg = sb_config_new();
	sb_denied denied = SB_INIT(sb_denied);
	sb_result res = SB_INIT(sb_result);
	char self[4096] = "", said[2048] = "";
	sb_proc *proc;
	ssize_t n;
	int p[2];

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	fx_ok(sb_set_rootfs(cfg, "/", SB_MOUNT_DEV));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_add_env(cfg, "ASAN_OPTIONS=detect_leaks=0")); /* they are looked for by ptrace */
	fx_ok(sb_set_command(cfg, self, (const char *const[]){"below", "below", NULL}));
	fx_ok(sb_set_seccomp_text(cfg, "include nested\nlog sched_yield\n", NULL));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 2, p[1]));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	close(p[1]);
	while (strlen(said) < sizeof(said) - 1 &&
	       (n = read(p[0], said + strlen(said), sizeof(said) - 1 - strlen(said))) > 0)
		;
	close(p[0]);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	if (res.verdict != SB_EXITED || res.code != 0)
		fail_msg("verdict %d code %d: %s", res.verdict, res.code, said);
	fx_ok(sb_proc_denied(proc, 0, &denied));
	assert_string_equal(denied.name, "sched_yield");
	sb_proc_free(proc);
}

static int main_below(void)
{
	const char *wrong;

	fx_begin();
	sched_yield();
	wrong = below_a_listener();
	if (wrong)
		dprintf(2, "%s\n", wrong);
	return wrong != NULL;
}

/* With notify lines the listener is the caller's, who meets the other lines on the way. */
static void kill_and_log_beside_notify(void **state)
{
	sb_config *cfg = call_config("default allow\nnotify getpgid\nlog times\nkill sysinfo\n",
				     a_call("many=2:", SYS_times, "0"), a_call("call=", SYS_getpgid, "0"),
				     a_call("child=", SYS_sysinfo, "0"), a_call("call=", SYS_sysinfo, "0"),
				     "say=after");
	sb_notification call = SB_INIT(sb_notification);
	sb_result res = SB_INIT(sb_result);
	struct pollfd polled = {-1, POLLIN, 0};
	int r, calls = 0;
	sb_proc *proc;

	(void)state;
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	polled.fd = sb_proc_notify_fd(proc);
	assert_true(polled.fd >= 0);
	while (poll(&polled, 1, 20000) == 1 && (r = sb_notify_receive(proc, &call, NULL)) >= 0) {
		if (r == 0)
			continue;
		assert_string_equal(call.name, "getpgid");
		calls++;
		fx_ok(sb_notify_value(proc, &call, 42));
	}
	assert_int_equal(sb_proc_wait(proc, 20 * SECONDS, &res, NULL), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(res.verdict, SB_FILTERED);
	assert_int_equal(res.code, SIGSYS);
	assert_int_equal(res.denied, 2);
	is_denied(proc, 0, SB_SECCOMP_LOG, "times", 2);
	is_denied(proc, 1, SB_SECCOMP_KILL, "sysinfo", 2);
	sb_proc_free(proc);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(each_command_has_its_own_policy),
		FX_TEST(a_killed_command_leaves_the_others),
		FX_TEST(more_commands_than_can_be_listened_to),
		FX_TEST(what_outlives_a_command_is_still_filtered),
		FX_TEST(a_filter_around_us_has_the_only_listener),
		FX_TEST(a_sandbox_in_a_sandbox_that_logs),
		FX_TEST(kill_and_log_beside_notify),
	};

	if (argc > 1 && !strcmp(argv[1], "below"))
		return main_below();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
