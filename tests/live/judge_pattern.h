/* SPDX-License-Identifier: MIT */
/* What a program writes and a test expects: bytes that tell their place, and whose they are. */
#ifndef TESTS_JUDGE_PATTERN_H
#define TESTS_JUDGE_PATTERN_H

#include <stdint.h>

static inline unsigned char judge_byte(uint32_t seed, uint64_t at)
{
	uint64_t x = (at >> 3) * UINT64_C(0x9e3779b97f4a7c15) + seed * UINT64_C(0xd1342543de82ef95);

	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 32;
	return (unsigned char)(x >> (at % 8 * 8));
}

#endif
