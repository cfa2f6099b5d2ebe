/* SPDX-License-Identifier: MIT */
/* expected: wall limit */
/* Both wait for each other: the question is in a buffer. */
#include <stdio.h>
#include <string.h>

int main(void)
{
	long low = 1, high, middle;
	char answer[8];

	scanf("%ld", &high);
	while (low < high) {
		middle = (low + high) / 2;
		printf("? %ld\n", middle);
		scanf("%7s", answer);
		if (strcmp(answer, "wet") == 0)
			low = middle + 1;
		else
			high = middle;
	}
	printf("! %ld\n", low);
	return 0;
}
