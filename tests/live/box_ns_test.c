// SPDX-License-Identifier: MIT
/* Descriptors of a box's namespaces: those that its commands are in, and to be entered by whoever may. */
#include "../fixture_cgroup.h"
#include "box_kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define KINDS 8
static const struct {
	const char *name;
	uint64_t bit;
} kinds[KINDS] = {
	{"user", SB_NS_USER}, {"pid", SB_NS_PID}, {"mnt", SB_NS_MOUNT}, {"net", SB_NS_NET},
	{"ipc", SB_NS_IPC},   {"uts", SB_NS_UTS}, {"cgroup", SB_NS_CGROUP}, {"time", SB_NS_TIME},
};

static sb_config *described(void)
{
	sb_config *cfg = fx_config("ns", "say=ready", "read=0");

	fx_ok(sb_set_hostname(cfg, "boxed"));
	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_file(cfg, "/token", "of the box", 10, 0644));
	return cfg;
}

static int ns_fd(const sb_box *box, uint64_t ns)
{
	sb_error err = SB_INIT(sb_error);
	int fd = sb_box_ns_fd(box, ns, &err);

	if (fd < 0)
		fail_msg("sb_box_ns_fd(%#llx): %s hint: %s", (unsigned long long)ns, err.message, err.hint);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

static const char *name_of(int fd)
{
	static char text[KINDS][64];
	static unsigned turn;
	char path[64], *p = text[turn++ % KINDS];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, p, 63);
	p[n < 0 ? 0 : n] = '\0';
	return p;
}

/* Before, while and after a command runs in it. */
static void they_are_those_of_its_commands(void **state)
{
	sb_config *cfg = described();
	sb_box *box = open_with(cfg);
	struct fx_talk talk;
	int fd[KINDS], i;
	char key[16];

	(void)state;
	for (i = 0; i < KINDS; i++)
		fd[i] = ns_fd(box, kinds[i].bit);
	fx_talk_begin(&talk, box, cfg);
	fx_talk_until(&talk, "ready\n");
	for (i = 0; i < KINDS; i++) {
		int again = ns_fd(box, kinds[i].bit);

		snprintf(key, sizeof(key), "ns %s", kinds[i].name);
		assert_string_equal(fx_get(talk.said, key), name_of(fd[i]));
		assert_string_equal(name_of(again), name_of(fd[i]));
		close(again);
	}
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	for (i = 0; i < KINDS; i++) {
		int again = ns_fd(box, kinds[i].bit);

		assert_string_equal(name_of(again), name_of(fd[i]));
		close(again);
		close(fd[i]);
	}
	sb_box_free(box);
	sb_config_free(cfg);
}

static int entered[KINDS]; /* for the child */

static const char *look_around(void)
{
	char text[32] = "";
	struct utsname uts;
	int fd, n = 0;
	DIR *proc;

	if (uname(&uts) < 0 || strcmp(uts.nodename, "boxed"))
		return "its host name is not that of the box";
	fd = open("/token", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text)) != 10 || memcmp(text, "of the box", 10))
		return "the file of the box is not there";
	proc = opendir("/proc");
	for (struct dirent *e = proc ? readdir(proc) : NULL; e; e = readdir(proc))
		n += e->d_name[0] >= '1' && e->d_name[0] <= '9';
	if (n != 3) /* sb-init, the command, and we */
		return "its processes are not those of the box";
	if (kill(1, 0) < 0 && errno != EPERM)
		return "there is no process 1";
	return getpid() < 100 ? NULL : "our own number is not one of the box";
}

/* As nsenter(1): whose power over the box is that of its user goes by way of the user namespace. */
static const char *enter(void)
{
	static const int order[] = {5, 4, 3, 1, 2};
	const char *wrong;
	int status;
	pid_t pid;

	if (fx_who() == FX_USER && setns(entered[0], CLONE_NEWUSER) < 0)
		return "setns(user) was refused";
	if (setns(entered[5], CLONE_NEWNET) == 0)
		return "a descriptor is of another kind than was asked for";
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (setns(entered[order[i]], 0) < 0)
			return strerror(errno);
	pid = fork();
	if (pid == 0) {
		wrong = look_around();
		if (wrong && write(2, wrong, strlen(wrong)) < 0)
			_exit(2);
		_exit(wrong ? 1 : 0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? NULL : "what was found inside is not the box";
}

static void setns_enters_them(void **state)
{
	sb_config *cfg = described();
	sb_box *box = open_with(cfg);
	struct fx_talk talk;
	int i;

	(void)state;
	fx_talk_begin(&talk, box, cfg);
	fx_talk_until(&talk, "ready\n");
	for (i = 0; i < KINDS; i++)
		entered[i] = ns_fd(box, kinds[i].bit);
	fx_in_child(enter);
	for (i = 0; i < KINDS; i++)
		close(entered[i]);
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	sb_box_free(box);
	sb_config_free(cfg);
}

/* Another sandbox joins all of them, and lives on when the box has ended. */
static void another_sandbox_joins_them(void **state)
{
	sb_config *cfg = described(), *guest = sb_config_new();
	sb_box *box = open_with(cfg);
	struct fx_talk talk;
	int fd[KINDS], i;
	char key[16];

	(void)state;
	for (i = 0; i < KINDS; i++) {
		fd[i] = ns_fd(box, kinds[i].bit);
		fx_ok(sb_set_ns_fd(guest, kinds[i].bit, fd[i]));
	}
	fx_ok(sb_set_user(guest, 1000, 1000));
	fx_ok(sb_set_command(guest, "/inside",
			     (const char *const[]){ "inside", "ns", "uts", "cat=/token", "say=ready", NULL }));
	fx_talk_begin(&talk, NULL, guest);
	fx_talk_until(&talk, "ready\n");
	for (i = 0; i < KINDS; i++) {
		snprintf(key, sizeof(key), "ns %s", kinds[i].name);
		assert_string_equal(fx_get(talk.said, key), name_of(fd[i]));
		close(fd[i]);
	}
	fx_is(talk.said, "hostname", "boxed");
	fx_has(talk.said, "of the box");
	fx_talk_end(&talk, NULL);
	fx_talk_free(&talk);
	sb_config_free(guest);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void its_network_is_joined_after_the_box_has_ended(void **state)
{
	sb_config *cfg = described(), *guest;
	char path[64], name[64];
	sb_box *box;
	int fd;

	(void)state;
	if (fx_who() == FX_USER) {
		sb_config_free(cfg);
		fx_skip("entering a network alone needs power over it");
	}
	box = open_with(cfg);
	fd = ns_fd(box, SB_NS_NET);
	sb_box_free(box);
	sb_config_free(cfg);
	guest = fx_config("ns");
	fx_ok(sb_add_proc(guest, "/proc", 0));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(name, sizeof(name), "%s", name_of(fd));
	fx_ok(sb_net_join(guest, path));
	close(fd);
	fx_is(fx_output(guest), "ns net", name);
}

static void refused(const sb_box *box, uint64_t ns, int code, const char *words)
{
	sb_error err = SB_INIT(sb_error);

	assert_int_equal(sb_box_ns_fd(box, ns, &err), -code);
	assert_int_equal(err.code, code);
	fx_has(err.message, words);
}

static void what_is_no_kind_is_refused(void **state)
{
	sb_config *cfg = described();
	sb_box *box = open_with(cfg);

	(void)state;
	refused(NULL, SB_NS_NET, EINVAL, "no box");
	refused(box, 0, EINVAL, "0 is not one SB_NS_* bit");
	refused(box, SB_NS_NET | SB_NS_UTS, EINVAL, "0x28 is not one SB_NS_* bit");
	refused(box, UINT64_C(1) << 8, EINVAL, "0x100 is not one");
	refused(box, UINT64_C(1) << 63, EINVAL, "is not one");
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_kind_that_is_the_hosts_is_not_given(void **state)
{
	sb_config *cfg = described();
	sb_error err = SB_INIT(sb_error);
	sb_box *box;

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~(SB_NS_NET | SB_NS_TIME)));
	box = open_with(cfg);
	refused(box, SB_NS_NET, ENOENT, "no net namespace of its own");
	refused(box, SB_NS_TIME, ENOENT, "no time namespace of its own");
	assert_int_equal(sb_box_ns_fd(box, SB_NS_NET, &err), -ENOENT);
	fx_has(err.hint, "sb_set_ns()");
	close(ns_fd(box, SB_NS_IPC));
	sb_box_free(box);
	sb_config_free(cfg);
}

/*
 * Commands with a leaf each are each rooted there; the PID namespace that sb-init only passes on is
 * theirs.
 */
static void commands_with_leaves_have_the_cgroup_namespaces(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_box *box;

	(void)state;
	fx_cg_need("");
	cfg = fx_cg_config("exit=0");
	box = open_with(cfg);
	refused(box, SB_NS_CGROUP, ENOENT, "each command of this box has a cgroup namespace");
	assert_int_equal(sb_box_ns_fd(box, SB_NS_CGROUP, &err), -ENOENT);
	fx_has(err.hint, "sb_proc_pidfd()");
	close(ns_fd(box, SB_NS_UTS));
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_joined_pid_namespace_is_given_as_well(void **state)
{
	sb_config *cfg = described(), *guest;
	sb_box *box, *second;
	int fd[1], again;

	(void)state;
	if (fx_who() == FX_USER) {
		sb_config_free(cfg);
		fx_skip("entering a PID namespace alone needs power over it");
	}
	box = open_with(cfg);
	fd[0] = ns_fd(box, SB_NS_PID);
	guest = fx_config("exit=0");
	fx_ok(sb_set_ns_fd(guest, SB_NS_PID, fd[0]));
	second = open_with(guest);
	again = ns_fd(second, SB_NS_PID);
	assert_string_equal(name_of(again), name_of(fd[0]));
	close(again);
	close(fd[0]);
	sb_box_free(second);
	sb_config_free(guest);
	sb_box_free(box);
	sb_config_free(cfg);
}

static void a_box_that_is_gone_has_none(void **state)
{
	sb_config *cfg = described();
	sb_box *box = open_with(cfg);
	int i;

	(void)state;
	kill_box(box);
	for (i = 0; i < KINDS; i++)
		refused(box, kinds[i].bit, ESRCH, "the box is gone");
	sb_box_free(box);
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("ns.time", they_are_those_of_its_commands),
		FX_TEST_IF("ns.time", setns_enters_them),
		FX_TEST_IF("ns.time", another_sandbox_joins_them),
		FX_TEST(its_network_is_joined_after_the_box_has_ended),
		FX_TEST(what_is_no_kind_is_refused),
		FX_TEST(a_kind_that_is_the_hosts_is_not_given),
		FX_TEST(commands_with_leaves_have_the_cgroup_namespaces),
		FX_TEST(a_joined_pid_namespace_is_given_as_well),
		FX_TEST(a_box_that_is_gone_has_none),
	};

	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
