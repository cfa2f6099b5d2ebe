/* SPDX-License-Identifier: MIT */
/* Transactions of nftables, and the objects in them. Numbers are in network byte order. */
#include "nft.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>

static void request(struct sbi_nl *nl, uint16_t type, uint16_t flags)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	sbi_nl_request(nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &head, sizeof(head));
	sbi_nl_quiet(nl);
}

static void edge(struct sbi_nl *nl, uint16_t type)
{
	struct nfgenmsg head = { .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	sbi_nl_request(nl, type, 0, &head, sizeof(head));
	sbi_nl_quiet(nl);
}

void sbi_nft_begin(struct sbi_nl *nl)
{
	edge(nl, NFNL_MSG_BATCH_BEGIN);
}

void sbi_nft_end(struct sbi_nl *nl)
{
	edge(nl, NFNL_MSG_BATCH_END);
}

void sbi_nft_table(struct sbi_nl *nl, const char *table, uint32_t flags)
{
	request(nl, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	sbi_nl_text(nl, NFTA_TABLE_NAME, table);
	sbi_nl_be32(nl, NFTA_TABLE_FLAGS, flags);
}

void sbi_nft_chain(struct sbi_nl *nl, const char *table, const char *chain, const char *type, uint32_t hook,
		   int priority, uint32_t policy)
{
	request(nl, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	sbi_nl_text(nl, NFTA_CHAIN_TABLE, table);
	sbi_nl_text(nl, NFTA_CHAIN_NAME, chain);
	sbi_nl_nest(nl, NFTA_CHAIN_HOOK);
	sbi_nl_be32(nl, NFTA_HOOK_HOOKNUM, hook);
	sbi_nl_be32(nl, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	sbi_nl_end(nl);
	sbi_nl_be32(nl, NFTA_CHAIN_POLICY, policy);
	sbi_nl_text(nl, NFTA_CHAIN_TYPE, type);
}

void sbi_nft_set(struct sbi_nl *nl, const char *table, const struct sbi_nft_set *set, uint32_t id)
{
	/* For nft's listing: a number of this machine's byte order (libnftnl's attribute 0 of user data). */
	static const uint8_t own_order[6] = { 0, 4, 1 };

	request(nl, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);
	sbi_nl_text(nl, NFTA_SET_TABLE, table);
	sbi_nl_text(nl, NFTA_SET_NAME, set->name);
	sbi_nl_be32(nl, NFTA_SET_FLAGS, set->data_len ? NFT_SET_MAP : 0);
	sbi_nl_be32(nl, NFTA_SET_KEY_TYPE, set->key_type);
	sbi_nl_be32(nl, NFTA_SET_KEY_LEN, set->key_len);
	if (set->data_len) {
		sbi_nl_be32(nl, NFTA_SET_DATA_TYPE, set->data_type);
		sbi_nl_be32(nl, NFTA_SET_DATA_LEN, set->data_len);
	}
	sbi_nl_be32(nl, NFTA_SET_ID, id);
	if (set->key_type == SBI_NFT_DEVICE)
		sbi_nl_put(nl, NFTA_SET_USERDATA, own_order, sizeof(own_order));
}

void sbi_nft_elements(struct sbi_nl *nl, uint16_t type, const char *table, const char *set)
{
	request(nl, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	sbi_nl_text(nl, NFTA_SET_ELEM_LIST_TABLE, table);
	sbi_nl_text(nl, NFTA_SET_ELEM_LIST_SET, set);
	sbi_nl_nest(nl, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void value(struct sbi_nl *nl, uint16_t type, const void *data, size_t len)
{
	sbi_nl_nest(nl, type);
	sbi_nl_put(nl, NFTA_DATA_VALUE, data, len);
	sbi_nl_end(nl);
}

void sbi_nft_element(struct sbi_nl *nl, const void *key, size_t key_len, const void *data, size_t data_len)
{
	sbi_nl_nest(nl, NFTA_LIST_ELEM);
	value(nl, NFTA_SET_ELEM_KEY, key, key_len);
	if (data)
		value(nl, NFTA_SET_ELEM_DATA, data, data_len);
	sbi_nl_end(nl);
}

void sbi_nft_elements_end(struct sbi_nl *nl)
{
	sbi_nl_end(nl);
}

void sbi_nft_rule(struct sbi_nl *nl, const char *table, const char *chain)
{
	request(nl, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	sbi_nl_text(nl, NFTA_RULE_TABLE, table);
	sbi_nl_text(nl, NFTA_RULE_CHAIN, chain);
	sbi_nl_nest(nl, NFTA_RULE_EXPRESSIONS);
}

void sbi_nft_rule_end(struct sbi_nl *nl)
{
	sbi_nl_end(nl);
}
