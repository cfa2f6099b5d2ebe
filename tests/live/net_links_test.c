// SPDX-License-Identifier: MIT
/*
 * macvlan, ipvlan, isolated ports of a bridge, and what is said of mistakes: from inside, from
 * outside, afterwards.
 */
#include "net_links_kit.h"

static void macvlans_of_one_device_reach_each_other(void **state)
{
	sb_config *server =
		with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2/24"), fx_config("serve=80"));
	sb_config *client = with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.3/24"),
				 fx_config("tcp=10.3.0.2,80"));
	sb_net_info info;
	const char *says;
	sb_proc *proc;
	int fd;

	(void)state;
	need_kind("macvlan");
	make_low();
	proc = net_serving(server, &fd);
	info = info_of(proc);
	assert_string_equal(info.name, "eth0");
	assert_string_equal(info.kind, "macvlan");
	assert_string_equal(info.device, "low");
	assert_string_equal(info.host_name, "");
	assert_string_equal(info.mac, "02:42:0a:03:00:02");
	assert_string_equal(info.address, "10.3.0.2/24");
	assert_string_equal(info.gateway, "");
	assert_int_equal(info.mtu, 1450);
	fx_has(fx_output(client), "tcp=ok 10.3.0.3");
	says = net_says("nsenter -t %d -n ip neigh", sb_proc_pid(proc));
	fx_has(says, "10.3.0.3 dev eth0 lladdr 02:42:0a:03:00:03");
	assert_true(info_of(proc).rx_packets > 0);
	net_stop(proc, fd);
	sb_config_free(server);
	no_low();
}

static void private_macvlans_do_not(void **state)
{
	sb_config *server =
		with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2/24", .mode = "private"),
		     fx_config("serve=80"));
	sb_config *client =
		with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.3/24", .mode = "private"),
		     fx_config("tcp=10.3.0.2,80"));
	sb_proc *proc;
	int fd;

	(void)state;
	need_kind("macvlan");
	make_low();
	proc = net_serving(server, &fd);
	fx_has(fx_output(client), "tcp=EHOSTUNREACH");
	net_stop(proc, fd);
	sb_config_free(server);
	no_low();
}

static void every_mode_of_a_macvlan_is_the_kernels(void **state)
{
	static const char *const modes[] = {NULL, "bridge", "private", "vepa", "passthru"};

	(void)state;
	need_kind("macvlan");
	make_low();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		sb_config *cfg = with(sb_net_macvlan,
				      LINK(.device = "low", .mode = modes[i], .name = "m0", .mtu = 1400),
				      fx_config("pause"));
		sb_proc *proc = fx_spawn(cfg);
		char want[40];

		snprintf(want, sizeof(want), "macvlan mode %s", modes[i] ? modes[i] : "bridge");
		fx_has(net_says("nsenter -t %d -n ip -d link show m0", sb_proc_pid(proc)), want);
		assert_int_equal(info_of(proc).mtu, 1400);
		assert_string_equal(info_of(proc).address, "");
		if (i == 4)
			assert_string_equal(info_of(proc).mac, "02:00:00:00:00:01");
		sb_proc_free(proc);
		sb_config_free(cfg);
	}
	no_low();
}

/* Its MAC address is made of its address, and the kernel takes each once above a device. */
static void a_macvlan_is_gone_with_its_sandbox(void **state)
{
	sb_config *cfg =
		with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2/24"), fx_config("exit=0"));

	(void)state;
	need_kind("macvlan");
	make_low();
	for (int i = 0; i < 5; i++) {
		sb_result res = SB_INIT(sb_result);

		fx_wait(fx_spawn(cfg), &res);
		assert_int_equal(res.verdict, SB_EXITED);
	}
	sb_config_free(cfg);
	no_low();
}

static void ipvlans_reach_each_other_in_every_mode(void **state)
{
	static const char *const modes[] = {"l2", "l3", "l3s"};

	(void)state;
	need_kind("ipvlan");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		sb_config *server =
			with(sb_net_ipvlan, LINK(.device = "low", .address = "10.3.0.2/24", .mode = modes[i]),
			     fx_config("serve=80"));
		sb_config *client =
			with(sb_net_ipvlan, LINK(.device = "low", .address = "10.3.0.3/24", .mode = modes[i]),
			     fx_config("tcp=10.3.0.2,80"));
		char want[40];
		sb_proc *proc;
		int fd;

		make_low();
		proc = net_serving(server, &fd);
		assert_string_equal(info_of(proc).kind, "ipvlan");
		assert_string_equal(info_of(proc).mac, "02:00:00:00:00:01");
		snprintf(want, sizeof(want), "mode %s bridge", modes[i]);
		fx_has(net_says("nsenter -t %d -n ip -d link show eth0", sb_proc_pid(proc)), want);
		fx_has(fx_output(client), "tcp=ok 10.3.0.3");
		net_stop(proc, fd);
		sb_config_free(server);
		no_low();
	}
}

/* Its sandbox may leave connections behind that the kernel goes on with, and the namespace with them. */
static void an_address_is_free_though_a_connection_hangs(void **state)
{
	sb_config *server = fx_config("sink=7007"), *cfg;
	sb_proc *serving, *proc;
	int fd;

	(void)state;
	net_bridge();
	fx_ok(sb_net_host(server));
	serving = net_serving(server, &fd);
	for (int i = 0; i < 2; i++) {
		cfg = net_with_veth(fx_config("pour=10.0.0.1,7007,1000000000000"), "10.0.0.5");
		proc = fx_spawn(cfg);
		sb_config_free(cfg);
		while (!i && info_of(proc).tx_bytes < 1000000)
			poll(NULL, 0, 1);
		net_sh("ip link set %s down", info_of(proc).host_name);
		sb_proc_free(proc);
	}
	net_stop(serving, fd);
	sb_config_free(server);
	/* TCP gives up after a second, and not after minutes */
	net_until("! ip -o link | grep -q sb0a000005");
	net_no_bridge();
}

static void what_has_ended_is_collected(void **state)
{
	(void)state;
	net_sh("ip link add v0 type veth peer name v1 && ip link set v0 alias 'libsandbox ended'");
	assert_in_range(sb_gc(NULL, NULL), 0, INT32_MAX);
	fx_has_not(net_says("ip -o link"), "v0");
}

static void isolated_ports_do_not_reach_each_other(void **state)
{
	sb_net_link isolated = *LINK(.device = "br0", .flags = SB_NET_ISOLATED, .address = "10.0.0.2");
	sb_config *server = with(sb_net_veth, &isolated, fx_config("serve=80")), *client, *plain, *host;
	sb_proc *proc;
	int fd;

	(void)state;
	isolated.address = "10.0.0.3";
	client = with(sb_net_veth, &isolated, fx_config("tcp=10.0.0.2,80"));
	plain = net_with_veth(fx_config("tcp=10.0.0.2,80"), "10.0.0.4");
	host = fx_config("tcp=10.0.0.2,80");
	fx_ok(sb_net_host(host));
	net_bridge();
	proc = net_serving(server, &fd);
	fx_has(fx_output(client), "tcp=EHOSTUNREACH");
	fx_has(fx_output(plain), "tcp=ok 10.0.0.4");
	fx_has(fx_output(host), "tcp=ok 10.0.0.1");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

/* What is said of a mistake, and that nothing was made, moved or changed. */
#define LINKS "ip -o link | cut -d: -f 2- | grep -v '^ sb0a'" /* but veths of sandboxes before, about to go */
static void refused(setter *set, const sb_net_link *link, int code, const char *words)
{
	sb_config *cfg = fx_config("exit=0");
	const char *before = net_says(LINKS);

	set(cfg, link);
	fx_has(fx_refused(cfg, code)->message, words);
	assert_string_equal(net_says(LINKS), before);
}

static void mistakes_are_told_before_anything_exists(void **state)
{
	(void)state;
	make_low();
	net_sh("ip link add br0 type bridge && ip link add port type veth peer name trop && ip link set port master br0");
	net_sh("ip link property add dev low altname another");
	refused(sb_net_macvlan, LINK(.device = "no7"), ENODEV, "there is no device no7");
	refused(sb_net_macvlan, LINK(.device = "lo"), EINVAL, "lo is the loopback interface");
	refused(sb_net_macvlan, LINK(.device = "port"), EBUSY, "port is a port of the bridge br0");
	refused(sb_net_macvlan, LINK(.device = "low", .mtu = 1451), EINVAL, "an MTU of 1451 is more than");
	refused(sb_net_macvlan, LINK(.device = "low", .mode = "l2"), EINVAL, "no mode \"l2\"");
	refused(sb_net_macvlan, LINK(.device = "low", .mode = "passthru", .mac = "02:00:00:00:00:09"), EINVAL,
		"in the mode passthru");
	refused(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2"), EINVAL, "has no prefix");
	refused(sb_net_macvlan, LINK(.device = "low", .name = "lo"), EEXIST, "interface lo of its own");
	refused(sb_net_macvlan, LINK(.device = "low", .rate = 1000), EINVAL, "are of a veth");
	refused(sb_net_macvlan, LINK(.name = "m0"), EINVAL, "which device?");
	refused(sb_net_ipvlan, LINK(.device = "lo"), EINVAL, "lo is the loopback interface");
	refused(sb_net_ipvlan, LINK(.device = "no7"), ENODEV, "there is no device no7");
	refused(sb_net_ipvlan, LINK(.device = "low", .mac = "02:00:00:00:00:09"), EINVAL,
		"an ipvlan has the MAC address");
	refused(sb_net_ipvlan, LINK(.device = "low", .mode = "bridge"), EINVAL, "no mode \"bridge\"");
	refused(sb_net_device, LINK(.device = "no7"), ENODEV, "there is no device no7");
	refused(sb_net_device, LINK(.device = "lo", .name = "eth0"), EINVAL, "lo is the loopback interface");
	refused(sb_net_device, LINK(.device = "port"), EBUSY, "port is a port of the bridge br0");
	refused(sb_net_device, LINK(.device = "another"), EINVAL, "another is another name of low");
	refused(sb_net_device, LINK(.device = "br0"), EINVAL, "br0: Invalid argument");
	refused(sb_net_tap, LINK(.device = "low"), EINVAL, "no device of the host below it");
	refused(sb_net_veth, LINK(.delay_ns = UINT64_C(3600000000001)), EINVAL, "more than an hour");
	net_sh("ip link del br0 && ip link del port");
	no_low();
}

/* Two with one MAC address: the kernel says so when the second comes up. */
static void a_mac_address_is_given_once(void **state)
{
	sb_config *cfg = with(sb_net_macvlan, LINK(.device = "low", .mac = "02:00:00:00:00:09"),
			      fx_config("pause")),
		  *second;
	sb_proc *proc;

	(void)state;
	need_kind("macvlan");
	make_low();
	proc = fx_spawn(cfg);
	second = with(sb_net_macvlan, LINK(.device = "low", .mac = "02:00:00:00:00:09"), fx_config("exit=0"));
	fx_has(fx_refused(second, EADDRINUSE)->hint, "above the same device");
	refused(sb_net_macvlan, LINK(.device = "low", .mode = "passthru"), EINVAL, "eth0");
	sb_proc_free(proc);
	sb_config_free(cfg);
	no_low();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", macvlans_of_one_device_reach_each_other),
		FX_TEST_IF("privilege", private_macvlans_do_not),
		FX_TEST_IF("privilege", every_mode_of_a_macvlan_is_the_kernels),
		FX_TEST_IF("privilege", a_macvlan_is_gone_with_its_sandbox),
		FX_TEST_IF("privilege", ipvlans_reach_each_other_in_every_mode),
		FX_TEST_IF("privilege", an_address_is_free_though_a_connection_hangs),
		FX_TEST_IF("privilege", what_has_ended_is_collected),
		FX_TEST_IF("privilege", isolated_ports_do_not_reach_each_other),
		FX_TEST_IF("privilege", mistakes_are_told_before_anything_exists),
		FX_TEST_IF("privilege", a_mac_address_is_given_once),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
