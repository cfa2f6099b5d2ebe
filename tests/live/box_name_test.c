// SPDX-License-Identifier: MIT
/* Boxes by name: found by other processes, one of a name, free when it ends; and what who merely holds the name cannot do. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sb_config *named(const char *name)
{
	sb_config *cfg = fx_config("pause");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_hostname(cfg, "by-name"));
	fx_ok(sb_set_name(cfg, name));
	return cfg;
}

/* Other tests may run at the same time. */
static const char *own_name(const char *part)
{
	static char names[4][64];
	static unsigned turn;
	char *name = names[turn++ % 4];

	snprintf(name, sizeof(names[0]), "fx-%d-%s", getpid(), part);
	return name;
}

static sb_config *by_name(const char *name)
{
	sb_config *cfg = sb_config_new();

	fx_ok(sb_set_join_name(cfg, name));
	fx_command(cfg, "uts", "fds");
	return cfg;
}

/* It can be had. */
static void is_free(const char *name)
{
	sb_config *cfg = named(name);

	sb_proc_free(fx_spawn(cfg));
	sb_config_free(cfg);
}

/* The entry of @name, or NULL. */
static const sb_named *listed(const char *name)
{
	static sb_named list[512];
	ssize_t count;

	list[0].size = sizeof(list[0]);
	count = sb_named_list(list, 512, NULL);
	assert_in_range(count, 0, 512);
	for (ssize_t i = 0; i < count; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

static void it_is_found_and_listed(void **state)
{
	const char *name = own_name("box");
	const sb_named *entry;
	struct timespec now;
	struct keeper k;

	(void)state;
	keeper_begin(&k, named(name), NULL);
	fx_is(fx_output(by_name(name)), "hostname", "by-name");
	entry = listed(name);
	assert_non_null(entry);
	assert_int_equal(entry->pid, k.init);
	assert_int_equal(entry->uid, geteuid());
	clock_gettime(CLOCK_REALTIME, &now);
	assert_true(entry->started_ns > 0 && entry->started_ns / 1000000000 <= (uint64_t)now.tv_sec + 1);
	keeper_end(&k);
	assert_null(listed(name));
}

static void a_single_command_has_a_name_too(void **state)
{
	const char *name = own_name("single");
	sb_config *cfg = named(name);
	sb_proc *proc;

	(void)state;
	for (int i = 0; i < 3; i++) { /* the name is free again each time */
		proc = fx_spawn(cfg);
		fx_is(fx_output(by_name(name)), "hostname", "by-name");
		sb_proc_free(proc);
		assert_null(listed(name));
	}
	sb_config_free(cfg);
}

static void a_name_that_is_taken_names_who_has_it(void **state)
{
	const char *name = own_name("taken");
	const sb_error *err;
	struct keeper k;
	char pid[32];

	(void)state;
	keeper_begin(&k, named(name), NULL);
	err = fx_refused(named(name), EADDRINUSE);
	snprintf(pid, sizeof(pid), "process %d ", k.init);
	fx_has(err->message, pid);
	fx_has(err->message, name);
	assert_string_equal(sb_step_name(err->step), "name");
	assert_true(err->hint[0]);
	fx_is(fx_output(by_name(name)), "hostname", "by-name");
	keeper_end(&k);
	is_free(name);
}

static void of_two_who_race_one_wins(void **state)
{
	const char *name = own_name("race");
	struct keeper k[2];

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 2; i++)
			keeper_go(&k[i], named(name), NULL);
		for (int i = 0; i < 2; i++)
			keeper_opened(&k[i]);
		assert_int_equal(k[0].code + k[1].code, -EADDRINUSE);
		for (int i = 0; i < 2; i++)
			keeper_end(&k[i]);
	}
}

static void it_is_free_when_its_host_was_killed(void **state)
{
	const char *name = own_name("killed");
	struct keeper k;

	(void)state;
	keeper_begin(&k, named(name), fx_config("pause"));
	keeper_die(&k);
	keeper_begin(&k, named(name), NULL);
	keeper_end(&k);
}

static void a_spawn_that_fails_gives_it_back(void **state)
{
	const char *name = own_name("failed");
	sb_config *cfg = named(name), *copy = sb_config_copy(cfg);

	(void)state;
	fx_ok(sb_set_command(cfg, "/nowhere", NULL));
	fx_refused(cfg, ENOENT);
	sb_proc_free(fx_spawn(copy));
	sb_config_free(copy);
}

static void the_command_does_not_hold_it(void **state)
{
	sb_config *cfg = named(own_name("fds")), *plain;
	char with[1024], without[1024];

	(void)state;
	fx_command(cfg, "fds");
	plain = sb_config_copy(cfg);
	fx_ok(sb_set_name(plain, NULL));
	snprintf(with, sizeof(with), "%s", fx_output(cfg));
	snprintf(without, sizeof(without), "%s", fx_output(plain));
	assert_string_equal(with, without);
}

static void one_that_is_not_there(void **state)
{
	const char *name = own_name("none");
	const sb_error *err = fx_refused(by_name(name), ENOENT);

	(void)state;
	assert_string_equal(sb_step_name(err->step), "name");
	fx_has(err->message, name);
	fx_has(err->hint, "sbx ls");
}

static void a_name_needs_processes_of_its_own(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	fx_ok(sb_set_name(cfg, "x"));
	fx_has(fx_refused(cfg, EINVAL)->message, "PID namespace");
}

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
	/* Privileged, its user is another one than ours, and so is the name's holder; else it is process 2 in there. */
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

/* Process 1 of a pid namespace made right here, but by user 1234: listens under a name of ours until it is killed. */
static int sandbox_of_another(const struct sockaddr_un *to, socklen_t len, int answer)
{
	int fd, status;
	pid_t pid;

	if (setgid(1234) < 0 || setuid(1234) < 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (bind(fd, (const struct sockaddr *)to, len) < 0 || listen(fd, 8) < 0 || write(answer, "", 1) != 1)
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

static void a_list_wants_a_size(void **state)
{
	sb_named odd = {.size = 4};

	(void)state;
	assert_int_equal(sb_named_list(&odd, 1, NULL), -EINVAL);
	assert_true(sb_named_list(NULL, 0, NULL) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(it_is_found_and_listed),
		FX_TEST(a_single_command_has_a_name_too),
		FX_TEST(a_name_that_is_taken_names_who_has_it),
		FX_TEST(of_two_who_race_one_wins),
		FX_TEST(it_is_free_when_its_host_was_killed),
		FX_TEST(a_spawn_that_fails_gives_it_back),
		FX_TEST(the_command_does_not_hold_it),
		FX_TEST(one_that_is_not_there),
		FX_TEST(a_name_needs_processes_of_its_own),
		FX_TEST(who_only_holds_a_name_is_no_sandbox),
		FX_TEST(a_command_inside_that_holds_a_name_is_no_sandbox),
		FX_TEST(many_who_only_connect_are_in_nobodys_way),
		FX_TEST_IF("root", users_do_not_share_names),
		FX_TEST_IF("root", another_users_sandbox_is_not_taken_for_ours),
		FX_TEST(a_list_wants_a_size),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
