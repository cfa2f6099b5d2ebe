/* SPDX-License-Identifier: MIT */
/*
 * net.ipv4.conf.BRIDGE.route_localnet (3.6): what the host sends from 127.0.0.1 may leave by the bridge.
 *
 * It also lets neighbours on the bridge send to the host's 127.0.0.0/8, which only our table of rules
 * forbids; so it must not stay on longer than that. Who has turned it on says so on the bridge, by
 * an alternative name with his owner's number (net_place.c); the last of them to end turns it off,
 * or, if he was killed, sb_gc(). Where it was on before anybody of us it stays on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "net.h"

#define MARK "sb-localnet-%08x"

int sbi_switch_is_off(const char *path)
{
	sbi_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value = '1';

	return fd >= 0 && read(fd, &value, 1) == 1 && value == '0';
}

int sbi_switch(const char *path, int on)
{
	sbi_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, on ? "1" : "0", 1) < 0 ? -errno : 0;
}

static void path_of(const char *bridge, char path[80])
{
	snprintf(path, 80, "/proc/sys/net/ipv4/conf/%s/route_localnet", bridge);
}

/* The marks of one interface: how many, of the living and (@dead, if there are any) of one of the others. */
struct marks {
	struct sbi_rt_link link;
	unsigned living;
	uint32_t dead;
};

static void read_mark(void *arg, const char *name)
{
	struct marks *marks = arg;
	unsigned owner;
	char rest;

	if (sscanf(name, MARK "%c", &owner, &rest) != 1)
		return;
	if (sbi_netplace_lives(owner))
		marks->living++;
	else
		marks->dead = owner;
}

static void read_marks(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct marks *marks = arg;

	(void)at;
	sbi_rt_read_link(message, &marks->link);
	sbi_rt_each_name(message, read_mark, marks);
}

static int look(struct sbi_nl *nl, const char *bridge, struct marks *marks)
{
	memset(marks, 0, sizeof(*marks));
	sbi_rt_get_link(nl, bridge);
	return sbi_nl_talk(nl, read_marks, marks, NULL);
}

int sbi_localnet_open(struct sbi_net *net, const char *bridge, struct sbi_nl *nl)
{
	struct marks marks;
	char path[80], mark[32];
	uint32_t owner;
	int off, r = sbi_netplace_owner(net->place, &owner);

	path_of(bridge, path);
	if (!sbi_net_door(net)->bridge.index) /* the end of a veth, which goes with its sandbox */
		return sbi_switch(path, 1);
	off = sbi_switch_is_off(path);
	if (r == 0)
		r = sbi_netplace_opens(net->place, bridge);
	if (r == 0 && !off) /* a sandbox before this one has seen to it */
		return 0;
	if (r >= 0)
		r = look(nl, bridge, &marks);
	if (r < 0 || (!off && !marks.living && !marks.dead))
		return r;
	snprintf(mark, sizeof(mark), MARK, owner);
	sbi_rt_alt_name(nl, marks.link.index, mark);
	r = sbi_nl_talk(nl, NULL, NULL, NULL);
	return r < 0 && r != -EEXIST ? r : sbi_switch(path, 1);
}

/*
 * Take back the mark of @owner; whoever finds no other one turns it off, and on again if somebody
 * has come meanwhile.
 */
static void close_one(struct sbi_nl *nl, const char *bridge, uint32_t owner)
{
	struct marks marks;
	char path[80], mark[32];

	path_of(bridge, path);
	snprintf(mark, sizeof(mark), MARK, owner);
	if (look(nl, bridge, &marks) < 0)
		return;
	sbi_rt_delete_alt_name(nl, marks.link.index, mark);
	if (sbi_nl_talk(nl, NULL, NULL, NULL) < 0) /* it was not ours */
		return;
	if (look(nl, bridge, &marks) < 0 || marks.living)
		return;
	sbi_switch(path, 0);
	if (look(nl, bridge, &marks) == 0 && marks.living)
		sbi_switch(path, 1);
}

void sbi_localnet_close(const char *bridge, uint32_t owner)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct sbi_nl nl;

	if (fd < 0)
		return;
	sbi_nl_init(&nl, fd);
	close_one(&nl, bridge, owner);
	sbi_nl_free(&nl);
}

/* All that have a mark of somebody dead, one after another: a dump goes on while they are read. */
struct left {
	char bridge[SBI_IF_NAME];
	uint32_t owner;
};

static void find_left(void *arg, uint32_t at, const struct nlmsghdr *message)
{
	struct left *left = arg;
	struct marks marks = { .living = 0 };

	read_marks(&marks, at, message);
	if (!marks.dead || left->owner)
		return;
	memcpy(left->bridge, marks.link.name, sizeof(left->bridge));
	left->owner = marks.dead;
}

int sbi_localnet_gc(void)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	struct left left, last = { .owner = 0 };
	struct sbi_nl nl;
	int count = 0;

	if (fd < 0)
		return 0;
	sbi_nl_init(&nl, fd);
	for (;; count++) {
		memset(&left, 0, sizeof(left));
		sbi_rt_dump_links(&nl);
		if (sbi_nl_talk(&nl, find_left, &left, NULL) < 0 || !left.owner || left.owner == last.owner)
			break;
		close_one(&nl, left.bridge, left.owner);
		last = left;
	}
	sbi_nl_free(&nl);
	return count;
}
