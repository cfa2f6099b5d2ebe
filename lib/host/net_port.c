/* SPDX-License-Identifier: MIT */
/*
 * Ports of the host that lead into a sandbox. A socket is bound to each and kept until the end: so
 * a taken one is told before anything exists, and nobody else gets it meanwhile. No packet ever comes to
 * the sockets, as rules lead them elsewhere before they are delivered.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "error.h"
#include "net.h"

static socklen_t fill_address(const struct sbi_net_port *port, int family, struct sockaddr_storage *address)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)address;

	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		four->sin_port = htons(port->host_port);
		memcpy(&four->sin_addr, port->host.bytes, sizeof(four->sin_addr));
		return sizeof(*four);
	}
	six->sin6_port = htons(port->host_port);
	memcpy(&six->sin6_addr, port->host.bytes, sizeof(six->sin6_addr));
	return sizeof(*six);
}

/* Without SO_REUSEADDR: then nobody gets it beside us. Of both families, where the address is "all". */
static int take(struct sbi_net_port *port, int family)
{
	int udp = port->protocol == IPPROTO_UDP, zero = 0;
	sbi_autoclose int fd = socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address;
	socklen_t len = fill_address(port, family, &address);

	if (fd < 0)
		return -errno;
	if (family == AF_INET6 && !port->host.family)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -errno;
	/* of IPv6 it is in the same place */
	port->host_port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	port->fd = sbi_take_fd(&fd);
	return 0;
}

static int explain(const struct sbi_net_port *port, uint32_t at, int code, sb_error *err)
{
	const char *protocol = port->protocol == IPPROTO_UDP ? "udp" : "tcp";
	char text[SBI_ADDRESS_TEXT];

	sbi_address_host_text(&port->host, text, sizeof(text));
	sbi_fail(err, SB_STEP_PORT, at, code, "the port %u/%s of %s cannot be published: %s", port->host_port,
		 protocol, text[0] ? text : "this host", strerror(code));
	if (code == EADDRINUSE)
		sbi_hint(err,
			 "somebody has it: ss -ap 'sport = %u'; choose another, or 0 for any that is free",
			 port->host_port);
	else if (code == EADDRNOTAVAIL)
		sbi_hint(err, "the host has no such address: ip addr");
	else if (code == EACCES)
		sbi_hint(err,
			 "below net.ipv4.ip_unprivileged_port_start it needs CAP_NET_BIND_SERVICE; choose a higher one");
	else if (code == EMFILE)
		sbi_hint(err, "each published port needs a descriptor: raise RLIMIT_NOFILE");
	return -code;
}

static int take_one(struct sbi_net_port *port, uint32_t at, sb_error *err)
{
	int r = take(port, port->host.family ? port->host.family : AF_INET6);

	/* A host may have no IPv6. */
	if (!port->host.family && (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL))
		r = take(port, AF_INET);
	return r < 0 ? explain(port, at, -r, err) : 0;
}

int sbi_net_list_ports(struct sbi_net *net, sb_error *err)
{
	const struct sbi_net_config *asked = &net->asked;
	uint32_t all = 0;

	for (uint32_t i = 0; i < asked->port_count; i++)
		all += asked->ports[i].count;
	net->ports = calloc(all + 1, sizeof(*net->ports));
	if (!net->ports)
		return sbi_fail(err, SB_STEP_PORT, 0, ENOMEM, "not enough memory for the network");
	for (uint32_t i = 0; i < asked->port_count; i++) {
		const struct sbi_port *range = &asked->ports[i];

		for (uint32_t at = 0; at < range->count; at++) {
			struct sbi_net_port *port = &net->ports[net->port_count++];

			*port = (struct sbi_net_port){
				.fd = -EBADF, .protocol = range->protocol, .host = range->host
			};
			port->port = (uint16_t)(range->port + at);
			port->host_port = range->host_port ? (uint16_t)(range->host_port + at) : 0;
		}
	}
	return 0;
}

int sbi_net_take_ports(struct sbi_net *net, sb_error *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < net->port_count; i++)
		r = take_one(&net->ports[i], i, err);
	return r;
}
