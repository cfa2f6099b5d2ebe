// SPDX-License-Identifier: MIT
/* Programs that take memory, of every kind there is; those that were let go on wait to be looked at. */
#include "judge_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is never touched is no memory: every one of these programs has it. */
#define STATIC_MIB 96
static char big[STATIC_MIB * 1048576];

static int act_heap(long number)
{
	for (long i = 0; i < number; i++) {
		char *p = malloc(MIB);

		if (!p)
			broken("malloc");
		touch(p, MIB);
	}
	hold();
}

/* Through the old end of the heap; as much as there is, in one call. */
static int act_brk(long number)
{
	char *p = sbrk(number * (long)MIB);

	if (p == (void *)-1)
		broken("sbrk");
	touch(p, (size_t)number * MIB);
	hold();
}

static int deeper(long levels)
{
	volatile char frame[16384];

	touch((void *)(uintptr_t)frame, sizeof(frame));
	frame[0] = (char)levels;
	if (levels > 0 && deeper(levels - 1) < 0)
		return -1;
	return frame[0] + frame[8192] < -300 ? -1 : 0; /* so that the frame is needed after the call */
}

static int act_stack(long number)
{
	deeper(number * (long)(MIB / 16384));
	hold();
}

static int act_bss(long number)
{
	(void)number;
	touch(big, sizeof(big));
	hold();
}

static int act_static_untouched(long number)
{
	return *(volatile char *)&big[number];
}

static int act_untouched(long number)
{
	char *p = mmap(NULL, (size_t)number * MIB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		broken("mmap");
	p[12345] = 1;
	return 0;
}

static int take(long number)
{
	touch(map((size_t)number * MIB, 0), (size_t)number * MIB);
	hold();
}

/* Each of them alone is well below the limit. */
static int act_children(long number)
{
	for (int i = 0; i < 8; i++)
		child(take, number);
	hold();
}

static int act_shared(long number)
{
	size_t len = (size_t)number * MIB;
	char *p = map(len, 1);

	if (fork() == 0)
		touch(p, len / 2);
	else
		touch(p + len / 2, len / 2);
	hold();
}

static void fill_file(int fd, long mib)
{
	static char block[65536];

	memset(block, 'x', sizeof(block));
	for (long i = 0; i < mib * 16; i++)
		if (put(fd, block, sizeof(block)))
			broken("write");
	hold();
}

static int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		broken(path);
	return fd;
}

static int act_tmpfs(long number)
{
	fill_file(create("/big/file"), number);
	return BROKEN;
}

static int act_dev_shm(long number)
{
	fill_file(create("/dev/shm/file"), number);
	return BROKEN;
}

static int act_memfd(long number)
{
	fill_file((int)syscall(SYS_memfd_create, "m", 0), number);
	return BROKEN;
}

static int act_sysv(long number)
{
	size_t len = (size_t)number * MIB;
	int id = shmget(IPC_PRIVATE, len, IPC_CREAT | 0600);
	void *p = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (p == (void *)-1)
		broken("shm");
	touch(p, len);
	hold();
}

static void fill(int fd)
{
	static char block[65536];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, block, sizeof(block)) > 0)
		;
}

static int act_pipes(long number)
{
	int p[2];

	while (number-- > 0 && pipe2(p, O_CLOEXEC) == 0) {
		fcntl(p[1], F_SETPIPE_SZ, MIB);
		fill(p[1]);
	}
	hold();
}

static int act_sockets(long number)
{
	int p[2], size = 1 << 20;

	while (number-- > 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) == 0)
		for (int i = 0; i < 2; i++) {
			setsockopt(p[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
			fill(p[i]);
		}
	hold();
}

/* Reading finds the one page of zeros there is, but in a table of each region's own. */
static int act_page_tables(long number)
{
	size_t step = 2 * MIB, len = (size_t)number * 256 * step;
	volatile char *p = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		broken("mmap");
	madvise((void *)(uintptr_t)p, len, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < len; i += step)
		(void)p[i];
	hold();
}

/* Memory that cannot be taken back is limited by itself. */
static int act_mlock(long number)
{
	size_t len = (size_t)number * MIB;

	return mlock(map(len, 0), len) < 0 && (errno == ENOMEM || errno == EPERM) ? 0 : BROKEN;
}

/* The child dies of it, and the command says that all went well. */
static int act_hidden(long number)
{
	int pid = child(take, number);

	waitpid(pid, NULL, 0);
	return 0;
}

static int act_freed(long number)
{
	size_t len = (size_t)number * MIB;
	void *p = map(len, 0);

	touch(p, len);
	munmap(p, len);
	spin(30); /* so that who looks from time to time finds it low */
	return 0;
}

/* All at once, and no time is spent on waiting to be noticed. */
static int act_take(long number)
{
	touch(map((size_t)number * MIB, 0), (size_t)number * MIB);
	return 0;
}

/* More than there is, after so many ms of cpu time. */
static int act_late(long number)
{
	spin(number);
	return act_heap(96);
}

static int nap(long number)
{
	spin(number);
	return 0;
}

/* Their pages are all the same pages. */
static int act_copied(long number)
{
	size_t len = (size_t)number * MIB;

	touch(map(len, 0), len);
	for (int i = 0; i < 5; i++)
		child(nap, 20);
	while (wait(NULL) > 0)
		;
	return 0;
}

static void *use_stack(void *arg)
{
	deeper(7 * (long)(MIB / 16384));
	(void)arg;
	hold();
}

static int act_thread_stacks(long number)
{
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 8 * MIB);
	while (number-- > 0)
		if (pthread_create(&id, &attr, use_stack, NULL))
			broken("thread");
	hold();
}

/* All in one system call. */
static int act_populate(long number)
{
	if (mmap(NULL, (size_t)number * MIB, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
		broken("mmap");
	hold();
}

static int act_remap(long number)
{
	size_t len = MIB;
	char *p = map(len, 0), *q;

	for (; len < (size_t)number * MIB; len *= 2) {
		touch(p, len);
		q = mremap(p, len, 2 * len, MREMAP_MAYMOVE);
		if (q == MAP_FAILED)
			broken("mremap");
		p = q;
	}
	touch(p, len);
	hold();
}

static int act_huge_pages(long number)
{
	return mmap(NULL, (size_t)number * MIB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) == MAP_FAILED
		       ? 0
		       : BROKEN;
}

/* Somebody else, please. */
static int act_oom_adjust(long number)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "-1000", 5) > 0)
		return BROKEN;
	return act_heap(number);
}

/* What it calls itself is in the text in which the kernel tells what it has. */
static int act_named(long number)
{
	prctl(PR_SET_NAME, "RssAnon:\t0");
	return act_heap(number);
}

const struct judged memory_programs[] = {
	{ "mem-heap", act_heap },
	{ "mem-brk", act_brk },
	{ "mem-stack", act_stack },
	{ "mem-bss", act_bss },
	{ "mem-static-untouched", act_static_untouched },
	{ "mem-untouched", act_untouched },
	{ "mem-children", act_children },
	{ "mem-shared", act_shared },
	{ "mem-tmpfs", act_tmpfs },
	{ "mem-dev-shm", act_dev_shm },
	{ "mem-memfd", act_memfd },
	{ "mem-sysv", act_sysv },
	{ "mem-pipes", act_pipes },
	{ "mem-sockets", act_sockets },
	{ "mem-page-tables", act_page_tables },
	{ "mem-mlock", act_mlock },
	{ "mem-hidden", act_hidden },
	{ "mem-freed", act_freed },
	{ "mem-take", act_take },
	{ "mem-late", act_late },
	{ "mem-copied", act_copied },
	{ "mem-thread-stacks", act_thread_stacks },
	{ "mem-populate", act_populate },
	{ "mem-remap", act_remap },
	{ "mem-huge-pages", act_huge_pages },
	{ "mem-oom-adjust", act_oom_adjust },
	{ "mem-named", act_named },
	{ NULL, NULL },
};
