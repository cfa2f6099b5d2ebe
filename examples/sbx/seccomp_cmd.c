/* SPDX-License-Identifier: MIT */
/* sbx seccomp: checks a policy, shows what it does with each call, and translates docker's profiles. */
#include "calls.h"
#include "caps.h"
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <string.h>

static const char usage[] = "usage: " CLI_NAME " seccomp check|show|test|convert [--cap-add NAME]... ...";

/*
 * Values that policies ask for: each bit, small numbers, and the ioctls and file types that are
 * told apart.
 */
#define SMALL 64U
static const uint64_t probes[] = {
	0x5412, 0x541c, 0x5423, 0020000, 0060000, 0100000, 0x20008, UINT32_MAX, UINT64_MAX,
};
#define PROBES (SMALL + 64 + sizeof(probes) / sizeof(probes[0]))

static uint64_t probe(size_t i)
{
	if (i < SMALL)
		return i;
	i -= SMALL;
	return i < 64 ? UINT64_C(1) << i : probes[i - 64];
}

/* The actions that a call was seen to get. */
struct seen {
	struct {
		int action;
		int32_t error;
	} list[16];
	size_t count;
};

static int ask(const sb_config *cfg, const char *call, const uint64_t args[], struct seen *seen)
{
	sb_error err = SB_INIT(sb_error);
	int32_t error = 0;
	int action = sb_seccomp_test(cfg, call, args, &error, &err);

	if (action < 0) {
		complain(err.message, err.hint);
		return action;
	}
	for (size_t i = 0; i < seen->count; i++)
		if (seen->list[i].action == action && seen->list[i].error == error)
			return 0;
	if (seen->count < sizeof(seen->list) / sizeof(seen->list[0])) {
		seen->list[seen->count].action = action;
		seen->list[seen->count++].error = error;
	}
	return 0;
}

static int ask_all(const sb_config *cfg, const char *call, unsigned args, struct seen *seen)
{
	int r = 0;

	for (size_t i = 0; i < PROBES && r == 0; i++) {
		uint64_t all[6];

		for (unsigned k = 0; k < args && r == 0; k++) {
			uint64_t one[6] = { 0 };

			one[k] = probe(i);
			r = ask(cfg, call, one, seen);
		}
		for (unsigned k = 0; k < 6; k++)
			all[k] = probe(i);
		if (r == 0)
			r = ask(cfg, call, all, seen);
	}
	return r;
}

static void print_actions(const char *call, const struct seen *seen)
{
	static const char *const words[] = { "", "allow", "errno", "log", "trap", "kill", "notify" };

	printf("%-24s", call);
	for (size_t i = 0; i < seen->count; i++) {
		const char *name = strerrorname_np(seen->list[i].error);

		printf("%s%s", i ? ", " : "", words[seen->list[i].action]);
		if (seen->list[i].action != (int)SB_SECCOMP_ERRNO)
			continue;
		if (name)
			printf("(%s)", name);
		else
			printf("(%d)", (int)seen->list[i].error);
	}
	puts(seen->count > 1 ? ", by its arguments" : "");
}

static int show(const struct run *run)
{
	char name[CALL_NAME], number[16];

	for (unsigned n = 0; n <= CALL_NUMBERS; n++) {
		struct seen seen = { .count = 0 };

		if (n < CALL_NUMBERS && !call_name(n, name))
			continue;
		snprintf(number, sizeof(number), "%u", n < CALL_NUMBERS ? n : 9999);
		if (ask_all(run->cfg, number, n < CALL_NUMBERS ? call_args(name) : 0, &seen) < 0)
			return EXIT_SBX;
		print_actions(n < CALL_NUMBERS ? name : "(unknown)", &seen);
	}
	return 0;
}

/* What one call with these arguments would get. */
static int test(const struct run *run, int argc, char **argv)
{
	struct seen seen = { .count = 0 };
	uint64_t args[6] = { 0 };
	char *end;

	if (argc < 1 || argc > 7) {
		complain("which system call, with which arguments?", usage);
		return EXIT_SBX;
	}
	for (int i = 1; i < argc; i++) {
		errno = 0;
		args[i - 1] = strtoull(argv[i], &end, 0);
		if (errno || *end || end == argv[i] || argv[i][0] < '0' || argv[i][0] > '9') {
			complain("an argument is not a number", usage);
			return EXIT_SBX;
		}
	}
	if (ask(run->cfg, argv[0], args, &seen) < 0)
		return EXIT_SBX;
	print_actions(argv[0], &seen);
	return 0;
}

/* The plan tells the length. */
static int check(const struct run *run)
{
	static const char *const argv[] = { "true", NULL };
	sb_error err = SB_INIT(sb_error);
	AUTOFREE char *text = malloc(1 << 16);
	const char *line, *length;

	if (!text || sb_set_command(run->cfg, NULL, argv) < 0 ||
	    sb_config_dump(run->cfg, text, 1 << 16, &err) < 0) {
		complain(err.code ? err.message : "out of memory", err.hint);
		return EXIT_SBX;
	}
	line = strstr(text, "\ncommand seccomp ");
	length = line ? strstr(line, " instructions") : NULL;
	while (length && length > line && strchr("0123456789", length[-1]))
		length--;
	printf("%s: ok, %.*s instructions\n", run->seccomp, length ? (int)strspn(length, "0123456789") : 1,
	       length ? length : "0");
	return 0;
}

/* Return: how many words were options, or -EINVAL after a complaint. */
static int read_caps(struct run *run, int argc, char **argv)
{
	uint64_t mask;
	int i = 0;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		const char *name = strncmp(argv[i], "--cap-add=", 10) == 0 ? argv[i] + 10 : NULL;

		if (strcmp(argv[i], "--cap-add") == 0 && i + 1 < argc)
			name = argv[++i];
		if (!name || caps_parse(name, &mask) < 0) {
			complain(name ? "--cap-add: there is no such capability" : "unknown option", usage);
			return -EINVAL;
		}
		run->caps_added |= mask;
	}
	return i;
}

static int convert(const struct run *run)
{
	AUTOFREE char *text = NULL;

	if (seccomp_docker_text(run->seccomp, run, &text) < 0)
		return EXIT_SBX;
	fputs(text, stdout);
	return 0;
}

/* @argv: the words behind "seccomp". */
static int dispatch(struct run *run, int argc, char **argv)
{
	bool is_show = argc > 0 && strcmp(argv[0], "show") == 0;
	int options = argc > 0 ? read_caps(run, argc - 1, argv + 1) : 0;

	if (options < 0)
		return EXIT_SBX;
	run->seccomp = argc > options + 1 ? argv[options + 1] : is_show ? "default" : NULL;
	if (!run->seccomp) {
		complain("which policy?", usage);
		return EXIT_SBX;
	}
	if (strcmp(argv[0], "convert") == 0 && argc == options + 2)
		return convert(run);
	if (caps_apply(run) < 0 || seccomp_apply(run) < 0)
		return EXIT_SBX;
	if (is_show && argc <= options + 2)
		return show(run);
	if (strcmp(argv[0], "check") == 0 && argc == options + 2)
		return check(run);
	if (strcmp(argv[0], "test") == 0)
		return test(run, argc - options - 2, argv + options + 2);
	complain("unknown command, or too many words", usage);
	return EXIT_SBX;
}

int do_seccomp(int argc, char **argv)
{
	struct run run = { .ns_new = SB_NS_ALL };
	int code;

	run.cfg = sb_config_new();
	if (!run.cfg) {
		complain("out of memory", NULL);
		return EXIT_SBX;
	}
	code = dispatch(&run, argc - 1, argv + 1);
	sb_config_free(run.cfg);
	return code;
}
