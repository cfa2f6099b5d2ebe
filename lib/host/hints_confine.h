/* SPDX-License-Identifier: MIT */
/* Failures of what holds the command back: what a kernel lacks, and the way out. */
#ifndef SBI_HINTS_CONFINE_H
#define SBI_HINTS_CONFINE_H

#include "common/wire.h"
#include "plan/plan_internal.h"

/** sbi_hint_confine - 1 if @op is one of these steps, 0 if not. */
int sbi_hint_confine(const struct sbi_op *op, int code, sb_error *err);
/** sbi_landlock_forbids_exec - does Landlock refuse to execute what no line allows? */
int sbi_landlock_forbids_exec(const struct sbi_plan *plan);
/** sbi_explain_landlock - SBI_DETAIL_LANDLOCK_ABI: which rights, and which ABI has them. Return: -errno. */
int sbi_explain_landlock(const struct sbi_op *op, const struct sbi_record *rec, sb_error *err);

#endif
