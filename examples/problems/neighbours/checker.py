# SPDX-License-Identifier: MIT
"""Is this order of houses right? INPUT ANSWER DIRECTORY; the output is on stdin. Exit status 42: yes, 43: no."""
import sys


def wrong(why):
    with open(sys.argv[3] + "judgemessage.txt", "w", encoding="utf-8") as to:
        to.write(why + "\n")
    sys.exit(43)


with open(sys.argv[1], encoding="ascii") as file:
    n, k = map(int, file.read().split())
with open(sys.argv[2], encoding="ascii") as file:
    possible = file.read().split() != ["NO"]
words = sys.stdin.buffer.read().split()

if words == [b"NO"]:
    if possible:
        wrong("it can be done")
    sys.exit(42)
if len(words) != n:
    wrong(f"{len(words)} words, {n} expected")
for word in words:
    if not word.isdigit() or len(word) > 4 or not 1 <= int(word) <= n:
        wrong(f"{word[:20]!r} is not the number of a house")
order = [int(word) for word in words]
if len(set(order)) != n:
    wrong("two houses have the same number")
for here, there in zip(order, order[1:]):
    if abs(here - there) < k:
        wrong(f"{here} beside {there}")
if not possible:
    sys.exit("the answer says that this cannot be done")  # our mistake: neither 42 nor 43
sys.exit(42)
