/* SPDX-License-Identifier: MIT */
/* expected: runtime error */
#include <stdio.h>

int main(void)
{
	long long n, a, b;
	int q;

	scanf("%d", &q);
	while (q--) {
		scanf("%lld %lld %lld", &n, &a, &b);
		printf("%lld\n", n / (a - b));
	}
	return 0;
}
