/* SPDX-License-Identifier: MIT */
/* Addresses: text to bytes and back, what lies in a network, which numbers it has. */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST_HOSTS (UINT32_C(1) << 24)

static int parse_prefix(const char *text, unsigned most, uint8_t *prefix)
{
	unsigned value = 0;

	if (!text[0] || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text) ||
	    (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++)
		value = value * 10 + (unsigned)(*text - '0');
	if (value > most)
		return -EINVAL;
	*prefix = (uint8_t)value;
	return 0;
}

int sbi_address_parse(const char *text, int family, struct sbi_address *address)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct sbi_address found = { .prefix = SBI_NO_PREFIX };
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	found.family = strchr(host, ':') ? AF_INET6 : AF_INET;
	if (family != AF_UNSPEC && family != found.family)
		return -EINVAL;
	if (inet_pton(found.family, host, found.bytes) != 1)
		return -EINVAL;
	if (slash && parse_prefix(slash + 1, sbi_address_length(&found) * 8, &found.prefix) < 0)
		return -EINVAL;
	*address = found;
	return 0;
}

void sbi_address_host_text(const struct sbi_address *address, char *buf, size_t len)
{
	buf[0] = '\0';
	if (address->family)
		inet_ntop(address->family, address->bytes, buf, (socklen_t)len);
}

void sbi_address_text(const struct sbi_address *address, char *buf, size_t len)
{
	sbi_address_host_text(address, buf, len);
	if (address->family && address->prefix != SBI_NO_PREFIX)
		snprintf(buf + strlen(buf), len - strlen(buf), "/%u", address->prefix);
}

int sbi_address_equal(const struct sbi_address *a, const struct sbi_address *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sbi_address_length(a));
}

/* Which bits of byte @at belong to the network. */
static uint8_t mask_of(unsigned prefix, unsigned at)
{
	unsigned bits = prefix > at * 8 ? prefix - at * 8 : 0;

	return (uint8_t)(bits >= 8 ? 0xff : 0xff00 >> bits);
}

struct sbi_address sbi_address_network(const struct sbi_address *address)
{
	struct sbi_address network = *address;

	for (unsigned i = 0; i < sbi_address_length(address) && address->prefix != SBI_NO_PREFIX; i++)
		network.bytes[i] &= mask_of(address->prefix, i);
	return network;
}

int sbi_address_in(const struct sbi_address *address, const struct sbi_address *network)
{
	for (unsigned i = 0; i < sbi_address_length(network); i++)
		if ((address->bytes[i] ^ network->bytes[i]) & mask_of(network->prefix, i))
			return 0;
	return address->family == network->family;
}

int sbi_address_is_edge(const struct sbi_address *address)
{
	struct sbi_address network = sbi_address_network(address);
	int last = 1;

	if (address->family == AF_INET && address->prefix >= 31) /* RFC 3021: no broadcast */
		return 0;
	if (sbi_address_equal(address, &network))
		return 1;
	for (unsigned i = 0; i < 4; i++)
		last &= (address->bytes[i] | mask_of(address->prefix, i)) == 0xff;
	return address->family == AF_INET && last;
}

uint32_t sbi_address_hosts(const struct sbi_address *network)
{
	unsigned bits = sbi_address_length(network) * 8 - network->prefix;

	if (bits >= 24)
		return MOST_HOSTS - 2;
	return network->family == AF_INET && bits >= 2 ? (UINT32_C(1) << bits) - 2
						       : (UINT32_C(1) << bits) - 1;
}

struct sbi_address sbi_address_at(const struct sbi_address *network, uint32_t number)
{
	struct sbi_address address = sbi_address_network(network);
	unsigned last = sbi_address_length(network) - 1;

	if (!number || number > sbi_address_hosts(network))
		return (struct sbi_address){ 0 };
	for (unsigned i = 0; i < 3; i++)
		address.bytes[last - i] |= (uint8_t)(number >> (8 * i));
	return address;
}

int sbi_mac_parse(const char *text, uint8_t mac[6])
{
	static const uint8_t nothing[6];
	uint8_t found[6];

	if (strlen(text) != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		unsigned byte;
		char rest;

		if (!strspn(text + i * 3, "0123456789abcdefABCDEF") ||
		    !strspn(text + i * 3 + 1, "0123456789abcdefABCDEF") ||
		    (i < 5 && text[i * 3 + 2] != ':') || sscanf(text + i * 3, "%2x%c", &byte, &rest) < 1)
			return -EINVAL;
		found[i] = (uint8_t)byte;
	}
	if ((found[0] & 1) || !memcmp(found, nothing, 6)) /* a group's, or nobody's */
		return -EINVAL;
	memcpy(mac, found, 6);
	return 0;
}

void sbi_mac_text(const uint8_t mac[6], char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void sbi_mac_of(const struct sbi_address *address, uint8_t mac[6])
{
	mac[0] = 0x02; /* administered locally */
	mac[1] = 0x42;
	memcpy(mac + 2, address->bytes + sbi_address_length(address) - 4, 4);
}
