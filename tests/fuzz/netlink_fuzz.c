// SPDX-License-Identifier: MIT
/*
 * Any bytes as what a kernel answers, message behind message as they lie in a socket: the readers stay
 * inside, and every text they give has an end. And any bytes as an address.
 */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink/link.h"

#define WANT(condition) ((condition) ? (void)0 : stop(#condition, __LINE__))

static void stop(const char *what, int line)
{
	fprintf(stderr, "netlink_fuzz.c:%d: not so: %s\n", line, what);
	abort();
}

/* In memory of its own length, so that one byte further is found out. */
static void one_message(const uint8_t *data, size_t len)
{
	struct nlmsghdr *message = malloc(len);
	struct sbi_rt_link link;
	struct sbi_address address;

	WANT(message);
	memcpy(message, data, len);
	message->nlmsg_len = (uint32_t)len;
	sbi_rt_read_link(message, &link);
	WANT(strnlen(link.name, sizeof(link.name)) < sizeof(link.name));
	WANT(strnlen(link.kind, sizeof(link.kind)) < sizeof(link.kind));
	WANT(strnlen(link.alias, sizeof(link.alias)) < sizeof(link.alias));
	sbi_rt_read_address(message, &address);
	free(message);
}

/* What is an address is one again when it was written and read. */
static void one_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[SBI_ADDRESS_TEXT];
	struct sbi_address address, second;
	uint8_t mac[6];

	WANT(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (sbi_address_parse(text, AF_UNSPEC, &address) == 0) {
		sbi_address_text(&address, again, sizeof(again));
		WANT(sbi_address_parse(again, AF_UNSPEC, &second) == 0);
		WANT(sbi_address_equal(&address, &second) && address.prefix == second.prefix);
		if (address.prefix != SBI_NO_PREFIX) {
			second = sbi_address_network(&address);
			WANT(sbi_address_in(&address, &second));
			sbi_address_is_edge(&address);
			sbi_address_at(&address, sbi_address_hosts(&address));
		}
	}
	sbi_mac_parse(text, mac);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one_text(data, size);
	while (size >= NLMSG_HDRLEN) {
		struct nlmsghdr head;
		size_t len;

		memcpy(&head, data, sizeof(head));
		len = head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > size ? size : head.nlmsg_len;
		one_message(data, len);
		data += len;
		size -= len;
	}
	return 0;
}
