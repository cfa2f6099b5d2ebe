// SPDX-License-Identifier: MIT
/* What the command may not do, and the session, keyring and terminal that are its own. */
#include "../fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void session_or_not(void **state)
{
	sb_config *cfg = fx_config("pids");
	const char *out;

	(void)state;
	fx_ok(sb_set_session(cfg, 0));
	out = fx_output(cfg);
	assert_string_not_equal(fx_get(out, "sid"), "2");
	out = fx_output(fx_config("pids"));
	fx_is(out, "sid", "2");
	fx_is(out, "pgrp", "2");
}

static void no_privileges_are_left(void **state)
{
	const char *out = fx_output(fx_config("caps", "unshare=268435456"));

	(void)state;
	fx_is(out, "effective", "0000000000000000");
	fx_is(out, "permitted", "0000000000000000");
	fx_is(out, "inheritable", "0000000000000000");
	fx_is(out, "bounding", "0000000000000000");
	fx_is(out, "ambient", "0000000000000000");
	fx_is(out, "no_new_privs", "1");
}

/* What process 1 has open or in memory is the host's. */
static void nothing_of_process_1_opens(const char *cap)
{
	static const char *const closed[] = {"link /proc/1/fd/3",    "open /proc/1/fd/4", "open /proc/1/mem",
					     "open /proc/1/environ", "link /proc/1/exe",  "link /proc/1/root",
					     "link /proc/1/cwd"};
	sb_config *cfg = fx_config("link=/proc/1/fd/3", "open=/proc/1/fd/4", "open=/proc/1/mem",
				   "open=/proc/1/environ", "link=/proc/1/exe", "link=/proc/1/root",
				   "link=/proc/1/cwd");
	const char *out, *said;
	size_t i;

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	if (cap)
		fx_ok(sb_add_cap(cfg, cap));
	out = fx_output(cfg);
	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		said = fx_get(out, closed[i]);
		if (!said || (strcmp(said, "EACCES") && strcmp(said, "EPERM")))
			fail_msg("%s: %s", closed[i], said ? said : "?");
	}
}

static void process_1_cannot_be_looked_into(void **state)
{
	(void)state;
	nothing_of_process_1_opens(NULL);
}

/* With all that sb-init keeps itself, and its uid, only its not being dumpable is in the way (ptrace(2)). */
static void nor_by_one_with_the_same_capability(void **state)
{
	(void)state;
	nothing_of_process_1_opens("kill");
}

/* Root inside regains nothing by exec either: the bounding set is empty. */
static void nor_for_root_inside(void **state)
{
	sb_config *cfg = fx_config("caps", "mount=/", "run=/inside");
	const char *out;

	(void)state;
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_no_new_privs(cfg, 0));
	out = fx_output(cfg);
	fx_is(out, "effective", "0000000000000000");
	fx_is(out, "bounding", "0000000000000000");
	fx_is(out, "no_new_privs", "0");
	fx_is(out, "mount /", "EPERM");
	fx_is(out, "ran /inside", "0");
	/* The second "permitted" is that of the program it executed. */
	fx_is(strstr(out, "no_new_privs") + 1, "permitted", "0000000000000000");
}

static void capabilities_are_kept_by_name(void **state)
{
	sb_config *cfg = fx_config("caps");
	const char *out, *want = "0000000000000401";

	(void)state;
	fx_ok(sb_add_cap(cfg, "CAP_NET_BIND_SERVICE"));
	fx_ok(sb_add_cap(cfg, "chown"));
	out = fx_output(cfg);
	fx_is(out, "effective", want);
	fx_is(out, "permitted", want);
	fx_is(out, "inheritable", want);
	fx_is(out, "bounding", want);
	fx_is(out, "ambient", want);
}

/* All that there are: what the bounding set of the caller holds. */
static void all_capabilities(void **state)
{
	sb_config *cfg = fx_config("caps", "mount=/inside");
	const char *out;

	(void)state;
	fx_ok(sb_add_cap(cfg, "all"));
	out = fx_output(cfg);
	assert_string_not_equal(fx_get(out, "effective"), "0000000000000000");
	assert_string_equal(fx_get(out, "effective"), fx_get(out, "ambient"));
	assert_string_equal(fx_get(out, "effective"), fx_get(out, "bounding"));
}

static long session_keyring(void)
{
	sb_config *cfg = fx_config("keyring");

	fx_ok(sb_set_seccomp(cfg, "none")); /* which else refuses the question */
	return atol(fx_get(fx_output(cfg), "keyring"));
}

static void the_session_keyring_is_fresh(void **state)
{
	long mine, theirs;

	(void)state;
	mine = syscall(SYS_keyctl, 0, -3, 0);
	theirs = session_keyring();
	assert_true(theirs > 0);
	assert_int_not_equal(theirs, mine);
	assert_int_not_equal(session_keyring(), theirs);
}

static void a_terminal_of_its_own(void **state)
{
	sb_config *cfg = fx_config("tty", "fds");
	char out[4096];
	struct winsize ws = {.ws_row = 33, .ws_col = 111};
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc;
	size_t at = 0;
	int in[2], p[2];
	ssize_t n;

	(void)state;
	/* The program starts to look only when the size is set: fd 3 holds it. */
	fx_command(cfg, "read=3", "tty", "fds");
	fx_ok(pipe2(in, O_CLOEXEC));
	fx_ok(pipe2(p, O_CLOEXEC));
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_tty(cfg, 1));
	fx_ok(sb_set_fd(cfg, 3, in[0]));
	fx_ok(sb_set_fd(cfg, 2, p[1]));
	proc = fx_spawn(cfg);
	sb_config_free(cfg);
	assert_true(sb_proc_tty(proc) >= 0);
	assert_true(fcntl(sb_proc_tty(proc), F_GETFD) & FD_CLOEXEC);
	fx_ok(ioctl(sb_proc_tty(proc), TIOCSWINSZ, &ws));
	close(in[1]);
	/* EIO is how a terminal says that its other side is gone. */
	while (at < sizeof(out) - 1 && (n = read(sb_proc_tty(proc), out + at, sizeof(out) - 1 - at)) > 0)
		at += (size_t)n;
	out[at] = '\0';
	while (strchr(out, '\r'))
		memmove(strchr(out, '\r'), strchr(out, '\r') + 1, strlen(strchr(out, '\r')));
	fx_wait(proc, &res);
	assert_int_equal(res.code, 0);
	fx_is(out, "isatty", "110");
	fx_is(out, "ttyname", "/dev/pts/0");
	fx_is(out, "winsize", "111x33");
	fx_is(out, "controlling", "yes");
	fx_is(out, "foreground", "1");
	fx_is(out, "fds", "0 1 2 3");
	close(in[0]);
	close(p[0]);
	close(p[1]);
}

static void its_descriptors_may_all_be_others(void **state)
{
	sb_config *cfg = fx_config("tty");
	const char *out;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	fx_ok(sb_add_dev(cfg, "/dev"));
	fx_ok(sb_set_tty(cfg, 1));
	fx_ok(sb_set_fd(cfg, 0, null));
	fx_ok(sb_set_fd(cfg, 2, null));
	out = fx_output(cfg); /* that is 1 */
	fx_is(out, "isatty", "000");
	fx_is(out, "controlling", "yes");
	close(null);
}

static void no_terminal_no_master(void **state)
{
	sb_config *cfg = fx_config("tty");
	sb_proc *proc;

	(void)state;
	proc = fx_spawn(cfg);
	assert_int_equal(sb_proc_tty(proc), -ENOTTY);
	fx_wait(proc, NULL);
	fx_is(fx_output(cfg), "controlling", "ENOENT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(session_or_not),
		FX_TEST(no_privileges_are_left),
		FX_TEST(process_1_cannot_be_looked_into),
		FX_TEST(nor_by_one_with_the_same_capability),
		FX_TEST(nor_for_root_inside),
		FX_TEST(capabilities_are_kept_by_name),
		FX_TEST(all_capabilities),
		FX_TEST_IF("keyring", the_session_keyring_is_fresh),
		FX_TEST(a_terminal_of_its_own),
		FX_TEST(its_descriptors_may_all_be_others),
		FX_TEST(no_terminal_no_master),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
