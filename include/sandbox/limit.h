/* SPDX-License-Identifier: MIT */
/*
 * Limits on a command and all its processes: what is too much, and what happens then.
 *
 * Clocks start at the exec, so the set-up is nobody's. sb-init keeps them: a
 * limit holds while the host is busy, or stopped. What a run was ended for is
 * sb_result.verdict, the first cause; everything else that was measured stays
 * beside it. docs/limits.md
 */
#ifndef SANDBOX_LIMIT_H
#define SANDBOX_LIMIT_H

#include <sandbox/config.h>
#include <sandbox/error.h>

SB_BEGIN_DECLS

/* What is limited. Numbers are ABI: append, never renumber. */
#define SB_LIMIT_CPU UINT32_C(1)    /* ns of cpu time, user and system, of all its processes together */
#define SB_LIMIT_WALL UINT32_C(2)   /* ns of CLOCK_MONOTONIC, stopped or not */
#define SB_LIMIT_MEMORY UINT32_C(3) /* bytes, all its processes together; swap is off */
#define SB_LIMIT_PIDS UINT32_C(4)   /* processes and threads at once */
/* bytes written to all its captured and copied streams together (sandbox/stream.h) */
#define SB_LIMIT_OUTPUT UINT32_C(5)

/**
 * sb_set_limit - a run that uses more than @value of @limit has that verdict
 * @limit: SB_LIMIT_*
 * @value: in its unit; UINT64_MAX = no limit (default)
 * @grace: CPU, WALL, MEMORY: it is killed at @value + @grace only, so that the overshoot is
 *	measured; the verdict is the same. Else 0
 *
 * PIDS: the fork that would be one too many is refused, and ends the run
 * (sb_set_pids() refuses without ending it). MEMORY: the kernel kills all
 * processes of the run when it can free no more (memory.oom.group; sb_set_memory()
 * lets it choose one).
 *
 * CPU is read off the run's cgroup. Where none can be made, sb-init adds up its
 * processes, RLIMIT_CPU is a second line, and the result says so
 * (sb_result.approximate): what a process used that ended between two looks and that nobody
 * waited for is missed. MEMORY and PIDS need their controllers, unless
 * SB_APPLIED_CGROUP is optional (sb_set_optional()): then MEMORY is sampled, PIDS
 * is RLIMIT_NPROC, and the result says so.
 *
 * Return: 0, -EINVAL.
 */
SB_API int sb_set_limit(sb_config *cfg, uint32_t limit, uint64_t value, uint64_t grace);

/**
 * sb_set_soft_limit - at @value, tell, and let it run on
 * @limit: SB_LIMIT_CPU or SB_LIMIT_WALL
 * @value: ns; UINT64_MAX = none (default)
 * @signal: sent to the command then; 0 = none
 *
 * The handle's descriptor becomes readable, and sb_proc_soft() has the bit. It is never the verdict.
 */
SB_API int sb_set_soft_limit(sb_config *cfg, uint32_t limit, uint64_t value, int signal);

SB_END_DECLS
#endif
