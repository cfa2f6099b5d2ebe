// SPDX-License-Identifier: MIT
/* Programs that end by themselves, in ways that look like somebody's limit. */
#include "judge_programs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int act_exit(long number)
{
	return (int)number;
}

static int act_raise(long number)
{
	raise((int)number);
	return BROKEN;
}

/* The address is not known to the compiler, which else makes a trap of it. */
static int act_null(long number)
{
	*(volatile int *)(uintptr_t)(number & 7) = 1;
	return BROKEN;
}

static int act_abort(long number)
{
	(void)number;
	abort();
}

static int act_divide(long number)
{
	volatile int zero = (int)number;

	return 7 / zero;
}

static int act_illegal(long number)
{
	(void)number;
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	raise(SIGILL);
#endif
	return BROKEN;
}

/* A page of a file behind the file's end. */
static int act_bus(long number)
{
	int fd = (int)syscall(SYS_memfd_create, "bus", 0);
	volatile char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	(void)number;
	if (p == MAP_FAILED)
		broken("mmap");
	*p = 1;
	return BROKEN;
}

static int kill_parent(long number)
{
	kill(getppid(), (int)number);
	return 0;
}

static int act_killed_by_child(long number)
{
	child(kill_parent, number);
	hold();
}

static int pausing(long number)
{
	(void)number;
	hold();
}

static int act_kill_group(long number)
{
	child(pausing, 0);
	kill(0, (int)number);
	return BROKEN;
}

/* Close to the memory limit, and then a signal that looks like the OOM killer's. */
static int act_touch_and_die(long number)
{
	size_t len = (size_t)number * MIB;

	touch(map(len, 0), len);
	raise(SIGKILL);
	return BROKEN;
}

static void *end_all(void *arg)
{
	(void)arg;
	spin(10);
	exit(5);
}

/* The first thread is a zombie then; the process goes on. */
static int act_thread_exit(long number)
{
	(void)number;
	if (thread(end_all))
		broken("thread");
	pthread_exit(NULL);
}

/* A system call that the row's filter kills for; else it is harmless. */
static int act_denied(long number)
{
	(void)number;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return BROKEN;
}

static int denied_child(long number)
{
	(void)number;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return BROKEN;
}

/* Killed is the child, not the command. */
static int act_denied_child(long number)
{
	int status = await(child(denied_child, 0));

	(void)number;
	return WIFSIGNALED(status) ? 0 : BROKEN; /* SIGSYS by the kernel, SIGKILL by process 1 */
}

static void on_signal(int number)
{
	_exit(100 + number);
}

/* What others send is handled, and the end is its own. */
static int act_handled(long number)
{
	signal((int)number, on_signal);
	raise((int)number);
	return BROKEN;
}

/* "pattern NUMBER": NUMBER's bytes on both streams, 40 to 60 KiB, and its exit status. */
static int act_pattern(long number)
{
	unsigned char buf[1000];
	uint64_t at, len = 40960 + (uint64_t)number * 37 % 20480;

	for (at = 0; at < len; at += sizeof(buf)) {
		size_t n = len - at < sizeof(buf) ? (size_t)(len - at) : sizeof(buf);

		pattern((uint32_t)number, at, buf, n);
		if (put(1, buf, n))
			broken("stdout");
		if (at % 3000 == 0 && put(2, buf, n))
			broken("stderr");
	}
	return (int)(number % 90);
}

/* Says on fd 3 that it is there, waits for the end of its stdin, and goes one of five ways. */
static int act_released(long number)
{
	static const char block[4096];
	char c;

	if (put(3, "x", 1))
		broken("fd 3");
	if (read(0, &c, 1) != 0)
		broken("stdin");
	switch (number % 10) {
	case 6:
		spin_on();
	case 7:
		hold();
	case 8:
		while (put(1, block, sizeof(block)) == 0)
			;
		broken("stdout");
	case 9:
		put(1, "last words\n", 11);
		raise(SIGKILL);
	}
	return act_pattern(number);
}

const struct judged end_programs[] = {
	{ "exit", act_exit },
	{ "raise", act_raise },
	{ "null", act_null },
	{ "abort", act_abort },
	{ "divide", act_divide },
	{ "illegal", act_illegal },
	{ "bus", act_bus },
	{ "killed-by-child", act_killed_by_child },
	{ "kill-group", act_kill_group },
	{ "touch-and-die", act_touch_and_die },
	{ "thread-exit", act_thread_exit },
	{ "denied", act_denied },
	{ "denied-child", act_denied_child },
	{ "handled", act_handled },
	{ "pattern", act_pattern },
	{ "released", act_released },
	{ NULL, NULL },
};
