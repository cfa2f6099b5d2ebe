/* SPDX-License-Identifier: MIT */
/* expected: wrong answer */
#include <stdio.h>

static int gcd(int a, int b)
{
	return b ? gcd(b, a % b) : a;
}

int main(void)
{
	int q, n, a, b;

	scanf("%d", &q);
	while (q--) {
		scanf("%d %d %d", &n, &a, &b);
		if (a <= 0 || b <= 0)
			a = b = 1;
		printf("%d\n", n / a + n / b - 2 * (n / (a / gcd(a, b) * (long)b)));
	}
	return 0;
}
