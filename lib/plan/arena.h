/* SPDX-License-Identifier: MIT */
/* Append-only storage addressed by offset: what a plan is built in. */
#ifndef SBI_ARENA_H
#define SBI_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct sbi_arena {
	unsigned char *base;
	size_t used, room;
	int failed; /* memory ran out; what was added since is lost */
};

/* Add @len bytes (a copy of @data, or zeros), aligned to 8; the offset, or 0 on failure. */
uint32_t sbi_arena_add(struct sbi_arena *arena, const void *data, size_t len);
/* Add a string with its NUL; offset 0 for NULL. */
uint32_t sbi_arena_text(struct sbi_arena *arena, const char *text);
void sbi_arena_free(struct sbi_arena *arena);

#endif
