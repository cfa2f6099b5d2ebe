/* SPDX-License-Identifier: MIT */
/* Adding to a plan: operations, and descriptors that go with them. */
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

struct sbi_op *sbi_emit(struct sbi_compiled *c, int command, uint16_t step, uint32_t index)
{
	struct sbi_op **list = command ? &c->command : &c->setup, *grown;
	uint32_t *count = command ? &c->command_count : &c->setup_count;

	if (*count % 64 == 0) {
		grown = *count < SBI_MAX_OPS ? realloc(*list, (*count + 64) * sizeof(**list)) : NULL;
		if (!grown) {
			c->arena.failed = 1;
			return &c->overflow;
		}
		*list = grown;
	}
	memset(&(*list)[*count], 0, sizeof(**list));
	(*list)[*count].step = step;
	(*list)[*count].index = index;
	return &(*list)[(*count)++];
}

uint32_t sbi_slot(struct sbi_compiled *c, int host_fd)
{
	for (uint32_t i = 0; i < c->slot_count; i++)
		if (c->slots[i] == host_fd)
			return i;
	if (c->slot_count == SBI_MAX_SLOTS) {
		c->arena.failed = 1;
		return 0;
	}
	c->slots[c->slot_count] = host_fd;
	return c->slot_count++;
}
