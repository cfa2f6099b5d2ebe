// SPDX-License-Identifier: MIT
/* Processes that are left, and what they have done to each other and to sb-init. */
#include "leftovers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 40

static int name_it(void) { return prctl(PR_SET_NAME, "left-daemon"); }
static int plant_daemon(void) { return stay(name_it); }
static int look_daemon(void) { return is_said("comm", "left-daemon"); }

static int name_child(void) { return prctl(PR_SET_NAME, "left-child"); }
static int plant_child(void) { return linger(name_child); }
static int look_child(void) { return is_said("comm", "left-child"); }

/* Deaf to all that can be ignored, and at work. */
static int be_deaf(void)
{
	for (int number = 1; number < 64; number++)
		signal(number, SIG_IGN);
	return prctl(PR_SET_NAME, "left-deaf");
}
static int plant_deaf(void) { return stay(be_deaf); }
static int look_deaf(void) { return is_said("comm", "left-deaf"); }

/* Only a process that is stopped itself is seen to be: another one stops it. */
static int plant_stopped(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		prctl(PR_SET_NAME, "left-stopped");
		for (;;)
			raise(SIGSTOP);
	}
	return pid < 0 || waitpid(pid, NULL, WUNTRACED) != pid ? -1 : 0;
}
static int look_stopped(void) { return is_said("status", "T (stopped)"); }

static int have_zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}
static int plant_zombie(void) { return stay(have_zombie); }
static int look_zombie(void) { return is_said("status", "Z (zombie)"); }

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int have_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 1; r == 0 && i < THREADS; i++)
		r = pthread_create(&thread, &attr, idle, NULL);
	errno = r;
	return r ? -1 : 0;
}
static int plant_threads(void) { return stay(have_threads); }
static int look_threads(void) { return is_said("status", "Threads:\t40\n"); }

static int plant_many(void)
{
	for (int i = 0; i < 20; i++)
		if (stay(name_it) < 0)
			return -1;
	return 0;
}

/* Its first thread has ended, so that it looks dead. */
static void *name_thread(void *arg)
{
	prctl(PR_SET_NAME, "left-thread");
	for (;;)
		pause();
	return arg;
}
static int plant_headless(void)
{
	pthread_t thread;
	int p[2];
	pid_t pid;
	char c;

	if (pipe(p) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		if (pthread_create(&thread, NULL, name_thread, NULL) == 0 && write(p[1], "x", 1) == 1)
			pthread_exit(NULL);
		_exit(1);
	}
	return pid > 0 && read(p[0], &c, 1) == 1 ? 0 : -1;
}
static int look_headless(void)
{
	return is_said("status", "Threads:\t2\n") || is_said("status", "Z (zombie)");
}

static int trace_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	return pid < 0 ? -1 : (int)ptrace(PTRACE_SEIZE, pid, 0, 0);
}
static int plant_traced(void) { return stay(trace_child); }
static int look_traced(void)
{
	for (int pid = 2; pid < 100; pid++) {
		char path[48], text[4096], *line;
		FILE *in;
		size_t n;

		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		in = fopen(path, "re");
		if (!in)
			continue;
		n = fread(text, 1, sizeof(text) - 1, in);
		fclose(in);
		text[n] = '\0';
		line = strstr(text, "TracerPid:\t");
		if (line && line[11] != '0')
			return 1;
	}
	return 0;
}

static int hold_timer(void)
{
	struct itimerspec in_an_hour = {.it_value = {3600, 0}};
	int fd = timerfd_create(CLOCK_BOOTTIME, 0);

	return fd < 0 ? -1 : timerfd_settime(fd, 0, &in_an_hour, NULL);
}
static int plant_timer(void) { return stay(hold_timer); }
static int look_timer(void) { return is_held("[timerfd]"); }

static int set_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec in_an_hour = {.it_value = {3600, 0}};
	timer_t timer;

	return timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ? -1
								 : timer_settime(timer, 0, &in_an_hour, NULL);
}
static int plant_posix_timer(void) { return stay(set_timer); }
static int look_posix_timer(void) { return is_said("timers", "signal: 10/"); }

/* Of a directory of the host, which is there afterwards as before. */
static int watch(void)
{
	int fd = inotify_init();

	return fd < 0 ? -1 : inotify_add_watch(fd, "/in", IN_ALL_EVENTS) < 0 ? -1 : 0;
}
static int plant_watch(void) { return stay(watch); }
static int look_watch(void) { return is_held("inotify"); }

static int change_oom(void)
{
	FILE *out = fopen("/proc/self/oom_score_adj", "we");

	if (!out)
		return -1;
	fprintf(out, "777");
	return fclose(out);
}
static int plant_oom(void) { return stay(change_oom); }
static int look_oom(void) { return is_said("oom_score_adj", "777"); }

/* With power over the sandbox also over sb-init, which starts the next command. */
static int plant_nice(void) { return setpriority(PRIO_PROCESS, 1, 7); }
static int look_nice(void) { return getpriority(PRIO_PROCESS, 1) == 7; }

static int plant_limit(void)
{
	struct rlimit limit;

	if (prlimit(1, RLIMIT_RTTIME, NULL, &limit) < 0)
		return -1;
	limit.rlim_cur = 77777;
	return prlimit(1, RLIMIT_RTTIME, &limit, NULL);
}
static int look_limit(void)
{
	struct rlimit limit;

	return prlimit(1, RLIMIT_RTTIME, NULL, &limit) < 0 ? -1 : limit.rlim_cur == 77777;
}

const struct leftover process_leftovers[] = {
	{"daemon", plant_daemon, look_daemon},
	{"orphan", plant_child, look_child},
	{"deaf-process", plant_deaf, look_deaf},
	{"many-daemons", plant_many, look_daemon},
	{"stopped-process", plant_stopped, look_stopped},
	{"zombie", plant_zombie, look_zombie},
	{"threads", plant_threads, look_threads},
	{"without-first-thread", plant_headless, look_headless},
	{"traced-process", plant_traced, look_traced},
	{"timerfd", plant_timer, look_timer},
	{"posix-timer", plant_posix_timer, look_posix_timer},
	{"inotify", plant_watch, look_watch},
	{"oom-score", plant_oom, look_oom},
	{"nice-of-sb-init", plant_nice, look_nice},
	{"limit-of-sb-init", plant_limit, look_limit},
	{NULL, NULL, NULL},
};
