/* SPDX-License-Identifier: MIT */
/* expected: time limit */
#include <stdio.h>

int main(void)
{
	long long n, a, b, stones;
	int q;

	scanf("%d", &q);
	while (q--) {
		scanf("%lld %lld %lld", &n, &a, &b);
		stones = 0;
		for (long long at = 1; at <= n; at++)
			stones += (at % a == 0) != (at % b == 0);
		printf("%lld\n", stones);
	}
	return 0;
}
