// SPDX-License-Identifier: MIT
/* A TAP interface: the test is the other end of the wire, and reads and writes frames. */
#include "net_kit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sandbox/steps.h>

#define PATIENCE_MS 10000

static const uint8_t our_mac[6] = {0x02, 0, 0, 0, 0, 0x77};

static void need_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fx_skip("/dev/net/tun: %s", strerror(errno));
	close(fd);
}

static sb_config *with_tap(sb_config *cfg, const char *name, const char *address)
{
	sb_net_link link = SB_INIT(sb_net_link);

	link.name = name;
	link.address = address;
	fx_ok(sb_net_tap(cfg, &link));
	return cfg;
}

/* The next frame of type @type; its length. */
static size_t next_frame(int tap, uint16_t type, uint8_t frame[2048])
{
	struct pollfd polled = {tap, POLLIN, 0};
	ssize_t n;

	for (;;) {
		if (poll(&polled, 1, PATIENCE_MS) != 1)
			fail_msg("no frame of type %04x", type);
		n = read(tap, frame, 2048);
		assert_true(n >= ETH_HLEN);
		if (frame[12] == type >> 8 && frame[13] == (type & 0xff))
			return (size_t)n;
	}
}

/* "Who has 10.9.0.1?" "I do." */
static void answer_arp(int tap)
{
	uint8_t frame[2048];
	struct ether_arp *arp = (struct ether_arp *)(frame + ETH_HLEN);
	uint8_t asked[4];
	size_t len = next_frame(tap, ETHERTYPE_ARP, frame);

	assert_true(len >= ETH_HLEN + sizeof(*arp));
	assert_int_equal(ntohs(arp->ea_hdr.ar_op), ARPOP_REQUEST);
	assert_memory_equal(arp->arp_tpa, "\x0a\x09\x00\x01", 4);
	assert_memory_equal(arp->arp_sha, "\x02\x42\x0a\x09\x00\x02", 6); /* its MAC is made of its address */
	memcpy(asked, arp->arp_tpa, 4);
	memcpy(frame, arp->arp_sha, 6);
	memcpy(frame + 6, our_mac, 6);
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp->arp_tha, arp->arp_sha, 6);
	memcpy(arp->arp_tpa, arp->arp_spa, 4);
	memcpy(arp->arp_sha, our_mac, 6);
	memcpy(arp->arp_spa, asked, 4);
	assert_int_equal(write(tap, frame, len), len);
}

/* Sends a datagram back to where it came from. */
static void answer_udp(int tap)
{
	uint8_t frame[2048], mac[6];
	struct iphdr *ip = (struct iphdr *)(frame + ETH_HLEN);
	size_t len = next_frame(tap, ETHERTYPE_IP, frame);
	struct udphdr *udp = (struct udphdr *)(frame + ETH_HLEN + ip->ihl * 4);
	uint32_t address = ip->saddr;
	uint16_t port = udp->source;

	assert_int_equal(ip->protocol, IPPROTO_UDP);
	assert_memory_equal(frame, our_mac, 6);
	memcpy(mac, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	ip->saddr = ip->daddr; /* the checksum is a sum: it stays right */
	ip->daddr = address;
	udp->source = udp->dest;
	udp->dest = port;
	udp->check = 0;
	assert_int_equal(write(tap, frame, len), len);
}

static void the_caller_is_the_other_end_of_the_wire(void **state)
{
	sb_config *cfg = with_tap(fx_config("udp=10.9.0.1,7"), "tap7", "10.9.0.2/24");
	char text[200] = "";
	sb_proc *proc;
	sb_net_info info = SB_INIT(sb_net_info);
	sb_result res = SB_INIT(sb_result);
	int pair[2], tap;

	(void)state;
	need_tun();
	assert_int_equal(pipe(pair), 0);
	fx_ok(sb_set_fd(cfg, 1, pair[1]));
	proc = fx_spawn(cfg);
	close(pair[1]);
	tap = sb_proc_tap(proc, 0);
	assert_true(tap >= 0);
	assert_int_equal(sb_proc_tap(proc, 1), -ENOENT);
	assert_true(fcntl(tap, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(tap, F_GETFL) & O_NONBLOCK);
	assert_int_equal(sb_proc_net(proc, 0, &info, NULL), 1);
	assert_string_equal(info.kind, "tap");
	assert_string_equal(info.name, "tap7");
	assert_string_equal(info.mac, "02:42:0a:09:00:02");
	assert_string_equal(info.address, "10.9.0.2/24");
	answer_arp(tap);
	answer_udp(tap);
	assert_true(read(pair[0], text, sizeof(text) - 1) > 0);
	fx_has(text, "udp=ok ?");
	close(pair[0]);
	fx_wait(proc, &res);
	assert_int_equal(res.verdict, SB_EXITED);
	sb_config_free(cfg);
	assert_string_equal(net_says("ip -br link | grep -v ^lo"), "");
}

/* When the sandbox is over the descriptor says so, even if its network namespace lives on in a pool. */
static void the_descriptor_tells_the_end(void **state)
{
	sb_config *cfg = with_tap(fx_config("pause"), NULL, NULL);
	sb_netpool *pool = NULL;
	struct pollfd polled = {.events = 0};
	sb_proc *proc;

	(void)state;
	need_tun();
	fx_ok(sb_netpool_new(1, &pool, NULL));
	fx_ok(sb_set_netpool(cfg, pool));
	proc = fx_spawn(cfg);
	polled.fd = sb_proc_tap(proc, 0);
	assert_int_equal(poll(&polled, 1, 0), 0);
	fx_ok(sb_proc_kill(proc));
	assert_int_equal(sb_proc_wait(proc, UINT64_MAX, NULL, NULL), 1);
	assert_int_equal(poll(&polled, 1, 0), 1);
	assert_true(polled.revents & POLLERR);
	sb_proc_free(proc);
	sb_config_free(cfg);
	sb_netpool_free(pool);
}

static void two_of_them_and_none_is_left(void **state)
{
	sb_config *cfg = with_tap(with_tap(fx_config("pause"), NULL, "10.9.0.2/24"), NULL, "10.9.1.2/24");
	sb_config *failing = with_tap(fx_config("pause"), NULL, "10.9.0.2/24");
	sb_proc *proc;

	(void)state;
	need_tun();
	fx_ok(sb_net_route(failing, NULL, "10.6.0.0/16", "10.5.0.1"));
	fx_refused(failing, ENETUNREACH);
	proc = fx_spawn(cfg);
	assert_true(sb_proc_tap(proc, 0) != sb_proc_tap(proc, 1));
	assert_true(sb_proc_tap(proc, 1) >= 0);
	fx_has(net_says("nsenter -t %d -n ip -br link", sb_proc_pid(proc)), "eth1");
	sb_proc_free(proc);
	sb_config_free(cfg);
	assert_string_equal(net_says("ip -br link | grep -v ^lo"), "");
}

/* In a mount namespace of its own, with an empty /dev/net. */
static const char *without_the_device(void)
{
	if (unshare(CLONE_NEWNS) < 0 || system("mount --make-rprivate / && mount -t tmpfs none /dev/net") != 0)
		return "skip: /dev/net cannot be hidden";
	return fx_judge(with_tap(fx_config("exit=0"), NULL, NULL), ENOENT, "link", "modprobe tun");
}

static void a_missing_device_is_named(void **state)
{
	(void)state;
	fx_in_child(without_the_device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST_IF("privilege", the_caller_is_the_other_end_of_the_wire),
		FX_TEST_IF("privilege", the_descriptor_tells_the_end),
		FX_TEST_IF("privilege", two_of_them_and_none_is_left),
		FX_TEST_IF("privilege", a_missing_device_is_named),
	};

	net_begin();
	fx_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
