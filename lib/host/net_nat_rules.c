/* SPDX-License-Identifier: MIT */
/*
 * The table of the host's rules, as nft lists it (IPv4; IPv6 likewise):
 *
 *	set doors  { index }                         bridges, or host ends of a veth, with published ports
 *	set masq4  { index . address . index }       who leaves under the host's address
 *	set port4  { index . address . index }       who has published ports
 *	map at4    { host address . protocol . port : address . port }
 *	map any4   { protocol . port : address . port }
 *
 *	chain guard (prerouting, raw)   iif @doors ip daddr 127.0.0.0/8 drop
 *	chain in    (prerouting, nat)   dnat to ip daddr . l4proto . dport map @at4
 *	chain out   (output, nat)       fib daddr type local dnat to l4proto . dport map @any4; for the host
 *	chain post  (postrouting, nat)  masquerade:
 *		iif . saddr . iif @masq4, iif . saddr . oif != @masq4   leaves by another way than it came
 *		ct status dnat iif . daddr . oif @port4    goes back where it came from: its answer must come by us
 *		saddr 127.0.0.0/8 oif . daddr . oif @port4              the host by 127.0.0.1
 *
 * An index stands twice in a key to ask whether both interfaces are the same: no expression
 * compares two of them.
 */
#include <string.h>

#include "net.h"
#include "netlink/nft.h"

/* Registers of a key and of what a map answers, which does not lie upon it. */
#define KEY SBI_NFT_REG(0)
#define ANSWER SBI_NFT_REG(8)

/* What differs between the families. */
static const struct family {
	uint8_t number;
	uint32_t length, source, destination; /* of an address, and where it is in the header */
	uint32_t type;
	const char *masq, *port, *at, *any;
} families[2] = {
	{ NFPROTO_IPV4, 4, 12, 16, SBI_NFT_IPV4, "masq4", "port4", "at4", "any4" },
	{ NFPROTO_IPV6, 16, 8, 24, SBI_NFT_IPV6, "masq6", "port6", "at6", "any6" },
};

static void write_sets(struct sbi_nl *nl, const char *table)
{
	uint32_t port = SBI_NFT_TYPE(SBI_NFT_PROTOCOL, SBI_NFT_PORT), id = 0;

	sbi_nft_set(nl, table, &(struct sbi_nft_set){ "doors", SBI_NFT_DEVICE, 4, 0, 0 }, ++id);
	for (int i = 0; i < 2; i++) {
		const struct family *f = &families[i];
		uint32_t way = SBI_NFT_TYPE(SBI_NFT_TYPE(SBI_NFT_DEVICE, f->type), SBI_NFT_DEVICE);
		uint32_t at = SBI_NFT_TYPE(SBI_NFT_TYPE(f->type, SBI_NFT_PROTOCOL), SBI_NFT_PORT);
		uint32_t to = SBI_NFT_TYPE(f->type, SBI_NFT_PORT);

		sbi_nft_set(nl, table, &(struct sbi_nft_set){ f->masq, way, 8 + f->length, 0, 0 }, ++id);
		sbi_nft_set(nl, table, &(struct sbi_nft_set){ f->port, way, 8 + f->length, 0, 0 }, ++id);
		sbi_nft_set(nl, table, &(struct sbi_nft_set){ f->at, at, 8 + f->length, to, 4 + f->length },
			    ++id);
		sbi_nft_set(nl, table, &(struct sbi_nft_set){ f->any, port, 8, to, 4 + f->length }, ++id);
	}
}

/* The rest of a rule for published ports, whose key is protocol and port from register @from on. */
static void lead_in(struct sbi_nl *nl, const struct family *f, const char *map, uint32_t from)
{
	sbi_nft_meta(nl, NFT_META_L4PROTO, KEY + from);
	sbi_nft_payload(nl, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, KEY + from + 1);
	sbi_nft_map(nl, map, KEY, ANSWER);
	sbi_nft_dnat(nl, f->number, ANSWER, ANSWER + f->length / 4);
	sbi_nft_rule_end(nl);
}

static void write_ports(struct sbi_nl *nl, const char *table, const char *chain, const struct family *f)
{
	sbi_nft_rule(nl, table, chain);
	sbi_nft_is_family(nl, f->number);
	sbi_nft_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, f->destination, f->length, KEY);
	lead_in(nl, f, f->at, f->length / 4);
	sbi_nft_rule(nl, table, chain);
	sbi_nft_is_family(nl, f->number);
	sbi_nft_fib_local(nl);
	lead_in(nl, f, f->any, 0);
}

/* ::1 cannot leave lo: who connects to it shall be refused, instead of waiting. */
static void write_no_loopback6(struct sbi_nl *nl, const char *table, const char *chain)
{
	sbi_nft_rule(nl, table, chain);
	sbi_nft_is_family(nl, NFPROTO_IPV6);
	sbi_nft_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, families[1].destination, 16, KEY);
	sbi_nft_cmp(nl, KEY, NFT_CMP_EQ, &in6addr_loopback, 16);
	sbi_nft_verdict(nl, NFT_RETURN);
	sbi_nft_rule_end(nl);
}

/* Go on only if the address at @offset is in 127.0.0.0/8. */
static void is_loopback(struct sbi_nl *nl, uint32_t offset)
{
	sbi_nft_is_family(nl, NFPROTO_IPV4);
	sbi_nft_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, offset, 1, KEY);
	sbi_nft_cmp_u8(nl, KEY, 127);
}

static void write_guard(struct sbi_nl *nl, const char *table)
{
	sbi_nft_rule(nl, table, "guard");
	sbi_nft_meta(nl, NFT_META_IIF, KEY);
	sbi_nft_lookup(nl, "doors", KEY, 0);
	is_loopback(nl, families[0].destination);
	sbi_nft_verdict(nl, NF_DROP);
	sbi_nft_rule_end(nl);
}

/* Go on only if the way is, or @inverted: is not, in @set. @first, @last: NFT_META_IIF, NFT_META_OIF. */
static void is_way(struct sbi_nl *nl, const struct family *f, uint32_t first, uint32_t offset, uint32_t last,
		   const char *set, int inverted)
{
	sbi_nft_meta(nl, first, KEY);
	sbi_nft_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, offset, f->length, KEY + 1);
	sbi_nft_meta(nl, last, KEY + 1 + f->length / 4);
	sbi_nft_lookup(nl, set, KEY, inverted);
}

static void write_masquerading(struct sbi_nl *nl, const char *table, const struct family *f)
{
	sbi_nft_rule(nl, table, "post");
	sbi_nft_is_family(nl, f->number);
	is_way(nl, f, NFT_META_IIF, f->source, NFT_META_IIF, f->masq, 0);
	is_way(nl, f, NFT_META_IIF, f->source, NFT_META_OIF, f->masq, 1);
	sbi_nft_masquerade(nl);
	sbi_nft_rule_end(nl);
	sbi_nft_rule(nl, table, "post");
	sbi_nft_is_family(nl, f->number);
	sbi_nft_has_status(nl, NFT_CT_STATUS, IPS_DST_NAT);
	is_way(nl, f, NFT_META_IIF, f->destination, NFT_META_OIF, f->port, 0);
	sbi_nft_masquerade(nl);
	sbi_nft_rule_end(nl);
}

static void write_masquerading_of_loopback(struct sbi_nl *nl, const char *table)
{
	const struct family *f = &families[0];

	sbi_nft_rule(nl, table, "post");
	is_loopback(nl, f->source);
	is_way(nl, f, NFT_META_OIF, f->destination, NFT_META_OIF, f->port, 0);
	sbi_nft_masquerade(nl);
	sbi_nft_rule_end(nl);
}

void sbi_nat_write_table(struct sbi_nl *nl, const char *table)
{
	sbi_nft_table(nl, table, NFT_TABLE_F_OWNER);
	write_sets(nl, table);
	sbi_nft_chain(nl, table, "guard", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, NF_ACCEPT);
	sbi_nft_chain(nl, table, "in", "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST, NF_ACCEPT);
	sbi_nft_chain(nl, table, "out", "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST, NF_ACCEPT);
	sbi_nft_chain(nl, table, "post", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC, NF_ACCEPT);
	write_guard(nl, table);
	write_no_loopback6(nl, table, "out");
	for (int i = 0; i < 2; i++) {
		write_ports(nl, table, "in", &families[i]);
		write_ports(nl, table, "out", &families[i]);
		write_masquerading(nl, table, &families[i]);
	}
	write_masquerading_of_loopback(nl, table);
}

/* Keys and data are made of these: each part is filled up to 4 bytes. */
struct bytes {
	uint8_t at[32];
	size_t len;
};

static void add(struct bytes *to, const void *part, size_t len)
{
	memcpy(to->at + to->len, part, len);
	to->len += (len + 3) & ~(size_t)3;
}

static void write_way(struct sbi_nl *nl, uint16_t type, const char *table, const char *set, uint32_t index,
		      const struct sbi_address *address)
{
	struct bytes key = { .len = 0 };

	add(&key, &index, sizeof(index));
	add(&key, address->bytes, sbi_address_length(address));
	add(&key, &index, sizeof(index));
	sbi_nft_elements(nl, type, table, set);
	sbi_nft_element(nl, key.at, key.len, NULL, 0);
	sbi_nft_elements_end(nl);
}

/* By which interface of the host its packets come. */
static uint32_t door_of(const struct sbi_net_if *in)
{
	return in->bridge.index ? in->bridge.index : in->host_index;
}

static void write_masqueraded(struct sbi_nl *nl, uint16_t type, const char *table, const struct sbi_net *net,
			      uint32_t at)
{
	const struct sbi_net_if *in = &net->ifs[at];

	for (int family = 0; family < 2; family++)
		if (in->address[family].family)
			write_way(nl, type, table, families[family].masq, door_of(in), &in->address[family]);
	for (uint32_t i = 0; i < net->asked.address_count; i++) {
		const struct sbi_more_address *more = &net->asked.addresses[i];

		if (!strcmp(more->name, in->link.name))
			write_way(nl, type, table, families[more->address.family == AF_INET6].masq,
				  door_of(in), &more->address);
	}
}

/* The ports of one map: those of all addresses of the host, or of one. */
static void write_map(struct sbi_nl *nl, uint16_t type, const char *table, const struct sbi_net *net,
		      int family, int any)
{
	const struct sbi_address *to = &sbi_net_door(net)->address[family];
	uint32_t written = 0;

	for (uint32_t i = 0; i < net->port_count; i++) {
		const struct sbi_net_port *port = &net->ports[i];
		struct bytes key = { .len = 0 }, data = { .len = 0 };
		uint16_t numbers[2] = { htons(port->host_port), htons(port->port) };

		if (any ? port->host.family : port->host.family != to->family)
			continue;
		if (!any)
			add(&key, port->host.bytes, sbi_address_length(&port->host));
		add(&key, &port->protocol, sizeof(port->protocol));
		add(&key, &numbers[0], sizeof(numbers[0]));
		add(&data, to->bytes, sbi_address_length(to));
		add(&data, &numbers[1], sizeof(numbers[1]));
		if (written++ % SBI_NFT_ELEMENTS == 0) {
			if (written > 1)
				sbi_nft_elements_end(nl);
			sbi_nft_elements(nl, type, table, any ? families[family].any : families[family].at);
		}
		sbi_nft_element(nl, key.at, key.len, type == NFT_MSG_NEWSETELEM ? data.at : NULL, data.len);
	}
	if (written)
		sbi_nft_elements_end(nl);
}

void sbi_nat_write_elements(struct sbi_nl *nl, uint16_t type, const char *table, const struct sbi_net *net)
{
	const struct sbi_net_if *door = sbi_net_door(net);
	uint32_t index = door ? door_of(door) : 0;

	for (uint32_t i = 0; i < net->count; i++)
		if (net->ifs[i].link.flags & SB_NET_MASQUERADE)
			write_masqueraded(nl, type, table, net, i);
	if (!net->port_count)
		return;
	if (type == NFT_MSG_NEWSETELEM) { /* others may have the same; it stays as long as the table */
		sbi_nft_elements(nl, type, table, "doors");
		sbi_nft_element(nl, &index, sizeof(index), NULL, 0);
		sbi_nft_elements_end(nl);
	}
	for (int family = 0; family < 2; family++) {
		if (!door->address[family].family)
			continue;
		write_way(nl, type, table, families[family].port, index, &door->address[family]);
		write_map(nl, type, table, net, family, 0);
		write_map(nl, type, table, net, family, 1);
	}
}
