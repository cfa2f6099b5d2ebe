// SPDX-License-Identifier: MIT
/* A veth on a bridge: what is made, inside and outside, and what is refused before anything is. */
#include "net_kit.h"

static sb_net_info info_of(sb_proc *proc)
{
	sb_net_info info = SB_INIT(sb_net_info);
	sb_error err = SB_INIT(sb_error);

	if (sb_proc_net(proc, 0, &info, &err) != 1)
		fail_msg("%s", err.message);
	return info;
}

static void a_sandbox_reaches_the_bridge(void **state)
{
	sb_config *server = fx_config("serve=7007"),
		  *client = net_config("tcp=10.0.0.1,7007", "tcp=fd00::1,7007");
	const char *out;
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	fx_ok(sb_net_host(server));
	proc = net_serving(server, &fd);
	out = fx_output(client);
	fx_has(out, "tcp=ok 10.0.0.");
	fx_has(out, "tcp=ok fd00::");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

static void what_was_given_is_what_there_is(void **state)
{
	sb_net_link link = SB_INIT(sb_net_link);
	sb_config *cfg = fx_config("pause");
	const char *says;
	sb_net_info info;
	sb_proc *proc;

	(void)state;
	net_bridge();
	link.device = "br0";
	link.name = "net7";
	link.host_name = "mine";
	link.mac = "02:00:00:00:00:07";
	link.address = "10.0.0.7/24";
	link.address6 = "fd00::7";
	link.gateway = "10.0.0.9";
	link.mtu = 1400;
	fx_ok(sb_net_veth(cfg, &link));
	fx_ok(sb_net_address(cfg, "net7", "10.7.0.1/16"));
	fx_ok(sb_net_route(cfg, NULL, "192.0.2.0/24", "10.7.0.9"));
	proc = fx_spawn(cfg);
	info = info_of(proc);
	assert_string_equal(info.name, "net7");
	assert_string_equal(info.kind, "veth");
	assert_string_equal(info.device, "br0");
	assert_string_equal(info.host_name, "mine");
	assert_string_equal(info.mac, "02:00:00:00:00:07");
	assert_string_equal(info.address, "10.0.0.7/24");
	assert_string_equal(info.address6, "fd00::7/64");
	assert_string_equal(info.gateway, "10.0.0.9");
	assert_string_equal(info.gateway6, "fd00::1");
	assert_int_equal(info.mtu, 1400);
	says = net_says("nsenter -t %d -n sh -c 'ip -br addr; ip route; ip -6 route'", sb_proc_pid(proc));
	fx_has(says, "10.0.0.7/24 10.7.0.1/16 fd00::7/64");
	fx_has(says, "default via 10.0.0.9 dev net7");
	fx_has(says, "192.0.2.0/24 via 10.7.0.9 dev net7");
	fx_has(says, "default via fd00::1 dev net7");
	fx_has(net_says("ip link show mine"), "master br0");
	sb_proc_free(proc);
	sb_config_free(cfg);
	net_no_bridge();
}

static void an_allocated_address_makes_the_mac(void **state)
{
	sb_config *cfg = net_config("pause");
	unsigned number;
	sb_net_info info;
	char want[18];
	sb_proc *proc;

	(void)state;
	net_bridge();
	proc = fx_spawn(cfg);
	info = info_of(proc);
	assert_int_equal(sscanf(info.address, "10.0.0.%u/24", &number), 1);
	assert_in_range(number, 2, 254);
	snprintf(want, sizeof(want), "02:42:0a:00:00:%02x", number);
	assert_string_equal(info.mac, want);
	assert_string_equal(info.gateway, "10.0.0.1");
	sb_proc_free(proc);
	sb_config_free(cfg);
	net_no_bridge();
}

static void sandboxes_ping_each_other(void **state)
{
	sb_config *a = net_with_veth(fx_config("pause"), "10.0.0.2");
	const char *out;
	sb_proc *proc;

	(void)state;
	net_bridge();
	proc = fx_spawn(a);
	out = fx_output(net_config("ping=10.0.0.2", "ping=fd00::2", "ping=10.0.0.1"));
	fx_has(out, "ping=ok\nping=ok\nping=ok\n");
	sb_proc_free(proc);
	sb_config_free(a);
	net_no_bridge();
}

static void two_sandboxes_exchange_a_hundred_megabytes(void **state)
{
	sb_config *a = net_with_veth(fx_config("sink=80"), "10.0.0.2"), *b;
	sb_net_info info;
	char text[64];
	sb_proc *proc;
	ssize_t n;
	int fd;

	(void)state;
	net_bridge();
	proc = net_serving(a, &fd);
	b = net_config("pour=10.0.0.2,80,104857600");
	fx_has(fx_output(b), "poured=104857600");
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, "sunk=104857600\n");
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	info = info_of(proc); /* its network is gone; its counters are not */
	assert_in_range(info.rx_bytes, 104857600, 160000000);
	net_stop(proc, fd);
	sb_config_free(a);
	net_no_bridge();
}

static void a_bridge_is_made_and_goes_with_the_last(void **state)
{
	sb_net_link link = SB_INIT(sb_net_link);
	sb_config *cfg = fx_config("pause"), *copy;
	sb_proc *one, *two;

	(void)state;
	link.device = "made0";
	link.flags = SB_NET_MAKE_BRIDGE;
	link.bridge_address = "10.9.0.1/24";
	fx_ok(sb_net_veth(cfg, &link));
	copy = sb_config_copy(cfg);
	one = fx_spawn(cfg);
	two = fx_spawn(copy);
	sb_config_free(copy);
	sb_proc_free(two);
	fx_has(net_says("ip -br addr show made0"), "10.9.0.1/24");
	sb_proc_free(one);
	sb_config_free(cfg);
	assert_string_equal(net_says("ip -br link | grep -v ^lo"), "");
}

/* Every mistake, what is said of it, and that nothing was made. */
static void refused_link(const sb_net_link *link, int code, const char *words)
{
	sb_config *cfg = fx_config("exit=0");
	const char *before = net_says("ip -o link | cut -d: -f 2");
	const sb_error *err;

	sb_net_veth(cfg, link);
	err = fx_refused(cfg, code);
	fx_has(err->message, words);
	assert_string_equal(net_says("ip -o link | cut -d: -f 2"), before);
}

#define REFUSED(code, words, ...)                                                    \
	refused_link(&(sb_net_link){.size = sizeof(sb_net_link), __VA_ARGS__}, code, words)

static void mistakes_are_told_before_anything_exists(void **state)
{
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	net_bridge();
	cfg = net_with_veth(fx_config("pause"), "10.0.0.5");
	proc = fx_spawn(cfg);
	REFUSED(EINVAL, "outside the network of br0, 10.0.0.1/24", .device = "br0", .address = "10.0.1.5/24");
	REFUSED(EINVAL, "outside the network of br0, fd00::1/64", .device = "br0", .address6 = "fd01::5/64");
	REFUSED(EADDRINUSE, "has the address 10.0.0.5", .device = "br0", .address = "10.0.0.5");
	REFUSED(EADDRINUSE, "br0 has the address 10.0.0.1/24 itself", .device = "br0", .address = "10.0.0.1");
	REFUSED(EINVAL, "broadcast", .device = "br0", .address = "10.0.0.255");
	REFUSED(EEXIST, "an interface br0 already", .device = "br0", .host_name = "br0");
	REFUSED(ENAMETOOLONG, "longer than 15", .device = "br0", .host_name = "abcdefghijklmnop");
	REFUSED(ENAMETOOLONG, "longer than 15", .device = "br0", .name = "abcdefghijklmnop");
	REFUSED(ENODEV, "no bridge br1", .device = "br1");
	REFUSED(ENOTSUP, "lo is no bridge", .device = "lo");
	REFUSED(EINVAL, "no MAC address", .device = "br0", .mac = "02:42:0a:00:00");
	REFUSED(EINVAL, "no MAC address", .device = "br0", .mac = "03:42:0a:00:00:05");
	REFUSED(EINVAL, "gateway 10.0.1.1 is in no network", .device = "br0", .gateway = "10.0.1.1");
	REFUSED(EINVAL, "no IPv4 address", .device = "br0", .address = "10.0.0.300");
	REFUSED(EADDRNOTAVAIL, "does not have the address 10.0.0.2/24", .device = "br0",
		.flags = SB_NET_MAKE_BRIDGE, .bridge_address = "10.0.0.2/24");
	sb_proc_free(proc);
	sb_config_free(cfg);
	net_no_bridge();
}

static void an_address_is_free_again_at_once(void **state)
{
	sb_config *cfg;

	(void)state;
	net_bridge();
	cfg = net_with_veth(fx_config("exit=0"), "10.0.0.5");
	for (int i = 0; i < 5; i++) {
		sb_result res = SB_INIT(sb_result);

		fx_wait(fx_spawn(cfg), &res);
		assert_int_equal(res.verdict, SB_EXITED);
	}
	sb_config_free(cfg);
	net_no_bridge();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_sandbox_reaches_the_bridge),
		FX_TEST_IF("privilege", what_was_given_is_what_there_is),
		FX_TEST_IF("privilege", an_allocated_address_makes_the_mac),
		FX_TEST_IF("privilege", sandboxes_ping_each_other),
		FX_TEST_IF("privilege", two_sandboxes_exchange_a_hundred_megabytes),
		FX_TEST_IF("privilege", a_bridge_is_made_and_goes_with_the_last),
		FX_TEST_IF("privilege", mistakes_are_told_before_anything_exists),
		FX_TEST_IF("privilege", an_address_is_free_again_at_once),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
