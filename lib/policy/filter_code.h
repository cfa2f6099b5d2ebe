/* SPDX-License-Identifier: MIT */
/* Instructions for a decision about each range of system call numbers. */
#ifndef SBI_FILTER_CODE_H
#define SBI_FILTER_CODE_H

#include <linux/filter.h>

#include "policy.h"

/* If all comparisons hold, this action. */
struct sbi_branch {
	const struct sbi_compare *compares;
	uint32_t count, action;
};

/* Branches are asked in order; if none holds, the action. */
struct sbi_leaf_of {
	uint32_t first, count, action;
};

struct sbi_range {
	uint32_t start; /* up to the start of the next one */
	struct sbi_leaf_of leaf;
};

struct sbi_code {
	struct sock_filter *list;
	uint32_t count, room;
	int failed; /* memory ran out */
};

/**
 * sbi_code_tree - the whole program
 * @foreign: action for calls of another architecture
 * @ranges: the first starts at 0
 */
void sbi_code_tree(struct sbi_code *code, uint32_t arch, uint32_t foreign, const struct sbi_range *ranges,
		   uint32_t count, const struct sbi_branch *branches);

#endif
