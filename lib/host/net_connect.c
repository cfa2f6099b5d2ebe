/* SPDX-License-Identifier: MIT */
/* From the sockets of a new network namespace to a network: interfaces, addresses, routes, rules. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "launch.h"
#include "net.h"

int sbi_net_explain(int code, const struct sbi_nl_why *why, uint32_t step, uint32_t index, const char *what,
		    sb_error *err)
{
	sbi_fail(err, step, index, code, "%s: %s%s%s", what, strerror(code), why && why->text[0] ? ": " : "",
		 why ? why->text : "");
	if (code == EPERM)
		sbi_hint(err,
			 "interfaces need CAP_NET_ADMIN over this network namespace; without it: sb_net_user(), sbx run --network pasta");
	else if (code == EOPNOTSUPP)
		sbi_hint(err,
			 "the kernel lacks it, or its module (veth, bridge, macvlan, ipvlan, tun, nf_tables, sch_netem)");
	else if (code == EADDRINUSE && step == SB_STEP_ADDRESS)
		sbi_hint(err, "another interface above the same device has the MAC address, or the address");
	else if (code == ENODEV)
		sbi_hint(err, "the device is not there any more");
	return -code;
}

int sbi_net_talk(struct sbi_net *net, struct sbi_nl *nl, sbi_nl_handler *handler, void *arg, uint32_t step,
		 uint32_t index, const char *what, sb_error *err)
{
	struct sbi_nl_why why;
	int r = sbi_nl_talk(nl, handler, arg, &why);

	net->trips++;
	return r < 0 ? sbi_net_explain(-r, &why, step, index, what, err) : 0;
}

static int make_link(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	switch (net->ifs[at].link.kind) {
	case SBI_LINK_VETH:
		return sbi_veth_make(net, at, nl, err);
	case SBI_LINK_MACVLAN:
	case SBI_LINK_IPVLAN:
		return sbi_lan_make(net, at, nl, err);
	case SBI_LINK_DEVICE:
		return sbi_device_make(net, at, nl, err);
	case SBI_LINK_TAP:
		return sbi_tap_make(net, at, nl, err);
	}
	return 0;
}

static struct sbi_net_if *find_if(struct sbi_net *net, const char *name)
{
	for (uint32_t i = 0; i < net->count; i++)
		if (!name[0] || !strcmp(net->ifs[i].link.name, name))
			return &net->ifs[i];
	return NULL;
}

/* The first interface that has a gateway has the default route. */
static void write_default_routes(struct sbi_net *net, struct sbi_nl *nl)
{
	for (int family = 0; family < 2; family++)
		for (uint32_t i = 0; i < net->count; i++) {
			const struct sbi_net_if *in = &net->ifs[i];
			struct sbi_address everything = { .family = family ? AF_INET6 : AF_INET };

			if (!in->gateway[family].family)
				continue;
			sbi_rt_add_route(nl, in->index, &everything, &in->gateway[family]);
			break;
		}
}

static void write_inside(struct sbi_net *net, struct sbi_nl *nl)
{
	for (uint32_t i = 0; i < net->count; i++) {
		struct sbi_net_if *in = &net->ifs[i];

		for (int family = 0; family < 2; family++)
			if (in->address[family].family)
				sbi_rt_add_address(nl, in->index, &in->address[family]);
	}
	for (uint32_t i = 0; i < net->asked.address_count; i++) {
		struct sbi_more_address *more = &net->asked.addresses[i];

		sbi_rt_add_address(nl, find_if(net, more->name)->index, &more->address);
	}
	for (uint32_t i = 0; i < net->count; i++)
		sbi_rt_set_link(nl,
				&(struct sbi_rt_change){ .index = net->ifs[i].index, .up = 1, .netns = -1 });
	for (uint32_t i = 0; i < net->asked.route_count; i++) {
		struct sbi_route *route = &net->asked.routes[i];

		sbi_rt_add_route(nl, find_if(net, route->name)->index, &route->network, &route->gateway);
	}
	write_default_routes(net, nl);
}

static int connect_inside(struct sbi_net *net, sb_error *err)
{
	struct sbi_nl nl;
	int r;

	sbi_nl_init(&nl, net->route);
	write_inside(net, &nl);
	r = sbi_net_talk(net, &nl, NULL, NULL, SB_STEP_ADDRESS, 0, "addresses and routes", err);
	sbi_nl_free(&nl);
	return r;
}

static int connect_outside(struct sbi_net *net, sb_error *err)
{
	struct sbi_nl nl;
	int fd = sbi_nl_socket(NETLINK_ROUTE), r = 0;

	if (fd < 0)
		return sbi_net_explain(-fd, NULL, SB_STEP_LINK, 0, "a netlink socket", err);
	sbi_nl_init(&nl, fd);
	for (uint32_t i = 0; r == 0 && i < net->count; i++)
		r = make_link(net, i, &nl, err);
	sbi_nl_free(&nl);
	close(fd);
	return r;
}

/* Before anything inside is up. */
static int write_rules(struct sbi_launch *l, sb_error *err)
{
	struct sbi_net *net = l->net;
	uint64_t start = sbi_now();
	int r = 0;

	if (net->asked.walled) {
		r = sbi_net_wall(net, err);
		sbi_launch_event(l, SB_STEP_WALL, start, r, "the network is closed but for what is allowed");
		start = sbi_now();
	}
	if (r == 0 && net->count) {
		r = sbi_net_add_nat(net, err);
		if (r < 0 || net->ruled)
			sbi_launch_event(l, SB_STEP_NAT, start, r,
					 "rules of published ports and of the way out");
	}
	return r;
}

int sbi_net_connect(struct sbi_launch *l, sb_error *err)
{
	struct sbi_net *net = l->net;
	uint64_t start = sbi_now();
	char what[120] = "";
	int r = 0;

	net->netns = ioctl(net->route, SIOCGSKNS);
	if (net->netns < 0)
		return sbi_net_explain(errno, NULL, SB_STEP_LINK, 0,
				       "finding the network namespace of sb-init", err);
	for (uint32_t i = 0; i < net->count; i++)
		snprintf(what + strlen(what), sizeof(what) - strlen(what), "%s%s %s", i ? ", " : "",
			 sbi_link_kind_name(net->ifs[i].link.kind), net->ifs[i].link.name);
	if (net->count) {
		r = connect_outside(net, err);
		sbi_launch_event(l, SB_STEP_LINK, start, r, what);
	}
	if (r == 0 && sbi_net_is_shaped(net)) {
		start = sbi_now();
		r = sbi_net_shape(net, err);
		sbi_launch_event(l, SB_STEP_SHAPE, start, r, "rates and delays");
	}
	if (r == 0)
		r = write_rules(l, err);
	if (r == 0 && net->count) {
		start = sbi_now();
		r = connect_inside(net, err);
		sbi_launch_event(l, SB_STEP_ADDRESS, start, r, "addresses, up, routes");
	}
	if (r == 0 && net->outlet)
		r = l->outlet(l, err);
	return r;
}
