/* SPDX-License-Identifier: MIT */
/* Queueing disciplines of an interface, which limit or delay what it sends. */
#ifndef SBI_QDISC_H
#define SBI_QDISC_H

#include "netlink.h"

/** sbi_qd_tbf - @rate bytes a second, for packets of @mtu bytes. */
uint32_t sbi_qd_tbf(struct sbi_nl *nl, uint32_t index, uint64_t rate, uint32_t mtu);
/** sbi_qd_netem - @delay_ns for every packet, and @rate unless that is 0. */
uint32_t sbi_qd_netem(struct sbi_nl *nl, uint32_t index, uint64_t delay_ns, uint64_t rate, uint32_t mtu);

#endif
