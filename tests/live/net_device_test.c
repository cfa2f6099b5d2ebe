// SPDX-License-Identifier: MIT
/* A device of the host moves in, and comes back as it was, whatever happens meanwhile. */
#include "net_links_kit.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/wait.h>

static void a_device_moves_in_and_comes_back_as_it_was(void **state)
{
	sb_config *cfg = with(sb_net_device,
			      LINK(.device = "low", .name = "eth5", .mac = "02:00:00:00:00:55", .mtu = 1300,
				   .address = "10.4.0.2/24"),
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
		net_sh("ip addr replace 10.4.0.1/24 dev far && busybox ping -c 1 -W 10 10.4.0.2 >/dev/null");
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
	cfg = with(sb_net_device, LINK(.device = "low", .name = "eth5", .address = "10.4.0.2/24"),
		   fx_config("exit=0"));
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
	cfg = with(sb_net_device,
		   LINK(.device = "above", .name = "eth5", .mac = "02:00:00:00:00:03", .mtu = 1451),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_device_moves_in_and_comes_back_as_it_was),
		FX_TEST_IF("privilege", a_device_keeps_its_name_unless_told),
		FX_TEST_IF("privilege", a_device_is_not_lost_when_its_name_is_taken),
		FX_TEST_IF("privilege", a_device_comes_back_from_a_failure),
		FX_TEST_IF("privilege", a_device_comes_back_when_half_of_it_was_done),
		FX_TEST_IF("privilege", a_virtual_device_goes_with_a_host_that_dies),
		FX_TEST_IF("privilege", a_device_does_not_go_where_it_cannot_come_back_from),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
