/* SPDX-License-Identifier: MIT */
/*
 * bench-net: what a network adds to a spawn, and what the same takes a shell with iproute2, in
 * turns. All of it in a network namespace of this program's own.
 */
#include "bench.h"

#include <err.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* As bocker does it, without the command. */
static const char set_up[] = "ip link add dev veth0_ps_1 type veth peer name veth1_ps_1\n"
			     "ip link set dev veth0_ps_1 up\n"
			     "ip link set veth0_ps_1 master bridge0\n"
			     "ip netns add netns_ps_1\n"
			     "ip link set veth1_ps_1 netns netns_ps_1\n"
			     "ip netns exec netns_ps_1 ip link set dev lo up\n"
			     "ip netns exec netns_ps_1 ip link set veth1_ps_1 address 02:42:ac:11:00:07\n"
			     "ip netns exec netns_ps_1 ip addr add 10.0.0.7/24 dev veth1_ps_1\n"
			     "ip netns exec netns_ps_1 ip link set dev veth1_ps_1 up\n"
			     "ip netns exec netns_ps_1 ip route add default via 10.0.0.1\n";
static const char tear_down[] = "ip link del dev veth0_ps_1\nip netns del netns_ps_1\n";

enum network { HOST, LO, VETH, BOTH, SHELL };

static struct net_case {
	const char *name;
	enum network network;
	sb_config *cfg;
	struct samples start, total; /* until it runs, or is set up; until it is gone */
} cases[] = {
	{ .name = "the caller's network", .network = HOST },
	{ .name = "lo", .network = LO },
	{ .name = "veth, address, route", .network = VETH },
	{ .name = "… IPv6, isolated", .network = BOTH },
	{ .name = "iproute2 by a shell", .network = SHELL },
};

static void shell(const char *script)
{
	if (system(script) != 0)
		errx(1, "failed: %s", script);
}

static void configure(struct net_case *c, const struct target *target)
{
	sb_net_link link = SB_INIT(sb_net_link);
	sb_error error = SB_INIT(sb_error);

	c->cfg = bench_config(target, true, &error);
	if (!c->cfg)
		errx(1, "%s", error.message);
	if (c->network == HOST)
		sb_net_host(c->cfg);
	link.device = c->network == BOTH ? "bridge1" : "bridge0";
	link.mac = "02:42:ac:11:00:08";
	link.address = "10.0.0.8/24";
	if (c->network == BOTH) {
		link.address = NULL;
		link.flags = SB_NET_ISOLATED;
	}
	if (c->network == VETH || c->network == BOTH)
		sb_net_veth(c->cfg, &link);
}

static void run(struct net_case *c, bool count)
{
	sb_error error = SB_INIT(sb_error);
	uint64_t start = now_ns(), started;
	sb_proc *proc;

	if (c->network == SHELL) {
		shell(set_up);
		started = now_ns();
		shell(tear_down);
	} else {
		if (sb_spawn(c->cfg, &proc, &error) < 0)
			errx(1, "%s: %s", c->name, error.message);
		started = now_ns();
		sb_proc_wait(proc, UINT64_MAX, NULL, NULL);
		sb_proc_free(proc);
	}
	if (!count)
		return;
	samples_add(&c->start, started - start);
	samples_add(&c->total, now_ns() - start);
}

static void measure(size_t runs)
{
	struct target target = { .inside = "/tiny", .bind = true };

	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	for (size_t i = 0; i < CASES; i++) {
		configure(&cases[i], &target);
		run(&cases[i], false);
	}
	for (size_t n = 0; n < runs; n++)
		for (size_t i = 0; i < CASES; i++)
			run(&cases[(i + n) % CASES], true);
	printf("%zu runs each, in turns; microseconds\n%-24s %10s %10s %10s %10s\n", runs, "", "start p50",
	       "min", "total p50", "min");
	for (size_t i = 0; i < CASES; i++) {
		printf("%-24s %10.1f %10.1f %10.1f %10.1f\n", cases[i].name,
		       (double)samples_at(&cases[i].start, 500) / 1e3,
		       (double)samples_at(&cases[i].start, 0) / 1e3,
		       (double)samples_at(&cases[i].total, 500) / 1e3,
		       (double)samples_at(&cases[i].total, 0) / 1e3);
		sb_config_free(cases[i].cfg);
		samples_free(&cases[i].start);
		samples_free(&cases[i].total);
	}
}

int main(int argc, char *argv[])
{
	size_t runs = 200;
	int option;

	while ((option = getopt(argc, argv, "n:")) >= 0) {
		if (option != 'n')
			errx(2, "usage: %s [-n RUNS]", argv[0]);
		runs = parse_count(optarg);
	}
	need_sandbox();
	/* `ip netns` keeps names below /run; this one is ours. */
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("run", "/run", "tmpfs", 0, NULL) < 0) {
		warn("a network namespace of its own");
		return 77;
	}
	shell("ip link set lo up && ip link add bridge0 type bridge && ip addr add 10.0.0.1/24 dev bridge0 && ip link set bridge0 up");
	shell("ip link add bridge1 type bridge && ip addr add 10.1.0.1/24 dev bridge1 && ip addr add fd01::1/64 dev bridge1 && "
	      "ip link set bridge1 up");
	measure(runs);
	return 0;
}
