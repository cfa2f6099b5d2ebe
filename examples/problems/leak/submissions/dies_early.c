/* SPDX-License-Identifier: MIT */
/* expected: runtime error */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	char answer[8];

	printf("? 1\n");
	fflush(stdout);
	scanf("%*d %7s", answer);
	abort();
}
