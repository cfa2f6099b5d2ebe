// SPDX-License-Identifier: MIT
/* Small hostile programs, run by judge_table_test: how each has to end is written there. */
#include "judge_programs.h"
#include "judge_pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

char **self_argv;

void broken(const char *what)
{
	dprintf(2, "%s: %s\n", what, strerror(errno));
	_exit(BROKEN);
}

void hold(void)
{
	for (;;)
		pause();
}

static int64_t thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Mostly in user mode: to ask for the time is a system call. */
void spin(long ms)
{
	int64_t end = thread_ns() + (int64_t)ms * 1000000;

	do
		for (volatile int i = 0; i < 20000; i++)
			;
	while (thread_ns() < end);
}

void spin_on(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

void touch(void *memory, size_t len)
{
	volatile char *p = memory;

	for (size_t i = 0; i < len; i += 4096)
		p[i] = 1;
}

void *map(size_t len, int shared)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE),
		       -1, 0);

	if (p == MAP_FAILED)
		broken("mmap");
	return p;
}

int child(int (*act)(long number), long number)
{
	int pid = fork();

	if (pid < 0)
		broken("fork");
	if (pid == 0)
		_exit(act(number));
	return pid;
}

/* Returns when it is there, so that it is not lost when this process ends at once. */
void orphan(int (*act)(long number), long number)
{
	int p[2], pid, status;
	char c;

	if (pipe2(p, O_CLOEXEC) < 0)
		broken("pipe2");
	pid = fork();
	if (pid < 0)
		broken("fork");
	if (pid == 0) {
		setsid();
		pid = fork();
		if (pid)
			_exit(pid < 0);
		if (write(p[1], "x", 1) < 0)
			broken("write");
		close(p[0]);
		close(p[1]);
		_exit(act(number));
	}
	close(p[1]);
	waitpid(pid, &status, 0);
	if (status || read(p[0], &c, 1) != 1)
		broken("orphan");
	close(p[0]);
}

int await(int pid)
{
	int status = 0;

	if (waitpid(pid, &status, __WALL) < 0)
		broken("waitpid");
	return status;
}

int thread(void *(*act)(void *))
{
	pthread_attr_t attr;
	pthread_t id;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&id, &attr, act, NULL);
	pthread_attr_destroy(&attr);
	return r;
}

int put(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len; len -= (size_t)n, p += n) {
		n = write(fd, p, len);
		if (n < 0)
			return errno;
	}
	return 0;
}

void pattern(uint32_t seed, uint64_t at, unsigned char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = judge_byte(seed, at + i);
}

int main(int argc, char **argv)
{
	static const struct judged *const lists[] = { end_programs,     cpu_programs,    wall_programs,
						      memory_programs,  output_programs, stream_programs,
						      process_programs, bomb_programs };
	long number = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	self_argv = argv;
	for (size_t i = 0; argc > 1 && i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct judged *p = lists[i]; p->name; p++)
			if (!strcmp(p->name, argv[1]))
				return p->act(number);
	dprintf(2, "judge_programs: what is %s?\n", argc > 1 ? argv[1] : "nothing");
	return BROKEN;
}
