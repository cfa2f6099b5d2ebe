/* SPDX-License-Identifier: MIT */
/* expected: output limit */
/* Correct, but for what was left in it to find mistakes. */
#include <stdio.h>

int main(void)
{
	long long n, a, b, stones;
	int q;

	scanf("%d", &q);
	while (q--) {
		scanf("%lld %lld %lld", &n, &a, &b);
		stones = 0;
		for (long long at = 1; at <= n; at++) {
			if ((at % a == 0) == (at % b == 0))
				continue;
			fprintf(stderr, "stone at kilometre %lld\n", at);
			stones++;
		}
		printf("%lld\n", stones);
	}
	return 0;
}
