/* SPDX-License-Identifier: MIT */
/* Which network it is, published ports, what may be reached, names; the life of all that was asked for. */
#include <sandbox/net.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config_internal.h"

#define CLONE_NEWNET_ 0x40000000

int sbi_net_copy(struct sbi_net_config *net)
{
	int r = 0;

	r |= sbi_dup_block(&net->links, net->link_count * sizeof(*net->links));
	r |= sbi_dup_block(&net->addresses, net->address_count * sizeof(*net->addresses));
	r |= sbi_dup_block(&net->routes, net->route_count * sizeof(*net->routes));
	r |= sbi_dup_block(&net->ports, net->port_count * sizeof(*net->ports));
	r |= sbi_dup_block(&net->allowed, net->allow_count * sizeof(*net->allowed));
	if (net->join_fd) {
		net->join_fd = fcntl(net->join_fd - 1, F_DUPFD_CLOEXEC, 3) + 1;
		r |= net->join_fd ? 0 : -1;
	}
	r |= sbi_dup_string(&net->resolv);
	r |= sbi_dup_string(&net->host_lines);
	if (net->place)
		sbi_netplace_ref(net->place);
	if (net->pool)
		sbi_netpool_ref(net->pool);
	return r;
}

void sbi_net_clear(struct sbi_net_config *net)
{
	free(net->links);
	free(net->addresses);
	free(net->routes);
	free(net->ports);
	free(net->allowed);
	if (net->join_fd)
		close(net->join_fd - 1);
	free(net->resolv);
	free(net->host_lines);
	sbi_netplace_unref(net->place);
	sbi_netpool_unref(net->pool);
}

int sbi_cfg_netplace(sb_config *cfg)
{
	if (!cfg->net.place)
		cfg->net.place = sbi_netplace_new();
	return cfg->net.place ? 0 : sbi_cfg_fail(cfg, ENOMEM, "not enough memory for the configuration");
}

int sb_net_join(sb_config *cfg, const char *path)
{
	int fd;

	if (!cfg)
		return -EINVAL;
	if (!path || !path[0])
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_join: no path given");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return sbi_cfg_fail(cfg, errno, "sb_net_join: %.150s: %s", path, strerror(errno));
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET_) {
		close(fd);
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_join: %.150s is no network namespace", path);
	}
	if (cfg->net.join_fd)
		close(cfg->net.join_fd - 1);
	cfg->net.join_fd = fd + 1;
	cfg->ns_fd[sbi_ns_number(SB_NS_NET)] = fd;
	return 0;
}

int sb_net_host(sb_config *cfg)
{
	if (!cfg)
		return -EINVAL;
	cfg->ns &= ~SB_NS_NET;
	return 0;
}

int sb_set_netpool(sb_config *cfg, sb_netpool *pool)
{
	if (!cfg)
		return -EINVAL;
	if (pool)
		sbi_netpool_ref(pool);
	sbi_netpool_unref(cfg->net.pool);
	cfg->net.pool = pool;
	return 0;
}

int sb_net_user(sb_config *cfg, const char *program)
{
	static const char *const known[] = { "pasta", "slirp4netns" };

	if (!cfg)
		return -EINVAL;
	cfg->net.user_program = NULL;
	for (int i = 0; program && i < 2; i++)
		if (!strcmp(program, known[i]))
			cfg->net.user_program = known[i];
	if (program && !cfg->net.user_program)
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_user: \"%.40s\" is neither pasta nor slirp4netns",
				    program);
	cfg->net.user = 1;
	return 0;
}

static int protocol_of(const char *name, size_t len)
{
	static const struct {
		const char *name;
		int number;
	} known[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == len && !memcmp(known[i].name, name, len))
			return known[i].number;
	return -EINVAL;
}

int sb_net_publish(sb_config *cfg, const char *protocol, const char *address, uint16_t host_port,
		   uint16_t port, uint32_t count)
{
	struct sbi_port given = { .host_port = host_port, .port = port, .count = count }, *place;
	uint32_t all = count;
	int number = protocol ? protocol_of(protocol, strlen(protocol)) : -EINVAL;

	if (!cfg)
		return -EINVAL;
	if (number != IPPROTO_TCP && number != IPPROTO_UDP)
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_publish: \"%.40s\" is neither tcp nor udp",
				    protocol ? protocol : "");
	if (!port || !count || count > SBI_MAX_PORTS || port + count > 65536 || host_port + count > 65536)
		return sbi_cfg_fail(cfg, EINVAL,
				    "sb_net_publish: %u ports from %u on, to %u, are no range of at most %d",
				    count, host_port, port, SBI_MAX_PORTS);
	if (address && (sbi_address_parse(address, AF_UNSPEC, &given.host) < 0 || strchr(address, '/')))
		return sbi_cfg_fail(cfg, EINVAL, "sb_net_publish: \"%.60s\" is no address of the host",
				    address);
	for (uint32_t i = 0; i < cfg->net.port_count; i++)
		all += cfg->net.ports[i].count;
	if (all > SBI_MAX_PORTS)
		return sbi_cfg_fail(cfg, E2BIG, "sb_net_publish: more than %d ports", SBI_MAX_PORTS);
	given.protocol = (uint8_t)number;
	place = sbi_cfg_grow(cfg, &cfg->net.ports, cfg->net.port_count, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = given;
	cfg->net.port_count++;
	return 0;
}

/* The next word of @rest; its length, 0 at the end. */
static size_t next_word(const char **rest, const char **word)
{
	size_t len;

	*rest += strspn(*rest, " \t");
	len = strcspn(*rest, " \t");
	*word = *rest;
	*rest += len;
	return len;
}

static int parse_ports(const char *word, size_t len, struct sbi_allow *allow)
{
	unsigned numbers[2] = { 0, 0 };
	int at = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (word[i] == '-' && digits && !at) {
			at = 1;
			digits = 0;
			continue;
		}
		if (!isdigit((unsigned char)word[i]) || ++digits > 5)
			return -EINVAL;
		numbers[at] = numbers[at] * 10 + (unsigned)(word[i] - '0');
	}
	if (!at)
		numbers[1] = numbers[0];
	if (!digits || !numbers[0] || numbers[1] > 65535 || numbers[0] > numbers[1])
		return -EINVAL;
	allow->first = (uint16_t)numbers[0];
	allow->last = (uint16_t)numbers[1];
	return 0;
}

/* "[tcp|udp|icmp] ADDRESS[/PREFIX]|any [PORT[-PORT]]" */
static int parse_allow(const char *rule, struct sbi_allow *allow)
{
	char address[SBI_ADDRESS_TEXT];
	const char *word;
	size_t len = next_word(&rule, &word);
	int number = protocol_of(word, len);

	if (number > 0) {
		allow->protocol = (uint8_t)number;
		len = next_word(&rule, &word);
	}
	if (!len || len >= sizeof(address))
		return -EINVAL;
	memcpy(address, word, len);
	address[len] = '\0';
	if (strcmp(address, "any")) {
		if (sbi_address_parse(address, AF_UNSPEC, &allow->network) < 0)
			return -EINVAL;
		if (allow->network.prefix == SBI_NO_PREFIX)
			allow->network.prefix = (uint8_t)(sbi_address_length(&allow->network) * 8);
		allow->network = sbi_address_network(&allow->network);
	}
	len = next_word(&rule, &word);
	if (len && (allow->protocol == IPPROTO_ICMP || parse_ports(word, len, allow) < 0))
		return -EINVAL;
	return next_word(&rule, &word) ? -EINVAL : 0;
}

int sb_net_allow(sb_config *cfg, const char *rule)
{
	struct sbi_allow allow = { 0 }, *place;

	if (!cfg)
		return -EINVAL;
	if (rule && parse_allow(rule, &allow) < 0)
		return sbi_cfg_fail(
			cfg, EINVAL,
			"sb_net_allow: \"%.80s\" is not \"[tcp|udp|icmp] ADDRESS[/PREFIX]|any [PORT[-PORT]]\"",
			rule);
	cfg->net.walled = 1;
	if (!rule)
		return 0;
	if (cfg->net.allow_count == SBI_MAX_ALLOW)
		return sbi_cfg_fail(cfg, E2BIG, "sb_net_allow: more than %d rules", SBI_MAX_ALLOW);
	place = sbi_cfg_grow(cfg, &cfg->net.allowed, cfg->net.allow_count, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = allow;
	cfg->net.allow_count++;
	return 0;
}
