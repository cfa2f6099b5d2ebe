/* SPDX-License-Identifier: MIT */
/* The steps of many creations as one table of medians. */
#ifndef BENCH_STEPTABLE_H
#define BENCH_STEPTABLE_H

#include "bench.h"

/* Adds the creation that @trace holds; all must be of one configuration. */
void steps_note(const sb_trace *trace);
/* By lane and in order; `before` is the time since the end of the lane's last step. Microseconds. */
void steps_print(void);
/* The elements of a JSON list. */
void steps_print_json(void);
void steps_free(void);

#endif
