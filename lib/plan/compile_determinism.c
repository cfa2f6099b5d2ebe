/* SPDX-License-Identifier: MIT */
/* What makes one run like the one before, as operations. */
#include <sandbox/determinism.h>
#include <string.h>
#include <sys/personality.h>

#include "chacha.h"
#include "plan_internal.h"

void sbi_compile_determinism(const sb_config *cfg, struct sbi_compiled *c)
{
	struct sbi_op *op;

	if (!cfg->aslr)
		sbi_emit(c, 1, SB_STEP_PERSONALITY, 0)->arg[0] = ADDR_NO_RANDOMIZE;
	if (cfg->affinity) {
		op = sbi_emit(c, 1, SB_STEP_AFFINITY, 0);
		op->count = (cfg->affinity_bytes + 7) & ~UINT32_C(7); /* whole words */
		op->text[2] = sbi_arena_add(&c->arena, NULL, op->count);
		if (!c->arena.failed)
			memcpy(c->arena.base + op->text[2], cfg->affinity, cfg->affinity_bytes);
	}
	if (!cfg->tsc)
		sbi_emit(c, 1, SB_STEP_TSC, 0);
}

/* The bytes themselves: it is faster here than in sb-init, which is built to be small. */
void sbi_compile_seed(const sb_config *cfg, struct sbi_op *dev, struct sbi_compiled *c)
{
	uint8_t *to;

	if (!cfg->seeded)
		return;
	dev->arg[1] = SB_RANDOM_BYTES;
	dev->text[2] = sbi_arena_add(&c->arena, NULL, SB_RANDOM_BYTES);
	if (c->arena.failed)
		return;
	to = (uint8_t *)c->arena.base + dev->text[2];
	for (uint32_t block = 0; block < SB_RANDOM_BYTES / SBI_CHACHA_BLOCK; block++)
		sbi_chacha_block(cfg->seed, block, to + block * SBI_CHACHA_BLOCK);
}
