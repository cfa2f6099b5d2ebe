/* SPDX-License-Identifier: MIT */
/* The writable files of cgroup v2, and what may be written to each. */
#ifndef SBI_CGROUP_VALUE_H
#define SBI_CGROUP_VALUE_H

#include <stddef.h>
#include <stdint.h>

/* Controllers, as bits. Core files need none. */
enum {
	SBI_CG_CPU = 1 << 0,
	SBI_CG_CPUSET = 1 << 1,
	SBI_CG_IO = 1 << 2,
	SBI_CG_MEMORY = 1 << 3,
	SBI_CG_HUGETLB = 1 << 4,
	SBI_CG_PIDS = 1 << 5,
	SBI_CG_RDMA = 1 << 6,
	SBI_CG_MISC = 1 << 7,
	SBI_CG_DMEM = 1 << 8,
};
#define SBI_CG_KINDS 9

/* "cpu", "cpuset"… for a bit position. */
const char *sbi_controller_name(int number);

struct sbi_cgroup_value {
	uint32_t controller; /* SBI_CG_*, 0 for a core file */
	int live;            /* only for a leaf that exists already */
	char key[64];        /* device or resource, where each has a setting of its own; else "" */
	char text[256];      /* as the kernel takes it */
};

/*
 * Check @value for @file. Return: 0, or -EINVAL with the reason in @why. The
 * only look at the machine is for the number of a device given by its path.
 */
int sbi_cgroup_value(const char *file, const char *value, struct sbi_cgroup_value *out, char *why,
		     size_t len);
/* Is @file one of the table? 0, or -EINVAL with the reason in @why. */
int sbi_cgroup_file(const char *file, char *why, size_t len);
/* cpu.weight for cgroup v1's cpu.shares, 2 to 262144. */
uint32_t sbi_weight_of_shares(uint64_t shares);

#endif
