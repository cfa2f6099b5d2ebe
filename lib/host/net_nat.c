/* SPDX-License-Identifier: MIT */
/*
 * The host's rules for a sandbox: the way out under the host's address, and ports that lead in.
 *
 * All sandboxes of a config and its copies share one table, which nobody else can change. Its chains
 * are written with the first of them; each sandbox adds elements of sets and maps in one
 * transaction, and removes them in one. What the host's other tables say is neither read nor
 * changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "net.h"
#include "netlink/nft.h"

static int is_local(const struct sbi_net_port *port)
{
	return port->host.family == AF_INET && port->host.bytes[0] == 127;
}

static int masquerades(const struct sbi_net_if *in)
{
	return in->link.flags & SB_NET_MASQUERADE ? 1 : 0;
}

/* Packets of the host's own, and to 127.0.0.1, are not forwarded, but sent and delivered. */
static int needs_forwarding(const struct sbi_net *net, int family)
{
	const struct sbi_net_if *door = sbi_net_door(net);
	int number = family ? AF_INET6 : AF_INET;

	for (uint32_t i = 0; i < net->count; i++)
		if (masquerades(&net->ifs[i]) && sbi_net_will_have(&net->ifs[i], family))
			return 1;
	for (uint32_t i = 0; i < net->port_count; i++)
		if (!is_local(&net->ports[i]) &&
		    (!net->ports[i].host.family || net->ports[i].host.family == number) &&
		    sbi_net_will_have(door, family))
			return 1;
	return 0;
}

static int may_turn_on(const struct sbi_net *net)
{
	for (uint32_t i = 0; i < net->count; i++)
		if (net->ifs[i].link.flags & SB_NET_FORWARD)
			return 1;
	return 0;
}

static int check_forwarding(const struct sbi_net *net, int family, sb_error *err)
{
	static const char *const paths[] = { "/proc/sys/net/ipv4/ip_forward",
					     "/proc/sys/net/ipv6/conf/all/forwarding" };
	static const char *const names[] = { "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding" };
	int r;

	if (!needs_forwarding(net, family) || !sbi_switch_is_off(paths[family]))
		return 0;
	if (!may_turn_on(net)) {
		sbi_fail(err, SB_STEP_NAT, 0, ENETUNREACH,
			 "this host does not forward IPv%d (%s is 0), so nothing gets out or in",
			 family ? 6 : 4, names[family]);
		sbi_hint(err, "sysctl -w %s=1, or have it done: SB_NET_FORWARD, sbx run --ip-forward%s",
			 names[family], family ? "; or give the sandbox no IPv6 address: \"none\"" : "");
		return -ENETUNREACH;
	}
	r = sbi_switch(paths[family], 1);
	return r < 0 ? sbi_fail(err, SB_STEP_NAT, 0, -r, "turning %s on: %s", names[family], strerror(-r)) : 0;
}

/* The sandbox must have an address of the family that the port of the host has. */
static int check_ports(const struct sbi_net *net, sb_error *err)
{
	const struct sbi_net_if *door = sbi_net_door(net);

	for (uint32_t i = 0; i < net->port_count; i++) {
		int family = net->ports[i].host.family;
		const char *of = family == AF_INET6 ? "IPv6 " : family ? "IPv4 " : "";

		if ((family != AF_INET6 && sbi_net_will_have(door, 0)) ||
		    (family != AF_INET && sbi_net_will_have(door, 1)))
			continue;
		sbi_fail(err, SB_STEP_NAT, i, EADDRNOTAVAIL,
			 "the port %u is published, and %s has no %saddress that it could lead to",
			 net->ports[i].host_port, door->link.name, of);
		sbi_hint(err, "give the interface, or its bridge, one");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

int sbi_net_check_nat(struct sbi_net *net, sb_error *err)
{
	int r = check_ports(net, err);

	for (int family = 0; r == 0 && family < 2; family++)
		r = check_forwarding(net, family, err);
	return r;
}

/* The rules that keep neighbours from the host's loopback addresses are there by now. */
static int let_loopback_out(struct sbi_net *net, sb_error *err)
{
	const struct sbi_net_if *door = sbi_net_door(net);
	const char *name = door->bridge.index ? door->link.device : door->host_name;
	sbi_autoclose int fd = -EBADF;
	struct sbi_nl nl;
	int wanted = 0, r;

	for (uint32_t i = 0; i < net->port_count; i++)
		wanted |= (is_local(&net->ports[i]) || !net->ports[i].host.family) && door->address[0].family;
	if (!wanted)
		return 0;
	r = fd = sbi_nl_socket(NETLINK_ROUTE);
	if (r >= 0) {
		sbi_nl_init(&nl, fd);
		r = sbi_localnet_open(net, name, &nl);
		sbi_nl_free(&nl);
	}
	if (r >= 0)
		return 0;
	sbi_fail(err, SB_STEP_NAT, 0, -r, "turning net.ipv4.conf.%s.route_localnet on: %s", name,
		 strerror(-r));
	sbi_hint(err, "127.0.0.1 needs it; publish the port at another address of the host's to do without");
	return r;
}

/* One transaction, and the table with it if it is the first. */
static int transact(struct sbi_net *net, uint16_t type, struct sbi_nl_why *why)
{
	struct sbi_net_table *table = sbi_netplace_rules(net->place);
	struct sbi_nl nl;
	uint32_t owner;
	char name[32];
	int r = sbi_netplace_owner(net->place, &owner);

	if (r == 0 && table->fd < 0)
		r = table->fd = sbi_nl_socket(NETLINK_NETFILTER);
	if (r >= 0) {
		snprintf(name, sizeof(name), "libsandbox-%08x", owner);
		sbi_nl_init(&nl, table->fd);
		sbi_nft_begin(&nl);
		if (!table->made)
			sbi_nat_write_table(&nl, name);
		sbi_nat_write_elements(&nl, type, name, net);
		sbi_nft_end(&nl);
		r = sbi_nl_talk(&nl, NULL, NULL, why);
		net->trips++;
		table->made |= r == 0;
		sbi_nl_free(&nl);
	}
	sbi_netplace_rules_done(net->place);
	return r;
}

static int wants_rules(const struct sbi_net *net)
{
	int wanted = net->port_count ? 1 : 0;

	for (uint32_t i = 0; i < net->count; i++)
		wanted |= masquerades(&net->ifs[i]);
	return wanted;
}

int sbi_net_add_nat(struct sbi_net *net, sb_error *err)
{
	struct sbi_nl_why why = { 0 };
	int r;

	if (!wants_rules(net))
		return 0;
	r = transact(net, NFT_MSG_NEWSETELEM, &why);
	if (r < 0) {
		sbi_net_explain(-r, &why, SB_STEP_NAT, 0, "rules of published ports and of the way out", err);
		if (r == -EOPNOTSUPP || r == -EPROTONOSUPPORT || r == -ENOENT)
			sbi_hint(err,
				 "they need Linux 5.12 with nf_tables, nft_nat, nft_masq, nft_ct and nft_fib_inet");
		return r;
	}
	net->ruled = 1;
	sbi_net_forget_flows(net, 0);
	return let_loopback_out(net, err);
}

void sbi_net_remove_nat(struct sbi_net *net)
{
	if (!net->ruled)
		return;
	transact(net, NFT_MSG_DELSETELEM, NULL);
	sbi_net_forget_flows(net, 1);
	net->ruled = 0;
}
