/* SPDX-License-Identifier: MIT */
/* The network's part of a plan. The host does the work, through sockets that sb-init opens inside. */
#include "plan_internal.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sandbox/net.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"

/* NETSOCK: id[0] protocol. The host begins when it has the one of interfaces, the last. */
void sbi_compile_net(const sb_config *cfg, struct sbi_compiled *c)
{
	if (!sbi_net_wanted(&cfg->net))
		return;
	if (cfg->net.walled)
		sbi_emit(c, 0, SB_STEP_NETSOCK, 1)->id[0] = NETLINK_NETFILTER;
	sbi_emit(c, 0, SB_STEP_NETSOCK, 0)->id[0] = NETLINK_ROUTE;
}

static int has_new(const sb_config *cfg, uint64_t kind)
{
	return (cfg->ns & kind) && cfg->ns_fd[sbi_ns_number(kind)] < 0;
}

static void emit_file(const sb_config *cfg, struct sbi_compiled *c, uint32_t number, const char *target,
		      uint32_t text, size_t len)
{
	struct sbi_op *op = sbi_emit(c, 0, SB_STEP_FILE, cfg->mount_count + number);

	op->text[1] = sbi_arena_text(&c->arena, target);
	op->text[2] = text;
	op->arg[0] = 1;
	op->arg[1] = len;
	op->id[0] = c->id.owner_uid;
	op->id[1] = c->id.owner_gid;
	op->id[2] = 0644;
}

/* An address that is allocated is not known yet: as on Debian 127.0.1.1 stands for it. */
static void own_address(const sb_config *cfg, char *text, size_t len)
{
	snprintf(text, len, "127.0.1.1");
	for (uint32_t i = 0; i < cfg->net.link_count; i++)
		for (int family = 0; family < 2; family++)
			if (cfg->net.links[i].address[family].kind == SBI_WISH_GIVEN) {
				sbi_address_host_text(&cfg->net.links[i].address[family].address, text, len);
				return;
			}
}

static void compile_hosts(const sb_config *cfg, struct sbi_compiled *c)
{
	const char *name = cfg->hostname ? cfg->hostname : "sandbox",
		   *lines = cfg->net.host_lines ? cfg->net.host_lines : "";
	char text[400] = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
	     own[SBI_ADDRESS_TEXT];
	uint32_t at;

	if (has_new(cfg, SB_NS_UTS)) {
		own_address(cfg, own, sizeof(own));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\t%s\n", own, name);
	}
	at = sbi_arena_text(&c->arena, text);
	c->arena.used -= c->arena.failed ? 0 : 1; /* the lines follow in the place of the NUL */
	sbi_arena_text(&c->arena, lines);
	emit_file(cfg, c, 0, "etc/hosts", at, strlen(text) + strlen(lines));
	if (!has_new(cfg, SB_NS_UTS))
		return;
	snprintf(text, sizeof(text), "%s\n", name);
	emit_file(cfg, c, 1, "etc/hostname", sbi_arena_text(&c->arena, text), strlen(text));
}

/* A server of the host's own loopback (systemd-resolved's 127.0.0.53) is none in another network. */
static int is_out_of_reach(const sb_config *cfg, const char *line)
{
	char address[SBI_ADDRESS_TEXT];
	struct sbi_address parsed;

	if ((!(cfg->ns & SB_NS_NET) && cfg->ns_fd[sbi_ns_number(SB_NS_NET)] < 0) ||
	    sscanf(line, "nameserver %51s", address) != 1 ||
	    sbi_address_parse(address, AF_UNSPEC, &parsed) < 0)
		return 0;
	return parsed.family == AF_INET ? parsed.bytes[0] == 127 : !strcmp(address, "::1");
}

/* The lines that can be used, to @to unless it is NULL. Return: how many of them name a server. */
static unsigned copy_resolv(const sb_config *cfg, char *to, size_t *len)
{
	unsigned servers = 0;

	*len = 0;
	for (const char *line = cfg->net.resolv; *line;) {
		size_t n = strcspn(line, "\n");
		size_t whole = n + (line[n] == '\n');

		if (!cfg->net.dns_copied || !is_out_of_reach(cfg, line)) {
			servers += strncmp(line, "nameserver", 10) == 0;
			if (to)
				memcpy(to + *len, line, whole);
			*len += whole;
		}
		line += whole;
	}
	return servers;
}

void sbi_compile_names(const sb_config *cfg, struct sbi_compiled *c)
{
	if (cfg->net.hosts)
		compile_hosts(cfg, c);
	if (cfg->net.resolv) {
		uint32_t at = sbi_arena_text(&c->arena, cfg->net.resolv);
		size_t len;

		copy_resolv(cfg, c->arena.failed ? NULL : (char *)c->arena.base + at, &len);
		emit_file(cfg, c, 2, "etc/resolv.conf", at, len);
	}
}

static const struct sbi_link *find_link(const struct sbi_net_config *net, const char *name)
{
	for (uint32_t i = 0; i < net->link_count; i++)
		if (!name[0] || !strcmp(net->links[i].name, name))
			return &net->links[i];
	return NULL;
}

static int check_items(const struct sbi_net_config *net, sb_error *err)
{
	for (uint32_t i = 0; i < net->address_count; i++)
		if (!find_link(net, net->addresses[i].name))
			return sbi_fail(err, SB_STEP_ADDRESS, i, EINVAL,
					"a further address for %s, which is no interface of the sandbox",
					net->addresses[i].name);
	for (uint32_t i = 0; i < net->route_count; i++)
		if (!find_link(net, net->routes[i].name))
			return sbi_fail(err, SB_STEP_ADDRESS, i, EINVAL,
					"a route by way of %s, which is no interface of the sandbox",
					net->routes[i].name[0] ? net->routes[i].name : "an interface");
	return 0;
}

/* A published port leads to the first veth, or through the program of sb_net_user(). */
static int check_ports(const struct sbi_net_config *net, sb_error *err)
{
	int veth = 0;

	for (uint32_t i = 0; i < net->link_count; i++)
		veth |= net->links[i].kind == SBI_LINK_VETH;
	if (net->port_count && !veth && !net->user)
		return sbi_contradiction(err, "a published port needs a way into the sandbox",
					 "add sb_net_veth(), or sb_net_user()");
	return 0;
}

static int is_limited(const struct sbi_net_config *net)
{
	for (uint32_t i = 0; i < net->link_count; i++)
		if (net->links[i].rate)
			return 1;
	return 0;
}

int sbi_check_net(const sb_config *cfg, int what, sb_error *err)
{
	const struct sbi_net_config *net = &cfg->net;
	size_t len;

	(void)what;
	if (sbi_net_wanted(net) && !has_new(cfg, SB_NS_NET))
		return sbi_contradiction(
			err, "interfaces and rules need a new network namespace",
			"leave SB_NS_NET in, and join none; or leave out sb_net_veth(), sb_net_allow() and the like");
	/* CAP_NET_ADMIN, CAP_NET_RAW */
	if (net->walled && (cfg->keep_caps & (UINT64_C(1) << 12 | UINT64_C(1) << 13)))
		return sbi_contradiction(err,
					 "who may configure the network, or write raw packets, passes its rules",
					 "leave out sb_net_allow(), or the capabilities net_admin and net_raw");
	if (is_limited(net) && (cfg->keep_caps & (UINT64_C(1) << 12)))
		return sbi_contradiction(err, "who may configure the network lifts its rate",
					 "leave out the rate, or the capability net_admin");
	if ((net->hosts || net->resolv) && !has_new(cfg, SB_NS_MOUNT))
		return sbi_contradiction(err, "/etc/hosts and /etc/resolv.conf need a new mount namespace",
					 "add SB_NS_MOUNT");
	if (net->dns_copied && net->resolv && !copy_resolv(cfg, NULL, &len))
		return sbi_contradiction(
			err,
			"the host's /etc/resolv.conf names no server that can be reached from another network",
			net->user ? "10.0.2.3 leads to it: sb_set_dns(), sbx run --dns 10.0.2.3"
				  : "name some: sb_set_dns(), sbx run --dns");
	if (net->user && net->link_count)
		return sbi_contradiction(err,
					 "an interface of the host and pasta or slirp4netns exclude each other",
					 "leave out one of them");
	if (check_items(net, err) < 0 || check_ports(net, err) < 0)
		return -EINVAL;
	return 0;
}

int sbi_check_netpool(const sb_config *cfg, const struct sbi_view *view, sb_error *err)
{
	if (!has_new(cfg, SB_NS_NET))
		return sbi_contradiction(err, "a pool is for sandboxes with a new network namespace",
				     "leave out sb_set_netpool(); or leave SB_NS_NET in, and join none");
	if (!cfg->loopback)
		return sbi_contradiction(err, "in the network namespaces of a pool lo is up",
				     "leave out sb_set_netpool(), or sb_set_loopback(cfg, 0)");
	if (view->privileged)
		return 0;
	sbi_fail(err, SB_STEP_CONFIG, 0, EPERM,
		 "a pool of network namespaces needs privilege: an ordinary user's belong to the user namespace of each sandbox");
	sbi_hint(err, "leave out sb_set_netpool(): each sandbox makes its own then");
	return -EPERM;
}

/* It belongs to the caller's user namespace: root of one below has no power over it, whatever it keeps. */
int sbi_is_net_tame(const sb_config *cfg, const struct sbi_identity *id)
{
	for (uint32_t i = 0; i < cfg->pin_count; i++)
		if (cfg->pins[i].kind == SB_NS_NET)
			return 0;
	return (id->userns == SBI_USERNS_LATE || id->userns == SBI_USERNS_READY) && has_new(cfg, SB_NS_PID) &&
	       !cfg->host_root && !sbi_net_wanted(&cfg->net);
}
