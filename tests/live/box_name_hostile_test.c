// SPDX-License-Identifier: MIT
/*
 * What others can do to a name: hold it, pose as its sandbox, connect to it; and users do not get
 * into each other's way.
 */
#include "name_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static void path_of(const char *name, char *path, size_t len)
{
	struct stat st;

	fx_ok(stat("/proc/self/ns/user", &st));
	snprintf(path, len, "libsandbox/%u.%lu/%s", geteuid(), (unsigned long)st.st_ino, name);
}

static socklen_t address_of(const char *name, struct sockaddr_un *to)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	path_of(name, to->sun_path + 1, sizeof(to->sun_path) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(to->sun_path + 1));
}

static void who_only_holds_a_name_is_no_sandbox(void **state)
{
	const char *name = own_name("held");
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;
	socklen_t len = address_of(name, &to);
	const sb_error *err;

	(void)state;
	fx_ok(bind(fd, (struct sockaddr *)&to, len));
	fx_refused(by_name(name), ENOENT);
	fx_refused(named(name), EADDRINUSE);
	fx_ok(listen(fd, 1));
	err = fx_refused(by_name(name), EPERM);
	fx_has(err->message, "no sandbox");
	assert_null(listed(name));
	close(fd);
	is_free(name);
}

/* It shares our network, and holds a name of ours: what would join it is not led into its namespaces. */
static void a_command_inside_that_holds_a_name_is_no_sandbox(void **state)
{
	const char *name = own_name("inside");
	sb_config *cfg = fx_config("pause");
	char word[160] = "hold=", line[32] = "";
	sb_proc *proc;
	int out[2];

	(void)state;
	path_of(name, word + 5, sizeof(word) - 5);
	fx_ok(pipe2(out, O_CLOEXEC));
	fx_ok(sb_net_host(cfg));
	fx_command(cfg, word, "pause");
	fx_ok(sb_set_fd(cfg, 1, out[1]));
	proc = fx_spawn(cfg);
	close(out[1]);
	assert_true(read(out[0], line, sizeof(line) - 1) > 0);
	assert_string_equal(line, "hold=ok\n");
	close(out[0]);
	/*
	 * Privileged, its user is another one than ours, and so is the name's holder; else it is
	 * process 2 in there.
	 */
	fx_refused(by_name(name), EPERM);
	assert_null(listed(name));
	sb_proc_free(proc);
	sb_config_free(cfg);
}

/* More than its queue holds: sb-init keeps it empty. */
static void many_who_only_connect_are_in_nobodys_way(void **state)
{
	const char *name = own_name("flood");
	struct sockaddr_un to;
	socklen_t len = address_of(name, &to);
	struct keeper k;
	int fd;

	(void)state;
	keeper_begin(&k, named(name), NULL);
	for (int i = 0; i < 1000; i++) {
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		fx_ok(connect(fd, (struct sockaddr *)&to, len));
		close(fd);
	}
	fx_is(fx_output(by_name(name)), "hostname", "by-name");
	keeper_end(&k);
}

/* Another user's process: takes @name, says so, and waits. */
static int other_user(const char *name, int answer, int ask)
{
	sb_box *box = NULL;
	sb_config *cfg;
	char byte = 0;

	if (setgid(1234) < 0 || setuid(1234) < 0)
		return 1;
	cfg = named(name);
	if (sb_box_open(cfg, &box, NULL) < 0 || write(answer, &byte, 1) != 1)
		return 2;
	byte = (char)read(ask, &byte, 1);
	sb_box_free(box);
	sb_config_free(cfg);
	return 0;
}

static void users_do_not_share_names(void **state)
{
	const char *name = own_name("both");
	char theirs[96], byte;
	int ask[2], answer[2], status;
	struct keeper k;
	pid_t pid;

	(void)state;
	keeper_begin(&k, named(name), NULL);
	fx_ok(pipe2(ask, O_CLOEXEC));
	fx_ok(pipe2(answer, O_CLOEXEC));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ask[1]);
		_exit(other_user(name, answer[1], ask[0]));
	}
	close(ask[0]);
	close(answer[1]);
	if (read(answer[0], &byte, 1) == 1) {
		snprintf(theirs, sizeof(theirs), "1234/%s", name);
		fx_is(fx_output(by_name(theirs)), "hostname", "by-name"); /* root may */
		assert_int_equal(listed(name)->uid, 0); /* sorted by user */
	}
	close(ask[1]);
	close(answer[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	keeper_end(&k);
}

/*
 * Process 1 of a pid namespace made right here, but by user 1234: listens under a name of ours
 * until it is killed.
 */
static int sandbox_of_another(const struct sockaddr_un *to, socklen_t len, int answer)
{
	int fd, status;
	pid_t pid;

	if (setgid(1234) < 0 || setuid(1234) < 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (bind(fd, (const struct sockaddr *)to, len) < 0 || listen(fd, 8) < 0 ||
		    write(answer, "", 1) != 1)
			_exit(1);
		pause();
	}
	close(answer);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? 0 : 2;
}

static void another_users_sandbox_is_not_taken_for_ours(void **state)
{
	const char *name = own_name("false");
	struct sockaddr_un to;
	socklen_t len = address_of(name, &to);
	int answer[2], status, children = 0;
	const sb_error *err;
	char path[64], byte;
	pid_t pid;
	FILE *in;

	(void)state;
	fx_ok(pipe2(answer, O_CLOEXEC));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(sandbox_of_another(&to, len, answer[1]));
	close(answer[1]);
	assert_int_equal(read(answer[0], &byte, 1), 1);
	close(answer[0]);
	err = fx_refused(by_name(name), EPERM);
	fx_has(err->message, "user 1234");
	assert_null(listed(name));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	in = fopen(path, "re");
	assert_int_equal(fscanf(in, "%d", &children), 1);
	fclose(in);
	kill(children, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(who_only_holds_a_name_is_no_sandbox),
		FX_TEST(a_command_inside_that_holds_a_name_is_no_sandbox),
		FX_TEST(many_who_only_connect_are_in_nobodys_way),
		FX_TEST_IF("root", users_do_not_share_names),
		FX_TEST_IF("root", another_users_sandbox_is_not_taken_for_ours),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
