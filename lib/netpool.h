/* SPDX-License-Identifier: MIT */
/* A pool of network namespaces, as configs that draw from it know it. */
#ifndef SBI_NETPOOL_H
#define SBI_NETPOOL_H

struct sb_netpool;

/* host/net_pool.c. Any thread. */
struct sb_netpool *sbi_netpool_ref(struct sb_netpool *pool);
/** sbi_netpool_unref - the last one closes what is ready; accepts NULL. */
void sbi_netpool_unref(struct sb_netpool *pool);

#endif
