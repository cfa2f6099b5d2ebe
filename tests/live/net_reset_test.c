// SPDX-License-Identifier: MIT
/*
 * A box with a network has the same one after a reset: of an address, a port and a device there is
 * one each.
 */
#include "box_kit.h"
#include "net_kit.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/* Whoever is there refuses a connection. */
static void is_reached(void)
{
	struct sockaddr_in name = {AF_INET, htons(1), {0}, {0}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "10.0.0.7", &name.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

/* What the command has, in words. */
static void has(sb_box *box, sb_config *cfg, const char *address, int port)
{
	sb_net_info info = SB_INIT(sb_net_info);
	sb_proc *proc;

	fx_command(cfg, "pause");
	proc = start_in(box, cfg);
	assert_int_equal(sb_proc_net(proc, 0, &info, NULL), 1);
	assert_string_equal(info.address, address);
	assert_int_equal(sb_proc_port(proc, 0), port);
	is_reached();
	sb_proc_free(proc);
}

static void a_given_address_and_port_are_the_same(void **state)
{
	sb_config *cfg;
	sb_box *box;

	(void)state;
	net_bridge();
	cfg = net_with_veth(fx_config("pause"), "10.0.0.7/24");
	fx_ok(sb_net_publish(cfg, "tcp", "127.0.0.1", 8080, 80, 1));
	box = open_with(cfg);
	has(box, cfg, "10.0.0.7/24", 8080);
	for (int i = 0; i < 3; i++) {
		reset(box);
		has(box, cfg, "10.0.0.7/24", 8080);
	}
	sb_box_free(box);
	sb_config_free(cfg);
	net_no_bridge();
}

/* The last figures of a command's network are those of its own sandbox. */
static void a_handle_keeps_the_figures_of_its_network(void **state)
{
	sb_net_info before = SB_INIT(sb_net_info), after = SB_INIT(sb_net_info);
	sb_config *cfg;
	sb_proc *proc;
	sb_box *box;

	(void)state;
	net_bridge();
	cfg = net_with_veth(fx_config("pause"), "10.0.0.7/24");
	box = open_with(cfg);
	proc = start_in(box, cfg);
	is_reached();
	assert_int_equal(sb_proc_net(proc, 0, &before, NULL), 1);
	assert_true(before.rx_packets > 0);
	reset(box);
	assert_int_equal(sb_proc_net(proc, 0, &after, NULL), 1);
	assert_true(after.rx_packets >= before.rx_packets);
	assert_string_equal(after.address, "10.0.0.7/24");
	sb_proc_free(proc);
	sb_box_free(box);
	sb_config_free(cfg);
	net_no_bridge();
}

static void a_bridge_that_is_gone_is_named(void **state)
{
	sb_error err = SB_INIT(sb_error);
	sb_config *cfg;
	sb_box *box;

	(void)state;
	net_bridge();
	cfg = net_with_veth(fx_config("pause"), "10.0.0.7/24");
	box = open_with(cfg);
	net_sh("ip link del br0");
	assert_true(sb_box_reset(box, &err) < 0);
	fx_has(err.message, "br0");
	assert_true(is_gone(box));
	net_until("! ip -o link | grep -q ': sb0a0000'");
	net_bridge();
	reset(box);
	has(box, cfg, "10.0.0.7/24", -ENOENT);
	sb_box_free(box);
	sb_config_free(cfg);
	net_no_bridge();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_given_address_and_port_are_the_same),
		FX_TEST_IF("privilege", a_handle_keeps_the_figures_of_its_network),
		FX_TEST_IF("privilege", a_bridge_that_is_gone_is_named),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
