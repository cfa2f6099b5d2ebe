/* SPDX-License-Identifier: MIT */
/* The two halves of bench-scale. */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include "box.h"

/* Runs a second by 1, 2 and 4 threads, in @rounds slices of @slice_ns each. */
void scale_threads(const struct target *t, size_t rounds, uint64_t slice_ns);
/* What a new one costs beside none, a tenth of @live and @live others. */
void scale_live(const struct target *t, size_t runs, size_t live);
/* What an idle box holds of the kernel's and of user memory: @boxes at once, @rounds times. */
void scale_memory(const struct target *t, size_t rounds, size_t boxes);

#endif
