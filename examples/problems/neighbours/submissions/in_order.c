/* SPDX-License-Identifier: MIT */
/* expected: wrong answer */
#include <stdio.h>

int main(void)
{
	int n, k;

	scanf("%d %d", &n, &k);
	for (int i = 1; i <= n; i++)
		printf("%d ", i);
	return 0;
}
