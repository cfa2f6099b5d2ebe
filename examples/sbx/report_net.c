/* SPDX-License-Identifier: MIT */
/* The network's part of --report: each interface with its counters, and the ports. */
#include "sbx.h"

#include <inttypes.h>
#include <stddef.h>

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "kind", offsetof(sb_net_info, kind) },           { "device", offsetof(sb_net_info, device) },
	{ "host_name", offsetof(sb_net_info, host_name) }, { "mac", offsetof(sb_net_info, mac) },
	{ "address", offsetof(sb_net_info, address) },     { "address6", offsetof(sb_net_info, address6) },
	{ "gateway", offsetof(sb_net_info, gateway) },     { "gateway6", offsetof(sb_net_info, gateway6) },
};

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	{ "rx_bytes", offsetof(sb_net_info, rx_bytes) },
	{ "tx_bytes", offsetof(sb_net_info, tx_bytes) },
	{ "rx_packets", offsetof(sb_net_info, rx_packets) },
	{ "tx_packets", offsetof(sb_net_info, tx_packets) },
	{ "rx_dropped", offsetof(sb_net_info, rx_dropped) },
	{ "tx_dropped", offsetof(sb_net_info, tx_dropped) },
};

static void one_interface(FILE *to, const sb_net_info *info)
{
	fputs("{\"name\": ", to);
	json_string(to, info->name);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = (const char *)info + texts[i].offset;

		if (!*text)
			continue;
		fprintf(to, ", \"%s\": ", texts[i].name);
		json_string(to, text);
	}
	fprintf(to, ", \"mtu\": %" PRIu32, info->mtu);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		fprintf(to, ", \"%s\": %" PRIu64, counters[i].name,
			*(const uint64_t *)(const void *)((const char *)info + counters[i].offset));
	fputs("}", to);
}

static void ports(FILE *to, const struct ending *end)
{
	const struct network_wishes *net = &end->run->network;
	const char *comma = "";
	size_t at = 0;

	if (!net->port_count)
		return;
	fputs(", \"ports\": [", to);
	for (size_t i = 0; i < net->port_count; i++) {
		const struct published *range = &net->ports[i];

		for (unsigned k = 0; k < range->count; k++, at++) {
			fprintf(to, "%s{\"protocol\": \"%s\", \"host_port\": %d, \"port\": %u", comma,
				range->protocol, sb_proc_port(end->proc, at), range->port + k);
			if (range->address) {
				fputs(", \"address\": ", to);
				json_string(to, range->address);
			}
			fputs("}", to);
			comma = ", ";
		}
	}
	fputs("]", to);
}

void report_network(FILE *to, const struct ending *end)
{
	sb_net_info info = SB_INIT(sb_net_info);
	size_t count = 0;

	for (; sb_proc_net(end->proc, count, &info, NULL) > 0; count++) {
		fputs(count ? ", " : ", \"network\": [", to);
		one_interface(to, &info);
	}
	if (count)
		fputs("]", to);
	ports(to, end);
}
