// SPDX-License-Identifier: MIT
/* "attack call WORD...": plain system calls, made in every way there is, and what they answered. */
#include "attack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

struct call {
	long number;
	unsigned long long args[6];
};

/* "NUMBER,ARG,ARG…", any base */
static struct call parse(const char *text)
{
	struct call call = {0};
	char *end;

	call.number = strtol(text, &end, 0);
	for (int i = 0; i < 6 && *end == ','; i++)
		call.args[i] = strtoull(end + 1, &end, 0);
	return call;
}

static long make(const struct call *c)
{
	return syscall(c->number, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4], c->args[5]);
}

/* A number that has no name is still one. */
static void answer(const char *how, const struct call *call, long r)
{
	const char *name = r < 0 ? strerrorname_np(errno) : "ok";

	if (name)
		say("%s %ld=%s\n", how, call->number, name);
	else
		say("%s %ld=%d\n", how, call->number, errno);
}

static void do_call(const char *arg)
{
	struct call call = parse(arg);
	long r = make(&call);

	answer("call", &call, r);
}

/* "many=COUNT:CALL": how many of them failed. */
static void do_many(const char *arg)
{
	struct call call = parse(strchr(arg, ':') + 1);
	int failed = 0;

	for (int n = atoi(arg); n > 0; n--)
		failed += make(&call) < 0;
	say("many %ld=%d\n", call.number, failed);
}

static int status_of(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, __WALL);
	return status;
}

static void do_child(const char *arg)
{
	struct call call = parse(arg);
	pid_t pid = fork();

	if (pid == 0) {
		make(&call);
		_exit(0);
	}
	say("child %ld=%d\n", call.number, status_of(pid));
}

/* "orphan=FD:CALL": by a process that outlives the command, once FD has something to read. */
static void do_orphan(const char *arg)
{
	struct call call = parse(strchr(arg, ':') + 1);
	char byte;

	if (fork())
		return;
	setsid();
	if (read(atoi(arg), &byte, 1) >= 0)
		answer("orphan", &call, make(&call));
	_exit(0);
}

static void *in_thread(void *arg)
{
	struct call *call = arg;

	answer("thread", call, make(call));
	return NULL;
}

static void do_thread(const char *arg)
{
	struct call call = parse(arg);
	pthread_t thread;

	if (pthread_create(&thread, NULL, in_thread, &call))
		say("thread=none\n");
	else
		pthread_join(thread, NULL);
}

static void do_spawn(const char *arg)
{
	char *const argv[] = {(char *)"attack", (char *)"call", NULL};
	pid_t pid;
	int r = posix_spawn(&pid, arg, NULL, NULL, argv, NULL);

	say("spawn=%s\n", r ? strerrorname_np(r) : "ok");
	if (r == 0)
		say("spawned=%d\n", status_of(pid));
}

static void do_exec(const char *arg)
{
	char *const argv[] = {(char *)"attack", (char *)"call", (char *)"say=executed", NULL};

	execve(arg, argv, NULL);
	say("exec=%s\n", strerrorname_np(errno));
}

static void do_say(const char *arg)
{
	say("%s\n", arg);
}

static void on_sigsys(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("caught=%d code=%d call=%d errno=%d\n", number, info->si_code, info->si_syscall, info->si_errno);
}

static void do_catch(const char *arg)
{
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	(void)arg;
	sigaction(SIGSYS, &sa, NULL);
}

static void do_raise(const char *arg)
{
	raise(atoi(arg));
}

static void nothing(int number)
{
	(void)number;
}

/* "storm=MICROSECONDS": signals that restart what they interrupt. */
static void do_storm(const char *arg)
{
	struct sigaction sa = {.sa_handler = nothing, .sa_flags = SA_RESTART};
	struct itimerval every = {{0, atol(arg)}, {0, atol(arg)}};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void do_read(const char *arg)
{
	char byte;

	say("read=%d\n", (int)read(atoi(arg), &byte, 1));
}

#ifdef __x86_64__
static long foreign(int by_interrupt, long number)
{
	long r = number;

	if (by_interrupt)
		__asm__ volatile("int $0x80" : "+a"(r) : "b"(0), "c"(0), "d"(0) : "memory");
	else
		r = syscall(0x40000000 | number);
	return r;
}
#else
static long foreign(int by_interrupt, long number)
{
	(void)by_interrupt, (void)number;
	return -ENOSYS;
}
#endif

static void do_foreign(const char *how, const char *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		long r = foreign(!strcmp(how, "int80"), atol(arg));

		say("%s %s said %ld\n", how, arg, r);
		_exit(0);
	}
	say("%s %s=%d\n", how, arg, status_of(pid));
}

static void do_int80(const char *arg)
{
	do_foreign("int80", arg);
}

static void do_x32(const char *arg)
{
	do_foreign("x32", arg);
}

static void do_exit(const char *arg)
{
	_exit(atoi(arg));
}

static const struct word words[] = {
	{"call", do_call},     {"many", do_many},   {"child", do_child}, {"orphan", do_orphan},
	{"thread", do_thread}, {"spawn", do_spawn}, {"exec", do_exec},   {"say", do_say},
	{"catch", do_catch},   {"raise", do_raise}, {"storm", do_storm}, {"read", do_read},
	{"int80", do_int80},   {"x32", do_x32},     {"exit", do_exit},   {NULL, NULL},
};

static const struct word *find(const struct word *list, const char *name, size_t n)
{
	for (; list->name; list++)
		if (strlen(list->name) == n && !strncmp(list->name, name, n))
			return list;
	return NULL;
}

int call_main(char **list)
{
	for (; *list; list++) {
		size_t n = strcspn(*list, "=");
		const struct word *w = find(words, *list, n);

		if (!w)
			w = find(pair_words, *list, n);
		if (!w) {
			say("attack call: what is %s?\n", *list);
			return 99;
		}
		w->act((*list)[n] ? *list + n + 1 : "");
	}
	return 0;
}
