/* SPDX-License-Identifier: MIT */
/* expected: memory limit */
#include <cstdio>
#include <cstring>
#include <cstdlib>

int main()
{
	int n;

	std::scanf("%d", &n);
	std::printf("? 1\n");
	std::fflush(stdout);
	for (;;)
		std::memset(std::malloc(1 << 20), n, 1 << 20);
}
