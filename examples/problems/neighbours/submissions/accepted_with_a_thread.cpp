/* SPDX-License-Identifier: MIT */
/* expected: accepted */
/* One process more is no bomb. */
#include <cstdio>
#include <thread>

int main()
{
	int n, k;

	std::scanf("%d %d", &n, &k);
	int half = n / 2;
	std::thread([&] {
		if (n > 1 && k > half) {
			std::puts("NO");
			return;
		}
		if (n % 2)
			std::printf("%d ", half + 1);
		for (int i = 1; i <= half; i++)
			std::printf("%d %d ", n % 2 ? i : half + 1 - i, n % 2 ? half + 1 + i : n + 1 - i);
	}).join();
}
