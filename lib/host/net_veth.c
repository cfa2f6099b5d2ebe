/* SPDX-License-Identifier: MIT */
/*
 * A veth pair, and the address that goes with it.
 *
 * The lease of an address is a name: the host's end is called after the address and
 * its bridge, or has that name beside its own. The kernel gives a name once, to whoever is first,
 * and takes it back with the interface, whose life is the sandbox's. So there is no file,
 * no lock, and nothing that outlives a crash.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "launch.h"
#include "net_bridge.h"
#include "net_veth.h"

#define PATIENCE_MS 1000 /* for the kernel to remove the interface of a sandbox that is over */
#define BRIDGES 100      /* that may be removed under our hands, one after another */

static uint32_t hash(uint32_t value, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++) /* FNV-1a */
		value = (value ^ ((const unsigned char *)data)[i]) * 16777619u;
	return value;
}

/*
 * "sb0a000005-1a2b" for IPv4, which fits a name; "sbfd00…05-1a2b" for IPv6, which can only be an
 * alternative one.
 */
static void lease_name(const struct sbi_address *address, const char *bridge, char *buf, size_t len)
{
	uint32_t mark = hash(2166136261u, bridge, strlen(bridge));
	size_t n = (size_t)snprintf(buf, len, "sb");

	for (unsigned i = 0; i < sbi_address_length(address); i++)
		n += (size_t)snprintf(buf + n, len - n, "%02x", address->bytes[i]);
	snprintf(buf + n, len - n, "-%04x", (mark >> 16 ^ mark) & 0xffff);
}

static void random_name(char buf[SBI_IF_NAME])
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint32_t)sbi_now();
	snprintf(buf, SBI_IF_NAME, "sb%08x", number);
}

/* One try. @made: the pair is there, and only its leases are missing. */
struct attempt {
	struct sbi_net *net;
	struct sbi_net_if *in;
	struct sbi_nl *nl;
	uint32_t at;
	int made;
	int conflict; /* what is taken: the address of a family, or OF_NAME */
	int bridgeless; /* the bridge was removed before the pair was on it */
	struct sbi_nl_why why;
};

#define OF_NAME 2

/* What is asked for beside a pair: its end on the host, and the bridge as it is with it. */
struct seen {
	struct sbi_rt_link made, bridge;
};

static void read_made(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct seen *seen = arg;

	sbi_rt_read_link(message, at == 2 ? &seen->bridge : &seen->made);
}

static void write_pair(struct attempt *try)
{
	struct sbi_net_if *in = try->in;
	uint32_t mtu = in->link.mtu ? in->link.mtu : in->bridge.mtu;
	struct sbi_rt_new host = {
		.name = in->host_name, .mtu = mtu, .master = in->bridge.index, .netns = -1, .up = 1
	};
	struct sbi_rt_new peer = {
		.name = in->link.name, .mac = in->mac, .mtu = mtu, .netns = try->net->netns
	};

	sbi_rt_new_veth(try->nl, &host, &peer);
	sbi_rt_get_link(try->nl, in->host_name);
	if (in->bridge.index)
		sbi_rt_get_link_at(try->nl, in->bridge.index);
}

static int is_there(struct sbi_nl *nl, uint32_t index)
{
	sbi_rt_get_link_at(nl, index);
	return sbi_nl_talk(nl, NULL, NULL, NULL) != -ENODEV;
}

/*
 * Since we have looked at it the bridge may have been removed: then the kernel says EINVAL of such a
 * master. Or somebody has begun to remove it, and may not have seen us.
 */
static int check_bridge(struct attempt *try, const struct seen *seen, int r)
{
	struct sbi_net_if *in = try->in;

	int made = r == 0 || (r == -ENODEV && try->why.at == 2);

	if (!in->bridge.index || (r == 0 && !sbi_bridge_leaves(&seen->bridge)))
		return r;
	if (r < 0 && r != -ENODEV && (r != -EINVAL || is_there(try->nl, in->bridge.index)))
		return r;
	if (r == 0)
		r = sbi_bridge_stays(try->nl, in->bridge.index);
	if (r > 0)
		return 0;
	if (made) { /* else the name may have become another's */
		sbi_rt_delete_link(try->nl, seen->made.index);
		sbi_nl_talk(try->nl, NULL, NULL, NULL);
	}
	if (r == 0 || r == -ENODEV || r == -EINVAL)
		try->bridgeless = 1;
	return r < 0 ? r : -ENODEV;
}

/*
 * The leases that are not the name itself. Alternative names are given by index, so the pair must
 * be there.
 */
static void write_leases(struct attempt *try, int families[2])
{
	char name[64];

	for (int family = 0; family < 2; family++) {
		if (!try->in->address[family].family)
			continue;
		lease_name(&try->in->address[family], try->in->link.device, name, sizeof(name));
		if (!strcmp(name, try->in->host_name))
			continue;
		*families++ = family;
		sbi_rt_alt_name(try->nl, try->in->host_index, name);
	}
}

static int make_pair(struct attempt *try)
{
	struct sbi_net_if *in = try->in;
	struct seen seen = { 0 };
	int r;

	try->conflict = OF_NAME;
	if (in->link.host_name[0]) {
		strcpy(in->host_name, in->link.host_name);
	} else if (in->address[0].family) {
		lease_name(&in->address[0], in->link.device, in->host_name, sizeof(in->host_name));
		try->conflict = 0;
	} else {
		random_name(in->host_name);
	}
	write_pair(try);
	r = sbi_nl_talk(try->nl, read_made, &seen, &try->why);
	try->net->trips++;
	r = check_bridge(try, &seen, r);
	if (r < 0) /* and what was read is somebody else's, if its name was taken */
		return r;
	in->host_index = seen.made.index;
	in->index = seen.made.peer;
	try->made = 1;
	return 0;
}

/* 0, -EEXIST: the name or an address is taken, or -errno. */
static int attempt(struct attempt *try)
{
	struct sbi_net_if *in = try->in;
	int families[2] = { OF_NAME, OF_NAME };
	int r = try->made ? 0 : make_pair(try);

	if (r < 0)
		return r;
	write_leases(try, families);
	if (in->link.flags & SB_NET_ISOLATED)
		sbi_rt_isolate(try->nl, in->host_index);
	if (!in->bridge.index) /* the other end is the gateway */
		for (int family = 0; family < 2; family++)
			if (in->gateway[family].family)
				sbi_rt_add_address(try->nl, in->host_index, &in->gateway[family]);
	if (!try->nl->used)
		return 0;
	r = sbi_nl_talk(try->nl, NULL, NULL, &try->why);
	try->net->trips++;
	try->conflict = try->why.at < 2 ? families[try->why.at] : OF_NAME;
	return r;
}

/* Another address may be free, or what is taken is what was asked for. */
static int may_choose(const struct attempt *try)
{
	const struct sbi_net_if *in = try->in;

	return try->conflict != OF_NAME && in->link.address[try->conflict].kind == SBI_WISH_DEFAULT &&
	       in->network[try->conflict].family;
}

static int try_all(struct attempt *try)
{
	struct sbi_net_if *in = try->in;
	uint32_t hosts = sbi_veth_numbers(in), number = sbi_veth_first(try->net, in, hosts);
	int r = -EEXIST;

	for (uint32_t i = 0; r == -EEXIST && i < hosts; i++, number = number % hosts + 1) {
		if (sbi_veth_choose(in, number) < 0)
			continue;
		if (i) /* the next one begins behind what we have found taken */
			sbi_netplace_next(try->net->place, hosts);
		if (!try->made)
			sbi_net_choose_mac(in);
		r = attempt(try);
		if (r == -EEXIST && !may_choose(try))
			break;
	}
	return r;
}

static int once(struct attempt *try)
{
	if (sbi_veth_is_allocated(try->in))
		return try_all(try);
	if (!try->made)
		sbi_net_choose_mac(try->in);
	return attempt(try);
}

static int taken(const struct attempt *try, sb_error *err)
{
	const struct sbi_net_if *in = try->in;
	char text[SBI_ADDRESS_TEXT];

	if (try->conflict == OF_NAME) {
		sbi_fail(err, SB_STEP_LINK, try->at, EEXIST, "the host has an interface %s already",
			 in->host_name);
		sbi_hint(err, "choose another host-side name, or leave it out");
	} else if (may_choose(try)) {
		sbi_fail(err, SB_STEP_LINK, try->at, EADDRNOTAVAIL,
			 "all addresses of the network of %s are taken", in->link.device);
		sbi_hint(err, "wait for a sandbox to end, or give the bridge a larger network");
		return -EADDRNOTAVAIL;
	} else {
		sbi_address_host_text(&in->address[try->conflict], text, sizeof(text));
		sbi_fail(err, SB_STEP_LINK, try->at, EADDRINUSE, "another sandbox on %s has the address %s",
			 in->link.device[0] ? in->link.device : "this host", text);
		sbi_hint(err, "choose another address, or none: then a free one is allocated");
		return -EADDRINUSE;
	}
	return -EEXIST;
}

/*
 * The interface of a sandbox that has just ended is there for some milliseconds more. Until something
 * is removed, or patience ends: 1, 0.
 */
static int wait_for_removal(int events, uint64_t until)
{
	struct pollfd polled = { events, POLLIN, 0 };
	uint64_t now = sbi_now();
	char drop[4096];

	if (events < 0 || now >= until)
		return 0;
	if (poll(&polled, 1, (int)((until - now) / 1000000) + 1) <= 0)
		return sbi_now() < until;
	while (recv(events, drop, sizeof(drop), MSG_DONTWAIT) > 0)
		;
	return 1;
}

/* Or it is there for minutes, with a TCP connection that was left: what has been marked is removed now. */
static void remove_ended(struct attempt *try)
{
	struct sbi_rt_link found = { 0 };
	char name[64];

	strcpy(name, try->in->host_name);
	if (try->conflict != OF_NAME)
		lease_name(&try->in->address[try->conflict], try->in->link.device, name, sizeof(name));
	sbi_rt_get_link(try->nl, name);
	sbi_nl_talk(try->nl, sbi_rt_one_link, &found, NULL);
	try->net->trips++;
	if (!found.index || strcmp(found.alias, SBI_VETH_ENDED))
		return;
	sbi_rt_delete_link(try->nl, found.index);
	sbi_nl_talk(try->nl, NULL, NULL, NULL);
	try->net->trips++;
}

static int open_events(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	sbi_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -EBADF;
	return sbi_take_fd(&fd);
}

static int make_veth(struct attempt *try, sb_error *err)
{
	sbi_autoclose int events = -EBADF;
	uint64_t until;
	int r = once(try);

	if (r == -EEXIST) {
		events = open_events(); /* before the next try: what is removed after it is heard */
		until = sbi_now() + (uint64_t)PATIENCE_MS * 1000000;
		remove_ended(try);
		do
			r = once(try);
		while (r == -EEXIST && wait_for_removal(events, until));
	}
	if (try->bridgeless)
		return 0;
	if (r == -EEXIST)
		return taken(try, err);
	return r < 0 ? sbi_net_explain(-r, &try->why, SB_STEP_LINK, try->at, try->in->link.name, err) : 0;
}

int sbi_veth_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	int r;

	for (int i = 0; i < BRIDGES; i++) {
		struct attempt try = { .net = net, .in = &net->ifs[at], .nl = nl, .at = at };

		r = make_veth(&try, err);
		if (r < 0 || !try.bridgeless)
			return r;
		/* finds it again, makes it, or tells what is missing */
		r = sbi_net_prepare_link(net, at, nl, err);
		if (r < 0)
			return r;
	}
	return sbi_fail(err, SB_STEP_BRIDGE, at, EBUSY, "the bridge %s is removed again and again",
			net->ifs[at].link.device);
}
