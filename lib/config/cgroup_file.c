/* SPDX-License-Identifier: MIT */
/*
 * Which files of cgroup v2 can be written (Documentation/admin-guide/cgroup-v2.rst). Whether this
 * kernel has one shows at the write.
 */
#include "cgroup_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup_value.h"

static const struct sbi_cgroup_row table[] = {
	{ "cgroup.max.depth", 0, COUNT, 0, INT32_MAX, { 0 } },
	{ "cgroup.max.descendants", 0, COUNT, 0, INT32_MAX, { 0 } },
	{ "cgroup.pressure", 0, RANGE, 0, 1, { 0 } },
	{ "cpu.max", SBI_CG_CPU, CPU_MAX, 0, 0, { 0 } },
	{ "cpu.max.burst", SBI_CG_CPU, RANGE, 0, INT64_MAX, { 0 } },
	{ "cpu.weight", SBI_CG_CPU, RANGE, 1, 10000, { 0 } },
	{ "cpu.weight.nice", SBI_CG_CPU, RANGE, -20, 19, { 0 } },
	{ "cpu.idle", SBI_CG_CPU, RANGE, 0, 1, { 0 } },
	{ "cpu.uclamp.min", SBI_CG_CPU, PERCENT, 0, 0, { 0 } },
	{ "cpu.uclamp.max", SBI_CG_CPU, PERCENT, 0, 0, { 0 } },
	{ "cpuset.cpus", SBI_CG_CPUSET, LIST, 0, 0, { 0 } },
	{ "cpuset.cpus.exclusive", SBI_CG_CPUSET, LIST, 0, 0, { 0 } },
	{ "cpuset.mems", SBI_CG_CPUSET, LIST, 0, 0, { 0 } },
	{ "cpuset.cpus.partition", SBI_CG_CPUSET, WORDS, 0, 0, { "member", "root", "isolated" } },
	{ "io.max", SBI_CG_IO, DEVICE_KEYS, 0, 0, { "rbps", "wbps", "riops", "wiops" } },
	{ "io.latency", SBI_CG_IO, DEVICE_KEYS, 0, 0, { "", "", "target" } },
	{ "io.weight", SBI_CG_IO, DEVICE_WEIGHT, 1, 10000, { 0 } },
	{ "io.bfq.weight", SBI_CG_IO, DEVICE_WEIGHT, 1, 1000, { 0 } },
	{ "io.prio.class", SBI_CG_IO, WORDS, 0, 0,
	  { "no-change", "promote-to-rt", "restrict-to-be", "idle", "none-to-rt" } },
	{ "memory.min", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.low", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.high", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.max", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.oom.group", SBI_CG_MEMORY, RANGE, 0, 1, { 0 } },
	{ "memory.swap.high", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.swap.max", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.zswap.max", SBI_CG_MEMORY, BYTES, 0, 0, { 0 } },
	{ "memory.zswap.writeback", SBI_CG_MEMORY, RANGE, 0, 1, { 0 } },
	{ "memory.reclaim", SBI_CG_MEMORY, RECLAIM, 0, 0, { 0 } },
	{ "pids.max", SBI_CG_PIDS, COUNT, 0, 4194304 /* PID_MAX_LIMIT */, { 0 } },
	{ "rdma.max", SBI_CG_RDMA, NAMED_KEYS, 0, INT32_MAX, { "hca_handle", "hca_object" } },
	{ "misc.max", SBI_CG_MISC, NAMED_COUNT, 0, INT64_MAX, { 0 } },
	{ "dmem.min", SBI_CG_DMEM, NAMED_BYTES, 0, 0, { 0 } },
	{ "dmem.low", SBI_CG_DMEM, NAMED_BYTES, 0, 0, { 0 } },
	{ "dmem.max", SBI_CG_DMEM, NAMED_BYTES, 0, 0, { 0 } },
};

static const struct sbi_cgroup_row hugetlb = { "hugetlb", SBI_CG_HUGETLB, BYTES, 0, 0, { 0 } };

const char *sbi_controller_name(int number)
{
	static const char names[SBI_CG_KINDS][8] = { "cpu",  "cpuset", "io",   "memory", "hugetlb",
						     "pids", "rdma",   "misc", "dmem" };

	return names[number];
}

/* hugetlb.2MB.max, hugetlb.1GB.rsvd.max */
static int is_hugetlb(const char *file)
{
	const char *size = file + strlen("hugetlb."), *rest;

	if (strncmp(file, "hugetlb.", strlen("hugetlb.")) || *size < '1' || *size > '9')
		return 0;
	rest = size + strspn(size, "0123456789KMGB");
	return !strcmp(rest, ".max") || !strcmp(rest, ".rsvd.max");
}

const struct sbi_cgroup_row *sbi_cgroup_row(const char *file, char *why, size_t len)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(file, table[i].file))
			return &table[i];
	if (is_hugetlb(file))
		return &hugetlb;
	if (!strcmp(file, "cgroup.freeze") || !strcmp(file, "cgroup.kill"))
		snprintf(why, len, "it is not a setting: see sb_proc_%s()", file + 7);
	else if (!strcmp(file, "io.cost.qos") || !strcmp(file, "io.cost.model"))
		snprintf(why, len, "it is of the whole machine: only the root cgroup has it");
	else
		snprintf(why, len, "it is not a writable file of a cgroup v2 controller");
	return NULL;
}

int sbi_cgroup_file(const char *file, char *why, size_t len)
{
	return sbi_cgroup_row(file, why, len) ? 0 : -EINVAL;
}
