// SPDX-License-Identifier: MIT
/* Which system call a command was killed for, or what was logged of it: told exactly. */
#include "attack_config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLICY "default allow\nkill sysinfo\nlog times\n"

/* Run and keep the handle: what was denied is asked of it. @out may be NULL. */
static sb_proc *run(sb_box *box, sb_config *cfg, char *out, size_t len, sb_result *res)
{
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = NULL;
	size_t at = 0;
	ssize_t n;
	int p[2];

	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	if ((box ? sb_box_spawn(box, cfg, &proc, &err) : sb_spawn(cfg, &proc, &err)) < 0)
		fail_msg("spawn: %s [step %s] hint: %s", err.message, sb_step_name(err.step), err.hint);
	close(p[1]);
	while (out && at < len - 1 && (n = read(p[0], out + at, len - 1 - at)) > 0)
		at += (size_t)n;
	if (out)
		out[at] = '\0';
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, res, &err), 1);
	close(p[0]);
	sb_config_free(cfg);
	return proc;
}

static void is_denied(const sb_proc *proc, uint32_t at, uint32_t action, long number, const char *name,
		      uint64_t count)
{
	sb_denied denied = SB_INIT(sb_denied);

	assert_int_equal(sb_proc_denied(proc, at, &denied), 0);
	assert_int_equal(denied.action, action);
	assert_int_equal(denied.number, number);
	assert_string_equal(denied.name, name);
	assert_int_equal(denied.count, count);
}

static void a_kill_is_told_with_all_its_arguments(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_denied denied = SB_INIT(sb_denied);
	char out[256];
	sb_proc *proc =
		run(NULL,
		    call_config(POLICY, "say=before",
				a_call("call=", SYS_sysinfo, "1,2,0xffffffffffffffff,0x8000000000000000,5,6"),
				"say=after"),
		    out, sizeof(out), &res);

	(void)state;
	assert_string_equal(out, "before\n");
	assert_int_equal(res.verdict, SB_FILTERED);
	assert_int_equal(res.code, SIGSYS);
	assert_true(res.has & SB_HAS_DENIED && res.has & SB_HAS_CODE);
	assert_true(res.applied & SB_APPLIED_SECCOMP_REPORT);
	assert_int_equal(res.denied, 1);
	is_denied(proc, 0, SB_SECCOMP_KILL, SYS_sysinfo, "sysinfo", 1);
	fx_ok(sb_proc_denied(proc, 0, &denied));
	assert_int_equal(denied.args[0], 1);
	assert_int_equal(denied.args[1], 2);
	assert_true(denied.args[2] == UINT64_MAX && denied.args[3] == UINT64_C(1) << 63);
	assert_int_equal(denied.args[4], 5);
	assert_int_equal(denied.args[5], 6);
	assert_int_equal(sb_proc_denied(proc, 1, &denied), -ERANGE);
	sb_proc_free(proc);
}

static void nothing_is_told_while_it_runs(void **state)
{
	sb_config *cfg = call_config(POLICY, "read=3");
	sb_denied denied = SB_INIT(sb_denied);
	sb_proc *proc;
	int p[2];

	(void)state;
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 3, p[0]));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	assert_int_equal(sb_proc_denied(proc, 0, &denied), -EAGAIN);
	assert_int_equal(sb_proc_denied(NULL, 0, &denied), -EINVAL);
	close(p[1]);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	assert_int_equal(sb_proc_denied(proc, 0, &denied), -ERANGE);
	assert_int_equal(sb_proc_denied(proc, 0, NULL), -EINVAL);
	close(p[0]);
	sb_proc_free(proc);
}

static void a_child_is_killed_and_the_command_goes_on(void **state)
{
	sb_result res = SB_INIT(sb_result);
	char out[256], key[32];
	sb_proc *proc =
		run(NULL, call_config(POLICY, a_call("child=", SYS_sysinfo, "7"), "say=after", "exit=4"), out,
		    sizeof(out), &res);

	(void)state;
	fx_has(out, "after\n");
	snprintf(key, sizeof(key), "child %ld", (long)SYS_sysinfo);
	assert_int_equal(atoi(fx_get(out, key)) & 0x7f, SIGKILL);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 4);
	assert_int_equal(res.denied, 1);
	is_denied(proc, 0, SB_SECCOMP_KILL, SYS_sysinfo, "sysinfo", 1);
	sb_proc_free(proc);
}

static void a_thread_is_its_process(void **state)
{
	sb_result res = SB_INIT(sb_result);
	char out[256];
	sb_proc *proc = run(NULL, call_config(POLICY, a_call("thread=", SYS_sysinfo, "7"), "say=after"), out,
			    sizeof(out), &res);

	(void)state;
	assert_string_equal(out, "");
	assert_int_equal(res.verdict, SB_FILTERED);
	assert_int_equal(res.code, SIGSYS);
	is_denied(proc, 0, SB_SECCOMP_KILL, SYS_sysinfo, "sysinfo", 1);
	sb_proc_free(proc);
}

static void what_is_logged_is_allowed_and_counted(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_denied denied = SB_INIT(sb_denied);
	char out[256], key[32];
	sb_proc *proc = run(NULL,
			    call_config(POLICY, a_call("call=", SYS_times, "0,71,72"),
					a_call("call=", SYS_times, "0,81"), a_call("child=", SYS_times, "0")),
			    out, sizeof(out), &res);

	(void)state;
	snprintf(key, sizeof(key), "call %ld", (long)SYS_times);
	fx_is(out, key, "ok");
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 0);
	assert_int_equal(res.denied, 1);
	is_denied(proc, 0, SB_SECCOMP_LOG, SYS_times, "times", 3);
	fx_ok(sb_proc_denied(proc, 0, &denied));
	assert_int_equal(denied.args[1], 71);
	assert_int_equal(denied.args[2], 72);
	sb_proc_free(proc);
}

/* Interrupted by a signal that restarts calls, it is made all the same. */
static void signals_do_not_disturb_what_is_logged(void **state)
{
	sb_result res = SB_INIT(sb_result);
	char out[256], key[32];
	sb_proc *proc = run(NULL, call_config(POLICY, "storm=100", a_call("many=3000:", SYS_times, "0")), out,
			    sizeof(out), &res);
	sb_denied denied = SB_INIT(sb_denied);

	(void)state;
	snprintf(key, sizeof(key), "many %ld", (long)SYS_times);
	fx_is(out, key, "0");
	fx_ok(sb_proc_denied(proc, 0, &denied));
	assert_true(denied.count >= 3000);
	sb_proc_free(proc);
}

static void in_the_order_in_which_they_came(void **state)
{
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc =
		run(NULL,
		    call_config("default allow\nlog sysinfo\nkill sysinfo if arg0 == 9\nlog times getpgid\n",
				a_call("call=", SYS_getpgid, "0"), a_call("call=", SYS_times, "0"),
				a_call("call=", SYS_getpgid, "0"), a_call("call=", SYS_sysinfo, "0"),
				a_call("call=", SYS_sysinfo, "9")),
		    NULL, 0, &res);

	(void)state;
	assert_int_equal(res.denied, 4);
	is_denied(proc, 0, SB_SECCOMP_LOG, SYS_getpgid, "getpgid", 2);
	is_denied(proc, 1, SB_SECCOMP_LOG, SYS_times, "times", 1);
	is_denied(proc, 2, SB_SECCOMP_LOG, SYS_sysinfo, "sysinfo", 1);
	is_denied(proc, 3, SB_SECCOMP_KILL, SYS_sysinfo, "sysinfo", 1);
	sb_proc_free(proc);
}

/* Calls that come to nothing when all their arguments are -1. */
static const long harmless[] = {
	SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr,
	SYS_listxattr, SYS_llistxattr, SYS_flistxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
	SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr,
	SYS_msgget, SYS_msgctl, SYS_semget, SYS_semctl, SYS_shmget, SYS_shmctl, SYS_shmdt,
	SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_timerfd_settime,
	SYS_timerfd_gettime, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_epoll_ctl, SYS_fallocate,
	SYS_ftruncate, SYS_fsync, SYS_fdatasync, SYS_readahead, SYS_sync_file_range, SYS_fadvise64,
	SYS_flock, SYS_fchdir, SYS_fchmod, SYS_fchown, SYS_bind, SYS_listen, SYS_accept, SYS_connect,
	SYS_getsockname, SYS_getpeername, SYS_shutdown, SYS_sched_getparam, SYS_sched_getscheduler,
	SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_sched_rr_get_interval,
	SYS_sched_getaffinity, SYS_getpriority, SYS_ioprio_get, SYS_getpgid, SYS_getsid, SYS_capget,
	SYS_sysinfo, SYS_getrusage, SYS_getitimer, SYS_clock_getres, SYS_times,
};
#define HARMLESS (sizeof(harmless) / sizeof(harmless[0]))

/* The command that makes more of them has its calls all the same. */
static void at_most_64_are_told(void **state)
{
	sb_config *cfg = call_config(
		"default log\nallow @memory @process @signal write getrandom\n"
		"log capget getpgid getsid getrusage\n",
		"say=x");
	const char *args[HARMLESS + 3] = {"attack", "call"};
	static char words[HARMLESS][32];
	sb_result res = SB_INIT(sb_result);
	char out[8192], key[32];
	sb_proc *proc;

	(void)state;
	for (size_t i = 0; i < HARMLESS; i++) {
		snprintf(words[i], sizeof(words[i]), "call=%ld,-1,-1,-1,-1,-1,-1", harmless[i]);
		args[i + 2] = words[i];
	}
	fx_ok(sb_set_command(cfg, "/attack", args));
	proc = run(NULL, cfg, out, sizeof(out), &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.denied, 64);
	snprintf(key, sizeof(key), "call %ld", (long)SYS_clock_getres);
	fx_is(out, key, "EINVAL");
	sb_proc_free(proc);
}

/* A verdict is not guessed from the number of a signal. */
static void other_signals_are_not_the_filters(void **state)
{
	static const char *const words[] = {"raise=31", "raise=9"};
	static const int codes[] = {SIGSYS, SIGKILL};
	sb_result res = SB_INIT(sb_result);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sb_proc_free(run(NULL, call_config(POLICY, words[i]), NULL, 0, &res));
		assert_int_equal(res.verdict, SB_SIGNALED);
		assert_int_equal(res.code, codes[i]);
		assert_int_equal(res.denied, 0);
		/* Also when a child was killed by the filter before. */
		sb_proc_free(run(NULL, call_config(POLICY, a_call("child=", SYS_sysinfo, "0"), words[i]),
				 NULL, 0, &res));
		assert_int_equal(res.verdict, SB_SIGNALED);
		assert_int_equal(res.code, codes[i]);
		assert_int_equal(res.denied, 1);
	}
}

static void without_namespaces_too(void **state)
{
	sb_config *cfg = sb_config_new();
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;

	(void)state;
	fx_ok(sb_set_ns(cfg, 0));
	fx_ok(sb_set_command(cfg, fx_beside("attack"),
			     (const char *const[]){"attack", "call", a_call("child=", SYS_sysinfo, ""),
						   a_call("thread=", SYS_sysinfo, ""), NULL}));
	if (fx_who() == FX_ROOT)
		fx_ok(sb_set_user(cfg, 65534, 65534));
	fx_ok(sb_set_seccomp_text(cfg, POLICY, NULL));
	proc = run(NULL, cfg, NULL, 0, &res);
	assert_int_equal(res.verdict, SB_FILTERED);
	is_denied(proc, 0, SB_SECCOMP_KILL, SYS_sysinfo, "sysinfo", 2);
	sb_proc_free(proc);
}

static void a_hundred_leave_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		sb_result res = SB_INIT(sb_result);

		sb_proc_free(run(NULL,
				 call_config(POLICY, a_call("call=", SYS_times, "0"),
					     a_call("call=", SYS_sysinfo, "0")),
				 NULL, 0, &res));
		assert_int_equal(res.verdict, SB_FILTERED);
		assert_int_equal(res.denied, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_kill_is_told_with_all_its_arguments),
		FX_TEST(nothing_is_told_while_it_runs),
		FX_TEST(a_child_is_killed_and_the_command_goes_on),
		FX_TEST(a_thread_is_its_process),
		FX_TEST(what_is_logged_is_allowed_and_counted),
		FX_TEST(signals_do_not_disturb_what_is_logged),
		FX_TEST(in_the_order_in_which_they_came),
		FX_TEST(at_most_64_are_told),
		FX_TEST(other_signals_are_not_the_filters),
		FX_TEST(without_namespaces_too),
		FX_TEST(a_hundred_leave_nothing),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
