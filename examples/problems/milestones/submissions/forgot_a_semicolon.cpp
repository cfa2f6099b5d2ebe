/* SPDX-License-Identifier: MIT */
/* expected: compile error */
#include <cstdio>

int main()
{
	int q

	std::scanf("%d", &q);
}
