/* SPDX-License-Identifier: MIT */
/* A setting of cgroup v2 as it may be given, and what the kernel takes: a grammar for each kind of file. */
#include "cgroup_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_file.h"
#include "cgroup_units.h"

#define MAX_KEYS 4

struct reading {
	const struct sbi_cgroup_row *row;
	struct sbi_cgroup_value *out;
	char *why;
	size_t len;
};

static __attribute__((format(printf, 2, 3))) int refuse(const struct reading *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, r->len, format, args);
	va_end(args);
	return -EINVAL;
}

static __attribute__((format(printf, 2, 3))) int keep(const struct reading *r, const char *format, ...)
{
	size_t used = strlen(r->out->text), room = sizeof(r->out->text) - used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(r->out->text + used, room, format, args);
	va_end(args);
	return n < 0 || (size_t)n >= room ? refuse(r, "the value is too long") : 0;
}

static int keep_bytes(const struct reading *r, const char *before, const char *text)
{
	uint64_t bytes;

	if (!strcmp(text, "max"))
		return keep(r, "%smax", before);
	if (sbi_unit_bytes(text, &bytes) < 0)
		return refuse(r, "\"%.40s\" is neither a number of bytes (\"256M\") nor \"max\"", text);
	return keep(r, "%s%" PRIu64, before, bytes);
}

static int keep_count(const struct reading *r, const char *before, const char *text, int64_t most)
{
	uint64_t count;

	if (!strcmp(text, "max"))
		return keep(r, "%smax", before);
	if (sbi_unit_count(text, &count) < 0 || count > (uint64_t)most)
		return refuse(r, "\"%.40s\" is neither a number up to %" PRId64 " nor \"max\"", text, most);
	return keep(r, "%s%" PRIu64, before, count);
}

static int keep_range(const struct reading *r, const char *text)
{
	uint64_t number;
	int64_t value;
	int negative = text[0] == '-' && r->row->least < 0;

	if (sbi_unit_count(text + negative, &number) < 0 || number > INT64_MAX)
		return refuse(r, "\"%.40s\" is not a number", text);
	value = negative ? -(int64_t)number : (int64_t)number;
	if (value < r->row->least || value > r->row->most)
		return refuse(r, "%" PRId64 " is not between %" PRId64 " and %" PRId64, value, r->row->least,
			      r->row->most);
	return keep(r, "%" PRId64, value);
}

/* The kernel's own limits: a period of 1 ms to 1 s, and a quota of at least 1 ms. */
static int keep_cpu_max(const struct reading *r, const char *quota, const char *period)
{
	uint64_t us = 100000, share, amount;

	if (period && (sbi_unit_count(period, &us) < 0 || us < 1000 || us > 1000000))
		return refuse(r, "the period \"%.20s\" is not between 1000 and 1000000 microseconds", period);
	if (!strcmp(quota, "max"))
		return keep(r, "max %" PRIu64, us);
	if (sbi_unit_percent(quota, &share) == 0)
		amount = (uint64_t)((unsigned __int128)share * us / 1000000);
	else if (sbi_unit_count(quota, &amount) < 0)
		return refuse(r,
			      "\"%.40s\" is neither a percentage of a CPU (\"50%%\"), microseconds nor \"max\"",
			      quota);
	if (amount < 1000)
		return refuse(r,
			      "%" PRIu64 " microseconds per %" PRIu64
			      " is less than the kernel takes (1000): %s",
			      amount, us,
			      us < 1000000 ? "with a longer period it may be enough" : "allow more");
	if (amount >= UINT64_C(1) << 44) /* the kernel's MAX_BW */
		return refuse(r, "\"%.40s\" is too much", quota);
	return keep(r, "%" PRIu64 " %" PRIu64, amount, us);
}

static int keep_percent(const struct reading *r, const char *text)
{
	char with_sign[16];
	uint64_t share;

	if (!strcmp(text, "max"))
		return keep(r, "max");
	if (strlen(text) > 10)
		return refuse(r, "\"%.40s\" is too long for a percentage", text);
	snprintf(with_sign, sizeof(with_sign), "%s%s", text, strchr(text, '%') ? "" : "%");
	if (sbi_unit_percent(with_sign, &share) < 0 || share > 1000000)
		return refuse(r, "\"%.40s\" is neither a percentage up to 100 nor \"max\"", text);
	return keep(r, "%" PRIu64 ".%02" PRIu64, share / 10000, share / 100 % 100);
}

static int keep_word(const struct reading *r, const char *text)
{
	char all[128] = "";

	for (size_t i = 0; i < sizeof(r->row->words) / sizeof(r->row->words[0]) && r->row->words[i]; i++) {
		if (!strcmp(text, r->row->words[i]))
			return keep(r, "%s", text);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", all[0] ? ", " : "",
			 r->row->words[i]);
	}
	return refuse(r, "\"%.40s\" is not one of %s", text, all);
}

static int keep_device(const struct reading *r, const char *text)
{
	int code = sbi_unit_device(text, r->out->key, sizeof(r->out->key));

	if (code == -ENOENT)
		return refuse(r, "there is no %.80s", text);
	if (code == -ENOTBLK)
		return refuse(r, "%.80s is not a block device", text);
	if (code < 0)
		return refuse(r, "\"%.40s\" is not a device: \"8:0\", or the path of one", text);
	return keep(r, "%s", r->out->key);
}

static int keep_name(const struct reading *r, const char *text)
{
	if (strlen(text) >= sizeof(r->out->key))
		return refuse(r, "the name \"%.20s…\" is too long", text);
	for (const char *p = text; *p; p++)
		if (!isgraph((unsigned char)*p))
			return refuse(r, "the name has a character that cannot be in it");
	strcpy(r->out->key, text);
	return keep(r, "%s", text);
}

/* "key=value" with one of the row's keys: of io.max the first two are bytes. */
static int keep_pair(const struct reading *r, const char *word)
{
	const char *equals = strchr(word, '=');
	char before[24];

	for (int i = 0; equals && i < MAX_KEYS && r->row->words[i]; i++) {
		size_t n = strlen(r->row->words[i]);

		if (!n || n != (size_t)(equals - word) || strncmp(word, r->row->words[i], n))
			continue;
		snprintf(before, sizeof(before), " %s=", r->row->words[i]);
		if (r->row->kind == NAMED_KEYS)
			return keep_count(r, before, equals + 1, r->row->most);
		if (!strcmp(equals + 1, "0") || !strcmp(equals + 1, "1"))
			return refuse(r, "%s is less than the kernel takes (2)", word);
		return i < 2 ? keep_bytes(r, before, equals + 1)
			     : keep_count(r, before, equals + 1, INT64_MAX);
	}
	return refuse(r, "\"%.40s\" is not a limit of %s", word, r->row->file);
}

static int keep_pairs(const struct reading *r, char *const words[], size_t count)
{
	int code = r->row->kind == DEVICE_KEYS ? keep_device(r, words[0]) : keep_name(r, words[0]);

	if (code == 0 && count < 2)
		code = refuse(r, "\"%.60s\" names no limit", words[0]);
	for (size_t i = 1; code == 0 && i < count; i++)
		code = keep_pair(r, words[i]);
	return code;
}

static int keep_weight(const struct reading *r, char *const words[], size_t count)
{
	const char *number = words[count - 1];
	int code = 0;

	if (count == 1 || !strcmp(words[0], "default"))
		code = keep(r, "default");
	else
		code = keep_device(r, words[0]);
	if (code == 0)
		code = keep(r, " ");
	if (code < 0)
		return code;
	return count == 2 && r->out->key[0] && !strcmp(number, "default") ? keep(r, "default")
									  : keep_range(r, number);
}

static int keep_reclaim(const struct reading *r, char *const words[], size_t count)
{
	int code = strcmp(words[0], "max") ? keep_bytes(r, "", words[0])
					   : refuse(r, "a number of bytes is needed");
	uint64_t swappiness;

	if (code < 0 || count == 1)
		return code;
	if (!strcmp(words[1], "swappiness=max")) /* 6.16: anonymous memory only */
		return keep(r, " swappiness=max");
	if (strncmp(words[1], "swappiness=", 11) || sbi_unit_count(words[1] + 11, &swappiness) < 0 ||
	    swappiness > 200)
		return refuse(r, "\"%.40s\" is not swappiness=0 to 200", words[1]);
	return keep(r, " swappiness=%" PRIu64, swappiness);
}

static size_t most_words(enum sbi_cgroup_kind kind)
{
	switch (kind) {
	case DEVICE_KEYS:
	case NAMED_KEYS:
		return 1 + MAX_KEYS;
	case CPU_MAX:
	case DEVICE_WEIGHT:
	case NAMED_BYTES:
	case NAMED_COUNT:
	case RECLAIM:
		return 2;
	default:
		return 1;
	}
}

static int keep_words(const struct reading *r, char *const words[], size_t count)
{
	int code;

	switch (r->row->kind) {
	case BYTES:
		return keep_bytes(r, "", words[0]);
	case COUNT:
		return keep_count(r, "", words[0], r->row->most);
	case RANGE:
		return keep_range(r, words[0]);
	case WORDS:
		return keep_word(r, words[0]);
	case LIST:
		return sbi_unit_is_list(words[0])
			       ? keep(r, "%s", words[0])
			       : refuse(r, "\"%.40s\" is not a list like \"0-2,7\"", words[0]);
	case CPU_MAX:
		return keep_cpu_max(r, words[0], count > 1 ? words[1] : NULL);
	case PERCENT:
		return keep_percent(r, words[0]);
	case DEVICE_KEYS:
	case NAMED_KEYS:
		return keep_pairs(r, words, count);
	case DEVICE_WEIGHT:
		return keep_weight(r, words, count);
	case RECLAIM:
		return keep_reclaim(r, words, count);
	default: /* NAMED_BYTES, NAMED_COUNT */
		break;
	}
	if (count < 2)
		return refuse(r, "\"%.40s\" is not a name and a limit", words[0]);
	code = keep_name(r, words[0]);
	if (code < 0)
		return code;
	return r->row->kind == NAMED_BYTES ? keep_bytes(r, " ", words[1])
					   : keep_count(r, " ", words[1], r->row->most);
}

int sbi_cgroup_value(const char *file, const char *value, struct sbi_cgroup_value *out, char *why, size_t len)
{
	struct reading r = { NULL, out, why, len };
	char copy[256], *words[MAX_KEYS + 2], *save = NULL, *word;
	size_t count = 0;

	memset(out, 0, sizeof(*out));
	r.row = sbi_cgroup_row(file, why, len);
	if (!r.row)
		return -EINVAL;
	if (!value || !value[0] || strlen(value) >= sizeof(copy) || strpbrk(value, "\r\n"))
		return refuse(&r, "a value of one line, 1 to %zu bytes, is needed", sizeof(copy) - 1);
	strcpy(copy, value);
	for (word = strtok_r(copy, " \t", &save); word && count < MAX_KEYS + 2;
	     word = strtok_r(NULL, " \t", &save))
		words[count++] = word;
	if (!count || count > most_words(r.row->kind))
		return refuse(&r, "\"%.60s\" has %s words", value, count ? "too many" : "no");
	out->controller = r.row->controller;
	out->live = r.row->kind == RECLAIM;
	return keep_words(&r, words, count);
}
