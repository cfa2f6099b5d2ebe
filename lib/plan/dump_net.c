/* SPDX-License-Identifier: MIT */
/* The network's lines of a dump: what the host does for it, before and after the clone. */
#include "plan_internal.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <sandbox/net.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char buf[512];
	size_t used;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->buf + t->used, sizeof(t->buf) - t->used, format, args);
	va_end(args);
	if (n > 0)
		t->used = t->used + (size_t)n < sizeof(t->buf) ? t->used + (size_t)n : sizeof(t->buf) - 1;
}

static void put_address(struct text *t, const char *before, const struct sbi_address *address)
{
	char buf[SBI_ADDRESS_TEXT];

	if (!address->family)
		return;
	sbi_address_text(address, buf, sizeof(buf));
	put(t, "%s%s", before, buf);
}

static const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP    ? " tcp"
	       : protocol == IPPROTO_UDP  ? " udp"
	       : protocol == IPPROTO_ICMP ? " icmp"
					  : "";
}

static void put_range(struct text *t, unsigned first, unsigned last)
{
	put(t, last > first ? " %u-%u" : " %u", first, last);
}

static void bridge(struct text *t, const struct sbi_link *link)
{
	put(t, "bridge %s", link->device);
	if (link->flags & SB_NET_MAKE_BRIDGE) {
		put(t, " made");
		put_address(t, " with ", &link->bridge[0]);
		put_address(t, link->bridge[0].family ? " and " : " with ", &link->bridge[1]);
	}
	put(t, "%s", link->flags & SB_NET_FORWARD ? ", forwarding turned on" : "");
}

static void port(struct text *t, const struct sbi_port *port)
{
	put(t, "port%s", protocol_name(port->protocol));
	put_address(t, " of ", &port->host);
	if (port->host_port)
		put_range(t, port->host_port, port->host_port + port->count - 1);
	else
		put(t, " any");
	put(t, " to");
	put_range(t, port->port, port->port + port->count - 1);
}

void sbi_dump_net_first(const sb_config *cfg, sbi_dump_line *line, void *arg)
{
	const struct sbi_net_config *net = &cfg->net;
	struct text t;

	for (uint32_t i = 0; i < net->link_count; i++)
		if (net->links[i].kind == SBI_LINK_VETH && net->links[i].device[0]) {
			t.used = 0;
			bridge(&t, &net->links[i]);
			line(arg, t.buf);
		}
	for (uint32_t i = 0; i < net->port_count; i++) {
		t.used = 0;
		port(&t, &net->ports[i]);
		line(arg, t.buf);
	}
}

static void link_line(struct text *t, const struct sbi_link *link)
{
	char mac[18];

	put(t, "link %s %s", sbi_link_kind_name(link->kind), link->name);
	if (link->device[0])
		put(t, " on %s", link->device);
	if (link->mac_set) {
		sbi_mac_text(link->mac, mac);
		put(t, ", mac %s", mac);
	}
	if (link->mtu)
		put(t, ", mtu %u", link->mtu);
	if (link->host_name[0])
		put(t, ", other end %s", link->host_name);
	put(t, "%s", link->flags & SB_NET_ISOLATED ? ", isolated" : "");
}

/* What is allocated, or taken from the bridge, is not known yet. */
static void address_line(struct text *t, const struct sbi_link *link)
{
	int bridged = link->kind == SBI_LINK_VETH && link->device[0];

	put(t, "address %s", link->name);
	for (int family = 0; family < 2; family++) {
		put_address(t, family && link->address[0].kind == SBI_WISH_GIVEN ? " and " : " ",
			    &link->address[family].address);
		if (bridged && link->address[family].kind == SBI_WISH_DEFAULT)
			put(t, "%s",
			    family ? ", IPv6 of the bridge's network" : " IPv4 of the bridge's network");
	}
	if (link->flags & SB_NET_NO_GATEWAY)
		put(t, ", no gateway");
	else
		for (int family = 0; family < 2; family++)
			put_address(t, ", gateway ", &link->gateway[family].address);
}

static void rules(const struct sbi_net_config *net, sbi_dump_line *line, void *arg)
{
	struct text t;

	for (uint32_t i = 0; i < net->link_count; i++)
		if (net->links[i].flags & SB_NET_MASQUERADE) {
			t.used = 0;
			put(&t, "nat masquerade %s",
			    net->links[i].device[0] ? net->links[i].device : net->links[i].name);
			line(arg, t.buf);
		}
	if (net->walled && !net->allow_count)
		line(arg, "wall allow nothing");
	for (uint32_t i = 0; i < net->allow_count; i++) {
		const struct sbi_allow *allow = &net->allowed[i];

		t.used = 0;
		put(&t, "wall allow%s", protocol_name(allow->protocol));
		put_address(&t, " ", &allow->network);
		put(&t, "%s", allow->network.family ? "" : " any");
		if (allow->first)
			put_range(&t, allow->first, allow->last);
		line(arg, t.buf);
	}
	for (uint32_t i = 0; i < net->link_count; i++) {
		const struct sbi_link *link = &net->links[i];

		t.used = 0;
		put(&t, "shape %s", link->name);
		if (link->rate)
			put(&t, ", %" PRIu64 " bytes a second", link->rate);
		if (link->delay_ns)
			put(&t, ", delay %" PRIu64 " ns", link->delay_ns);
		if (link->rate || link->delay_ns)
			line(arg, t.buf);
	}
}

void sbi_dump_net_second(const sb_config *cfg, sbi_dump_line *line, void *arg)
{
	const struct sbi_net_config *net = &cfg->net;
	struct text t;

	for (uint32_t i = 0; i < net->link_count; i++) {
		t.used = 0;
		link_line(&t, &net->links[i]);
		line(arg, t.buf);
		t.used = 0;
		address_line(&t, &net->links[i]);
		line(arg, t.buf);
	}
	for (uint32_t i = 0; i < net->address_count; i++) {
		t.used = 0;
		put(&t, "address %s", net->addresses[i].name);
		put_address(&t, " ", &net->addresses[i].address);
		line(arg, t.buf);
	}
	for (uint32_t i = 0; i < net->route_count; i++) {
		t.used = 0;
		put(&t, "address %s",
		    net->routes[i].name[0] ? net->routes[i].name
		    : net->link_count      ? net->links[0].name
					   : "");
		put_address(&t, " route ", &net->routes[i].network);
		put_address(&t, " by ", &net->routes[i].gateway);
		line(arg, t.buf);
	}
	rules(net, line, arg);
	if (net->user) {
		t.used = 0;
		put(&t, "outlet %s", net->user_program ? net->user_program : "pasta or slirp4netns");
		line(arg, t.buf);
	}
}
