/* SPDX-License-Identifier: MIT */
/* Rate and delay of a veth: each end limits what it sends, so that both ways have the same. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "error.h"
#include "net.h"
#include "netlink/qdisc.h"

#define MTU 1500 /* of a veth, by itself */

static int is_shaped(const struct sbi_net_if *in)
{
	return in->link.rate || in->link.delay_ns;
}

int sbi_net_is_shaped(const struct sbi_net *net)
{
	for (uint32_t i = 0; i < net->count; i++)
		if (is_shaped(&net->ifs[i]))
			return 1;
	return 0;
}

static void write_one(struct sbi_nl *nl, const struct sbi_net_if *in, uint32_t index)
{
	uint32_t mtu = in->link.mtu ? in->link.mtu : in->bridge.mtu ? in->bridge.mtu : MTU;

	if (in->link.delay_ns)
		sbi_qd_netem(nl, index, in->link.delay_ns, in->link.rate, mtu);
	else
		sbi_qd_tbf(nl, index, in->link.rate, mtu);
}

static int refused(const struct sbi_net_if *in, uint32_t at, int code, const struct sbi_nl_why *why,
		   sb_error *err)
{
	const char *kind = in->link.delay_ns ? "netem" : "tbf";
	char what[80];

	snprintf(what, sizeof(what), "a %s of %s, by %s", in->link.delay_ns ? "delay" : "rate", in->link.name,
		 kind);
	sbi_net_explain(code, why, SB_STEP_SHAPE, at, what, err);
	if (code == ENOENT)
		sbi_hint(err, "the kernel has no %s: modprobe sch_%s, or leave it out", kind, kind);
	return -code;
}

/* All that are shaped, on one side. */
static int shape_side(struct sbi_net *net, int fd, int inside, sb_error *err)
{
	struct sbi_nl_why why;
	struct sbi_nl nl;
	int r = 0;

	sbi_nl_init(&nl, fd);
	for (uint32_t i = 0; r == 0 && i < net->count; i++) {
		const struct sbi_net_if *in = &net->ifs[i];

		if (!is_shaped(in))
			continue;
		write_one(&nl, in, inside ? in->index : in->host_index);
		r = sbi_nl_talk(&nl, NULL, NULL, &why);
		net->trips++;
		if (r < 0)
			refused(in, i, -r, &why, err);
	}
	sbi_nl_free(&nl);
	return r;
}

int sbi_net_shape(struct sbi_net *net, sb_error *err)
{
	sbi_autoclose int fd = sbi_nl_socket(NETLINK_ROUTE);
	int r;

	if (fd < 0)
		return sbi_net_explain(-fd, NULL, SB_STEP_SHAPE, 0, "a netlink socket", err);
	r = shape_side(net, fd, 0, err);
	return r < 0 ? r : shape_side(net, net->route, 1, err);
}
