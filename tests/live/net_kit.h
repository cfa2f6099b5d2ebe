/* SPDX-License-Identifier: MIT */
/*
 * What the tests of networks share: a network namespace of the test's own as "the host", and the
 * tools of iproute2.
 */
#ifndef TESTS_NET_KIT_H
#define TESTS_NET_KIT_H

#include "../fixture.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * First in main(), before fx_begin(): this process, "the host" from now on, has a
 * network of its own, and lo is up in it. Without privilege nothing happens, and the tests
 * are skipped by "privilege".
 */
static inline void net_begin(void)
{
	if (unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") != 0)
		exit(1);
}

/* A command of the shell that must succeed. */
__attribute__((format(printf, 1, 2))) static inline void net_sh(const char *format, ...)
{
	char line[2048];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	status = system(line);
	if (status != 0)
		fail_msg("status %d of: %s", status, line);
}

/* What a command of the shell prints, in static memory (four in turn). */
__attribute__((format(printf, 1, 2))) static inline const char *net_says(const char *format, ...)
{
	static char texts[4][32768];
	static unsigned turn;
	char line[2048], *text = texts[turn++ % 4];
	va_list args;
	size_t n;
	FILE *in;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	in = popen(line, "re");
	assert_non_null(in);
	n = fread(text, 1, sizeof(texts[0]) - 1, in);
	text[n] = '\0';
	pclose(in);
	return text;
}

/* Until @command, of the shell, succeeds; a minute at most. */
static inline void net_until(const char *command)
{
	for (int i = 0; i < 6000; i++) {
		if (system(command) == 0)
			return;
		poll(NULL, 0, 10);
	}
	fail_msg("never came true: %s", command);
}

/*
 * The bridge br0 with 10.0.0.1/24 and fd00::1/64; its removal waits for the interfaces of sandboxes
 * that have ended.
 */
static inline void net_bridge(void)
{
	/*
	 * Without accept_dad=0 it has no address to look for neighbours from for two seconds, and
	 * they are given three.
	 */
	net_sh("ip link add name br0 type bridge && echo 0 >/proc/sys/net/ipv6/conf/br0/accept_dad && "
	       "ip addr add 10.0.0.1/24 dev br0 && ip addr add fd00::1/64 dev br0 nodad && ip link set br0 up");
}

static inline void net_no_bridge(void)
{
	net_sh("ip link del br0");
	net_until("! ip -o link | grep -q ': sb0a0000'");
}

/* fx_config() with a veth on br0. */
#define net_config(...) net_with_veth(fx_config(__VA_ARGS__), NULL)
static inline sb_config *net_with_veth(sb_config *cfg, const char *address)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.device = "br0";
	link.address = address;
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}

/* fx_config() with a network in which there is everything that can be asked of a veth. */
#define net_whole(...) net_with_everything(fx_config(__VA_ARGS__))
static inline sb_config *net_with_everything(sb_config *cfg)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.device = "made0";
	link.flags = SB_NET_MAKE_BRIDGE | SB_NET_ISOLATED | SB_NET_MASQUERADE | SB_NET_FORWARD;
	link.bridge_address = "10.9.0.1/24";
	link.bridge_address6 = "fd09::1/64";
	link.rate = 10 << 20;
	fx_ok(sb_net_veth(cfg, &link));
	fx_ok(sb_net_address(cfg, "eth0", "10.7.0.1/16"));
	fx_ok(sb_net_route(cfg, NULL, "192.0.2.0/24", "10.7.0.9"));
	fx_ok(sb_net_publish(cfg, "tcp", NULL, 0, 80, 1));
	fx_ok(sb_net_publish(cfg, "tcp", "127.0.0.1", 0, 53, 2));
	fx_ok(sb_net_allow(cfg, "tcp 192.0.2.0/24 443"));
	return cfg;
}

/* Starts a command whose standard output is @out (a pipe's end to read), and waits for its first line. */
static inline sb_proc *net_serving(sb_config *cfg, int *out)
{
	char line[64] = "";
	sb_proc *proc;
	int pair[2];

	assert_int_equal(pipe(pair), 0);
	fx_ok(sb_set_fd(cfg, 1, pair[1]));
	proc = fx_spawn(cfg);
	close(pair[1]);
	assert_true(read(pair[0], line, sizeof(line) - 1) > 0);
	assert_int_equal(strncmp(line, "serving", 7), 0);
	*out = pair[0];
	return proc;
}

static inline void net_stop(sb_proc *proc, int out)
{
	sb_proc_free(proc);
	close(out);
}

/* A network beyond the host, at the other end of a veth of its own, with the host as its gateway. */
#define NET_OUTSIDE "192.0.2.2"
#define NET_OUTSIDE6 "2001:db8::2"
#define NET_OUTER "192.0.2.1" /* the host's addresses there */
#define NET_OUTER6 "2001:db8::1"

#define net_outside(...) net_outside_config(fx_config(__VA_ARGS__))
static inline sb_config *net_outside_config(sb_config *cfg)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.host_name = "outer";
	link.address = NET_OUTSIDE "/24";
	link.address6 = NET_OUTSIDE6 "/64";
	link.gateway = NET_OUTER;
	link.gateway6 = NET_OUTER6;
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}

/* fx_config() in the host's own network. */
#define net_host(...) net_host_config(fx_config(__VA_ARGS__))
static inline sb_config *net_host_config(sb_config *cfg)
{
	fx_ok(sb_net_host(cfg));
	return cfg;
}

/* Does the host forward? */
static inline void net_forward(int on)
{
	net_sh("sysctl -qw net.ipv4.ip_forward=%d net.ipv6.conf.all.forwarding=%d", on, on);
}

#endif
