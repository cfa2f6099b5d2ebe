/* SPDX-License-Identifier: MIT */
/* The figures of a leaf. */
#ifndef SBI_STATS_H
#define SBI_STATS_H

#include <sandbox/cgroup.h>

#include "host/cgroup_place.h"

/**
 * sbi_stats_read - what the files of the cgroup @dir say now
 * @controllers: SBI_CG_* that it has
 * @live: also what only means something while processes are in it
 * @used_ns: cpu time that is not to be counted
 */
void sbi_stats_read(int dir, uint32_t controllers, int live, uint64_t used_ns, sb_stats *stats);
/** sbi_stats_end - what a result has of a leaf in which nothing runs any more. */
void sbi_stats_end(struct sbi_leaf *leaf, uint64_t used_ns, sb_stats *stats);
/** sbi_stats_pressure - and what else there is: read only for who asks, it takes longer than all the rest. */
void sbi_stats_pressure(int dir, sb_stats *stats);
/** sbi_stats_device - the @index-th line of io.stat. Return: 1, 0 if there are fewer, -errno. */
int sbi_stats_device(int dir, size_t index, sb_io_stats *io);

#endif
