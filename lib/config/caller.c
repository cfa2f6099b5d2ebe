/* SPDX-License-Identifier: MIT */
/* The user namespace of the calling process. */
#include "caller.h"

#include <stdio.h>
#include <string.h>

#include "common/read_text.h"

#define NOBODY 65534

void sbi_caller_look(struct sbi_caller *caller)
{
	char map[4096], word[8], *line, *save = NULL;
	unsigned inside, outside, count;

	*caller = (struct sbi_caller){ 0 };
	sbi_read_text("/proc/self/setgroups", word, sizeof(word));
	caller->denies_setgroups = !strncmp(word, "deny", 4);
	sbi_read_text("/proc/self/uid_map", map, sizeof(map));
	if (!map[0]) { /* no /proc: assume the worst of both */
		caller->root_is_host = 1;
		caller->nobody_mapped = 1;
		return;
	}
	for (line = strtok_r(map, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3)
			continue;
		if (inside == 0 && outside == 0)
			caller->root_is_host = 1;
		if (NOBODY - inside < count && inside <= NOBODY)
			caller->nobody_mapped = 1;
	}
}
