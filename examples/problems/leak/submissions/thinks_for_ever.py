# SPDX-License-Identifier: MIT
# expected: time limit
n = int(input())
print("? 1", flush=True)
answer = input()
while answer:
    n = (n * n + 1) % 1000003
