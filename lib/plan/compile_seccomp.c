/* SPDX-License-Identifier: MIT */
/* The filter program's way into the plan. */
#include <sandbox/proc.h>

#include "plan_internal.h"

/* SECCOMP: text[0] name, count instructions at text[2], arg[0] pass word, arg[1] SBI_SECCOMP_*. */
void sbi_compile_seccomp(const sb_config *cfg, struct sbi_compiled *c)
{
	const struct sbi_filter *filter = c->filter;
	struct sbi_op *op;

	if (!filter)
		return;
	op = sbi_emit(c, 1, SB_STEP_SECCOMP, 0);
	op->count = filter->count;
	op->text[0] = sbi_arena_text(&c->arena, cfg->seccomp_preset ? cfg->seccomp_preset : "policy");
	op->text[2] = sbi_arena_add(&c->arena, filter->code, filter->count * sizeof(filter->code[0]));
	op->arg[0] = filter->pass;
	if (filter->notifies)
		op->arg[1] |= SBI_SECCOMP_NOTIFY;
	if (filter->tells)
		op->arg[1] |= SBI_SECCOMP_TELL;
	if (!cfg->no_new_privs)
		op->arg[1] |= SBI_SECCOMP_PRIVILEGED;
	if (cfg->optional & SB_APPLIED_SECCOMP)
		op->flags |= SBI_OP_LAYER;
}

/* Steps whose calls pass a warm filter (warm_calls in policy/filter.c). */
static int passes(uint16_t step)
{
	static const uint16_t steps[] = { SB_STEP_CGROUPNS, SB_STEP_SESSION, SB_STEP_RLIMIT, SB_STEP_NICE,
					  SB_STEP_UMASK, SB_STEP_BOUNDING, SB_STEP_GROUPS, SB_STEP_USER,
					  SB_STEP_KEYRING, SB_STEP_FD, SB_STEP_CWD, SB_STEP_CLOSE,
					  SB_STEP_SECUREBITS, SB_STEP_CAPS, SB_STEP_NO_NEW_PRIVS,
					  SB_STEP_SECCOMP, SB_STEP_EXEC, SB_STEP_PERSONALITY,
					  SB_STEP_AFFINITY };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] == step)
			return 1;
	return 0;
}

int sbi_is_warm(const struct sbi_compiled *c)
{
	int no_new_privs = 0;

	for (uint32_t i = 0; i < c->command_count; i++) {
		no_new_privs |= c->command[i].step == SB_STEP_NO_NEW_PRIVS;
		if (!passes(c->command[i].step))
			return 0;
	}
	return no_new_privs && c->filter && !c->filter->tells && !c->filter->notifies;
}
