/* SPDX-License-Identifier: MIT */
/* What the network of a sandbox has become, and its counters. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "host/net.h"
#include "net_outlet.h"
#include "proc_internal.h"

static void fill(const struct sbi_net_if *in, sb_net_info *info)
{
	const struct sbi_rt_link *figures = &in->figures;

	info->size = sizeof(*info);
	info->mtu = figures->mtu;
	snprintf(info->name, sizeof(info->name), "%s", in->link.name);
	snprintf(info->host_name, sizeof(info->host_name), "%s", in->host_name);
	snprintf(info->device, sizeof(info->device), "%s", in->link.device);
	snprintf(info->kind, sizeof(info->kind), "%s", sbi_link_kind_name(in->link.kind));
	sbi_mac_text(figures->mac, info->mac);
	sbi_address_text(&in->address[0], info->address, sizeof(info->address));
	sbi_address_text(&in->address[1], info->address6, sizeof(info->address6));
	sbi_address_host_text(&in->gateway[0], info->gateway, sizeof(info->gateway));
	sbi_address_host_text(&in->gateway[1], info->gateway6, sizeof(info->gateway6));
	info->rx_bytes = figures->rx_bytes;
	info->tx_bytes = figures->tx_bytes;
	info->rx_packets = figures->rx_packets;
	info->tx_packets = figures->tx_packets;
	info->rx_dropped = figures->rx_dropped;
	info->tx_dropped = figures->tx_dropped;
}

int sb_proc_net(sb_proc *proc, size_t index, sb_net_info *info, sb_error *err)
{
	sb_net_info all = SB_INIT(sb_net_info);
	struct sbi_net *net;
	int r;

	if (!proc || !info)
		return sbi_fail(err, SB_STEP_NETWORK, 0, EINVAL,
				"sb_proc_net: no command, or no room for the answer");
	net = proc->life->net;
	if (net && net->outlet && index == 0) {
		r = sbi_outlet_info(net, &all, err);
		if (r == 1)
			sbi_copy_out(info, &all, sizeof(all));
		return r;
	}
	if (!net || index >= net->count)
		return 0;
	r = sbi_net_figures(net, err);
	if (r < 0)
		return r;
	fill(&net->ifs[index], &all);
	sbi_copy_out(info, &all, sizeof(all));
	return 1;
}

int sb_proc_port(const sb_proc *proc, size_t index)
{
	if (!proc)
		return -EINVAL;
	if (!proc->life->net || index >= proc->life->net->port_count)
		return -ENOENT;
	return proc->life->net->ports[index].host_port;
}

int sb_proc_tap(const sb_proc *proc, size_t index)
{
	const struct sbi_net *net;

	if (!proc)
		return -EINVAL;
	net = proc->life->net;
	for (uint32_t i = 0; net && i < net->count; i++)
		if (net->ifs[i].tap >= 0 && !index--)
			return net->ifs[i].tap;
	return -ENOENT;
}
