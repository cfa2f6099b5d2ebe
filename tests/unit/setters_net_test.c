// SPDX-License-Identifier: MIT
/* Setters of networks: values that cannot be, options that mean nothing for a kind, what contradicts what. */
#include "setters.h"

#include <sandbox/net.h>

#define NAME_15 "abcdefghijklmno"
#define NAME_16 NAME_15 "p"

typedef int link_setter(sb_config *cfg, const sb_net_link *link);

/* One field of a link, the rest as it is by default, but for a device where there must be one. */
#define LINK(...) (&(sb_net_link){ .size = sizeof(sb_net_link), __VA_ARGS__ })
#define ON(...) LINK(.device = "br0", __VA_ARGS__)

static void no_config(void **state)
{
	link_setter *const setters[] = { sb_net_veth, sb_net_macvlan, sb_net_ipvlan, sb_net_device,
					 sb_net_tap };

	(void)state;
	for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
		assert_int_equal(setters[i](NULL, NULL), -EINVAL);
		assert_int_equal(setters[i](NULL, ON()), -EINVAL);
	}
	assert_int_equal(sb_net_join(NULL, "/proc/self/ns/net"), -EINVAL);
	assert_int_equal(sb_net_host(NULL), -EINVAL);
	assert_int_equal(sb_net_user(NULL, NULL), -EINVAL);
	assert_int_equal(sb_net_address(NULL, "eth0", "10.0.0.5/24"), -EINVAL);
	assert_int_equal(sb_net_route(NULL, NULL, "10.1.0.0/16", NULL), -EINVAL);
	assert_int_equal(sb_net_publish(NULL, "tcp", NULL, 1, 1, 1), -EINVAL);
	assert_int_equal(sb_net_allow(NULL, NULL), -EINVAL);
	assert_int_equal(sb_set_dns(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(sb_add_host(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(sb_proc_net(NULL, 0, NULL, NULL), -EINVAL);
	assert_int_equal(sb_proc_port(NULL, 0), -EINVAL);
	assert_int_equal(sb_proc_tap(NULL, 0), -EINVAL);
	assert_int_equal(sb_net_bridge_get(0, NULL, NULL), -EINVAL);
	assert_int_equal(sb_net_bridge_remove(NULL, NULL), -EINVAL);
	assert_int_equal(sb_net_bridge_remove("", NULL), -EINVAL);
}

static void sizes_and_flags(void **state)
{
	(void)state;
	BAD(EINVAL, "SB_INIT", sb_net_veth(cfg, &(sb_net_link){ .size = 0 }));
	BAD(EINVAL, "SB_INIT", sb_net_veth(cfg, &(sb_net_link){ .size = 3 }));
	BAD(EINVAL, "unknown bits 0x20", sb_net_veth(cfg, ON(.flags = 1 << 5)));
	BAD(EINVAL, "unknown bits", sb_net_veth(cfg, ON(.flags = UINT64_C(1) << 63)));
	BAD(EINVAL, "MTU of 67", sb_net_veth(cfg, ON(.mtu = 67)));
	BAD(EINVAL, "MTU of 65536", sb_net_veth(cfg, ON(.mtu = 65536)));
	GOOD(sb_net_veth(cfg, ON(.mtu = 68)));
	GOOD(sb_net_veth(cfg, ON(.mtu = 65535)));
	GOOD(sb_net_veth(cfg, NULL));
	/* a caller of an older version, whose struct ends earlier */
	GOOD(sb_net_veth(cfg, &(sb_net_link){ .size = offsetof(sb_net_link, mode),
					      .rate = UINT64_MAX,
					      .mode = "none such" }));
}

static void names(void **state)
{
	static const char *const wrong[] = { "", ".", "..", "a/b", "a b", "a:b", "a\tb", "a\nb", "eth%d" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		BAD(EINVAL, "cannot be a name", sb_net_veth(cfg, ON(.name = wrong[i])));
		BAD(EINVAL, "cannot be a host-side name", sb_net_veth(cfg, ON(.host_name = wrong[i])));
		BAD(EINVAL, "cannot be a name of a device", sb_net_veth(cfg, LINK(.device = wrong[i])));
		BAD(EINVAL, "cannot be a name", sb_net_address(cfg, wrong[i], "10.0.0.5/24"));
		BAD(EINVAL, "cannot be a name", sb_net_route(cfg, wrong[i], "10.0.0.0/8", NULL));
	}
	BAD(ENAMETOOLONG, "longer than 15", sb_net_veth(cfg, ON(.name = NAME_16)));
	BAD(ENAMETOOLONG, "longer than 15", sb_net_veth(cfg, ON(.host_name = NAME_16)));
	BAD(ENAMETOOLONG, "longer than 15", sb_net_veth(cfg, LINK(.device = NAME_16)));
	BAD(ENAMETOOLONG, "longer than 15", sb_net_veth(cfg, LINK(.device = long_path)));
	BAD(ENAMETOOLONG, "longer than 15", sb_net_address(cfg, NAME_16, "10.0.0.5/24"));
	GOOD(sb_net_veth(cfg, ON(.name = NAME_15, .host_name = NAME_15)));
	BAD(EEXIST, "two interfaces",
	    (sb_net_veth(cfg, ON(.name = "lan")), sb_net_veth(cfg, ON(.name = "lan"))));
	BAD(EEXIST, "two interfaces", (sb_net_veth(cfg, ON(.name = "eth1")), sb_net_veth(cfg, ON())));
}

static void addresses(void **state)
{
	static const char *const wrong[] = { "", "x", "10.0.0", "10.0.0.256", "10.0.0.5/33", "10.0.0.5/",
					     "10.0.0.5/+8", "10.0.0.5/08", "10.0.0.5/24 ", " 10.0.0.5",
					     "010.0.0.5.1", "fd00::5" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		BAD(EINVAL, "no IPv4 address", sb_net_veth(cfg, ON(.address = wrong[i])));
		BAD(EINVAL, "no IPv4 address", sb_net_veth(cfg, ON(.gateway = wrong[i])));
	}
	BAD(EINVAL, "no IPv4 address", sb_net_veth(cfg, ON(.address = long_path)));
	BAD(EINVAL, "no IPv6 address", sb_net_veth(cfg, ON(.address6 = "10.0.0.5")));
	BAD(EINVAL, "no IPv6 address", sb_net_veth(cfg, ON(.address6 = "fd00::5/129")));
	BAD(EINVAL, "no IPv6 address", sb_net_veth(cfg, ON(.gateway6 = "fd00::1%eth0")));
	GOOD(sb_net_veth(cfg,
			 ON(.address = "none", .address6 = "none", .gateway = "none", .gateway6 = "none")));
	GOOD(sb_net_veth(cfg, ON(.address = "10.0.0.5", .address6 = "fd00::5/64")));
	BAD(EINVAL, "no prefix",
	    sb_net_veth(cfg, ON(.flags = SB_NET_MAKE_BRIDGE, .bridge_address = "10.0.0.1")));
	BAD(EINVAL, "network's own",
	    sb_net_veth(cfg, ON(.flags = SB_NET_MAKE_BRIDGE, .bridge_address = "10.0.0.0/24")));
	BAD(EINVAL, "network's own",
	    sb_net_veth(cfg, ON(.flags = SB_NET_MAKE_BRIDGE, .bridge_address = "10.0.0.255/24")));
	BAD(EINVAL, "no address",
	    sb_net_veth(cfg, ON(.flags = SB_NET_MAKE_BRIDGE, .bridge_address = "fd00::1/64")));
	BAD(EINVAL, "keeps its addresses", sb_net_veth(cfg, ON(.bridge_address = "10.0.0.1/24")));
	GOOD(sb_net_veth(cfg, ON(.flags = SB_NET_MAKE_BRIDGE, .bridge_address = "10.0.0.1/24",
				 .bridge_address6 = "fd00::1/64")));
	BAD(EINVAL, "a name and an address", sb_net_address(cfg, NULL, "10.0.0.5/24"));
	BAD(EINVAL, "a name and an address", sb_net_address(cfg, "eth0", NULL));
	BAD(EINVAL, "no prefix", sb_net_address(cfg, "eth0", "10.0.0.5"));
	BAD(EINVAL, "network's own", sb_net_address(cfg, "eth0", "10.0.0.255/24"));
	BAD(EINVAL, "is no address", sb_net_address(cfg, "eth0", ""));
	GOOD(sb_net_address(cfg, "eth0", "fd00::5/64"));
}

static void macs(void **state)
{
	static const char *const wrong[] = { "", "02:42:0a:00:00", "02:42:0a:00:00:05:06",
					     "02-42-0a-00-00-05", "0g:42:0a:00:00:05", "01:42:0a:00:00:05",
					     "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "2:42:0a:00:00:055" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		BAD(EINVAL, "no MAC address", sb_net_veth(cfg, ON(.mac = wrong[i])));
	GOOD(sb_net_veth(cfg, ON(.mac = "02:42:AC:11:00:05")));
	BAD(EINVAL, "has the MAC address", sb_net_ipvlan(cfg, ON(.mac = "02:42:ac:11:00:05")));
}

static void what_a_kind_has_no_use_for(void **state)
{
	link_setter *const others[] = { sb_net_macvlan, sb_net_ipvlan, sb_net_device, sb_net_tap };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		BAD(EINVAL, "are of a veth", others[i](cfg, ON(.host_name = "mine")));
		BAD(EINVAL, "are of a veth", others[i](cfg, ON(.rate = 1)));
		BAD(EINVAL, "are of a veth", others[i](cfg, ON(.delay_ns = 1)));
		BAD(EINVAL, "masqueraded", others[i](cfg, ON(.flags = SB_NET_MASQUERADE)));
		BAD(EINVAL, "no bridge", others[i](cfg, ON(.flags = SB_NET_MAKE_BRIDGE)));
		BAD(EINVAL, "no bridge", others[i](cfg, ON(.flags = SB_NET_ISOLATED)));
		BAD(EINVAL, "no bridge", others[i](cfg, ON(.bridge_address = "10.0.0.1/24")));
		if (others[i] != sb_net_tap)
			BAD(EINVAL, "which device", others[i](cfg, LINK(.name = "eth0")));
	}
	BAD(EINVAL, "no bridge", sb_net_veth(cfg, LINK(.flags = SB_NET_ISOLATED)));
	BAD(EINVAL, "no bridge", sb_net_veth(cfg, LINK(.flags = SB_NET_MAKE_BRIDGE)));
	BAD(EINVAL, "no mode \"l2\"", sb_net_macvlan(cfg, ON(.mode = "l2")));
	BAD(EINVAL, "no mode \"bridge\"", sb_net_ipvlan(cfg, ON(.mode = "bridge")));
	BAD(EINVAL, "no mode", sb_net_veth(cfg, ON(.mode = "bridge")));
	BAD(EINVAL, "no mode \"\"", sb_net_macvlan(cfg, ON(.mode = "")));
	GOOD(sb_net_macvlan(cfg, ON(.mode = "passthru")));
	GOOD(sb_net_ipvlan(cfg, ON(.mode = "l3s")));
	GOOD(sb_net_tap(cfg, NULL));
}

static void routes(void **state)
{
	static const char *const wrong[] = { "", "10.1.0.0", "10.1.0.5/16", "fd00::1/64", "x/8", "10.1.0.0/33" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		BAD(EINVAL, "sb_net_route", sb_net_route(cfg, NULL, wrong[i], NULL));
	BAD(EINVAL, "is no network", sb_net_route(cfg, NULL, NULL, NULL));
	BAD(EINVAL, "no gateway", sb_net_route(cfg, NULL, "10.1.0.0/16", "fd00::1"));
	BAD(EINVAL, "no gateway", sb_net_route(cfg, NULL, "10.1.0.0/16", "10.0.0.1/24"));
	BAD(EINVAL, "no gateway", sb_net_route(cfg, NULL, "10.1.0.0/16", ""));
	GOOD(sb_net_route(cfg, "eth0", "0.0.0.0/0", "10.0.0.1"));
	GOOD(sb_net_route(cfg, NULL, "fd00::/64", NULL));
}

static void ports(void **state)
{
	(void)state;
	BAD(EINVAL, "neither tcp nor udp", sb_net_publish(cfg, NULL, NULL, 80, 80, 1));
	BAD(EINVAL, "neither tcp nor udp", sb_net_publish(cfg, "", NULL, 80, 80, 1));
	BAD(EINVAL, "neither tcp nor udp", sb_net_publish(cfg, "icmp", NULL, 80, 80, 1));
	BAD(EINVAL, "neither tcp nor udp", sb_net_publish(cfg, "TCP", NULL, 80, 80, 1));
	BAD(EINVAL, "no range", sb_net_publish(cfg, "tcp", NULL, 80, 0, 1));
	BAD(EINVAL, "no range", sb_net_publish(cfg, "tcp", NULL, 80, 80, 0));
	BAD(EINVAL, "no range", sb_net_publish(cfg, "tcp", NULL, 80, 80, 1025));
	BAD(EINVAL, "no range", sb_net_publish(cfg, "tcp", NULL, 80, 80, UINT32_MAX));
	BAD(EINVAL, "no range", sb_net_publish(cfg, "tcp", NULL, 65535, 80, 2));
	BAD(EINVAL, "no range", sb_net_publish(cfg, "tcp", NULL, 80, 65535, 2));
	BAD(EINVAL, "no address", sb_net_publish(cfg, "udp", "", 80, 80, 1));
	BAD(EINVAL, "no address", sb_net_publish(cfg, "udp", "localhost", 80, 80, 1));
	BAD(EINVAL, "no address", sb_net_publish(cfg, "udp", "127.0.0.1/8", 80, 80, 1));
	BAD(E2BIG, "more than 1024",
	    (sb_net_publish(cfg, "tcp", NULL, 1, 1, 1024), sb_net_publish(cfg, "udp", NULL, 1, 1, 1)));
	GOOD(sb_net_publish(cfg, "tcp", NULL, 0, 80, 1));
	GOOD(sb_net_publish(cfg, "udp", "::1", 64512, 64512, 1024));
	GOOD((sb_net_publish(cfg, "tcp", NULL, 80, 80, 1), sb_net_publish(cfg, "udp", NULL, 80, 80, 1)));
}

static void allowed(void **state)
{
	static const char *const wrong[] = { "", " ", "tcp", "sctp any", "tcp any 0", "any 65536",
					     "any 5-4", "any 5-", "any -5", "any 5-6-7", "icmp any 5",
					     "any 5 6", "10.0.0.0/33", "10.0.0.300", "tcp fd00::/129",
					     "any any", "tcp udp any 53", "any 000053" };
	static const char *const right[] = { "any", "tcp any", "udp 10.0.0.53 53", "10.0.0.0/8",
					     "tcp fd00::/8 80-90", "icmp any", "  tcp   10.0.0.7\t443 ",
					     "any 1-65535", "10.0.0.5/8" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		BAD(EINVAL, "is not \"[tcp|udp|icmp]", sb_net_allow(cfg, wrong[i]));
	BAD(EINVAL, "is not", sb_net_allow(cfg, long_path));
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		GOOD(sb_net_allow(cfg, right[i]));
	GOOD(sb_net_allow(cfg, NULL));
	GOOD((sb_net_allow(cfg, NULL), sb_net_allow(cfg, "any"), sb_net_allow(cfg, "any")));
}

static void joined_and_user(void **state)
{
	(void)state;
	BAD(EINVAL, "no path", sb_net_join(cfg, NULL));
	BAD(EINVAL, "no path", sb_net_join(cfg, ""));
	BAD(ENOENT, "/no/such", sb_net_join(cfg, "/no/such"));
	BAD(ENAMETOOLONG, "File name too long", sb_net_join(cfg, long_path));
	BAD(EINVAL, "no network namespace", sb_net_join(cfg, "/dev/null"));
	BAD(EINVAL, "no network namespace", sb_net_join(cfg, "/proc/self/ns/uts"));
	BAD(EINVAL, "neither pasta nor", sb_net_user(cfg, ""));
	BAD(EINVAL, "neither pasta nor", sb_net_user(cfg, "/usr/bin/pasta"));
	GOOD((sb_net_join(cfg, "/proc/self/ns/net"), sb_net_join(cfg, "/proc/self/ns/net")));
	GOOD((sb_net_user(cfg, "pasta"), sb_net_user(cfg, "slirp4netns"), sb_net_user(cfg, NULL)));
	GOOD((sb_net_host(cfg), sb_net_host(cfg)));
}

static void names_of_hosts(void **state)
{
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
	(void)state;
	BAD(EINVAL, "no address", sb_set_dns(cfg, LIST("example.org"), NULL));
	BAD(EINVAL, "no address", sb_set_dns(cfg, LIST("10.0.0.1", ""), NULL));
	BAD(EINVAL, "no address", sb_set_dns(cfg, LIST("10.0.0.1/24"), NULL));
	BAD(EINVAL, "no address", sb_set_dns(cfg, LIST("10.0.0.1\nnameserver 6.6.6.6"), NULL));
	BAD(EINVAL, "no domain", sb_set_dns(cfg, LIST("10.0.0.1"), LIST("a b")));
	BAD(EINVAL, "no domain", sb_set_dns(cfg, LIST("10.0.0.1"), LIST("lab", "")));
	BAD(EINVAL, "no domain", sb_set_dns(cfg, LIST("10.0.0.1"), LIST("lab\nnameserver")));
	GOOD(sb_set_dns(cfg, LIST("10.0.0.1", "fd00::1"), LIST("lab", "example.org")));
	GOOD((sb_set_dns(cfg, LIST("10.0.0.1"), NULL), sb_set_dns(cfg, LIST("10.0.0.2"), NULL)));
	BAD(EINVAL, "or neither", sb_add_host(cfg, "db", NULL));
	BAD(EINVAL, "or neither", sb_add_host(cfg, NULL, "10.0.0.7"));
	BAD(EINVAL, "no host name", sb_add_host(cfg, "", "10.0.0.7"));
	BAD(EINVAL, "no host name", sb_add_host(cfg, "a b", "10.0.0.7"));
	BAD(EINVAL, "no host name", sb_add_host(cfg, "a\n10.0.0.1 b", "10.0.0.7"));
	BAD(EINVAL, "no host name", sb_add_host(cfg, long_path + 1, "10.0.0.7"));
	BAD(EINVAL, "no address", sb_add_host(cfg, "db", ""));
	BAD(EINVAL, "no address", sb_add_host(cfg, "db", "10.0.0.7/8"));
	GOOD((sb_add_host(cfg, "db", "10.0.0.7"), sb_add_host(cfg, "db", "fd00::7"),
	      sb_add_host(cfg, NULL, NULL)));
}

static void at_most_so_many(void **state)
{
	sb_config *cfg = fresh();

	(void)state;
	for (int i = 0; i < 16; i++)
		fx_ok(sb_net_veth(cfg, ON()));
	expect_bad(cfg, sb_net_veth(cfg, ON()), E2BIG, "more than 16", "the 17th interface");
	cfg = fresh();
	for (int i = 0; i < 64; i++)
		fx_ok(sb_net_address(cfg, "eth0", "10.0.0.5/24"));
	expect_bad(cfg, sb_net_address(cfg, "eth0", "10.0.0.5/24"), E2BIG, "more than 64", "the 65th address");
	cfg = fresh();
	for (int i = 0; i < 64; i++)
		fx_ok(sb_net_route(cfg, NULL, "10.0.0.0/8", NULL));
	expect_bad(cfg, sb_net_route(cfg, NULL, "10.0.0.0/8", NULL), E2BIG, "more than 64", "the 65th route");
	cfg = fresh();
	for (int i = 0; i < 512; i++)
		fx_ok(sb_net_allow(cfg, "any"));
	expect_bad(cfg, sb_net_allow(cfg, "any"), E2BIG, "more than 512", "the 513th rule");
}

static void contradicts(sb_config *cfg, const char *part)
{
	sb_error err = SB_INIT(sb_error);

	assert_int_equal(sb_config_check(cfg, &err), -EINVAL);
	fx_has(err.message, part);
	sb_config_free(cfg);
}

#define CONTRADICTION(part, ...)               \
	do {                                   \
		sb_config *cfg = fresh();      \
                                               \
		fx_ok(sb_net_veth(cfg, ON())); \
		__VA_ARGS__;                   \
		contradicts(cfg, part);        \
	} while (0)

static void what_contradicts_an_interface(void **state)
{
	(void)state;
	CONTRADICTION("new network namespace", fx_ok(sb_net_host(cfg)));
	CONTRADICTION("new network namespace", fx_ok(sb_net_join(cfg, "/proc/self/ns/net")));
	CONTRADICTION("exclude each other", fx_ok(sb_net_user(cfg, NULL)));
	CONTRADICTION("further address for eth1", fx_ok(sb_net_address(cfg, "eth1", "10.0.1.5/24")));
	CONTRADICTION("route by way of eth1", fx_ok(sb_net_route(cfg, "eth1", "10.1.0.0/16", NULL)));
	CONTRADICTION("passes its rules",
		      (fx_ok(sb_net_allow(cfg, NULL)), fx_ok(sb_add_cap(cfg, "net_admin"))));
	CONTRADICTION("passes its rules", (fx_ok(sb_net_allow(cfg, NULL)), fx_ok(sb_add_cap(cfg, "net_raw"))));
	CONTRADICTION("new mount namespace",
		      (fx_ok(sb_add_host(cfg, NULL, NULL)), fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT))));
}

static void what_needs_an_interface(void **state)
{
	sb_config *cfg = fresh();

	(void)state;
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 80, 80, 1));
	contradicts(cfg, "way into the sandbox");
	cfg = fresh();
	fx_ok(sb_net_route(cfg, NULL, "10.1.0.0/16", NULL));
	contradicts(cfg, "route by way of");
	cfg = fresh();
	fx_ok(sb_net_allow(cfg, NULL));
	fx_ok(sb_net_host(cfg));
	contradicts(cfg, "new network namespace");
}

/* The text of a plan shows what a config holds. */
static void has_line(const sb_config *cfg, const char *line, int expected)
{
	static char text[32768];

	assert_in_range(sb_config_dump(cfg, text, sizeof(text), NULL), 1, sizeof(text) - 1);
	if ((strstr(text, line) != NULL) != expected)
		fail_msg("\"%s\" is %s\n%s", line, expected ? "missing" : "there", text);
}

static void a_copy_is_independent(void **state)
{
	char device[] = "br0", address[] = "10.0.0.5/24";
	sb_config *cfg = fresh(), *copy;

	(void)state;
	fx_ok(sb_net_veth(cfg, LINK(.device = device, .address = address)));
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 8080, 80, 1));
	fx_ok(sb_net_allow(cfg, "any 53"));
	fx_ok(sb_net_address(cfg, "eth0", "10.0.1.5/24"));
	memset(device, 'x', 3); /* what was given is the caller's again */
	memset(address, 'x', 8);
	copy = sb_config_copy(cfg);
	assert_non_null(copy);
	fx_ok(sb_net_veth(copy, LINK(.device = "br1")));
	fx_ok(sb_net_allow(copy, "any 443"));
	fx_ok(sb_net_publish(copy, "udp", NULL, 53, 53, 1));
	has_line(cfg, "eth1", 0);
	has_line(cfg, "any 443", 0);
	has_line(cfg, "port udp", 0);
	sb_config_free(cfg);
	has_line(copy, "link veth eth0 on br0", 1);
	has_line(copy, "address eth0 10.0.0.5/24", 1);
	has_line(copy, "address eth0 10.0.1.5/24", 1);
	has_line(copy, "link veth eth1 on br1", 1);
	has_line(copy, "port tcp 8080 to 80", 1);
	has_line(copy, "wall allow any 53", 1);
	sb_config_free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_config),
		cmocka_unit_test(sizes_and_flags),
		cmocka_unit_test(names),
		cmocka_unit_test(addresses),
		cmocka_unit_test(macs),
		cmocka_unit_test(what_a_kind_has_no_use_for),
		cmocka_unit_test(routes),
		cmocka_unit_test(ports),
		cmocka_unit_test(allowed),
		cmocka_unit_test(joined_and_user),
		cmocka_unit_test(names_of_hosts),
		cmocka_unit_test(at_most_so_many),
		cmocka_unit_test(what_contradicts_an_interface),
		cmocka_unit_test(what_needs_an_interface),
		cmocka_unit_test(a_copy_is_independent),
	};

	return cmocka_run_group_tests(tests, make_long, NULL);
}
