// SPDX-License-Identifier: MIT
/* macvlan, ipvlan, a device that moves in, and ports of a bridge that are isolated: from inside, from outside, afterwards. */
#include "net_kit.h"

#include <linux/capability.h>
#include <sandbox/steps.h>
#include <signal.h>
#include <sys/wait.h>

typedef int setter(sb_config *cfg, const sb_net_link *link);

#define LINK(...) (&(sb_net_link){.size = sizeof(sb_net_link), __VA_ARGS__})

static sb_config *with(setter *set, const sb_net_link *link, sb_config *cfg)
{
	fx_ok(set(cfg, link));
	return cfg;
}

static sb_net_info info_of(sb_proc *proc)
{
	sb_net_info info = SB_INIT(sb_net_info);
	sb_error err = SB_INIT(sb_error);

	if (sb_proc_net(proc, 0, &info, &err) != 1)
		fail_msg("%s", err.message);
	return info;
}

/* A veth pair of the host's, up: "low" is what the tests use, "far" its other end. */
static void make_low(void)
{
	net_sh("ip link add low address 02:00:00:00:00:01 mtu 1450 type veth peer name far && ip link set low up && "
	       "ip link set far up");
}

static void no_low(void)
{
	net_sh("ip link del far");
}

/* The reason why the kernel has no such interface, as a skip. */
static void need_kind(const char *kind)
{
	const char *says;

	make_low();
	says = net_says("ip link add link low name probe type %s 2>&1", kind);
	no_low();
	if (says[0])
		fx_skip("%s: %s", kind, says);
}

static void macvlans_of_one_device_reach_each_other(void **state)
{
	sb_config *server = with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2/24"), fx_config("serve=80"));
	sb_config *client = with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.3/24"), fx_config("tcp=10.3.0.2,80"));
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
	sb_config *server = with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2/24", .mode = "private"),
				 fx_config("serve=80"));
	sb_config *client = with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.3/24", .mode = "private"),
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
		sb_config *cfg = with(sb_net_macvlan, LINK(.device = "low", .mode = modes[i], .name = "m0", .mtu = 1400),
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
	sb_config *cfg = with(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2/24"), fx_config("exit=0"));

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
		sb_config *server = with(sb_net_ipvlan, LINK(.device = "low", .address = "10.3.0.2/24", .mode = modes[i]),
					 fx_config("serve=80"));
		sb_config *client = with(sb_net_ipvlan, LINK(.device = "low", .address = "10.3.0.3/24", .mode = modes[i]),
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
	net_no_bridge();
}

static void a_device_moves_in_and_comes_back_as_it_was(void **state)
{
	sb_config *cfg = with(sb_net_device,
			      LINK(.device = "low", .name = "eth5", .mac = "02:00:00:00:00:55", .mtu = 1300, .address = "10.4.0.2/24"),
			      fx_config("pause"));
	sb_net_info info;
	sb_proc *proc;

	(void)state;
	make_low();
	for (int i = 0; i < 3; i++) { /* and can go again */
		proc = fx_spawn(cfg);
		info = info_of(proc);
		assert_string_equal(info.name, "eth5");
		assert_string_equal(info.kind, "device");
		assert_string_equal(info.device, "low");
		assert_string_equal(info.mac, "02:00:00:00:00:55");
		assert_string_equal(info.address, "10.4.0.2/24");
		assert_int_equal(info.mtu, 1300);
		assert_string_equal(net_says("ip -br link | grep ^low"), "");
		fx_has(net_says("nsenter -t %d -n ip -br addr show eth5", sb_proc_pid(proc)), "10.4.0.2/24");
		net_sh("ip addr replace 10.4.0.1/24 dev far && ping -c 1 -W 10 10.4.0.2 >/dev/null");
		assert_true(info_of(proc).rx_packets > 0);
		if (i == 0)
			net_sh("nsenter -t %d -n sh -c 'ip link set eth5 down && ip link set eth5 name other mtu 1000'",
			       sb_proc_pid(proc));
		if (i == 1) {
			fx_ok(sb_proc_kill(proc));
			assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
		}
		sb_proc_free(proc);
		fx_has(net_says("ip -o link show low"), "state DOWN");
		fx_has(net_says("ip -o link show low"), "mtu 1450");
		fx_has(net_says("ip -o link show low"), "link/ether 02:00:00:00:00:01");
	}
	sb_config_free(cfg);
	no_low();
}

static void a_device_keeps_its_name_unless_told(void **state)
{
	sb_config *cfg = with(sb_net_device, LINK(.device = "low"), fx_config("pause"));
	sb_proc *proc;

	(void)state;
	make_low();
	proc = fx_spawn(cfg);
	assert_string_equal(info_of(proc).name, "low");
	assert_string_equal(info_of(proc).mac, "02:00:00:00:00:01");
	assert_int_equal(info_of(proc).mtu, 1450);
	sb_proc_free(proc);
	sb_config_free(cfg);
	no_low();
}

/* Its name is somebody else's meanwhile, and the one that it has inside as well: it is given a number. */
static void a_device_is_not_lost_when_its_name_is_taken(void **state)
{
	sb_config *cfg = with(sb_net_device, LINK(.device = "low", .name = "eth5"), fx_config("pause"));
	sb_proc *proc;

	(void)state;
	make_low();
	proc = fx_spawn(cfg);
	net_sh("ip link add low type bridge");
	sb_proc_free(proc);
	fx_has(net_says("ip -o link show eth5"), "02:00:00:00:00:01");
	net_sh("ip link del low && ip link set eth5 name low");
	proc = fx_spawn(cfg);
	net_sh("ip link add low type bridge && ip link add eth5 type bridge");
	sb_proc_free(proc);
	fx_has(net_says("ip -br link | grep '^low[0-9]'"), "02:00:00:00:00:01");
	net_sh("ip link del low && ip link del eth5");
	sb_config_free(cfg);
	no_low();
}

/* The device is inside when a later interface, a route, or the command itself fails. */
static void a_device_comes_back_from_a_failure(void **state)
{
	sb_config *cfg;

	(void)state;
	make_low();
	cfg = with(sb_net_device, LINK(.device = "low", .name = "eth5", .mtu = 1300), fx_config("exit=0"));
	fx_ok(sb_net_veth(cfg, LINK(.host_name = "far", .name = "eth1")));
	fx_has(fx_refused(cfg, EEXIST)->message, "an interface far already");
	fx_has(net_says("ip -o link show low"), "mtu 1450");
	cfg = with(sb_net_device, LINK(.device = "low", .name = "eth5", .address = "10.4.0.2/24"), fx_config("exit=0"));
	fx_ok(sb_net_route(cfg, "eth5", "10.6.0.0/16", "10.5.0.1"));
	fx_refused(cfg, ENETUNREACH);
	fx_has(net_says("ip -o link show low"), "02:00:00:00:00:01");
	cfg = with(sb_net_device, LINK(.device = "low", .name = "eth5"), fx_config("exit=0"));
	fx_ok(sb_set_command(cfg, "/no/such/program", (const char *const[]){"program", NULL}));
	fx_refused(cfg, ENOENT);
	fx_has(net_says("ip -o link show low"), "mtu 1450");
	no_low();
}

/* Part of the request is refused after the kernel has moved it. */
static void a_device_comes_back_when_half_of_it_was_done(void **state)
{
	sb_config *cfg;

	(void)state;
	need_kind("macvlan");
	make_low();
	net_sh("ip link add above link low address 02:00:00:00:00:02 type macvlan");
	cfg = with(sb_net_device, LINK(.device = "above", .name = "eth5", .mac = "02:00:00:00:00:03", .mtu = 1451),
		   fx_config("exit=0")); /* more than low has, which only above knows */
	fx_has(fx_refused(cfg, EINVAL)->message, "above: Invalid argument");
	fx_has(net_says("ip -o link show above"), "02:00:00:00:00:02");
	cfg = with(sb_net_device, LINK(.device = "above", .name = "eth5"), fx_config("exit=0"));
	fx_ok(sb_net_device(cfg, LINK(.device = "above", .name = "eth6")));
	fx_refused(cfg, ENODEV); /* the second time it is not there any more */
	fx_has(net_says("ip -o link show above"), "02:00:00:00:00:02");
	no_low();
}

/* A virtual one goes with the namespace if the host dies; so does then its other end. */
static const char *die_with_a_device(void)
{
	sb_config *cfg = with(sb_net_device, LINK(.device = "low"), fx_config("pause"));

	if (sb_spawn(cfg, &(sb_proc *){NULL}, NULL) < 0)
		return "spawn failed";
	raise(SIGKILL);
	return "alive";
}

static void a_virtual_device_goes_with_a_host_that_dies(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	make_low();
	pid = fork();
	if (pid == 0) {
		fputs(die_with_a_device(), stderr);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	net_until("! ip link show far >/dev/null 2>&1");
	while (waitpid(-1, NULL, 0) > 0) /* its orphans come to us */
		;
}

/* Who has no privilege but that over networks could send it in, and never get it back. */
static const char *with_network_admin_alone(void)
{
	sb_config *cfg = fx_config("exit=0");

	sb_net_device(cfg, LINK(.device = "low"));
	sb_set_host_root(cfg, 1);
	if (fx_drop_cap(CAP_SYS_ADMIN) < 0)
		return "skip: capabilities cannot be dropped";
	return fx_judge(cfg, EPERM, "link", "CAP_SYS_ADMIN");
}

static void a_device_does_not_go_where_it_cannot_come_back_from(void **state)
{
	(void)state;
	make_low();
	fx_in_child(with_network_admin_alone);
	fx_has(net_says("ip -o link show low"), "mtu 1450");
	no_low();
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
	refused(sb_net_macvlan, LINK(.device = "low", .mode = "passthru", .mac = "02:00:00:00:00:09"), EINVAL, "in the mode passthru");
	refused(sb_net_macvlan, LINK(.device = "low", .address = "10.3.0.2"), EINVAL, "has no prefix");
	refused(sb_net_macvlan, LINK(.device = "low", .name = "lo"), EEXIST, "interface lo of its own");
	refused(sb_net_macvlan, LINK(.device = "low", .rate = 1000), EINVAL, "are of a veth");
	refused(sb_net_macvlan, LINK(.name = "m0"), EINVAL, "which device?");
	refused(sb_net_ipvlan, LINK(.device = "lo"), EINVAL, "lo is the loopback interface");
	refused(sb_net_ipvlan, LINK(.device = "no7"), ENODEV, "there is no device no7");
	refused(sb_net_ipvlan, LINK(.device = "low", .mac = "02:00:00:00:00:09"), EINVAL, "an ipvlan has the MAC address");
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
	sb_config *cfg = with(sb_net_macvlan, LINK(.device = "low", .mac = "02:00:00:00:00:09"), fx_config("pause")), *second;
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
		FX_TEST_IF("privilege", a_device_moves_in_and_comes_back_as_it_was),
		FX_TEST_IF("privilege", a_device_keeps_its_name_unless_told),
		FX_TEST_IF("privilege", a_device_is_not_lost_when_its_name_is_taken),
		FX_TEST_IF("privilege", a_device_comes_back_from_a_failure),
		FX_TEST_IF("privilege", a_device_comes_back_when_half_of_it_was_done),
		FX_TEST_IF("privilege", a_virtual_device_goes_with_a_host_that_dies),
		FX_TEST_IF("privilege", a_device_does_not_go_where_it_cannot_come_back_from),
		FX_TEST_IF("privilege", an_address_is_free_though_a_connection_hangs),
		FX_TEST_IF("privilege", isolated_ports_do_not_reach_each_other),
		FX_TEST_IF("privilege", mistakes_are_told_before_anything_exists),
		FX_TEST_IF("privilege", a_mac_address_is_given_once),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
