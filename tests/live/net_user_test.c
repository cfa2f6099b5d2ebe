// SPDX-License-Identifier: MIT
/* A network by pasta or slirp4netns: what is reached from inside, and from outside; what it is; how it ends. */
#include "net_user_kit.h"

#include <sys/stat.h>

#define PASTA "pasta"
#define SLIRP "slirp4netns"
#define BOTH(f)                                          \
	static void f##_by_pasta(void **state)           \
	{                                                \
		(void)state;                             \
		user_needs(PASTA);                       \
		f(PASTA);                                \
	}                                                \
	static void f##_by_slirp4netns(void **state)     \
	{                                                \
		(void)state;                             \
		user_needs(SLIRP);                       \
		f(SLIRP);                                \
	}

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
	const char *out = fx_output(user_with(fx_config("tcp=" HOST_SERVER ",7007", "udp=" HOST_SERVER ",7008"), program));

	fx_has(out, "tcp=ok ");
	fx_has(out, "udp=ok ");
	if (!strcmp(program, PASTA)) /* slirp4netns advertises its IPv6, and the address comes later */
		fx_has(fx_output(user_with(fx_config("tcp=" HOST_SERVER6 ",7007", "udp=" HOST_SERVER6 ",7008"), program)), "tcp=ok ");
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
	sb_config *cfg = user_with(fx_config("serve=80"), program), *other = user_with(fx_config("serve-udp=80"), program);
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
	/* Inside pasta the host's own addresses are the sandbox's: who comes from one of them is not believed. */
	assert_string_not_equal(user_ask(SOCK_STREAM, strcmp(program, PASTA) ? HOST_SERVER : "127.0.0.1", sb_proc_port(proc, 0)),
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

	if (sb_box_open(cfg, &box, &err) < 0)
		fail_msg("%s", err.message);
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

static void nothing_of_it_outlives_the_handle(const char *program)
{
	int fds[USER_MOST], count;
	sb_config *cfg = user_with(fx_config("pause"), program);
	sb_proc *proc = fx_spawn(cfg);

	count = user_family(getpid(), fds, 0);
	assert_in_range(count, 4, USER_MOST - 1); /* two of sb-init, the command, the program */
	sb_proc_free(proc);
	for (int i = 0; i < count; i++) {
		struct pollfd polled = {fds[i], POLLIN, 0};

		assert_int_equal(poll(&polled, 1, 0), 1); /* at once */
		close(fds[i]);
	}
	sb_config_free(cfg);
}
BOTH(nothing_of_it_outlives_the_handle)

/* A process that spawns, says so, and waits to be killed. */
static void be_the_host(const sb_config *cfg, int ready)
{
	sb_proc *proc;

	if (sb_spawn(cfg, &proc, NULL) == 0 && write(ready, "1", 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

static void nothing_of_it_outlives_a_killed_host(const char *program)
{
	sb_config *cfg = user_with(fx_config("pause"), program);
	int fds[USER_MOST], pair[2], count;
	pid_t host;
	char byte;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	host = fork();
	if (host == 0)
		be_the_host(cfg, pair[1]);
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	close(pair[0]);
	count = user_family(host, fds, 0);
	assert_in_range(count, 4, USER_MOST - 1);
	kill(host, SIGKILL);
	assert_int_equal(waitpid(host, NULL, 0), host);
	user_all_gone(fds, count);
	while (waitpid(-1, NULL, __WALL) > 0) /* the two of sb-init have become ours */
		;
	sb_config_free(cfg);
}
BOTH(nothing_of_it_outlives_a_killed_host)

/* --- failures; what is installed is covered, in the mount namespace of the test ------------------- */

static void cover(const char *with)
{
	net_sh("for p in pasta slirp4netns; do [ ! -e /usr/bin/$p ] || mount --bind %s /usr/bin/$p; done", with);
}

static void uncover(void)
{
	net_sh("for p in pasta slirp4netns; do [ ! -e /usr/bin/$p ] || umount /usr/bin/$p; done");
}

static void a_missing_program_is_named_with_its_package(void **state)
{
	const sb_error *err;

	(void)state;
	user_needs(NULL);
	cover("/dev/null");
	err = fx_refused(user_with(fx_config("exit=0"), NULL), ENOENT);
	assert_int_equal(err->step, SB_STEP_OUTLET);
	fx_has(err->message, "no slirp4netns and no pasta in /usr/bin, /usr/local/bin or /bin");
	fx_has(err->hint, "slirp4netns, passt (it has pasta)");
	fx_has(fx_refused(user_with(fx_config("exit=0"), SLIRP), ENOENT)->message, "no slirp4netns in");
	uncover();
}

static void the_words_of_a_program_that_fails_are_told(const char *program)
{
	int fds[USER_MOST];
	char want[64];
	const char *script = fx_write("fails", "#!/bin/sh\necho it is raining >&2\nexit 7\n");

	chmod(script, 0755);
	cover(script);
	snprintf(want, sizeof(want), "%s ended with status 7: it is raining", program);
	fx_has(fx_refused(user_with(fx_config("exit=0"), program), EIO)->message, want);
	uncover();
	assert_int_equal(user_family(getpid(), fds, 0), 0);
}
BOTH(the_words_of_a_program_that_fails_are_told)

/* Killed while it waits for the program, with the socket's directory in its hands. */
static void what_a_killed_host_leaves_is_collected(void **state)
{
	const char *listing = "ls -d /tmp/sandbox-slirp-?????? 2>/dev/null";
	char text[400], started[300];
	const char *script;
	sb_config *cfg;
	pid_t host;

	(void)state;
	user_needs(SLIRP);
	cfg = user_with(fx_config("pause"), SLIRP);
	snprintf(text, sizeof(text), "#!/bin/sh\n: >%s\nexec sleep 1000\n", fx_path("started"));
	snprintf(started, sizeof(started), "[ -e %s ]", fx_path("started"));
	script = fx_write("waits", text);
	chmod(script, 0755);
	cover(script);
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 0, 80, 1));
	sb_gc(NULL, NULL);
	assert_string_equal(net_says("%s", listing), "");
	host = fork();
	if (host == 0)
		be_the_host(cfg, -1);
	net_until(started);
	sb_gc(NULL, NULL);
	assert_string_not_equal(net_says("%s", listing), ""); /* it lives */
	kill(host, SIGKILL);
	assert_int_equal(waitpid(host, NULL, 0), host);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	sb_gc(NULL, NULL);
	assert_string_equal(net_says("%s", listing), "");
	uncover();
	sb_config_free(cfg);
}

static void a_host_without_a_way_out_is_told(void **state)
{
	const sb_error *err;

	(void)state;
	user_needs(PASTA);
	net_sh("ip route del default && ip -6 route del default");
	err = fx_refused(user_with(fx_config("exit=0"), PASTA), EIO);
	net_sh("ip route add default via " HOST_GATEWAY " && ip -6 route add default via fd00:198::fe");
	fx_has(err->message, "routable interface");
	fx_has(err->hint, "slirp4netns does without");
}

/* Also of one on the loopback, as systemd-resolved is. */
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

#define TESTS(needs, f) FX_TEST_IF(needs, f##_by_pasta), FX_TEST_IF(needs, f##_by_slirp4netns)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS("sandbox", a_server_of_the_host_is_reached),
		TESTS("sandbox", the_loopback_of_the_host_is_not_reached),
		TESTS("sandbox", published_ports_are_reached_from_the_host),
		TESTS("sandbox", a_closed_network_is_open_for_what_is_allowed),
		TESTS("sandbox", a_taken_port_is_told_before),
		FX_TEST_IF("sandbox", an_ipv6_port_is_for_pasta),
		TESTS("sandbox", what_there_is_can_be_asked),
		TESTS("sandbox", a_box_has_it_for_all_its_commands),
		TESTS("privilege", it_works_without_a_user_namespace),
		TESTS("sandbox", nothing_of_it_outlives_the_handle),
		TESTS("sandbox", nothing_of_it_outlives_a_killed_host),
		FX_TEST_IF("privilege", a_missing_program_is_named_with_its_package),
		TESTS("privilege", the_words_of_a_program_that_fails_are_told),
		FX_TEST_IF("privilege", what_a_killed_host_leaves_is_collected),
		FX_TEST_IF("privilege", a_host_without_a_way_out_is_told),
		TESTS("privilege", names_are_asked_of_the_host_s_server),
	};

	user_net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
