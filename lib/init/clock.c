/* SPDX-License-Identifier: MIT */
/* The host's monotonic clock, also from inside a time namespace. */
#include <time.h>

#include "init.h"

int64_t clock_shift;

uint64_t now(void)
{
	struct timespec ts = { 0 };

	SYS(clock_gettime, CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec - (uint64_t)clock_shift;
}

long sys3(long nr, long a, long b, long c)
{
	return sys6(nr, a, b, c, 0, 0, (long)pass);
}
