/* SPDX-License-Identifier: MIT */
/* expected: accepted */
#include <stdio.h>

/* An even n: half, n, half-1, n-1, ..., 1, half+1. An odd one: half+1, 1, half+2, 2, ..., half, n. */
int main(void)
{
	int n, k, half;

	scanf("%d %d", &n, &k);
	half = n / 2;
	if (n > 1 && k > half) {
		puts("NO");
		return 0;
	}
	if (n % 2 == 1)
		printf("%d ", half + 1);
	for (int i = 1; i <= half; i++)
		printf("%d %d ", n % 2 ? i : half + 1 - i, n % 2 ? half + 1 + i : n + 1 - i);
	return 0;
}
