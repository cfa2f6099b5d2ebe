// SPDX-License-Identifier: MIT
/* Programs that use up processor time where rusage, RLIMIT_CPU or a look from time to time do not see it. */
#include "judge_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int act_spin(long number)
{
	if (number)
		spin(number);
	else
		spin_on();
	return 0;
}

static void *thread_spin(void *arg)
{
	(void)arg;
	spin_on();
}

static int act_threads(long number)
{
	while (number-- > 0)
		if (thread(thread_spin))
			broken("thread");
	hold();
}

static void *thread_short(void *arg)
{
	spin(5);
	return arg;
}

/* None of them lives long enough to be noticed. */
static int act_thread_storm(long number)
{
	pthread_t id;

	(void)number;
	while (!pthread_create(&id, NULL, thread_short, NULL) && !pthread_join(id, NULL))
		;
	broken("thread");
}

static int act_children(long number)
{
	while (await(child(act_spin, number)) == 0)
		;
	return BROKEN;
}

/* Zombies: nobody's rusage has their time. */
static int act_unwaited(long number)
{
	for (int i = 0; i < 10; i++)
		child(act_spin, number);
	hold();
}

/* Reaped by the kernel: their time is in no rusage, ever. */
static int act_unseen(long number)
{
	signal(SIGCHLD, SIG_IGN);
	while (child(act_spin, number) > 0)
		while (waitpid(-1, NULL, 0) > 0)
			;
	return BROKEN;
}

/* One after another: the end of each is the end of a pipe. */
static int act_orphans(long number)
{
	int p[2];
	char c;

	while (pipe2(p, O_CLOEXEC) == 0) {
		orphan(act_spin, number);
		close(p[1]);
		if (read(p[0], &c, 1) != 0)
			broken("pipe");
		close(p[0]);
	}
	broken("pipe2");
}

/* One that goes on where nobody is its parent any more. */
static int act_orphan(long number)
{
	orphan(act_spin, number);
	hold();
}

static int act_orphan_left(long number)
{
	orphan(act_spin, number);
	return 0;
}

static int act_system(long number)
{
	static char buf[1 << 20];
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)number;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	broken("/dev/zero");
}

static int act_signals_ignored(long number)
{
	sigset_t all;

	(void)number;
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	spin_on();
}

static void *thread_spin_later(void *arg)
{
	(void)arg;
	spin(10); /* the first one is gone by now */
	spin_on();
}

static int act_main_gone(long number)
{
	(void)number;
	if (thread(thread_spin_later))
		broken("thread");
	pthread_exit(NULL);
}

static int answer(long number)
{
	return (int)number;
}

static int act_storm(long number)
{
	if (number)
		signal(SIGCHLD, SIG_IGN);
	while (child(answer, 0) > 0)
		while (waitpid(-1, NULL, 0) > 0)
			;
	return BROKEN;
}

static int act_exec_loop(long number)
{
	(void)number;
	execve(self_argv[0], self_argv, NULL);
	broken("execve");
}

static int act_nice(long number)
{
	setpriority(PRIO_PROCESS, 0, 19);
	return act_spin(number);
}

static int spinning(long number)
{
	(void)number;
	setsid();
	spin_on();
}

/* The one who is asked how it is going does nothing. */
static int act_session(long number)
{
	(void)number;
	child(spinning, 0);
	raise(SIGSTOP);
	return BROKEN;
}

/* At rest whenever somebody who looks at fixed times is likely to look. */
static int act_bursts(long number)
{
	struct timespec rest = { 0, number * 1000000 };

	do
		spin(number);
	while (nanosleep(&rest, NULL) == 0);
	return BROKEN;
}

/* As if its numbers began earlier, so that those of its children are taken for others, which are 0. */
static int act_named(long number)
{
	prctl(PR_SET_NAME, "x) 0 0 0 0");
	return act_children(number);
}

static int act_yield(long number)
{
	(void)number;
	while (sched_yield() == 0)
		;
	return BROKEN;
}

static void on_timer(int number)
{
	(void)number;
}

static int act_timer(long number)
{
	struct timespec ten = { 0, 10000000 };
	struct itimerspec each = { ten, ten };
	timer_t timer;

	(void)number;
	signal(SIGALRM, on_timer);
	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) < 0 || timer_settime(timer, 0, &each, NULL) < 0)
		broken("timer");
	while (timer_getoverrun(timer) >= 0)
		spin(3);
	return BROKEN;
}

/* What it says is what CLOCK_PROCESS_CPUTIME_ID said, in ns, as the last thing it did. */
static int act_measured(long number)
{
	struct timespec from, t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	spin(number);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	dprintf(1, "%lld\n", (long long)(t.tv_sec - from.tv_sec) * 1000000000 + t.tv_nsec - from.tv_nsec);
	return 0;
}

static void on_soft(int number)
{
	_exit(100 + number);
}

/* Told that its time is nearly up, it ends in peace. */
static int act_obeys(long number)
{
	signal((int)number, on_soft);
	spin_on();
}

/* Some of both kinds of time. */
static int act_sleeps_and_spins(long number)
{
	struct timespec t = { 0, number * 1000000 };

	while (nanosleep(&t, &t) < 0)
		;
	spin(number);
	return 0;
}

const struct judged cpu_programs[] = {
	{ "spin", act_spin },
	{ "cpu-threads", act_threads },
	{ "cpu-thread-storm", act_thread_storm },
	{ "cpu-children", act_children },
	{ "cpu-unwaited", act_unwaited },
	{ "cpu-unseen", act_unseen },
	{ "cpu-orphans", act_orphans },
	{ "cpu-orphan", act_orphan },
	{ "cpu-orphan-left", act_orphan_left },
	{ "cpu-system", act_system },
	{ "cpu-ignored", act_signals_ignored },
	{ "cpu-main-gone", act_main_gone },
	{ "cpu-storm", act_storm },
	{ "exec-loop", act_exec_loop },
	{ "cpu-nice", act_nice },
	{ "cpu-session", act_session },
	{ "cpu-bursts", act_bursts },
	{ "cpu-named", act_named },
	{ "cpu-yield", act_yield },
	{ "cpu-timer", act_timer },
	{ "measured", act_measured },
	{ "obeys", act_obeys },
	{ "sleeps-and-spins", act_sleeps_and_spins },
	{ NULL, NULL },
};
