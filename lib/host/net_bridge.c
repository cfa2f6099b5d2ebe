/* SPDX-License-Identifier: MIT */
/*
 * Bridges of the host: looked up, made, removed. One that we make gets its address
 * under a name nobody knows, and its own name last, so that whoever finds it finds
 * it complete. Its alias says who made it: "libsandbox OWNER" (net_place.c).
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "error.h"
#include "net.h"

#define TRIES 1000
#define ALIAS "libsandbox "
#define UNFINISHED "sb-%08x" /* the name of one that has no name yet, with its owner */

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
static int look_up(struct sbi_net *net, const char *name, struct sbi_nl *nl, struct look *look, struct sbi_nl_why *why)
{
	int r;

	memset(look, 0, sizeof(*look));
	sbi_rt_get_link(nl, name);
	sbi_rt_dump_addresses(nl);
	r = sbi_nl_talk(nl, read_addresses, look, why);
	net->trips++;
	return r;
}

static int make(struct sbi_net *net, const struct sbi_link *link, struct sbi_nl *nl, struct sbi_nl_why *why)
{
	char unfinished[SBI_IF_NAME], alias[40];
	struct sbi_rt_link made = { 0 };
	uint8_t mac[6]; /* of its own: else it has that of some port, and changes it with its ports */
	int family = link->bridge[0].family ? 0 : 1;
	uint32_t owner;
	int r = sbi_netplace_owner(net->place, &owner);

	if (r < 0)
		return r;
	snprintf(unfinished, sizeof(unfinished), UNFINISHED, owner);
	snprintf(alias, sizeof(alias), ALIAS "%u", owner);
	if (link->bridge[family].family)
		sbi_mac_of(&link->bridge[family], mac);
	sbi_rt_new_bridge(nl, &(struct sbi_rt_new){ .name = unfinished,
						    .mac = link->bridge[family].family ? mac : NULL,
						    .mtu = link->mtu,
						    .netns = -1 });
	sbi_rt_get_link(nl, unfinished);
	r = sbi_nl_talk(nl, read_link, &made, why);
	net->trips++;
	if (r < 0)
		return r;
	sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = made.index, .alias = alias, .netns = -1 });
	for (family = 0; family < 2; family++)
		if (link->bridge[family].family)
			sbi_rt_add_address(nl, made.index, &link->bridge[family]);
	r = sbi_nl_talk(nl, NULL, NULL, why);
	net->trips++;
	if (r == 0) {
		sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = made.index, .name = link->device, .netns = -1 });
		sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = made.index, .up = 1, .netns = -1 });
		r = sbi_nl_talk(nl, NULL, NULL, why);
		net->trips++;
	}
	if (r < 0) {
		sbi_rt_delete_link(nl, made.index);
		sbi_nl_talk(nl, NULL, NULL, NULL);
	}
	return r;
}

static int not_there(const struct sbi_link *link, uint32_t at, sb_error *err)
{
	sbi_fail(err, SB_STEP_BRIDGE, at, ENODEV, "there is no bridge %s", link->device);
	sbi_hint(err, "make it: ip link add %s type bridge; or have it made: SB_NET_MAKE_BRIDGE, sbx run --network bridge", link->device);
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
		return sbi_fail(err, SB_STEP_BRIDGE, at, EADDRNOTAVAIL, "the bridge %s is there, and does not have the address %s",
				link->device, text);
	}
	return 0;
}

int sbi_bridge_get(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	struct sbi_nl_why why;
	struct look look;
	int r = look_up(net, in->link.device, nl, &look, &why);

	if (r == -ENODEV && !(in->link.flags & SB_NET_MAKE_BRIDGE))
		return not_there(&in->link, at, err);
	for (int tries = 0; r == -ENODEV && tries < TRIES; tries++) {
		r = make(net, &in->link, nl, &why);
		if (r == 0 || r == -EEXIST) /* somebody is faster, or about to be */
			r = look_up(net, in->link.device, nl, &look, &why);
		if (r == -ENODEV)
			sched_yield();
	}
	if (r < 0)
		return sbi_net_explain(-r, &why, SB_STEP_BRIDGE, at, in->link.device, err);
	r = check_found(&in->link, at, &look, err);
	if (r < 0)
		return r;
	if (in->link.flags & SB_NET_MAKE_BRIDGE)
		sbi_netplace_uses(net->place, in->link.device);
	in->bridge = look.link;
	in->network[0] = look.address[0];
	in->network[1] = look.address[1];
	return 0;
}

/* All interfaces of the host's. */
struct all {
	struct sbi_rt_link *links;
	uint32_t count;
};

static void collect(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct all *all = arg;
	struct sbi_rt_link *grown;

	(void)at;
	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	grown = realloc(all->links, (all->count + 1) * sizeof(*grown));
	if (!grown)
		return;
	all->links = grown;
	sbi_rt_read_link(message, &all->links[all->count++]);
}

/* The owner that an alias, or the name of an unfinished one, tells; 0 = it is not ours. */
static uint32_t owner_of(const struct sbi_rt_link *link)
{
	unsigned owner = 0;
	char rest;

	if (strcmp(link->kind, "bridge"))
		return 0;
	if (sscanf(link->alias, ALIAS "%u%c", &owner, &rest) == 1)
		return owner;
	return sscanf(link->name, UNFINISHED "%c", &owner, &rest) == 1 && owner >> 31 ? owner : 0;
}

/* Ports of @bridge that belong to nobody who is known to have ended. */
static uint32_t used_by(const struct all *all, uint32_t bridge, struct sbi_netplace *place)
{
	uint32_t ports = 0;

	for (uint32_t i = 0; i < all->count; i++)
		if (all->links[i].master == bridge && !(place && sbi_netplace_has_ended(place, all->links[i].index)))
			ports++;
	return ports;
}

static int remove_bridge(struct sbi_nl *nl, const struct all *all, uint32_t bridge)
{
	struct sbi_nl_why why;

	for (uint32_t i = 0; i < all->count; i++) /* of sandboxes that are over; the kernel is about to remove them */
		if (all->links[i].master == bridge)
			sbi_rt_delete_link(nl, all->links[i].index);
	sbi_nl_talk(nl, NULL, NULL, NULL);
	sbi_rt_delete_link(nl, bridge);
	return sbi_nl_talk(nl, NULL, NULL, &why);
}

void sbi_bridge_release(struct sbi_netplace *place, const char *name)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct all all = { 0 };
	uint32_t own = 0, owner;
	struct sbi_nl nl;

	if (fd < 0)
		return;
	sbi_nl_init(&nl, fd);
	sbi_netplace_owner(place, &own);
	sbi_rt_dump_links(&nl);
	if (sbi_nl_talk(&nl, collect, &all, NULL) == 0)
		for (uint32_t i = 0; i < all.count; i++) {
			owner = strcmp(all.links[i].name, name) ? 0 : owner_of(&all.links[i]);
			if (owner && (owner == own || !sbi_netplace_lives(owner)) && !used_by(&all, all.links[i].index, place))
				remove_bridge(&nl, &all, all.links[i].index);
		}
	free(all.links);
	sbi_nl_free(&nl);
}

int sbi_bridge_gc(sb_error *err)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct all all = { 0 };
	struct sbi_nl nl;
	int r, count = 0;

	if (fd < 0)
		return 0;
	sbi_nl_init(&nl, fd);
	sbi_rt_dump_links(&nl);
	r = sbi_nl_talk(&nl, collect, &all, NULL);
	for (uint32_t i = 0; r == 0 && i < all.count; i++) {
		uint32_t owner = owner_of(&all.links[i]);

		if (!owner || sbi_netplace_lives(owner) || used_by(&all, all.links[i].index, NULL))
			continue;
		r = remove_bridge(&nl, &all, all.links[i].index);
		if (r < 0 && r != -ENODEV)
			sbi_fail(err, SB_STEP_BRIDGE, 0, -r, "the bridge %s, whose owner is dead, cannot be removed: %s", all.links[i].name,
				 strerror(-r));
		else
			r = 0;
		count += r == 0;
	}
	free(all.links);
	sbi_nl_free(&nl);
	return r < 0 ? r : count;
}
