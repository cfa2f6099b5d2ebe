/* SPDX-License-Identifier: MIT */
/* What sb-init keeps of its privileges when it is executed, in a user namespace of its own. */
#include <linux/capability.h>

#include "launch.h"

#define BIT(cap) (UINT64_C(1) << (cap))
#define INIT_CAPS \
	(BIT(CAP_SYS_ADMIN) | BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_KILL) | \
	 BIT(CAP_NET_ADMIN) | BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_SYS_TIME) | \
	 BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) | BIT(CAP_DAC_READ_SEARCH))

/* Of a single command that has one id, which is the caller's own: nothing belongs to anybody else. */
#define SINGLE_CAPS (BIT(CAP_SYS_ADMIN) | BIT(CAP_SETPCAP) | BIT(CAP_KILL) | BIT(CAP_DAC_OVERRIDE))

/* Each costs a call, and what is not there cannot be misused. */
static uint64_t init_caps(const struct sbi_launch *l)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	const struct sbi_op *ops = sbi_ops(plan, &plan->setup);
	uint64_t caps = SINGLE_CAPS;

	if (!(plan->flags & SBI_PLAN_SINGLE) || l->plan.id.userns != SBI_USERNS_CLONE ||
	    l->plan.id.need_helper)
		return INIT_CAPS;
	if (l->plan.clone_flags & sbi_ns_clone(sbi_ns_number(SB_NS_NET)))
		caps |= BIT(CAP_NET_ADMIN);
	for (uint32_t i = 0; i < plan->setup.count; i++)
		if (ops[i].step == SB_STEP_TIMENS)
			caps |= BIT(CAP_SYS_TIME);
		else if (ops[i].step == SB_STEP_JOIN || ops[i].step == SB_STEP_CGROUPFS ||
			 ops[i].step == SB_STEP_OVERLAY ||
			 (ops[i].step == SB_STEP_ROOT && ops[i].id[0] == SBI_ROOT_OVERLAY))
			return INIT_CAPS;
	return caps;
}

uint64_t sbi_launch_caps(const struct sbi_launch *l)
{
	return init_caps(l) | l->cfg->keep_caps | (l->cfg->no_new_userns ? BIT(CAP_SYS_RESOURCE) : 0);
}
