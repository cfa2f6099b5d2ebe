/* SPDX-License-Identifier: MIT */
/* What makes one run like the one before: addresses, processors, the time stamp counter, random bytes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>

#include "init.h"

#define MAX_CPUS 8192

/* PERSONALITY: arg[0] bits to be added. */
int do_personality(struct run *run, const struct sbi_op *op)
{
	long now_set = SYS(personality, 0xffffffff), r;

	(void)run;
	r = now_set < 0 ? now_set : SYS(personality, (unsigned long)now_set | op->arg[0]);
	return r < 0 ? (int)r : 0;
}

/* AFFINITY: a mask of count bytes at text[2]. What is not there the kernel leaves out without a word: ask. */
int do_affinity(struct run *run, const struct sbi_op *op)
{
	const uint64_t *wanted = (const uint64_t *)(run->base + op->text[2]);
	uint64_t mask[MAX_CPUS / 64] = { 0 };
	long r = SYS(sched_setaffinity, 0, op->count, wanted);

	if (r == 0)
		r = SYS(sched_getaffinity, 0, sizeof(mask), mask);
	for (uint32_t i = 0; r >= 0 && i < op->count / 8; i++)
		if (wanted[i] & ~mask[i])
			r = -EINVAL;
	return r < 0 ? (int)r : 0;
}

int do_tsc(struct run *run, const struct sbi_op *op)
{
	(void)run, (void)op;
	return (int)SYS(prctl, PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
}

/* Both names of one file: it is in memory. */
int make_random(int dev, const char *bytes, uint64_t count)
{
	int fd = (int)SYS(openat, dev, "random", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	long r = fd < 0 ? fd : write_all(fd, bytes, count);

	if (fd >= 0)
		SYS(close, fd);
	return r < 0 ? (int)r : (int)SYS(linkat, dev, "random", dev, "urandom", 0);
}
