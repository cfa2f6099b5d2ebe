/* SPDX-License-Identifier: MIT */
/* Numbers of the command line: strict, nothing is guessed. */
#include "isolate.h"

#include <errno.h>
#include <string.h>

static int digits(const char *text, size_t len, uint64_t *out)
{
	*out = 0;
	if (len == 0 || strspn(text, "0123456789") < len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(text[i] - '0'), out))
			return -EINVAL;
	return 0;
}

int parse_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value;

	if (digits(text, strlen(text), &value) < 0 || value > max)
		return -EINVAL;
	*out = value;
	return 0;
}

int parse_seconds(const char *text, uint64_t *out)
{
	size_t before = strcspn(text, "."), behind = text[before] ? strlen(text + before + 1) : 0;
	uint64_t whole, fraction = 0;

	if (behind > 9 || digits(text, before, &whole) < 0)
		return -EINVAL;
	if (text[before] && digits(text + before + 1, behind, &fraction) < 0)
		return -EINVAL;
	for (size_t i = behind; i < 9; i++)
		fraction *= 10;
	if (whole > INT64_MAX / 1000000000)
		return -EINVAL;
	*out = whole * 1000000000 + fraction;
	return 0;
}

int parse_kilobytes(const char *text, uint64_t *out)
{
	uint64_t value;

	if (parse_number(text, INT64_MAX / 1024, &value) < 0)
		return -EINVAL;
	*out = value * 1024;
	return 0;
}
