/* SPDX-License-Identifier: MIT */
/* expected: wall limit */
#include <unistd.h>

int main(void)
{
	return pause();
}
