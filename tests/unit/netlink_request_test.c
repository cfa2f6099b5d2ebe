// SPDX-License-Identifier: MIT
/* Netlink: the bytes of requests. */
#include "../fixture.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netlink/link.h"

static const struct nlattr *find(const void *at, size_t left, uint16_t type)
{
	const struct nlattr *attr;

	while ((attr = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(attr) == type)
			return attr;
	fail_msg("there is no attribute %u", type);
	return NULL;
}

/* Every attribute lies within the one around it, and they fill it to the last byte. */
static void is_filled(const void *at, size_t left)
{
	const struct nlattr *attr;

	while ((attr = sbi_nl_next(&at, &left)))
		if (attr->nla_type & NLA_F_NESTED && sbi_nl_type(attr) != VETH_INFO_PEER)
			is_filled(sbi_nl_data(attr), sbi_nl_len(attr));
	assert_int_equal(left, 0);
}

static void a_veth_as_bytes(void **state)
{
	struct sbi_rt_new host = { .name = "host0", .mtu = 1400, .master = 9, .netns = -1, .up = 1 };
	struct sbi_rt_new peer = { .name = "eth0", .mac = (const uint8_t *)"\x02\x42\x0a\0\0\5", .netns = 42 };
	const struct nlmsghdr *message;
	const struct nlattr *info, *data, *inner;
	const struct ifinfomsg *head;
	struct sbi_nl nl;
	const char *attrs;
	size_t len;

	(void)state;
	sbi_nl_init(&nl, -1);
	assert_int_equal(sbi_rt_new_veth(&nl, &host, &peer), 0);
	assert_int_equal(sbi_rt_get_link(&nl, "host0"), 1);
	message = (const void *)nl.buf;
	assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	head = (const void *)(nl.buf + NLMSG_HDRLEN);
	assert_int_equal(head->ifi_flags, 1); /* IFF_UP */
	attrs = nl.buf + NLMSG_LENGTH(sizeof(*head));
	len = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	is_filled(attrs, len);
	assert_string_equal(sbi_nl_data(find(attrs, len, IFLA_IFNAME)), "host0");
	info = find(attrs, len, IFLA_LINKINFO);
	assert_string_equal(sbi_nl_data(find(sbi_nl_data(info), sbi_nl_len(info), IFLA_INFO_KIND)), "veth");
	data = find(sbi_nl_data(info), sbi_nl_len(info), IFLA_INFO_DATA);
	inner = find(sbi_nl_data(data), sbi_nl_len(data), VETH_INFO_PEER);
	attrs = (const char *)sbi_nl_data(inner) + sizeof(*head); /* an ifinfomsg comes first */
	len = sbi_nl_len(inner) - sizeof(*head);
	is_filled(attrs, len);
	assert_string_equal(sbi_nl_data(find(attrs, len, IFLA_IFNAME)), "eth0");
	assert_memory_equal(sbi_nl_data(find(attrs, len, IFLA_ADDRESS)), "\x02\x42\x0a\0\0\5", 6);
	message = (const void *)(nl.buf + NLMSG_ALIGN(message->nlmsg_len));
	assert_int_equal(message->nlmsg_type, RTM_GETLINK);
	assert_int_equal(message->nlmsg_seq, 2);
	assert_int_equal((const char *)message + NLMSG_ALIGN(message->nlmsg_len) - nl.buf, nl.used);
	sbi_nl_free(&nl);
}

static void an_address_as_bytes(void **state)
{
	struct sbi_address address;
	const struct nlmsghdr *message;
	const struct ifaddrmsg *head;
	struct sbi_nl nl;
	const char *attrs;
	size_t len;

	(void)state;
	assert_int_equal(sbi_address_parse("10.0.3.5/22", AF_INET, &address), 0);
	sbi_nl_init(&nl, -1);
	sbi_rt_add_address(&nl, 7, &address);
	message = (const void *)nl.buf;
	head = (const void *)(nl.buf + NLMSG_HDRLEN);
	assert_int_equal(head->ifa_prefixlen, 22);
	assert_int_equal(head->ifa_index, 7);
	attrs = nl.buf + NLMSG_LENGTH(sizeof(*head));
	len = message->nlmsg_len - NLMSG_LENGTH(sizeof(*head));
	assert_memory_equal(sbi_nl_data(find(attrs, len, IFA_LOCAL)), "\x0a\0\3\5", 4);
	assert_memory_equal(sbi_nl_data(find(attrs, len, IFA_BROADCAST)), "\x0a\0\3\xff", 4);
	sbi_nl_free(&nl);
}

static void nesting_too_deep_fails_at_the_end(void **state)
{
	struct sbi_nl nl;

	(void)state;
	sbi_nl_init(&nl, -1);
	sbi_nl_request(&nl, RTM_NEWLINK, 0, "", 1);
	for (int i = 0; i <= SBI_NL_DEPTH; i++)
		sbi_nl_nest(&nl, 1);
	for (int i = 0; i <= SBI_NL_DEPTH + 1; i++)
		sbi_nl_end(&nl);
	assert_int_equal(sbi_nl_talk(&nl, NULL, NULL, NULL), -ENOMEM);
	assert_int_equal(nl.used, 0); /* and it can be used again */
	sbi_rt_dump_links(&nl);
	assert_int_equal(sbi_nl_talk(&nl, NULL, NULL, NULL), -EBADF);
	sbi_nl_free(&nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_veth_as_bytes),
		cmocka_unit_test(an_address_as_bytes),
		cmocka_unit_test(nesting_too_deep_fails_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
