// SPDX-License-Identifier: MIT
/* System calls of the command, answered by the calling process. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static sb_config *with_policy(sb_config *cfg, const char *lines)
{
	fx_ok(sb_add_seccomp(cfg, lines));
	return cfg;
}

/* The next call that waits; 0 if there will be none. */
static int next(sb_proc *proc, sb_notification *call)
{
	struct pollfd polled = {.fd = sb_proc_notify_fd(proc), .events = POLLIN};
	sb_error err = SB_INIT(sb_error);
	int r;

	for (;;) {
		*call = (sb_notification)SB_INIT(sb_notification);
		r = sb_notify_receive(proc, call, &err);
		if (r == -ENOENT)
			return 0;
		if (r < 0)
			fail_msg("%s", err.message);
		if (r == 1)
			return 1;
		poll(&polled, 1, -1);
	}
}

typedef void handler(sb_proc *proc, const sb_notification *call);

/* Run @cfg, answer what comes by @handle, and return what it said. */
static const char *serve(sb_config *cfg, handler *handle, sb_result *res)
{
	static char out[4096];
	sb_notification call;
	sb_proc *proc;
	ssize_t n;
	int p[2];

	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_set_fd(cfg, 1, p[1]));
	proc = fx_spawn(cfg);
	close(p[1]);
	while (next(proc, &call))
		handle(proc, &call);
	n = read(p[0], out, sizeof(out) - 1);
	out[n > 0 ? n : 0] = '\0';
	close(p[0]);
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, res, NULL), 1);
	sb_proc_free(proc);
	sb_config_free(cfg);
	return out;
}

static int seen;

static void refuse(sb_proc *proc, const sb_notification *call)
{
	seen++;
	assert_string_equal(call->name, "unshare");
	assert_int_equal(call->number, SYS_unshare);
	assert_int_equal(call->args[0], 1234);
	assert_true(call->pid > 0);
	assert_int_equal(sb_notify_is_valid(proc, call), 1);
	fx_ok(sb_notify_error(proc, call, ENOTTY));
	assert_int_equal(sb_notify_is_valid(proc, call), 0);
	assert_int_equal(sb_notify_error(proc, call, ENOTTY), -ENOENT);
}

static void a_call_fails_with_the_error_it_is_given(void **state)
{
	sb_result res = SB_INIT(sb_result);
	const char *out;

	(void)state;
	seen = 0;
	out = serve(with_policy(fx_config("unshare=1234"), "notify unshare"), refuse, &res);
	fx_is(out, "unshare", "ENOTTY");
	assert_int_equal(seen, 1);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.denied, 0);
}

static void pretend(sb_proc *proc, const sb_notification *call)
{
	fx_ok(sb_notify_value(proc, call, 0));
}

static void a_call_returns_the_value_it_is_given(void **state)
{
	(void)state;
	fx_is(serve(with_policy(fx_config("unshare=1234"), "notify unshare"), pretend, NULL), "unshare", "ok");
}

static char paths[1024];

static void look_and_continue(sb_proc *proc, const sb_notification *call)
{
	char path[256], tiny[3];
	ssize_t n;

	n = sb_notify_read_string(proc, call, call->args[1], path, sizeof(path));
	assert_int_equal(n, strlen(path));
	if (n > 2)
		assert_int_equal(sb_notify_read_string(proc, call, call->args[1], tiny, sizeof(tiny)),
				 -ENAMETOOLONG);
	assert_int_equal(sb_notify_read(proc, call, 8, tiny, sizeof(tiny)), -EFAULT);
	strcat(strcat(paths, path), " ");
	fx_ok(sb_notify_continue(proc, call));
}

static void a_call_goes_on_after_a_look(void **state)
{
	const char *out;

	(void)state;
	paths[0] = '\0';
	out = serve(with_policy(fx_config("open=/inside", "open=/missing"), "notify openat"),
		    look_and_continue, NULL);
	fx_is(out, "open /inside", "ok");
	fx_is(out, "open /missing", "ENOENT");
	fx_has(paths, "/inside /missing ");
}

static void give_a_file(sb_proc *proc, const sb_notification *call)
{
	int fd = open(fx_write("given", "hello"), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(sb_notify_fd(proc, call, fd, 1 << 30), -EINVAL);
	assert_true(sb_notify_fd(proc, call, fd, O_CLOEXEC) >= 3);
	close(fd);
}

/* There is no such file in the sandbox: the host opened one in its place. */
static void a_call_returns_a_descriptor_of_ours(void **state)
{
	(void)state;
	fx_is(serve(with_policy(fx_config("open=/missing"), "notify openat"), give_a_file, NULL),
	      "open /missing", "ok");
}

static void put_at_9(sb_proc *proc, const sb_notification *call)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fx_ok(sb_notify_put_fd(proc, call, fd, 9, 0));
	close(fd);
	assert_int_equal(sb_notify_is_valid(proc, call), 1);
	fx_ok(sb_notify_value(proc, call, 0));
}

static void a_descriptor_is_put_in_place(void **state)
{
	(void)state;
	fx_is(serve(with_policy(fx_config("unshare=1234", "fds"), "notify unshare"), put_at_9, NULL), "fds",
	      "0 1 2 9");
}

static void write_to_its_stdout(sb_proc *proc, const sb_notification *call)
{
	int fd = sb_notify_open_fd(proc, call, 1);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "by=host\n", 8), 8);
	close(fd);
	assert_int_equal(sb_notify_open_fd(proc, call, 77), -EBADF);
	fx_ok(sb_notify_value(proc, call, 0));
}

static void a_descriptor_is_fetched(void **state)
{
	const char *out =
		serve(with_policy(fx_config("unshare=1234"), "notify unshare"), write_to_its_stdout, NULL);

	(void)state;
	fx_is(out, "by", "host");
	fx_is(out, "unshare", "ok");
}

static void without_a_notify_line_there_is_no_listener(void **state)
{
	sb_notification call = SB_INIT(sb_notification);
	sb_config *cfg = fx_config("pause");
	sb_error err = SB_INIT(sb_error);
	sb_proc *proc = fx_spawn(cfg);

	(void)state;
	assert_int_equal(sb_proc_notify_fd(proc), -ENOENT);
	assert_int_equal(sb_notify_receive(proc, &call, &err), -ENOENT);
	fx_has(err.hint, "notify line");
	assert_int_equal(sb_notify_continue(proc, &call), -ENOENT);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

/* Whoever waits is gone: its number may be another's, and there is nothing to answer. */
static void a_killed_caller_is_not_valid_any_more(void **state)
{
	sb_config *cfg = with_policy(fx_config("unshare=1234"), "notify unshare");
	sb_notification call;
	sb_proc *proc = fx_spawn(cfg);
	char c;

	(void)state;
	assert_int_equal(next(proc, &call), 1);
	fx_ok(sb_proc_kill(proc));
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	assert_int_equal(sb_notify_is_valid(proc, &call), 0);
	assert_int_equal(sb_notify_continue(proc, &call), -ENOENT);
	assert_true(sb_notify_read(proc, &call, call.args[0], &c, 1) < 0);
	assert_true(sb_notify_open_fd(proc, &call, 1) < 0);
	assert_int_equal(next(proc, &call), 0);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

static void an_unanswered_call_does_not_stop_the_end(void **state)
{
	sb_config *cfg = with_policy(fx_config("unshare=1234"), "notify unshare");
	struct pollfd polled = {.events = POLLIN};
	sb_proc *proc = fx_spawn(cfg);

	(void)state;
	polled.fd = sb_proc_notify_fd(proc);
	assert_int_equal(poll(&polled, 1, -1), 1);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

/* With notify lines all that is told of comes to us: kill and log lines are dealt with on the way. */
static void kill_and_log_lines_beside_notify_lines(void **state)
{
	sb_denied denied = SB_INIT(sb_denied);
	sb_result res = SB_INIT(sb_result);
	sb_notification call;
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	cfg = with_policy(fx_config("unshare=1234", "uts", "setgroups=5", "exit=0"),
			  "notify unshare\nlog uname\nkill setgroups");
	proc = fx_spawn(cfg);
	while (next(proc, &call)) {
		assert_string_equal(call.name, "unshare");
		fx_ok(sb_notify_error(proc, &call, EPERM));
	}
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, &res, NULL), 1);
	assert_int_equal(res.verdict, SB_FILTERED);
	assert_int_equal(res.code, SIGSYS);
	assert_true(res.has & SB_HAS_DENIED);
	assert_true(res.applied & SB_APPLIED_SECCOMP_REPORT);
	assert_int_equal(res.denied, 2);
	fx_ok(sb_proc_denied(proc, 0, &denied));
	assert_string_equal(denied.name, "uname");
	assert_int_equal(denied.action, SB_SECCOMP_LOG);
	denied = (sb_denied)SB_INIT(sb_denied);
	fx_ok(sb_proc_denied(proc, 1, &denied));
	assert_string_equal(denied.name, "setgroups");
	assert_int_equal(denied.action, SB_SECCOMP_KILL);
	assert_int_equal(denied.args[0], 1);
	assert_int_equal(denied.count, 1);
	assert_int_equal(sb_proc_denied(proc, 2, &denied), -ERANGE);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

static void go_on(sb_proc *proc, const sb_notification *call)
{
	fx_ok(sb_notify_continue(proc, call));
}

/* Even what the start of a command itself needs may be asked about: our own calls pass. */
static void every_call_may_be_asked_about(void **state)
{
	sb_config *cfg = with_policy(fx_config("exit=7"), "default allow");
	sb_result res = SB_INIT(sb_result);

	(void)state;
	fx_ok(sb_add_seccomp(
		cfg,
		"notify @process @clock @io @files @socket @memory @identity @signal @info @schedule @futex"));
	serve(cfg, go_on, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	assert_int_equal(res.code, 7);
}

/* Descriptors of the command may have any number, also the one that the listener travels by. */
static void the_listener_does_not_meet_the_commands_descriptors(void **state)
{
	sb_config *cfg = with_policy(fx_config("unshare=1234", "fds"), "notify unshare");
	int fd;

	(void)state;
	for (fd = 3; fd < 24; fd++)
		fx_ok(sb_set_fd(cfg, fd, -1));
	fx_is(serve(cfg, pretend, NULL), "unshare", "ok");
}

static void wrong_arguments_are_refused(void **state)
{
	sb_notification call = SB_INIT(sb_notification);
	sb_config *cfg = with_policy(fx_config("unshare=1234"), "notify unshare");
	sb_proc *proc = fx_spawn(cfg);
	char c;

	(void)state;
	assert_int_equal(sb_proc_notify_fd(NULL), -EINVAL);
	assert_int_equal(sb_notify_receive(NULL, &call, NULL), -EINVAL);
	assert_int_equal(sb_notify_receive(proc, NULL, NULL), -EINVAL);
	assert_int_equal(next(proc, &call), 1);
	assert_int_equal(sb_notify_error(proc, &call, 0), -EINVAL);
	assert_int_equal(sb_notify_error(proc, &call, -1), -EINVAL);
	assert_int_equal(sb_notify_fd(proc, &call, -1, 0), -EINVAL);
	assert_int_equal(sb_notify_put_fd(proc, &call, 0, -1, 0), -EINVAL);
	assert_int_equal(sb_notify_read(proc, &call, 0, NULL, 1), -EINVAL);
	assert_int_equal(sb_notify_read_string(proc, &call, 0, &c, 0), -EINVAL);
	assert_int_equal(sb_notify_continue(proc, NULL), -EINVAL);
	sb_proc_free(proc);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(a_call_fails_with_the_error_it_is_given),
		FX_TEST(a_call_returns_the_value_it_is_given),
		FX_TEST(a_call_goes_on_after_a_look),
		FX_TEST(a_call_returns_a_descriptor_of_ours),
		FX_TEST(a_descriptor_is_put_in_place),
		FX_TEST(a_descriptor_is_fetched),
		FX_TEST(without_a_notify_line_there_is_no_listener),
		FX_TEST(a_killed_caller_is_not_valid_any_more),
		FX_TEST(an_unanswered_call_does_not_stop_the_end),
		FX_TEST(kill_and_log_lines_beside_notify_lines),
		FX_TEST(every_call_may_be_asked_about),
		FX_TEST(the_listener_does_not_meet_the_commands_descriptors),
		FX_TEST(wrong_arguments_are_refused),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
