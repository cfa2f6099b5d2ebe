/* SPDX-License-Identifier: MIT */
/*
 * The network of one sandbox, on the host's side. In the order of a creation:
 *
 *	prepare   before anything exists: bridges, names, addresses, ports are looked at (net.c, net_bridge.c)
 *	socket    sb-init hands over netlink sockets of the new namespace
 *	connect   interfaces (net_veth.c, net_lan.c, net_device.c, net_tap.c), addresses and routes,
 *	          rules (net_connect.c)
 *	end       counters are read, what is the host's is given back (net.c)
 */
#ifndef SBI_NET_H
#define SBI_NET_H

#include <sandbox/net.h>

#include "config/config_internal.h"
#include "netlink/link.h"

/* What an interface has become. Index 0 of two is IPv4, 1 IPv6. */
struct sbi_net_if {
	struct sbi_link link;        /* as it was asked for */
	struct sbi_address address[2], gateway[2];
	struct sbi_rt_link bridge;   /* or the device below it, or that moves */
	struct sbi_address network[2]; /* of the bridge: its own address with the prefix */
	uint8_t mac[6];
	char host_name[SBI_IF_NAME];
	uint32_t index;              /* inside; 0 = not made */
	int moving;                  /* the kernel was asked to move it in */
	uint32_t host_index;         /* of the other end of a veth; 0 = there is none */
	int tap;                     /* -EBADF */
	struct sbi_rt_link figures;  /* as read last */
};

/* A published port: the socket that keeps it from others, until the end. */
struct sbi_net_port {
	int fd; /* -EBADF */
	uint8_t protocol;
	struct sbi_address host; /* family 0 = all */
	uint16_t host_port, port;
};

/*
 * The table of the host's rules: the kernel removes it when the socket is closed, however we end
 * (NFT_TABLE_F_OWNER, 5.12).
 */
struct sbi_net_table {
	int fd;   /* -EBADF */
	int made;
};

struct sbi_net {
	struct sbi_net_config asked; /* a copy of the config's: it may be gone before us */
	struct sbi_netplace *place; /* asked.place; NULL = none */
	struct sbi_net_if *ifs;
	uint32_t count;
	struct sbi_net_port *ports;
	uint32_t port_count;
	int route, rules; /* netlink sockets inside; -EBADF */
	int netns;        /* the namespace; -EBADF */
	int orphans;      /* its tcp_orphan_retries; -EBADF */
	int home;         /* the host's, if a device has to go back there; -EBADF */
	int ruled;        /* there are elements of ours in the table of the place */
	void *outlet;     /* the program of sb_net_user(), proc/net_outlet.c; NULL = none */
	void (*outlet_end)(struct sbi_net *net);  /* without waiting */
	void (*outlet_free)(struct sbi_net *net); /* when this returns it has ended */
	int over;         /* the figures are final, nothing of it is left on the host */
	uint32_t trips;   /* how often a kernel was asked */
};

/* Does it have an address of that family, or will one be allocated? */
static inline int sbi_net_will_have(const struct sbi_net_if *in, int family)
{
	return in->address[family].family ||
	       (in->link.address[family].kind == SBI_WISH_DEFAULT && in->network[family].family);
}

/* Where published ports lead to: the first veth, or NULL. */
static inline struct sbi_net_if *sbi_net_door(const struct sbi_net *net)
{
	for (uint32_t i = 0; i < net->count; i++)
		if (net->ifs[i].link.kind == SBI_LINK_VETH)
			return &net->ifs[i];
	return NULL;
}

struct sbi_launch;

/**
 * sbi_net_prepare - if the config wants a network: look at what it needs, make nothing but a bridge
 * that is asked for.
 */
int sbi_net_prepare(struct sbi_launch *l, sb_error *err);
/** sbi_net_socket - take over a socket of the new namespace. */
void sbi_net_socket(struct sbi_launch *l, uint32_t protocol, int fd);
/** sbi_net_connect - make everything; all sockets are there. */
int sbi_net_connect(struct sbi_launch *l, sb_error *err);
/** sbi_net_figures - read the counters. Return: 0, -errno. */
int sbi_net_figures(struct sbi_net *net, sb_error *err);
/**
 * sbi_net_end - the sandbox is over: the last figures, then whatever is the host's. More than once
 * is fine; accepts NULL.
 */
void sbi_net_end(struct sbi_net *net);
/** sbi_net_undo - the same for one that failed: its links are gone when this returns. Accepts NULL. */
void sbi_net_undo(struct sbi_net *net);
/** sbi_net_free - releases memory and descriptors, after sbi_net_end(). Accepts NULL. */
void sbi_net_free(struct sbi_net *net);

/* --- for the parts of it ------------------------------------------------------------------ */

/**
 * sbi_net_talk - sbi_nl_talk() for @net; on failure @what is explained, with the kernel's words.
 * @step: SB_STEP_LINK…
 */
int sbi_net_talk(struct sbi_net *net, struct sbi_nl *nl, sbi_nl_handler *handler, void *arg, uint32_t step,
		 uint32_t index, const char *what, sb_error *err);
/** sbi_net_explain - a refusal of the kernel in words, with the way out. Return: -@code. */
int sbi_net_explain(int code, const struct sbi_nl_why *why, uint32_t step, uint32_t index, const char *what,
		    sb_error *err);

/** sbi_net_prepare_link - look (again) at what one interface needs: its bridge, addresses, gateways. */
int sbi_net_prepare_link(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);

/* net_bridge.c */
/** sbi_bridge_get - fill in->bridge and in->network, making the bridge if that is asked for. */
int sbi_bridge_get(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);
/* net_bridge_end.c */
/**
 * sbi_bridge_gc - remove bridges whose makers have died and that nobody uses. Return: how many, or
 * -errno.
 */
int sbi_bridge_gc(sb_error *err);

/* net_localnet.c */
/** sbi_switch_is_off - of the kernel's switch at @path; one that is not there (no IPv6, no /proc) is not. */
int sbi_switch_is_off(const char *path);
int sbi_switch(const char *path, int on);
/**
 * sbi_localnet_open - let what comes from 127.0.0.1 out by @bridge, as long as @net's place lives.
 * 0, -errno.
 */
int sbi_localnet_open(struct sbi_net *net, const char *bridge, struct sbi_nl *nl);
/** sbi_localnet_close - the owner of that number ends. */
void sbi_localnet_close(const char *bridge, uint32_t owner);
/** sbi_localnet_gc - the same for all who were killed. Return: how many. */
int sbi_localnet_gc(void);

/* net_veth.c */
int sbi_veth_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);
#define SBI_VETH_ENDED "libsandbox ended" /* the alias of the host's end of a veth whose sandbox is over */
/** sbi_net_choose_mac - in->mac: what was given, or made of the address, or any. */
void sbi_net_choose_mac(struct sbi_net_if *in);

/* net_lan.c: macvlan and ipvlan */
/**
 * sbi_lower_look - fill in->bridge with the device that is used, if it can be used: also for one
 * that moves.
 */
int sbi_lower_look(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);
int sbi_lan_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);
/** sbi_lan_end - remove a macvlan, ipvlan or TAP interface at once. */
void sbi_lan_end(struct sbi_net *net, struct sbi_net_if *in);

/* net_device.c */
/** sbi_device_look - sbi_lower_look() for a device that moves in; remembers where it is to go back. */
int sbi_device_look(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);
int sbi_device_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);
/** sbi_device_back - give it back to the host, if it has moved. */
void sbi_device_back(struct sbi_net *net, struct sbi_net_if *in);
/**
 * sbi_net_move_in - move number @index of the host in, to be as was asked for; in->index. @name:
 * its present one.
 */
int sbi_net_move_in(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, uint32_t index, const char *name,
		    sb_error *err);
/** sbi_net_find_inside - in->index of the interface that has been made inside. */
int sbi_net_find_inside(struct sbi_net *net, uint32_t at, sb_error *err);

/* net_tap.c */
/** sbi_tap_open - in->tap, of /dev/net/tun. */
int sbi_tap_open(struct sbi_net *net, uint32_t at, sb_error *err);
int sbi_tap_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err);

/* net_shape.c */
int sbi_net_is_shaped(const struct sbi_net *net);
/** sbi_net_shape - rates and delays, on both ends; before anything is up. */
int sbi_net_shape(struct sbi_net *net, sb_error *err);

/* net_port.c */
/** sbi_net_list_ports - the published ports one by one. */
int sbi_net_list_ports(struct sbi_net *net, sb_error *err);
/**
 * sbi_net_take_ports - take those of the host, which must be listed. Not for sb_net_user(), whose
 * program binds them itself.
 */
int sbi_net_take_ports(struct sbi_net *net, sb_error *err);

/* net_nat.c */
/** sbi_net_check_nat - before anything exists: do published ports have an address, does the host forward? */
int sbi_net_check_nat(struct sbi_net *net, sb_error *err);
/** sbi_net_add_nat - rules of published ports and of the way out, if any; the interfaces are made. */
int sbi_net_add_nat(struct sbi_net *net, sb_error *err);
/** sbi_net_remove_nat - take them away. More than once is fine. */
void sbi_net_remove_nat(struct sbi_net *net);

/* net_nat_rules.c: of the table @table; @type: NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM */
void sbi_nat_write_table(struct sbi_nl *nl, const char *table);
void sbi_nat_write_elements(struct sbi_nl *nl, uint16_t type, const char *table, const struct sbi_net *net);

/* net_flow.c */
/**
 * sbi_net_forget_flows - of its published UDP ports: those that lead elsewhere or, when it is
 * @over, to it.
 */
void sbi_net_forget_flows(struct sbi_net *net, int over);

/* net_wall.c */
/** sbi_net_wall - close the network inside but for what was allowed; its interfaces are not up yet. */
int sbi_net_wall(struct sbi_net *net, sb_error *err);

/* net_place.c */
/** sbi_netplace_owner - a number that no other living process has in this network namespace; -errno. */
int sbi_netplace_owner(struct sbi_netplace *place, uint32_t *owner);
/** sbi_netplace_lives - does the owner of that number live? */
int sbi_netplace_lives(uint32_t owner);
/**
 * sbi_netplace_next - where to begin to look for a free address of a network that has @hosts of
 * them; from 1.
 */
uint32_t sbi_netplace_next(struct sbi_netplace *place, uint32_t hosts);
/** sbi_netplace_uses - a bridge that goes with the last who uses it. -ENOMEM. */
int sbi_netplace_uses(struct sbi_netplace *place, const char *bridge);
/** sbi_netplace_opens - a bridge that sbi_localnet_close() is to be called for. 1: it is new, 0, -ENOMEM. */
int sbi_netplace_opens(struct sbi_netplace *place, const char *bridge);
/** sbi_netplace_making - one thread at a time makes a bridge: it @begins, or has done so. */
void sbi_netplace_making(struct sbi_netplace *place, int begins);
/** sbi_netplace_rules, …_done - the table, for one thread at a time. */
struct sbi_net_table *sbi_netplace_rules(struct sbi_netplace *place);
void sbi_netplace_rules_done(struct sbi_netplace *place);
/** sbi_bridge_release - in net_bridge_end.c: remove it if nobody uses it. */
void sbi_bridge_release(const char *name);

#endif
