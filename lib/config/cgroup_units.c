/* SPDX-License-Identifier: MIT */
/* Numbers with units: bytes, counts, percentages, lists of cpus, devices. */
#include "cgroup_units.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FRACTION UINT64_C(1000000) /* what lies behind a decimal point counts in millionths */

/* Digits, and with @millionths up to six behind a point; the rest of the text, or NULL. */
static const char *digits(const char *text, uint64_t *value, uint64_t *millionths)
{
	uint64_t unit = FRACTION;

	*value = 0;
	if (!isdigit((unsigned char)*text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*value > (UINT64_MAX - 1 - digit) / 10)
			return NULL;
		*value = *value * 10 + digit;
	}
	if (!millionths)
		return text;
	*millionths = 0;
	if (*text != '.')
		return text;
	for (text++; isdigit((unsigned char)*text) && unit > 1; text++) {
		unit /= 10;
		*millionths += (uint64_t)(*text - '0') * unit;
	}
	return unit < FRACTION ? text : NULL;
}

int sbi_unit_count(const char *text, uint64_t *value)
{
	const char *rest = digits(text, value, NULL);

	return rest && !*rest ? 0 : -EINVAL;
}

int sbi_unit_bytes(const char *text, uint64_t *value)
{
	static const char suffixes[] = "kmgtpe";
	uint64_t millionths, scale = 1;
	const char *rest = digits(text, value, &millionths), *suffix;

	if (!rest)
		return -EINVAL;
	suffix = *rest ? strchr(suffixes, tolower((unsigned char)*rest)) : NULL;
	if (suffix) {
		scale = UINT64_C(1) << (10 * (suffix - suffixes + 1));
		rest++;
	} else if (millionths) {
		return -EINVAL;
	}
	if (suffix && *rest == 'i')
		rest++;
	if (tolower((unsigned char)*rest) == 'b')
		rest++;
	if (*rest || *value > (UINT64_MAX / 2) / scale)
		return -EINVAL;
	*value = *value * scale + (uint64_t)((unsigned __int128)millionths * scale / FRACTION);
	return 0;
}

int sbi_unit_percent(const char *text, uint64_t *value)
{
	uint64_t millionths;
	const char *rest = digits(text, value, &millionths);

	if (!rest || strcmp(rest, "%") || *value > UINT64_MAX / FRACTION)
		return -EINVAL;
	*value = *value * 10000 + millionths / 100;
	return 0;
}

int sbi_unit_is_list(const char *text)
{
	uint64_t first, last, used, group;

	for (;;) {
		text = digits(text, &first, NULL);
		if (!text)
			return 0;
		if (*text == '-') {
			text = digits(text + 1, &last, NULL);
			if (!text || last < first)
				return 0;
			if (*text == ':') {
				text = digits(text + 1, &used, NULL);
				text = text && *text == '/' ? digits(text + 1, &group, NULL) : NULL;
				if (!text || used > group || !group)
					return 0;
			}
		}
		if (!*text)
			return 1;
		if (*text++ != ',')
			return 0;
	}
}

int sbi_unit_device(const char *text, char *out, size_t len)
{
	uint64_t major_number, minor_number;
	struct stat st;
	const char *rest;

	if (text[0] == '/') {
		if (stat(text, &st) < 0)
			return -ENOENT;
		if (!S_ISBLK(st.st_mode))
			return -ENOTBLK;
		snprintf(out, len, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		return 0;
	}
	rest = digits(text, &major_number, NULL);
	if (!rest || *rest != ':' || sbi_unit_count(rest + 1, &minor_number) < 0 ||
	    major_number > UINT32_MAX || minor_number > UINT32_MAX)
		return -EINVAL;
	snprintf(out, len, "%u:%u", (unsigned)major_number, (unsigned)minor_number);
	return 0;
}
