/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6 addresses with their networks, and MAC addresses: text, arithmetic. */
#ifndef SBI_ADDRESS_H
#define SBI_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#define SBI_ADDRESS_TEXT 52 /* longest, with prefix and NUL */
#define SBI_NO_PREFIX 255

struct sbi_address {
	uint8_t family; /* AF_INET, AF_INET6; 0 = none */
	uint8_t prefix; /* SBI_NO_PREFIX = it was not said */
	uint8_t bytes[16]; /* in network order; 4 of them for IPv4 */
};

/** sbi_address_parse - "10.0.0.5/24", "fd00::5"; -EINVAL. @family: AF_UNSPEC = either. */
int sbi_address_parse(const char *text, int family, struct sbi_address *address);
/** sbi_address_text - with "/24", unless it has no prefix. */
void sbi_address_text(const struct sbi_address *address, char *buf, size_t len);
/** sbi_address_host_text - without it. */
void sbi_address_host_text(const struct sbi_address *address, char *buf, size_t len);
static inline unsigned sbi_address_length(const struct sbi_address *address)
{
	return address->family == 2 /* AF_INET */ ? 4 : 16;
}
/* the prefix does not count */
int sbi_address_equal(const struct sbi_address *a, const struct sbi_address *b);
/** sbi_address_in - is @address in @network? */
int sbi_address_in(const struct sbi_address *address, const struct sbi_address *network);
/** sbi_address_network - with all bits behind the prefix 0. */
struct sbi_address sbi_address_network(const struct sbi_address *address);
/** sbi_address_is_edge - is it the network's own number, or its broadcast address (IPv4 up to /30)? */
int sbi_address_is_edge(const struct sbi_address *address);
/** sbi_address_at - host number @number of @network; family 0 if it has none. 1 is the first. */
struct sbi_address sbi_address_at(const struct sbi_address *network, uint32_t number);
/** sbi_address_hosts - how many such numbers there are, at most 2^24. */
uint32_t sbi_address_hosts(const struct sbi_address *network);

/** sbi_mac_parse - "02:42:0a:00:00:05"; -EINVAL, also for one of a group. */
int sbi_mac_parse(const char *text, uint8_t mac[6]);
void sbi_mac_text(const uint8_t mac[6], char buf[18]);
/** sbi_mac_of - the same for the same address: 02:42 and the last four bytes. */
void sbi_mac_of(const struct sbi_address *address, uint8_t mac[6]);

#endif
