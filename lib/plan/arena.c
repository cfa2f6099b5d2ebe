/* SPDX-License-Identifier: MIT */
/* Append-only storage addressed by offset. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN 8
#define LIMIT (UINT32_C(1) << 27) /* far above what the setters let through */

static uint32_t append(struct sbi_arena *arena, const void *data, size_t len, size_t align)
{
	size_t at = (arena->used + align - 1) & ~(align - 1);
	size_t room = arena->room ? arena->room : 4096;
	unsigned char *grown;

	if (arena->failed || len > LIMIT || at + len > LIMIT) {
		arena->failed = 1;
		return 0;
	}
	while (room < at + len)
		room *= 2;
	if (room != arena->room) {
		grown = realloc(arena->base, room);
		if (!grown) {
			arena->failed = 1;
			return 0;
		}
		memset(grown + arena->room, 0, room - arena->room);
		arena->base = grown;
		arena->room = room;
	}
	if (data)
		memcpy(arena->base + at, data, len);
	arena->used = at + len;
	return (uint32_t)at;
}

uint32_t sbi_arena_add(struct sbi_arena *arena, const void *data, size_t len)
{
	return append(arena, data, len, ALIGN);
}

uint32_t sbi_arena_text(struct sbi_arena *arena, const char *text)
{
	return text ? append(arena, text, strlen(text) + 1, 1) : 0;
}

void sbi_arena_free(struct sbi_arena *arena)
{
	free(arena->base);
	memset(arena, 0, sizeof(*arena));
}
