/* SPDX-License-Identifier: MIT */
/*
 * What the tests of interfaces of other kinds share: a pair of the host's, and short ways to ask
 * for a link.
 */
#ifndef TESTS_NET_LINKS_KIT_H
#define TESTS_NET_LINKS_KIT_H

#include "net_kit.h"

typedef int setter(sb_config *cfg, const sb_net_link *link);

#define LINK(...) (&(sb_net_link){.size = sizeof(sb_net_link), __VA_ARGS__})

static inline sb_config *with(setter *set, const sb_net_link *link, sb_config *cfg)
{
	fx_ok(set(cfg, link));
	return cfg;
}

static inline sb_net_info info_of(sb_proc *proc)
{
	sb_net_info info = SB_INIT(sb_net_info);
	sb_error err = SB_INIT(sb_error);

	if (sb_proc_net(proc, 0, &info, &err) != 1)
		fail_msg("%s", err.message);
	return info;
}

/* A veth pair of the host's, up: "low" is what the tests use, "far" its other end. */
static inline void make_low(void)
{
	net_sh("ip link add low address 02:00:00:00:00:01 mtu 1450 type veth peer name far && ip link set low up && "
	       "ip link set far up");
}

static inline void no_low(void)
{
	net_sh("ip link del far");
}

/* The reason why the kernel has no such interface, as a skip. */
static inline void need_kind(const char *kind)
{
	const char *says;

	make_low();
	says = net_says("ip link add link low name probe type %s 2>&1", kind);
	no_low();
	if (says[0])
		fx_skip("%s: %s", kind, says);
}

#endif
