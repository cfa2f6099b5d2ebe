/* SPDX-License-Identifier: MIT */
/* Network namespaces that outlive sandboxes. */
#ifndef SBI_NET_POOL_H
#define SBI_NET_POOL_H

#include <sandbox/net.h>

#include "netpool.h"

/* One that is lent to a sandbox. Zeroes: there is none. */
struct sbi_lease {
	struct sb_netpool *pool; /* a reference */
	int netns;               /* if there is a pool */
	/* nobody in the sandbox has power over it, and everybody there dies with sb-init */
	int tame;
};

/** sbi_lease_take - one that is ready, or a new one. Return: its descriptor, or -errno explained. */
int sbi_lease_take(struct sbi_lease *lease, struct sb_netpool *pool, sb_error *err);
/**
 * sbi_lease_end - the sandbox is over: back into the pool if it is as new, else it goes. More than
 * once is fine.
 */
void sbi_lease_end(struct sbi_lease *lease);

#endif
