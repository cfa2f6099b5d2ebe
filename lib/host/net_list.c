/* SPDX-License-Identifier: MIT */
/* Bridges that were made for sandboxes: what there is, and removing one that was left behind. */
#include "net_bridge.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "error.h"

/* All interfaces, and the addresses of one of them. */
struct found {
	struct sbi_rt_link *links;
	uint32_t count;
	int failed; /* memory was short */
	uint32_t of;
	struct sbi_address address[2];
};

static void read_link(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct found *found = arg;
	struct sbi_rt_link *grown;

	(void)at;
	if (message->nlmsg_type != RTM_NEWLINK || found->failed)
		return;
	grown = realloc(found->links, (found->count + 1) * sizeof(*grown));
	if (!grown) {
		found->failed = 1;
		return;
	}
	found->links = grown;
	sbi_rt_read_link(message, &grown[found->count++]);
}

static void read_address(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct found *found = arg;
	struct sbi_address address;
	int family;

	(void)at;
	if (message->nlmsg_type != RTM_NEWADDR || sbi_rt_read_address(message, &address) != found->of)
		return;
	family = address.family == AF_INET ? 0 : 1;
	if (family && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80)
		return; /* link-local */
	if (!found->address[family].family)
		found->address[family] = address;
}

static int look(struct sbi_nl *nl, struct found *found, sb_error *err)
{
	struct sbi_nl_why why;
	int r;

	sbi_rt_dump_links(nl);
	r = sbi_nl_talk(nl, read_link, found, &why);
	if (r == 0 && found->failed)
		r = -ENOMEM;
	return r < 0 ? sbi_net_explain(-r, &why, SB_STEP_BRIDGE, 0, "looking for bridges", err) : 0;
}

static uint32_t ports_of(const struct found *found, uint32_t bridge)
{
	uint32_t ports = 0;

	for (uint32_t i = 0; i < found->count; i++)
		ports += found->links[i].master == bridge;
	return ports;
}

static int fill(struct sbi_nl *nl, struct found *found, const struct sbi_rt_link *link, sb_net_bridge *bridge,
		sb_error *err)
{
	sb_net_bridge all = SB_INIT(sb_net_bridge);
	struct sbi_nl_why why;
	int r;

	found->of = link->index;
	sbi_rt_dump_addresses(nl);
	r = sbi_nl_talk(nl, read_address, found, &why);
	if (r < 0)
		return sbi_net_explain(-r, &why, SB_STEP_BRIDGE, 0, link->name, err);
	all.sandboxes = ports_of(found, link->index);
	all.maker_lives = sbi_netplace_lives(sbi_bridge_owner(link)) ? 1 : 0;
	all.mtu = link->mtu;
	snprintf(all.name, sizeof(all.name), "%s", link->name);
	sbi_address_text(&found->address[0], all.address, sizeof(all.address));
	sbi_address_text(&found->address[1], all.address6, sizeof(all.address6));
	sbi_copy_out(bridge, &all, sizeof(all));
	return 1;
}

int sb_net_bridge_get(size_t index, sb_net_bridge *bridge, sb_error *err)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct found found = { 0 };
	struct sbi_nl nl;
	int r;

	if (!bridge || !sbi_size_valid(bridge, sizeof(bridge->size)))
		return sbi_fail(err, SB_STEP_BRIDGE, 0, EINVAL, "sb_net_bridge_get: no room for the answer");
	if (fd < 0)
		return sbi_net_explain(-fd, NULL, SB_STEP_BRIDGE, 0, "a netlink socket", err);
	sbi_nl_init(&nl, fd);
	r = look(&nl, &found, err);
	for (uint32_t i = 0; r == 0 && i < found.count; i++)
		if (sbi_bridge_owner(&found.links[i]) && !index--)
			r = fill(&nl, &found, &found.links[i], bridge, err);
	free(found.links);
	sbi_nl_free(&nl);
	return r;
}

/* Who stands in the way; as many names as there is room for. */
static int in_use(const struct found *found, const struct sbi_rt_link *link, sb_error *err)
{
	uint32_t ports = ports_of(found, link->index);
	char names[160] = "";

	if (!ports && !sbi_netplace_lives(sbi_bridge_owner(link)))
		return 0;
	for (uint32_t i = 0; i < found->count; i++)
		if (found->links[i].master == link->index && strlen(names) + SBI_IF_NAME + 2 < sizeof(names))
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				 names[0] ? ", " : "", found->links[i].name);
	if (ports)
		sbi_fail(err, SB_STEP_BRIDGE, 0, EBUSY, "the bridge %s joins %u interface%s: %s", link->name,
			 ports, ports == 1 ? "" : "s", names);
	else
		sbi_fail(err, SB_STEP_BRIDGE, 0, EBUSY,
			 "the process that made the bridge %s lives, and may use it", link->name);
	sbi_hint(err, "wait for them to end: the bridge goes with the last who uses it");
	return -EBUSY;
}

static const struct sbi_rt_link *by_name(const struct found *found, const char *name)
{
	for (uint32_t i = 0; i < found->count; i++)
		if (!strcmp(found->links[i].name, name))
			return &found->links[i];
	return NULL;
}

/* Return: 1 removed, 0 somebody has begun to use it since @found, or it is gone; -errno. */
static int remove_it(struct sbi_nl *nl, const struct found *found, const char *name, sb_error *err)
{
	const struct sbi_rt_link *link = by_name(found, name);
	int r;

	if (!link)
		return sbi_fail(err, SB_STEP_BRIDGE, 0, ENODEV, "there is no bridge %.60s", name);
	if (!sbi_bridge_owner(link)) {
		sbi_fail(err, SB_STEP_BRIDGE, 0, EPERM, "%s was not made for sandboxes", name);
		sbi_hint(err, "ip link del %s", name);
		return -EPERM;
	}
	r = in_use(found, link, err);
	if (r < 0)
		return r;
	r = sbi_bridge_remove(nl, link->index, sbi_bridge_owner(link));
	return r < 0 ? sbi_net_explain(-r, NULL, SB_STEP_BRIDGE, 0, name, err) : r;
}

static int look_and_remove(struct sbi_nl *nl, const char *name, sb_error *err)
{
	int r = 0;

	for (int tries = 0; r == 0 && tries < 2; tries++) {
		struct found found = { 0 };

		r = look(nl, &found, err);
		if (r == 0 && tries && !by_name(&found, name))
			r = 1; /* somebody else has removed it meanwhile */
		if (r == 0)
			r = remove_it(nl, &found, name, err);
		free(found.links);
	}
	return r ? r : sbi_fail(err, SB_STEP_BRIDGE, 0, EBUSY, "the bridge %s is being used", name);
}

int sb_net_bridge_remove(const char *name, sb_error *err)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct sbi_nl nl;
	int r;

	if (!name || !name[0])
		return sbi_fail(err, SB_STEP_BRIDGE, 0, EINVAL, "sb_net_bridge_remove: which bridge?");
	if (fd < 0)
		return sbi_net_explain(-fd, NULL, SB_STEP_BRIDGE, 0, "a netlink socket", err);
	sbi_nl_init(&nl, fd);
	r = look_and_remove(&nl, name, err);
	sbi_nl_free(&nl);
	return r < 0 ? r : 0;
}
