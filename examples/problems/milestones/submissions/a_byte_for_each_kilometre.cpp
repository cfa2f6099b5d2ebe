/* SPDX-License-Identifier: MIT */
/* expected: memory limit */
#include <cstdio>
#include <vector>

int main()
{
	long long n, a, b;
	int q;

	std::scanf("%d", &q);
	while (q--) {
		std::scanf("%lld %lld %lld", &n, &a, &b);
		std::vector<char> stone;
		for (long long at = 0; at <= n; at++)
			stone.push_back(0);
		for (long long at = a; at <= n; at += a)
			stone[at] ^= 1;
		for (long long at = b; at <= n; at += b)
			stone[at] ^= 1;
		long long stones = 0;
		for (char is : stone)
			stones += is;
		std::printf("%lld\n", stones);
	}
}
