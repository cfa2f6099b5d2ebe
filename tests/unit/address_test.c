// SPDX-License-Identifier: MIT
/* Addresses: text and back, which network one is in, which numbers a network has. */
#include "../fixture.h"

#include <errno.h>
#include <sys/socket.h>

#include "netlink/address.h"

static struct sbi_address parsed(const char *text)
{
	struct sbi_address address;

	if (sbi_address_parse(text, AF_UNSPEC, &address) != 0)
		fail_msg("\"%s\" is refused", text);
	return address;
}

static void is_text(const struct sbi_address *address, const char *expected)
{
	char text[SBI_ADDRESS_TEXT];

	sbi_address_text(address, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void text_and_back(void **state)
{
	static const char *const same[] = { "10.0.0.5", "10.0.0.5/24", "0.0.0.0/0", "255.255.255.255/32",
					    "fd00::5", "fd00::5/64", "::/0", "::1/128", "1:2:3:4:5:6:7:8/3",
					    "::ffff:10.0.0.5/96" };
	struct sbi_address address = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		address = parsed(same[i]);
		is_text(&address, same[i]);
		assert_int_equal(address.family, strchr(same[i], ':') ? AF_INET6 : AF_INET);
		assert_true((address.prefix == SBI_NO_PREFIX) == !strchr(same[i], '/'));
	}
	address = parsed("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128"); /* the longest */
	is_text(&address, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
	address = (struct sbi_address){ 0 };
	is_text(&address, "");
}

static void what_is_no_address(void **state)
{
	static const char *const wrong[] = { "", "/", "/24", "10", "10.0.0", "10.0.0.5.6", "10.0.0.256",
					     "10.0.0.-1", "0x0a.0.0.5", "10.0.0.5/", "10.0.0.5/33",
					     "10.0.0.5/024", "10.0.0.5/2 4", "10.0.0.5/1000", "10.0.0.5/-1",
					     "10.0.0.5/24/24", "10.0.0.5 ", " 10.0.0.5", "fd00::5/129",
					     "fd00:::5", "1::2::3", "12345::", "fe80::1%eth0", ":",
					     "localhost",
					     "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555555" };
	struct sbi_address address = { .family = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (sbi_address_parse(wrong[i], AF_UNSPEC, &address) != -EINVAL)
			fail_msg("\"%s\" is taken", wrong[i]);
	assert_int_equal(sbi_address_parse("10.0.0.5", AF_INET6, &address), -EINVAL);
	assert_int_equal(sbi_address_parse("fd00::5", AF_INET, &address), -EINVAL);
	assert_int_equal(address.family, 77); /* nothing is written on failure */
}

static void networks(void **state)
{
	static const char *const rows[][2] = {
		{ "10.1.2.3/0", "0.0.0.0/0" }, { "10.1.2.3/1", "0.0.0.0/1" }, { "10.1.2.3/8", "10.0.0.0/8" },
		{ "10.1.2.3/9", "10.0.0.0/9" }, { "10.129.2.3/9", "10.128.0.0/9" },
		{ "10.1.2.3/31", "10.1.2.2/31" }, { "10.1.2.3/32", "10.1.2.3/32" },
		{ "fd00::5/64", "fd00::/64" }, { "fd00:0:0:1:8000::/65", "fd00:0:0:1:8000::/65" },
		{ "fdff::1/10", "fdc0::/10" }, { "::1/128", "::1/128" }, { "::1/0", "::/0" },
		{ "10.1.2.3", "10.1.2.3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbi_address address = parsed(rows[i][0]), network = sbi_address_network(&address);

		is_text(&network, rows[i][1]);
		if (address.prefix != SBI_NO_PREFIX)
			assert_true(sbi_address_in(&address, &network));
	}
}

static void what_lies_inside(void **state)
{
	static const struct {
		const char *address, *network;
		int inside;
	} rows[] = {
		{ "10.0.0.5", "10.0.0.1/24", 1 }, { "10.0.1.5", "10.0.0.1/24", 0 },
		{ "10.0.0.255", "10.0.0.1/25", 0 }, { "10.0.0.127", "10.0.0.1/25", 1 },
		{ "1.2.3.4", "0.0.0.0/0", 1 }, { "10.0.0.1", "10.0.0.1/32", 1 },
		{ "10.0.0.2", "10.0.0.1/32", 0 }, { "fd00::5", "fd00::1/64", 1 },
		{ "fd00:0:0:1::5", "fd00::1/64", 0 }, { "fd00::5", "::/0", 1 }, { "fd00::5", "0.0.0.0/0", 0 },
		{ "0.0.0.0", "::/0", 0 }, { "fd00::2", "fd00::1/128", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbi_address address = parsed(rows[i].address), network = parsed(rows[i].network);

		if (sbi_address_in(&address, &network) != rows[i].inside)
			fail_msg("%s in %s", rows[i].address, rows[i].network);
	}
}

static void the_edges_of_a_network(void **state)
{
	static const struct {
		const char *address;
		int edge;
	} rows[] = {
		{ "10.0.0.0/24", 1 }, { "10.0.0.255/24", 1 }, { "10.0.0.1/24", 0 }, { "10.0.0.254/24", 0 },
		{ "10.0.255.255/16", 1 }, { "10.0.0.255/16", 0 }, { "10.0.1.0/16", 0 }, { "10.0.0.3/30", 1 },
		{ "10.0.0.2/30", 0 }, { "10.0.0.0/31", 0 }, { "10.0.0.1/31", 0 }, { "10.0.0.0/32", 0 },
		{ "0.0.0.0/0", 1 }, { "255.255.255.255/0", 1 }, { "fd00::/64", 1 },
		{ "fd00::ffff:ffff:ffff:ffff/64", 0 }, { "fd00::1/64", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbi_address address = parsed(rows[i].address);

		if (sbi_address_is_edge(&address) != rows[i].edge)
			fail_msg("%s", rows[i].address);
	}
}

/* Every number of every small network is an address inside it, no edge, and no other number's. */
static void numbers_of_small_networks(void **state)
{
	(void)state;
	for (unsigned prefix = 20; prefix <= 32; prefix++) {
		struct sbi_address network = parsed("10.77.48.9"), last = { 0 };
		uint32_t hosts;

		network.prefix = (uint8_t)prefix;
		hosts = sbi_address_hosts(&network);
		assert_int_equal(hosts, prefix == 32 ? 0 : prefix == 31 ? 1 : (1u << (32 - prefix)) - 2);
		for (uint32_t i = 1; i <= hosts; i++) {
			struct sbi_address address = sbi_address_at(&network, i);

			address.prefix = network.prefix;
			assert_true(sbi_address_in(&address, &network));
			assert_false(sbi_address_is_edge(&address));
			assert_true(memcmp(address.bytes, last.bytes, 4) > 0);
			last = address;
		}
		assert_int_equal(sbi_address_at(&network, 0).family, 0);
		assert_int_equal(sbi_address_at(&network, hosts + 1).family, 0);
		assert_int_equal(sbi_address_at(&network, UINT32_MAX).family, 0);
	}
}

static void numbers_of_large_networks(void **state)
{
	static const struct {
		const char *network;
		uint32_t hosts;
		const char *first, *last;
	} rows[] = {
		{ "10.0.0.1/8", (1 << 24) - 2, "10.0.0.1", "10.255.255.254" },
		{ "0.0.0.0/0", (1 << 24) - 2, "0.0.0.1", "0.255.255.254" },
		{ "10.0.0.1/16", 65534, "10.0.0.1", "10.0.255.254" },
		{ "fd00::1/64", (1 << 24) - 2, "fd00::1", "fd00::ff:fffe" },
		{ "fd00::1/112", 65535, "fd00::1", "fd00::ffff" }, { "fd00::8/127", 1, "fd00::9", "fd00::9" },
		{ "fd00::/8", (1 << 24) - 2, "fd00::1", "fd00::ff:fffe" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbi_address network = parsed(rows[i].network), at;

		assert_int_equal(sbi_address_hosts(&network), rows[i].hosts);
		at = sbi_address_at(&network, 1);
		at.prefix = SBI_NO_PREFIX;
		is_text(&at, rows[i].first);
		at = sbi_address_at(&network, rows[i].hosts);
		at.prefix = SBI_NO_PREFIX;
		is_text(&at, rows[i].last);
		assert_int_equal(sbi_address_at(&network, rows[i].hosts + 1).family, 0);
	}
	{
		struct sbi_address single = parsed("fd00::8/128");

		assert_int_equal(sbi_address_hosts(&single), 0);
		assert_int_equal(sbi_address_at(&single, 1).family, 0);
	}
}

static void equal_without_the_prefix(void **state)
{
	struct sbi_address a = parsed("10.0.0.5/24"), b = parsed("10.0.0.5"), c = parsed("10.0.0.6");
	struct sbi_address six = parsed("::10.0.0.5");

	(void)state;
	b.bytes[4] = 1; /* behind the four of IPv4 */
	assert_true(sbi_address_equal(&a, &b));
	assert_false(sbi_address_equal(&a, &c));
	assert_false(sbi_address_equal(&a, &six));
}

static void macs(void **state)
{
	static const char *const wrong[] = { "", "02", "02:42:0a:00:00:0", "02:42:0a:00:00:005",
					     "02:42:0a:00:00-05", "02:42:0a:00:00:0g", "02:42:0a:00:00:05:",
					     "0 :42:0a:00:00:05", "03:42:0a:00:00:05", "00:00:00:00:00:00",
					     "ff:ff:ff:ff:ff:ff", "+2:42:0a:00:00:05", "0x:42:0a:00:00:05" };
	struct sbi_address four = parsed("10.0.1.255/16"), six = parsed("fd00::1:2:3/64");
	uint8_t mac[6] = { 9, 9, 9, 9, 9, 9 };
	char text[18];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (sbi_mac_parse(wrong[i], mac) != -EINVAL || mac[0] != 9)
			fail_msg("\"%s\" is taken", wrong[i]);
	assert_int_equal(sbi_mac_parse("02:42:AC:11:00:ff", mac), 0);
	sbi_mac_text(mac, text);
	assert_string_equal(text, "02:42:ac:11:00:ff");
	sbi_mac_of(&four, mac);
	sbi_mac_text(mac, text);
	assert_string_equal(text, "02:42:0a:00:01:ff");
	sbi_mac_of(&six, mac);
	sbi_mac_text(mac, text);
	assert_string_equal(text, "02:42:00:02:00:03");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(what_is_no_address),
		cmocka_unit_test(networks),
		cmocka_unit_test(what_lies_inside),
		cmocka_unit_test(the_edges_of_a_network),
		cmocka_unit_test(numbers_of_small_networks),
		cmocka_unit_test(numbers_of_large_networks),
		cmocka_unit_test(equal_without_the_prefix),
		cmocka_unit_test(macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
