/* SPDX-License-Identifier: MIT */
/*
 * A device of the host moves in, and comes back at the end. The netlink socket
 * inside, which is ours, keeps the namespace alive longer than its processes, and
 * was opened with the privilege that the way back needs.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "error.h"
#include "net.h"

#define MOST_BASE 12 /* of a name, before the number that the kernel finds */

int sbi_device_look(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	int r = sbi_lower_look(net, at, nl, err);

	if (r < 0)
		return r;
	if (strcmp(in->link.device, in->bridge.name))
		return sbi_fail(err, SB_STEP_LINK, at, EINVAL,
				"%s is another name of %s, and only that one moves with a device",
				in->link.device, in->bridge.name);
	if (net->home < 0)
		/* of the calling thread, which /proc/self/ns/net may not be */
		net->home = ioctl(nl->fd, SIOCGSKNS);
	return net->home < 0 ? sbi_net_explain(errno, NULL, SB_STEP_LINK, at, in->link.device, err) : 0;
}

int sbi_net_find_inside(struct sbi_net *net, uint32_t at, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	struct sbi_rt_link found = { 0 };
	struct sbi_nl nl;
	int r;

	sbi_nl_init(&nl, net->route);
	sbi_rt_get_link(&nl, in->link.name);
	r = sbi_net_talk(net, &nl, sbi_rt_one_link, &found, SB_STEP_LINK, at, in->link.name, err);
	sbi_nl_free(&nl);
	in->index = found.index;
	return r;
}

int sbi_net_move_in(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, uint32_t index, const char *name,
		    sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	struct sbi_rt_change change = {
		.index = index, .name = in->link.name, .mtu = in->link.mtu, .netns = net->netns
	};
	struct sbi_nl_why why;
	int r;

	if (in->link.mac_set || in->link.kind != SBI_LINK_DEVICE)
		change.mac = in->mac;
	sbi_rt_set_link(nl, &change);
	in->moving = 1;
	r = sbi_nl_talk(nl, NULL, NULL, &why);
	net->trips++;
	if (r == 0)
		return sbi_net_find_inside(net, at, err);
	sbi_net_explain(-r, &why, SB_STEP_LINK, at, name, err);
	if (r == -EINVAL && in->link.kind == SBI_LINK_DEVICE)
		sbi_hint(err,
			 "a bridge, and some other kinds, stay in their network namespace; or it cannot have that MTU or MAC address");
	return r;
}

int sbi_device_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];

	if (in->link.mac_set)
		memcpy(in->mac, in->link.mac, sizeof(in->mac));
	return sbi_net_move_in(net, at, nl, in->bridge.index, in->bridge.name, err);
}

/* "eth%d" for "eth7": the kernel finds a number that is free. */
static void pattern_of(const char *name, char pattern[SBI_IF_NAME])
{
	size_t len = strlen(name);

	while (len && isdigit((unsigned char)name[len - 1]))
		len--;
	if (len > MOST_BASE)
		len = MOST_BASE;
	snprintf(pattern, SBI_IF_NAME, "%.*s%%d", (int)len, name);
	if (!len)
		snprintf(pattern, SBI_IF_NAME, "dev%%d");
}

/* Changes that are refused one by one do not keep it here. */
static void make_as_before(struct sbi_nl *nl, const struct sbi_net_if *in)
{
	struct sbi_rt_link now = { 0 };

	sbi_rt_set_link(nl, &(struct sbi_rt_change){ .index = in->index, .up = -1, .netns = -1 });
	sbi_rt_get_link_at(nl, in->index);
	sbi_nl_talk(nl, sbi_rt_one_link, &now, NULL);
	if (memcmp(now.mac, in->bridge.mac, sizeof(now.mac)))
		sbi_rt_set_link(nl, &(struct sbi_rt_change){
					    .index = in->index, .mac = in->bridge.mac, .netns = -1 });
	if (now.mtu != in->bridge.mtu)
		sbi_rt_set_link(nl, &(struct sbi_rt_change){
					    .index = in->index, .mtu = in->bridge.mtu, .netns = -1 });
	sbi_nl_talk(nl, NULL, NULL, NULL);
}

/*
 * After a failure. The kernel moves first, and then changes what else was asked, and its answer may have
 * been lost: it is inside with its new name, or its old one if no other interface was to have that,
 * or not there.
 */
static void find_moved(struct sbi_net *net, struct sbi_net_if *in, struct sbi_nl *nl)
{
	const char *names[] = { in->link.name, in->bridge.name };
	struct sbi_rt_link found = { 0 };
	int others = 0;

	for (uint32_t i = 0; i < net->count; i++)
		others |= &net->ifs[i] != in && !strcmp(net->ifs[i].link.name, in->bridge.name);
	for (int i = 0; i < (others ? 1 : 2) && !found.index; i++) {
		sbi_rt_get_link(nl, names[i]);
		sbi_nl_talk(nl, sbi_rt_one_link, &found, NULL);
	}
	in->index = found.index;
}

/*
 * If somebody has its old name now it keeps the one that it has inside, for the kernel moves
 * before it renames; and if somebody has that, too, it gets a number.
 */
void sbi_device_back(struct sbi_net *net, struct sbi_net_if *in)
{
	char names[2][SBI_IF_NAME];
	struct sbi_nl nl;
	int r = 0;

	if (in->link.kind != SBI_LINK_DEVICE || !in->moving)
		return;
	memcpy(names[0], in->bridge.name, SBI_IF_NAME);
	pattern_of(in->bridge.name, names[1]);
	sbi_nl_init(&nl, net->route);
	if (!in->index)
		find_moved(net, in, &nl);
	if (in->index)
		make_as_before(&nl, in);
	for (int i = 0; i < 2 && r == 0 && in->index; i++) { /* until it is not here any more */
		sbi_rt_set_link(&nl, &(struct sbi_rt_change){
					     .index = in->index, .name = names[i], .netns = net->home });
		sbi_nl_talk(&nl, NULL, NULL, NULL);
		sbi_rt_get_link_at(&nl, in->index);
		r = sbi_nl_talk(&nl, NULL, NULL, NULL);
	}
	sbi_nl_free(&nl);
	in->index = 0;
	in->moving = 0;
}
