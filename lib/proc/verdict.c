/* SPDX-License-Identifier: MIT */
/*
 * Why a run ended. Every cause comes from who brought it about: sb-init and the
 * host say when they killed and for what, the kernel counts what it refused and
 * whom it killed. A signal alone is never taken for a limit.
 */
#include <sandbox/limit.h>
#include <signal.h>

#include "proc_internal.h"

static uint32_t bit_if(int is, uint32_t limit)
{
	return is ? SB_LIMIT_BIT(limit) : 0;
}

/* Limits that the final figures are above: with a grace, or between two looks, nobody had to kill for it. */
static uint32_t find_exceeded(const sb_proc *proc)
{
	const struct sbi_limit *limits = proc->limits;
	const sb_result *res = &proc->result;
	int has_memory = limits[SB_LIMIT_MEMORY].value != UINT64_MAX,
	    has_pids = limits[SB_LIMIT_PIDS].value != UINT64_MAX;

	return bit_if(res->user_ns + res->system_ns > limits[SB_LIMIT_CPU].value, SB_LIMIT_CPU) |
	       bit_if(res->wall_ns > limits[SB_LIMIT_WALL].value, SB_LIMIT_WALL) |
	       bit_if(has_memory && (res->oom_kills || res->memory_peak > limits[SB_LIMIT_MEMORY].value),
		      SB_LIMIT_MEMORY) |
	       bit_if(has_pids && res->pids_refused, SB_LIMIT_PIDS) |
	       bit_if(proc->streams && proc->streams->exceeded, SB_LIMIT_OUTPUT);
}

static int32_t verdict_of(uint32_t cause)
{
	static const int32_t verdicts[SBI_CAUSES] = {
		[SBI_CAUSE_FILTERED] = SB_FILTERED,      [SBI_CAUSE_CPU] = SB_CPU_EXCEEDED,
		[SBI_CAUSE_WALL] = SB_WALL_EXCEEDED,     [SBI_CAUSE_MEMORY] = SB_MEMORY_EXCEEDED,
		[SBI_CAUSE_PIDS] = SB_PIDS_EXCEEDED,     [SBI_CAUSE_NOT_STARTED] = SB_NOT_STARTED,
	};

	return verdicts[cause];
}

/* What was done to it: the earliest of what sb-init, and we, say of ourselves. */
static int32_t find_doer(const sb_proc *proc)
{
	uint64_t killed = atomic_load(&proc->killed_ns), box = atomic_load(&proc->life->killed_ns),
		 first = UINT64_MAX;
	int is_killed = proc->lost || (proc->result.signaled && proc->result.code == SIGKILL);
	uint64_t exceeded = atomic_load(&proc->exceeded_ns);
	int32_t verdict = 0;

	if (proc->cause) {
		verdict = verdict_of(proc->cause);
		first = proc->cause_ns;
	}
	if (exceeded && exceeded < first) {
		verdict = SB_OUTPUT_EXCEEDED;
		first = exceeded;
	}
	if (box && (!killed || box < killed))
		killed = box;
	if (is_killed && killed && killed < first)
		verdict = SB_KILLED;
	return verdict;
}

/* What was found when it had ended. */
static int32_t find_exceeding(const sb_result *res)
{
	static const struct {
		uint32_t limit;
		int32_t verdict;
	} order[] = { { SB_LIMIT_OUTPUT, SB_OUTPUT_EXCEEDED }, { SB_LIMIT_PIDS, SB_PIDS_EXCEEDED },
		      { SB_LIMIT_MEMORY, SB_MEMORY_EXCEEDED }, { SB_LIMIT_CPU, SB_CPU_EXCEEDED },
		      { SB_LIMIT_WALL, SB_WALL_EXCEEDED } };

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (res->exceeded & SB_LIMIT_BIT(order[i].limit))
			return order[i].verdict;
	return 0;
}

/*
 * Who was killed by the OOM killer was not killed before: a process with a
 * SIGKILL pending is no longer charged. So its count comes before what killed
 * the rest; but not before a cause that was only noted, as it has a grace.
 */
static int is_out_of_memory(const sb_proc *proc, int32_t verdict)
{
	const sb_result *res = &proc->result;

	if (!res->oom_kills)
		return 0;
	if (proc->limits[SB_LIMIT_MEMORY].value != UINT64_MAX)
		return verdict != SB_NOT_STARTED && !(proc->noted && verdict == verdict_of(proc->cause));
	/* one that the kernel has chosen: the command itself, or another */
	return !verdict && res->signaled && res->code == SIGKILL;
}

void sbi_verdict(sb_proc *proc)
{
	sb_result *res = &proc->result;
	int32_t verdict = find_doer(proc);

	res->exceeded = find_exceeded(proc) | bit_if(proc->cause == SBI_CAUSE_MEMORY, SB_LIMIT_MEMORY);
	if (is_out_of_memory(proc, verdict))
		verdict = SB_MEMORY_EXCEEDED;
	if (!verdict && proc->lost)
		verdict = SB_LOST;
	if ((!verdict || verdict == SB_KILLED) && proc->filtered && res->signaled && res->code == SIGKILL)
		verdict = SB_FILTERED;
	if (verdict == SB_FILTERED)
		res->code = SIGSYS;
	if (!verdict && res->signaled && res->code == SIGKILL && proc->box->joined >= 0 &&
	    sbi_is_ending(proc->box->joined))
		verdict = SB_BOX_ENDED;
	if (!verdict)
		verdict = find_exceeding(res);
	if (!verdict)
		verdict = res->signaled ? SB_SIGNALED : SB_EXITED;
	if (proc->lost && verdict == SB_KILLED) { /* by us: of that much we are sure */
		res->signaled = 1;
		res->code = SIGKILL;
	}
	res->verdict = verdict;
}
