/* SPDX-License-Identifier: MIT */
/* What of the isolation there is in the end: the plan, less the layers that were left out. */
#include <sandbox/proc.h>

#include "launch.h"

static uint64_t layers_of(const struct sbi_op *op)
{
	switch (op->step) {
	case SB_STEP_KEYRING:
		return SB_APPLIED_KEYRING;
	case SB_STEP_SECUREBITS:
		return SB_APPLIED_SECUREBITS;
	case SB_STEP_CORE_SCHED:
		return SB_APPLIED_CORE_SCHED;
	case SB_STEP_NO_NEW_USERNS:
		return SB_APPLIED_NO_NEW_USERNS;
	case SB_STEP_SECCOMP:
		return SB_APPLIED_SECCOMP | SB_APPLIED_SECCOMP_REPORT;
	case SB_STEP_LANDLOCK:
		return SB_APPLIED_LANDLOCK;
	default:
		return 0;
	}
}

static uint64_t left_out(const struct sbi_plan *plan, const struct sbi_section *section)
{
	const struct sbi_mark *marks = (const struct sbi_mark *)((const char *)plan + section->marks);
	const struct sbi_op *ops = sbi_ops(plan, section);
	uint64_t bits = 0;

	for (uint32_t i = 0; i < section->count; i++)
		if (marks[i].flags & SBI_MARK_SKIPPED)
			bits |= layers_of(&ops[i]);
	return bits;
}

uint64_t sbi_launch_applied(struct sbi_launch *l, const struct sbi_start *start)
{
	const struct sbi_plan *plan;

	if (!start->left_out) /* the usual case: the marks are not worth the reading */
		return l->plan.applied;
	plan = sbi_launch_marks(l);
	return l->plan.applied & ~left_out(plan, &plan->setup) & ~left_out(plan, &plan->command);
}
