// SPDX-License-Identifier: MIT
/* Attacks on what lies outside: sockets and shared memory of the host. */
#include "attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int made(int family, int type, int protocol, const char *what)
{
	return tried(socket(family, type | SOCK_CLOEXEC, protocol) >= 0, what);
}

static int raw(void)
{
	return made(AF_INET, SOCK_RAW, IPPROTO_ICMP, "raw socket");
}

static int packet(void)
{
	return made(AF_PACKET, SOCK_DGRAM, 0, "AF_PACKET");
}

static int netfilter(void)
{
	return made(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, "netlink of netfilter");
}

static int vsock(void)
{
	return made(40 /* AF_VSOCK */, SOCK_STREAM, 0, "AF_VSOCK");
}

static int alg(void)
{
	return made(38 /* AF_ALG */, SOCK_SEQPACKET, 0, "AF_ALG");
}

static int abstract(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const char *name = given("name");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return refused("socket");
	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s", name);
	return tried(connect(fd, (struct sockaddr *)&at,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) == 0,
		     "connect to an abstract socket");
}

static int loopback(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(given("port")))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return refused("socket");
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return tried(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect to the host's loopback");
}

static int segment(void)
{
	int id = shmget((key_t)strtol(given("key"), NULL, 0), 0, 0);

	if (id < 0)
		return refused("shmget");
	return tried(shmat(id, NULL, SHM_RDONLY) != (void *)-1, "shmat");
}

static int shared_file(void)
{
	return tried(shm_open(given("shm"), O_RDONLY, 0) >= 0, "/dev/shm");
}

const struct probe outside_probes[] = {
	{"net-raw", "raw", raw},
	{"net-raw", "packet", packet},
	{"net-raw", "netfilter", netfilter},
	{"vsock", "socket", vsock},
	{"alg", "socket", alg},
	{"net-abstract", "connect", abstract},
	{"net-connect", "loopback", loopback},
	{"ipc", "sysv", segment},
	{"ipc", "shm", shared_file},
	{NULL, NULL, NULL},
};
