/* SPDX-License-Identifier: MIT */
/* Interfaces of the sandbox: what was asked for. */
#include <sandbox/net.h>

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config_internal.h"
#include "error.h"

#define LINK_FLAGS \
	(SB_NET_MAKE_BRIDGE | SB_NET_MASQUERADE | SB_NET_FORWARD | SB_NET_ISOLATED | SB_NET_NO_GATEWAY)
#define MOST_DELAY_NS UINT64_C(3600000000000)
#define OF_A_BRIDGE (SB_NET_MAKE_BRIDGE | SB_NET_ISOLATED)

const char *sbi_link_kind_name(enum sbi_link_kind kind)
{
	static const char *const names[] = { "veth", "macvlan", "ipvlan", "device", "tap" };

	return names[kind];
}

/*
 * What the kernel takes for a name (dev_valid_name()). Setters of text: @value NULL leaves the
 * field empty.
 */
static int set_name(sb_config *cfg, const char *setter, const char *what, const char *value,
		    char field[SBI_IF_NAME])
{
	if (!value)
		return 0;
	if (strlen(value) >= SBI_IF_NAME)
		return sbi_cfg_fail(cfg, ENAMETOOLONG, "%s: the %s \"%.40s\" is longer than 15 characters",
				    setter, what, value);
	if (!value[0] || !strcmp(value, ".") || !strcmp(value, "..") || strpbrk(value, "/: \t\n\v\f\r") ||
	    strchr(value, '%'))
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%s\" cannot be a %s", setter, value, what);
	strcpy(field, value);
	return 0;
}

static int set_wish(sb_config *cfg, const char *setter, const char *what, const char *value, int family,
		    struct sbi_wish *wish)
{
	if (!value)
		return 0;
	wish->kind = SBI_WISH_NONE;
	if (!strcmp(value, "none"))
		return 0;
	wish->kind = SBI_WISH_GIVEN;
	if (sbi_address_parse(value, family, &wish->address) < 0)
		return sbi_cfg_fail(cfg, EINVAL, "%s: the %s \"%.60s\" is no IPv%d address", setter, what,
				    value, family == AF_INET ? 4 : 6);
	return 0;
}

/* An address of an interface needs a prefix, and must not be its network's own or broadcast address. */
static int set_full(sb_config *cfg, const char *setter, const char *value, int family,
		    struct sbi_address *address)
{
	if (!value)
		return 0;
	if (sbi_address_parse(value, family, address) < 0)
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.60s\" is no address", setter, value);
	if (address->prefix == SBI_NO_PREFIX)
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.60s\" has no prefix length (\"%.60s/24\")", setter,
				    value, value);
	if (sbi_address_is_edge(address))
		return sbi_cfg_fail(cfg, EINVAL, "%s: \"%.60s\" is the network's own or its broadcast address",
				    setter, value);
	return 0;
}

static int set_mode(sb_config *cfg, const char *setter, const char *value, struct sbi_link *link)
{
	static const struct {
		enum sbi_link_kind kind;
		const char *name;
		uint32_t mode;
	} modes[] = {
		{ SBI_LINK_MACVLAN, "bridge", MACVLAN_MODE_BRIDGE },
		{ SBI_LINK_MACVLAN, "private", MACVLAN_MODE_PRIVATE },
		{ SBI_LINK_MACVLAN, "vepa", MACVLAN_MODE_VEPA },
		{ SBI_LINK_MACVLAN, "passthru", MACVLAN_MODE_PASSTHRU },
		{ SBI_LINK_IPVLAN, "l2", IPVLAN_MODE_L2 }, { SBI_LINK_IPVLAN, "l3", IPVLAN_MODE_L3 },
		{ SBI_LINK_IPVLAN, "l3s", IPVLAN_MODE_L3S },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (modes[i].kind == link->kind && (!value || !strcmp(modes[i].name, value))) {
			link->mode = modes[i].mode;
			return 0;
		}
	return value ? sbi_cfg_fail(cfg, EINVAL, "%s: there is no mode \"%.40s\"", setter, value) : 0;
}

/* Options that mean nothing for this kind. */
static int refuse_foreign(sb_config *cfg, const char *setter, const sb_net_link *given,
			  const struct sbi_link *link)
{
	int veth = link->kind == SBI_LINK_VETH, bridged = veth && link->device[0];

	if (!veth && (link->host_name[0] || link->rate || link->delay_ns))
		return sbi_cfg_fail(cfg, EINVAL, "%s: host_name, rate and delay_ns are of a veth", setter);
	if (!veth && (link->flags & SB_NET_MASQUERADE))
		return sbi_cfg_fail(cfg, EINVAL, "%s: only what comes from a veth can be masqueraded", setter);
	if (!bridged && ((link->flags & OF_A_BRIDGE) || given->bridge_address || given->bridge_address6))
		return sbi_cfg_fail(cfg, EINVAL, "%s: there is no bridge for what is asked of it", setter);
	if ((given->bridge_address || given->bridge_address6) && !(link->flags & SB_NET_MAKE_BRIDGE))
		return sbi_cfg_fail(cfg, EINVAL,
				    "%s: a bridge that is there keeps its addresses (SB_NET_MAKE_BRIDGE)",
				    setter);
	if (link->kind == SBI_LINK_TAP && link->device[0])
		return sbi_cfg_fail(cfg, EINVAL, "%s: a TAP interface has no device of the host below it",
				    setter);
	if (!veth && link->kind != SBI_LINK_TAP && !link->device[0])
		return sbi_cfg_fail(cfg, EINVAL, "%s: which device?", setter);
	if (link->kind == SBI_LINK_IPVLAN && link->mac_set)
		return sbi_cfg_fail(cfg, EINVAL, "%s: an ipvlan has the MAC address of the device below it",
				    setter);
	if (link->kind == SBI_LINK_MACVLAN && link->mode == MACVLAN_MODE_PASSTHRU && link->mac_set)
		return sbi_cfg_fail(cfg, EINVAL,
				    "%s: in the mode passthru it has the MAC address of the device below it",
				    setter);
	return 0;
}

static int fill(sb_config *cfg, const char *setter, const sb_net_link *given, struct sbi_link *link)
{
	int r = 0;

	if (given->flags & ~LINK_FLAGS)
		return sbi_cfg_fail(cfg, EINVAL, "%s: unknown bits 0x%llx", setter,
				    (unsigned long long)(given->flags & ~LINK_FLAGS));
	if (given->mtu && (given->mtu < 68 || given->mtu > 65535)) /* RFC 791 */
		return sbi_cfg_fail(cfg, EINVAL, "%s: an MTU of %u is not between 68 and 65535", setter,
				    given->mtu);
	if (given->mac && sbi_mac_parse(given->mac, link->mac) < 0)
		return sbi_cfg_fail(cfg, EINVAL,
				    "%s: \"%.40s\" is no MAC address of one interface (\"02:42:0a:00:00:05\")",
				    setter, given->mac);
	link->mac_set = given->mac ? 1 : 0;
	link->flags = given->flags;
	link->mtu = given->mtu;
	link->rate = given->rate;
	link->delay_ns = given->delay_ns;
	if (given->delay_ns > MOST_DELAY_NS)
		return sbi_cfg_fail(cfg, EINVAL, "%s: a delay of more than an hour", setter);
	if (!given->name)
		snprintf(link->name, sizeof(link->name), "eth%u", cfg->net.link_count);
	r = set_name(cfg, setter, "name", given->name, link->name);
	if (r == 0)
		r = set_name(cfg, setter, "name of a device", given->device, link->device);
	if (r == 0 && link->kind == SBI_LINK_DEVICE && !given->name)
		memcpy(link->name, link->device, sizeof(link->name));
	if (r == 0 && !strcmp(link->name, "lo"))
		return sbi_cfg_fail(cfg, EEXIST, "%s: every network has an interface lo of its own", setter);
	if (r == 0)
		r = set_name(cfg, setter, "host-side name", given->host_name, link->host_name);
	if (r == 0)
		r = set_mode(cfg, setter, given->mode, link);
	if (r == 0)
		r = set_wish(cfg, setter, "address", given->address, AF_INET, &link->address[0]);
	if (r == 0)
		r = set_wish(cfg, setter, "address", given->address6, AF_INET6, &link->address[1]);
	if (r == 0)
		r = set_wish(cfg, setter, "gateway", given->gateway, AF_INET, &link->gateway[0]);
	if (r == 0)
		r = set_wish(cfg, setter, "gateway", given->gateway6, AF_INET6, &link->gateway[1]);
	if (r == 0)
		r = set_full(cfg, setter, given->bridge_address, AF_INET, &link->bridge[0]);
	if (r == 0)
		r = set_full(cfg, setter, given->bridge_address6, AF_INET6, &link->bridge[1]);
	return r == 0 ? refuse_foreign(cfg, setter, given, link) : r;
}

static int add_link(sb_config *cfg, const char *setter, enum sbi_link_kind kind, const sb_net_link *given)
{
	sb_net_link all = SB_INIT(sb_net_link);
	struct sbi_link link = { .kind = kind }, *place;
	int r;

	if (!cfg)
		return -EINVAL;
	if (given && !sbi_size_valid(given, sizeof(all.size)))
		return sbi_cfg_fail(cfg, EINVAL,
				    "%s: the size of the link is not that of SB_INIT(sb_net_link)", setter);
	if (given)
		memcpy(&all, given, given->size < sizeof(all) ? given->size : sizeof(all));
	if (cfg->net.link_count == SBI_MAX_LINKS)
		return sbi_cfg_fail(cfg, E2BIG, "%s: more than %d interfaces", setter, SBI_MAX_LINKS);
	r = fill(cfg, setter, &all, &link);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < cfg->net.link_count; i++)
		if (!strcmp(cfg->net.links[i].name, link.name))
			return sbi_cfg_fail(cfg, EEXIST, "%s: there are two interfaces with the name %s",
					    setter, link.name);
	place = sbi_cfg_grow(cfg, &cfg->net.links, cfg->net.link_count, sizeof(*place));
	if (!place || sbi_cfg_netplace(cfg) < 0)
		return -ENOMEM;
	*place = link;
	cfg->net.link_count++;
	return 0;
}

int sb_net_veth(sb_config *cfg, const sb_net_link *link)
{
	return add_link(cfg, __func__, SBI_LINK_VETH, link);
}

int sb_net_macvlan(sb_config *cfg, const sb_net_link *link)
{
	return add_link(cfg, __func__, SBI_LINK_MACVLAN, link);
}

int sb_net_ipvlan(sb_config *cfg, const sb_net_link *link)
{
	return add_link(cfg, __func__, SBI_LINK_IPVLAN, link);
}

int sb_net_device(sb_config *cfg, const sb_net_link *link)
{
	return add_link(cfg, __func__, SBI_LINK_DEVICE, link);
}

int sb_net_tap(sb_config *cfg, const sb_net_link *link)
{
	return add_link(cfg, __func__, SBI_LINK_TAP, link);
}

int sb_net_address(sb_config *cfg, const char *name, const char *address)
{
	struct sbi_more_address more = { .name = "" }, *place;
	int r;

	if (!cfg)
		return -EINVAL;
	if (!name || !address)
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_address: a name and an address are needed");
	if (cfg->net.address_count == SBI_MAX_NET_ITEMS)
		return sbi_cfg_fail(cfg, E2BIG, "sb_net_address: more than %d", SBI_MAX_NET_ITEMS);
	r = set_name(cfg, __func__, "name", name, more.name);
	if (r == 0)
		r = set_full(cfg, __func__, address, AF_UNSPEC, &more.address);
	if (r < 0)
		return r;
	place = sbi_cfg_grow(cfg, &cfg->net.addresses, cfg->net.address_count, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = more;
	cfg->net.address_count++;
	return 0;
}

int sb_net_route(sb_config *cfg, const char *name, const char *network, const char *gateway)
{
	struct sbi_route route = { .name = "" }, *place;
	struct sbi_address own;
	int r;

	if (!cfg)
		return -EINVAL;
	if (!network || sbi_address_parse(network, AF_UNSPEC, &route.network) < 0 ||
	    route.network.prefix == SBI_NO_PREFIX)
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_route: \"%.60s\" is no network (\"10.1.0.0/16\")",
				    network ? network : "");
	own = sbi_address_network(&route.network);
	if (!sbi_address_equal(&own, &route.network))
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_route: \"%.60s\" has bits behind its prefix",
				    network);
	if (gateway &&
	    (sbi_address_parse(gateway, route.network.family, &route.gateway) < 0 || strchr(gateway, '/')))
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_route: \"%.60s\" is no gateway to %.60s", gateway,
				    network);
	if (cfg->net.route_count == SBI_MAX_NET_ITEMS)
		return sbi_cfg_fail(cfg, E2BIG, "sb_net_route: more than %d", SBI_MAX_NET_ITEMS);
	r = set_name(cfg, __func__, "name", name, route.name);
	if (r < 0)
		return r;
	place = sbi_cfg_grow(cfg, &cfg->net.routes, cfg->net.route_count, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = route;
	cfg->net.route_count++;
	return 0;
}
