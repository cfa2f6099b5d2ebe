/* SPDX-License-Identifier: MIT */
/* The end of a bridge that was made: by the last who uses it, or, if that one was killed, by sb_gc(). */
#include "net_bridge.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "error.h"

#define PATIENCE_MS 2000 /* for another who is removing the same */

uint32_t sbi_bridge_owner(const struct sbi_rt_link *link)
{
	unsigned owner = 0;
	char word[10], rest;
	int n;

	if (strcmp(link->kind, "bridge"))
		return 0;
	n = sscanf(link->alias, SBI_BRIDGE_ALIAS "%u %9s %c", &owner, word, &rest);
	if (n == 1 || (n == 2 && !strcmp(word, "leaving")))
		return owner;
	return sscanf(link->name, SBI_BRIDGE_UNFINISHED "%c", &owner, &rest) == 1 && owner >> 31 ? owner : 0;
}

int sbi_bridge_leaves(const struct sbi_rt_link *link)
{
	return sbi_bridge_owner(link) && strstr(link->alias, " leaving");
}

/*
 * One at a time removes a bridge. As with owners the lock is a number that the kernel gives once,
 * and takes back from the dead: no owner has it (their highest bit is set), nor a process (the
 * kernel makes it of a pid, below 2^22).
 */
static int lock_bridge(uint32_t index)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_pid = UINT32_C(1) << 30 | index };
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);

	if (fd < 0)
		return fd;
	for (int waited = 0; bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0; waited++) {
		if (errno != EADDRINUSE || waited == PATIENCE_MS)
			return -errno;
		poll(NULL, 0, 1);
	}
	return sbi_take_fd(&fd);
}

/* All interfaces of the host's. */
struct all {
	struct sbi_rt_link *links;
	uint32_t count, room;
	int failed;
};

static void collect(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct all *all = arg;

	(void)at;
	if (message->nlmsg_type != RTM_NEWLINK || all->failed)
		return;
	if (all->count == all->room) {
		uint32_t room = all->room ? 2 * all->room : 32;
		struct sbi_rt_link *grown = realloc(all->links, room * sizeof(*grown));

		if (!grown) {
			all->failed = 1;
			return;
		}
		all->links = grown;
		all->room = room;
	}
	sbi_rt_read_link(message, &all->links[all->count++]);
}

/* Whoever is not seen counts as a user of his bridge, so all must be. */
static int look_at_all(struct sbi_nl *nl, struct all *all)
{
	int r;

	memset(all, 0, sizeof(*all));
	sbi_rt_dump_links(nl);
	r = sbi_nl_talk(nl, collect, all, NULL);
	return r == 0 && all->failed ? -ENOMEM : r;
}

static int is_used(const struct all *all, uint32_t bridge)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->links[i].master == bridge)
			return 1;
	return 0;
}

static int set_alias(struct sbi_nl *nl, uint32_t index, uint32_t owner, const char *word)
{
	char alias[40];

	snprintf(alias, sizeof(alias), SBI_BRIDGE_ALIAS "%u%s", owner, word);
	sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = index, .alias = alias, .netns = -1 });
	return sbi_nl_talk(nl, NULL, NULL, NULL);
}

int sbi_bridge_remove(struct sbi_nl *nl, uint32_t index, uint32_t owner)
{
	sbi_autoclose int lock = lock_bridge(index);
	struct all all;
	int r = lock < 0 ? lock : set_alias(nl, index, owner, " leaving");

	if (r < 0)
		return r == -ENODEV ? 0 : r;
	r = look_at_all(nl, &all);
	if (r == 0 && !is_used(&all, index)) {
		sbi_rt_delete_link(nl, index);
		r = sbi_nl_talk(nl, NULL, NULL, NULL) == 0 ? 1 : 0;
	}
	free(all.links);
	if (r <= 0)
		set_alias(nl, index, owner, "");
	return r;
}

static void read_link(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	(void)at;
	sbi_rt_read_link(message, arg);
}

int sbi_bridge_stays(struct sbi_nl *nl, uint32_t index)
{
	sbi_autoclose int lock = lock_bridge(index);
	struct sbi_rt_link link = { 0 };
	int r = lock < 0 ? lock : 0;

	if (r < 0)
		return r;
	sbi_rt_get_link_at(nl, index);
	r = sbi_nl_talk(nl, read_link, &link, NULL);
	if (r == 0 && sbi_bridge_leaves(&link)) /* and who said so was killed */
		r = set_alias(nl, index, sbi_bridge_owner(&link), "");
	return r == -ENODEV ? 0 : r < 0 ? r : 1;
}

/*
 * The other ends of sandboxes that are over, of one bridge or (0) of any: the kernel is about to
 * remove them, or slow.
 */
static void remove_ended(struct sbi_nl *nl, uint32_t bridge)
{
	struct all all;

	if (look_at_all(nl, &all) == 0)
		for (uint32_t i = 0; i < all.count; i++)
			if ((!bridge || all.links[i].master == bridge) &&
			    !strcmp(all.links[i].kind, "veth") && !strcmp(all.links[i].alias, SBI_VETH_ENDED))
				sbi_rt_delete_link(nl, all.links[i].index);
	free(all.links);
	sbi_nl_talk(nl, NULL, NULL, NULL);
}

/*
 * Who ends is no owner any more, has no ports any more, and then looks whether the
 * bridge has an owner, or ports. Of several who do so the last finds neither.
 */
void sbi_bridge_release(const char *name)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct sbi_rt_link link = { 0 };
	struct sbi_nl nl;
	uint32_t owner;

	if (fd < 0)
		return;
	sbi_nl_init(&nl, fd);
	sbi_rt_get_link(&nl, name);
	sbi_nl_talk(&nl, read_link, &link, NULL);
	owner = sbi_bridge_owner(&link);
	if (owner) {
		remove_ended(&nl, link.index);
		if (!sbi_netplace_lives(owner))
			sbi_bridge_remove(&nl, link.index, owner);
	}
	sbi_nl_free(&nl);
}

static int gc_one(struct sbi_nl *nl, const struct sbi_rt_link *link, sb_error *err)
{
	uint32_t owner = sbi_bridge_owner(link);
	int r;

	if (!owner || sbi_netplace_lives(owner))
		return 0;
	r = sbi_bridge_remove(nl, link->index, owner);
	if (r >= 0 || r == -EPERM) /* without CAP_NET_ADMIN no bridge is ours to remove */
		return r > 0;
	return sbi_fail(err, SB_STEP_BRIDGE, 0, -r,
			"the bridge %s, whose owner is dead, cannot be removed: %s", link->name, strerror(-r));
}

int sbi_bridge_gc(sb_error *err)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	int r, count = 0, failed = 0;
	struct sbi_nl nl;
	struct all all;

	if (fd == -EAFNOSUPPORT || fd == -EPROTONOSUPPORT) /* a kernel without networks */
		return 0;
	if (fd < 0)
		return sbi_fail(err, SB_STEP_BRIDGE, 0, -fd, "a netlink socket: %s", strerror(-fd));
	sbi_nl_init(&nl, fd);
	remove_ended(&nl, 0);
	r = look_at_all(&nl, &all);
	if (r < 0)
		failed = sbi_fail(err, SB_STEP_BRIDGE, 0, -r, "looking for bridges: %s", strerror(-r));
	for (uint32_t i = 0; r == 0 && i < all.count; i++) {
		int one = gc_one(&nl, &all.links[i], err);

		if (one < 0)
			failed = one;
		else
			count += one;
	}
	free(all.links);
	sbi_nl_free(&nl);
	return failed ? failed : count;
}
