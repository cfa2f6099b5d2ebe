/* SPDX-License-Identifier: MIT */
/*
 * `gc`: removes the cgroups and bridges that an sbx, or any program with the library, left behind
 * when it was killed.
 */
#include "sbx.h"

#include <string.h>

static const char option[] = "--cgroup-parent";

/* --cgroup-parent PATH or --cgroup-parent=PATH, or nothing at all. Return: false for anything else. */
static bool parse(int argc, char **argv, const char **parent)
{
	size_t len = sizeof(option) - 1;

	*parent = NULL;
	if (argc == 2 && strncmp(argv[1], option, len) == 0 && argv[1][len] == '=')
		*parent = argv[1] + len + 1;
	else if (argc == 3 && strcmp(argv[1], option) == 0)
		*parent = argv[2];
	return argc == 1 || *parent;
}

int do_gc(int argc, char **argv)
{
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	const char *parent;
	char text[512];
	int code = EXIT_SBX, r;

	if (!cfg) {
		complain("out of memory", NULL);
	} else if (!parse(argc, argv, &parent)) {
		complain("gc: expected --cgroup-parent PATH, or nothing",
			 "usage: " CLI_NAME " gc [--cgroup-parent PATH]");
	} else if (parent && sb_set_cgroup_parent(cfg, parent) < 0) {
		sb_config_check(cfg, &err);
		snprintf(text, sizeof(text), "%s %.200s: %s", option, parent, setter_message(&err));
		complain(text, err.hint);
	} else {
		r = sb_gc(cfg, &err);
		if (r < 0)
			complain(err.message, err.hint);
		else
			printf("cleaned up after %d owner%s\n", r, r == 1 ? "" : "s");
		code = r < 0 ? EXIT_SBX : 0;
	}
	sb_config_free(cfg);
	return code;
}
