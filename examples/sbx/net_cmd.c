/* SPDX-License-Identifier: MIT */
/* `net`: the bridges that sandboxes have made: a list, and removing one that was left behind. */
#include "sbx.h"

#include <string.h>

static int list(void)
{
	sb_net_bridge bridge = SB_INIT(sb_net_bridge);
	sb_error err = SB_INIT(sb_error);
	int r = 1;

	for (size_t i = 0; r > 0; i++) {
		r = sb_net_bridge_get(i, &bridge, &err);
		if (r <= 0)
			break;
		if (i == 0)
			printf("%-15s %-18s %-26s %-9s %s\n", "BRIDGE", "ADDRESS", "ADDRESS6", "SANDBOXES",
			       "MAKER");
		printf("%-15s %-18s %-26s %-9u %s\n", bridge.name, bridge.address[0] ? bridge.address : "-",
		       bridge.address6[0] ? bridge.address6 : "-", bridge.sandboxes,
		       bridge.maker_lives ? "lives" : "ended");
	}
	if (r == 0)
		return 0;
	complain(err.message, err.hint);
	return EXIT_SBX;
}

static int remove_bridges(int count, char **names)
{
	int code = 0;

	for (int i = 0; i < count; i++) {
		sb_error err = SB_INIT(sb_error);

		if (sb_net_bridge_remove(names[i], &err) < 0) {
			complain(err.message, err.hint);
			code = EXIT_SBX;
		}
	}
	return code;
}

int do_net(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "ls") == 0)
		return list();
	if (argc > 2 && strcmp(argv[1], "rm") == 0)
		return remove_bridges(argc - 2, argv + 2);
	complain("net: expected ls, or rm and the names of bridges",
		 "usage: " CLI_NAME " net ls | rm BRIDGE...");
	return EXIT_SBX;
}
