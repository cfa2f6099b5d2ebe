/* SPDX-License-Identifier: MIT */
/* The command's descriptors: the ones that were asked for, at their numbers, and no others. */
#include <errno.h>
#include <fcntl.h>

#include "init.h"

#define MAX_FD 1023
#define CLOSE_RANGE_CLOEXEC_ 4 /* 5.11 */

static uint64_t wanted[(MAX_FD + 64) / 64];
static int arranged;

/* Before each command: its process writes to our memory until it execs. */
void forget_fds(void)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		wanted[i] = 0;
	arranged = 0;
}

static int is_wanted(unsigned fd)
{
	return fd <= MAX_FD && (wanted[fd / 64] & (UINT64_C(1) << (fd % 64)));
}

/* To a number that nobody wants; low ones, as the limit may be as low as the highest that is wanted. */
static int move_away(int *slot)
{
	long fd = 2;

	do
		fd = SYS(fcntl, *slot, F_DUPFD_CLOEXEC, fd + 1);
	while (fd >= 0 && is_wanted((unsigned)fd));
	if (fd < 0)
		return fd == -EINVAL ? -EMFILE : (int)fd; /* EINVAL: beyond RLIMIT_NOFILE */
	*slot = (int)fd;
	return 0;
}

/* A source that lies where a descriptor will go is moved out of the way first: its slot may be used again. */
static int arrange(struct run *run)
{
	int *slots = run->slots, high = 0, r = 0;

	for (uint32_t i = 0; i < run->count; i++)
		if (run->ops[i].step == SB_STEP_FD) {
			wanted[run->ops[i].id[0] / 64] |= UINT64_C(1) << (run->ops[i].id[0] % 64);
			high |= run->ops[i].id[0] > 2;
		}
	if (high)
		close_copies(); /* low numbers may be needed */
	for (uint32_t i = 0; r == 0 && i < run->count; i++)
		if (run->ops[i].step == SB_STEP_FD && is_wanted((unsigned)slots[run->ops[i].count]))
			r = move_away(&slots[run->ops[i].count]);
	if (r == 0 && run->listener_to >= 0 && run->listener_to != run->report &&
	    is_wanted((unsigned)run->listener_to))
		r = move_away(&run->listener_to);
	if (r == 0 && run->report >= 0 && is_wanted((unsigned)run->report)) {
		int same = run->report == run->listener_to;

		r = move_away(&run->report);
		if (same)
			run->listener_to = run->report;
	}
	arranged = 1;
	return r;
}

/* FD: id[0] number, count slot; the first three may be there already. */
int do_fd(struct run *run, const struct sbi_op *op)
{
	long r = arranged ? 0 : arrange(run);

	if (r == 0 && (op->id[0] > 2 || !(run->plan->flags & SBI_PLAN_STDIO)))
		r = SYS(dup3, run->slots[op->count], op->id[0], 0);
	return r < 0 ? (int)r : 0;
}

/*
 * CLOSE: every gap between the wanted ones, and all above, at the exec: a filter's listener has yet to be
 * passed on. stdio is always wanted, if not by FD then by TTY.
 */
int do_close(struct run *run, const struct sbi_op *op)
{
	unsigned from = 3;
	long r = 0;

	(void)run, (void)op;
	for (unsigned fd = 3; r == 0 && fd <= MAX_FD; fd++) {
		if (!is_wanted(fd))
			continue;
		if (fd > from)
			r = SYS(close_range, from, fd - 1, CLOSE_RANGE_CLOEXEC_);
		from = fd + 1;
	}
	if (r == 0)
		r = SYS(close_range, from, ~0U, CLOSE_RANGE_CLOEXEC_);
	return (int)r;
}
