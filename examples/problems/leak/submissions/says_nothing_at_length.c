/* SPDX-License-Identifier: MIT */
/* expected: output limit */
/* White space never ends a word, nor begins one. */
#include <stdio.h>
#include <string.h>

int main(void)
{
	static char blank[65536];

	memset(blank, ' ', sizeof(blank));
	while (fwrite(blank, 1, sizeof(blank), stdout) > 0)
		;
	return 0;
}
