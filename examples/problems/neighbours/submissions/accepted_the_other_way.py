# SPDX-License-Identifier: MIT
# expected: accepted
n, k = map(int, input().split())
half = n // 2
order = [half + 1] if n % 2 else []
for i in range(1, half + 1):
    order += [i, half + 1 + i] if n % 2 else [half + 1 - i, n + 1 - i]
if n > 1 and k > half:
    print("NO")
else:
    print("\n\n".join(str(house) for house in reversed(order)))
