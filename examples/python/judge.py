#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A judge: judge.py PROGRAM.py DIRECTORY runs a submission on every NAME.in there, and compares with NAME.out."""
import pathlib
import sys

import libsandbox as sb

LIMITS = sb.Limits(cpu_time=1, wall_time=5, memory=256 << 20, pids=16, output=1 << 20, best_effort=True)
WORDS = {
    sb.Verdict.CPU_EXCEEDED: "time limit exceeded",
    sb.Verdict.WALL_EXCEEDED: "wall time limit exceeded",
    sb.Verdict.MEMORY_EXCEEDED: "memory limit exceeded",
    sb.Verdict.OUTPUT_EXCEEDED: "output limit exceeded",
    sb.Verdict.PIDS_EXCEEDED: "too many processes",
    sb.Verdict.FILTERED: "forbidden system call",
}


def verdict(result, expected):
    """One line on a run."""
    if result.verdict in WORDS:
        return WORDS[result.verdict]
    if not result.ok:
        return "runtime error"
    return "accepted" if result.stdout.split() == expected.split() else "wrong answer"


def judge(pool, source, test):
    """Run it on one test, in a box as new."""
    with pool.get() as box:
        box.put("/box/solution.py", source)
        result = box.run(["python3", "/box/solution.py"], input=test.read_bytes(), capture_output=True, cwd="/box", limits=LIMITS)
    word = verdict(result, test.with_suffix(".out").read_bytes())
    print(f"{test.stem}: {word}, {result.cpu_time * 1e3:.0f} ms, {(result.memory_peak or result.max_rss) >> 20} MiB")
    return word == "accepted"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1]).read_bytes()
    tests = sorted(pathlib.Path(sys.argv[2]).glob("*.in"))
    if not tests:
        sys.exit(f"{sys.argv[2]}: no NAME.in")
    with sb.Pool(1, profile="judge", limits=LIMITS, mounts=[sb.Tmpfs("/box", size=64 << 20, mode=0o700)]) as pool:
        passed = sum([judge(pool, source, test) for test in tests])
    print(f"{passed} of {len(tests)}")
    return 0 if passed == len(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
