/* SPDX-License-Identifier: MIT */
/* Which addresses a veth is allocated, and its MAC. Whether they are free shows when it is made. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "net.h"
#include "net_veth.h"

/* Both families get the same number, where both have it. */
int sbi_veth_choose(struct sbi_net_if *in, uint32_t number)
{
	for (int family = 0; family < 2; family++) {
		if (in->link.address[family].kind != SBI_WISH_DEFAULT || !in->network[family].family)
			continue;
		in->address[family] = sbi_address_at(&in->network[family], number);
		in->address[family].prefix = in->network[family].prefix;
		if (!in->address[family].family ||
		    sbi_address_equal(&in->address[family], &in->network[family]) ||
		    sbi_address_equal(&in->address[family], &in->gateway[family]))
			return -EADDRNOTAVAIL;
	}
	return 0;
}

void sbi_net_choose_mac(struct sbi_net_if *in)
{
	if (in->link.mac_set)
		memcpy(in->mac, in->link.mac, sizeof(in->mac));
	else if (in->address[0].family || in->address[1].family)
		sbi_mac_of(&in->address[in->address[0].family ? 0 : 1], in->mac);
	else if (getrandom(in->mac + 2, 4, GRND_NONBLOCK) == 4)
		in->mac[0] = 0x02;
}

int sbi_veth_is_allocated(const struct sbi_net_if *in)
{
	return (in->link.address[0].kind == SBI_WISH_DEFAULT && in->network[0].family) ||
	       (in->link.address[1].kind == SBI_WISH_DEFAULT && in->network[1].family);
}

/* The smaller of the networks that an address is chosen in. */
uint32_t sbi_veth_numbers(const struct sbi_net_if *in)
{
	uint32_t least = UINT32_MAX;

	for (int family = 0; family < 2; family++)
		if (in->link.address[family].kind == SBI_WISH_DEFAULT && in->network[family].family &&
		    sbi_address_hosts(&in->network[family]) < least)
			least = sbi_address_hosts(&in->network[family]);
	return least;
}

/* The one beside an IPv4 address that was given has its number. */
uint32_t sbi_veth_first(const struct sbi_net *net, const struct sbi_net_if *in, uint32_t hosts)
{
	const uint8_t *bytes = in->address[0].bytes;
	uint32_t number = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];

	if (in->link.address[0].kind == SBI_WISH_GIVEN) {
		number &= in->address[0].prefix <= 8 ? 0xffffff
						     : (UINT32_C(1) << (32 - in->address[0].prefix)) - 1;
		if (number && number <= hosts)
			return number;
	}
	return sbi_netplace_next(net->place, hosts);
}
