// SPDX-License-Identifier: MIT
/* What `inside` may leave behind in its network namespace. */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OUT 3 /* a socket whose other end is outside */

static int abstract(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0left"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + 5) < 0)
		abort();
	return fd;
}

static int listening(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 8) < 0)
		abort();
	return fd;
}

/* "leave=tcp", "leave=udp6", "leave=abstract", "leave=unix": a socket, which is handed out. */
static void do_leave(const char *kind)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int fd = !strcmp(kind, "tcp")        ? listening()
		 : !strcmp(kind, "udp6")     ? socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)
		 : !strcmp(kind, "abstract") ? abstract()
					     : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (fd < 0 || sendmsg(OUT, &msg, MSG_NOSIGNAL) != 1)
		abort();
}

/* "hold=NAME": listens on an abstract socket, as the register of sandboxes does. */
static void do_hold(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(path));

	strncpy(name.sun_path + 1, path, sizeof(name.sun_path) - 2);
	say("hold=%s\n",
	    bind(fd, (struct sockaddr *)&name, len) < 0 || listen(fd, 8) < 0 ? strerrorname_np(errno) : "ok");
}

/* "use": sockets of all kinds, which go with the command. */
static void do_use(const char *arg)
{
	(void)arg;
	listening();
	abstract();
	say("used=%d\n", socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
}

/* "talk": a connection over lo, one end of which stays in TIME_WAIT. */
static void do_talk(const char *arg)
{
	struct sockaddr_in to;
	socklen_t len = sizeof(to);
	int server = listening(), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
	char drop;

	(void)arg;
	getsockname(server, (struct sockaddr *)&to, &len);
	if (connect(client, (struct sockaddr *)&to, len) < 0)
		abort();
	peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	shutdown(client, SHUT_WR);
	if (read(peer, &drop, 1) != 0)
		abort();
	close(peer);
	say("talked=%d\n", (int)read(client, &drop, 1));
}

/* "lost": a datagram to where there is no way. */
static void do_lost(const char *arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)arg;
	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
	say("lost=%s\n",
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? strerrorname_np(errno) : "sent");
}

/* "group=ADDRESS": a multicast group, on lo, which is left at the end. */
static void do_group(const char *arg)
{
	struct ip_mreqn four = {.imr_ifindex = 1};
	struct ipv6_mreq six = {.ipv6mr_interface = 1};
	int fd, r;

	if (inet_pton(AF_INET, arg, &four.imr_multiaddr) == 1) {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		r = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof(four));
	} else {
		inet_pton(AF_INET6, arg, &six.ipv6mr_multiaddr);
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &six, sizeof(six));
	}
	say("group=%s\n", r < 0 ? strerrorname_np(errno) : "joined");
	close(fd);
}

/* "lo-down" */
static void do_lo_down(const char *arg)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)arg;
	say("lo-down=%s\n", ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? strerrorname_np(errno) : "done");
}

/* "sysctl": is what rules the network in its power? */
static void do_sysctl(const char *arg)
{
	int fd = open("/proc/sys/net/ipv4/ip_default_ttl", O_WRONLY | O_CLOEXEC);

	(void)arg;
	say("sysctl=%s\n", fd < 0 || write(fd, "7", 1) < 0 ? strerrorname_np(errno) : "done");
}

const struct verb socket_verbs[] = {
	{"leave", do_leave}, {"use", do_use},         {"talk", do_talk},     {"lost", do_lost},
	{"group", do_group}, {"lo-down", do_lo_down}, {"sysctl", do_sysctl}, {"hold", do_hold},
	{NULL, NULL},
};
