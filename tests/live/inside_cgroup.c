// SPDX-License-Identifier: MIT
/* What `inside` does to use up what a cgroup limits, and to look at and change cgroups. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000;
}

/* "spin-wall=MS": as much cpu time as it gets in so much time. */
static void do_spin_wall(const char *arg)
{
	struct timespec from;

	clock_gettime(CLOCK_MONOTONIC, &from);
	while (since(&from) < atol(arg))
		;
}

/* "pin=CPU": from now on only there. */
static void do_pin(const char *arg)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	CPU_SET((size_t)atoi(arg), &mask);
	say("pin=%s\n", sched_setaffinity(0, sizeof(mask), &mask) < 0 ? strerrorname_np(errno) : "ok");
}

static void spin_cpu(long ms)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
}

/* "spin-apart=MS": in a child that nobody waits for, so that no rusage has it. */
static void do_spin_apart(const char *arg)
{
	int p[2];
	char c;

	if (pipe(p) < 0)
		return;
	signal(SIGCHLD, SIG_IGN);
	if (!fork()) {
		spin_cpu(atol(arg));
		_exit(0);
	}
	close(p[1]);
	while (read(p[0], &c, 1) < 0)
		;
	close(p[0]);
}

/* "child-touch=MIB": a child needs the memory; how it ended. */
static void do_child_touch(const char *arg)
{
	size_t i, n = strtoul(arg, NULL, 10) << 20;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		volatile char *p = malloc(n);

		for (i = 0; p && i < n; i += 4096)
			p[i] = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	say("child=%s%d\n", WIFSIGNALED(status) ? "signal " : "",
	    WIFSIGNALED(status) ? WTERMSIG(status) : status);
}

/* "thrash=MIB": over and over; needs more than memory.high to come to nothing. */
static void do_thrash(const char *arg)
{
	size_t i, n = strtoul(arg, NULL, 10) << 20;
	volatile char *p = malloc(n);

	for (;;)
		for (i = 0; p && i < n; i += 4096)
			p[i]++;
}

/* "forks=N": children that only wait, at most so many, and what stopped it. */
static void do_forks(const char *arg)
{
	int n, most = atoi(arg);

	errno = 0;
	for (n = 0; n < most; n++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid)
			for (;;)
				pause();
	}
	say("forks=%d %s\n", n, n < most ? strerrorname_np(errno) : "all");
}

/* "bomb": every process forks as fast as it can, for ever. */
static void do_bomb(const char *arg)
{
	(void)arg;
	say("bomb\n");
	for (;;)
		fork();
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* "threads=N": threads that only wait. */
static void do_threads(const char *arg)
{
	int n, r = 0, most = atoi(arg);
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (n = 0; n < most && !r; n += !r)
		r = pthread_create(&t, &attr, wait_for_ever, NULL);
	say("threads=%d %s\n", n, r ? strerrorname_np(r) : "all");
}

/* "counter=FD": counts for ever in the first word of the file, which whoever gave it has mapped as well. */
static void do_counter(const char *arg)
{
	volatile uint64_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(arg), 0);

	if (p == MAP_FAILED) {
		say("counter=%s\n", strerrorname_np(errno));
		return;
	}
	for (;;)
		++*p;
}

/* "direct=KIB PATH": writes past the page cache. */
static void do_direct(const char *arg)
{
	static char block[65536] __attribute__((aligned(4096)));
	const char *path = strchr(arg, ' ');
	long left = atol(arg) * 1024;
	ssize_t n = 1;
	int fd;

	fd = open(path ? path + 1 : "", O_WRONLY | O_DIRECT | O_CLOEXEC);
	for (; fd >= 0 && left > 0 && n > 0; left -= n)
		n = write(fd, block, left < 65536 ? (size_t)left : sizeof(block));
	say("direct=%s\n", fd < 0 || n <= 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

/* "use-read=PATH", "use-write=PATH": opens what is there, and changes nothing. */
static void do_use(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	say("use %s=%s\n", path, fd < 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

static void do_use_read(const char *path)
{
	do_use(path, O_RDONLY);
}

static void do_use_write(const char *path)
{
	do_use(path, O_WRONLY);
}

/* "mknod=MAJOR:MINOR PATH": a character device. */
static void do_mknod(const char *arg)
{
	unsigned major = 0, minor = 0;
	char path[256] = "";

	sscanf(arg, "%u:%u %255s", &major, &minor, path);
	say("mknod=%s\n",
	    mknod(path, S_IFCHR | 0600, gnu_dev_makedev(major, minor)) < 0 ? strerrorname_np(errno) : "ok");
}

/* "put=TEXT PATH": into a file that is there, such as one of a cgroup. */
static void do_put(const char *arg)
{
	const char *path = strrchr(arg, ' ');
	int fd = open(path ? path + 1 : "", O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, arg, (size_t)(path - arg));

	say("put %s=%s\n", path ? path + 1 : "", n < 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

const struct verb cgroup_verbs[] = {
	{ "spin-wall", do_spin_wall },
	{ "spin-apart", do_spin_apart },
	{ "child-touch", do_child_touch },
	{ "thrash", do_thrash },
	{ "forks", do_forks },
	{ "bomb", do_bomb },
	{ "threads", do_threads },
	{ "counter", do_counter },
	{ "direct", do_direct },
	{ "use-read", do_use_read },
	{ "use-write", do_use_write },
	{ "mknod", do_mknod },
	{ "put", do_put },
	{ "pin", do_pin },
	{ NULL, NULL },
};
