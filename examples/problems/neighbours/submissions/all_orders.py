# SPDX-License-Identifier: MIT
# expected: time limit
from itertools import permutations

n, k = map(int, input().split())
for order in permutations(range(1, n + 1)):
    if all(abs(a - b) >= k for a, b in zip(order, order[1:])):
        print(*order)
        break
else:
    print("NO")
