/* SPDX-License-Identifier: MIT */
/*
 * Requests of nftables: transactions, tables, chains, sets and rules.
 *
 * A transaction is carried out as a whole or not at all. Acknowledgements are not asked for: a
 * large one would overflow the socket's buffer with them, and refusals come without.
 */
#ifndef SBI_NFT_H
#define SBI_NFT_H

#include <netinet/in.h> /* before the kernel's headers, which then leave out what it has */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "netlink.h"

#define SBI_NFT_ELEMENTS 256 /* in one request: a list has at most 64 KiB (struct nlattr) */

/* A register of 32 bits; there are 16. */
#define SBI_NFT_REG(n) (NFT_REG32_00 + (n))

/** sbi_nft_begin, sbi_nft_end - around the requests of a transaction; of the inet family, all of it. */
void sbi_nft_begin(struct sbi_nl *nl);
void sbi_nft_end(struct sbi_nl *nl);

/**
 * sbi_nft_table - @flags: NFT_TABLE_F_OWNER (5.12): nobody else may change it, and it goes when the
 * socket is closed.
 */
void sbi_nft_table(struct sbi_nl *nl, const char *table, uint32_t flags);
/** sbi_nft_chain - a base chain. @type: "filter", "nat"; @hook: NF_INET_*; @policy: NF_ACCEPT, NF_DROP. */
void sbi_nft_chain(struct sbi_nl *nl, const char *table, const char *chain, const char *type, uint32_t hook,
		   int priority, uint32_t policy);

/* What a set holds, or a map as well; lengths with each part filled up to 4 bytes. */
struct sbi_nft_set {
	const char *name;
	uint32_t key_type, key_len;   /* types are nft's own numbers, only for its listings: SBI_NFT_TYPE() */
	uint32_t data_type, data_len; /* 0 = no map */
};
#define SBI_NFT_TYPE(all, next) ((all) << 6 | (next)) /* of concatenated parts */
enum { SBI_NFT_IPV4 = 7, SBI_NFT_IPV6 = 8, SBI_NFT_PROTOCOL = 12, SBI_NFT_PORT = 13, SBI_NFT_DEVICE = 20 };

void sbi_nft_set(struct sbi_nl *nl, const char *table, const struct sbi_nft_set *set, uint32_t id);
/**
 * sbi_nft_elements - begin a list of at most SBI_NFT_ELEMENTS. @type: NFT_MSG_NEWSETELEM,
 * NFT_MSG_DELSETELEM.
 */
void sbi_nft_elements(struct sbi_nl *nl, uint16_t type, const char *table, const char *set);
/** sbi_nft_element - @data: NULL for a set, and to remove. */
void sbi_nft_element(struct sbi_nl *nl, const void *key, size_t key_len, const void *data, size_t data_len);
void sbi_nft_elements_end(struct sbi_nl *nl);

/** sbi_nft_rule, sbi_nft_rule_end - around the expressions of a rule, which comes last in its chain. */
void sbi_nft_rule(struct sbi_nl *nl, const char *table, const char *chain);
void sbi_nft_rule_end(struct sbi_nl *nl);

/* Expressions; nft_expr.c. @reg: SBI_NFT_REG(). */
void sbi_nft_meta(struct sbi_nl *nl, uint32_t key, uint32_t reg);
/** sbi_nft_payload - @base: NFT_PAYLOAD_NETWORK_HEADER, … */
void sbi_nft_payload(struct sbi_nl *nl, uint32_t base, uint32_t offset, uint32_t len, uint32_t reg);
void sbi_nft_ct(struct sbi_nl *nl, uint32_t key, uint32_t reg);
/** sbi_nft_fib_local - go on only if the destination is an address of this host. */
void sbi_nft_fib_local(struct sbi_nl *nl);
/** sbi_nft_cmp - @op: NFT_CMP_EQ… */
void sbi_nft_cmp(struct sbi_nl *nl, uint32_t reg, uint32_t op, const void *data, size_t len);
/** sbi_nft_mask - what is not in @mask becomes 0. */
void sbi_nft_mask(struct sbi_nl *nl, uint32_t reg, const void *mask, size_t len);
/** sbi_nft_lookup - go on only if the key at @reg is in @set; @inverted: if it is not. */
void sbi_nft_lookup(struct sbi_nl *nl, const char *set, uint32_t reg, int inverted);
/** sbi_nft_map - the same, and the data of the map is put into @to. */
void sbi_nft_map(struct sbi_nl *nl, const char *map, uint32_t reg, uint32_t to);
/** sbi_nft_verdict - NF_ACCEPT, NF_DROP, NFT_RETURN. */
void sbi_nft_verdict(struct sbi_nl *nl, int verdict);
/** sbi_nft_dnat - to the address at @address and the port at @port. @family: NFPROTO_IPV4, NFPROTO_IPV6. */
void sbi_nft_dnat(struct sbi_nl *nl, uint32_t family, uint32_t address, uint32_t port);
void sbi_nft_masquerade(struct sbi_nl *nl);
/** sbi_nft_reject - @type: NFT_REJECT_TCP_RST, NFT_REJECT_ICMPX_UNREACH with @code. */
void sbi_nft_reject(struct sbi_nl *nl, uint32_t type, uint8_t code);

/* Common beginnings of rules. */
static inline void sbi_nft_cmp_u8(struct sbi_nl *nl, uint32_t reg, uint8_t value)
{
	sbi_nft_cmp(nl, reg, NFT_CMP_EQ, &value, sizeof(value));
}

static inline void sbi_nft_cmp_u32(struct sbi_nl *nl, uint32_t reg, uint32_t op, uint32_t value)
{
	sbi_nft_cmp(nl, reg, op, &value, sizeof(value));
}

/** sbi_nft_is_family - NFPROTO_IPV4, NFPROTO_IPV6. */
static inline void sbi_nft_is_family(struct sbi_nl *nl, uint8_t family)
{
	sbi_nft_meta(nl, NFT_META_NFPROTO, SBI_NFT_REG(0));
	sbi_nft_cmp_u8(nl, SBI_NFT_REG(0), family);
}

/** sbi_nft_is_protocol - IPPROTO_TCP… */
static inline void sbi_nft_is_protocol(struct sbi_nl *nl, uint8_t protocol)
{
	sbi_nft_meta(nl, NFT_META_L4PROTO, SBI_NFT_REG(0));
	sbi_nft_cmp_u8(nl, SBI_NFT_REG(0), protocol);
}

/**
 * sbi_nft_has_status - one of the bits of a state or status of a connection. @key: NFT_CT_STATE,
 * NFT_CT_STATUS.
 */
static inline void sbi_nft_has_status(struct sbi_nl *nl, uint32_t key, uint32_t bits)
{
	sbi_nft_ct(nl, key, SBI_NFT_REG(0));
	sbi_nft_mask(nl, SBI_NFT_REG(0), &bits, sizeof(bits));
	sbi_nft_cmp_u32(nl, SBI_NFT_REG(0), NFT_CMP_NEQ, 0);
}

#endif
