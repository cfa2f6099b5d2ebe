/* SPDX-License-Identifier: MIT */
/* expected: process limit | time limit */
/* Time: where a fork too many is refused and cannot be counted, those that were made before go on. */
#include <unistd.h>

int main(void)
{
	for (;;)
		fork();
}
