/* SPDX-License-Identifier: MIT */
/*
 * What a command and its processes use where no cgroup counts it: asked of each
 * process that is there. One that ends between two looks, and that nobody waits for, is missed.
 */
#include <fcntl.h>
#include <linux/time_types.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "commands.h"

#define TICK UINT64_C(10000000) /* ns; USER_HZ is 100 wherever we run */
#define NOSUID_NODEV_NOEXEC (2 | 4 | 8) /* MOUNT_ATTR_* */
/* clock_getcpuclockid(3): all threads, as the scheduler counts */
#define CPUTIME_OF(pid) ((~(uint32_t)(pid) << 3) | 2)

static int proc_fd; /* our own /proc, nowhere mounted; not positive = there is none */

/*
 * SAMPLE: while the host's /proc is still in sight, which a new one must not show more than
 * (mount_too_revealing()).
 */
int do_sample(struct run *run, const struct sbi_op *op)
{
	int mount = new_fs("proc", 0, NOSUID_NODEV_NOEXEC);

	(void)run, (void)op;
	if (mount < 0)
		return LEFT_OUT;
	proc_fd = (int)SYS(openat, mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	SYS(close, mount);
	return proc_fd < 0 ? LEFT_OUT : 0;
}

static uint64_t number(const char **text)
{
	uint64_t value = 0;

	while (**text && (**text < '0' || **text > '9'))
		(*text)++;
	while (**text >= '0' && **text <= '9')
		value = value * 10 + (uint64_t)(*(*text)++ - '0');
	return value;
}

/* PID/FILE as text; its length. */
static long read_of(int pid, const char *file, char *text, size_t room)
{
	char path[32];
	size_t len = text_number(path, (uint64_t)pid);
	long fd, n;

	path[len++] = '/';
	for (size_t i = 0; (path[len++] = file[i]); i++)
		;
	fd = proc_fd > 0 ? SYS(openat, proc_fd, path, O_RDONLY | O_CLOEXEC, 0) : -1;
	if (fd < 0)
		return fd;
	n = SYS(read, fd, text, room - 1);
	SYS(close, fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

/* Number @field of PID/stat (proc_pid_stat(5)), from the fourth on; what follows it in @at. */
static uint64_t stat_field(const char *text, int field, const char **at)
{
	const char *end = text;

	for (; *text; text++)
		if (*text == ')') /* the name before it may hold anything */
			end = text;
	*at = end;
	for (int i = 4; i < field; i++)
		number(at); /* a sign is no digit, but no negative field is two numbers either */
	return number(at);
}

/* Its own time by its clock, that of the children it has waited for by stat (fields 16 and 17). */
static uint64_t cpu_of_one(int pid)
{
	struct __kernel_timespec ts = { 0, 0 };
	char text[512];
	const char *at;
	uint64_t waited = 0;

	SYS(clock_gettime, CPUTIME_OF(pid), &ts);
	if (read_of(pid, "stat", text, sizeof(text)) > 0) {
		waited = stat_field(text, 16, &at);
		waited += number(&at);
	}
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec + waited * TICK;
}

/* What it has for itself alone: RssAnon of status (4.5), in kB. */
static uint64_t memory_of_one(int pid)
{
	char text[1536];
	const char *at;

	if (read_of(pid, "status", text, sizeof(text)) <= 0)
		return 0;
	/* at the start of a line: the first has the process's own name */
	at = text_after(text, "\nRssAnon:");
	return number(&at) * 1024;
}

static uint64_t kill_one(int pid)
{
	SYS(kill, pid, SIGKILL);
	return 0;
}

/* In a box, where others run beside it, those of its session: what has begun another one is missed. */
static int is_of(const struct command *command, int pid)
{
	char text[512];
	const char *at;

	if (single)
		return 1;
	return read_of(pid, "stat", text, sizeof(text)) > 0 &&
	       stat_field(text, 6, &at) == (uint64_t)command->pid;
}

/* The sum over its processes. */
static uint64_t of_all(const struct command *command, uint64_t (*one)(int pid))
{
	struct {
		uint64_t inode;
		int64_t offset;
		uint16_t length;
		uint8_t type;
		char name[];
	} *entry;
	char buf[2048] __attribute__((aligned(8)));
	uint64_t sum = 0;
	long n;

	SYS(lseek, proc_fd, 0, 0);
	while ((n = SYS(getdents64, proc_fd, buf, sizeof(buf))) > 0)
		for (long i = 0; i < n; i += entry->length) {
			const char *name;
			int pid;

			entry = (void *)(buf + i);
			name = entry->name;
			if (*name < '0' || *name > '9' || text_equal(name, "1"))
				continue;
			pid = (int)number(&name);
			if (is_of(command, pid))
				sum += one(pid);
		}
	return sum;
}

uint64_t sample_cpu(const struct command *command)
{
	struct rusage usage;
	uint64_t sum = proc_fd > 0 ? of_all(command, cpu_of_one) : cpu_of_one(command->pid);

	if (!single)
		return sum;
	SYS(getrusage, RUSAGE_CHILDREN, &usage);
	return sum + (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

uint64_t sample_memory(const struct command *command)
{
	return proc_fd > 0 ? of_all(command, memory_of_one) : memory_of_one(command->pid);
}

void kill_sampled(const struct command *command)
{
	if (proc_fd > 0)
		of_all(command, kill_one);
}
