/* SPDX-License-Identifier: MIT */
/* The command's descriptors: the ones that were asked for, at their numbers, and no others. */
#include <fcntl.h>

#include "init.h"

#define MAX_FD 1023

static uint64_t wanted[(MAX_FD + 64) / 64];

/* Before each command: its process writes to our memory until it execs. */
void forget_fds(void)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		wanted[i] = 0;
}

/*
 * FD: id[0] number, count slot, arg[0] first number above all wanted ones. A
 * source that lies where another descriptor will go is moved out of the way
 * first: its slot may be used again.
 */
int do_fd(struct run *run, const struct sbi_op *op)
{
	int *slots = (int *)run->slots, source = slots[op->count];
	long r;

	if ((uint64_t)source < op->arg[0]) {
		for (uint32_t i = 0; i < run->count; i++) {
			int *slot;

			if (run->ops[i].step != SB_STEP_FD)
				continue;
			slot = &slots[run->ops[i].count];
			if ((uint64_t)*slot >= op->arg[0])
				continue;
			r = SYS(fcntl, *slot, F_DUPFD_CLOEXEC, op->arg[0]);
			if (r < 0)
				return (int)r;
			*slot = (int)r;
		}
		source = slots[op->count];
	}
	wanted[op->id[0] / 64] |= UINT64_C(1) << (op->id[0] % 64);
	r = SYS(dup3, source, op->id[0], 0);
	return r < 0 ? (int)r : 0;
}

static int is_wanted(unsigned fd)
{
	return fd <= MAX_FD && (wanted[fd / 64] & (UINT64_C(1) << (fd % 64)));
}

/* CLOSE: every gap between the wanted ones, and all above. stdio is always wanted, if not by FD then by TTY. */
int do_close(struct run *run, const struct sbi_op *op)
{
	unsigned from = 3;
	long r = 0;

	(void)run, (void)op;
	for (unsigned fd = 3; r == 0 && fd <= MAX_FD; fd++) {
		if (!is_wanted(fd))
			continue;
		if (fd > from)
			r = SYS(close_range, from, fd - 1, 0);
		from = fd + 1;
	}
	if (r == 0)
		r = SYS(close_range, from, ~0U, 0);
	return (int)r;
}
