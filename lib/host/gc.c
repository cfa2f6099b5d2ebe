/* SPDX-License-Identifier: MIT */
/* sb_gc: whatever died hosts left behind, of every kind. */
#include <sandbox/cgroup.h>

#include "cgroup_find.h"
#include "net.h"
#include "net_slirp.h"
#include "upper.h"

/* One kind that fails does not keep the others from being done; what is told is the first failure. */
int sb_gc(const sb_config *cfg, sb_error *err)
{
	int cgroups = sbi_cg_gc(cfg, err);
	int bridges = sbi_bridge_gc(cgroups < 0 ? NULL : err);
	int uppers = sbi_uppers_gc(cfg, cgroups < 0 || bridges < 0 ? NULL : err);
	int sockets = sbi_slirp_gc() + sbi_localnet_gc();

	if (cgroups < 0)
		return cgroups;
	if (bridges < 0)
		return bridges;
	return uppers < 0 ? uppers : cgroups + bridges + uppers + sockets;
}
