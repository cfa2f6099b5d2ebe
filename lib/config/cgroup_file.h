/* SPDX-License-Identifier: MIT */
/* The table of cgroup v2's writable files: what kind of value each takes. */
#ifndef SBI_CGROUP_FILE_H
#define SBI_CGROUP_FILE_H

#include <stddef.h>
#include <stdint.h>

enum sbi_cgroup_kind {
	BYTES,      /* bytes or max */
	COUNT,      /* a number or max */
	RANGE,      /* least to most */
	WORDS,      /* one of words[] */
	LIST,       /* cpus or memory nodes */
	CPU_MAX,    /* quota and period, or a percentage */
	PERCENT,    /* 0 to 100, two decimals, or max */
	DEVICE_KEYS, /* device, then words[]=value: bytes for the first two, counts */
	DEVICE_WEIGHT, /* weight, or device and weight */
	NAMED_KEYS, /* name, then words[]=count */
	NAMED_BYTES, /* name, then bytes or max */
	NAMED_COUNT, /* name, then a number or max */
	RECLAIM,    /* bytes, and swappiness=N */
};

struct sbi_cgroup_row {
	const char *file;
	uint32_t controller;
	enum sbi_cgroup_kind kind;
	int64_t least, most;
	const char *words[5];
};

/** sbi_cgroup_row - that of @file, or NULL with the reason in @why. */
const struct sbi_cgroup_row *sbi_cgroup_row(const char *file, char *why, size_t len);

#endif
