/* SPDX-License-Identifier: MIT */
/* The expressions of rules: each one has a name and attributes of its own. */
#include <linux/rtnetlink.h>

#include "nft.h"

static void begin(struct sbi_nl *nl, const char *name)
{
	sbi_nl_nest(nl, NFTA_LIST_ELEM);
	sbi_nl_text(nl, NFTA_EXPR_NAME, name);
	sbi_nl_nest(nl, NFTA_EXPR_DATA);
}

static void end(struct sbi_nl *nl)
{
	sbi_nl_end(nl);
	sbi_nl_end(nl);
}

static void value(struct sbi_nl *nl, uint16_t type, const void *data, size_t len)
{
	sbi_nl_nest(nl, type);
	sbi_nl_put(nl, NFTA_DATA_VALUE, data, len);
	sbi_nl_end(nl);
}

void sbi_nft_meta(struct sbi_nl *nl, uint32_t key, uint32_t reg)
{
	begin(nl, "meta");
	sbi_nl_be32(nl, NFTA_META_DREG, reg);
	sbi_nl_be32(nl, NFTA_META_KEY, key);
	end(nl);
}

void sbi_nft_payload(struct sbi_nl *nl, uint32_t base, uint32_t offset, uint32_t len, uint32_t reg)
{
	begin(nl, "payload");
	sbi_nl_be32(nl, NFTA_PAYLOAD_DREG, reg);
	sbi_nl_be32(nl, NFTA_PAYLOAD_BASE, base);
	sbi_nl_be32(nl, NFTA_PAYLOAD_OFFSET, offset);
	sbi_nl_be32(nl, NFTA_PAYLOAD_LEN, len);
	end(nl);
}

void sbi_nft_ct(struct sbi_nl *nl, uint32_t key, uint32_t reg)
{
	begin(nl, "ct");
	sbi_nl_be32(nl, NFTA_CT_DREG, reg);
	sbi_nl_be32(nl, NFTA_CT_KEY, key);
	end(nl);
}

void sbi_nft_fib_local(struct sbi_nl *nl)
{
	begin(nl, "fib");
	sbi_nl_be32(nl, NFTA_FIB_DREG, SBI_NFT_REG(0));
	sbi_nl_be32(nl, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	sbi_nl_be32(nl, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	end(nl);
	sbi_nft_cmp_u32(nl, SBI_NFT_REG(0), NFT_CMP_EQ, RTN_LOCAL);
}

void sbi_nft_cmp(struct sbi_nl *nl, uint32_t reg, uint32_t op, const void *data, size_t len)
{
	begin(nl, "cmp");
	sbi_nl_be32(nl, NFTA_CMP_SREG, reg);
	sbi_nl_be32(nl, NFTA_CMP_OP, op);
	value(nl, NFTA_CMP_DATA, data, len);
	end(nl);
}

void sbi_nft_mask(struct sbi_nl *nl, uint32_t reg, const void *mask, size_t len)
{
	static const uint8_t nothing[16];

	begin(nl, "bitwise");
	sbi_nl_be32(nl, NFTA_BITWISE_SREG, reg);
	sbi_nl_be32(nl, NFTA_BITWISE_DREG, reg);
	sbi_nl_be32(nl, NFTA_BITWISE_LEN, (uint32_t)len);
	value(nl, NFTA_BITWISE_MASK, mask, len);
	value(nl, NFTA_BITWISE_XOR, nothing, len);
	end(nl);
}

void sbi_nft_lookup(struct sbi_nl *nl, const char *set, uint32_t reg, int inverted)
{
	begin(nl, "lookup");
	sbi_nl_text(nl, NFTA_LOOKUP_SET, set);
	sbi_nl_be32(nl, NFTA_LOOKUP_SREG, reg);
	sbi_nl_be32(nl, NFTA_LOOKUP_FLAGS, inverted ? NFT_LOOKUP_F_INV : 0);
	end(nl);
}

void sbi_nft_map(struct sbi_nl *nl, const char *map, uint32_t reg, uint32_t to)
{
	begin(nl, "lookup");
	sbi_nl_text(nl, NFTA_LOOKUP_SET, map);
	sbi_nl_be32(nl, NFTA_LOOKUP_SREG, reg);
	sbi_nl_be32(nl, NFTA_LOOKUP_DREG, to);
	end(nl);
}

void sbi_nft_verdict(struct sbi_nl *nl, int verdict)
{
	begin(nl, "immediate");
	sbi_nl_be32(nl, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	sbi_nl_nest(nl, NFTA_IMMEDIATE_DATA);
	sbi_nl_nest(nl, NFTA_DATA_VERDICT);
	sbi_nl_be32(nl, NFTA_VERDICT_CODE, (uint32_t)verdict);
	sbi_nl_end(nl);
	sbi_nl_end(nl);
	end(nl);
}

void sbi_nft_dnat(struct sbi_nl *nl, uint32_t family, uint32_t address, uint32_t port)
{
	begin(nl, "nat");
	sbi_nl_be32(nl, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	sbi_nl_be32(nl, NFTA_NAT_FAMILY, family);
	sbi_nl_be32(nl, NFTA_NAT_REG_ADDR_MIN, address);
	sbi_nl_be32(nl, NFTA_NAT_REG_PROTO_MIN, port);
	end(nl);
}

void sbi_nft_masquerade(struct sbi_nl *nl)
{
	begin(nl, "masq");
	end(nl);
}

void sbi_nft_reject(struct sbi_nl *nl, uint32_t type, uint8_t code)
{
	begin(nl, "reject");
	sbi_nl_be32(nl, NFTA_REJECT_TYPE, type);
	sbi_nl_u8(nl, NFTA_REJECT_ICMP_CODE, code);
	end(nl);
}
