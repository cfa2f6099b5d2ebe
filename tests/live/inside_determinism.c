// SPDX-License-Identifier: MIT
/* What `inside` finds that may differ from run to run. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void do_addresses(const char *arg)
{
	int here;

	(void)arg;
	say("stack=%p\nheap=%p\nmapped=%p\nvdso=%#lx\nargv=%#lx\n", (void *)&here, sbrk(0),
	    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), getauxval(AT_SYSINFO_EHDR),
	    getauxval(AT_EXECFN));
	say("personality=%#x\n", (unsigned)personality(0xffffffff));
}

static void say_bytes(const char *what, const unsigned char *bytes, size_t count)
{
	say("%s=", what);
	for (size_t i = 0; i < count; i++)
		say("%02x", bytes[i]);
	say("\n");
}

/* The first and the last bytes of a file, its length and kind. */
static void say_file(const char *path)
{
	unsigned char bytes[16] = {0}, block[65536];
	struct stat st = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t total = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || read(fd, bytes, sizeof(bytes)) != sizeof(bytes)) {
		say("%s=%s\n", path, strerrorname_np(errno));
		return;
	}
	say_bytes(path, bytes, sizeof(bytes));
	say("kind %s=%06o\n", path, st.st_mode);
	if (S_ISREG(st.st_mode)) {
		for (total = sizeof(bytes); (n = read(fd, block, sizeof(block))) > 0; total += (uint64_t)n)
			;
		say("length %s=%llu\n", path, (unsigned long long)total);
		if (pread(fd, bytes, sizeof(bytes), (off_t)total - (off_t)sizeof(bytes)) == sizeof(bytes))
			say_bytes("end", bytes, sizeof(bytes));
	}
	close(fd);
	say("write %s=%s\n", path, open(path, O_WRONLY | O_CLOEXEC) < 0 ? strerrorname_np(errno) : "ok");
}

static void do_random(const char *arg)
{
	unsigned char bytes[16];

	(void)arg;
	say_file("/dev/random");
	say_file("/dev/urandom");
	if (getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes))
		say_bytes("getrandom", bytes, sizeof(bytes));
	else
		say("getrandom=%s\n", strerrorname_np(errno));
	if (getentropy(bytes, sizeof(bytes)) == 0)
		say_bytes("getentropy", bytes, sizeof(bytes));
	else
		say("getentropy=%s\n", strerrorname_np(errno));
	say_bytes("auxv", (const unsigned char *)getauxval(AT_RANDOM), 16); /* NOLINT: an address */
}

static void do_affinity(const char *arg)
{
	cpu_set_t set;

	(void)arg;
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	say("affinity=");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			say(" %d", i);
	say("\n");
}

static unsigned long read_counter(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

static void in_child(const char *what, int counter)
{
	struct timespec ts;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(counter ? read_counter() == 0 : clock_gettime(CLOCK_MONOTONIC, &ts));
	waitpid(pid, &status, 0);
	say("%s=%s\n", what,
	    WIFSIGNALED(status)   ? sigabbrev_np(WTERMSIG(status))
	    : WEXITSTATUS(status) ? "failed"
				  : "ok");
}

static void do_tsc(const char *arg)
{
	int mode = 0;

	(void)arg;
	say("tsc=%s\n", prctl(PR_GET_TSC, &mode, 0, 0, 0) < 0 ? strerrorname_np(errno)
			: mode == PR_TSC_SIGSEGV              ? "off"
							      : "on");
	in_child("counter", 1);
	in_child("clock", 0);
}

const struct verb determinism_verbs[] = {
	{"addresses", do_addresses}, {"random", do_random}, {"affinity", do_affinity}, {"tsc", do_tsc},
	{NULL, NULL},
};
