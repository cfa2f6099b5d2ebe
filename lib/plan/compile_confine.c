/* SPDX-License-Identifier: MIT */
/*
 * What holds the command back, as operations: Landlock, securebits, core scheduling, no further
 * user namespaces.
 */
#include <linux/securebits.h>
#include <sandbox/proc.h>

#include "common/landlock.h"
#include "plan_internal.h"

/* Without capabilities root is an ordinary user, and nothing can be done about it. */
#define LOCKED_DOWN \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | \
	 SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static uint16_t layer(const sb_config *cfg, uint64_t bit)
{
	return cfg->optional & bit ? SBI_OP_LAYER : 0;
}

/*
 * The limit is that of the namespace which the opener of the file is in. Where
 * it is entered late, /proc has to be found while the old root is there.
 */
void sbi_compile_no_new_userns(const sb_config *cfg, uint64_t half, struct sbi_compiled *c)
{
	struct sbi_op *op;

	if (!cfg->no_new_userns)
		return;
	if (c->id.userns == SBI_USERNS_CLONE)
		half = half == SBI_NOUSERNS_FIND ? SBI_NOUSERNS_FIND | SBI_NOUSERNS_SET : 0;
	if (!half)
		return;
	op = sbi_emit(c, 0, SB_STEP_NO_NEW_USERNS, 0);
	op->arg[0] = half;
	op->flags = layer(cfg, SB_APPLIED_NO_NEW_USERNS);
}

static uint32_t wanted_securebits(const sb_config *cfg)
{
	return cfg->securebits_set ? cfg->securebits : cfg->keep_caps ? 0 : LOCKED_DOWN;
}

void sbi_compile_securebits(const sb_config *cfg, struct sbi_compiled *c)
{
	struct sbi_op *op;

	if (!cfg->securebits_set && !wanted_securebits(cfg))
		return;
	op = sbi_emit(c, 1, SB_STEP_SECUREBITS, 0);
	op->arg[0] = wanted_securebits(cfg);
	op->arg[1] = (uint64_t)cfg->securebits_set;
	op->arg[2] = cfg->ambient ? cfg->keep_caps : 0;
	op->id[0] = (uint32_t)c->id.fresh;
	op->flags = layer(cfg, SB_APPLIED_SECUREBITS);
}

void sbi_compile_core_sched(const sb_config *cfg, struct sbi_compiled *c)
{
	if (cfg->core_sched)
		sbi_emit(c, 1, SB_STEP_CORE_SCHED, 0)->flags = layer(cfg, SB_APPLIED_CORE_SCHED);
}

/* The connections that have no namespace to end at. */
static uint64_t open_scopes(const struct sbi_compiled *c)
{
	return (c->separate & SB_NS_NET ? 0 : SBI_LL_ABSTRACT) |
	       (c->separate & SB_NS_PID ? 0 : SBI_LL_SIGNAL);
}

uint64_t sbi_landlock_handled(const sb_config *cfg)
{
	uint64_t handled = cfg->landlock.handled;

	if (!cfg->landlock.is_auto)
		return handled;
	for (uint32_t i = 0; i < cfg->landlock.count; i++)
		handled |= cfg->landlock.rules[i].path ? SBI_LL_FS : cfg->landlock.rules[i].rights;
	return handled;
}

static void compile_rule(const struct sbi_landlock_rule *rule, uint32_t index, uint64_t handled,
			 struct sbi_compiled *c)
{
	struct sbi_op *op = sbi_emit(c, 1, SB_STEP_LANDLOCK, index);

	op->id[0] = rule->path ? SBI_LANDLOCK_PATH : SBI_LANDLOCK_PORT;
	op->id[1] = rule->port;
	op->arg[0] = rule->rights & handled;
	if (rule->path)
		op->text[0] = sbi_arena_text(&c->arena, rule->path);
}

void sbi_compile_landlock(const sb_config *cfg, struct sbi_compiled *c)
{
	uint64_t asked = sbi_landlock_handled(cfg), handled = asked, optional = cfg->landlock.optional;
	struct sbi_op *op;

	if (cfg->landlock.is_auto) {
		handled |= open_scopes(c);
		optional |= open_scopes(c);
	}
	if (!handled)
		return;
	op = sbi_emit(c, 1, SB_STEP_LANDLOCK, 0);
	op->id[0] = SBI_LANDLOCK_CREATE;
	op->arg[0] = handled;
	op->arg[1] = optional & handled;
	op->arg[2] = !asked; /* nobody asked: where it cannot be done it is not missed */
	op->flags = layer(cfg, SB_APPLIED_LANDLOCK);
	for (uint32_t i = 0; i < cfg->landlock.count; i++)
		compile_rule(&cfg->landlock.rules[i], i, handled, c);
	op = sbi_emit(c, 1, SB_STEP_LANDLOCK, 0);
	op->id[0] = SBI_LANDLOCK_ENFORCE;
	op->arg[2] = !asked;
	op->flags = layer(cfg, SB_APPLIED_LANDLOCK);
}

uint64_t sbi_applied_confine(const sb_config *cfg, int what, const struct sbi_compiled *c)
{
	uint64_t bits = (what & SBI_COMPILE_SETUP) && cfg->no_new_userns ? SB_APPLIED_NO_NEW_USERNS : 0;

	if (!(what & SBI_COMPILE_COMMAND))
		return bits;
	if (sbi_landlock_handled(cfg) || (cfg->landlock.is_auto && open_scopes(c)))
		bits |= SB_APPLIED_LANDLOCK;
	if (wanted_securebits(cfg))
		bits |= SB_APPLIED_SECUREBITS;
	if (cfg->core_sched)
		bits |= SB_APPLIED_CORE_SCHED;
	return bits;
}
