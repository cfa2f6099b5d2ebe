// SPDX-License-Identifier: MIT
/* What `inside` says of its network, and does with it. Each conversation has ten seconds. */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* An address of either family. */
struct peer {
	struct sockaddr_storage address;
	socklen_t len;
};

/* "ADDRESS,PORT" */
static struct peer parse(const char *arg)
{
	char *copy = strdup(arg), *port = strchr(copy, ',');
	struct peer peer = {.len = 0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer.address;

	if (!port)
		abort();
	*port++ = '\0';
	if (inet_pton(AF_INET, copy, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)atoi(port));
		peer.len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, copy, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)atoi(port));
		peer.len = sizeof(*v6);
	} else {
		abort();
	}
	free(copy);
	return peer;
}

/*
 * A socket that is connected to @arg. Return: -1 with errno if it cannot be; @fd is to be closed
 * all the same.
 */
static int connected(const char *arg, int type, int *fd)
{
	struct timeval patience = {.tv_sec = 10};
	struct peer peer = parse(arg);

	*fd = socket(peer.address.ss_family, type | SOCK_CLOEXEC, 0);
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return connect(*fd, (struct sockaddr *)&peer.address, peer.len);
}

static void say_answer(const char *what, int fd, int r)
{
	char text[200];
	ssize_t n;

	if (r < 0) {
		say("%s=%s\n", what, strerrorname_np(errno));
		return;
	}
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	say("%s=ok %s\n", what, n < 0 ? strerrorname_np(errno) : text);
}

/* "ping=ADDRESS": as ping(8) does without privilege. */
static void do_ping(const char *arg)
{
	unsigned char request[16] = {8}, answer[64];
	char with_port[128];
	struct timeval patience = {.tv_sec = 10};
	struct peer peer;
	int six = strchr(arg, ':') != NULL, fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC,
							six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	ssize_t n;

	if (fd < 0) {
		say("ping=%s\n", strerrorname_np(errno));
		return;
	}
	snprintf(with_port, sizeof(with_port), "%s,0", arg);
	peer = parse(with_port);
	request[0] = six ? 128 : 8;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = sendto(fd, request, sizeof(request), 0, (struct sockaddr *)&peer.address, peer.len);
	if (n > 0)
		n = recv(fd, answer, sizeof(answer), 0);
	if (n > 0 && answer[0] == (six ? 129 : 0))
		say("ping=ok\n");
	else
		say("ping=%s\n", n < 0 ? strerrorname_np(errno) : "?");
	close(fd);
}

/*
 * "tcp=ADDRESS,PORT": connects and says what the server says ("tcp=ok TEXT"), or the error
 * ("tcp=EHOSTUNREACH").
 */
static void do_tcp(const char *arg)
{
	int fd, r = connected(arg, SOCK_STREAM, &fd);

	say_answer("tcp", fd, r);
	close(fd);
}

/* "udp=ADDRESS,PORT": the same with one datagram each way. */
static void do_udp(const char *arg)
{
	int fd, r = connected(arg, SOCK_DGRAM, &fd);

	if (r == 0)
		r = send(fd, "?", 1, 0) < 0 ? -1 : 0;
	say_answer("udp", fd, r);
	close(fd);
}

/* Of a socket for both families. */
static void name_of(const struct sockaddr_in6 *peer, char *name, size_t room)
{
	inet_ntop(AF_INET6, &peer->sin6_addr, name, (socklen_t)room);
	if (strncmp(name, "::ffff:", 7) == 0)
		memmove(name, name + 7, strlen(name + 7) + 1);
}

static int serve(int type, const char *arg)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(arg))};
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0)) {
		say("serve=%s\n", strerrorname_np(errno));
		exit(1);
	}
	say("serving\n");
	return fd;
}

/* "serve=PORT": tells everybody who connects his own address, for ever. */
static void do_serve(const char *arg)
{
	struct timeval patience = {.tv_sec = 10};
	int fd = serve(SOCK_STREAM, arg);

	for (;;) {
		struct sockaddr_in6 peer;
		socklen_t len = sizeof(peer);
		char name[100];
		int client = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		name_of(&peer, name, sizeof(name));
		send(client, name, strlen(name), MSG_NOSIGNAL);
		/*
		 * Until he has gone: what relays connections in between may lose words that an end
		 * follows at once.
		 */
		setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		recv(client, name, sizeof(name), 0);
		close(client);
	}
}

/* "serve-udp=PORT": the same for datagrams. */
static void do_serve_udp(const char *arg)
{
	int fd = serve(SOCK_DGRAM, arg);

	for (;;) {
		struct sockaddr_in6 peer;
		socklen_t len = sizeof(peer);
		char name[100], drop[100];

		if (recvfrom(fd, drop, sizeof(drop), 0, (struct sockaddr *)&peer, &len) < 0)
			continue;
		name_of(&peer, name, sizeof(name));
		sendto(fd, name, strlen(name), 0, (struct sockaddr *)&peer, len);
	}
}

static ssize_t all(ssize_t (*move)(int, char *, size_t), int fd, uint64_t count, uint64_t *moved)
{
	static char block[65536];
	ssize_t n = 0;

	for (*moved = 0; *moved < count; *moved += (uint64_t)n) {
		n = move(fd, block,
			 count - *moved < sizeof(block) ? (size_t)(count - *moved) : sizeof(block));
		if (n <= 0)
			break;
	}
	return n;
}

static ssize_t put(int fd, char *block, size_t len)
{
	return send(fd, block, len, MSG_NOSIGNAL);
}

static ssize_t take(int fd, char *block, size_t len)
{
	return recv(fd, block, len, 0);
}

/* "sink=PORT": takes one connection, and says how many bytes came. */
static void do_sink(const char *arg)
{
	int fd = serve(SOCK_STREAM, arg), client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	uint64_t moved;

	all(take, client, UINT64_MAX, &moved);
	say("sunk=%llu\n", (unsigned long long)moved);
	close(client);
	close(fd);
}

/* "pour=ADDRESS,PORT,BYTES" */
static void do_pour(const char *arg)
{
	char *copy = strdup(arg), *bytes = strrchr(copy, ',');
	uint64_t moved = 0;
	int fd;

	*bytes++ = '\0';
	if (connected(copy, SOCK_STREAM, &fd) < 0)
		say("pour=%s\n", strerrorname_np(errno));
	else if (all(put, fd, strtoull(bytes, NULL, 10), &moved) < 0)
		say("pour=%s\n", strerrorname_np(errno));
	say("poured=%llu\n", (unsigned long long)moved);
	close(fd);
	free(copy);
}

/*
 * "mesh=PORT": one of many on a network, led by datagrams from outside. "g" and two bytes, its number: it
 * says "h" and its number to all; what it hears of others it counts; "c": how many others there were.
 */
static void do_mesh(const char *arg)
{
	struct sockaddr_in all = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)atoi(arg)),
				   .sin_addr.s_addr = INADDR_BROADCAST };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, own = -1;
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = all.sin_port};
	static uint8_t heard[65536];
	uint16_t count = 0;

	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		abort();
	say("serving\n");
	for (;;) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);
		uint8_t text[3] = "";
		int number;

		if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &len) < 0)
			continue;
		number = text[1] << 8 | text[2];
		if (text[0] == 'h') {
			count = (uint16_t)(count + (number != own && !heard[number]));
			heard[number] = 1;
			continue;
		}
		if (text[0] == 'g') {
			own = number;
			text[0] = 'h';
			sendto(fd, text, sizeof(text), 0, (struct sockaddr *)&all, sizeof(all));
		} else {
			text[1] = (uint8_t)(count >> 8);
			text[2] = (uint8_t)count;
		}
		sendto(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, len);
	}
}

static void say_socket(const char *what, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	say("%s=%s\n", what, fd < 0 ? strerrorname_np(errno) : "ok");
	if (fd >= 0)
		close(fd);
}

/* "raw=": who may write packets of his own making? */
static void do_raw(const char *arg)
{
	(void)arg;
	say_socket("packet", AF_PACKET, SOCK_RAW, htons(3));
	say_socket("raw", AF_INET, SOCK_RAW, IPPROTO_RAW);
	say_socket("raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
}

/*
 * "unrule=TABLE": tries to remove a table of nftables ("unrule=EPERM"); again as root of a user
 * namespace of its own.
 */
static void do_unrule(const char *arg)
{
	struct {
		struct nlmsghdr begin;
		struct nfgenmsg begin_head;
		struct nlmsghdr delete;
		struct nfgenmsg delete_head;
		struct nlattr name;
		char text[16];
		struct nlmsghdr end;
		struct nfgenmsg end_head;
	} all = {
		.begin = {20, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 1, 0},
		.begin_head = {.res_id = htons(NFNL_SUBSYS_NFTABLES)},
		.delete = {40, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NLM_F_REQUEST | NLM_F_ACK, 2, 0},
		.delete_head = {.nfgen_family = 1 /* NFPROTO_INET */},
		.name = {20, NFTA_TABLE_NAME},
		.end = {20, NFNL_MSG_BATCH_END, NLM_F_REQUEST, 3, 0},
		.end_head = {.res_id = htons(NFNL_SUBSYS_NFTABLES)},
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[256];
	} answer = {.error.error = 0};

	strncpy(all.text, arg, sizeof(all.text) - 1);
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

		if (fd < 0 || send(fd, &all, sizeof(all), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
			say("unrule=%s\n", strerrorname_np(errno));
		else
			say("unrule=%s\n", answer.error.error ? strerrorname_np(-answer.error.error) : "ok");
		close(fd);
		if (i == 0 && unshare(CLONE_NEWUSER) < 0)
			break;
	}
}

const struct verb net_verbs[] = {
	{"ping", do_ping},
	{"tcp", do_tcp},
	{"udp", do_udp},
	{"serve", do_serve},
	{"serve-udp", do_serve_udp},
	{"sink", do_sink},
	{"pour", do_pour},
	{"mesh", do_mesh},
	{"raw", do_raw},
	{"unrule", do_unrule},
	{0},
};
