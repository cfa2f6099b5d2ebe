/* SPDX-License-Identifier: MIT */
/* Kinds of networks, and which options mean something for which. */
#ifndef SBX_NETWORK_H
#define SBX_NETWORK_H

#include "sbx.h"

#define KIND_NONE (1u << 0)
#define KIND_HOST (1u << 1)
#define KIND_NETNS (1u << 2)
#define KIND_BRIDGE (1u << 3)
#define KIND_VETH (1u << 4)
#define KIND_MACVLAN (1u << 5)
#define KIND_IPVLAN (1u << 6)
#define KIND_DEVICE (1u << 7)
#define KIND_USER (1u << 8)

#define KINDS_PAIR (KIND_BRIDGE | KIND_VETH)
#define KINDS_LINK (KINDS_PAIR | KIND_MACVLAN | KIND_IPVLAN | KIND_DEVICE)
#define KINDS_OWN (KIND_NONE | KINDS_LINK | KIND_USER)

/* What may stand behind the colon. */
enum kind_word { WORD_NO, WORD_MAY, WORD_MUST };

struct network_kind {
	const char *name;
	unsigned bit;
	enum kind_word word;
	const char *program;                                 /* of KIND_USER; NULL = any */
	int (*add)(sb_config *cfg, const sb_net_link *link); /* of KINDS_LINK */
};

/* Options that were used, as far as it depends on the kind of network whether they may be. */
enum net_option {
	NET_IP,
	NET_IP6,
	NET_MAC,
	NET_GATEWAY,
	NET_GATEWAY6,
	NET_MTU,
	NET_NAME,
	NET_HOST_NAME,
	NET_ROUTE,
	NET_PUBLISH,
	NET_RATE,
	NET_DELAY,
	NET_ALLOW,
	NET_ISOLATED,
	NET_INTERNAL,
	NET_MASQUERADE,
	NET_FORWARD,
};

static inline bool net_option_used(const struct run *run, enum net_option option)
{
	return run->network.options >> option & 1;
}

/* The kind that was asked for, "none" unless there was a word. */
unsigned network_bit(const struct run *run);

/* Names of the bridge that `--network bridge` makes, and of its network. */
#define OWN_BRIDGE "sbx0"
#define OWN_BRIDGE_ADDRESS "10.87.0.1/16"
#define USER_DNS "10.0.2.3" /* where pasta and slirp4netns answer for the host's name server */

#endif
