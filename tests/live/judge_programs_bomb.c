// SPDX-License-Identifier: MIT
/*
 * Programs that multiply. They stop by themselves at a number that a machine
 * survives: a table whose limits are broken is to fail, and nothing more.
 */
#include "judge_programs.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define ENOUGH 300

static atomic_int *made;

/* Called in whatever is new. */
static void count(void)
{
	if (atomic_fetch_add(made, 1) >= ENOUGH)
		hold();
}

static void begin(void)
{
	made = map(4096, 1);
}

static int act_fork(long number)
{
	(void)number;
	begin();
	for (;;)
		if (fork() == 0)
			count();
	return BROKEN;
}

/* Those that are there already do nothing: there is little time to be had from them. */
static int act_fork_idle(long number)
{
	(void)number;
	begin();
	for (;;) {
		int pid = fork();

		if (pid == 0) {
			count();
			hold();
		}
		if (pid < 0)
			sched_yield();
	}
	return BROKEN;
}

/* Each leaves its parent, so that nobody is anybody's child. */
static int act_fork_detached(long number)
{
	(void)number;
	begin();
	for (;;)
		if (fork() == 0) {
			setsid();
			signal(SIGHUP, SIG_IGN);
			count();
			if (fork() > 0)
				_exit(0);
		}
	return BROKEN;
}

static void *wait_in_thread(void *arg)
{
	(void)arg;
	count();
	hold();
}

static int act_threads(long number)
{
	(void)number;
	begin();
	for (;;)
		thread(wait_in_thread);
	return BROKEN;
}

static void deeper(int left)
{
	count();
	while (left > 0)
		if (vfork() == 0) {
			deeper(left - 1);
			hold();
		}
}

/* Every parent sleeps in the kernel; only the last one runs. */
static int act_vfork(long number)
{
	(void)number;
	begin();
	deeper(ENOUGH);
	return BROKEN;
}

/* A bomb that eats as well. */
static int act_fork_memory(long number)
{
	(void)number;
	begin();
	for (;;)
		if (fork() == 0) {
			count();
			touch(map(MIB, 0), MIB);
		}
	return BROKEN;
}

const struct judged bomb_programs[] = {
	{ "bomb-fork", act_fork },
	{ "bomb-fork-idle", act_fork_idle },
	{ "bomb-fork-detached", act_fork_detached },
	{ "bomb-threads", act_threads },
	{ "bomb-vfork", act_vfork },
	{ "bomb-fork-memory", act_fork_memory },
	{ NULL, NULL },
};
