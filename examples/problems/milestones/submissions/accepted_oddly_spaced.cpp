/* SPDX-License-Identifier: MIT */
/* expected: accepted */
/* Tabs, carriage returns, empty lines, and none at the end: how much white space there is does not count. */
#include <cstdio>
#include <numeric>

int main()
{
	long long n, a, b;
	int q;

	std::scanf("%d", &q);
	while (q--) {
		std::scanf("%lld %lld %lld", &n, &a, &b);
		long long step = a / std::gcd(a, b);
		long long both = step > n / b ? 0 : n / (step * b);
		std::printf("\t %lld \r\n\n%s", n / a + n / b - 2 * both, q ? "" : " ");
	}
}
