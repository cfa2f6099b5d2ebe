/* SPDX-License-Identifier: MIT */
/* Walk through the operations of a section; leave a mark for each. */
#include <errno.h>

#include "init.h"

/* A kernel without it, or built or told to refuse it. */
static int lacks(int r)
{
	return r == -ENOSYS || r == -EOPNOTSUPP || r == -EINVAL || r == -ENODEV || r == -EPERM ||
	       r == -EACCES || r == -EROFS || r == -ENOENT;
}

#define MOST_NUMBERS 64
#define MANY 24 /* a soft limit of descriptors is rarely as low */

static uint64_t dropped; /* numbers of the set-up's descriptors that are of no more use */

void close_copies(void)
{
	int from = 0, to;

	while (from < MOST_NUMBERS && dropped >> from) {
		for (; !(dropped >> from & 1); from++)
			;
		for (to = from; to + 1 < MOST_NUMBERS && (dropped >> (to + 1) & 1); to++)
			;
		SYS(close_range, from, to, 0);
		from = to + 1;
	}
}

void close_dropped(void)
{
	close_copies();
	dropped = 0;
}

void done_with(int fd)
{
	if (fd >= MOST_NUMBERS)
		SYS(close, fd);
	else if (fd >= 0)
		dropped |= UINT64_C(1) << fd;
}

/* The clock is a system call for us: not two for each step where nobody will read them. */
static uint64_t mark_time(const struct run *run)
{
	return run->plan->flags & SBI_PLAN_TIMED ? now() : 1;
}

int carry_out(struct run *run, operation *(*find)(uint16_t step))
{
	uint64_t time = mark_time(run);

	for (run->at = 0; run->at < run->count; run->at++) {
		const struct sbi_op *op = &run->ops[run->at];
		struct sbi_mark *mark = &run->marks[run->at];
		operation *carry = find(op->step);
		int r;

		mark->step = op->step;
		mark->index = op->index;
		mark->start_ns = time;
		r = carry ? carry(run, op) : -ENOSYS;
		if (dropped >> MANY)
			close_dropped();
		time = mark_time(run);
		mark->end_ns = time;
		if ((r == -ENOENT && (op->flags & SBI_OP_OPTIONAL)) ||
		    (lacks(r) && (op->flags & SBI_OP_LAYER))) {
			mark->flags = SBI_MARK_SKIPPED;
			run->skipped++;
			run->left_out++;
			run->detail = 0;
			continue;
		}
		if (r == LEFT_OUT) {
			mark->flags = SBI_MARK_SKIPPED;
			run->left_out++;
			continue;
		}
		mark->error = -r;
		if (r < 0)
			return r;
	}
	return 0;
}
