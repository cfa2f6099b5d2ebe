/* SPDX-License-Identifier: MIT */
/*
 * What else holds a command back: capabilities beyond the list of ids.c, securebits, and what may
 * be missing.
 */
#include <cap-ng.h>
#include <errno.h>
#include <sandbox/confine.h>
#include <sandbox/proc.h>
#include <strings.h>

#include "config_internal.h"
#include "seccomp.h"

#define SECUREBITS_KNOWN UINT32_C(0xfff) /* capabilities(7), and the four of exec(2) of 6.14 */
#define MAY_BE_MISSING                                                                                    \
	(SB_APPLIED_SECCOMP | SB_APPLIED_SECCOMP_REPORT | SB_APPLIED_LANDLOCK | SB_APPLIED_SECUREBITS |   \
	 SB_APPLIED_CORE_SCHED | SB_APPLIED_NO_NEW_USERNS | SB_APPLIED_KEYRING | SB_APPLIED_CGROUP)

static int has_known(uint64_t caps)
{
	for (unsigned cap = 0; cap < 64; cap++)
		if ((caps & (UINT64_C(1) << cap)) && capng_capability_to_name(cap))
			return 1;
	return 0;
}

int sb_drop_cap(sb_config *cfg, const char *name)
{
	int cap;

	if (!cfg)
		return -EINVAL;
	if (!name || !name[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_drop_cap: no capability given");
	if (!strcasecmp(name, "all")) {
		cfg->keep_caps = 0;
		return sbi_seccomp_refilter(cfg);
	}
	cap = capng_name_to_capability(!strncasecmp(name, "cap_", 4) ? name + 4 : name);
	if (cap < 0 || cap > 62)
		return sbi_cfg_fail(cfg, EINVAL, "sb_drop_cap: \"%.40s\" is not a capability", name);
	cfg->keep_caps &= ~(UINT64_C(1) << cap);
	if (!has_known(cfg->keep_caps)) /* all that there are, less every one of them */
		cfg->keep_caps = 0;
	return sbi_seccomp_refilter(cfg);
}

int sb_set_ambient(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->ambient : NULL, on);
}

int sb_set_securebits(sb_config *cfg, uint32_t bits)
{
	if (!cfg)
		return -EINVAL;
	if (bits & ~SECUREBITS_KNOWN)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_securebits: unknown bits 0x%x",
				    bits & ~SECUREBITS_KNOWN);
	cfg->securebits = bits;
	cfg->securebits_set = 1;
	return 0;
}

int sb_set_core_sched(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->core_sched : NULL, on);
}

int sb_set_no_new_userns(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->no_new_userns : NULL, on);
}

int sb_set_optional(sb_config *cfg, uint64_t layers)
{
	if (!cfg)
		return -EINVAL;
	if (layers & ~MAY_BE_MISSING)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_optional: 0x%llx is not a layer that may be missing",
				    (unsigned long long)(layers & ~MAY_BE_MISSING));
	cfg->optional = layers;
	return 0;
}
