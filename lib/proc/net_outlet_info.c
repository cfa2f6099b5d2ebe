/* SPDX-License-Identifier: MIT */
/* The interface that the program of sb_net_user() has made, as it is found inside. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "net_outlet.h"

struct found {
	sb_net_info *info;
	uint32_t index; /* of the interface; 0 = none yet */
};

static void take_link(struct found *found, const struct nlmsghdr *message)
{
	sb_net_info *info = found->info;
	struct sbi_rt_link link;

	sbi_rt_read_link(message, &link);
	if (found->index || !link.index || (link.flags & IFF_LOOPBACK) || strcmp(link.kind, "tun") != 0)
		return;
	found->index = link.index;
	info->mtu = link.mtu;
	snprintf(info->name, sizeof(info->name), "%s", link.name);
	sbi_mac_text(link.mac, info->mac);
	info->rx_bytes = link.rx_bytes;
	info->tx_bytes = link.tx_bytes;
	info->rx_packets = link.rx_packets;
	info->tx_packets = link.tx_packets;
	info->rx_dropped = link.rx_dropped;
	info->tx_dropped = link.tx_dropped;
}

/* The first of each family, and rather one that is not of the link alone. */
static void take_address(struct found *found, const struct nlmsghdr *message)
{
	struct sbi_address address;
	uint32_t index = sbi_rt_read_address(message, &address);
	int of_link =
		address.family == AF_INET6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
	sb_net_info *info = found->info;

	if (!index || index != found->index)
		return;
	if (address.family == AF_INET && !info->address[0])
		sbi_address_text(&address, info->address, sizeof(info->address));
	if (address.family == AF_INET6 &&
	    (!info->address6[0] || (!of_link && !strncmp(info->address6, "fe80:", 5))))
		sbi_address_text(&address, info->address6, sizeof(info->address6));
}

/* The default route by way of it. */
static void take_route(struct found *found, const struct nlmsghdr *message)
{
	const struct rtmsg *head = (const void *)((const char *)message + NLMSG_HDRLEN);
	const void *at = (const char *)head + NLMSG_ALIGN(sizeof(*head));
	struct sbi_address gateway = { .prefix = SBI_NO_PREFIX };
	sb_net_info *info = found->info;
	const struct nlattr *attr;
	uint32_t index = 0;
	size_t left;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)) || head->rtm_dst_len ||
	    head->rtm_type != RTN_UNICAST)
		return;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	while ((attr = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(attr) == RTA_OIF) {
			sbi_nl_get(attr, &index, sizeof(index));
		} else if (sbi_nl_type(attr) == RTA_GATEWAY) {
			gateway.family = head->rtm_family;
			sbi_nl_get(attr, gateway.bytes, sizeof(gateway.bytes));
		}
	if (!index || index != found->index)
		return;
	if (gateway.family == AF_INET)
		sbi_address_host_text(&gateway, info->gateway, sizeof(info->gateway));
	else if (gateway.family == AF_INET6)
		sbi_address_host_text(&gateway, info->gateway6, sizeof(info->gateway6));
}

static void take(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	(void)at;
	if (message->nlmsg_type == RTM_NEWLINK)
		take_link(arg, message);
	else if (message->nlmsg_type == RTM_NEWADDR)
		take_address(arg, message);
	else if (message->nlmsg_type == RTM_NEWROUTE)
		take_route(arg, message);
}

static uint32_t dump_routes(struct sbi_nl *nl)
{
	struct rtmsg head = { .rtm_family = AF_UNSPEC };

	return sbi_nl_request(nl, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));
}

/* A dump is a talk of its own. */
static int ask(struct sbi_net *net, struct found *found, sb_error *err)
{
	uint32_t (*const dumps[])(struct sbi_nl *) = { sbi_rt_dump_links, sbi_rt_dump_addresses,
						       dump_routes };
	struct sbi_nl nl;
	int r = 0;

	sbi_nl_init(&nl, net->route);
	for (size_t i = 0; r == 0 && i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		dumps[i](&nl);
		r = sbi_net_talk(net, &nl, take, found, SB_STEP_NETWORK, 0, "reading the interface", err);
	}
	sbi_nl_free(&nl);
	return r;
}

int sbi_outlet_info(struct sbi_net *net, sb_net_info *info, sb_error *err)
{
	struct sbi_outlet *outlet = net->outlet;
	struct found found = { .info = info };
	int r;

	if (net->over) {
		*info = outlet->last;
		return info->name[0] ? 1 : 0;
	}
	r = ask(net, &found, err);
	if (r < 0 || !found.index)
		return r;
	snprintf(info->kind, sizeof(info->kind), "%s", sbi_outlet_name(outlet));
	return 1;
}
