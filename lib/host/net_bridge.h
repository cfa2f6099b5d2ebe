/* SPDX-License-Identifier: MIT */
/*
 * Who made a bridge, and who may remove it.
 *
 * The alias of one that is ours names its owner: "libsandbox OWNER" (net_place.c).
 * Who removes one writes "libsandbox OWNER leaving", and only then looks whether
 * anybody uses it; who joins one looks for that word after it has joined. The kernel
 * does one at a time, so at least one of the two sees the other.
 */
#ifndef SBI_NET_BRIDGE_H
#define SBI_NET_BRIDGE_H

#include "net.h"

#define SBI_BRIDGE_ALIAS "libsandbox "
#define SBI_BRIDGE_UNFINISHED "sb-%08x" /* the name of one that has no name yet, with its owner */

/**
 * sbi_bridge_owner - the owner that its alias, or the name of an unfinished one, tells; 0 = it is
 * not ours.
 */
uint32_t sbi_bridge_owner(const struct sbi_rt_link *link);
/** sbi_bridge_leaves - has somebody begun to remove it? */
int sbi_bridge_leaves(const struct sbi_rt_link *link);
/**
 * sbi_bridge_stays - wait for whoever removes the bridge @index that we have joined
 *
 * Return: 1 it stays, 0 it is gone, -errno.
 */
int sbi_bridge_stays(struct sbi_nl *nl, uint32_t index);

/**
 * sbi_bridge_remove - unless somebody uses it. @owner: its own. Return: 1 removed, 0 it is used, or
 * gone already, -errno.
 */
int sbi_bridge_remove(struct sbi_nl *nl, uint32_t index, uint32_t owner);

#endif
