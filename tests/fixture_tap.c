// SPDX-License-Identifier: MIT
/*
 * Skips as TAP wants them: "ok N - name # SKIP reason". cmocka 1.1.5 says "not ok N # SKIP name",
 * which readers of TAP count as a failure, and it has no place for the reason.
 */
#include "fixture_tap.h"
#include "fixture.h"

#include <stdlib.h>
#include <unistd.h>

static char reason[512];

void fx_tap_reason(const char *text)
{
	snprintf(reason, sizeof(reason), "%s", text);
}

static void put_line(const char *line, size_t len)
{
	char out[2048], name[256];
	unsigned number;
	int n;

	n = snprintf(out, sizeof(out), "%.*s", (int)len, line);
	if (sscanf(out, "not ok %u # SKIP %255s", &number, name) == 2 ||
	    sscanf(out, "ok %u # SKIP %255s", &number, name) == 2)
		n = snprintf(out, sizeof(out), "ok %u - %s # SKIP %s\n", number, name, reason);
	if (n > (int)sizeof(out) - 1)
		n = (int)sizeof(out) - 1;
	if (write(STDOUT_FILENO, out, (size_t)n) < 0)
		abort();
}

/* Gets what is printed in pieces of any size; passes it on by lines. */
static ssize_t on_write(void *cookie, const char *buf, size_t size)
{
	static char line[2000];
	static size_t used;
	size_t i;

	(void)cookie;
	for (i = 0; i < size; i++) {
		line[used++] = buf[i];
		if (buf[i] != '\n' && used < sizeof(line))
			continue;
		put_line(line, used);
		used = 0;
	}
	return (ssize_t)size;
}

void fx_tap_begin(void)
{
	static const cookie_io_functions_t functions = {.write = on_write};
	const char *format = getenv("CMOCKA_MESSAGE_OUTPUT");
	FILE *filter;

	if (!format || strcmp(format, "TAP"))
		return;
	filter = fopencookie(NULL, "w", functions);
	if (!filter)
		abort();
	setvbuf(filter, NULL, _IOLBF, BUFSIZ);
	stdout = filter;
}
