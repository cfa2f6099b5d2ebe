/* SPDX-License-Identifier: MIT */
/*
 * What the sandboxes of one config and its copies share in the host's network: bridges that were
 * made, the table of rules.
 */
#ifndef SBI_NETPLACE_H
#define SBI_NETPLACE_H

struct sbi_netplace;

/* host/net_place.c. Any thread. */
struct sbi_netplace *sbi_netplace_new(void);
struct sbi_netplace *sbi_netplace_ref(struct sbi_netplace *place);
/** sbi_netplace_unref - the last one removes what was made; accepts NULL. */
void sbi_netplace_unref(struct sbi_netplace *place);

#endif
