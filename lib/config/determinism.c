/* SPDX-License-Identifier: MIT */
/* What makes one run like the one before: setters. */
#include <errno.h>
#include <sandbox/determinism.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "seccomp.h"

int sb_set_aslr(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->aslr : NULL, on);
}

int sb_set_tsc(sb_config *cfg, int on)
{
	return sbi_cfg_switch(cfg, __func__, cfg ? &cfg->tsc : NULL, on);
}

/* A number at *@text, which moves behind it; -1 if there is none, or none of a CPU. */
static int read_cpu(const char **text)
{
	int cpu = 0;

	if (**text < '0' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		cpu = cpu * 10 + (**text - '0');
		if (cpu >= SBI_MAX_CPUS)
			return -1;
	}
	return cpu;
}

/* "0-2,7" into @mask. Return: how many bytes of it are in use, or -EINVAL. */
static int read_cpus(const char *text, uint8_t mask[SBI_MAX_CPUS / 8])
{
	int bytes = 0;

	for (;;) {
		int from = read_cpu(&text), to = from;

		if (*text == '-') {
			text++;
			to = read_cpu(&text);
		}
		if (from < 0 || to < from)
			return -EINVAL;
		for (int cpu = from; cpu <= to; cpu++)
			mask[cpu / 8] |= (uint8_t)(1 << cpu % 8);
		if (to / 8 + 1 > bytes)
			bytes = to / 8 + 1;
		if (!*text)
			return bytes;
		if (*text++ != ',')
			return -EINVAL;
	}
}

int sb_set_affinity(sb_config *cfg, const char *cpus)
{
	uint8_t mask[SBI_MAX_CPUS / 8] = { 0 }, *copy = NULL;
	int bytes = 0;

	if (!cfg)
		return -EINVAL;
	if (cpus) {
		bytes = read_cpus(cpus, mask);
		if (bytes < 0)
			return sbi_cfg_fail(cfg, EINVAL,
					    "sb_set_affinity: \"%.60s\" is not a list of CPUs as \"0-2,7\", up to %d",
					    cpus, SBI_MAX_CPUS - 1);
		copy = malloc((size_t)bytes);
		if (!copy)
			return sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
		memcpy(copy, mask, (size_t)bytes);
	}
	free(cfg->affinity);
	cfg->affinity = copy;
	cfg->affinity_bytes = (uint32_t)bytes;
	return 0;
}

int sb_set_random_seed(sb_config *cfg, const void *seed, size_t len)
{
	if (!cfg)
		return -EINVAL;
	if (!seed != !len)
		return sbi_cfg_fail(cfg, EINVAL, "sb_set_random_seed: %s",
				    seed ? "the seed is empty" : "no seed given");
	if (len > sizeof(cfg->seed))
		return sbi_cfg_fail(cfg, E2BIG, "sb_set_random_seed: %zu bytes are more than %zu", len,
				    sizeof(cfg->seed));
	memset(cfg->seed, 0, sizeof(cfg->seed));
	if (len)
		memcpy(cfg->seed, seed, len);
	cfg->seeded = len > 0;
	return sbi_seccomp_refilter(cfg);
}
