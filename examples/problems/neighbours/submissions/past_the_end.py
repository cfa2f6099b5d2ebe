# SPDX-License-Identifier: MIT
# expected: runtime error
n, k = map(int, input().split())
order = list(range(1, n + 1))
for i in range(n):
    assert abs(order[i] - order[i + 1]) < n, "never"
