/* SPDX-License-Identifier: MIT */
/* The limits that sb-init keeps, and the rlimits that stand behind them where no cgroup counts. */
#include "plan_internal.h"

#include <sandbox/limit.h>
#include <sandbox/proc.h>
#include <sys/resource.h>

#define SECOND UINT64_C(1000000000)

static struct sbi_bound bound(const struct sbi_limit *limit)
{
	return (struct sbi_bound){ limit->soft, limit->value,
				   limit->value == UINT64_MAX ? UINT64_MAX : limit->value + limit->grace };
}

void sbi_compile_watch(const sb_config *cfg, struct sbi_compiled *c, struct sbi_watch *watch)
{
	*watch = (struct sbi_watch){ .cpus = cfg->cpus ? cfg->cpus : 1,
				     .cpu = bound(&cfg->limits[SB_LIMIT_CPU]),
				     .wall = bound(&cfg->limits[SB_LIMIT_WALL]),
				     .memory = bound(&cfg->limits[SB_LIMIT_MEMORY]),
				     .cpu_signal = (uint32_t)cfg->limits[SB_LIMIT_CPU].signal,
				     .wall_signal = (uint32_t)cfg->limits[SB_LIMIT_WALL].signal };
	if (sbi_has_limit(cfg, SB_LIMIT_CPU))
		watch->flags |= SBI_WATCH_CPU;
	if (sbi_has_limit(cfg, SB_LIMIT_WALL))
		watch->flags |= SBI_WATCH_WALL;
	if (sbi_has_limit(cfg, SB_LIMIT_PIDS) && c->has_leaf)
		watch->flags |= SBI_WATCH_PIDS;
	if (sbi_has_limit(cfg, SB_LIMIT_MEMORY) && !c->has_leaf)
		watch->flags |= SBI_WATCH_MEMORY;
	if (!watch->flags || !c->has_leaf)
		return;
	watch->kill = sbi_slot(c, SBI_SLOT_KILL) + 1;
	if (watch->flags & SBI_WATCH_CPU)
		watch->cpu_stat = sbi_slot(c, SBI_SLOT_CPU_STAT) + 1;
	if (watch->flags & SBI_WATCH_PIDS)
		watch->pids_events = sbi_slot(c, SBI_SLOT_PIDS_EVENTS) + 1;
}

int sbi_may_sample(const sb_config *cfg, const struct sbi_compiled *c)
{
	if (sbi_has_limit(cfg, SB_LIMIT_MEMORY) && (cfg->optional & SB_APPLIED_CGROUP))
		return 1;
	return !c->has_leaf && sbi_has_limit(cfg, SB_LIMIT_CPU);
}

static int is_set(const sb_config *cfg, int resource)
{
	for (uint32_t i = 0; i < cfg->rlimit_count; i++)
		if (cfg->rlimits[i].resource == resource)
			return 1;
	return 0;
}

static void emit_rlimit(struct sbi_compiled *c, int resource, uint64_t value, uint64_t kind)
{
	struct sbi_op *op = sbi_emit(c, 1, SB_STEP_RLIMIT, 0);

	op->id[0] = (uint32_t)resource;
	op->arg[0] = op->arg[1] = value;
	op->arg[2] = kind;
}

/*
 * Per process, in whole seconds, and a second late: sb-init comes first. Processes
 * are counted per user and user namespace (5.14), sb-init among them.
 */
void sbi_compile_second_line(const sb_config *cfg, struct sbi_compiled *c)
{
	const struct sbi_limit *cpu = &cfg->limits[SB_LIMIT_CPU], *pids = &cfg->limits[SB_LIMIT_PIDS];

	if (cpu->value != UINT64_MAX && !c->has_leaf && !is_set(cfg, RLIMIT_CPU))
		emit_rlimit(c, RLIMIT_CPU, (cpu->value + cpu->grace) / SECOND + 2, SBI_RLIMIT_DEFAULT);
	if (pids->value != UINT64_MAX && (cfg->optional & SB_APPLIED_CGROUP) && !is_set(cfg, RLIMIT_NPROC) &&
	    c->id.userns != SBI_USERNS_NONE && c->id.userns != SBI_USERNS_JOIN)
		emit_rlimit(c, RLIMIT_NPROC, pids->value + 1, SBI_RLIMIT_PIDS);
}
