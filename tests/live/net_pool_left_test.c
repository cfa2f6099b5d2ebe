// SPDX-License-Identifier: MIT
/* What is left in a network namespace out of a pool keeps it from being lent again. */
#include "net_pool_kit.h"

#include <sys/socket.h>

/* What is left comes out of the sandbox through a socket, as a descriptor that is kept open. */
static void a_socket_that_lives_on(void **state)
{
	static const char *const kinds[] = {"leave=tcp", "leave=udp6", "leave=abstract", "leave=unix"};
	sb_netpool *pool = new_pool(4);

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		sb_config *cfg = pooled(pool, kinds[i]);
		char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))), byte;
		struct iovec iov = {&byte, 1};
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		int pair[2], fd;

		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
		fx_ok(sb_set_fd(cfg, 3, pair[1]));
		run(cfg);
		assert_int_equal(recvmsg(pair[0], &msg, MSG_CMSG_CLOEXEC), 1);
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
		expect(pool, 0, 0, i + 1, i + 1);
		close(fd);
		close(pair[0]);
		close(pair[1]);
	}
	sb_netpool_free(pool);
}

static void a_packet_or_one_that_could_not_be_sent(void **state)
{
	sb_netpool *pool = new_pool(4);

	(void)state;
	fx_is(fx_output(pooled(pool, "talk")), "talked", "0");
	expect(pool, 0, 0, 1, 1);
	fx_is(fx_output(pooled(pool, "lost")), "lost", "ENETUNREACH");
	expect(pool, 0, 0, 2, 2);
	sb_netpool_free(pool);
}

/* The kernel tells of a group that was left some time later, or with what the next one tells. */
static void a_multicast_group_that_was_left(void **state)
{
	sb_netpool *pool = new_pool(4);

	(void)state;
	fx_is(fx_output(pooled(pool, "group=239.1.1.1")), "group", "joined");
	expect(pool, 0, 0, 1, 1);
	fx_is(fx_output(pooled(pool, "group=ff02::1:7")), "group", "joined");
	expect(pool, 0, 0, 2, 2);
	sb_netpool_free(pool);
}

/* Root inside, with the capability, has no power: the namespace belongs to the user namespace outside. */
static void the_command_has_no_power_over_it(void **state)
{
	sb_netpool *pool = new_pool(4);
	sb_config *cfg = pooled(pool, "lo-down", "sysctl");
	const char *out;

	(void)state;
	fx_ok(sb_add_cap(cfg, "net_admin"));
	fx_ok(sb_set_user(cfg, 0, 0));
	out = fx_output(cfg);
	fx_is(out, "lo-down", "EPERM");
	assert_string_not_equal(fx_get(out, "sysctl"), "done");
	expect(pool, 1, 0, 1, 0);
	sb_netpool_free(pool);
}

static void power_over_it_is_enough(void **state)
{
	sb_netpool *pool = new_pool(4);
	sb_config *cfg = pooled(pool, "lo-down");

	(void)state;
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_USER));
	fx_ok(sb_add_cap(cfg, "net_admin"));
	fx_is(fx_output(cfg), "lo-down", "done");
	expect(pool, 0, 0, 1, 1);
	cfg = pooled(pool, "exit=0"); /* nor may a process outlive sb-init */
	fx_ok(sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_PID));
	run(cfg);
	expect(pool, 0, 0, 2, 2);
	sb_netpool_free(pool);
}

static void a_sandbox_with_an_interface(void **state)
{
	sb_netpool *pool = new_pool(4);
	sb_config *cfg;

	(void)state;
	net_bridge();
	cfg = net_config("tcp=10.0.0.1,7");
	with_pool(cfg, pool);
	fx_is(fx_output(cfg), "tcp", "ECONNREFUSED");
	expect(pool, 0, 0, 1, 1);
	sb_netpool_free(pool);
	net_no_bridge();
}

static void what_a_visitor_changes(void **state)
{
	static const char *const changes[] = {
		"ip addr add 10.8.0.1/24 dev lo", "ip addr add fd08::1/64 dev lo",
		"ip route add blackhole 10.9.0.0/16", "ip link add name new0 type veth peer name new1",
		"ip link set lo down",
	};
	sb_netpool *pool = new_pool(4);

	(void)state;
	for (uint64_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		sb_config *cfg = pooled(pool, "pause");
		sb_proc *proc = fx_spawn(cfg);

		net_sh("nsenter -t %d -n %s", sb_proc_pid(proc), changes[i]);
		sb_proc_free(proc);
		sb_config_free(cfg);
		expect(pool, 0, 0, i + 1, i + 1);
	}
	sb_netpool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", a_socket_that_lives_on),
		FX_TEST_IF("privilege", a_packet_or_one_that_could_not_be_sent),
		FX_TEST_IF("privilege", a_multicast_group_that_was_left),
		FX_TEST_IF("privilege", the_command_has_no_power_over_it),
		FX_TEST_IF("privilege", power_over_it_is_enough),
		FX_TEST_IF("privilege", a_sandbox_with_an_interface),
		FX_TEST_IF("privilege", what_a_visitor_changes),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
