/* SPDX-License-Identifier: MIT */
/* The way out of known failures: what a person can do about them on this machine. */
#ifndef SBI_HINTS_H
#define SBI_HINTS_H

#include "plan/plan_internal.h"

/* Limits of the calling process, by the errno they answer with. */
void sbi_hint_limits(int code, sb_error *err);
void sbi_hint_clone(uint64_t flags, int code, sb_error *err);
void sbi_hint_system_call(const char *name, int code, sb_error *err);
void sbi_hint_operation(const struct sbi_plan *plan, const struct sbi_op *op, const struct sbi_identity *id,
			uint32_t detail, int code, sb_error *err);

#endif
