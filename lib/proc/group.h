/* SPDX-License-Identifier: MIT */
/* A group: members, wires between them, and what is decided for all. */
#ifndef SBI_GROUP_H
#define SBI_GROUP_H

#include <poll.h>
#include <sandbox/group.h>

#include "proc_internal.h"

struct sbi_member {
	sb_config *cfg; /* ours */
	sb_box *box;    /* borrowed; NULL = its own */
	sb_proc *proc;
	int ended;
	sb_result result;
	uint64_t ended_ns;
	int inherits_cpu, inherits_wall; /* its limit is the group's */
	uint32_t order;
	int waits, waits_for;
};

struct sbi_wire {
	unsigned from, to;
	int from_fd, to_fd, transcript;
	uint64_t limit;
};

struct sb_group {
	struct sbi_member members[SB_GROUP_MAX];
	struct sbi_wire wires[SB_GROUP_MAX];
	unsigned count, wire_count;
	struct sbi_limit limits[SBI_LIMITS]; /* of all together */
	int leader;           /* -1 = none */
	int started, ended;
	uint64_t started_ns;  /* the last of them */
	int epoll, timer;
	uint64_t looks_at_ns; /* what the timer is set to; 0 = it is not */
	int32_t verdict;      /* why we ended them; 0 = we did not, or it is a member's */
	uint64_t killed_ns;   /* when we did; 0 = not */
	sb_group_result result;
};

/** sbi_group_end - kill all that run, having looked what they wait for. @verdict: the group's own, or 0. */
void sbi_group_end(sb_group *group, int32_t verdict);
/** sbi_group_cpu - used by all until now. @approximate: set if that is not all. */
uint64_t sbi_group_cpu(const sb_group *group, int *approximate);
/** sbi_group_verdict - all have ended: in which order, and why. */
void sbi_group_verdict(sb_group *group);
/** sbi_group_pump - of a wire; NULL before the start. */
const struct sbi_pump *sbi_group_pump(const sb_group *group, const struct sbi_wire *wire);
/** sbi_group_find_waits - who waits for whom, of those that run. */
void sbi_group_find_waits(sb_group *group);
/** sbi_group_drop - take back a start. */
void sbi_group_drop(sb_group *group);

/**
 * sbi_poll - poll(2) for at most @timeout_ns, UINT64_MAX = for ever. Return: as poll(2), or -errno;
 * 0 if interrupted.
 */
int sbi_poll(struct pollfd *polled, size_t count, uint64_t timeout_ns);

#endif
