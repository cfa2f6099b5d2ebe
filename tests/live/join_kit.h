/* SPDX-License-Identifier: MIT */
/* The box that is joined. */
#ifndef TESTS_JOIN_KIT_H
#define TESTS_JOIN_KIT_H

#include "box_kit.h"
#include "keeper.h"

static inline sb_config *box_config(void)
{
	sb_config *cfg = fx_config("pause");

	fx_ok(sb_add_proc(cfg, "/proc", 0));
	fx_ok(sb_add_tmpfs(cfg, "/tmp", 1 << 20, 0, 01777));
	fx_ok(sb_add_file(cfg, "/etc/motd", "kept", 4, 0644));
	fx_ok(sb_set_hostname(cfg, "kept"));
	fx_ok(sb_set_boottime(cfg, 1000000));
	return cfg;
}

static inline void open_plain(struct keeper *k)
{
	keeper_begin(k, box_config(), fx_config("pause"));
}

#endif
