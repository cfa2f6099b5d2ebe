// SPDX-License-Identifier: MIT
/* The leak checks' own view of this process: one text, compared line by line. */
#include "fixture_state.h"
#include "fixture.h"
#include "fixture_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATHS 4096

extern char **environ;

struct text {
	char *s;
	size_t len;
	size_t room;
};

static __attribute__((format(printf, 2, 3))) void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->room - t->len < 8192) {
		t->room = t->room * 2 + 16384;
		t->s = realloc(t->s, t->room);
		if (!t->s)
			abort();
	}
	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, t->room - t->len, fmt, ap);
	va_end(ap);
	t->len += n < 8192 ? (size_t)n : 8191;
}

static void add_link(struct text *t, const char *what, const char *path)
{
	char to[4096];
	ssize_t n;

	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		return;
	to[n] = '\0';
	add(t, "%s %s\n", what, to);
}

static void add_fds(struct text *t)
{
	char path[64], what[64];
	struct dirent *e;
	DIR *d;

	d = opendir("/proc/self/fd");
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(d))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%.16s", e->d_name);
		snprintf(what, sizeof(what), "descriptor %.16s is", e->d_name);
		add_link(t, what, path);
	}
	if (d)
		closedir(d);
}

/* Calls @each for every child of every thread; returns how many tasks this process has. */
static int walk_children(void (*each)(long pid, void *arg), void *arg)
{
	char path[64], *line = NULL, *p, *end;
	size_t room = 0;
	struct dirent *e;
	int threads = 0;
	long pid;
	FILE *f;
	DIR *d;

	d = opendir("/proc/self/task");
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		threads++;
		snprintf(path, sizeof(path), "/proc/self/task/%.16s/children", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (getline(&line, &room, f) > 0) {
			for (p = line; (pid = strtol(p, &end, 10)) > 0; p = end)
				each(pid, arg);
		}
		fclose(f);
	}
	if (d)
		closedir(d);
	free(line);
	return threads;
}

static void no_child(long pid, void *arg)
{
	(void)pid;
	(void)arg;
}

/* pthread_join() returns when the kernel is not quite done with the thread yet: give it its time. */
static __attribute__((unused)) int threads_left(void)
{
	int i, n = 0;

	for (i = 0; i < 5000 && (n = walk_children(no_child, NULL)) > 1; i++)
		sched_yield();
	return n;
}

/*
 * A child that nobody has to wait for (SIGCHLD ignored or without zombies) has ended for waitid() and for its
 * pidfd a little before the kernel takes it off the list, and no event tells when that is. So a child that is
 * listed and cannot be waited for is given its time. One that can be, alive or a zombie, is left, and so is
 * one that does not go.
 */
static int is_going(pid_t pid)
{
	struct timespec now, start;
	siginfo_t si;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0)
			return 0;
		if (errno != ECHILD)
			return 0;
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return 1;
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 20);
	return 0;
}

static void add_child(long pid, void *arg)
{
	char path[64], comm[64] = "?";
	FILE *f;

	if (is_going((pid_t)pid))
		return;
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	f = fopen(path, "re");
	if (f) {
		if (fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(f);
	}
	add(arg, "child process %ld (%s)\n", pid, comm);
}

static void kill_child(long pid, void *arg)
{
	(void)arg;
	kill((pid_t)pid, SIGKILL);
}

const char *fx_cg_mount(void)
{
	static char mount[PATHS];
	char *line = NULL;
	size_t room = 0;
	FILE *f;

	f = mount[0] ? NULL : fopen("/proc/self/mountinfo", "re");
	while (f && !mount[0] && getline(&line, &room, f) > 0)
		if (strstr(line, " - cgroup2 "))
			sscanf(line, "%*s %*s %*s %*s %4095s", mount);
	if (f)
		fclose(f);
	free(line);
	return mount[0] ? mount : NULL;
}

/* Names that this process or the library in it gives: "sb-PID-N", "sb-self-PID", "test-PID-…". */
static int is_ours(const char *name)
{
	char own[3][32];
	int i;

	snprintf(own[0], sizeof(own[0]), "sb-%d-", getpid());
	snprintf(own[1], sizeof(own[1]), "test-%d-", getpid());
	snprintf(own[2], sizeof(own[2]), "sb-self-%d", getpid());
	for (i = 0; i < 2; i++)
		if (!strncmp(name, own[i], strlen(own[i])))
			return 1;
	return !strcmp(name, own[2]);
}

static void walk_cgroups(const char *dir, int ours, void (*each)(const char *path, void *arg), void *arg)
{
	char path[PATHS];
	struct dirent *e;
	DIR *d;

	d = opendir(dir);
	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.3800s/%.255s", dir, e->d_name);
		walk_cgroups(path, ours || is_ours(e->d_name), each, arg);
		if (ours || is_ours(e->d_name))
			each(path, arg);
	}
	if (d)
		closedir(d);
}

static void walk_own_cgroups(void (*each)(const char *path, void *arg), void *arg)
{
	if (fx_cg_mount())
		walk_cgroups(fx_cg_mount(), 0, each, arg);
}

static void remove_cgroup(const char *path, void *arg)
{
	struct pollfd p = {.events = POLLPRI};
	char file[PATHS + 32];
	int i, fd;

	(void)arg;
	snprintf(file, sizeof(file), "%s/cgroup.kill", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) == 1)
		close(fd);
	snprintf(file, sizeof(file), "%s/cgroup.events", path);
	p.fd = open(file, O_RDONLY | O_CLOEXEC);
	for (i = 0; i < 20 && rmdir(path) < 0 && errno == EBUSY; i++) {
		poll(&p, 1, 50);
		lseek(p.fd, 0, SEEK_SET);
	}
	if (p.fd >= 0)
		close(p.fd);
}

void fx_kill_children(void)
{
	siginfo_t si;

	/* Those of the killed ones come to us, the subreaper: hence the loop. */
	do {
		walk_children(kill_child, NULL);
	} while (waitid(P_ALL, 0, &si, WEXITED | __WALL) == 0);
	walk_own_cgroups(remove_cgroup, NULL);
}

static void add_file(struct text *t, const char *what, const char *path, const char *const keys[])
{
	char line[4096];
	size_t i;
	FILE *f;

	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		for (i = 0; keys && keys[i]; i++)
			if (!strncmp(line, keys[i], strlen(keys[i])))
				break;
		if (!keys || keys[i])
			add(t, "%s %s", what, line);
	}
	if (f)
		fclose(f);
}

static void add_signals(struct text *t)
{
	struct sigaction sa;
	sigset_t set;
	int i;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	for (i = 1; i < 65; i++) {
		if (sigismember(&set, i) == 1)
			add(t, "signal %d blocked\n", i);
		if (sigaction(i, NULL, &sa) < 0 || sa.sa_handler == SIG_DFL)
			continue;
		add(t, "signal %d handler %p flags %#x\n", i, (void *)sa.sa_handler, (unsigned)sa.sa_flags);
	}
}

static void add_cgroup(const char *path, void *arg)
{
	add(arg, "cgroup %s\n", path);
}

char *fx_state_take(int own_mounts)
{
	static const char *const status[] = {"Umask:",      "Uid:",     "Gid:",       "Groups:", "Cap",
					     "NoNewPrivs:", "Seccomp:", "TracerPid:", NULL};
	static const char *const ns[] = {"user", "pid_for_children",  "mnt", "net", "ipc", "uts", "cgroup",
					 "time", "time_for_children", NULL};
	struct text t = {NULL, 0, 0};
	char path[64], what[64];
	struct rlimit rl;
	size_t count = 0;
	int i, flag = 0;

	add_fds(&t);
#ifndef __SANITIZE_THREAD__ /* which starts one of its own */
	add(&t, "threads %d\n", threads_left());
#endif
	walk_children(add_child, &t);
	if (own_mounts)
		add_file(&t, "mount", "/proc/self/mountinfo", NULL);
	add_file(&t, "status", "/proc/self/status", status);
	add_signals(&t);
	for (i = 0; ns[i]; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns[i]);
		snprintf(what, sizeof(what), "namespace %s", ns[i]);
		add_link(&t, what, path);
	}
	add_file(&t, "in cgroup", "/proc/self/cgroup", NULL);
	walk_own_cgroups(add_cgroup, &t);
	add_link(&t, "cwd", "/proc/self/cwd");
	add_link(&t, "root", "/proc/self/root");
	for (i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &rl) == 0)
			add(&t, "rlimit %d is %llu %llu\n", i, (unsigned long long)rl.rlim_cur,
			    (unsigned long long)rl.rlim_max);
	prctl(PR_GET_CHILD_SUBREAPER, &flag);
	add(&t, "subreaper %d\ndumpable %d\nnice %d\n", flag, prctl(PR_GET_DUMPABLE),
	    getpriority(PRIO_PROCESS, 0));
	add(&t, "session %d group %d\n", getsid(0), getpgrp());
	for (; environ && environ[count]; count++)
		;
	add(&t, "environment of %zu\n", count);
	return t.s;
}

static int lines_missing(const char *from, const char *in, const char *label)
{
	const char *p, *end, *q;
	int missing = 0;
	size_t len;

	for (p = from; *p; p = end + 1) {
		end = strchrnul(p, '\n');
		len = (size_t)(end - p);
		for (q = in; *q; q = strchrnul(q, '\n') + 1)
			if (!strncmp(q, p, len) && (q[len] == '\n' || !q[len]))
				break;
		if (!*q) {
			print_error("%s: %.*s\n", label, (int)len, p);
			missing++;
		}
		if (!*end)
			break;
	}
	return missing;
}

int fx_state_differs(const char *before, const char *after)
{
	return lines_missing(before, after, "was there before the test only") +
	       lines_missing(after, before, "left by the test");
}
