/* SPDX-License-Identifier: MIT */
/* The descriptors that a plan asks for: the caller's own, or made for this creation. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "error.h"
#include "hints.h"
#include "idmap.h"
#include "launch.h"
#include "name.h"

/* A descriptor of the caller's that is not open: whose setting was it? */
static int not_open(const struct sbi_launch *l, uint32_t slot, sb_error *err)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	const struct sbi_op *ops = sbi_ops(plan, &plan->command);
	uint32_t step = SB_STEP_JOIN, index = 0;

	for (uint32_t i = 0; i < plan->command.count; i++)
		if (ops[i].step == SB_STEP_FD && ops[i].count == slot) {
			step = SB_STEP_FD;
			index = ops[i].index;
			break;
		}
	sbi_fail(err, step, index, EBADF, "descriptor %d of the host is not open", l->plan.slots[slot]);
	sbi_hint(err, "it was given to %s and must stay open until the spawn",
		 step == SB_STEP_FD ? "sb_set_fd()" : "sb_set_ns_fd()");
	return -EBADF;
}

static int take_netns(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	int r = sbi_lease_take(&l->lease, l->cfg->net.pool, err);

	l->lease.tame = l->plan.net_tame;
	sbi_launch_event(l, SB_STEP_PREPARE, start, r, "network namespace out of the pool");
	return r;
}

static int take_name(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	int fd = sbi_name_take(l->cfg->name, err);

	sbi_launch_event(l, SB_STEP_NAME, start, fd, l->cfg->name);
	if (fd >= 0)
		l->own[l->own_fds++] = fd;
	return fd;
}

int sbi_launch_slot(struct sbi_launch *l, uint32_t at, sb_error *err)
{
	int slot = l->plan.slots[at];

	if (slot == SBI_SLOT_NULL)
		return sbi_launch_own(l, open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null", err);
	if (slot == SBI_SLOT_USERNS) {
		uint64_t start = sbi_now();
		int fd = sbi_idmap_userns(&l->plan.id, err);

		sbi_launch_event(l, SB_STEP_IDMAP, start, fd, "user namespace for idmapped mounts");
		if (fd >= 0)
			l->own[l->own_fds++] = fd;
		return fd;
	}
	if (slot == SBI_SLOT_NETNS)
		return take_netns(l, err);
	if (slot == SBI_SLOT_NAME)
		return take_name(l, err);
	if (slot <= SBI_SLOT_LEAF)
		return sbi_launch_leaf_slot(l, slot, err);
	return fcntl(slot, F_GETFD) >= 0 ? slot : not_open(l, at, err);
}
