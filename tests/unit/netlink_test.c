// SPDX-License-Identifier: MIT
/* Netlink: answers of any shape, as a kernel gone mad could send them. */
#include "../fixture.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netlink/link.h"

/* An answer that ends where its memory ends: reading further is seen by the sanitizers. */
struct answer {
	struct nlmsghdr *message;
	size_t len;
};

static void begin(struct answer *a, uint16_t type, const void *head, size_t len)
{
	a->len = NLMSG_LENGTH(len);
	a->message = calloc(1, a->len);
	assert_non_null(a->message);
	a->message->nlmsg_type = type;
	a->message->nlmsg_len = (uint32_t)a->len;
	memcpy((char *)a->message + NLMSG_HDRLEN, head, len);
}

/* An attribute that says it is @said long, with @len bytes there. */
static void add(struct answer *a, uint16_t type, const void *data, size_t len, size_t said)
{
	struct nlattr attr = { .nla_len = (uint16_t)said, .nla_type = type };
	size_t at = NLMSG_ALIGN(a->len);

	a->message = realloc(a->message, at + sizeof(attr) + len);
	assert_non_null(a->message);
	memset((char *)a->message + a->len, 0, at - a->len);
	memcpy((char *)a->message + at, &attr, sizeof(attr));
	if (len)
		memcpy((char *)a->message + at + sizeof(attr), data, len);
	a->len = at + sizeof(attr) + len;
	a->message->nlmsg_len = (uint32_t)a->len;
}

static void add_right(struct answer *a, uint16_t type, const void *data, size_t len)
{
	add(a, type, data, len, NLA_HDRLEN + len);
}

static struct answer link_answer(void)
{
	struct ifinfomsg head = { .ifi_index = 7, .ifi_flags = 3 };
	struct answer a;

	begin(&a, RTM_NEWLINK, &head, sizeof(head));
	return a;
}

static struct sbi_rt_link read_and_free(struct answer *a)
{
	struct sbi_rt_link link;

	memset(&link, 0xee, sizeof(link));
	sbi_rt_read_link(a->message, &link);
	free(a->message);
	return link;
}

static void a_link_is_read(void **state)
{
	struct answer a = link_answer();
	struct rtnl_link_stats64 stats = { .rx_bytes = 1, .tx_bytes = 2, .rx_packets = 3, .tx_packets = 4,
					   .rx_dropped = 5, .tx_dropped = 6 };
	char info[32] = { 0 };
	struct nlattr kind = { .nla_len = NLA_HDRLEN + 7, .nla_type = IFLA_INFO_KIND };
	uint32_t number = 1400, master = 9, peer = 11;
	struct sbi_rt_link link;

	(void)state;
	memcpy(info, &kind, sizeof(kind));
	memcpy(info + NLA_HDRLEN, "bridge", 7);
	add_right(&a, IFLA_IFNAME, "br0", 4);
	add_right(&a, IFLA_MTU, &number, 4);
	add_right(&a, IFLA_MASTER, &master, 4);
	add_right(&a, IFLA_LINK, &peer, 4);
	add_right(&a, IFLA_ADDRESS, "\x02\x42\x0a\0\0\5", 6);
	add_right(&a, IFLA_IFALIAS, "libsandbox 12", 13); /* without a NUL, as the kernel has it */
	add_right(&a, IFLA_LINKINFO | NLA_F_NESTED, info, NLA_HDRLEN + 8);
	add_right(&a, IFLA_STATS64, &stats, sizeof(stats));
	add_right(&a, 0x3fff, NULL, 0);
	link = read_and_free(&a);
	assert_int_equal(link.index, 7);
	assert_int_equal(link.flags, 3);
	assert_string_equal(link.name, "br0");
	assert_string_equal(link.kind, "bridge");
	assert_string_equal(link.alias, "libsandbox 12");
	assert_int_equal(link.mtu, 1400);
	assert_int_equal(link.master, 9);
	assert_int_equal(link.peer, 11);
	assert_memory_equal(link.mac, "\x02\x42\x0a\0\0\5", 6);
	assert_int_equal(link.rx_bytes, 1);
	assert_int_equal(link.tx_dropped, 6);
}

static void texts_are_cut_and_ended(void **state)
{
	struct answer a = link_answer();
	struct sbi_rt_link link;
	char text[300];

	(void)state;
	memset(text, 'n', sizeof(text));
	add_right(&a, IFLA_IFNAME, text, sizeof(text));
	add_right(&a, IFLA_IFALIAS, text, sizeof(text));
	link = read_and_free(&a);
	assert_int_equal(strlen(link.name), sizeof(link.name) - 1);
	assert_int_equal(strlen(link.alias), sizeof(link.alias) - 1);
}

static void numbers_that_are_short_or_long(void **state)
{
	struct answer a = link_answer();
	struct sbi_rt_link link;
	uint64_t number = 0x1122334455667788;

	(void)state;
	add_right(&a, IFLA_MTU, NULL, 0);
	add_right(&a, IFLA_MASTER, &number, 1);
	add_right(&a, IFLA_LINK, &number, 8);
	add_right(&a, IFLA_ADDRESS, &number, 3);
	add_right(&a, IFLA_STATS64, &number, 8);
	add_right(&a, IFLA_LINKINFO, &number, 3);
	link = read_and_free(&a);
	assert_int_equal(link.mtu, 0);
	assert_int_equal(link.master, 0x88);
	assert_int_equal(link.peer, 0x55667788);
	assert_memory_equal(link.mac, "\x88\x77\x66\0\0\0", 6);
	assert_int_equal(link.rx_packets, number);
	assert_int_equal(link.tx_packets, 0);
	assert_string_equal(link.kind, "");
}

/* Reading ends at an attribute that cannot be, with what came before it. */
static void lengths_that_cannot_be(void **state)
{
	static const size_t said[] = { 0, 1, 3, 9, 12, 255, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct answer a = link_answer();
		struct sbi_rt_link link;

		add_right(&a, IFLA_IFNAME, "eth0", 5);
		add(&a, IFLA_IFALIAS, "abcd", 4, said[i]);
		link = read_and_free(&a);
		assert_string_equal(link.name, "eth0");
		assert_string_equal(link.alias, "");
	}
}

/* The same within one that is nested, which must not be left. */
static void nested_lengths_that_cannot_be(void **state)
{
	(void)state;
	for (unsigned said = 0; said < 64; said++) {
		struct answer a = link_answer();
		struct nlattr kind = { .nla_len = (uint16_t)said, .nla_type = IFLA_INFO_KIND };
		char info[NLA_HDRLEN + 4] = "";
		struct sbi_rt_link link;

		memcpy(info, &kind, sizeof(kind));
		memcpy(info + NLA_HDRLEN, "veth", 4);
		add_right(&a, IFLA_LINKINFO, info, sizeof(info));
		link = read_and_free(&a);
		if (said == sizeof(info))
			assert_string_equal(link.kind, "veth");
		else if (said <= NLA_HDRLEN || said > sizeof(info))
			assert_string_equal(link.kind, "");
	}
}

/* Cut anywhere: a message is as long as it says, and what is missing is missing. */
static void cut_answers(void **state)
{
	struct answer whole = link_answer();
	size_t len;

	(void)state;
	add_right(&whole, IFLA_IFNAME, "eth0", 5);
	add_right(&whole, IFLA_MTU, "\1\0\0\0", 4);
	for (len = NLMSG_HDRLEN; len <= whole.len; len++) {
		struct answer a = { malloc(len), len };
		struct sbi_rt_link link;

		assert_non_null(a.message);
		memcpy(a.message, whole.message, len);
		a.message->nlmsg_len = (uint32_t)len;
		link = read_and_free(&a);
		assert_int_equal(link.index, len < NLMSG_LENGTH(sizeof(struct ifinfomsg)) ? 0 : 7);
		assert_int_equal(link.mtu, len == whole.len ? 1 : 0);
	}
	free(whole.message);
}

static void another_kind_of_message_is_nothing(void **state)
{
	struct answer a = link_answer();
	struct sbi_address address;
	struct sbi_rt_link link;

	(void)state;
	add_right(&a, IFLA_IFNAME, "eth0", 5);
	assert_int_equal(sbi_rt_read_address(a.message, &address), 0);
	assert_int_equal(address.family, 0);
	a.message->nlmsg_type = RTM_DELLINK;
	link = read_and_free(&a);
	assert_int_equal(link.index, 0);
	assert_string_equal(link.name, "");
}

static void addresses_are_read(void **state)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 5 };
	struct sbi_address address;
	char text[SBI_ADDRESS_TEXT];

	(void)state;
	for (int order = 0; order < 2; order++) { /* IFA_LOCAL has the last word, wherever it stands */
		struct answer a;

		begin(&a, RTM_NEWADDR, &head, sizeof(head));
		add_right(&a, order ? IFA_LOCAL : IFA_ADDRESS, order ? "\x0a\0\0\1" : "\x0a\0\0\2", 4);
		add_right(&a, order ? IFA_ADDRESS : IFA_LOCAL, order ? "\x0a\0\0\2" : "\x0a\0\0\1", 4);
		assert_int_equal(sbi_rt_read_address(a.message, &address), 5);
		sbi_address_text(&address, text, sizeof(text));
		assert_string_equal(text, "10.0.0.1/24");
		free(a.message);
	}
	for (size_t len = 0; len < 40; len++) { /* more than there is room for, and less */
		struct answer a;
		char bytes[40] = { 1, 2, 3, 4 };

		begin(&a, RTM_NEWADDR, &head, sizeof(head));
		add_right(&a, IFA_LOCAL, bytes, len);
		assert_int_equal(sbi_rt_read_address(a.message, &address), 5);
		assert_int_equal(address.bytes[0], len ? 1 : 0);
		assert_int_equal(address.bytes[3], len > 3 ? 4 : 0);
		free(a.message);
	}
}

/* Any bytes at all; the sanitizers look on. */
static void noise(void **state)
{
	struct sbi_rt_link link;
	struct sbi_address address;
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = NLMSG_HDRLEN + (size_t)(round % 128);
		uint8_t *bytes = malloc(len);
		struct nlmsghdr *message = (void *)bytes;

		assert_non_null(bytes);
		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(seed >> 24) & (round & 1 ? 0x1f : 0xff);
		}
		message->nlmsg_len = (uint32_t)len;
		message->nlmsg_type = round & 2 ? RTM_NEWLINK : RTM_NEWADDR;
		sbi_rt_read_link(message, &link);
		sbi_rt_read_address(message, &address);
		assert_true(memchr(link.name, '\0', sizeof(link.name)) &&
			    memchr(link.kind, '\0', sizeof(link.kind)));
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_read),
		cmocka_unit_test(texts_are_cut_and_ended),
		cmocka_unit_test(numbers_that_are_short_or_long),
		cmocka_unit_test(lengths_that_cannot_be),
		cmocka_unit_test(nested_lengths_that_cannot_be),
		cmocka_unit_test(cut_answers),
		cmocka_unit_test(another_kind_of_message_is_nothing),
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
