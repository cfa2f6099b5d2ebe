/* SPDX-License-Identifier: MIT */
/*
 * The rules inside a sandbox's own network namespace. They are written through a socket of it before
 * anything but lo is up, and belong to the user namespace that made it: a command has no power over them.
 *
 *	chain output   what is allowed, and answers; anything else is refused, so that nobody waits for it
 *	chain input    answers and published ports; anything else is dropped
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "net.h"
#include "netlink/nft.h"

#define TABLE "sandbox"
#define LOOPBACK 1 /* in every namespace it is the first interface */
#define REG SBI_NFT_REG(0)
#define MOST 100000 /* bytes in one transaction: an ordinary user's socket sends no more than 212992 */

/* Rules that both chains begin with. @key: NFT_META_IIF, NFT_META_OIF. */
static void write_common(struct sbi_nl *nl, const char *chain, uint32_t key)
{
	/* Neighbours, routers and, for bridges that snoop, membership in their groups (RFC 4861, 3810). */
	static const uint8_t ranges[][2] = { { 133, 136 }, { 143, 143 } };

	sbi_nft_rule(nl, TABLE, chain);
	sbi_nft_meta(nl, key, REG);
	sbi_nft_cmp_u32(nl, REG, NFT_CMP_EQ, LOOPBACK);
	sbi_nft_verdict(nl, NF_ACCEPT);
	sbi_nft_rule_end(nl);
	sbi_nft_rule(nl, TABLE, chain);
	sbi_nft_has_status(nl, NFT_CT_STATE,
			   NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	sbi_nft_verdict(nl, NF_ACCEPT);
	sbi_nft_rule_end(nl);
	for (int i = 0; i < 2; i++) {
		sbi_nft_rule(nl, TABLE, chain);
		sbi_nft_is_protocol(nl, IPPROTO_ICMPV6);
		sbi_nft_payload(nl, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, REG);
		sbi_nft_cmp(nl, REG, NFT_CMP_GTE, &ranges[i][0], 1);
		sbi_nft_cmp(nl, REG, NFT_CMP_LTE, &ranges[i][1], 1);
		sbi_nft_verdict(nl, NF_ACCEPT);
		sbi_nft_rule_end(nl);
	}
}

static void is_port(struct sbi_nl *nl, uint16_t first, uint16_t last)
{
	uint16_t bounds[2] = { htons(first), htons(last) };

	sbi_nft_payload(nl, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, REG);
	if (first != last) {
		sbi_nft_cmp(nl, REG, NFT_CMP_GTE, &bounds[0], 2);
		sbi_nft_cmp(nl, REG, NFT_CMP_LTE, &bounds[1], 2);
	} else {
		sbi_nft_cmp(nl, REG, NFT_CMP_EQ, &bounds[0], 2);
	}
}

static void is_for(struct sbi_nl *nl, const struct sbi_address *network)
{
	int six = network->family == AF_INET6;
	uint8_t mask[16] = { 0 };

	sbi_nft_is_family(nl, six ? NFPROTO_IPV6 : NFPROTO_IPV4);
	if (!network->prefix)
		return;
	for (unsigned i = 0; i < network->prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	sbi_nft_payload(nl, NFT_PAYLOAD_NETWORK_HEADER, six ? 24 : 16, sbi_address_length(network), REG);
	if (network->prefix < sbi_address_length(network) * 8)
		sbi_nft_mask(nl, REG, mask, sbi_address_length(network));
	sbi_nft_cmp(nl, REG, NFT_CMP_EQ, network->bytes, sbi_address_length(network));
}

/* @protocol: 0 = any. */
static void write_allowed(struct sbi_nl *nl, const struct sbi_allow *allow, uint8_t protocol)
{
	sbi_nft_rule(nl, TABLE, "output");
	if (allow->network.family)
		is_for(nl, &allow->network);
	if (protocol)
		sbi_nft_is_protocol(nl, protocol);
	if (allow->first)
		is_port(nl, allow->first, allow->last);
	sbi_nft_verdict(nl, NF_ACCEPT);
	sbi_nft_rule_end(nl);
}

/* Some rules say two things: a port of any protocol, and ICMP of both families. */
static void write_allow(struct sbi_nl *nl, const struct sbi_allow *allow)
{
	if (allow->protocol == IPPROTO_ICMP) {
		if (allow->network.family != AF_INET6)
			write_allowed(nl, allow, IPPROTO_ICMP);
		if (allow->network.family != AF_INET)
			write_allowed(nl, allow, IPPROTO_ICMPV6);
	} else if (!allow->protocol && allow->first) {
		write_allowed(nl, allow, IPPROTO_TCP);
		write_allowed(nl, allow, IPPROTO_UDP);
	} else {
		write_allowed(nl, allow, allow->protocol);
	}
}

static void write_published(struct sbi_nl *nl, const struct sbi_port *port)
{
	sbi_nft_rule(nl, TABLE, "input");
	sbi_nft_is_protocol(nl, port->protocol);
	is_port(nl, port->port, (uint16_t)(port->port + port->count - 1));
	sbi_nft_verdict(nl, NF_ACCEPT);
	sbi_nft_rule_end(nl);
}

/*
 * A TCP socket that is just connecting takes an ICMPv6 error for a passing one, and goes on for a
 * second; not so a reset.
 */
static void write_refusal(struct sbi_nl *nl)
{
	sbi_nft_rule(nl, TABLE, "output");
	sbi_nft_is_family(nl, NFPROTO_IPV6);
	sbi_nft_is_protocol(nl, IPPROTO_TCP);
	sbi_nft_reject(nl, NFT_REJECT_TCP_RST, 0);
	sbi_nft_rule_end(nl);
	sbi_nft_rule(nl, TABLE, "output");
	sbi_nft_reject(nl, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	sbi_nft_rule_end(nl);
}

static void write_chains(struct sbi_nl *nl)
{
	sbi_nft_table(nl, TABLE, 0);
	sbi_nft_chain(nl, TABLE, "output", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER, NF_DROP);
	sbi_nft_chain(nl, TABLE, "input", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER, NF_DROP);
	write_common(nl, "output", NFT_META_OIF);
	write_common(nl, "input", NFT_META_IIF);
}

static int send_all(struct sbi_net *net, struct sbi_nl *nl, sb_error *err)
{
	sbi_nft_end(nl);
	return sbi_net_talk(net, nl, NULL, NULL, SB_STEP_WALL, 0, "rules inside", err);
}

/* Many rules are several transactions: the policy is there with the first, and no interface is up. */
static int send_much(struct sbi_net *net, struct sbi_nl *nl, sb_error *err)
{
	int r;

	if (nl->used < MOST)
		return 0;
	r = send_all(net, nl, err);
	sbi_nft_begin(nl);
	return r;
}

int sbi_net_wall(struct sbi_net *net, sb_error *err)
{
	struct sbi_nl nl;
	int r = 0;

	sbi_nl_init(&nl, net->rules);
	sbi_nft_begin(&nl);
	write_chains(&nl);
	for (uint32_t i = 0; r == 0 && i < net->asked.allow_count; i++) {
		write_allow(&nl, &net->asked.allowed[i]);
		r = send_much(net, &nl, err);
	}
	for (uint32_t i = 0; r == 0 && i < net->asked.port_count; i++) {
		write_published(&nl, &net->asked.ports[i]);
		r = send_much(net, &nl, err);
	}
	if (r == 0) {
		write_refusal(&nl);
		r = send_all(net, &nl, err);
	}
	sbi_nl_free(&nl);
	if (r == -EOPNOTSUPP || r == -EPROTONOSUPPORT || r == -ENOENT)
		sbi_hint(err, "they need a kernel with nf_tables, nft_ct and nft_reject_inet");
	return r;
}
