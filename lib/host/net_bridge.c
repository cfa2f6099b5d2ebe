/* SPDX-License-Identifier: MIT */
/*
 * Bridges of the host: looked up and made. One that we make gets its address
 * under a name nobody knows, and its own name last, so that whoever finds it finds
 * it complete. What is left under such a name by who was killed is for sb_gc().
 */
#include "net_bridge.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"

#define TRIES 1000

/* What is found in one look: the device and, of all addresses, those of it. */
struct look {
	struct sbi_rt_link link;
	struct sbi_address address[2];
};

static void read_link(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	(void)at;
	if (message->nlmsg_type == RTM_NEWLINK)
		sbi_rt_read_link(message, arg);
}

static void read_addresses(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct look *look = arg;
	struct sbi_address address;
	int family;

	(void)at;
	if (message->nlmsg_type == RTM_NEWLINK)
		sbi_rt_read_link(message, &look->link);
	if (message->nlmsg_type != RTM_NEWADDR || sbi_rt_read_address(message, &address) != look->link.index)
		return;
	family = address.family == AF_INET ? 0 : 1;
	if (address.family == AF_INET6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80)
		return; /* link-local */
	if (!look->address[family].family)
		look->address[family] = address;
}

/* -ENODEV: it is not there, which may be no error. */
static int look_up(struct sbi_net *net, const char *name, struct sbi_nl *nl, struct look *look,
		   struct sbi_nl_why *why)
{
	int r;

	memset(look, 0, sizeof(*look));
	sbi_rt_get_link(nl, name);
	sbi_rt_dump_addresses(nl);
	r = sbi_nl_talk(nl, read_addresses, look, why);
	net->trips++;
	return r;
}

/*
 * Its IPv6 addresses are valid at once, the link's own as well: until one is, the host has none to look for
 * neighbours from, and tells the first sandboxes for two seconds that they cannot be reached.
 * Without IPv6 there is no such file.
 */
static void trust_addresses(const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad", name);
	sbi_switch(path, 0);
}

/* Under the name that nobody knows; @made is told its index. */
static int begin(struct sbi_net *net, const struct sbi_link *link, const char *name, uint32_t owner,
		 struct sbi_nl *nl, struct sbi_nl_why *why, struct sbi_rt_link *made)
{
	int family = link->bridge[0].family ? 0 : 1, r;
	char alias[40];
	uint8_t mac[6]; /* of its own: else it has that of some port, and changes it with its ports */

	if (link->bridge[family].family)
		sbi_mac_of(&link->bridge[family], mac);
	sbi_rt_new_bridge(nl, &(struct sbi_rt_new){ .name = name,
						    .mac = link->bridge[family].family ? mac : NULL,
						    .mtu = link->mtu,
						    .netns = -1 });
	sbi_rt_get_link(nl, name);
	r = sbi_nl_talk(nl, read_link, made, why);
	net->trips++;
	if (r < 0)
		return r;
	if (link->bridge[1].family)
		trust_addresses(name);
	snprintf(alias, sizeof(alias), SBI_BRIDGE_ALIAS "%u", owner);
	sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = made->index, .alias = alias, .netns = -1 });
	for (family = 0; family < 2; family++)
		if (link->bridge[family].family)
			sbi_rt_add_address(nl, made->index, &link->bridge[family]);
	r = sbi_nl_talk(nl, NULL, NULL, why);
	net->trips++;
	return r;
}

/* -EEXIST: somebody else's has the name already. */
static int make(struct sbi_net *net, const struct sbi_link *link, struct sbi_nl *nl, struct sbi_nl_why *why)
{
	struct sbi_rt_link made = { 0 };
	char unfinished[SBI_IF_NAME];
	uint32_t owner;
	int r = sbi_netplace_owner(net->place, &owner);

	if (r < 0)
		return r;
	snprintf(unfinished, sizeof(unfinished), SBI_BRIDGE_UNFINISHED, owner);
	sbi_netplace_making(net->place, 1); /* that name is one for all our threads */
	r = begin(net, link, unfinished, owner, nl, why, &made);
	/* one request: nobody finds it down, and an interface that is up keeps its name before 6.2 */
	if (r == 0) {
		sbi_rt_set_link(nl,
				&(struct sbi_rt_change){
					.index = made.index, .name = link->device, .up = 1, .netns = -1 });
		r = sbi_nl_talk(nl, NULL, NULL, why);
		net->trips++;
	}
	if (r < 0) { /* by its name: an answer that was lost has not told its index */
		sbi_rt_delete_name(nl, unfinished);
		sbi_nl_talk(nl, NULL, NULL, NULL);
	}
	sbi_netplace_making(net->place, 0);
	return r;
}

static int not_there(const struct sbi_link *link, uint32_t at, sb_error *err)
{
	sbi_fail(err, SB_STEP_BRIDGE, at, ENODEV, "there is no bridge %s", link->device);
	sbi_hint(err,
		 "make it: ip link add %s type bridge; or have it made: SB_NET_MAKE_BRIDGE, sbx run --network bridge",
		 link->device);
	return -ENODEV;
}

/* It was there before us, and is not what was asked for. */
static int check_found(const struct sbi_link *link, uint32_t at, const struct look *look, sb_error *err)
{
	char text[SBI_ADDRESS_TEXT];

	if (strcmp(look->link.kind, "bridge"))
		return sbi_fail(err, SB_STEP_BRIDGE, at, ENOTSUP, "%s is no bridge, but %s", link->device,
				look->link.kind[0] ? look->link.kind : "a device");
	for (int family = 0; family < 2; family++) {
		const struct sbi_address *wanted = &link->bridge[family];

		if (!wanted->family || (sbi_address_equal(wanted, &look->address[family]) &&
					wanted->prefix == look->address[family].prefix))
			continue;
		sbi_address_text(wanted, text, sizeof(text));
		return sbi_fail(err, SB_STEP_BRIDGE, at, EADDRNOTAVAIL,
				"the bridge %s is there, and does not have the address %s", link->device,
				text);
	}
	return 0;
}

/* Found, or made if that is asked for. */
static int find(struct sbi_net *net, const struct sbi_link *link, struct sbi_nl *nl, struct look *look,
		struct sbi_nl_why *why)
{
	int r = look_up(net, link->device, nl, look, why);

	for (int tries = 0; r == -ENODEV && (link->flags & SB_NET_MAKE_BRIDGE) && tries < TRIES; tries++) {
		r = make(net, link, nl, why);
		if (r == 0 || r == -EEXIST) /* somebody was faster, and may have removed it since */
			r = look_up(net, link->device, nl, look, why);
	}
	return r;
}

/* A bridge has been replaced by another between the look at it and the one at the addresses. */
static int is_replaced(struct sbi_net *net, const struct sbi_link *link, const struct look *look,
		       struct sbi_nl *nl)
{
	struct look again;
	struct sbi_nl_why why;

	return look_up(net, link->device, nl, &again, &why) < 0 || again.link.index != look->link.index;
}

int sbi_bridge_get(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	struct sbi_nl_why why;
	struct look look;
	int r = 0;

	/* before it is: whatever fails from now on, it will be released */
	if (in->link.flags & SB_NET_MAKE_BRIDGE)
		r = sbi_netplace_uses(net->place, in->link.device);
	if (r < 0)
		return sbi_fail(err, SB_STEP_BRIDGE, at, -r, "not enough memory for the bridge %s",
				in->link.device);
	for (int tries = 0; tries < TRIES; tries++) {
		r = find(net, &in->link, nl, &look, &why);
		if (r < 0 || check_found(&in->link, at, &look, NULL) == 0 ||
		    !is_replaced(net, &in->link, &look, nl))
			break;
	}
	if (r == -ENODEV && !(in->link.flags & SB_NET_MAKE_BRIDGE))
		return not_there(&in->link, at, err);
	if (r < 0)
		return sbi_net_explain(-r, &why, SB_STEP_BRIDGE, at, in->link.device, err);
	r = check_found(&in->link, at, &look, err);
	if (r < 0)
		return r;
	in->bridge = look.link;
	in->network[0] = look.address[0];
	in->network[1] = look.address[1];
	return 0;
}
