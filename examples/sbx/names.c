/* SPDX-License-Identifier: MIT */
/* `ls`: the sandboxes that have a name, as a table or as JSON. */
#include "sbx.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/* In the largest unit of which there are two: "3 min", "119 s". */
static void age_text(uint64_t started, char *text, size_t len)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = { { "days", 86400 }, { "h", 3600 }, { "min", 60 } };
	uint64_t now = now_ns(), age = now > started ? (now - started) / SECOND : 0;

	if (!started) {
		snprintf(text, len, "-");
		return;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (age >= 2 * units[i].seconds) {
			snprintf(text, len, "%" PRIu64 " %s", age / units[i].seconds, units[i].name);
			return;
		}
	snprintf(text, len, "%" PRIu64 " s", age);
}

static void print_table(const sb_named *list, size_t count)
{
	char age[32];

	if (count)
		printf("%-24s %-10s %-10s %s\n", "NAME", "PID", "USER", "AGE");
	for (size_t i = 0; i < count; i++) {
		age_text(list[i].started_ns, age, sizeof(age));
		printf("%-24s %-10d %-10u %s\n", list[i].name, (int)list[i].pid, list[i].uid, age);
	}
}

static void print_json(const sb_named *list, size_t count)
{
	printf("[");
	for (size_t i = 0; i < count; i++) {
		printf("%s\n  {\"name\": ", i ? "," : "");
		json_string(stdout, list[i].name);
		printf(", \"pid\": %d, \"uid\": %u", (int)list[i].pid, list[i].uid);
		if (list[i].started_ns)
			printf(", \"started_ns\": %" PRIu64, list[i].started_ns);
		printf("}");
	}
	printf("%s]\n", count ? "\n" : "");
}

/* Between two looks there may be more of them: until all have room. Return: as sb_named_list(). */
static ssize_t look(sb_named **list, sb_error *err)
{
	ssize_t count = sb_named_list(NULL, 0, err);
	size_t room = 0;
	sb_named *grown;

	while (count > 0 && (size_t)count > room) {
		room = (size_t)count + 16;
		grown = reallocarray(*list, room, sizeof(**list));
		if (!grown)
			return -1;
		*list = grown;
		grown[0] = (sb_named)SB_INIT(sb_named);
		count = sb_named_list(grown, room, err);
	}
	return count;
}

int do_ls(int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	sb_error err = SB_INIT(sb_error);
	sb_named *list = NULL;
	ssize_t count;

	if (argc != 1 && !json) {
		complain("ls: expected --json, or nothing", "usage: " CLI_NAME " ls [--json]");
		return EXIT_SBX;
	}
	count = look(&list, &err);
	if (count < 0)
		complain(err.code ? err.message : "out of memory", err.hint);
	else if (json)
		print_json(list, (size_t)count);
	else
		print_table(list, (size_t)count);
	free(list);
	return count < 0 ? EXIT_SBX : 0;
}
