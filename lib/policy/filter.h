/* SPDX-License-Identifier: MIT */
/* A policy as a program for the kernel. */
#ifndef SBI_FILTER_H
#define SBI_FILTER_H

#include <linux/filter.h>
#include <stdatomic.h>

#include "policy.h"

#define SBI_FILTER_MAX 4096 /* BPF_MAXINSNS */

/*
 * Kill and log lines ask a listener (common/filter_run.h). Calls that sb-init makes between
 * loading it and the exec pass with @pass as their sixth argument.
 */
struct sbi_filter {
	atomic_uint refs;
	uint32_t count;
	uint64_t pass;
	int notifies; /* there is a notify line that can be reached */
	int tells;    /* … a kill or log line */
	const struct sock_filter *code;
};

/*
 * The word of a warm filter that was compiled while the library was built: no number or value that
 * a policy compares with.
 */
#define SBI_PLACEHOLDER UINT64_C(0x9e3779b97f4a7c15)

/**
 * sbi_filter_compile - for a command that keeps @caps
 * @warm: the word opens all that a command section of a warm start does, not only its end
 * @word: 0 = a random one
 *
 * Return: NULL with @error: E2BIG, ENOMEM.
 */
struct sbi_filter *sbi_filter_compile(const struct sbi_policy *policy, uint64_t caps, int warm, uint64_t word,
				      struct sbi_policy_error *error);
/** sbi_filter_reword - a copy with a random word for SBI_PLACEHOLDER. Return: NULL with @error. */
struct sbi_filter *sbi_filter_reword(const struct sbi_filter *filter, struct sbi_policy_error *error);
struct sbi_filter *sbi_filter_ref(struct sbi_filter *filter);
void sbi_filter_unref(struct sbi_filter *filter);
/** sbi_filter_action - what it does with a call: SBI_ACTION(). */
uint32_t sbi_filter_action(const struct sbi_filter *filter, uint32_t arch, uint32_t number,
			   const uint64_t args[6]);

/* Where a filter lies once it was compiled: shared by a config and its copies, or one for a preset. */
struct sbi_filter_cell {
	atomic_uint refs; /* 0: of a preset, never freed */
	_Atomic(struct sbi_filter *) filter, warm;
};

/** sbi_filter_cell_new - NULL if memory is short. */
struct sbi_filter_cell *sbi_filter_cell_new(void);
/** sbi_filter_cell_preset - of a preset, for commands that keep no capability. */
struct sbi_filter_cell *sbi_filter_cell_preset(const char *preset);
struct sbi_filter_cell *sbi_filter_cell_ref(struct sbi_filter_cell *cell);
void sbi_filter_cell_unref(struct sbi_filter_cell *cell);
/**
 * sbi_filter_cell_put - fill an empty one; of two at once one wins. Return: the filter that is in
 * it, the cell's.
 */
struct sbi_filter *sbi_filter_cell_put(struct sbi_filter_cell *cell, int warm, struct sbi_filter *made);
/** sbi_filter_cell_get - NULL: not compiled yet. */
struct sbi_filter *sbi_filter_cell_get(struct sbi_filter_cell *cell, int warm);

#endif
