/* SPDX-License-Identifier: MIT */
/* Requests of rtnetlink(7), and reading its answers. */
#include "link.h"

#include <linux/if_link.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#ifndef IFA_F_NODAD
#define IFA_F_NODAD 0x02
#endif

uint32_t sbi_rt_get_link(struct sbi_nl *nl, const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	uint32_t at = sbi_nl_request(nl, RTM_GETLINK, 0, &head, sizeof(head));

	/* A long name can only be an alternative one, and those of 15 characters are found by either. */
	sbi_nl_text(nl, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	return at;
}

uint32_t sbi_rt_get_link_at(struct sbi_nl *nl, uint32_t index)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };

	return sbi_nl_request(nl, RTM_GETLINK, 0, &head, sizeof(head));
}

uint32_t sbi_rt_dump_links(struct sbi_nl *nl)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };

	return sbi_nl_request(nl, RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head));
}

uint32_t sbi_rt_dump_addresses(struct sbi_nl *nl)
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };

	return sbi_nl_request(nl, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
}

static void copy_text(const struct nlattr *attr, char *to, size_t room)
{
	sbi_nl_get(attr, to, room);
	to[room - 1] = '\0';
}

static void read_kind(const struct nlattr *info, struct sbi_rt_link *link)
{
	const void *at = sbi_nl_data(info);
	size_t left = sbi_nl_len(info);
	const struct nlattr *attr;

	while ((attr = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(attr) == IFLA_INFO_KIND)
			copy_text(attr, link->kind, sizeof(link->kind));
}

static void read_counters(const struct nlattr *attr, struct sbi_rt_link *link)
{
	struct rtnl_link_stats64 stats;

	sbi_nl_get(attr, &stats, sizeof(stats));
	link->rx_bytes = stats.rx_bytes;
	link->tx_bytes = stats.tx_bytes;
	link->rx_packets = stats.rx_packets;
	link->tx_packets = stats.tx_packets;
	link->rx_dropped = stats.rx_dropped;
	link->tx_dropped = stats.tx_dropped;
}

void sbi_rt_read_link(const struct nlmsghdr *message, struct sbi_rt_link *link)
{
	const struct ifinfomsg *head = (const void *)((const char *)message + NLMSG_HDRLEN);
	const void *at = (const char *)head + NLMSG_ALIGN(sizeof(*head));
	const struct nlattr *attr;
	size_t left;

	memset(link, 0, sizeof(*link));
	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)))
		return;
	link->index = (uint32_t)head->ifi_index;
	link->flags = head->ifi_flags;
	link->type = head->ifi_type;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	while ((attr = sbi_nl_next(&at, &left))) {
		switch (sbi_nl_type(attr)) {
		case IFLA_IFNAME:
			copy_text(attr, link->name, sizeof(link->name));
			break;
		case IFLA_IFALIAS:
			copy_text(attr, link->alias, sizeof(link->alias));
			break;
		case IFLA_MTU:
			sbi_nl_get(attr, &link->mtu, sizeof(link->mtu));
			break;
		case IFLA_MAX_MTU:
			sbi_nl_get(attr, &link->max_mtu, sizeof(link->max_mtu));
			break;
		case IFLA_MASTER:
			sbi_nl_get(attr, &link->master, sizeof(link->master));
			break;
		case IFLA_LINK:
			sbi_nl_get(attr, &link->peer, sizeof(link->peer));
			break;
		case IFLA_ADDRESS:
			sbi_nl_get(attr, link->mac, sizeof(link->mac));
			break;
		case IFLA_LINKINFO:
			read_kind(attr, link);
			break;
		case IFLA_STATS64:
			read_counters(attr, link);
			break;
		default:
			break;
		}
	}
}

void sbi_rt_one_link(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	(void)at;
	if (message->nlmsg_type == RTM_NEWLINK)
		sbi_rt_read_link(message, arg);
}

uint32_t sbi_rt_read_address(const struct nlmsghdr *message, struct sbi_address *address)
{
	const struct ifaddrmsg *head = (const void *)((const char *)message + NLMSG_HDRLEN);
	const void *at = (const char *)head + NLMSG_ALIGN(sizeof(*head));
	const struct nlattr *attr;
	int local = 0;
	size_t left;

	memset(address, 0, sizeof(*address));
	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)))
		return 0;
	address->family = head->ifa_family;
	address->prefix = head->ifa_prefixlen;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	while ((attr = sbi_nl_next(&at, &left))) {
		/* IFA_ADDRESS is the other end of a point-to-point link, where there is IFA_LOCAL as well. */
		if (sbi_nl_type(attr) == IFA_LOCAL || (sbi_nl_type(attr) == IFA_ADDRESS && !local))
			sbi_nl_get(attr, address->bytes, sizeof(address->bytes));
		local |= sbi_nl_type(attr) == IFA_LOCAL;
	}
	return head->ifa_index;
}

/* The attributes that all kinds have; the head stands before them. */
static void put_new(struct sbi_nl *nl, const struct sbi_rt_new *link)
{
	if (link->name)
		sbi_nl_text(nl, IFLA_IFNAME, link->name);
	if (link->mac)
		sbi_nl_put(nl, IFLA_ADDRESS, link->mac, 6);
	if (link->mtu)
		sbi_nl_u32(nl, IFLA_MTU, link->mtu);
	if (link->master)
		sbi_nl_u32(nl, IFLA_MASTER, link->master);
	if (link->lower)
		sbi_nl_u32(nl, IFLA_LINK, link->lower);
	if (link->netns >= 0)
		sbi_nl_u32(nl, IFLA_NET_NS_FD, (uint32_t)link->netns);
}

static uint32_t begin_new(struct sbi_nl *nl, const struct sbi_rt_new *link)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	uint32_t at;

	if (link->up)
		head.ifi_flags = head.ifi_change = IFF_UP;
	at = sbi_nl_request(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put_new(nl, link);
	return at;
}

uint32_t sbi_rt_new_veth(struct sbi_nl *nl, const struct sbi_rt_new *link, const struct sbi_rt_new *peer)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	uint32_t at = begin_new(nl, link);

	sbi_nl_nest(nl, IFLA_LINKINFO);
	sbi_nl_text(nl, IFLA_INFO_KIND, "veth");
	sbi_nl_nest(nl, IFLA_INFO_DATA);
	sbi_nl_nest(nl, VETH_INFO_PEER);
	sbi_nl_raw(nl, &head, sizeof(head));
	put_new(nl, peer);
	sbi_nl_end(nl);
	sbi_nl_end(nl);
	sbi_nl_end(nl);
	return at;
}

uint32_t sbi_rt_new_bridge(struct sbi_nl *nl, const struct sbi_rt_new *link)
{
	uint32_t at = begin_new(nl, link);

	sbi_nl_nest(nl, IFLA_LINKINFO);
	sbi_nl_text(nl, IFLA_INFO_KIND, "bridge");
	sbi_nl_end(nl);
	return at;
}

uint32_t sbi_rt_new_lan(struct sbi_nl *nl, const char *kind, uint32_t mode, const struct sbi_rt_new *link)
{
	uint32_t at = begin_new(nl, link);

	sbi_nl_nest(nl, IFLA_LINKINFO);
	sbi_nl_text(nl, IFLA_INFO_KIND, kind);
	sbi_nl_nest(nl, IFLA_INFO_DATA);
	if (!strcmp(kind, "macvlan"))
		sbi_nl_u32(nl, IFLA_MACVLAN_MODE, mode);
	else
		sbi_nl_u16(nl, IFLA_IPVLAN_MODE, (uint16_t)mode);
	sbi_nl_end(nl);
	sbi_nl_end(nl);
	return at;
}

uint32_t sbi_rt_set_link(struct sbi_nl *nl, const struct sbi_rt_change *change)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = (int)change->index };
	uint32_t at;

	if (change->up)
		head.ifi_change = IFF_UP;
	if (change->up > 0)
		head.ifi_flags = IFF_UP;
	at = sbi_nl_request(nl, RTM_SETLINK, 0, &head, sizeof(head));
	put_new(nl, &(struct sbi_rt_new){ .name = change->name,
					  .mac = change->mac,
					  .mtu = change->mtu,
					  .netns = change->netns });
	if (change->alias)
		sbi_nl_put(nl, IFLA_IFALIAS, change->alias, strlen(change->alias));
	return at;
}

uint32_t sbi_rt_isolate(struct sbi_nl *nl, uint32_t index)
{
	struct ifinfomsg head = { .ifi_family = AF_BRIDGE, .ifi_index = (int)index };
	uint32_t at = sbi_nl_request(nl, RTM_SETLINK, 0, &head, sizeof(head));

	sbi_nl_nest(nl, IFLA_PROTINFO);
	sbi_nl_u8(nl, IFLA_BRPORT_ISOLATED, 1);
	sbi_nl_end(nl);
	return at;
}

static uint32_t change_names(struct sbi_nl *nl, uint16_t type, uint16_t flags, uint32_t index,
			     const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	uint32_t at = sbi_nl_request(nl, type, flags, &head, sizeof(head));

	sbi_nl_nest(nl, IFLA_PROP_LIST);
	sbi_nl_text(nl, IFLA_ALT_IFNAME, name);
	sbi_nl_end(nl);
	return at;
}

uint32_t sbi_rt_alt_name(struct sbi_nl *nl, uint32_t index, const char *name)
{
	return change_names(nl, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, index, name);
}

uint32_t sbi_rt_delete_alt_name(struct sbi_nl *nl, uint32_t index, const char *name)
{
	return change_names(nl, RTM_DELLINKPROP, 0, index, name);
}

static void each_in_list(const struct nlattr *list, void (*each)(void *arg, const char *name), void *arg)
{
	const void *at = sbi_nl_data(list);
	size_t left = sbi_nl_len(list);
	const struct nlattr *attr;
	char name[128]; /* ALTIFNAMSIZ */

	while ((attr = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(attr) == IFLA_ALT_IFNAME) {
			copy_text(attr, name, sizeof(name));
			each(arg, name);
		}
}

void sbi_rt_each_name(const struct nlmsghdr *message, void (*each)(void *arg, const char *name), void *arg)
{
	const struct ifinfomsg *head = (const void *)((const char *)message + NLMSG_HDRLEN);
	const void *at = (const char *)head + NLMSG_ALIGN(sizeof(*head));
	const struct nlattr *attr;
	size_t left;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)))
		return;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	while ((attr = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(attr) == IFLA_PROP_LIST)
			each_in_list(attr, each, arg);
}

uint32_t sbi_rt_delete_link(struct sbi_nl *nl, uint32_t index)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };

	return sbi_nl_request(nl, RTM_DELLINK, 0, &head, sizeof(head));
}

uint32_t sbi_rt_delete_name(struct sbi_nl *nl, const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	uint32_t at = sbi_nl_request(nl, RTM_DELLINK, 0, &head, sizeof(head));

	sbi_nl_text(nl, IFLA_IFNAME, name);
	return at;
}

uint32_t sbi_rt_add_address(struct sbi_nl *nl, uint32_t index, const struct sbi_address *address)
{
	struct ifaddrmsg head = { .ifa_family = address->family,
				  .ifa_prefixlen = address->prefix,
				  .ifa_scope = RT_SCOPE_UNIVERSE,
				  .ifa_index = index };
	uint32_t at;

	if (address->family == AF_INET6)
		head.ifa_flags = IFA_F_NODAD;
	at = sbi_nl_request(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	sbi_nl_put(nl, IFA_LOCAL, address->bytes, sbi_address_length(address));
	sbi_nl_put(nl, IFA_ADDRESS, address->bytes, sbi_address_length(address));
	if (address->family == AF_INET && address->prefix < 31) {
		uint8_t broadcast[4];

		for (unsigned i = 0; i < 4; i++) {
			unsigned bits = address->prefix > i * 8 ? address->prefix - i * 8 : 0;

			broadcast[i] = (uint8_t)(address->bytes[i] | (bits >= 8 ? 0 : 0xff >> bits));
		}
		sbi_nl_put(nl, IFA_BROADCAST, broadcast, sizeof(broadcast));
	}
	return at;
}

uint32_t sbi_rt_add_route(struct sbi_nl *nl, uint32_t index, const struct sbi_address *network,
			  const struct sbi_address *gateway)
{
	struct rtmsg head = { .rtm_family = network->family,
			      .rtm_dst_len = network->prefix,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_scope = gateway->family || network->family == AF_INET6 ? RT_SCOPE_UNIVERSE
											  : RT_SCOPE_LINK,
			      .rtm_type = RTN_UNICAST };
	uint32_t at = sbi_nl_request(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));

	if (network->prefix)
		sbi_nl_put(nl, RTA_DST, network->bytes, sbi_address_length(network));
	if (gateway->family)
		sbi_nl_put(nl, RTA_GATEWAY, gateway->bytes, sbi_address_length(gateway));
	sbi_nl_u32(nl, RTA_OIF, index);
	return at;
}
