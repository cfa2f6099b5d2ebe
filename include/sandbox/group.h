/* SPDX-License-Identifier: MIT */
/*
 * Several commands that talk to each other: a solution and its interactor, a
 * pipeline. Each in a sandbox of its own (or a box), one wall clock, one sum of
 * cpu time, one verdict: docs/groups.md. A group and its members belong to one thread at a time.
 */
#ifndef SANDBOX_GROUP_H
#define SANDBOX_GROUP_H

#include <sandbox/box.h>
#include <sandbox/limit.h>
#include <sandbox/proc.h>

SB_BEGIN_DECLS

typedef struct sb_group sb_group;

#define SB_GROUP_MAX 64 /* members, and wires */

/** sb_group_new - an empty one; release with sb_group_free(). NULL if memory is short. */
SB_API sb_group *sb_group_new(void) SB_MUST_CHECK;
/**
 * sb_group_add - a member
 * @cfg: copied; what its streams name must be open until sb_group_start()
 * @box: to run it in, borrowed until sb_group_free(); NULL = a sandbox of its own
 *
 * Return: its number, from 0 on, or -errno: -E2BIG, -EBUSY once the group has started, -ENOMEM.
 */
SB_API int sb_group_add(sb_group *group, const sb_config *cfg, sb_box *box, sb_error *err);
/**
 * sb_group_wire - what member @from writes to @from_fd is what member @to reads from @to_fd
 * @transcript_fd: gets a copy; must be open until sb_group_start(); -1 = none
 * @limit: bytes; UINT64_MAX = none. More end the group: SB_OUTPUT_EXCEEDED of @from
 *
 * Replaces what the members' configs say of these descriptors. Carried by the
 * host through a buffer of 64 KiB: whoever writes faster than the other reads
 * waits. When a side is gone the other sees the end of the file, or EPIPE.
 *
 * Return: its number, from 0 on, or -errno: -EEXIST for a descriptor that has a wire, -EINVAL,
 * -E2BIG, -EBUSY.
 */
SB_API int sb_group_wire(sb_group *group, unsigned from, int from_fd, unsigned to, int to_fd,
			 int transcript_fd, uint64_t limit, sb_error *err);
/**
 * sb_group_set_limit - as sb_set_limit(), for all together
 * @limit: SB_LIMIT_CPU: the sum. SB_LIMIT_WALL: from the start of the last member
 *
 * The host keeps them; so that they hold while it is stopped, each member has them as its own limits too
 * (of wall time: a second later), unless it has lower ones.
 */
SB_API int sb_group_set_limit(sb_group *group, uint32_t limit, uint64_t value, uint64_t grace);
/** sb_group_set_leader - when @member ends, the others are killed. Default: none, all are waited for. */
SB_API int sb_group_set_leader(sb_group *group, unsigned member);

/** sb_group_start - all members, or none. Once. Return: as sb_spawn(). */
SB_API int sb_group_start(sb_group *group, sb_error *err);

/** sb_group_result - how all of it ended. */
typedef struct sb_group_result {
	uint32_t size;     /* SB_INIT(sb_group_result)                                       */
	int32_t verdict;   /* the first cause; SB_EXITED if all exited with 0                */
	int32_t member;    /* whose cause it was; -1 = a limit of the group, sb_group_kill(), or none */
	int32_t first;     /* who ended first; -1 = nobody by itself                         */
	uint64_t wall_ns;  /* from the start of the last member to the end of the last       */
	uint64_t cpu_ns;   /* sum                                                            */
	uint32_t approximate; /* SB_LIMIT_BIT(): as sb_result.approximate, of any member     */
	uint32_t reserved; /* 0                                                              */
} sb_group_result;

/* sb_member.waits: what a member was doing when the group was ended. */
#define SB_WAITS_INPUT 1  /* it slept, and all wires to it were empty: it waited for @waits_for */
#define SB_WAITS_OUTPUT 2 /* it slept, and a wire from it was full: @waits_for did not read    */

/** sb_member - one of them. Its own result and output: sb_group_proc(). */
typedef struct sb_member {
	uint32_t size;     /* SB_INIT(sb_member)                       */
	uint32_t order;    /* 1 = ended first…; 0 = runs               */
	int32_t waits;     /* SB_WAITS_*; 0 = neither, or it had ended */
	int32_t waits_for; /* a member; -1                             */
	uint64_t bytes_in; /* that went into its side of its wires     */
	uint64_t bytes_out; /* that it wrote to its wires              */
} sb_member;

/**
 * sb_group_wait, sb_group_fd, sb_group_process - as sb_proc_wait(), sb_proc_fd(),
 * sb_proc_process(), for all together.
 */
SB_API int sb_group_wait(sb_group *group, uint64_t timeout_ns, sb_group_result *res, sb_error *err);
SB_API int sb_group_fd(sb_group *group);
SB_API int sb_group_process(sb_group *group, sb_group_result *res, sb_error *err);
/** sb_group_proc - the handle of a member, for its result and output; borrowed. NULL before the start. */
SB_API sb_proc *sb_group_proc(sb_group *group, unsigned member);
/** sb_group_member - what is known of a member. Return: 0, -EINVAL. */
SB_API int sb_group_member(sb_group *group, unsigned member, sb_member *info);
/** sb_group_kill - all that run. The verdict is SB_KILLED. Return: 0, -EINVAL before the start. */
SB_API int sb_group_kill(sb_group *group);
/** sb_group_free - kills what runs. Accepts NULL; always returns NULL. */
SB_API sb_group *sb_group_free(sb_group *group);

/**
 * sb_wait_any - wait until one of several commands has ended
 * @procs: @count of them, at most 1024; NULL entries are passed over
 * @index: which it was; the first one if several have
 * @res: its result; may be NULL
 *
 * The streams of all of them move meanwhile. One that has ended is told of at every call: replace it by NULL.
 *
 * Return: 1, 0 at the timeout, -ECHILD if there is none, -errno.
 */
SB_API int sb_wait_any(sb_proc *const procs[], size_t count, uint64_t timeout_ns, size_t *index,
		       sb_result *res, sb_error *err);

SB_END_DECLS
#endif
