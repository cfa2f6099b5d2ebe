/* SPDX-License-Identifier: MIT */
/* The options about the network: what is asked for; network.c makes it of them. */
#include "network.h"
#include "parse.h"

#include <errno.h>
#include <string.h>

static const struct network_kind kinds[] = {
	{ "none", KIND_NONE, WORD_NO, NULL, NULL },
	{ "host", KIND_HOST, WORD_NO, NULL, NULL },
	{ "bridge", KIND_BRIDGE, WORD_MAY, NULL, sb_net_veth },
	{ "veth", KIND_VETH, WORD_NO, NULL, sb_net_veth },
	{ "macvlan", KIND_MACVLAN, WORD_MUST, NULL, sb_net_macvlan },
	{ "ipvlan", KIND_IPVLAN, WORD_MUST, NULL, sb_net_ipvlan },
	{ "device", KIND_DEVICE, WORD_MUST, NULL, sb_net_device },
	{ "netns", KIND_NETNS, WORD_MUST, NULL, NULL },
	{ "user", KIND_USER, WORD_NO, NULL, NULL },
	{ "pasta", KIND_USER, WORD_NO, "pasta", NULL },
	{ "slirp", KIND_USER, WORD_NO, "slirp4netns", NULL },
	{ "slirp4netns", KIND_USER, WORD_NO, "slirp4netns", NULL },
};

int words_add(struct words *words, const char *word)
{
	const char **grown = reallocarray(words->list, words->count + 2, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	words->list = grown;
	grown[words->count++] = word;
	grown[words->count] = NULL;
	return 0;
}

static int opt_network(struct run *run, const char *arg)
{
	struct network_wishes *net = &run->network;
	const char *colon = strchr(arg, ':');
	size_t len = colon ? (size_t)(colon - arg) : strlen(arg);

	if (net->given)
		return refuse(run, "a network was given already");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, arg, len) == 0)
			net->kind = &kinds[i];
	if (!net->kind)
		return refuse(
			run, "expected none, host, bridge[:NAME], netns:FILE, macvlan:DEVICE, ipvlan:DEVICE, "
			     "device:DEVICE, veth, pasta, slirp or user");
	if (colon && net->kind->word == WORD_NO)
		return refuse(run, "nothing belongs behind this kind of network");
	if ((!colon && net->kind->word == WORD_MUST) || (colon && !colon[1]))
		return refuse(run, net->kind->bit == KIND_NETNS ? "which file?" : "which device?");
	net->given = arg;
	net->what = colon ? colon + 1 : NULL;
	return 0;
}

/* Remembers that an option was used, and its text. */
static int keep(struct run *run, enum net_option option, const char **field, const char *arg)
{
	run->network.options |= 1u << option;
	*field = arg;
	return 0;
}

static int keep_flag(struct run *run, enum net_option option, uint64_t flag)
{
	run->network.options |= 1u << option;
	run->network.link.flags |= flag;
	return 0;
}

static int opt_ip(struct run *run, const char *arg)
{
	run->network.options |= 1u << NET_IP;
	return words_add(&run->network.addresses[0], arg);
}

static int opt_ip6(struct run *run, const char *arg)
{
	run->network.options |= 1u << NET_IP6;
	return words_add(&run->network.addresses[1], arg);
}

static int opt_mac(struct run *run, const char *arg)
{
	return keep(run, NET_MAC, &run->network.link.mac, arg);
}

static int opt_gateway(struct run *run, const char *arg)
{
	return keep(run, NET_GATEWAY, &run->network.link.gateway, arg);
}

static int opt_gateway6(struct run *run, const char *arg)
{
	return keep(run, NET_GATEWAY6, &run->network.link.gateway6, arg);
}

static int opt_name(struct run *run, const char *arg)
{
	return keep(run, NET_NAME, &run->network.link.name, arg);
}

static int opt_host_name(struct run *run, const char *arg)
{
	return keep(run, NET_HOST_NAME, &run->network.link.host_name, arg);
}

static int opt_mtu(struct run *run, const char *arg)
{
	uint64_t mtu;

	if (parse_u64(arg, &mtu) < 0 || mtu < 68 || mtu > 65535)
		return refuse(run, "expected a number of bytes, 68 to 65535");
	run->network.options |= 1u << NET_MTU;
	run->network.link.mtu = (uint32_t)mtu;
	return 0;
}

/* NETWORK[=GATEWAY] */
static int opt_route(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *gateway = copy, *network;

	if (!copy)
		return -ENOMEM;
	network = strsep(&gateway, "=");
	run->network.options |= 1u << NET_ROUTE;
	return sb_net_route(run->cfg, NULL, network, gateway);
}

/* Bytes as everywhere here, or bits as tc(8) has them: 10m is 10 MiB a second, 10mbit ten million bits. */
static int parse_rate(const char *text, uint64_t *out)
{
	static const struct {
		const char *suffix;
		uint64_t bits;
	} units[] = { { "gbit", 1000000000 }, { "mbit", 1000000 }, { "kbit", 1000 }, { "bit", 1 } };
	AUTOFREE char *number = NULL;
	uint64_t bits;
	int r;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(text), tail = strlen(units[i].suffix);

		if (len <= tail || strcmp(text + len - tail, units[i].suffix) != 0)
			continue;
		number = strndup(text, len - tail);
		r = number ? parse_decimal(number, units[i].bits, &bits) : -ENOMEM;
		if (r == 0)
			*out = bits / 8;
		return r;
	}
	return parse_size(text, out);
}

static int opt_rate(struct run *run, const char *arg)
{
	uint64_t rate;

	if (parse_rate(arg, &rate) < 0 || !rate)
		return refuse(run, "expected bytes a second, such as 10M, or bits, such as 80mbit");
	run->network.options |= 1u << NET_RATE;
	run->network.link.rate = rate;
	return 0;
}

static int opt_delay(struct run *run, const char *arg)
{
	uint64_t delay;

	if (parse_duration(arg, &delay) < 0 || !delay)
		return refuse(run, "expected a time, such as 20ms");
	run->network.options |= 1u << NET_DELAY;
	run->network.link.delay_ns = delay;
	return 0;
}

static int opt_allow(struct run *run, const char *arg)
{
	run->network.options |= 1u << NET_ALLOW;
	return sb_net_allow(run->cfg, strcmp(arg, "none") == 0 ? NULL : arg);
}

static int opt_isolated(struct run *run, const char *arg)
{
	(void)arg;
	return keep_flag(run, NET_ISOLATED, SB_NET_ISOLATED);
}

static int opt_masquerade(struct run *run, const char *arg)
{
	(void)arg;
	return keep_flag(run, NET_MASQUERADE, SB_NET_MASQUERADE);
}

static int opt_internal(struct run *run, const char *arg)
{
	(void)arg;
	return keep_flag(run, NET_INTERNAL, SB_NET_NO_GATEWAY);
}

static int opt_forward(struct run *run, const char *arg)
{
	(void)arg;
	return keep_flag(run, NET_FORWARD, SB_NET_FORWARD);
}

static int opt_dns(struct run *run, const char *arg)
{
	if (strcmp(arg, "none") == 0)
		run->network.no_dns = true;
	else if (words_add(&run->network.dns, arg) < 0)
		return -ENOMEM;
	return run->network.no_dns && run->network.dns.count
		       ? refuse(run, "\"none\" and a server exclude each other")
		       : 0;
}

static int opt_dns_search(struct run *run, const char *arg)
{
	return words_add(&run->network.search, arg);
}

/* NAME:ADDRESS, as docker has it; an IPv6 address has colons of its own, a name has none. */
static int opt_add_host(struct run *run, const char *arg)
{
	AUTOFREE char *name = strdup(arg);
	char *address = name ? name + strcspn(name, ":=") : NULL;

	if (!name)
		return -ENOMEM;
	if (address == name || !*address)
		return refuse(run, "expected NAME:ADDRESS");
	*address++ = '\0';
	if (address[0] == '[' && address[strlen(address) - 1] == ']') {
		address[strlen(address) - 1] = '\0';
		address++;
	}
	return sb_add_host(run->cfg, name, address);
}

/* PORT or PORT-PORT; 0 and 0 for an empty one. */
static int parse_ports(const char *text, uint64_t *first, uint64_t *last)
{
	AUTOFREE char *copy = strdup(text);
	char *to = copy, *from = copy ? strsep(&to, "-") : NULL;
	int r;

	if (!copy)
		return -ENOMEM;
	*first = *last = 0;
	if (!*text)
		return 0;
	r = parse_u64(from, first);
	if (r == 0)
		r = to ? parse_u64(to, last) : 0;
	if (!to)
		*last = *first;
	return r < 0 || *last < *first || *last > 65535 ? -EINVAL : 0;
}

/* [[ADDRESS:]HOST[-HOST]:]PORT[-PORT], cut up; the address may be in brackets. */
static int split_publish(char *text, char **address, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	*address = NULL;
	*host = text + strlen(text);
	*port = text;
	if (!colon)
		return 0;
	*port = colon + 1;
	*colon = '\0';
	*host = text;
	colon = strrchr(text, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	*host = colon + 1;
	*address = text;
	if (text[0] != '[')
		return strchr(text, ':') ? -EINVAL : 0;
	if (colon - text < 3 || colon[-1] != ']')
		return -EINVAL;
	colon[-1] = '\0';
	*address = text + 1;
	return 0;
}

static int keep_published(struct run *run, const char *protocol, const char *address, uint64_t host,
			  uint64_t port, uint64_t count)
{
	struct network_wishes *net = &run->network;
	struct published *grown = reallocarray(net->ports, net->port_count + 1, sizeof(*grown));
	char *copy = address ? strdup(address) : NULL;

	if (grown)
		net->ports = grown;
	if (!grown || (address && !copy)) {
		free(copy);
		return -ENOMEM;
	}
	grown[net->port_count++] =
		(struct published){ protocol, copy, (uint16_t)host, (uint16_t)port, (uint16_t)count };
	return 0;
}

static int opt_publish(struct run *run, const char *arg)
{
	AUTOFREE char *text = strdup(arg);
	uint64_t host[2], port[2], count;
	char *address, *outer, *inner;
	const char *protocol = "tcp";
	char *slash = text ? strrchr(text, '/') : NULL;
	int r;

	if (!text)
		return -ENOMEM;
	if (slash) {
		*slash = '\0';
		protocol = strcmp(slash + 1, "udp") == 0   ? "udp"
			   : strcmp(slash + 1, "tcp") == 0 ? "tcp"
							   : NULL;
	}
	if (!protocol || split_publish(text, &address, &outer, &inner) < 0 ||
	    parse_ports(inner, &port[0], &port[1]) < 0 || parse_ports(outer, &host[0], &host[1]) < 0 ||
	    !port[0])
		return refuse(run, "expected [[ADDRESS:]HOST[-HOST]:]PORT[-PORT][/tcp|/udp]");
	count = port[1] - port[0] + 1;
	if (host[0] && host[1] - host[0] + 1 != count)
		return refuse(run, "the two ranges are not of the same length");
	run->network.options |= 1u << NET_PUBLISH;
	r = sb_net_publish(run->cfg, protocol, address, (uint16_t)host[0], (uint16_t)port[0],
			   (uint32_t)count);
	return r < 0 ? r : keep_published(run, protocol, address, host[0], port[0], count);
}

const struct option_row network_options[] = {
	{ "network", 0, "KIND[:NAME]", 0, opt_network,
	  "none (default), host, bridge[:NAME], netns:FILE, pasta,…" },
	{ "ip", 0, "ADDRESS[/BITS]", 0, opt_ip,
	  "IPv4 address (default: a free one of the bridge's network)" },
	{ "ip6", 0, "ADDRESS[/BITS]", 0, opt_ip6, "IPv6 address (the same)" },
	{ "mac-address", 0, "MAC", 0, opt_mac, "of the interface (default: made of the address)" },
	{ "gateway", 0, "ADDRESS", 0, opt_gateway, "of the default route (default: the bridge), or none" },
	{ "gateway6", 0, "ADDRESS", 0, opt_gateway6, "the same of IPv6" },
	{ "net-route", 0, "NET[=GATEWAY]", 0, opt_route, "one more route" },
	{ "publish", 'p', "[[ADDR:]HOST:]PORT", 0, opt_publish,
	  "a port of the host leads inside; A-B ranges, /udp" },
	{ "net-allow", 0, "RULE", 0, opt_allow,
	  "close the network but for [tcp|udp|icmp] ADDRESS|any [PORT]; none" },
	{ "dns", 0, "ADDRESS", ROW_MOUNT, opt_dns, "name server (default: the host's), or none" },
	{ "dns-search", 0, "DOMAIN", ROW_MOUNT, opt_dns_search, "where names without a dot are looked up" },
	{ "add-host", 0, "NAME:ADDRESS", ROW_MOUNT, opt_add_host, "a line of /etc/hosts" },
	{ "mtu", 0, "BYTES", 0, opt_mtu, "largest packet (default: as the bridge or device)" },
	{ "net-rate", 0, "RATE", 0, opt_rate, "at most RATE bytes a second each way, or 10mbit" },
	{ "net-delay", 0, "TIME", 0, opt_delay, "delay every packet, each way" },
	{ "net-isolated", 0, NULL, 0, opt_isolated, "cannot reach other isolated sandboxes of the bridge" },
	{ "net-internal", 0, NULL, 0, opt_internal, "no way out: no default route, no masquerading" },
	{ "masquerade", 0, NULL, 0, opt_masquerade,
	  "what leaves the bridge's network has the host's address" },
	{ "ip-forward", 0, NULL, 0, opt_forward, "turn on forwarding on the host where it is off" },
	{ "net-name", 0, "NAME", 0, opt_name, "of the interface inside (default eth0)" },
	{ "net-host-name", 0, "NAME", 0, opt_host_name, "of its other end (default: made of the address)" },
	{ 0 },
};
