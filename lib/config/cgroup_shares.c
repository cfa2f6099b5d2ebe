/* SPDX-License-Identifier: MIT */
/*
 * cgroup v1's cpu.shares as cgroup v2's cpu.weight. The straight line between
 * the two ranges made of the default 1024 a weight of 39; crun 1.23 and runc
 * 1.3.2 changed to a curve through both defaults, and so does this:
 *
 *	weight = ceil(10 ^ ((l * l + 125 * l) / 612 - 7 / 34)), l = log2(shares)
 *
 * In its own arithmetic, because libm would be a library more in every host.
 */
#include "cgroup_value.h"

#define LN2 0.693147180559945309
#define LOG2_10 3.321928094887362348
#define SLACK 1e-9 /* what should be a whole number must not be rounded up from just above it */

static double log2_of(uint64_t value)
{
	double result = 63 - __builtin_clzll(value), digit = 0.5;
	double rest = (double)value / (double)(UINT64_C(1) << (63 - __builtin_clzll(value)));

	for (int i = 0; i < 50; i++, digit /= 2) {
		rest *= rest;
		if (rest >= 2) {
			rest /= 2;
			result += digit;
		}
	}
	return result;
}

/* 2 ^ @exponent for one that is not negative. */
static double power_of_2(double exponent)
{
	int whole = (int)exponent;
	double x = (exponent - whole) * LN2, term = 1, sum = 1;

	for (int i = 1; i < 20; i++) {
		term *= x / i;
		sum += term;
	}
	return sum * (double)(UINT64_C(1) << whole);
}

uint32_t sbi_weight_of_shares(uint64_t shares)
{
	double l = log2_of(shares), weight, exponent = (l * l + 125 * l) / 612 - 7.0 / 34;
	uint32_t whole;

	weight = power_of_2((exponent > 0 ? exponent : 0) * LOG2_10);
	whole = (uint32_t)weight;
	return weight - whole > SLACK ? whole + 1 : whole;
}
