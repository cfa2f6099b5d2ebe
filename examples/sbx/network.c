/* SPDX-License-Identifier: MIT */
/* From the options about the network to calls of the library, and what contradicts what. */
#include "network.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Which networks an option means something for, and what to say otherwise. */
static const struct {
	const char *name;
	unsigned kinds;
	const char *needs;
} conditions[] = {
	[NET_IP] = { "ip", KINDS_LINK, "an interface" },
	[NET_IP6] = { "ip6", KINDS_LINK, "an interface" },
	[NET_MAC] = { "mac-address", KINDS_LINK & ~KIND_IPVLAN,
		      "an interface with a MAC address of its own" },
	[NET_GATEWAY] = { "gateway", KINDS_LINK, "an interface" },
	[NET_GATEWAY6] = { "gateway6", KINDS_LINK, "an interface" },
	[NET_MTU] = { "mtu", KINDS_LINK, "an interface" },
	[NET_NAME] = { "net-name", KINDS_LINK, "an interface" },
	[NET_HOST_NAME] = { "net-host-name", KINDS_PAIR, "an interface with another end" },
	[NET_ROUTE] = { "net-route", KINDS_LINK, "an interface" },
	[NET_PUBLISH] = { "publish", KINDS_PAIR | KIND_USER, "a way in" },
	[NET_RATE] = { "net-rate", KINDS_PAIR, "an interface with another end" },
	[NET_DELAY] = { "net-delay", KINDS_PAIR, "an interface with another end" },
	[NET_ALLOW] = { "net-allow", KINDS_OWN, "a network of its own" },
	[NET_ISOLATED] = { "net-isolated", KIND_BRIDGE, "a bridge" },
	[NET_INTERNAL] = { "net-internal", KINDS_PAIR, "an interface with another end" },
	[NET_MASQUERADE] = { "masquerade", KINDS_PAIR, "an interface with another end" },
	[NET_FORWARD] = { "ip-forward", KINDS_PAIR, "an interface with another end" },
};

static const struct {
	unsigned bit;
	const char *example;
} examples[] = {
	{ KIND_BRIDGE, "bridge" },
	{ KIND_MACVLAN, "macvlan:DEVICE" },
	{ KIND_USER, "pasta" },
	{ KIND_NONE, "none" },
};

unsigned network_bit(const struct run *run)
{
	return run->network.kind ? run->network.kind->bit : KIND_NONE;
}

static int contradiction(const char *message, const char *hint)
{
	complain(message, hint);
	return -EINVAL;
}

static int check_options(const struct run *run)
{
	char text[160], hint[160] = "";

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		if (!net_option_used(run, (enum net_option)i) || (conditions[i].kinds & network_bit(run)))
			continue;
		for (size_t k = 0; k < sizeof(examples) / sizeof(examples[0]); k++)
			if (examples[k].bit & conditions[i].kinds)
				snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint), "%s--network %s",
					 hint[0] ? ", " : "add ", examples[k].example);
		snprintf(text, sizeof(text), "--%s needs %s", conditions[i].name, conditions[i].needs);
		return contradiction(text, hint);
	}
	if (net_option_used(run, NET_INTERNAL) && net_option_used(run, NET_MASQUERADE))
		return contradiction("--net-internal contradicts --masquerade", NULL);
	if (net_option_used(run, NET_INTERNAL) &&
	    (net_option_used(run, NET_GATEWAY) || net_option_used(run, NET_GATEWAY6)))
		return contradiction("--net-internal contradicts --gateway", NULL);
	return 0;
}

/* --share and --ns speak of the network namespace, too. */
static int check_namespaces(struct run *run)
{
	const char *given = run->network.given;
	unsigned bit = network_bit(run);
	char text[320];

	if (!given)
		return 0;
	snprintf(text, sizeof(text), "--network %.200s contradicts --%s", given,
		 run->ns_joined & SB_NS_NET ? "ns net=FILE"
		 : bit == KIND_HOST         ? "ns net"
					    : "share net");
	if (run->ns_joined & SB_NS_NET)
		return contradiction(text, "leave out one of them");
	if (bit == KIND_HOST)
		return run->ns_listed && (run->ns_new & SB_NS_NET)
			       ? contradiction(text, "leave out one of them")
			       : 0;
	if (run->ns_shared & SB_NS_NET)
		return contradiction(text, "leave out one of them");
	if (bit == KIND_NETNS || (run->ns_new & SB_NS_NET))
		return 0;
	snprintf(text, sizeof(text), "--network %.200s needs a new network namespace, and this run has none",
		 given);
	return contradiction(text, "add net to --ns");
}

/* Of macvlan and ipvlan the mode may follow: DEVICE:MODE. */
static int describe_device(struct run *run)
{
	struct network_wishes *net = &run->network;
	char *colon;

	if (!net->what)
		return 0;
	net->text = strdup(net->what);
	if (!net->text)
		return -ENOMEM;
	net->link.device = net->text;
	colon = strchr(net->text, ':');
	if (colon && (network_bit(run) & (KIND_MACVLAN | KIND_IPVLAN))) {
		*colon = '\0';
		net->link.mode = colon + 1;
	}
	return 0;
}

static void describe_own_bridge(struct run *run)
{
	sb_net_link *link = &run->network.link;

	link->device = OWN_BRIDGE;
	link->bridge_address = OWN_BRIDGE_ADDRESS;
	link->flags |= SB_NET_MAKE_BRIDGE;
	if (!run->network.internal)
		link->flags |= SB_NET_MASQUERADE;
}

static int add_addresses(struct run *run)
{
	const struct network_wishes *net = &run->network;
	const char *name = net->link.name                  ? net->link.name
			   : net->kind->bit == KIND_DEVICE ? net->link.device
							   : "eth0";
	int r = 0;

	for (int family = 0; family < 2; family++)
		for (size_t i = 1; r == 0 && i < net->addresses[family].count; i++)
			r = sb_net_address(run->cfg, name, net->addresses[family].list[i]);
	return r;
}

static int add_link(struct run *run)
{
	struct network_wishes *net = &run->network;
	int r = describe_device(run);

	net->internal = net_option_used(run, NET_INTERNAL);
	net->link.size = sizeof(net->link);
	if (network_bit(run) == KIND_BRIDGE && !net->what)
		describe_own_bridge(run);
	net->link.address = net->addresses[0].count ? net->addresses[0].list[0] : NULL;
	net->link.address6 = net->addresses[1].count ? net->addresses[1].list[0] : NULL;
	if (r == 0)
		r = net->kind->add(run->cfg, &net->link);
	return r < 0 ? r : add_addresses(run);
}

int network_begin(struct run *run)
{
	struct network_wishes *net = &run->network;
	char what[256];
	int r = check_namespaces(run);

	if (r == 0)
		r = check_options(run);
	if (r < 0 || !net->given)
		return r;
	switch (net->kind->bit) {
	case KIND_NONE:
		return 0;
	case KIND_HOST:
		run->ns_new &= ~SB_NS_NET;
		return 0;
	case KIND_NETNS:
		run->ns_joined |= SB_NS_NET;
		r = sb_net_join(run->cfg, net->what);
		break;
	case KIND_USER:
		r = sb_net_user(run->cfg, net->kind->program);
		break;
	default:
		r = add_link(run);
	}
	snprintf(what, sizeof(what), "--network %.200s", net->given);
	return r < 0 ? complain_config(run, what) : 0;
}

/*
 * Can a file of ours stand there? In a root that is made, always; in an overlay where we may write,
 * or over a file; in a directory of the host only over a file.
 */
static bool has_place(const struct run *run, const char *name)
{
	char path[4200];
	struct stat st;

	if (!(run->ns_new & SB_NS_MOUNT) || brings_etc(run))
		return false;
	if (!run->rootfs)
		return true;
	snprintf(path, sizeof(path), "%.4096s/etc", run->rootfs);
	if (run->overlay && access(path, W_OK) == 0)
		return true;
	snprintf(path, sizeof(path), "%.4096s/etc/%s", run->rootfs, name);
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Names of the host that mean something elsewhere; a host without any is no error. */
static int copy_dns(struct run *run)
{
	const struct network_wishes *net = &run->network;
	struct resolv resolv;
	int r = resolv_read(&resolv);

	if (r < 0)
		return net->search.count
			       ? contradiction("--dns-search needs a name server, and the host names none that can be "
					       "reached from another network",
					       "add --dns ADDRESS")
			       : 0;
	if (resolv.as_it_is)
		r = sb_set_dns(run->cfg, NULL, net->search.list);
	else
		r = sb_set_dns(run->cfg, resolv.servers.list,
			       net->search.count ? net->search.list : resolv.search.list);
	resolv_free(&resolv);
	return r < 0 ? complain_config(run, "/etc/resolv.conf") : 0;
}

int network_finish(struct run *run)
{
	static const char *const of_user[] = { USER_DNS, NULL };
	const struct network_wishes *net = &run->network;
	bool elsewhere = !(network_bit(run) & (KIND_NONE | KIND_HOST));
	int r = 0;

	if (elsewhere && has_place(run, "hosts") && has_place(run, "hostname"))
		r = sb_add_host(run->cfg, NULL, NULL);
	if (r < 0)
		return complain_config(run, "/etc/hosts");
	if (net->no_dns && net->search.count)
		return contradiction("--dns none contradicts --dns-search", NULL);
	if (net->no_dns ||
	    (!net->dns.count && !net->search.count && !(elsewhere && has_place(run, "resolv.conf"))))
		return 0;
	if (net->dns.count || network_bit(run) == KIND_USER)
		r = sb_set_dns(run->cfg, net->dns.count ? net->dns.list : of_user, net->search.list);
	else
		return copy_dns(run);
	return r < 0 ? complain_config(run, "--dns") : 0;
}

void network_tell(const struct run *run, const sb_proc *proc)
{
	size_t at = 0;
	char text[120];

	for (size_t i = 0; i < run->network.port_count; i++) {
		const struct published *range = &run->network.ports[i];

		for (unsigned k = 0; k < range->count; k++, at++) {
			int host = sb_proc_port(proc, at);

			if (range->host_port || host < 0)
				continue;
			snprintf(text, sizeof(text), "port %d leads to %u/%s", host, range->port + k,
				 range->protocol);
			complain(text, NULL);
		}
	}
}

void network_free(struct run *run)
{
	struct network_wishes *net = &run->network;

	for (int family = 0; family < 2; family++)
		free(net->addresses[family].list);
	free(net->dns.list);
	free(net->search.list);
	for (size_t i = 0; i < net->port_count; i++)
		free(net->ports[i].address);
	free(net->ports);
	free(net->text);
}
