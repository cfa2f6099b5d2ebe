/* SPDX-License-Identifier: MIT */
/* The id maps of the command, for the report: from /proc, while it runs. */
#include "sbx.h"

#include <inttypes.h>
#include <string.h>

static const char *const files[] = { "uid_map", "gid_map" };

/* A command may be over before it is looked at: then nothing is known. */
void id_maps_read(struct id_maps *maps, pid_t pid)
{
	char path[64];
	size_t size;
	FILE *from;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		from = fopen(path, "re");
		if (!from)
			continue;
		size = 0;
		if (getdelim(&maps->text[i], &size, '\0', from) < 0) {
			free(maps->text[i]);
			maps->text[i] = NULL;
		}
		fclose(from);
	}
}

void id_maps_report(FILE *to, const struct id_maps *maps)
{
	uint32_t inside, outside, count;
	int len;

	for (int i = 0; i < 2; i++) {
		const char *at = maps->text[i], *comma = "";

		if (!at)
			continue;
		fprintf(to, ", \"%s\": [", files[i]);
		while (sscanf(at, " %" SCNu32 " %" SCNu32 " %" SCNu32 "%n", &inside, &outside, &count,
			      &len) == 3) {
			fprintf(to,
				"%s{\"inside\": %" PRIu32 ", \"outside\": %" PRIu32 ", \"count\": %" PRIu32
				"}",
				comma, inside, outside, count);
			comma = ", ";
			at += len;
		}
		fputs("]", to);
	}
}

void id_maps_free(struct id_maps *maps)
{
	free(maps->text[0]);
	free(maps->text[1]);
}
