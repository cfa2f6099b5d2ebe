/* SPDX-License-Identifier: MIT */
/*
 * What processes leave behind in a network namespace that they have no power
 * over is a socket that lives on somewhere, or what packets make: connections
 * in TIME_WAIT, neighbours, cached routes, and counters that nobody can reset.
 * So it is enough to count sockets and packets.
 */
#include "net_look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "net_eye.h"

#define PART 8192

#define FIRST_LINE 1 /* the others have numbers of the whole machine */
#define MAY_LACK 2   /* in a kernel without IPv6, or that was told to do without it */

static const struct {
	const char *name;
	int flags;
} files[SBI_EYE_FILES] = {
	{ "sockstat", FIRST_LINE }, /* sockets of this namespace, of all families */
	{ "snmp", 0 },              /* packets, also those that could not be sent */
	{ "netstat", 0 },
	{ "snmp6", MAY_LACK },
	{ "dev", 0 },               /* interfaces, and what lo has carried */
	{ "fib_trie", 0 },          /* addresses and routes: only who has the power changes them, a visitor */
	{ "ipv6_route", MAY_LACK },
};

static int add(struct sbi_look *look, const void *data, size_t len)
{
	size_t room = look->room ? look->room : 2 * PART;
	char *grown;

	while (room - look->len < len)
		room *= 2;
	if (room != look->room) {
		grown = realloc(look->text, room);
		if (!grown)
			return -ENOMEM;
		look->text = grown;
		look->room = room;
	}
	memcpy(look->text + look->len, data, len);
	look->len += len;
	return 0;
}

static int add_file(struct sbi_look *look, int fd, int flags)
{
	char part[PART];
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return fd == -ENOENT && (flags & MAY_LACK) ? 0 : fd;
	do {
		n = read(fd, part, sizeof(part));
		if (n > 0 && (flags & FIRST_LINE)) {
			const char *end = memchr(part, '\n', (size_t)n);

			return end ? add(look, part, (size_t)(end - part) + 1) : -EPROTO;
		}
		if (n > 0)
			r = add(look, part, (size_t)n);
	} while (r == 0 && (n > 0 || (n < 0 && errno == EINTR)));
	return r == 0 && n < 0 ? -errno : r;
}

static int look_through(struct sbi_eye *eye, struct sbi_look *look)
{
	int r = 0;

	for (int i = 0; i < SBI_EYE_FILES; i++) {
		if (r == 0)
			r = add_file(look, eye->files[i], files[i].flags);
		sbi_close_fd(&eye->files[i]);
	}
	if (r < 0)
		sbi_look_free(look);
	return r;
}

static int open_eye(struct sbi_eye *eye, int netns, int looks)
{
	eye->netns = netns;
	eye->proc_net = looks ? "/proc/self/net" : NULL;
	for (int i = 0; i < SBI_EYE_FILES; i++)
		eye->names[i] = files[i].name;
	return sbi_eye_open(eye);
}

int sbi_look_make(int *netns, struct sbi_look *look)
{
	struct sbi_eye eye;
	int r = open_eye(&eye, -EBADF, look ? 1 : 0);

	if (r < 0)
		return r;
	*netns = eye.netns;
	if (!look)
		return 0;
	*look = (struct sbi_look){ 0 };
	look_through(&eye, look); /* a namespace that cannot be looked at is good for one use */
	return 0;
}

int sbi_look_take(int netns, struct sbi_look *look)
{
	struct sbi_eye eye;
	int r;

	*look = (struct sbi_look){ 0 };
	r = open_eye(&eye, netns, 1);
	return r < 0 ? r : look_through(&eye, look);
}

int sbi_look_equal(const struct sbi_look *a, const struct sbi_look *b)
{
	return a->len && a->len == b->len && !memcmp(a->text, b->text, a->len);
}

void sbi_look_free(struct sbi_look *look)
{
	free(look->text);
	*look = (struct sbi_look){ 0 };
}
