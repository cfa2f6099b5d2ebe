/* SPDX-License-Identifier: MIT */
/*
 * Published ports of sb_net_user(): the program binds them itself; which ones, and how slirp4netns
 * is told.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "net_outlet.h"

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* All addresses are those of IPv6 and IPv4 for pasta, of IPv4 for slirp4netns. */
static socklen_t endpoint_of(const struct sbi_net_port *port, int family, union endpoint *to)
{
	memset(to, 0, sizeof(*to));
	to->any.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		to->v4.sin_port = htons(port->host_port);
		memcpy(&to->v4.sin_addr, port->host.bytes, sizeof(to->v4.sin_addr));
		return sizeof(to->v4);
	}
	to->v6.sin6_port = htons(port->host_port);
	memcpy(&to->v6.sin6_addr, port->host.bytes, sizeof(to->v6.sin6_addr));
	return sizeof(to->v6);
}

static int refuse_port(const struct sbi_net_port *port, uint32_t at, int code, sb_error *err)
{
	char address[SBI_ADDRESS_TEXT] = "all addresses";

	if (port->host.family)
		sbi_address_host_text(&port->host, address, sizeof(address));
	sbi_fail(err, SB_STEP_PORT, at, code, "port %u of %s, to be published: %s", port->host_port, address,
		 strerror(code));
	if (code == EADDRINUSE)
		sbi_hint(err, "another program has it: choose another, or 0 for any that is free");
	else if (code == EACCES)
		sbi_hint(err,
			 "an ordinary user may have those from net.ipv4.ip_unprivileged_port_start (1024) on");
	return -code;
}

/* Bind it, to see whether that can be done, and which one it is. */
static int try_port(const struct sbi_outlet *outlet, struct sbi_net_port *port)
{
	int any = outlet->kind == SBI_OUTLET_PASTA ? AF_INET6 : AF_INET, on = 1;
	int family = port->host.family ? port->host.family : any;
	int type = (port->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
	union endpoint to;
	socklen_t len;

	port->fd = socket(family, type, 0);
	if (port->fd < 0 && errno == EAFNOSUPPORT && !port->host.family)
		port->fd = socket(family = AF_INET, type, 0);
	if (port->fd < 0)
		return -errno;
	if (port->protocol == IPPROTO_TCP) /* as the programs do: connections that have ended do not count */
		setsockopt(port->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	len = endpoint_of(port, family, &to);
	if (bind(port->fd, &to.any, len) < 0 || (port->protocol == IPPROTO_TCP && listen(port->fd, 1) < 0) ||
	    getsockname(port->fd, &to.any, &len) < 0)
		return -errno;
	port->host_port = ntohs(family == AF_INET ? to.v4.sin_port : to.v6.sin6_port);
	return 0;
}

int sbi_outlet_ports(struct sbi_net *net, sb_error *err)
{
	int r = 0;

	/* all are held until all are found: none is given twice */
	for (uint32_t i = 0; r == 0 && i < net->port_count; i++) {
		r = try_port(net->outlet, &net->ports[i]);
		if (r < 0)
			r = refuse_port(&net->ports[i], i, -r, err);
	}
	for (uint32_t i = 0; i < net->port_count; i++)
		sbi_close_fd(&net->ports[i].fd);
	return r;
}

/* One request; the answer is all that comes until it closes the connection. */
static int talk(const struct sbi_slirp_socket *sock, const char *request, char *answer, size_t room)
{
	sbi_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = (time_t)(SBI_OUTLET_PATIENCE_NS / 1000000000) };
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/api", sock->dir);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 || shutdown(fd, SHUT_WR) < 0)
		return -errno;
	while (used < room - 1 && n) {
		n = recv(fd, answer + used, room - 1 - used, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		used += n > 0 ? (size_t)n : 0;
	}
	answer[used] = '\0';
	return 0;
}

int sbi_slirp_publish(const struct sbi_slirp_socket *sock, const struct sbi_net *net, sb_error *err)
{
	char request[240], address[SBI_ADDRESS_TEXT], answer[512];
	int r;

	for (uint32_t i = 0; i < net->port_count; i++) {
		const struct sbi_net_port *port = &net->ports[i];

		strcpy(address, "0.0.0.0");
		if (port->host.family)
			sbi_address_host_text(&port->host, address, sizeof(address));
		snprintf(request, sizeof(request),
			 "{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"%s\",\"host_addr\":\"%s\",\"host_port\":%u,"
			 "\"guest_port\":%u}}",
			 port->protocol == IPPROTO_TCP ? "tcp" : "udp", address, port->host_port, port->port);
		r = talk(sock, request, answer, sizeof(answer));
		if (r < 0)
			return sbi_fail(err, SB_STEP_OUTLET, i, -r, "asking slirp4netns for a port: %s",
					strerror(-r));
		if (!strstr(answer, "\"return\""))
			return sbi_fail(err, SB_STEP_OUTLET, i, EADDRINUSE,
					"slirp4netns does not publish port %u of %s: %.120s", port->host_port,
					address, answer);
	}
	return 0;
}
