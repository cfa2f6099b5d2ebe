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
