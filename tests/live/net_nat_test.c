// SPDX-License-Identifier: MIT
/* The way out under the host's address, and published ports: rules in a table of ours, which goes with us. */
#include "net_kit.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static sb_config *masked_config(sb_config *cfg, const char *address)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.device = "br0";
	link.address = address;
	link.flags = SB_NET_MASQUERADE;
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}
#define masked(...) masked_config(fx_config(__VA_ARGS__), NULL)

static const char *ruleset(void)
{
	return net_says("nft list ruleset");
}

static void who_leaves_has_the_hosts_address(void **state)
{
	sb_config *server = net_outside("serve=7007"), *client;
	const char *out;
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(1);
	proc = net_serving(server, &fd);
	out = fx_output(masked("tcp=" NET_OUTSIDE ",7007", "tcp=" NET_OUTSIDE6 ",7007"));
	fx_has(out, "tcp=ok " NET_OUTER "\n");
	fx_has(out, "tcp=ok " NET_OUTER6 "\n");
	/* and who did not ask for it, his own */
	client = net_config("tcp=" NET_OUTSIDE ",7007", "tcp=" NET_OUTSIDE6 ",7007");
	out = fx_output(client);
	fx_has(out, "tcp=ok 10.0.0.");
	fx_has(out, "tcp=ok fd00::");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

/* On the bridge itself everybody has his own address. */
static void neighbours_are_not_masqueraded(void **state)
{
	sb_config *server = net_with_veth(fx_config("serve=7007"), "10.0.0.2");
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(1);
	proc = net_serving(server, &fd);
	fx_has(fx_output(masked_config(fx_config("tcp=10.0.0.2,7007"), "10.0.0.9")), "tcp=ok 10.0.0.9\n");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

static void forwarding_is_asked_for(void **state)
{
	sb_config *server = net_outside("serve=7007"), *cfg;
	sb_net_link link = SB_INIT(sb_net_link);
	const char *before;
	const sb_error *err;
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(0);
	before = net_says("ip -o link | cut -d: -f 2");
	err = fx_refused(masked("exit=0"), ENETUNREACH);
	fx_has(err->message, "net.ipv4.ip_forward is 0");
	fx_has(err->hint, "SB_NET_FORWARD");
	cfg = net_config("exit=0");
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 8080, 80, 1));
	fx_refused(cfg, ENETUNREACH);
	net_sh("sysctl -qw net.ipv4.ip_forward=1");
	fx_has(fx_refused(masked("exit=0"), ENETUNREACH)->message, "net.ipv6.conf.all.forwarding is 0");
	assert_string_equal(net_says("ip -o link | cut -d: -f 2"), before);
	net_forward(0);
	proc = net_serving(server, &fd);
	cfg = fx_config("tcp=" NET_OUTSIDE ",7007", "tcp=" NET_OUTSIDE6 ",7007");
	link.device = "br0";
	link.flags = SB_NET_MASQUERADE | SB_NET_FORWARD;
	fx_ok(sb_net_veth(cfg, &link));
	fx_has(fx_output(cfg), "tcp=ok " NET_OUTER "\ntcp=ok " NET_OUTER6 "\n");
	net_sh("test $(sysctl -n net.ipv4.ip_forward) = 1");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

/*
 * How many packets to 127.0.0.1 have come from the bridge to a hook of the host, as a table of the
 * test's counts them.
 */
static unsigned counted(const char *hook)
{
	const char *says = net_says("nft list chain ip spied %s", hook), *at = strstr(says, "packets ");

	assert_non_null(at);
	return (unsigned)strtoul(at + strlen("packets "), NULL, 10);
}

/*
 * For the host's 127.0.0.1 the bridge has route_localnet; its neighbours shall have nothing of it.
 * The spy is root over a network where 127.0.0.1 is somewhere else.
 */
static void a_neighbour_does_not_reach_the_hosts_loopback(void **state)
{
	sb_config *door = net_config("pause");
	sb_proc *spy;

	(void)state;
	net_bridge();
	net_forward(1);
	fx_ok(sb_net_publish(door, "tcp", NULL, 8080, 80, 1));
	spy = fx_spawn(door);
	net_sh("test $(cat /proc/sys/net/ipv4/conf/br0/route_localnet) = 1");
	net_sh("nft add table ip spied");
	for (int i = 0; i < 2; i++)
		net_sh("nft 'add chain ip spied %s { type filter hook %s priority -400; }; "
		       "add rule ip spied %s iif br0 ip daddr 127.0.0.1 counter'",
		       i ? "input" : "prerouting", i ? "input" : "prerouting", i ? "input" : "prerouting");
	net_sh("nsenter -t %d -n sh -c 'ip route del table local local 127.0.0.0/8 && ip route del table local local 127.0.0.1 && "
	       "ip route add 127.0.0.1 via 10.0.0.1 && { busybox nc -w 1 127.0.0.1 7007 </dev/null 2>/dev/null; exit 0; }'",
	       sb_proc_pid(spy));
	assert_true(counted("prerouting") > 0);
	assert_int_equal(counted("input"), 0);
	net_sh("nft delete table ip spied");
	sb_proc_free(spy);
	sb_config_free(door);
	net_no_bridge();
}

static void the_hosts_own_rules_stay_as_they_are(void **state)
{
	static const char own[] =
		"add table inet mine\n"
		"add set inet mine s { type ipv4_addr; elements = { 10.0.0.7, 10.0.0.8 }; }\n"
		"add chain inet mine in { type filter hook input priority 0; policy accept; }\n"
		"add rule inet mine in ip saddr @s counter drop\n"
		"add chain inet mine nat { type nat hook prerouting priority -100; }\n"
		"add rule inet mine nat tcp dport 1 redirect to :2\n";
	const char *file = fx_write("own.nft", own), *before, *during;
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	net_bridge();
	net_forward(1);
	net_sh("nft -f %s", file);
	before = ruleset();
	cfg = masked("pause");
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 8080, 80, 4));
	proc = fx_spawn(cfg);
	during = ruleset();
	assert_int_equal(strncmp(during, before, strlen(before)), 0);
	fx_has(during, "table inet libsandbox-");
	net_sh("nft delete table inet $(nft list tables | grep -o 'libsandbox-.*') 2>/dev/null && exit 1; exit 0");
	net_sh("nft flush ruleset && nft -f %s", file); /* which is the host's right, and leaves ours alone */
	fx_has(ruleset(), "masquerade");
	sb_proc_free(proc);
	fx_has_not(ruleset(), " : 10.0.0."); /* the table waits for the next one, empty */
	sb_config_free(cfg);
	assert_string_equal(ruleset(), before);
	net_sh("nft flush ruleset");
	net_no_bridge();
}

static void rules_go_when_the_host_is_killed(void **state)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	(void)state;
	net_bridge();
	net_forward(1);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		sb_config *cfg = masked("pause");

		fx_ok(sb_net_publish(cfg, "tcp", NULL, 8080, 80, 4));
		fx_spawn(cfg);
		(void)!write(ready[1], "!", 1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	fx_has(ruleset(), "8083");
	kill(pid, SIGKILL);
	while (waitpid(-1, &status, __WALL) > 0) /* sb-init as well: it comes to us, the subreaper */
		;
	net_until("test -z \"$(nft list ruleset)\" && test -z \"$(ip -br link show type veth)\"");
	close(ready[0]);
	close(ready[1]);
	net_no_bridge();
}

/* A kernel without nf_tables, played by a filter: no socket of NETLINK_NETFILTER. */
static const char *without_nf_tables(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg = masked("exit=0");
	const char *wrong = NULL;
	sb_proc *proc;

	sb_net_publish(cfg, "tcp", NULL, 8080, 80, 4);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return "skip: no filter can be installed";
	if (sb_spawn(cfg, &proc, &err) != -EPROTONOSUPPORT || err.step != SB_STEP_NAT ||
	    !strstr(err.hint, "nf_tables"))
		wrong = "it did not fail, or not with a hint";
	else if (system("test -z \"$(ip -br link show type veth)\"") != 0)
		wrong = "the interface is still there";
	sb_config_free(cfg);
	return wrong;
}

static void a_failure_at_the_rules_leaves_nothing(void **state)
{
	(void)state;
	net_bridge();
	net_forward(1);
	fx_in_child(without_nf_tables);
	assert_string_equal(ruleset(), "");
	net_no_bridge();
}

/* Whoever may make interfaces can have rules, and whoever can have a sandbox may close its network. */
static void what_can_be_had_is_found_out(void **state)
{
	sb_error why = SB_INIT(sb_error);
	int privileged = fx_who() != FX_USER;

	(void)state;
	assert_int_equal(sb_probe("net.allow", &why), 1);
	assert_int_equal(sb_probe("net.veth", &why), privileged);
	assert_int_equal(sb_probe("net.nat", &why), privileged);
	if (!privileged)
		fx_has(why.hint, "CAP_NET_ADMIN");
	assert_int_equal(sb_probe("net.nonsense", &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", who_leaves_has_the_hosts_address),
		FX_TEST_IF("privilege", neighbours_are_not_masqueraded),
		FX_TEST_IF("privilege", forwarding_is_asked_for),
		FX_TEST_IF("privilege", a_neighbour_does_not_reach_the_hosts_loopback),
		FX_TEST_IF("privilege", the_hosts_own_rules_stay_as_they_are),
		FX_TEST_IF("privilege", rules_go_when_the_host_is_killed),
		FX_TEST_IF("privilege", a_failure_at_the_rules_leaves_nothing),
		FX_TEST(what_can_be_had_is_found_out),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
