/* SPDX-License-Identifier: MIT */
/* Between the making of a veth pair (net_veth.c) and the choice of its addresses (net_veth_choose.c). */
#ifndef SBI_NET_VETH_H
#define SBI_NET_VETH_H

#include "net.h"

/** sbi_veth_is_allocated - does it want an address that nobody has given? */
int sbi_veth_is_allocated(const struct sbi_net_if *in);
/** sbi_veth_numbers - how many addresses there are to choose from, numbered from 1. */
uint32_t sbi_veth_numbers(const struct sbi_net_if *in);
/** sbi_veth_first - the number to begin with, of @hosts. */
uint32_t sbi_veth_first(const struct sbi_net *net, const struct sbi_net_if *in, uint32_t hosts);
/** sbi_veth_choose - in->address[] of that number. Return: 0, -EADDRNOTAVAIL. */
int sbi_veth_choose(struct sbi_net_if *in, uint32_t number);

#endif
