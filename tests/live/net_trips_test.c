// SPDX-License-Identifier: MIT
/* How often the kernel is asked: a network of any size takes a few messages, not one for each thing in it. */
#include "net_trap.h"

static int goes_on(unsigned number)
{
	(void)number;
	return 0;
}

/* How many messages a spawn sends by netlink; 0 if it fails. */
static unsigned trips(sb_config *cfg)
{
	unsigned count;
	sb_proc *proc;

	net_trap.count = 0;
	if (sb_spawn(cfg, &proc, NULL) < 0)
		return 0;
	count = net_trap.count;
	sb_proc_free(proc);
	return count;
}

static sb_config *on_bridge(uint64_t flags, const char *bridge_address)
{
	sb_net_link link = SB_INIT(sb_net_link);
	sb_config *cfg = fx_config("exit=0");

	link.device = bridge_address ? "made0" : "br0";
	link.flags = flags;
	link.bridge_address = bridge_address;
	fx_ok(sb_net_veth(cfg, &link));
	return cfg;
}

static const char *counted(void)
{
	sb_config *plain = on_bridge(0, NULL), *rich = on_bridge(SB_NET_ISOLATED, NULL),
		  *made = on_bridge(SB_NET_MAKE_BRIDGE, "10.9.0.1/24");
	const char *why = net_trap_begin(SYS_sendto, goes_on);
	unsigned counts[4];
	char address[20];
	static char text[200];

	for (int i = 0; i < 20; i++) {
		snprintf(address, sizeof(address), "10.1.%d.1/24", i);
		fx_ok(sb_net_address(rich, "eth0", address));
		snprintf(address, sizeof(address), "10.2.%d.0/24", i);
		fx_ok(sb_net_route(rich, NULL, address, NULL));
	}
	if (why)
		return why;
	counts[0] = trips(plain);
	counts[1] = trips(rich);
	counts[2] = trips(made);
	counts[3] = trips(made); /* and now it is there */
	snprintf(text, sizeof(text),
		 "veth with address and route %u, with twenty more of each %u; bridge made %u, found %u",
		 counts[0], counts[1], counts[2], counts[3]);
	print_message("# messages: %s\n", text);
	sb_config_free(plain);
	sb_config_free(rich);
	sb_config_free(made);
	for (int i = 0; i < 4; i++)
		if (!counts[i] || counts[i] > (i == 2 ? 10 : 6))
			return text;
	return NULL;
}

static void a_network_takes_at_most_six_round_trips(void **state)
{
	(void)state;
	net_bridge();
	fx_in_child(counted);
	net_no_bridge();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_network_takes_at_most_six_round_trips),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
