/* SPDX-License-Identifier: MIT */
/* expected: wrong answer */
/* Reads nothing and gives no answer. */
#include <stdio.h>

int main(void)
{
	for (int i = 1; i <= 20; i++)
		printf("? 1\n");
	return 0;
}
