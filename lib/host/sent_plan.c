/* SPDX-License-Identifier: MIT */
/*
 * The plan that the sb-init of a box keeps mapped: a command with the same one needs no new memfd,
 * and no new mapping.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "launch.h"

void sbi_sent_forget(struct sbi_sent *sent)
{
	sbi_close_fd(&sent->fd);
	free(sent->blob);
	sent->blob = NULL;
}

int sbi_sent_is(const struct sbi_sent *sent, const struct sbi_arena *plan)
{
	return sent->blob && sent->size == plan->used && !memcmp(sent->blob, plan->base, plan->used);
}

void sbi_sent_note(struct sbi_launch *l)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)l->plan.arena.base;
	struct sbi_sent *sent = l->sent;

	if (!sent || l->again)
		return;
	sbi_sent_forget(sent);
	if (!(plan->flags & SBI_PLAN_WARM))
		return;
	sent->blob = malloc(l->plan.arena.used);
	if (!sent->blob)
		return;
	/* Before marks are read into it. */
	sent->size = l->plan.arena.used;
	memcpy(sent->blob, l->plan.arena.base, sent->size);
}

void sbi_sent_settle(struct sbi_launch *l, int failed)
{
	if (!l->sent)
		return;
	if (failed) {
		if (l->again)
			l->plan_fd = -EBADF;
		sbi_sent_forget(l->sent);
	} else if (!l->again && l->sent->blob) {
		l->sent->fd = sbi_take_fd(&l->plan_fd);
	} else if (l->again) {
		l->plan_fd = -EBADF;
	}
}
