# SPDX-License-Identifier: MIT
# expected: accepted
from math import lcm

for _ in range(int(input())):
    n, a, b = map(int, input().split())
    print(n // a + n // b - 2 * (n // lcm(a, b)))
