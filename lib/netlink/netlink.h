/* SPDX-License-Identifier: MIT */
/*
 * Netlink: several requests in one message to the kernel, and what it answers.
 *
 * The kernel works on a request while it is being sent, so that all answers lie
 * in the socket when sendmsg(2) returns: one call there and a few back, however
 * many requests, and nothing to wait for.
 */
#ifndef SBI_NETLINK_H
#define SBI_NETLINK_H

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SBI_NL_DEPTH 6

/* Requests being written. One thread at a time. */
struct sbi_nl {
	int fd;       /* borrowed */
	char *buf;    /* owned */
	size_t used, room;
	size_t message;              /* where the present one begins */
	size_t nest[SBI_NL_DEPTH];
	int depth;
	uint32_t seq, first;         /* the next number, and that of the first request in @buf */
	int failed;                  /* memory was short */
	uint32_t trips;              /* how often the kernel was asked */
};

/* Why the kernel refused. */
struct sbi_nl_why {
	uint32_t at;    /* which of the requests, from 0 */
	char text[120]; /* in its own words (extended acknowledgement); empty */
};

/* One message of an answer, which is not an acknowledgement. @at: of which request. */
typedef void sbi_nl_handler(void *arg, uint32_t at, const struct nlmsghdr *message);

/** sbi_nl_socket - a socket of ours, or -errno. @protocol: NETLINK_ROUTE… */
int sbi_nl_socket(int protocol);
/** sbi_nl_tune - the same options for one that somebody else has made. */
void sbi_nl_tune(int fd);
void sbi_nl_init(struct sbi_nl *nl, int fd);
void sbi_nl_free(struct sbi_nl *nl);

/**
 * sbi_nl_request - begin one; @flags beside NLM_F_REQUEST and, unless it is a dump, NLM_F_ACK.
 * Return: its number from 0.
 */
uint32_t sbi_nl_request(struct sbi_nl *nl, uint16_t type, uint16_t flags, const void *head, size_t len);
/** sbi_nl_quiet - the present request is answered only if it is refused. */
void sbi_nl_quiet(struct sbi_nl *nl);
void sbi_nl_put(struct sbi_nl *nl, uint16_t type, const void *data, size_t len);
/** sbi_nl_raw - bytes without an attribute around them. */
void sbi_nl_raw(struct sbi_nl *nl, const void *data, size_t len);
void sbi_nl_nest(struct sbi_nl *nl, uint16_t type);
void sbi_nl_end(struct sbi_nl *nl);

/**
 * sbi_nl_talk - send what was written, and hear the answers
 * @handler: for the messages of answers; may be NULL
 *
 * Requests behind one that fails are carried out all the same (but for transactions of nftables).
 * Return: 0, or the first failure as -errno with @why.
 */
int sbi_nl_talk(struct sbi_nl *nl, sbi_nl_handler *handler, void *arg, struct sbi_nl_why *why);

static inline void sbi_nl_u8(struct sbi_nl *nl, uint16_t type, uint8_t value)
{
	sbi_nl_put(nl, type, &value, sizeof(value));
}

static inline void sbi_nl_u16(struct sbi_nl *nl, uint16_t type, uint16_t value)
{
	sbi_nl_put(nl, type, &value, sizeof(value));
}

static inline void sbi_nl_u32(struct sbi_nl *nl, uint16_t type, uint32_t value)
{
	sbi_nl_put(nl, type, &value, sizeof(value));
}

/* nftables speaks network byte order. */
static inline void sbi_nl_be32(struct sbi_nl *nl, uint16_t type, uint32_t value)
{
	sbi_nl_u32(nl, type, htonl(value));
}

static inline void sbi_nl_text(struct sbi_nl *nl, uint16_t type, const char *text)
{
	sbi_nl_put(nl, type, text, strlen(text) + 1);
}

/* The next attribute of an answer, whose bytes are *@at and how many follow *@left; NULL at the end. */
static inline const struct nlattr *sbi_nl_next(const void **at, size_t *left)
{
	const struct nlattr *attr = *at;
	size_t step;

	if (*left < sizeof(*attr) || attr->nla_len < sizeof(*attr) || attr->nla_len > *left)
		return NULL;
	step = ((size_t)attr->nla_len + NLA_ALIGNTO - 1) & ~(size_t)(NLA_ALIGNTO - 1);
	*left -= step < *left ? step : *left;
	*at = (const char *)*at + step;
	return attr;
}

static inline const void *sbi_nl_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline size_t sbi_nl_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static inline uint16_t sbi_nl_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

/* Copies as much of a fixed-size answer as there is; the rest is 0. */
static inline void sbi_nl_get(const struct nlattr *attr, void *to, size_t len)
{
	size_t there = sbi_nl_len(attr) < len ? sbi_nl_len(attr) : len;

	memset(to, 0, len);
	memcpy(to, sbi_nl_data(attr), there);
}

#endif
