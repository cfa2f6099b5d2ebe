/* SPDX-License-Identifier: MIT */
/*
 * Conversations by UDP that the kernel remembers. Rules are only asked for the first packet of one,
 * and it lasts as long as somebody sends: who talks from one port all the time would go on talking
 * to the sandbox before, or to nobody. So what is remembered of a published port is forgotten when
 * its sandbox begins, and when it ends.
 */
#include "netlink/nft.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "common/auto.h"
#include "net.h"

#define UDP_ONLY (1 << 3) /* CTA_FILTER: only the protocol's number counts (5.8) */

/* One direction. */
struct tuple {
	uint8_t source[16], destination[16];
	uint8_t protocol;
	uint16_t port; /* of the destination, in network byte order */
};

static void read_parts(const struct nlattr *part, struct tuple *tuple)
{
	const void *at = sbi_nl_data(part);
	size_t left = sbi_nl_len(part);
	const struct nlattr *attr;
	int addresses = sbi_nl_type(part) == CTA_TUPLE_IP;

	while ((attr = sbi_nl_next(&at, &left))) {
		uint16_t type = sbi_nl_type(attr);

		if (addresses && (type == CTA_IP_V4_SRC || type == CTA_IP_V6_SRC))
			sbi_nl_get(attr, tuple->source, sizeof(tuple->source));
		else if (addresses && (type == CTA_IP_V4_DST || type == CTA_IP_V6_DST))
			sbi_nl_get(attr, tuple->destination, sizeof(tuple->destination));
		else if (!addresses && type == CTA_PROTO_NUM)
			sbi_nl_get(attr, &tuple->protocol, sizeof(tuple->protocol));
		else if (!addresses && type == CTA_PROTO_DST_PORT)
			sbi_nl_get(attr, &tuple->port, sizeof(tuple->port));
	}
}

static void read_tuple(const struct nlattr *whole, struct tuple *tuple)
{
	const void *at = sbi_nl_data(whole);
	size_t left = sbi_nl_len(whole);
	const struct nlattr *part;

	while ((part = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(part) == CTA_TUPLE_IP || sbi_nl_type(part) == CTA_TUPLE_PROTO)
			read_parts(part, tuple);
}

struct search {
	const struct sbi_net *net;
	int over;            /* the sandbox */
	struct sbi_nl found; /* requests to forget them */
};

static int is_published(const struct sbi_net *net, const struct tuple *there)
{
	for (uint32_t i = 0; i < net->port_count; i++) {
		const struct sbi_net_port *port = &net->ports[i];

		unsigned len = port->host.family ? sbi_address_length(&port->host) : 0;

		if (port->protocol == IPPROTO_UDP && there->protocol == IPPROTO_UDP &&
		    htons(port->host_port) == there->port &&
		    !memcmp(port->host.bytes, there->destination, len))
			return 1;
	}
	return 0;
}

/*
 * At the end what led to the sandbox, and at its beginning what leads elsewhere. What the host only
 * passes on from others, under its own address, is left alone.
 */
static int is_stale(const struct search *search, int family, const struct tuple *there,
		    const struct tuple *back)
{
	const struct sbi_address *own = &sbi_net_door(search->net)->address[family];
	int ours = own->family && !memcmp(back->source, own->bytes, sbi_address_length(own));

	if (!is_published(search->net, there))
		return 0;
	return search->over ? ours
			    : !ours && !memcmp(back->destination, there->source, sizeof(there->source));
}

static void read_flow(void *arg, uint32_t number, const struct nlmsghdr *message)
{
	const struct nfgenmsg *head = (const void *)((const char *)message + NLMSG_HDRLEN);
	const void *at = (const char *)head + NLMSG_ALIGN(sizeof(*head));
	const struct nlattr *attr, *names[3] = { NULL };
	struct tuple there = { .port = 0 }, back = { .port = 0 };
	struct search *search = arg;
	size_t left;

	(void)number;
	if (message->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)))
		return;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	while ((attr = sbi_nl_next(&at, &left))) {
		if (sbi_nl_type(attr) == CTA_TUPLE_ORIG)
			read_tuple(names[0] = attr, &there);
		else if (sbi_nl_type(attr) == CTA_TUPLE_REPLY)
			read_tuple(attr, &back);
		else if (sbi_nl_type(attr) == CTA_ID)
			names[1] = attr;
		else if (sbi_nl_type(attr) == CTA_ZONE)
			names[2] = attr;
	}
	if (!names[0] || !is_stale(search, head->nfgen_family == AF_INET6, &there, &back))
		return;
	sbi_nl_request(&search->found, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0, head,
		       sizeof(*head));
	sbi_nl_quiet(&search->found);
	for (int i = 0; i < 3; i++)
		if (names[i])
			sbi_nl_put(&search->found, names[i]->nla_type, sbi_nl_data(names[i]),
				   sbi_nl_len(names[i]));
}

static void write_search(struct sbi_nl *nl, int family)
{
	struct nfgenmsg head = { .nfgen_family = (uint8_t)family, .version = NFNETLINK_V0 };

	sbi_nl_request(nl, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, NLM_F_DUMP, &head, sizeof(head));
	sbi_nl_nest(nl, CTA_TUPLE_ORIG);
	sbi_nl_nest(nl, CTA_TUPLE_PROTO);
	sbi_nl_u8(nl, CTA_PROTO_NUM, IPPROTO_UDP);
	sbi_nl_end(nl);
	sbi_nl_end(nl);
	sbi_nl_nest(nl, CTA_FILTER);
	sbi_nl_u32(nl, CTA_FILTER_ORIG_FLAGS, UDP_ONLY);
	sbi_nl_u32(nl, CTA_FILTER_REPLY_FLAGS, 0);
	sbi_nl_end(nl);
}

void sbi_net_forget_flows(struct sbi_net *net, int over)
{
	struct search search = { .net = net, .over = over };
	sbi_autoclose int fd = -EBADF;
	struct sbi_nl nl;
	int udp = 0;

	for (uint32_t i = 0; i < net->port_count; i++)
		udp |= net->ports[i].protocol == IPPROTO_UDP;
	fd = udp ? sbi_nl_socket(NETLINK_NETFILTER) : -EBADF;
	if (fd < 0)
		return;
	sbi_nl_init(&nl, fd);
	sbi_nl_init(&search.found, fd);
	for (int family = 0; family < 2; family++) { /* a socket has one dump at a time */
		write_search(&nl, family ? AF_INET6 : AF_INET);
		sbi_nl_talk(&nl, read_flow, &search, NULL);
	}
	sbi_nl_talk(&search.found, NULL, NULL, NULL); /* some may have gone by themselves */
	sbi_nl_free(&search.found);
	sbi_nl_free(&nl);
}
