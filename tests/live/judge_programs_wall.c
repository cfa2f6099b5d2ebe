// SPDX-License-Identifier: MIT
/* Programs that do nothing, for ever, in as many ways as the kernel has. */
#include "judge_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int act_sleep(long number)
{
	struct timespec t = { number / 1000, number % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0)
		;
	return 0;
}

static int act_pause(long number)
{
	(void)number;
	hold();
}

static int act_select(long number)
{
	(void)number;
	while (select(0, NULL, NULL, NULL, NULL) < 0)
		;
	return BROKEN;
}

static int act_epoll(long number)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	(void)number;
	while (epoll_wait(fd, &event, 1, -1) < 0 && errno == EINTR)
		;
	broken("epoll_wait");
}

static int act_stop_self(long number)
{
	(void)number;
	raise(SIGSTOP);
	return BROKEN; /* nobody may wake it up */
}

static int pausing(long number)
{
	(void)number;
	hold();
}

static int act_stop_group(long number)
{
	(void)number;
	child(pausing, 0);
	kill(0, SIGSTOP);
	return BROKEN;
}

static int act_ignore(long number)
{
	sigset_t all;

	(void)number;
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	hold();
}

static int act_fifo(long number)
{
	(void)number;
	if (mkfifo("/tmp/fifo", 0600) < 0)
		broken("mkfifo");
	open("/tmp/fifo", O_RDONLY | O_CLOEXEC);
	return BROKEN;
}

/* The host holds the other end and says nothing. */
static int act_stdin(long number)
{
	char c;

	(void)number;
	if (read(0, &c, 1) < 0)
		broken("stdin");
	return BROKEN;
}

static int act_own_pipe(long number)
{
	int p[2];
	char c;

	(void)number;
	if (pipe2(p, O_CLOEXEC) < 0 || read(p[0], &c, 1) < 0)
		broken("pipe");
	return BROKEN;
}

static int act_deadlock(long number)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	(void)number;
	pthread_mutex_lock(&lock);
	pthread_mutex_lock(&lock);
	return BROKEN;
}

/* Its parent sleeps in the kernel until the child is gone. */
static int act_vfork(long number)
{
	(void)number;
	if (vfork() == 0)
		for (;;)
			pause();
	return BROKEN;
}

static int act_wait(long number)
{
	(void)number;
	await(child(pausing, 0));
	return BROKEN;
}

static int act_lock(long number)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open("/tmp/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int p[2];
	char c;

	(void)number;
	if (fd < 0 || pipe2(p, O_CLOEXEC) < 0)
		broken("/tmp/lock");
	if (fork() == 0) {
		if (fcntl(fd, F_SETLK, &lock) < 0)
			broken("F_SETLK");
		if (write(p[1], "x", 1) < 0)
			broken("write");
		hold();
	}
	if (read(p[0], &c, 1) != 1)
		broken("read");
	fcntl(fd, F_SETLKW, &lock);
	return BROKEN;
}

static int act_sigwait(long number)
{
	sigset_t set;
	int got;

	(void)number;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &got);
	return BROKEN;
}

static void *thread_hold(void *arg)
{
	(void)arg;
	hold();
}

static int act_main_gone(long number)
{
	(void)number;
	if (thread(thread_hold))
		broken("thread");
	pthread_exit(NULL);
}

/* Awake so often that it uses some time, never much. */
static int act_naps(long number)
{
	struct timespec t = { 0, 20000000 };

	(void)number;
	while (nanosleep(&t, NULL) == 0)
		;
	return BROKEN;
}

/* Stopped, and the one who could continue it is stopped as well. */
static int stop_parent(long number)
{
	kill((int)number, SIGSTOP);
	raise(SIGSTOP);
	return BROKEN;
}

static int act_stopped_by_child(long number)
{
	(void)number;
	child(stop_parent, getpid());
	hold();
}

const struct judged wall_programs[] = {
	{ "sleep", act_sleep },
	{ "pause", act_pause },
	{ "wall-select", act_select },
	{ "wall-epoll", act_epoll },
	{ "wall-stop-self", act_stop_self },
	{ "wall-stop-group", act_stop_group },
	{ "wall-ignore", act_ignore },
	{ "wall-fifo", act_fifo },
	{ "wall-stdin", act_stdin },
	{ "wall-own-pipe", act_own_pipe },
	{ "wall-deadlock", act_deadlock },
	{ "wall-vfork", act_vfork },
	{ "wall-wait", act_wait },
	{ "wall-lock", act_lock },
	{ "wall-sigwait", act_sigwait },
	{ "wall-main-gone", act_main_gone },
	{ "wall-naps", act_naps },
	{ "wall-stopped-by-child", act_stopped_by_child },
	{ NULL, NULL },
};
