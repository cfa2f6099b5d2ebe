// SPDX-License-Identifier: MIT
/*
 * What is written to nftables, byte for byte: a transaction, a rule, an element; no acknowledgement
 * is asked for.
 */
#include "netlink/nft.h"

#include "../fixture.h"

/* @want: bytes as hexadecimal digits; spaces do not count. */
static void is_written(const struct sbi_nl *nl, size_t from, const char *want)
{
	char got[1024] = "", wanted[1024] = "";
	size_t n = 0;

	assert_int_equal(nl->failed, 0);
	for (size_t i = from; i < nl->used && n + 3 < sizeof(got); i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%02x", (unsigned char)nl->buf[i]);
	for (n = 0; *want; want++)
		if (*want != ' ')
			wanted[n++] = *want;
	assert_string_equal(got, wanted);
}

/* Numbers of headers and attributes are the machine's, here little-endian; values are not. */
static void begin(struct sbi_nl *nl)
{
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		fx_skip("the bytes of this test are those of a little-endian machine");
	sbi_nl_init(nl, -1);
}

static void a_transaction_is_marked_at_both_ends(void **state)
{
	struct sbi_nl nl;

	(void)state;
	begin(&nl);
	sbi_nft_begin(&nl);
	sbi_nft_end(&nl);
	is_written(&nl, 0,
		   "14000000 1000 0100 01000000 00000000 00 00 000a"
		   "14000000 1100 0100 02000000 00000000 00 00 000a");
	sbi_nl_free(&nl);
}

static void a_rule_is_a_list_of_expressions(void **state)
{
	struct sbi_nl nl;

	(void)state;
	begin(&nl);
	sbi_nft_rule(&nl, "t", "c");
	sbi_nft_verdict(&nl, NF_DROP);
	sbi_nft_rule_end(&nl);
	is_written(&nl, 0,
		   /* NEWRULE, inet; REQUEST, CREATE, APPEND */
		   "58000000 060a 010c 01000000 00000000 01 00 0000"
		   "0600 0100 74000000 0600 0200 63000000"           /* "t", "c" */
		   "3400 0480 3000 0180"                             /* EXPRESSIONS, LIST_ELEM */
		   "0e00 0100 696d6d656469617465000000"               /* "immediate" */
		   "1c00 0280 0800 0100 00000000"                    /* DATA: register 0 */
		   "1000 0280 0c00 0280 0800 0100 00000000");        /* DATA, VERDICT: drop */
	sbi_nl_free(&nl);
}

static void elements_have_keys_and_data(void **state)
{
	struct sbi_nl nl;

	(void)state;
	begin(&nl);
	sbi_nft_elements(&nl, NFT_MSG_NEWSETELEM, "t", "m");
	sbi_nft_element(&nl, "\x01\x02\x03\x04", 4, "\x05\x06\x07\x08", 4);
	sbi_nft_element(&nl, "\x09\x0a\x0b\x0c", 4, NULL, 0);
	sbi_nft_elements_end(&nl);
	is_written(&nl, 0,
		   "54000000 0c0a 0104 01000000 00000000 01 00 0000"
		   "0600 0100 74000000 0600 0200 6d000000 3000 0380"
		   "1c00 0180 0c00 0180 0800 0100 01020304 0c00 0280 0800 0100 05060708"
		   "1000 0180 0c00 0180 0800 0100 090a0b0c");
	sbi_nl_free(&nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_is_marked_at_both_ends),
		cmocka_unit_test(a_rule_is_a_list_of_expressions),
		cmocka_unit_test(elements_have_keys_and_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
