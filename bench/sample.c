/* SPDX-License-Identifier: MIT */
/* Times and how they are summed up, and small things every benchmark needs. */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void samples_add(struct samples *s, uint64_t ns)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->ns = realloc(s->ns, s->room * sizeof(*s->ns));
		if (!s->ns)
			err(1, "samples");
	}
	s->ns[s->count++] = ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t samples_at(struct samples *s, unsigned int permille)
{
	if (s->count == 0)
		return 0;
	qsort(s->ns, s->count, sizeof(*s->ns), compare);
	return s->ns[(s->count - 1) * permille / 1000];
}

void samples_free(struct samples *s)
{
	free(s->ns);
	*s = (struct samples){ 0 };
}

void next_order(size_t *order, size_t count)
{
	static uint32_t state = 1;

	for (size_t i = 0; i < count; i++) {
		size_t other;

		state = state * 1664525 + 1013904223;
		other = (state >> 8) % (i + 1);
		order[i] = i;
		order[i] = order[other];
		order[other] = i;
	}
}

size_t parse_count(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value < 1 || value > 1000000)
		errx(2, "'%s' is not a number from 1 to 1000000", text);
	return value;
}

const char *beside(const char *name, char *buf, size_t len)
{
	ssize_t n;
	char *slash;

	n = readlink("/proc/self/exe", buf, len - 1);
	if (n < 0)
		err(1, "/proc/self/exe");
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if ((size_t)(slash + 1 - buf) + strlen(name) >= len)
		errx(1, "the path of this program is too long");
	strcpy(slash + 1, name);
	return buf;
}

void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned int)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}
