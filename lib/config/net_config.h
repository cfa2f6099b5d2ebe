/* SPDX-License-Identifier: MIT */
/* The network that was asked for. */
#ifndef SBI_NET_CONFIG_H
#define SBI_NET_CONFIG_H

#include "netlink/address.h"
#include "netplace.h"
#include "netpool.h"

#define SBI_MAX_LINKS 16
#define SBI_MAX_NET_ITEMS 64 /* further addresses, routes */
#define SBI_MAX_PORTS 1024   /* of all ranges together */
#define SBI_MAX_ALLOW 512
#define SBI_IF_NAME 16       /* IFNAMSIZ */

enum sbi_link_kind { SBI_LINK_VETH, SBI_LINK_MACVLAN, SBI_LINK_IPVLAN, SBI_LINK_DEVICE, SBI_LINK_TAP };

/* An address that may be given, chosen, or not be there. */
enum sbi_wish_kind { SBI_WISH_DEFAULT, SBI_WISH_GIVEN, SBI_WISH_NONE };
struct sbi_wish {
	enum sbi_wish_kind kind;
	struct sbi_address address;
};

/* One of sb_net_veth() and its family. Index 0 of two is IPv4, 1 IPv6. */
struct sbi_link {
	enum sbi_link_kind kind;
	uint32_t mtu;
	uint64_t flags;
	char name[SBI_IF_NAME], device[SBI_IF_NAME], host_name[SBI_IF_NAME]; /* empty = none */
	uint32_t mode; /* the kernel's MACVLAN_MODE_* or IPVLAN_MODE_* */
	int mac_set;
	uint8_t mac[6];
	struct sbi_wish address[2], gateway[2];
	struct sbi_address bridge[2]; /* of one that is made; family 0 = none */
	uint64_t rate, delay_ns;
};

struct sbi_more_address {
	char name[SBI_IF_NAME];
	struct sbi_address address;
};

struct sbi_route {
	char name[SBI_IF_NAME]; /* empty: the first */
	struct sbi_address network, gateway;
};

struct sbi_port {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	struct sbi_address host; /* family 0 = all */
	uint16_t host_port, port;
	uint32_t count;
};

struct sbi_allow {
	uint8_t protocol; /* 0 = any; IPPROTO_ICMP stands for both */
	struct sbi_address network; /* family 0 = any, of both */
	uint16_t first, last; /* 0 = any */
};

struct sbi_net_config {
	struct sbi_link *links;
	struct sbi_more_address *addresses;
	struct sbi_route *routes;
	struct sbi_port *ports;
	struct sbi_allow *allowed;
	uint32_t link_count, address_count, route_count, port_count, allow_count;
	int walled;        /* sb_net_allow() was called */
	int user;          /* sb_net_user() was called */
	const char *user_program; /* static; NULL = any */
	int join_fd;       /* a namespace that sb_net_join() has opened, plus 1; 0 = none */
	char *resolv;      /* text of /etc/resolv.conf; NULL = none is written */
	int dns_copied;    /* … it is the host's */
	int hosts;         /* write /etc/hosts and /etc/hostname */
	char *host_lines;  /* more lines of it */
	struct sbi_netplace *place; /* NULL = no interface; shared by copies */
	struct sb_netpool *pool;    /* NULL = none; shared by copies */
};

struct sb_config;
/** sbi_net_copy - make @net's own copies of what it points to. Return: 0, -1 without memory. */
int sbi_net_copy(struct sbi_net_config *net);
void sbi_net_clear(struct sbi_net_config *net);
/** sbi_net_wanted - is there anything for the host to do in the new namespace? */
static inline int sbi_net_wanted(const struct sbi_net_config *net)
{
	return net->link_count || net->walled || net->user;
}
/** sbi_link_kind_name - "veth"… */
const char *sbi_link_kind_name(enum sbi_link_kind kind);

#endif
