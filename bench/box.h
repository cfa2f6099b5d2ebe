/* SPDX-License-Identifier: MIT */
/* Runs in an open box, with more or less around them. */
#ifndef BENCH_BOX_H
#define BENCH_BOX_H

#include "bench.h"

#define BOX_FILTER 0x1U  /* the filter "default"; else none */
#define BOX_LEAF 0x2U    /* a fresh cgroup for each run, its figures read */
#define BOX_LIMITS 0x4U  /* of cpu and wall time, memory and processes; three rlimits */
#define BOX_CAPTURE 0x8U /* both outputs captured, and read */
#define BOX_ALL 0xfU
#define BOX_HOST_NET 0x10U /* no network namespace of its own */

struct box {
	sb_config *cfg; /* of the box and of its commands */
	sb_box *box;
	bool no_controllers; /* BOX_LIMITS: memory and processes are limited by rlimits */
	char why[256];
};

/* 0, or -errno with b->why; box_close() is due in either case. */
int box_open(struct box *b, const struct target *t, unsigned int what);
/* One command from its start until its handle is freed. Exit status; or negative with b->why. */
int box_run(struct box *b);
/* As it was when it was opened. */
int box_renew(struct box *b);
void box_close(struct box *b);

#endif
