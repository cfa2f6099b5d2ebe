/* SPDX-License-Identifier: MIT */
/* From a failure record and the plan to words: step, object, errno, and the way out. */
#ifndef SBI_EXPLAIN_H
#define SBI_EXPLAIN_H

#include "clone.h"
#include "common/wire.h"
#include "plan/plan_internal.h"

/**
 * sbi_explain_failed - what sb-init or the command's process reported. @leaf: its cgroup, or
 * -EBADF. Return: -errno.
 */
int sbi_explain_failed(const struct sbi_plan *plan, const struct sbi_identity *id,
		       const struct sbi_record *rec, int leaf, sb_error *err);
/** sbi_explain_clone - why sbi_clone() failed. Return: -errno. */
int sbi_explain_clone(const struct sbi_boot *boot, int code, sb_error *err);
/** sbi_explain_death - sb-init ended without a word. Return: -errno. */
int sbi_explain_death(const struct sbi_plan *plan, int pidfd, sb_error *err);

#endif
