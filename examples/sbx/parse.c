/* SPDX-License-Identifier: MIT */
/* From the text of an option to a number or a path: strict, nothing is guessed. */
#include "parse.h"

#include <ctype.h>
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
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
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

static int decimal(const char *text, size_t len, uint64_t scale, uint64_t *out)
{
	const char *point = memchr(text, '.', len);
	size_t before = point ? (size_t)(point - text) : len, behind = point ? len - before - 1 : 0;
	uint64_t whole, fraction = 0, unit = 1;
	unsigned __int128 value;
	int r;

	r = digits(text, before, 10, &whole);
	if (r == 0 && point)
		r = behind > 9 ? -ERANGE : digits(point + 1, behind, 10, &fraction);
	if (r < 0)
		return r;
	for (size_t i = 0; i < behind; i++)
		unit *= 10;
	value = (unsigned __int128)whole * scale + (unsigned __int128)fraction * scale / unit;
	if (value > UINT64_MAX)
		return -ERANGE;
	*out = (uint64_t)value;
	return 0;
}

int parse_decimal(const char *text, uint64_t scale, uint64_t *out)
{
	return decimal(text, strlen(text), scale, out);
}

int parse_size(const char *text, uint64_t *out)
{
	static const char letters[] = "kmgtpe";
	size_t len = strspn(text, "0123456789.");
	const char *rest = text + len, *letter;
	uint64_t scale = 1;

	letter = *rest ? strchr(letters, tolower((unsigned char)*rest)) : NULL;
	if (letter) {
		scale = UINT64_C(1) << (10 * (letter - letters + 1));
		rest++;
		if (*rest == 'i')
			rest++;
	} else if (memchr(text, '.', len)) {
		return -EINVAL;
	}
	if (*rest == 'b' || *rest == 'B')
		rest++;
	return *rest ? -EINVAL : decimal(text, len, scale, out);
}

int parse_duration(const char *text, uint64_t *out)
{
	static const struct {
		const char *suffix;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000 },
		{ "s", 1000000000 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "m", UINT64_C(60) * 1000000000 },
		{ "h", UINT64_C(3600) * 1000000000 },
	};
	size_t len = strspn(text, "0123456789.");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text + len, units[i].suffix) == 0)
			return decimal(text, len, units[i].ns, out);
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
