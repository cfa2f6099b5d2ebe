/* SPDX-License-Identifier: MIT */
/* Requests of rtnetlink(7): interfaces, addresses, routes. Each adds one to those that are being written. */
#ifndef SBI_LINK_H
#define SBI_LINK_H

#include "address.h"
#include "netlink.h"

/* An interface, as an answer describes it. */
struct sbi_rt_link {
	uint32_t index; /* 0 = there was no answer */
	uint32_t flags; /* IFF_* */
	uint32_t mtu, max_mtu; /* 0 = it has no greatest */
	uint32_t master;
	uint16_t type;  /* ARPHRD_* */
	uint32_t peer;  /* IFLA_LINK: of a veth its other end */
	uint8_t mac[6];
	char name[16];
	char kind[16];  /* "bridge", "veth"…; empty for a physical one */
	char alias[64];
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets, rx_dropped, tx_dropped;
};

/** sbi_rt_get_link - ask for one, by its name or another name of it. */
uint32_t sbi_rt_get_link(struct sbi_nl *nl, const char *name);
/** sbi_rt_get_link_at - ask for the one of that number; -ENODEV. */
uint32_t sbi_rt_get_link_at(struct sbi_nl *nl, uint32_t index);
/** sbi_rt_dump_links, sbi_rt_dump_addresses - all there are; the last request of its talk. */
uint32_t sbi_rt_dump_links(struct sbi_nl *nl);
uint32_t sbi_rt_dump_addresses(struct sbi_nl *nl);
/** sbi_rt_read_link - an RTM_NEWLINK of an answer. */
void sbi_rt_read_link(const struct nlmsghdr *message, struct sbi_rt_link *link);
/** sbi_rt_one_link - a handler for a talk that asks for one; @arg: struct sbi_rt_link. */
void sbi_rt_one_link(void *arg, uint32_t at, const struct nlmsghdr *message);
/** sbi_rt_read_address - an RTM_NEWADDR of an answer; its interface. */
uint32_t sbi_rt_read_address(const struct nlmsghdr *message, struct sbi_address *address);

/* What a new interface is to be like. Zeroes and NULLs are the kernel's defaults. */
struct sbi_rt_new {
	const char *name;
	const uint8_t *mac; /* 6 bytes */
	uint32_t mtu;
	uint32_t master;    /* index of a bridge */
	uint32_t lower;     /* index of the device below it */
	int netns;          /* descriptor of the namespace that it is born in; -1 = that of the socket */
	int up;
};

/** sbi_rt_new_veth - a pair: @link, and @peer in @peer->netns. -EEXIST for a name that is taken. */
uint32_t sbi_rt_new_veth(struct sbi_nl *nl, const struct sbi_rt_new *link, const struct sbi_rt_new *peer);
/** sbi_rt_new_bridge - without address; @alias is to be set by sbi_rt_set_link(). */
uint32_t sbi_rt_new_bridge(struct sbi_nl *nl, const struct sbi_rt_new *link);
/** sbi_rt_new_lan - "macvlan" or "ipvlan" above @link->lower; @mode of the kernel's for it. */
uint32_t sbi_rt_new_lan(struct sbi_nl *nl, const char *kind, uint32_t mode, const struct sbi_rt_new *link);

/* What is to change. */
struct sbi_rt_change {
	uint32_t index;
	int up;             /* 1: up, 0: as it is, -1: down */
	const char *name;
	const char *alias;
	const uint8_t *mac;
	uint32_t mtu;
	int netns;          /* move there; -1 = stay */
};

uint32_t sbi_rt_set_link(struct sbi_nl *nl, const struct sbi_rt_change *change);
/** sbi_rt_isolate - of ports of a bridge that are isolated none reaches another. */
uint32_t sbi_rt_isolate(struct sbi_nl *nl, uint32_t index);
/** sbi_rt_alt_name - one more name, which nothing else may have: -EEXIST. */
uint32_t sbi_rt_alt_name(struct sbi_nl *nl, uint32_t index, const char *name);
/** sbi_rt_delete_alt_name - -EINVAL or -ENOENT if it does not have that. */
uint32_t sbi_rt_delete_alt_name(struct sbi_nl *nl, uint32_t index, const char *name);
/** sbi_rt_each_name - the alternative names in an RTM_NEWLINK of an answer. */
void sbi_rt_each_name(const struct nlmsghdr *message, void (*each)(void *arg, const char *name), void *arg);
uint32_t sbi_rt_delete_link(struct sbi_nl *nl, uint32_t index);
uint32_t sbi_rt_delete_name(struct sbi_nl *nl, const char *name);
/** sbi_rt_add_address - usable at once: nobody else is asked whether it is free. */
uint32_t sbi_rt_add_address(struct sbi_nl *nl, uint32_t index, const struct sbi_address *address);
/** sbi_rt_add_route - @network with prefix 0 is the default; @gateway->family 0: on the link itself. */
uint32_t sbi_rt_add_route(struct sbi_nl *nl, uint32_t index, const struct sbi_address *network,
			  const struct sbi_address *gateway);

#endif
