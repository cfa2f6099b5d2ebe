// SPDX-License-Identifier: MIT
/* What is left in a network namespace. */
#include "leftovers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PORT 4711
#define OTHER "10.99.98.97"

static int connects(int family, const void *name, size_t len)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, name, (socklen_t)len) == 0)
		return 1;
	return errno == ECONNREFUSED ? 0 : -1;
}

static int listens(int family, const void *name, size_t len)
{
	int fd = socket(family, SOCK_STREAM, 0);

	return fd < 0 || bind(fd, name, (socklen_t)len) < 0 ? -1 : listen(fd, 1);
}

static const struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0left"};
static const struct sockaddr_in loopback = {AF_INET, 0, {0}, {0}};

static int listen_abstract(void)
{
	return listens(AF_UNIX, &abstract, offsetof(struct sockaddr_un, sun_path) + 5);
}
static int plant_abstract(void) { return stay(listen_abstract); }
static int look_abstract(void)
{
	return connects(AF_UNIX, &abstract, offsetof(struct sockaddr_un, sun_path) + 5);
}

static struct sockaddr_in at(const char *address)
{
	struct sockaddr_in name = loopback;

	name.sin_port = htons(PORT);
	inet_pton(AF_INET, address, &name.sin_addr);
	return name;
}

static int listen_tcp(void)
{
	struct sockaddr_in name = at("127.0.0.1");

	return listens(AF_INET, &name, sizeof(name));
}
static int plant_tcp(void) { return stay(listen_tcp); }
static int look_tcp(void)
{
	struct sockaddr_in name = at("127.0.0.1");

	return connects(AF_INET, &name, sizeof(name));
}

static int plant_address(void)
{
	struct sockaddr_in name = at(OTHER);
	struct ifreq request = {.ifr_name = "lo:1"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&request.ifr_addr, &name, sizeof(name));
	return fd < 0 ? -1 : ioctl(fd, SIOCSIFADDR, &request);
}
static int look_address(void)
{
	struct sockaddr_in name = at(OTHER);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	return bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 ? 1 : errno == EADDRNOTAVAIL ? 0 : -1;
}

static int set_lo(int up)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -1;
	if (up < 0)
		return !(request.ifr_flags & IFF_UP);
	request.ifr_flags = (short)(request.ifr_flags & ~IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request);
}
static int plant_lo(void) { return set_lo(0); }
static int look_lo(void) { return set_lo(-1); }

static int plant_sysctl(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY);

	return fd < 0 ? -1 : write(fd, "7", 1) == 1 ? 0 : -1;
}
static int look_sysctl(void)
{
	char text[16] = "";
	int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY);

	return fd < 0 || read(fd, text, sizeof(text) - 1) < 0 ? -1 : atoi(text) == 7;
}

const struct leftover net_leftovers[] = {
	{"abstract-socket", plant_abstract, look_abstract},
	{"listener", plant_tcp, look_tcp},
	{"address", plant_address, look_address},
	{"interface-down", plant_lo, look_lo},
	{"net-sysctl", plant_sysctl, look_sysctl},
	{NULL, NULL, NULL},
};
