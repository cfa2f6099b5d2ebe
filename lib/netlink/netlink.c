/* SPDX-License-Identifier: MIT */
/* Writing requests, sending them, and sorting the answers. */
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER 32768 /* the kernel's largest message of a dump */

void sbi_nl_tune(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	/* an error without a copy of the request */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
}

int sbi_nl_socket(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	sbi_nl_tune(fd);
	return fd;
}

void sbi_nl_init(struct sbi_nl *nl, int fd)
{
	memset(nl, 0, sizeof(*nl));
	nl->fd = fd;
	nl->seq = nl->first = 1;
}

void sbi_nl_free(struct sbi_nl *nl)
{
	free(nl->buf);
	nl->buf = NULL;
	nl->used = nl->room = 0;
}

static char *grow(struct sbi_nl *nl, size_t len)
{
	size_t room = nl->room ? nl->room : 2048;
	char *grown, *at;

	if (nl->failed)
		return NULL;
	while (room - nl->used < len)
		room *= 2;
	if (room != nl->room) {
		grown = realloc(nl->buf, room);
		if (!grown) {
			nl->failed = 1;
			return NULL;
		}
		nl->buf = grown;
		nl->room = room;
	}
	at = nl->buf + nl->used;
	memset(at, 0, len);
	nl->used += len;
	return at;
}

static struct nlmsghdr *present(struct sbi_nl *nl)
{
	return (struct nlmsghdr *)(nl->buf + nl->message);
}

uint32_t sbi_nl_request(struct sbi_nl *nl, uint16_t type, uint16_t flags, const void *head, size_t len)
{
	char *at = grow(nl, NLMSG_ALIGN(NLMSG_HDRLEN + len));

	if (at) {
		struct nlmsghdr *message = (struct nlmsghdr *)at;

		nl->message = (size_t)(at - nl->buf);
		message->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len);
		message->nlmsg_type = type;
		message->nlmsg_flags = NLM_F_REQUEST | flags;
		if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
			message->nlmsg_flags |= NLM_F_ACK;
		message->nlmsg_seq = nl->seq;
		memcpy(at + NLMSG_HDRLEN, head, len);
	}
	nl->depth = 0;
	return nl->seq++ - nl->first;
}

void sbi_nl_quiet(struct sbi_nl *nl)
{
	if (!nl->failed)
		present(nl)->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
}

static struct nlattr *put(struct sbi_nl *nl, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)grow(nl, NLA_ALIGN(NLA_HDRLEN + len));

	if (!attr)
		return NULL;
	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	present(nl)->nlmsg_len = (uint32_t)(nl->used - nl->message);
	return attr;
}

void sbi_nl_put(struct sbi_nl *nl, uint16_t type, const void *data, size_t len)
{
	put(nl, type, data, len);
}

void sbi_nl_raw(struct sbi_nl *nl, const void *data, size_t len)
{
	char *at = grow(nl, NLMSG_ALIGN(len));

	if (!at)
		return;
	memcpy(at, data, len);
	present(nl)->nlmsg_len = (uint32_t)(nl->used - nl->message);
}

void sbi_nl_nest(struct sbi_nl *nl, uint16_t type)
{
	size_t at = nl->used;

	if (nl->depth < SBI_NL_DEPTH && put(nl, type | NLA_F_NESTED, NULL, 0))
		nl->nest[nl->depth++] = at;
	else
		nl->failed = 1;
}

void sbi_nl_end(struct sbi_nl *nl)
{
	if (nl->failed || !nl->depth)
		return;
	nl->depth--;
	((struct nlattr *)(nl->buf + nl->nest[nl->depth]))->nla_len =
		(uint16_t)(nl->used - nl->nest[nl->depth]);
}

static void read_words(const struct nlmsghdr *message, struct sbi_nl_why *why)
{
	const void *at = (const char *)message + NLMSG_HDRLEN + sizeof(struct nlmsgerr);
	const struct nlmsgerr *error = (const void *)((const char *)message + NLMSG_HDRLEN);
	const struct nlattr *attr;
	size_t skip = 0, left;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len > sizeof(struct nlmsghdr))
		skip = NLMSG_ALIGN(error->msg.nlmsg_len - sizeof(struct nlmsghdr));
	if (message->nlmsg_len < NLMSG_HDRLEN + sizeof(*error) + skip)
		return;
	at = (const char *)at + skip;
	left = message->nlmsg_len - NLMSG_HDRLEN - sizeof(*error) - skip;
	while ((attr = sbi_nl_next(&at, &left)))
		if (sbi_nl_type(attr) == NLMSGERR_ATTR_MSG && sbi_nl_len(attr)) {
			size_t len = strnlen(sbi_nl_data(attr), sbi_nl_len(attr));

			if (len >= sizeof(why->text))
				len = sizeof(why->text) - 1;
			memcpy(why->text, sbi_nl_data(attr), len);
			why->text[len] = '\0';
		}
}

/* What is known of all requests together while their answers come. */
struct outcome {
	const struct sbi_nl *nl;
	sbi_nl_handler *handler;
	void *arg;
	struct sbi_nl_why *why;
	int error;
};

static void take(struct outcome *o, const struct nlmsghdr *message)
{
	uint32_t at = message->nlmsg_seq - o->nl->first;
	const struct nlmsgerr *error = (const void *)((const char *)message + NLMSG_HDRLEN);

	if (at >= o->nl->seq - o->nl->first) /* of an earlier conversation, or told to everybody */
		return;
	if (message->nlmsg_type >= NLMSG_MIN_TYPE) {
		if (o->handler)
			o->handler(o->arg, at, message);
		return;
	}
	if (message->nlmsg_type != NLMSG_ERROR || message->nlmsg_len < NLMSG_HDRLEN + sizeof(*error) ||
	    !error->error)
		return;
	if (o->error && (!o->why || o->why->at <= at))
		return;
	o->error = error->error;
	if (o->why) {
		*o->why = (struct sbi_nl_why){ .at = at };
		read_words(message, o->why);
	}
}

static int hear(struct outcome *o, char *buf)
{
	struct iovec iov = { buf, ANSWER };
	struct sockaddr_nl from;
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	const struct nlmsghdr *message = (const void *)buf;
	size_t left;
	ssize_t n;

	do
		n = recvmsg(o->nl->fd, &msg, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (from.nl_pid != 0) /* not from the kernel */
		return 0;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	for (left = (size_t)n;
	     left >= NLMSG_HDRLEN && message->nlmsg_len >= NLMSG_HDRLEN && message->nlmsg_len <= left;) {
		size_t step = NLMSG_ALIGN(message->nlmsg_len);

		take(o, message);
		if (step >= left)
			break;
		left -= step;
		message = (const void *)((const char *)message + step);
	}
	return 0;
}

static int deliver(struct sbi_nl *nl)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	nl->trips++;
	do
		n = sendto(nl->fd, nl->buf, nl->used, MSG_NOSIGNAL, (struct sockaddr *)&kernel,
			   sizeof(kernel));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int sbi_nl_talk(struct sbi_nl *nl, sbi_nl_handler *handler, void *arg, struct sbi_nl_why *why)
{
	struct outcome o = { .nl = nl, .handler = handler, .arg = arg, .why = why };
	char *buf = nl->failed ? NULL : malloc(ANSWER);
	int r = buf ? 0 : -ENOMEM;

	if (why)
		*why = (struct sbi_nl_why){ 0 };
	if (r == 0 && nl->used)
		r = deliver(nl);
	while (r == 0 && nl->used)
		r = hear(&o, buf);
	free(buf);
	nl->used = 0;
	nl->failed = 0;
	nl->first = nl->seq;
	if (r < 0 && r != -EAGAIN)
		return r;
	return o.error;
}
