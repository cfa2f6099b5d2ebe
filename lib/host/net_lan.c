/* SPDX-License-Identifier: MIT */
/*
 * macvlan and ipvlan: interfaces above a device of the host, born in the sandbox's namespace with
 * their names there.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

#include "error.h"
#include "net.h"

static int not_there(const struct sbi_link *link, uint32_t at, sb_error *err)
{
	sbi_fail(err, SB_STEP_LINK, at, ENODEV, "there is no device %s", link->device);
	if (link->kind == SBI_LINK_DEVICE)
		sbi_hint(err,
			 "it may be in another sandbox, and come back from there; what there is: ip link");
	else
		sbi_hint(err, "what there is: ip link");
	return -ENODEV;
}

/* Who is above it takes what it receives (netdev_rx_handler_register()); a VRF does not. */
static int check_master(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	const struct sbi_net_if *in = &net->ifs[at];
	struct sbi_rt_link master = { 0 };

	if (!in->bridge.master)
		return 0;
	sbi_rt_get_link_at(nl, in->bridge.master);
	sbi_nl_talk(nl, sbi_rt_one_link, &master, NULL);
	net->trips++;
	if (!master.index || (in->link.kind != SBI_LINK_DEVICE && !strcmp(master.kind, "vrf")))
		return 0;
	sbi_fail(err, SB_STEP_LINK, at, EBUSY, "%s is a port of the %s %s", in->link.device, master.kind,
		 master.name);
	if (!strcmp(master.kind, "bridge"))
		sbi_hint(err,
			 "a sandbox joins a bridge with a veth: sb_net_veth(), sbx run --network bridge:%s",
			 master.name);
	else
		sbi_hint(err, "take it out: ip link set %s nomaster", in->link.device);
	return -EBUSY;
}

static int check_mtu(const struct sbi_net_if *in, uint32_t at, sb_error *err)
{
	uint32_t most = in->link.kind == SBI_LINK_DEVICE ? in->bridge.max_mtu : in->bridge.mtu;

	if (!most || in->link.mtu <= most)
		return 0;
	return sbi_fail(err, SB_STEP_LINK, at, EINVAL, "an MTU of %u is more than %s can have above %s",
			in->link.mtu, in->link.name, in->link.device);
}

int sbi_lower_look(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	const char *kind = sbi_link_kind_name(in->link.kind);
	struct sbi_nl_why why;
	int r;

	sbi_rt_get_link(nl, in->link.device);
	r = sbi_nl_talk(nl, sbi_rt_one_link, &in->bridge, &why);
	net->trips++;
	if (r == -ENODEV)
		return not_there(&in->link, at, err);
	if (r < 0)
		return sbi_net_explain(-r, &why, SB_STEP_LINK, at, in->link.device, err);
	if (in->bridge.flags & IFF_LOOPBACK)
		return sbi_fail(err, SB_STEP_LINK, at, EINVAL,
				"%s is the loopback interface, which every network has of its own",
				in->link.device);
	if (in->link.kind != SBI_LINK_DEVICE && in->bridge.type != ARPHRD_ETHER)
		return sbi_fail(err, SB_STEP_LINK, at, EINVAL,
				"%s is no Ethernet device, and cannot have a %s above it", in->link.device,
				kind);
	r = check_master(net, at, nl, err);
	return r < 0 ? r : check_mtu(in, at, err);
}

static int refused(const struct sbi_net_if *in, uint32_t at, int code, const struct sbi_nl_why *why,
		   sb_error *err)
{
	sbi_net_explain(code, why, SB_STEP_LINK, at, in->link.name, err);
	if (code == EBUSY)
		sbi_hint(err,
			 "%s serves something else: a device has macvlans, or ipvlans, or is a port of a bridge",
			 in->link.device);
	else if (code == EINVAL && in->link.kind == SBI_LINK_MACVLAN)
		sbi_hint(err, "a macvlan in the mode passthru is the only one above its device");
	return -code;
}

int sbi_lan_make(struct sbi_net *net, uint32_t at, struct sbi_nl *nl, sb_error *err)
{
	struct sbi_net_if *in = &net->ifs[at];
	struct sbi_rt_new link = {
		.name = in->link.name, .mtu = in->link.mtu, .lower = in->bridge.index, .netns = net->netns
	};
	struct sbi_nl_why why;
	int r;

	if (in->link.kind == SBI_LINK_MACVLAN && in->link.mode != MACVLAN_MODE_PASSTHRU) {
		sbi_net_choose_mac(in);
		link.mac = in->mac;
	}
	sbi_rt_new_lan(nl, sbi_link_kind_name(in->link.kind), in->link.mode, &link);
	r = sbi_nl_talk(nl, NULL, NULL, &why);
	net->trips++;
	if (r < 0)
		return refused(in, at, -r, &why, err);
	return sbi_net_find_inside(net, at, err);
}

/*
 * The kernel removes a namespace some time after its processes, and not before the last TCP connection
 * that they left has timed out, and one of a pool lives on. Until then nothing else above the device
 * could have its MAC address, and nobody would tell the caller that its TAP is over.
 */
void sbi_lan_end(struct sbi_net *net, struct sbi_net_if *in)
{
	struct sbi_nl nl;

	if (in->link.kind == SBI_LINK_VETH || in->link.kind == SBI_LINK_DEVICE || net->route < 0)
		return;
	sbi_nl_init(&nl, net->route);
	if (in->index)
		sbi_rt_delete_link(&nl, in->index);
	else /* not made, or the answer was lost */
		sbi_rt_delete_name(&nl, in->link.name);
	sbi_nl_talk(&nl, NULL, NULL, NULL);
	sbi_nl_free(&nl);
	in->index = 0;
}
