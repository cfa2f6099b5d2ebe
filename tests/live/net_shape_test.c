// SPDX-License-Identifier: MIT
/* The rate and the delay of a veth, each way. Only what must not be faster is measured. */
#include "net_kit.h"

#include <sandbox/steps.h>
#include <time.h>

#define BYTES 3000000
#define RATE 4000000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static sb_config *shaped(sb_config *cfg, const char *address, uint64_t rate, uint64_t delay_ns)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.device = "br0";
	link.address = address;
	link.rate = rate;
	link.delay_ns = delay_ns;
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}

/* Seconds from connection to the last byte, from @from to @to. */
static double transfer(sb_config *from, sb_config *to)
{
	char text[64], want[64];
	double began;
	sb_proc *proc;
	ssize_t n;
	int fd;

	net_bridge();
	proc = net_serving(to, &fd);
	began = now();
	snprintf(want, sizeof(want), "poured=%d", BYTES);
	fx_has(fx_output(from), want);
	n = read(fd, text, sizeof(text) - 1);
	began = now() - began;
	text[n > 0 ? n : 0] = '\0';
	snprintf(want, sizeof(want), "sunk=%d\n", BYTES);
	assert_string_equal(text, want);
	net_stop(proc, fd);
	sb_config_free(to);
	net_no_bridge();
	return began;
}

static sb_config *pour(void)
{
	char arg[64];

	snprintf(arg, sizeof(arg), "pour=10.0.0.2,80,%d", BYTES);
	return fx_config(arg);
}

static void a_rate_holds_for_what_is_sent(void **state)
{
	double took;

	(void)state;
	took = transfer(shaped(pour(), "10.0.0.3", RATE, 0), shaped(fx_config("sink=80"), "10.0.0.2", 0, 0));
	print_message("# %d bytes at %d bytes/s: %.3f s\n", BYTES, RATE, took);
	assert_true(took >= (double)BYTES / RATE * 0.8);
}

static void a_rate_holds_for_what_is_received(void **state)
{
	double took;

	(void)state;
	took = transfer(shaped(pour(), "10.0.0.3", 0, 0), shaped(fx_config("sink=80"), "10.0.0.2", RATE, 0));
	print_message("# %d bytes at %d bytes/s: %.3f s\n", BYTES, RATE, took);
	assert_true(took >= (double)BYTES / RATE * 0.8);
}

static void both_ends_have_the_discipline(void **state)
{
	static const struct {
		uint64_t rate;
		const char *words;
	} rows[] = {
		{1, "rate 8bit burst"},
		{125000, "rate 1Mbit burst"},
		{UINT64_C(1250000000), "rate 10Gbit burst"},
		{UINT64_C(50000000000), "rate 400Gbit burst"},
	};

	(void)state;
	net_bridge();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sb_config *cfg = shaped(fx_config("pause"), "10.0.0.2", rows[i].rate, 0);
		sb_net_info info = SB_INIT(sb_net_info);
		sb_proc *proc = fx_spawn(cfg);

		assert_int_equal(sb_proc_net(proc, 0, &info, NULL), 1);
		fx_has(net_says("tc qdisc show dev %s", info.host_name), rows[i].words);
		fx_has(net_says("nsenter -t %d -n tc qdisc show dev eth0", sb_proc_pid(proc)), rows[i].words);
		sb_proc_free(proc);
		sb_config_free(cfg);
	}
	net_no_bridge();
}

/* Its own end is the command's to change, if it may configure the network at all. */
static void a_rate_excludes_net_admin(void **state)
{
	sb_config *cfg = shaped(fx_config("exit=0"), "10.0.0.2", RATE, 0);

	(void)state;
	net_bridge();
	fx_ok(sb_add_cap(cfg, "net_admin"));
	fx_has(fx_refused(cfg, EINVAL)->message, "lifts its rate");
	net_no_bridge();
}

/* Why the kernel has no netem; empty if it has. */
static const char *no_netem(void)
{
	return net_says("tc qdisc add dev lo root netem delay 1ms 2>&1 && tc qdisc del dev lo root");
}

static void a_delay_counts_each_way(void **state)
{
	const uint64_t delay_ns = 200000000;
	sb_config *server = fx_config("serve=7007"), *client;
	sb_proc *proc;
	double took;
	int fd;

	(void)state;
	if (no_netem()[0]) {
		sb_config_free(server);
		fx_skip("netem: %s", no_netem());
	}
	net_bridge();
	fx_ok(sb_net_host(server));
	proc = net_serving(server, &fd);
	client = shaped(fx_config("tcp=10.0.0.1,7007"), "10.0.0.2", 0, delay_ns);
	took = now();
	fx_has(fx_output(client), "tcp=ok 10.0.0.2");
	took = now() - took;
	print_message("# ARP, connection and answer with %.1f s each way: %.3f s\n", (double)delay_ns / 1e9,
		      took);
	/* two round trips at least: ARP, and the connection */
	assert_true(took >= 2.0 * 2 * (double)delay_ns / 1e9);
	net_stop(proc, fd);
	sb_config_free(server);
	net_no_bridge();
}

static void a_delay_and_a_rate_hold_together(void **state)
{
	double took;

	(void)state;
	if (no_netem()[0])
		fx_skip("netem: %s", no_netem());
	took = transfer(shaped(pour(), "10.0.0.3", RATE, 50000000),
			shaped(fx_config("sink=80"), "10.0.0.2", 0, 0));
	print_message("# %d bytes at %d bytes/s and 0.05 s: %.3f s\n", BYTES, RATE, took);
	assert_true(took >= (double)BYTES / RATE * 0.8 + 0.1);
}

static void a_kernel_without_netem_says_so(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_proc *proc;

	(void)state;
	if (!no_netem()[0])
		fx_skip("this kernel has netem");
	net_bridge();
	cfg = shaped(fx_config("exit=0"), "10.0.0.99", 0, 1000000);
	assert_int_equal(sb_spawn(cfg, &proc, &err), -ENOENT);
	assert_int_equal(err.step, SB_STEP_SHAPE);
	fx_has(err.message, "a delay of eth0, by netem");
	fx_has(err.hint, "modprobe sch_netem");
	assert_string_equal(net_says("ip -br link | grep sb0a000063"), "");
	sb_config_free(cfg);
	net_no_bridge();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_rate_holds_for_what_is_sent),
		FX_TEST_IF("privilege", a_rate_holds_for_what_is_received),
		FX_TEST_IF("privilege", both_ends_have_the_discipline),
		FX_TEST_IF("privilege", a_rate_excludes_net_admin),
		FX_TEST_IF("privilege", a_delay_counts_each_way),
		FX_TEST_IF("privilege", a_delay_and_a_rate_hold_together),
		FX_TEST_IF("privilege", a_kernel_without_netem_says_so),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
