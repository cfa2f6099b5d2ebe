// SPDX-License-Identifier: MIT
/* cpu.shares as cpu.weight, against the same curve in the C library's arithmetic. */
#include "../fixture.h"

#include <math.h>

#include "config/cgroup_value.h"

#define LEAST 2
#define MOST 262144

/*
 * What is a whole number on paper (at 2, 1024 and 262144) comes out a rounding
 * error above it or not; every other point is farther from one than that.
 */
static uint32_t by_libm(uint32_t shares)
{
	long double l = log2l(shares), weight = powl(10, (l * l + 125 * l) / 612 - 7.0L / 34);

	return (uint32_t)ceill(weight - 1e-9L);
}

static void every_share_is_on_the_curve(void **state)
{
	(void)state;
	for (uint32_t shares = LEAST; shares <= MOST; shares++)
		if (sbi_weight_of_shares(shares) != by_libm(shares))
			fail_msg("%u shares: weight %u, libm says %u", shares, sbi_weight_of_shares(shares),
				 by_libm(shares));
}

static void the_named_points(void **state)
{
	(void)state;
	assert_int_equal(sbi_weight_of_shares(2), 1);
	assert_int_equal(sbi_weight_of_shares(512), 59);
	assert_int_equal(sbi_weight_of_shares(1024), 100);
	assert_int_equal(sbi_weight_of_shares(262144), 10000);
}

static void more_shares_are_never_less_weight(void **state)
{
	uint32_t last = 1;

	(void)state;
	for (uint32_t shares = LEAST; shares <= MOST; shares++) {
		uint32_t weight = sbi_weight_of_shares(shares);

		if (weight < last || weight > 10000)
			fail_msg("%u shares: weight %u after %u", shares, weight, last);
		last = weight;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_share_is_on_the_curve),
		cmocka_unit_test(the_named_points),
		cmocka_unit_test(more_shares_are_never_less_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
