/* SPDX-License-Identifier: MIT */
/* expected: wrong answer */
/* A word that is not a number, though it looks like one on a terminal. */
#include <stdio.h>

int main(void)
{
	int n, k;

	scanf("%d %d", &n, &k);
	if (n > 1 && k > n / 2)
		fwrite("N\0O\n", 1, 4, stdout);
	else
		fwrite("1\0\x1b[2J", 1, 6, stdout);
	return 0;
}
