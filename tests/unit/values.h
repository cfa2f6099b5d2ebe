/* SPDX-License-Identifier: MIT */
/* How the tests of cgroup values say "this comes out" and "this is refused, for that reason". */
#ifndef TESTS_VALUES_H
#define TESTS_VALUES_H

#include "../fixture.h"

#include <errno.h>

#include "config/cgroup_value.h"

static struct sbi_cgroup_value out;

static void takes(const char *file, const char *value, const char *text)
{
	char why[160] = "";

	memset(&out, 0x5a, sizeof(out));
	if (sbi_cgroup_value(file, value, &out, why, sizeof(why)) != 0)
		fail_msg("%s \"%s\" is refused: %s", file, value, why);
	if (strcmp(out.text, text))
		fail_msg("%s \"%s\" gives \"%s\", expected \"%s\"", file, value, out.text, text);
}

static void refuses(const char *file, const char *value, const char *part)
{
	char why[160] = "";
	int r = sbi_cgroup_value(file, value, &out, why, sizeof(why));

	if (r != -EINVAL)
		fail_msg("%s \"%s\" returned %d and \"%s\"", file, value ? value : "(null)", r, out.text);
	if (!strstr(why, part))
		fail_msg("%s \"%s\": \"%s\" does not say \"%s\"", file, value ? value : "(null)", why, part);
}

static const char *repeated(const char *part, size_t length)
{
	static char text[400];

	for (size_t i = 0; i < length; i++)
		text[i] = part[i % strlen(part)];
	text[length] = '\0';
	return text;
}

#endif
