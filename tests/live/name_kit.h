/* SPDX-License-Identifier: MIT */
/* Boxes that are registered under a name, and who joins them by it. */
#ifndef TESTS_NAME_KIT_H
#define TESTS_NAME_KIT_H

#include "keeper.h"

#include <unistd.h>

static inline sb_config *named(const char *name)
{
	sb_config *cfg = fx_config("pause");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_set_hostname(cfg, "by-name"));
	fx_ok(sb_set_name(cfg, name));
	return cfg;
}

/* Other tests may run at the same time. */
static inline const char *own_name(const char *part)
{
	static char names[4][64];
	static unsigned turn;
	char *name = names[turn++ % 4];

	snprintf(name, sizeof(names[0]), "fx-%d-%s", getpid(), part);
	return name;
}

static inline sb_config *by_name(const char *name)
{
	sb_config *cfg = sb_config_new();

	fx_ok(sb_set_join_name(cfg, name));
	fx_command(cfg, "uts", "fds");
	return cfg;
}

/* It can be had. */
static inline void is_free(const char *name)
{
	sb_config *cfg = named(name);

	sb_proc_free(fx_spawn(cfg));
	sb_config_free(cfg);
}

/* The entry of @name, or NULL. */
static inline const sb_named *listed(const char *name)
{
	static sb_named list[512];
	ssize_t count;

	list[0].size = sizeof(list[0]);
	count = sb_named_list(list, 512, NULL);
	assert_in_range(count, 0, 512);
	for (ssize_t i = 0; i < count; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

#endif
