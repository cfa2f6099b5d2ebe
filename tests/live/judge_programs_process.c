// SPDX-License-Identifier: MIT
/* Programs with more processes than one, or with one that wants to be where it may not. */
#include "judge_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int pausing(long number)
{
	(void)number;
	hold();
}

static int answer(long number)
{
	return (int)number;
}

static int spinning(long number)
{
	(void)number;
	spin_on();
}

static int refusing(long number)
{
	(void)number;
	setsid();
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	hold();
}

/* So many at once, itself included; then all but itself are gone again. */
static int act_at_once(long number)
{
	int p[2], n = 1;
	char c;

	if (pipe2(p, O_CLOEXEC) < 0)
		broken("pipe2");
	for (; n < number; n++)
		if (fork() == 0) {
			close(p[1]);
			_exit(read(p[0], &c, 1) != 0); /* until the last one that writes is gone */
		}
	close(p[1]);
	while (wait(NULL) > 0)
		n--;
	return n == 1 ? 0 : BROKEN;
}

static int act_in_turn(long number)
{
	while (number-- > 0)
		await(child(answer, 0));
	return 0;
}

static int act_daemon(long number)
{
	orphan(pausing, 0);
	return (int)number;
}

static int act_daemons_refuse(long number)
{
	for (int i = 0; i < 5; i++)
		orphan(refusing, 0);
	return (int)number;
}

static int act_zombies(long number)
{
	for (int i = 0; i < 10; i++)
		child(answer, 0);
	spin(5);
	return (int)number;
}

static int act_background(long number)
{
	for (int i = 0; i < 3; i++)
		child(spinning, 0);
	return (int)number;
}

static int act_stopped_children(long number)
{
	for (int i = 0; i < 5; i++)
		kill(child(pausing, 0), SIGSTOP);
	return (int)number;
}

/* Everybody it may reach: its children, and nobody else. */
static int act_kill_all(long number)
{
	int status, n = 0;

	for (int i = 0; i < 5; i++)
		child(pausing, 0);
	orphan(refusing, 0);
	kill(-1, SIGKILL);
	while (wait(&status) > 0)
		n += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return n == 5 ? (int)number : BROKEN;
}

/* Process 1 is ended by nobody in its namespace. */
static int act_kill_init(long number)
{
	for (int i = 0; i < 50; i++) {
		kill(1, SIGKILL);
		kill(1, SIGSTOP);
		sched_yield();
	}
	return (int)number;
}

static int act_files(long number)
{
	int fd, last = -1;

	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		last = fd;
	return errno == EMFILE && last == number - 1 ? 0 : BROKEN;
}

/* Limits can be lowered only. */
static int act_raise_limits(long number)
{
	struct rlimit limit;
	int i, raised = 0;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		if (getrlimit(i, &limit) < 0 || limit.rlim_max == RLIM_INFINITY)
			continue;
		limit.rlim_max++;
		raised += setrlimit(i, &limit) == 0;
	}
	return raised || setpriority(PRIO_PROCESS, 0, -5) == 0 ? BROKEN : (int)number;
}

static int is_default(int signal)
{
	struct sigaction sa;
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, signal) == 0 && sigaction(signal, NULL, &sa) == 0 &&
	       sa.sa_handler == SIG_DFL;
}

/* What a judge gives to nobody: environment, directory, descriptors, signals, mask. */
static int act_clean(long number)
{
	char cwd[64];
	int fd;

	for (fd = 3; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			broken("a descriptor");
	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP && !is_default(i))
			broken("a signal");
	if (environ && *environ)
		broken("a variable");
	if (!getcwd(cwd, sizeof(cwd)) || strcmp(cwd, "/"))
		broken("a directory");
	return umask(0) == 022 ? (int)number : BROKEN;
}

static void *tell_when_alone(void *arg)
{
	char path[64], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (!strstr(text, ") Z")) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
			broken(path);
		close(fd);
	}
	if (write(*(int *)arg, "x", 1) != 1)
		broken("write");
	hold();
}

/* A process whose first thread is a zombie: signals to that one reach nobody. */
static int act_headless(long number)
{
	int p[2];
	pthread_t id;
	char c;

	if (pipe2(p, O_CLOEXEC) < 0)
		broken("pipe2");
	if (fork() == 0) {
		pthread_create(&id, NULL, tell_when_alone, &p[1]);
		pthread_exit(NULL);
	}
	if (read(p[0], &c, 1) != 1)
		broken("read");
	return (int)number;
}

static int act_new_namespaces(long number)
{
	static const int kinds[] = { CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS, CLONE_NEWCGROUP };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (unshare(kinds[i]) == 0)
			return BROKEN;
	return (int)number;
}

static int act_chain(long number)
{
	int status;

	if (number <= 0)
		return 3;
	status = await(child(act_chain, number - 1));
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* Its own cgroup, if it can be seen, is nothing it may change. */
static int act_cgroup(long number)
{
	static const char *const files[] = { "cgroup.procs", "memory.max", "pids.max", "cgroup.kill",
					     "cpu.max" };
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", files[i]);
		if (open(path, O_WRONLY | O_CLOEXEC) >= 0)
			return BROKEN;
	}
	return (int)number;
}

const struct judged process_programs[] = {
	{ "at-once", act_at_once },
	{ "in-turn", act_in_turn },
	{ "daemon", act_daemon },
	{ "daemons-refuse", act_daemons_refuse },
	{ "zombies", act_zombies },
	{ "background", act_background },
	{ "stopped-children", act_stopped_children },
	{ "kill-all", act_kill_all },
	{ "kill-init", act_kill_init },
	{ "files", act_files },
	{ "raise-limits", act_raise_limits },
	{ "clean", act_clean },
	{ "headless", act_headless },
	{ "new-namespaces", act_new_namespaces },
	{ "chain", act_chain },
	{ "cgroup", act_cgroup },
	{ NULL, NULL },
};
