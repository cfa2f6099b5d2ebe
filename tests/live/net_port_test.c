// SPDX-License-Identifier: MIT
/* Published ports: from outside, from the host, from neighbours; taken ones; a real web server. */
#include "net_kit.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Whether what stays on a bridge passes the rules of IP as well (br_netfilter, where the kernel has it). */
static void bridged_rules(int on)
{
	net_sh("test ! -d /proc/sys/net/bridge || "
	       "sysctl -qw net.bridge.bridge-nf-call-iptables=%d net.bridge.bridge-nf-call-ip6tables=%d",
	       on, on);
}

static void a_published_port_is_reached_from_everywhere(void **state)
{
	sb_config *server = net_config("serve=80"), *other;
	const char *out;
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(1);
	fx_ok(sb_net_publish(server, "tcp", NULL, 8080, 80, 1));
	proc = net_serving(server, &fd);
	assert_int_equal(sb_proc_port(proc, 0), 8080);
	assert_int_equal(sb_proc_port(proc, 1), -ENOENT);
	out = fx_output(net_outside("tcp=" NET_OUTER ",8080", "tcp=" NET_OUTER6 ",8080"));
	fx_has(out, "tcp=ok " NET_OUTSIDE "\n"); /* who it really is */
	fx_has(out, "tcp=ok " NET_OUTSIDE6 "\n");
	out = fx_output(net_host("tcp=127.0.0.1,8080", "tcp=10.0.0.1,8080", "tcp=fd00::1,8080"));
	fx_has(out, "tcp=ok 10.0.0.1\ntcp=ok 10.0.0.1\ntcp=ok fd00::1\n");
	fx_has(fx_output(net_host("tcp=::1,8080")), "tcp=ECONNREFUSED\n");
	bridged_rules(0);
	other = net_config("tcp=10.0.0.1,8080", "tcp=fd00::1,8080");
	fx_has(fx_output(other), "tcp=ok 10.0.0.1\ntcp=ok fd00::1\n");
	bridged_rules(1); /* then the answer comes by our rules anyway, and neighbours see each other */
	other = net_config("tcp=10.0.0.1,8080", "tcp=fd00::1,8080");
	fx_has(fx_output(other), "tcp=ok ");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

static void a_published_udp_port_too(void **state)
{
	sb_config *server = net_config("serve-udp=53");
	const char *out;
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(1);
	fx_ok(sb_net_publish(server, "udp", NULL, 5353, 53, 1));
	proc = net_serving(server, &fd);
	out = fx_output(net_outside("udp=" NET_OUTER ",5353", "udp=" NET_OUTER6 ",5353"));
	fx_has(out, "udp=ok " NET_OUTSIDE "\n");
	fx_has(out, "udp=ok " NET_OUTSIDE6 "\n");
	fx_has(fx_output(net_host("udp=127.0.0.1,5353", "udp=10.0.0.1,5353")),
	       "udp=ok 10.0.0.1\nudp=ok 10.0.0.1\n");
	bridged_rules(0);
	fx_has(fx_output(net_config("udp=10.0.0.1,5353")), "udp=ok 10.0.0.1\n");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

/* A client whose port is the same as long as it lives. */
static int constant_client(uint32_t address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(5353),
				  .sin_addr = { htonl(address) } };
	struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void is_answered(int fd)
{
	char answer[100];
	ssize_t n = -1;

	/* whoever was not there may have left a refusal in the socket */
	for (int i = 0; n < 0 && i < 5; i++) {
		send(fd, "?", 1, 0);
		n = recv(fd, answer, sizeof(answer), 0);
	}
	assert_int_equal(n, 8);
	assert_memory_equal(answer, "10.0.0.1", 8);
}

/*
 * It comes to the sandbox that is there now, and not to the one before, or to where the port led
 * without one.
 */
static void a_constant_client_follows_the_port(void **state)
{
	int clients[2];

	(void)state;
	net_bridge();
	net_forward(1);
	net_sh("nft 'add table ip t; add chain ip t c { type filter hook output priority 0; }; add rule ip t c ct state new accept'");
	clients[0] = constant_client(0x7f000001);
	clients[1] = constant_client(0x0a000001);
	send(clients[1], "?", 1, 0);
	for (int i = 2; i < 4; i++) {
		char address[20];
		sb_config *server;
		sb_proc *proc;
		int out;

		snprintf(address, sizeof(address), "10.0.0.%d", i);
		server = net_with_veth(fx_config("serve-udp=53"), address);
		fx_ok(sb_net_publish(server, "udp", NULL, 5353, 53, 1));
		proc = net_serving(server, &out);
		is_answered(clients[0]);
		is_answered(clients[1]);
		net_stop(proc, out);
		sb_config_free(server);
	}
	close(clients[0]);
	close(clients[1]);
	net_sh("nft delete table ip t");
	net_no_bridge();
}

/* More than fit into one list of elements; the last of them, and one of one address of the host only. */
static void a_range_of_ports_leads_to_a_range(void **state)
{
	sb_config *server = net_config("serve=1600");
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(1);
	fx_ok(sb_net_publish(server, "tcp", NULL, 9000, 1001, 600));
	fx_ok(sb_net_publish(server, "tcp", "10.0.0.1", 0, 1600, 1));
	proc = net_serving(server, &fd);
	assert_int_equal(sb_proc_port(proc, 599), 9599);
	assert_in_range(sb_proc_port(proc, 600), 1024, 65535);
	fx_has(fx_output(net_host("tcp=127.0.0.1,9599", "tcp=127.0.0.1,9598")),
	       "tcp=ok 10.0.0.1\ntcp=ECONNREFUSED\n");
	fx_has(fx_output(net_outside("tcp=" NET_OUTER ",9599")), "tcp=ok " NET_OUTSIDE "\n");
	net_sh("test $(nft list ruleset | grep -o ' : 10\\.0\\.0\\.[0-9]*' | wc -l) -eq 601");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

static void an_address_of_the_host_publishes_there_only(void **state)
{
	sb_config *server = net_config("serve=80");
	char want[80], local[80];
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	net_forward(0);
	fx_ok(sb_net_publish(server, "tcp", "127.0.0.1", 0, 80, 1)); /* which needs no forwarding */
	proc = net_serving(server, &fd);
	snprintf(local, sizeof(local), "tcp=127.0.0.1,%d", sb_proc_port(proc, 0));
	snprintf(want, sizeof(want), "tcp=10.0.0.1,%d", sb_proc_port(proc, 0));
	fx_has(fx_output(net_host(local, want)), "tcp=ok 10.0.0.1\ntcp=ECONNREFUSED\n");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

static void a_web_server_inside_is_fetched_from_outside(void **state)
{
	sb_config *server = fx_config("exit=0");
	const char *dir = fx_mkdir("www");
	sb_net_link link = SB_INIT(sb_net_link);
	sb_proc *proc, *out;
	sb_config *away;

	(void)state;
	net_bridge();
	net_forward(1);
	fx_write("www/index.html", "a page from inside\n");
	link.device = "br0";
	fx_ok(sb_net_veth(server, &link));
	fx_ok(sb_net_publish(server, "tcp", NULL, 8080, 80, 1));
	fx_ok(sb_add_bind(server, dir, "/www", SB_MOUNT_RO));
	fx_ok(sb_add_bind(server, "/bin/busybox", "/busybox", SB_MOUNT_RO));
	fx_ok(sb_set_command(server, "/busybox",
			     (const char *const[]){ "busybox", "httpd", "-f", "-p", "80", "-h", "/www",
						    NULL }));
	away = net_outside("pause");
	proc = fx_spawn(server);
	out = fx_spawn(away);
	net_until("busybox wget -q -O - http://127.0.0.1:8080/ 2>/dev/null | grep -q 'a page from inside'");
	fx_has(net_says("nsenter -t %d -n busybox wget -q -O - http://" NET_OUTER ":8080/", sb_proc_pid(out)),
	       "a page from inside");
	fx_has(net_says("nsenter -t %d -n busybox wget -q -O - 'http://[" NET_OUTER6 "]:8080/'",
			sb_proc_pid(out)),
	       "a page from inside");
	sb_proc_free(out);
	sb_proc_free(proc);
	sb_config_free(away);
	sb_config_free(server);
	net_no_bridge();
}

static void a_taken_port_is_told_before_anything_exists(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sb_net_link link = SB_INIT(sb_net_link);
	sb_config *cfg = fx_config("exit=0"), *holder;
	const sb_error *err;
	sb_proc *proc;

	(void)state;
	net_forward(1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	link.device = "made0";
	link.flags = SB_NET_MAKE_BRIDGE;
	link.bridge_address = "10.9.0.1/24";
	fx_ok(sb_net_veth(cfg, &link));
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 8080, 80, 1));
	holder = sb_config_copy(cfg);
	err = fx_refused(cfg, EADDRINUSE);
	assert_int_equal(err->step, SB_STEP_PORT);
	fx_has(err->message, "the port 8080/tcp of this host cannot be published");
	assert_string_equal(net_says("ip -br link show type bridge"), "");
	close(fd);
	/* and the other way round: a sandbox keeps it from others, also of one address */
	proc = fx_spawn(holder);
	cfg = fx_config("exit=0");
	fx_ok(sb_net_veth(cfg, &link));
	fx_ok(sb_net_publish(cfg, "tcp", "127.0.0.1", 8080, 80, 1));
	fx_refused(cfg, EADDRINUSE);
	sb_proc_free(proc);
	proc = fx_spawn(holder);
	sb_proc_free(proc);
	sb_config_free(holder);
}

static const char *localnet(void)
{
	return net_says("cat /proc/sys/net/ipv4/conf/br0/route_localnet; ip link show br0 | grep -c sb-localnet");
}

static sb_proc *with_a_port(sb_config **cfg)
{
	*cfg = net_config("pause");
	fx_ok(sb_net_publish(*cfg, "tcp", "127.0.0.1", 0, 80, 1));
	return fx_spawn(*cfg);
}

/* A bridge that is not ours lets nobody to the host's loopback addresses longer than our rules forbid it. */
static void a_bridge_is_as_it_was(void **state)
{
	sb_config *one, *two;
	sb_proc *a, *b;

	(void)state;
	net_bridge();
	a = with_a_port(&one);
	b = with_a_port(&two);
	assert_string_equal(localnet(), "1\n2\n");
	sb_proc_free(a);
	sb_config_free(one);
	assert_string_equal(localnet(), "1\n1\n");
	sb_proc_free(b);
	sb_config_free(two);
	assert_string_equal(localnet(), "0\n0\n");
	net_sh("echo 1 >/proc/sys/net/ipv4/conf/br0/route_localnet"); /* as somebody else wants it */
	a = with_a_port(&one);
	assert_string_equal(localnet(), "1\n0\n");
	sb_proc_free(a);
	sb_config_free(one);
	assert_string_equal(localnet(), "1\n0\n");
	net_no_bridge();
}

static void a_bridge_of_a_killed_host_is_as_it_was(void **state)
{
	sb_config *cfg;
	int status, ready[2];
	char word;
	pid_t pid;

	(void)state;
	net_bridge();
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		with_a_port(&cfg);
		if (write(ready[1], "1", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &word, 1), 1);
	close(ready[0]);
	close(ready[1]);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(localnet(), "1\n1\n");
	assert_in_range(sb_gc(NULL, NULL), 1, 100);
	assert_string_equal(localnet(), "0\n0\n");
	while (waitpid(-1, &status, __WALL) > 0) /* sb-init may have become ours */
		;
	net_no_bridge();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_bridge_is_as_it_was),
		FX_TEST_IF("privilege", a_bridge_of_a_killed_host_is_as_it_was),
		FX_TEST_IF("privilege", a_published_port_is_reached_from_everywhere),
		FX_TEST_IF("privilege", a_published_udp_port_too),
		FX_TEST_IF("privilege", a_constant_client_follows_the_port),
		FX_TEST_IF("privilege", a_range_of_ports_leads_to_a_range),
		FX_TEST_IF("privilege", an_address_of_the_host_publishes_there_only),
		FX_TEST_IF("privilege", a_web_server_inside_is_fetched_from_outside),
		FX_TEST_IF("privilege", a_taken_port_is_told_before_anything_exists),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
