/* SPDX-License-Identifier: MIT */
/* expected: accepted */
#include <stdio.h>

static long long gcd(long long a, long long b)
{
	return b ? gcd(b, a % b) : a;
}

int main(void)
{
	long long n, a, b, step, both;
	int q;

	scanf("%d", &q);
	while (q--) {
		scanf("%lld %lld %lld", &n, &a, &b);
		step = a / gcd(a, b);
		both = step > n / b ? 0 : n / (step * b); /* step * b may be more than a long long holds */
		printf("%lld\n", n / a + n / b - 2 * both);
	}
	return 0;
}
