/* SPDX-License-Identifier: MIT */
/* Starting the two programs, each until its interface is there. */
#ifndef SBI_NET_OUTLET_RUN_H
#define SBI_NET_OUTLET_RUN_H

#include "net_outlet.h"

/** sbi_pasta_start, sbi_slirp_start - @userns: that net->netns belongs to, or -EBADF for our own. */
int sbi_pasta_start(struct sbi_net *net, int userns, sb_error *err);
int sbi_slirp_start(struct sbi_net *net, int userns, sb_error *err);

#endif
