/* SPDX-License-Identifier: MIT */
/* From the text of an option to a number or a path: strict, nothing is guessed. */
#include "parse.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* strtoull() would take blanks, signs and "0x"; a limit must not be misread. */
static int digits(const char *text, size_t len, unsigned base, uint64_t *out)
{
	uint64_t value = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)((unsigned char)text[i] - '0');

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

int parse_u64(const char *text, uint64_t *out)
{
	return digits(text, strlen(text), 10, out);
}

int parse_i64(const char *text, int64_t *out)
{
	int negative = text[0] == '-';
	uint64_t value;
	int r;

	r = parse_u64(text + negative, &value);
	if (r < 0)
		return r;
	if (value > INT64_MAX)
		return -ERANGE;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return 0;
}

int parse_id(const char *text, uint32_t *out)
{
	uint64_t value;
	int r;

	r = parse_u64(text, &value);
	if (r < 0)
		return r;
	if (value >= UINT32_MAX)
		return -ERANGE;
	*out = (uint32_t)value;
	return 0;
}

int parse_octal(const char *text, uint32_t max, uint32_t *out)
{
	uint64_t value;
	int r;

	r = digits(text, strlen(text), 8, &value);
	if (r < 0)
		return r;
	if (value > max)
		return -ERANGE;
	*out = (uint32_t)value;
	return 0;
}

int parse_size(const char *text, uint64_t *out)
{
	static const struct {
		const char *suffix;
		uint64_t unit;
	} units[] = {
		{ "", 1 },
		{ "b", 1 },
		{ "B", 1 },
		{ "k", 1 << 10 },
		{ "K", 1 << 10 },
		{ "Ki", 1 << 10 },
		{ "m", 1 << 20 },
		{ "M", 1 << 20 },
		{ "Mi", 1 << 20 },
		{ "g", 1 << 30 },
		{ "G", 1 << 30 },
		{ "Gi", 1 << 30 },
	};
	size_t len = strspn(text, "0123456789");
	uint64_t value;
	int r;

	r = digits(text, len, 10, &value);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + len, units[i].suffix) != 0)
			continue;
		return __builtin_mul_overflow(value, units[i].unit, out) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int parse_fd(const char *text, int *out)
{
	uint64_t value;
	int r;

	r = parse_u64(text, &value);
	if (r < 0)
		return r;
	if (value > INT_MAX)
		return -ERANGE;
	*out = (int)value;
	return 0;
}

int parse_switch(const char *text, int *out)
{
	if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
		return -EINVAL;
	*out = text[0] == '1';
	return 0;
}

char *next_field(char **rest, char separator)
{
	char *field = *rest;
	char *to = field;

	if (!field)
		return NULL;
	for (char *from = field;; from++) {
		if (*from == '\\' && from[1])
			from++;
		else if (*from == separator || !*from) {
			*rest = *from ? from + 1 : NULL;
			*to = '\0';
			return field;
		}
		*to++ = *from;
	}
}

char *next_word(char **rest)
{
	return strsep(rest, ",");
}
