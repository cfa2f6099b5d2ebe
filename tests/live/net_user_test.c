// SPDX-License-Identifier: MIT
/* A network by pasta or slirp4netns: what is reached from inside, and from outside; what it is. */
#include "net_user_kit.h"
#include "box_kit.h"

#include <sys/stat.h>
static sb_net_info info_of(sb_proc *proc)
{
	sb_net_info info = SB_INIT(sb_net_info);
	sb_error err = SB_INIT(sb_error);

	if (sb_proc_net(proc, 0, &info, &err) != 1)
		fail_msg("%s", err.message);
	return info;
}

static void a_server_of_the_host_is_reached(const char *program)
{
	int tcp, udp;
	sb_proc *a = user_host("serve=7007", &tcp), *b = user_host("serve-udp=7008", &udp);
	const char *out =
		fx_output(user_with(fx_config("tcp=" HOST_SERVER ",7007", "udp=" HOST_SERVER ",7008"),
				    program));

	fx_has(out, "tcp=ok ");
	fx_has(out, "udp=ok ");
	if (!strcmp(program, PASTA)) /* slirp4netns advertises its IPv6, and the address comes later */
		fx_has(fx_output(user_with(fx_config("tcp=" HOST_SERVER6 ",7007", "udp=" HOST_SERVER6 ",7008"),
					   program)),
		       "tcp=ok ");
	net_stop(a, tcp);
	net_stop(b, udp);
}
BOTH(a_server_of_the_host_is_reached)

static void the_loopback_of_the_host_is_not_reached(const char *program)
{
	int pasta = !strcmp(program, PASTA), tcp;
	sb_proc *a = user_host("serve=7007", &tcp);
	const char *out = fx_output(user_with(
	    pasta ? fx_config("tcp=" HOST_GATEWAY ",7007", "tcp=127.0.0.1,7007", "tcp=::1,7007")
		  : fx_config("tcp=10.0.2.2,7007", "tcp=127.0.0.1,7007", "tcp=::1,7007"),
	    program));

	fx_has(out, "tcp=E");
	fx_has_not(out, "tcp=ok");
	net_stop(a, tcp);
}
BOTH(the_loopback_of_the_host_is_not_reached)

static void published_ports_are_reached_from_the_host(const char *program)
{
	sb_config *cfg = user_with(fx_config("serve=80"), program),
		  *other = user_with(fx_config("serve-udp=80"), program);
	sb_proc *tcp, *udp;
	int out[2], port;

	fx_ok(sb_net_publish(cfg, "tcp", NULL, 0, 80, 1));
	fx_ok(sb_net_publish(cfg, "tcp", "127.0.0.1", 7100, 79, 3));
	fx_ok(sb_net_publish(other, "udp", HOST_SERVER, 0, 80, 1));
	tcp = net_serving(cfg, &out[0]);
	udp = net_serving(other, &out[1]);
	port = sb_proc_port(tcp, 0);
	assert_in_range(port, 1024, 65535);
	assert_string_not_equal(user_ask(SOCK_STREAM, "127.0.0.1", port), "");
	assert_int_equal(sb_proc_port(tcp, 2), 7101);
	assert_string_not_equal(user_ask(SOCK_STREAM, "127.0.0.1", 7101), "");
	assert_int_equal(sb_proc_port(tcp, 4), -ENOENT);
	/* Neither sends answers back to 127.0.0.1. */
	assert_string_not_equal(user_ask(SOCK_DGRAM, HOST_SERVER, sb_proc_port(udp, 0)), "");
	net_stop(tcp, out[0]);
	net_stop(udp, out[1]);
	assert_string_equal(user_ask(SOCK_STREAM, "127.0.0.1", port), "");
	sb_config_free(cfg);
	sb_config_free(other);
	assert_string_equal(net_says("ls -d /tmp/sandbox-slirp-?????? 2>/dev/null"), "");
}
BOTH(published_ports_are_reached_from_the_host)

/* The wall is inside, and what the program brings in for a published port passes it. */
static void a_closed_network_is_open_for_what_is_allowed(const char *program)
{
	int tcp, other, out;
	sb_proc *a = user_host("serve=7007", &tcp), *b = user_host("serve=7008", &other), *proc;
	sb_config *cfg = user_with(fx_config("tcp=" HOST_SERVER ",7007", "tcp=" HOST_SERVER ",7008"), program);
	const char *says;

	fx_ok(sb_net_allow(cfg, "tcp " HOST_SERVER " 7007"));
	says = fx_output(cfg);
	fx_has(says, "tcp=ok ");
	fx_has(says, "tcp=EHOSTUNREACH");
	cfg = user_with(fx_config("serve=80"), program);
	fx_ok(sb_net_allow(cfg, NULL));
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 0, 80, 1));
	proc = net_serving(cfg, &out);
	/*
	 * Inside pasta the host's own addresses are the sandbox's: who comes from one of them is
	 * not believed.
	 */
	assert_string_not_equal(user_ask(SOCK_STREAM, strcmp(program, PASTA) ? HOST_SERVER : "127.0.0.1",
					 sb_proc_port(proc, 0)),
				"");
	net_stop(proc, out);
	sb_config_free(cfg);
	net_stop(a, tcp);
	net_stop(b, other);
}
BOTH(a_closed_network_is_open_for_what_is_allowed)

static void a_taken_port_is_told_before(const char *program)
{
	sb_config *cfg = user_with(fx_config("exit=0"), program);
	const sb_error *err;
	int tcp;
	sb_proc *a = user_host("serve=7007", &tcp);

	fx_ok(sb_net_publish(cfg, "tcp", NULL, 7006, 80, 3));
	err = fx_refused(cfg, EADDRINUSE);
	fx_has(err->message, "port 7007 of all addresses");
	assert_int_equal(err->step, SB_STEP_PORT);
	net_stop(a, tcp);
}
BOTH(a_taken_port_is_told_before)

static void an_ipv6_port_is_for_pasta(void **state)
{
	sb_config *cfg;
	sb_proc *proc;
	int out;

	(void)state;
	user_needs(PASTA);
	cfg = user_with(fx_config("serve=80"), SLIRP);
	fx_ok(sb_net_publish(cfg, "tcp", "::1", 7200, 80, 1));
	if (access("/usr/bin/" SLIRP, X_OK) == 0)
		fx_has(fx_refused(sb_config_copy(cfg), EOPNOTSUPP)->hint, "pasta does");
	proc = net_serving(user_with(cfg, NULL), &out);
	assert_string_equal(info_of(proc).kind, PASTA);
	fx_has(user_ask(SOCK_STREAM, "::1", 7200), ":");
	net_stop(proc, out);
	sb_config_free(cfg);
}

static void what_there_is_can_be_asked(const char *program)
{
	int pasta = !strcmp(program, PASTA), tcp;
	sb_proc *a = user_host("serve=7007", &tcp), *proc;
	sb_config *cfg = user_with(fx_config("tcp=" HOST_SERVER ",7007", "pause"), program);
	int pair[2];
	sb_net_info info;
	char line[64];

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	fx_ok(sb_set_fd(cfg, 1, pair[1]));
	proc = fx_spawn(cfg);
	close(pair[1]);
	assert_true(read(pair[0], line, sizeof(line)) > 0);
	info = info_of(proc);
	assert_string_equal(info.kind, program);
	assert_string_equal(info.name, pasta ? "ext0" : "tap0");
	assert_string_equal(info.address, pasta ? HOST_OWN "/24" : "10.0.2.100/24");
	assert_string_equal(info.gateway, pasta ? HOST_GATEWAY : "10.0.2.2");
	if (pasta) {
		assert_string_equal(info.address6, "fd00:198::1/64");
		assert_string_equal(info.gateway6, "fd00:198::fe");
	}
	assert_int_equal(info.mtu, 65520);
	assert_in_range(info.rx_packets, 1, 1000);
	assert_in_range(info.tx_bytes, 1, 100000);
	fx_ok(sb_proc_kill(proc));
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	assert_string_equal(info_of(proc).name, info.name); /* it is gone, its figures are not */
	assert_in_range(info_of(proc).tx_bytes, info.tx_bytes, 200000);
	sb_proc_free(proc);
	sb_config_free(cfg);
	close(pair[0]);
	net_stop(a, tcp);
}
BOTH(what_there_is_can_be_asked)

static void a_box_has_it_for_all_its_commands(const char *program)
{
	int tcp;
	sb_proc *a = user_host("serve=7007", &tcp), *proc;
	sb_config *cfg = user_with(fx_config("tcp=" HOST_SERVER ",7007"), program);
	sb_error err = SB_INIT(sb_error);
	sb_box *box;

	box = open_with(cfg);
	for (int i = 0; i < 2; i++) {
		char line[64] = "";
		int pair[2];

		assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
		fx_ok(sb_set_fd(cfg, 1, pair[1]));
		fx_ok(sb_box_spawn(box, cfg, &proc, &err));
		close(pair[1]);
		assert_true(read(pair[0], line, sizeof(line) - 1) > 0);
		fx_has(line, "tcp=ok");
		close(pair[0]);
		fx_wait(proc, NULL);
	}
	sb_box_free(box);
	sb_config_free(cfg);
	net_stop(a, tcp);
}
BOTH(a_box_has_it_for_all_its_commands)

/* Root's network namespace then belongs to root's own user namespace, which nobody can enter once more. */
static void it_works_without_a_user_namespace(const char *program)
{
	int tcp;
	sb_proc *a = user_host("serve=7007", &tcp);
	sb_config *cfg = user_with(fx_config("tcp=" HOST_SERVER ",7007"), program);

	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	if (fx_who() == FX_USERNS)
		fx_ok(sb_set_host_root(cfg, 1));
	fx_has(fx_output(cfg), "tcp=ok ");
	net_stop(a, tcp);
}
BOTH(it_works_without_a_user_namespace)

static void names_are_asked_of_the_host_s_server(const char *program)
{
	static const char *const servers[] = {HOST_SERVER, "127.0.0.53"};
	int udp;
	sb_proc *server;

	net_sh("echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start");
	server = user_host("serve-udp=53", &udp);
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "nameserver %s\n", servers[i]);
		net_sh("mount --bind %s /etc/resolv.conf", fx_write(servers[i], text));
		fx_has(fx_output(user_with(fx_config("udp=10.0.2.3,53"), program)), "udp=ok");
		net_sh("umount /etc/resolv.conf");
	}
	net_sh("echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start");
	net_stop(server, udp);
}
BOTH(names_are_asked_of_the_host_s_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		USER_TESTS("sandbox", a_server_of_the_host_is_reached),
		USER_TESTS("sandbox", the_loopback_of_the_host_is_not_reached),
		USER_TESTS("sandbox", published_ports_are_reached_from_the_host),
		USER_TESTS("sandbox", a_closed_network_is_open_for_what_is_allowed),
		USER_TESTS("sandbox", a_taken_port_is_told_before),
		FX_TEST_IF("sandbox", an_ipv6_port_is_for_pasta),
		USER_TESTS("sandbox", what_there_is_can_be_asked),
		USER_TESTS("sandbox", a_box_has_it_for_all_its_commands),
		USER_TESTS("privilege", it_works_without_a_user_namespace),
		USER_TESTS("privilege", names_are_asked_of_the_host_s_server),
	};

	user_net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
