/* SPDX-License-Identifier: MIT */
/*
 * The network of one sandbox: what is looked at before it exists, and what is left to do when it
 * has ended.
 */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "launch.h"

static int no_memory(sb_error *err)
{
	return sbi_fail(err, SB_STEP_LINK, 0, ENOMEM, "not enough memory for the network");
}

static struct sbi_net *new_net(const struct sbi_net_config *asked)
{
	struct sbi_net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	net->route = net->rules = net->netns = net->orphans = net->home = -EBADF;
	net->asked = *asked;
	net->asked.join_fd = 0;
	net->asked.resolv = net->asked.host_lines = NULL;
	net->ifs = calloc(asked->link_count + 1, sizeof(*net->ifs));
	if (sbi_net_copy(&net->asked) < 0 || !net->ifs) {
		sbi_net_free(net);
		return NULL;
	}
	net->place = net->asked.place;
	net->count = asked->link_count;
	for (uint32_t i = 0; i < net->count; i++) {
		net->ifs[i].link = asked->links[i];
		net->ifs[i].tap = -EBADF;
	}
	return net;
}

/* An address that was given by number: its prefix, and whether it lies in the bridge's network. */
static int check_address(struct sbi_net_if *in, uint32_t at, int family, sb_error *err)
{
	const struct sbi_address *network = &in->network[family];
	struct sbi_address *address = &in->address[family];
	char text[SBI_ADDRESS_TEXT], where[SBI_ADDRESS_TEXT];

	*address = in->link.address[family].address;
	if (address->prefix == SBI_NO_PREFIX && network->family)
		address->prefix = network->prefix;
	sbi_address_text(address, text, sizeof(text));
	sbi_address_text(network, where, sizeof(where));
	if (address->prefix == SBI_NO_PREFIX) {
		sbi_fail(err, SB_STEP_ADDRESS, at, EINVAL,
			 "the address %s of %s has no prefix, and there is no bridge with one", text,
			 in->link.name);
		sbi_hint(err, "write %s/%d", text, family ? 64 : 24);
		return -EINVAL;
	}
	if (sbi_address_is_edge(address))
		return sbi_fail(err, SB_STEP_ADDRESS, at, EINVAL,
				"%s is the network's own or its broadcast address", text);
	if (!network->family)
		return 0;
	if (!sbi_address_in(address, network)) {
		sbi_fail(err, SB_STEP_ADDRESS, at, EINVAL, "the address %s is outside the network of %s, %s",
			 text, in->link.device, where);
		sbi_hint(err, "choose one inside, or none: then a free one is allocated");
		return -EINVAL;
	}
	if (sbi_address_equal(address, network))
		return sbi_fail(err, SB_STEP_ADDRESS, at, EADDRINUSE,
				"the bridge %s has the address %s itself", in->link.device, text);
	return 0;
}

static int resolve_address(struct sbi_net_if *in, uint32_t at, int family, sb_error *err)
{
	if (in->link.address[family].kind == SBI_WISH_GIVEN)
		return check_address(in, at, family, err);
	return 0; /* allocated with the link, where the bridge has a network */
}

static int resolve_gateway(struct sbi_net_if *in, uint32_t at, int family, sb_error *err)
{
	const struct sbi_address *network =
		in->network[family].family ? &in->network[family] : &in->address[family];
	struct sbi_address *gateway = &in->gateway[family];
	char text[SBI_ADDRESS_TEXT];

	if ((in->link.flags & SB_NET_NO_GATEWAY) || in->link.gateway[family].kind == SBI_WISH_NONE)
		return 0;
	if (in->link.gateway[family].kind == SBI_WISH_DEFAULT) {
		if (sbi_net_will_have(in, family))
			*gateway = in->network[family];
		return 0;
	}
	*gateway = in->link.gateway[family].address;
	sbi_address_host_text(gateway, text, sizeof(text));
	gateway->prefix = network->prefix;
	if (!sbi_net_will_have(in, family) || !sbi_address_in(gateway, network)) {
		sbi_fail(err, SB_STEP_ADDRESS, at, EINVAL, "the gateway %s is in no network of %s", text,
			 in->link.name);
		sbi_hint(err,
			 "it must be reached without another: give the interface an address of the same network");
		return -EINVAL;
	}
	if (sbi_address_equal(gateway, &in->address[family]))
		return sbi_fail(err, SB_STEP_ADDRESS, at, EINVAL, "%s would be its own gateway, %s",
				in->link.name, text);
	return 0;
}

int sbi_net_prepare_link(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	int r = 0;

	memset(in->address, 0, sizeof(in->address)); /* of an earlier look */
	memset(in->gateway, 0, sizeof(in->gateway));
	if (in->link.kind == SBI_LINK_VETH && in->link.device[0])
		r = sbi_bridge_get(net, at, nl, err);
	else if (in->link.kind == SBI_LINK_MACVLAN || in->link.kind == SBI_LINK_IPVLAN)
		r = sbi_lower_look(net, at, nl, err);
	else if (in->link.kind == SBI_LINK_DEVICE)
		r = sbi_device_look(net, at, nl, err);
	for (int family = 0; r == 0 && family < 2; family++) {
		r = resolve_address(in, at, family, err);
		if (r == 0)
			r = resolve_gateway(in, at, family, err);
	}
	if (r == 0 && in->link.kind == SBI_LINK_TAP)
		r = sbi_tap_open(net, at, err);
	return r;
}

/* A change of nothing: the kernel asks for the privilege first. Root has it, or is told later. */
static int may_change(struct sbi_net *net, struct sbi_nl *nl, sb_error *err)
{
	if (geteuid() == 0)
		return 0;
	sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = 1, .netns = -1 });
	return sbi_net_talk(net, nl, NULL, NULL, SB_STEP_LINK, 0, "an interface", err);
}

static int prepare_links(struct sbi_net *net, sb_error *err)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct sbi_nl nl;
	int r = 0;

	if (fd < 0)
		return sbi_net_explain(-fd, NULL, SB_STEP_LINK, 0, "a netlink socket", err);
	sbi_nl_init(&nl, fd);
	r = may_change(net, &nl, err);
	for (uint32_t i = 0; r == 0 && i < net->count; i++)
		r = sbi_net_prepare_link(net, i, &nl, err);
	sbi_nl_free(&nl);
	return r;
}

/* The socket that brings a device back must have been opened with power over the host's network namespace. */
static int check_way_back(const struct sbi_launch *l, sb_error *err)
{
	for (uint32_t i = 0; i < l->net->count && !l->privileged; i++)
		if (l->net->ifs[i].link.kind == SBI_LINK_DEVICE) {
			sbi_fail(err, SB_STEP_LINK, i, EPERM,
				 "%s could not be taken back from the user namespace of the sandbox",
				 l->net->ifs[i].link.device);
			sbi_hint(err,
				 "to move one needs CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID beside CAP_NET_ADMIN");
			return -EPERM;
		}
	return 0;
}

int sbi_net_prepare(struct sbi_launch *l, sb_error *err)
{
	uint64_t start = sbi_now();
	int r = 0;

	if (!(l->what & SBI_COMPILE_SETUP) || !sbi_net_wanted(&l->cfg->net))
		return 0;
	l->net = new_net(&l->cfg->net);
	if (!l->net)
		return no_memory(err);
	r = sbi_net_list_ports(l->net, err);
	if (r == 0 && l->net->port_count && !l->net->asked.user) { /* whose program takes its own */
		r = sbi_net_take_ports(l->net, err);
		sbi_launch_event(l, SB_STEP_PORT, start, r, "ports of the host");
	}
	if (r == 0 && l->net->count) {
		r = prepare_links(l->net, err);
		if (r == 0)
			r = check_way_back(l, err);
		if (r == 0)
			r = sbi_net_check_nat(l->net, err);
		sbi_launch_event(l, SB_STEP_BRIDGE, start, r, "bridges and addresses looked at");
	}
	return r;
}

void sbi_net_socket(struct sbi_launch *l, uint32_t protocol, int fd)
{
	int *place = protocol == SBI_ORPHANS     ? &l->net->orphans
		     : protocol == NETLINK_ROUTE ? &l->net->route
						 : &l->net->rules;

	sbi_close_fd(place);
	*place = fd;
	if (protocol != SBI_ORPHANS)
		sbi_nl_tune(fd);
}

static void read_figures(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct sbi_net *net = arg;
	struct sbi_rt_link link;

	(void)at;
	sbi_rt_read_link(message, &link);
	for (uint32_t i = 0; i < net->count; i++)
		if (link.index && net->ifs[i].index == link.index)
			net->ifs[i].figures = link;
}

int sbi_net_figures(struct sbi_net *net, sb_error *err)
{
	struct sbi_nl nl;
	int r;

	if (net->over || !net->count)
		return 0;
	sbi_nl_init(&nl, net->route);
	for (uint32_t i = 0; i < net->count; i++)
		sbi_rt_get_link(&nl, net->ifs[i].link.name);
	r = sbi_net_talk(net, &nl, read_figures, net, SB_STEP_NETWORK, 0, "reading the counters", err);
	sbi_nl_free(&nl);
	return r;
}

/*
 * The kernel keeps the namespace, and our end, as long as a TCP connection that nobody has any more tries
 * to send: eight times, which is minutes. Now that all processes are gone once is enough.
 */
static void give_up_connections(const struct sbi_net *net)
{
	if (net->orphans >= 0 && write(net->orphans, "1", 1) < 0)
		return; /* then it takes its time */
}

/* To remove our end takes 20 ms, so this is left to whoever wants its name before the kernel does it. */
static void mark_ended(const struct sbi_net *net)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct sbi_nl nl;

	if (fd < 0)
		return;
	sbi_nl_init(&nl, fd);
	for (uint32_t i = 0; i < net->count; i++)
		if (net->ifs[i].host_index)
			sbi_rt_set_link(&nl, &(struct sbi_rt_change){ .index = net->ifs[i].host_index,
								      .alias = SBI_VETH_ENDED,
								      .netns = -1 });
	if (nl.used)
		sbi_nl_talk(&nl, NULL, NULL, NULL);
	sbi_nl_free(&nl);
}

/* What is not the namespace's own, and so does not go with it. */
static void give_back(struct sbi_net *net)
{
	sbi_net_remove_nat(net);
	for (uint32_t i = 0; i < net->port_count; i++)
		sbi_close_fd(&net->ports[i].fd);
	give_up_connections(net);
	mark_ended(net);
	for (uint32_t i = 0; i < net->count; i++) {
		sbi_device_back(net, &net->ifs[i]);
		sbi_lan_end(net, &net->ifs[i]);
	}
}

void sbi_net_end(struct sbi_net *net)
{
	if (!net || net->over)
		return;
	if (net->route >= 0)
		sbi_net_figures(net, NULL);
	if (net->outlet)
		net->outlet_end(net);
	give_back(net);
	net->over = 1;
	sbi_close_fd(&net->route);
	sbi_close_fd(&net->rules);
	sbi_close_fd(&net->netns);
	sbi_close_fd(&net->orphans);
	sbi_close_fd(&net->home);
}

/*
 * A veth is removed from inside, by the name it has there: nobody else's can have it, and it is known even
 * if the kernel's answer was lost. What has no end on the host goes with the namespace.
 */
static void remove_links(struct sbi_net *net)
{
	struct sbi_nl nl;

	sbi_nl_init(&nl, net->route);
	for (uint32_t i = 0; i < net->count; i++)
		if (net->ifs[i].link.kind == SBI_LINK_VETH)
			sbi_rt_delete_name(&nl, net->ifs[i].link.name);
	sbi_nl_talk(&nl, NULL, NULL, NULL);
	sbi_nl_free(&nl);
}

void sbi_net_undo(struct sbi_net *net)
{
	if (!net)
		return;
	if (net->route >= 0)
		remove_links(net);
	sbi_net_end(net);
	sbi_net_free(net);
}

void sbi_net_free(struct sbi_net *net)
{
	if (!net)
		return;
	if (net->outlet)
		net->outlet_free(net);
	for (uint32_t i = 0; i < net->count; i++)
		sbi_close_fd(&net->ifs[i].tap);
	for (uint32_t i = 0; i < net->port_count; i++)
		sbi_close_fd(&net->ports[i].fd);
	sbi_close_fd(&net->route);
	sbi_close_fd(&net->rules);
	sbi_close_fd(&net->netns);
	sbi_close_fd(&net->orphans);
	sbi_close_fd(&net->home);
	free(net->ifs);
	free(net->ports);
	sbi_net_clear(&net->asked);
	free(net);
}
