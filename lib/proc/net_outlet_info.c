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
	int of_link = address.family == AF_INET6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
	sb_net_info *info = found->info;

	if (!index || index != found->index)
		return;
	if (address.family == AF_INET && !info->address[0])
		sbi_address_text(&address, info->address, sizeof(info->address));
	if (address.family == AF_INET6 && (!info->address6[0] || (!of_link && !strncmp(info->address6, "fe80:", 5))))
		sbi_address_text(&address, info->address6, sizeof(info->address6));
}

static void take(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	(void)at;
	if (message->nlmsg_type == RTM_NEWLINK)
		take_link(arg, message);
	else if (message->nlmsg_type == RTM_NEWADDR)
		take_address(arg, message);
}

int sbi_outlet_info(struct sbi_net *net, sb_net_info *info, sb_error *err)
{
	struct sbi_outlet *outlet = net->outlet;
	struct found found = { .info = info };
	struct sbi_nl nl;
	int r;

	if (net->over) {
		*info = outlet->last;
		return info->name[0] ? 1 : 0;
	}
	sbi_nl_init(&nl, net->route);
	sbi_rt_dump_links(&nl);
	r = sbi_net_talk(net, &nl, take, &found, SB_STEP_NETWORK, 0, "reading the interface", err);
	if (r == 0)
		sbi_rt_dump_addresses(&nl);
	if (r == 0)
		r = sbi_net_talk(net, &nl, take, &found, SB_STEP_NETWORK, 0, "reading the addresses", err);
	sbi_nl_free(&nl);
	if (r < 0 || !found.index)
		return r;
	snprintf(info->kind, sizeof(info->kind), "%s", sbi_outlet_name(outlet));
	return 1;
}
