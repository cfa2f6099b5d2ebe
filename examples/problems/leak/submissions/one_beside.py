# SPDX-License-Identifier: MIT
# expected: wrong answer
low, high = 1, int(input())
while low < high:
    middle = (low + high) // 2
    print("?", middle, flush=True)
    if input() == "wet":
        low = middle
    else:
        high = middle
    if low + 1 == high:
        break
print("!", low)
