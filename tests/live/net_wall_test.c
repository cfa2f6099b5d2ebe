// SPDX-License-Identifier: MIT
/* sb_net_allow(): what is listed works, and nothing else does, in either direction. */
#include "net_kit.h"

/* A sandbox on br0 that may reach what @rules list. */
static sb_config *wall(sb_config *cfg, const char *const rules[])
{
	fx_ok(sb_net_allow(cfg, NULL));
	for (; *rules; rules++)
		fx_ok(sb_net_allow(cfg, *rules));
	return cfg;
}
#define RULES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void what_is_listed_works_and_nothing_else(void **state)
{
	sb_config *servers[] = { net_host("serve=7007"), net_host("serve=7008"), net_host("serve-udp=7007"),
				 net_host("serve-udp=7008") };
	sb_proc *procs[4];
	const char *out;
	int fds[4];

	(void)state;
	net_bridge();
	for (int i = 0; i < 4; i++)
		procs[i] = net_serving(servers[i], &fds[i]);
	out = fx_output(wall(net_config("tcp=10.0.0.1,7007", "tcp=fd00::1,7007", "udp=10.0.0.1,7008",
					"udp=fd00::1,7008"),
			     RULES("tcp 10.0.0.1 7007", "tcp fd00::/64 7000-7007", "udp any 7008")));
	fx_has(out, "tcp=ok 10.0.0.");
	fx_has(out, "tcp=ok fd00::");
	fx_has(out, "udp=ok 10.0.0.");
	fx_has(out, "udp=ok fd00::");
	out = fx_output(wall(net_config("tcp=10.0.0.1,7008", "tcp=fd00::1,7008", "udp=10.0.0.1,7007",
					"udp=fd00::1,7007"),
			     RULES("tcp 10.0.0.1 7007", "tcp fd00::/64 7000-7007", "udp any 7008",
				   "10.0.1.0/24", "fd01::/16", "icmp any")));
	assert_string_equal(out, "tcp=EHOSTUNREACH\ntcp=ECONNREFUSED\nudp=EPERM\nudp=EPERM\n");
	out = fx_output(wall(net_config("tcp=10.0.0.1,7008", "tcp=fd00::1,7008", "udp=10.0.0.1,7008",
					"udp=fd00::1,7008"),
			     RULES("any 7008")));
	fx_has(out, "tcp=ok 10.0.0.");
	fx_has(out, "udp=ok fd00::");
	out = fx_output(wall(net_config("tcp=10.0.0.1,7008", "udp=10.0.0.1,7007", "udp=fd00::1,7008"),
			     RULES("10.0.0.0/25", "0.0.0.0/0")));
	fx_has(out, "tcp=ok 10.0.0.");
	fx_has(out, "udp=EPERM");
	for (int i = 0; i < 4; i++) {
		net_stop(procs[i], fds[i]);
		sb_config_free(servers[i]);
	}
	net_no_bridge();
}

static void neither_neighbours_nor_the_world_are_reached(void **state)
{
	sb_config *away = net_outside("serve=7007"),
		  *neighbour = net_with_veth(fx_config("serve=7007"), "10.0.0.2");
	sb_proc *procs[2];
	int fds[2];

	(void)state;
	net_bridge();
	net_forward(1);
	procs[0] = net_serving(away, &fds[0]);
	procs[1] = net_serving(neighbour, &fds[1]);
	fx_has(fx_output(net_config("tcp=192.0.2.2,7007", "tcp=2001:db8::2,7007", "tcp=10.0.0.2,7007")),
	       "tcp=ok 10.0.0."); /* without a wall they are */
	assert_string_equal(fx_output(wall(net_config("tcp=192.0.2.2,7007", "tcp=2001:db8::2,7007",
						      "tcp=10.0.0.2,7007", "tcp=127.0.0.1,7007"),
					   RULES(NULL))),
			    "tcp=EHOSTUNREACH\ntcp=ECONNREFUSED\ntcp=EHOSTUNREACH\ntcp=ECONNREFUSED\n");
	for (int i = 0; i < 2; i++)
		net_stop(procs[i], fds[i]);
	sb_config_free(away);
	sb_config_free(neighbour);
	net_no_bridge();
}

static int pings(const sb_proc *proc, const char *address)
{
	const char *out =
		net_says("nsenter -t %d -n busybox ping -c 1 -W 10 %s 2>&1", sb_proc_pid(proc), address);

	if (strstr(out, " 0% packet loss"))
		return 1;
	fx_has(out, "not permitted"); /* and did not wait for it */
	return 0;
}

/* Asked as root over the network, whom the rules concern just as well. */
static void icmp_is_listed_by_itself(void **state)
{
	sb_config *closed = wall(net_config("pause"), RULES("tcp any")),
		  *open = wall(net_config("pause"), RULES("icmp any"));
	sb_proc *proc;

	(void)state;
	net_bridge();
	proc = fx_spawn(closed);
	assert_false(pings(proc, "10.0.0.1"));
	assert_false(pings(proc, "fd00::1"));
	sb_proc_free(proc);
	proc = fx_spawn(open);
	assert_true(pings(proc, "10.0.0.1"));
	assert_true(pings(proc, "fd00::1"));
	sb_proc_free(proc);
	sb_config_free(closed);
	sb_config_free(open);
	net_no_bridge();
}

static void who_comes_in_needs_a_published_port(void **state)
{
	sb_config *server = net_with_veth(fx_config("serve=80"), "10.0.0.2"),
		  *other = net_with_veth(fx_config("serve=81"), "10.0.0.3");
	sb_proc *procs[2];
	const char *out;
	int fds[2];

	(void)state;
	net_bridge();
	net_forward(1);
	wall(server, RULES(NULL));
	wall(other, RULES(NULL));
	fx_ok(sb_net_publish(server, "tcp", NULL, 8080, 80, 1));
	fx_ok(sb_net_publish(other, "tcp", NULL, 8081, 80, 1)); /* where nobody listens */
	procs[0] = net_serving(server, &fds[0]);
	procs[1] = net_serving(other, &fds[1]);
	out = fx_output(net_outside("tcp=192.0.2.1,8080", "tcp=2001:db8::1,8080"));
	assert_string_equal(out, "tcp=ok 192.0.2.2\ntcp=ok 2001:db8::2\n");
	fx_has(fx_output(net_host("tcp=127.0.0.1,8080")), "tcp=ok 10.0.0.1");
	fx_has(fx_output(net_host("tcp=10.0.0.2,80")), "tcp=ok 10.0.0.1");
	/* there is somebody, but not for us */
	fx_has(net_says("busybox nc -w 1 10.0.0.3 81 </dev/null 2>&1"), "timed out");
	fx_has(net_says("busybox ping -c 1 -W 1 10.0.0.2"), "100% packet loss");
	for (int i = 0; i < 2; i++)
		net_stop(procs[i], fds[i]);
	sb_config_free(server);
	sb_config_free(other);
	net_no_bridge();
}

/* All that can be listed, of the longest kind: several transactions. */
static void the_longest_list_is_taken(void **state)
{
	sb_config *server = net_host("serve=7007"),
		  *cfg = net_config("tcp=10.0.0.1,7007", "tcp=fd00::1,7007", "tcp=fd00::1,7008");
	sb_proc *proc;
	int fd;

	(void)state;
	net_bridge();
	fx_ok(sb_net_allow(cfg, "10.0.0.0/24 7000-7007"));
	for (int i = 0; i < 510; i++) {
		char rule[80];

		snprintf(rule, sizeof(rule), "fd01:%x::/40 6000-7007", i);
		fx_ok(sb_net_allow(cfg, rule));
	}
	fx_ok(sb_net_allow(cfg, "fd00::/40 7000-7007"));
	proc = net_serving(server, &fd);
	fx_has(fx_output(cfg), "tcp=ECONNREFUSED");
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

/*
 * Without any interface, and without privilege: lo is all there is, and inside itself the sandbox
 * may do what it wants.
 */
static void a_wall_needs_no_interface(void **state)
{
	sb_config *cfg =
		fx_config("tcp=127.0.0.1,7007", "tcp=::1,7007", "udp=10.0.0.1,7", "raw=", "unrule=sandbox");
	const char *out;

	(void)state;
	fx_ok(sb_net_allow(cfg, NULL));
	fx_ok(sb_set_seccomp(cfg, "none")); /* by default it already refuses such sockets */
	out = fx_output(cfg);
	fx_has(out, "tcp=ECONNREFUSED\ntcp=ECONNREFUSED\nudp=ENETUNREACH\n");
	fx_has(out, "packet=EPERM\nraw=EPERM\nraw6=EPERM\n");
	fx_has(out, "unrule=EPERM\nunrule=EPERM\n");
	fx_has_not(out, "=ok");
}

/* Root inside has no power over them, whatever user namespace he makes. */
static void root_inside_cannot_remove_the_rules(void **state)
{
	sb_config *cfg = fx_config("tcp=10.0.0.1,7007", "raw=", "unrule=sandbox", "tcp=10.0.0.1,7007");
	const char *out;

	(void)state;
	net_bridge();
	wall(net_with_veth(cfg, NULL), RULES(NULL));
	fx_ok(sb_set_user(cfg, 0, 0));
	fx_ok(sb_set_seccomp(cfg, "none"));
	out = fx_output(cfg);
	fx_has(out, "packet=EPERM\nraw=EPERM\nraw6=EPERM\nunrule=EPERM\nunrule=EPERM\n");
	fx_has_not(out, "=ok");
	fx_has(out, "tcp=EHOSTUNREACH");
	net_no_bridge();
}

static void who_could_pass_the_rules_is_refused(void **state)
{
	sb_config *cfg = fx_config("exit=0");

	(void)state;
	fx_ok(sb_net_allow(cfg, NULL));
	fx_ok(sb_add_cap(cfg, "net_admin"));
	fx_refused(cfg, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", what_is_listed_works_and_nothing_else),
		FX_TEST_IF("privilege", neither_neighbours_nor_the_world_are_reached),
		FX_TEST_IF("privilege", icmp_is_listed_by_itself),
		FX_TEST_IF("privilege", who_comes_in_needs_a_published_port),
		FX_TEST_IF("privilege", the_longest_list_is_taken),
		FX_TEST(a_wall_needs_no_interface),
		FX_TEST_IF("privilege", root_inside_cannot_remove_the_rules),
		FX_TEST(who_could_pass_the_rules_is_refused),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
