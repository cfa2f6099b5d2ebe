/* SPDX-License-Identifier: MIT */
/* Errors as the caller sees them, and what the steps are called. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	uint32_t number;
	const char *name, *sentence, *counterpart;
} steps[] = {
#define STEP(number, NAME, name, sentence, counterpart) { number, name, sentence, counterpart },
#include "common/steps.def"
#undef STEP
};

#define FIND_STEP(field, otherwise)                                      \
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) \
		if (steps[i].number == step)                          \
			return steps[i].field;                        \
	return otherwise

const char *sb_step_name(uint32_t step)
{
	FIND_STEP(name, "unknown");
}

const char *sb_step_sentence(uint32_t step)
{
	FIND_STEP(sentence, "");
}

const char *sb_step_counterpart(uint32_t step)
{
	FIND_STEP(counterpart, "");
}

int sbi_size_valid(const void *object, uint32_t least)
{
	uint32_t size;

	memcpy(&size, object, sizeof(size));
	return size >= least;
}

void sbi_copy_out(void *caller, const void *ours, uint32_t ours_size)
{
	uint32_t size;

	memcpy(&size, caller, sizeof(size));
	if (size > ours_size) {
		memset((char *)caller + ours_size, 0, size - ours_size);
		size = ours_size;
	}
	memcpy((char *)caller + sizeof(size), (const char *)ours + sizeof(size), size - sizeof(size));
}

int sbi_fail(sb_error *err, uint32_t step, uint32_t index, int code, const char *format, ...)
{
	sb_error full = SB_INIT(sb_error);
	va_list args;

	if (!err || !sbi_size_valid(err, sizeof(uint32_t) * 4))
		return -code;
	full.code = code;
	full.step = step;
	full.index = index;
	va_start(args, format);
	vsnprintf(full.message, sizeof(full.message), format, args);
	va_end(args);
	sbi_copy_out(err, &full, sizeof(full));
	return -code;
}

void sbi_hint(sb_error *err, const char *format, ...)
{
	va_list args;

	if (!err || !sbi_size_valid(err, sizeof(*err)))
		return;
	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}

int sbi_fail_as(sb_error *err, const sb_error *why)
{
	if (err && sbi_size_valid(err, sizeof(uint32_t) * 4))
		sbi_copy_out(err, why, sizeof(*why));
	return -why->code;
}
