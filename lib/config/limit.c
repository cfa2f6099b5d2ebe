/* SPDX-License-Identifier: MIT */
/* Limits of a run: how much, with which grace, and when to say so beforehand. */
#include <sandbox/limit.h>

#include <errno.h>
#include <inttypes.h>
#include <sys/sysinfo.h>

#include "cgroup_value.h"
#include "config_internal.h"

static const char *const names[SBI_LIMITS] = { NULL, "cpu", "wall", "memory", "pids", "output" };

static int is_known(uint32_t limit)
{
	return limit > 0 && limit < SBI_LIMITS;
}

int sb_set_limit(sb_config *cfg, uint32_t limit, uint64_t value, uint64_t grace)
{
	if (!cfg)
		return -EINVAL;
	if (!is_known(limit))
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_limit: %u is not a limit", limit);
	if (!value && limit != SB_LIMIT_OUTPUT)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_limit: nothing can run within a %s limit of 0",
				    names[limit]);
	if (grace && (limit == SB_LIMIT_PIDS || limit == SB_LIMIT_OUTPUT))
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_limit: a %s limit has no grace", names[limit]);
	if (value != UINT64_MAX && grace >= UINT64_MAX - value)
		return sbi_cfg_fail(cfg, EINVAL,
				    "sb_set_limit: %s: %" PRIu64 " and a grace of %" PRIu64 " is too much",
				    names[limit], value, grace);
	cfg->limits[limit].value = value;
	cfg->limits[limit].grace = value == UINT64_MAX ? 0 : grace;
	if (limit == SB_LIMIT_CPU)
		cfg->cpus = (uint32_t)get_nprocs_conf();
	return 0;
}

int sb_set_soft_limit(sb_config *cfg, uint32_t limit, uint64_t value, int signal)
{
	if (!cfg)
		return -EINVAL;
	if (limit != SB_LIMIT_CPU && limit != SB_LIMIT_WALL)
		return sbi_cfg_fail(cfg, EINVAL,
				    "sb_set_soft_limit: %s has none: it is for SB_LIMIT_CPU and SB_LIMIT_WALL",
				    is_known(limit) ? names[limit] : "this");
	if (signal < 0 || signal > 64)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_soft_limit: %d is not a signal", signal);
	cfg->limits[limit].soft = value;
	cfg->limits[limit].signal = signal;
	if (limit == SB_LIMIT_CPU)
		cfg->cpus = (uint32_t)get_nprocs_conf();
	return 0;
}

int sbi_has_limit(const sb_config *cfg, uint32_t limit)
{
	return cfg->limits[limit].value != UINT64_MAX || cfg->limits[limit].soft != UINT64_MAX;
}

uint32_t sbi_limit_controllers(const sb_config *cfg)
{
	return (sbi_has_limit(cfg, SB_LIMIT_MEMORY) ? SBI_CG_MEMORY : 0) |
	       (sbi_has_limit(cfg, SB_LIMIT_PIDS) ? SBI_CG_PIDS : 0);
}
