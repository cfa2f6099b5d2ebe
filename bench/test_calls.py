#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many system calls a spawn makes, beside the floor: what can be done once for a configuration is done once."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
import tap

SPAWN = os.environ["BENCH_SPAWN"]
# What is more: an init process, its program and its way to the host (about 40), and in a root that stays mounts by
# descriptors, each of which takes two to five calls more than one by path. An ordinary user's sb-init has to carry its
# capabilities over its exec.
MORE = {"floor": 40 if os.geteuid() == 0 else 53, "floor-root": 57 if os.geteuid() == 0 else 84}
RUNS = 3  # who comes first, the host or sb-init, makes a difference of a few
# In an open box; in the second also with all that bench-warm calls `all`. About 48 and 96, as often as somebody looks in vain.
WARM = {"warm": 52, "warm-all": 104}
WARM_RUNS = (4, 24)


def counted(case, runs, directory):
    """Calls by name of a whole run with all its processes."""
    out = os.path.join(directory, case)
    done = subprocess.run(["strace", "-f", "-c", "-o", out, SPAWN, "--case", case, "-n", str(runs)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"{case} under strace ends with {done.returncode}: {done.stderr or done.stdout}")
    counts = {}
    with open(out, encoding="utf-8") as text:
        for line in text:
            words = line.split()
            if len(words) >= 5 and words[0][0].isdigit() and words[-1] != "total":
                counts[words[-1]] = int(words[3])
    return counts


def spawn(case):
    """One spawn of a configuration that has been spawned before: the difference that one more makes."""
    best = None
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(RUNS):
            few, more = counted(case, 1, directory), counted(case, 2, directory)
            calls = {name: more[name] - few.get(name, 0) for name in more if more[name] != few.get(name, 0)}
            if best is None or sum(calls.values()) < sum(best.values()):
                best = calls
    print(f"# {case}: {sum(best.values())}:", *(f"{name} {n}" for name, n in sorted(best.items(), key=lambda c: -c[1])))
    return sum(best.values())


def warm(case):
    """One more run in an open box, on an average: some of what a run leaves is taken up by the next."""
    few, many = WARM_RUNS
    with tempfile.TemporaryDirectory() as directory:
        before, after = (sum(counted(case, runs, directory).values()) for runs in WARM_RUNS)
    print(f"# {case}: {(after - before) / (many - few):.1f}")
    return (after - before) / (many - few)


class Calls(unittest.TestCase):
    def setUp(self):
        if not shutil.which("strace"):
            self.skipTest("there is no strace")

    def compare(self, floor, library):
        allowed = spawn(floor) + MORE[floor]
        self.assertLessEqual(spawn(library), allowed)

    def test_composed_root(self):
        self.compare("floor", "library")

    def test_kept_root(self):
        self.compare("floor-root", "library-root")

    def compare_warm(self, case):
        calls = warm(case)
        if not calls:
            done = subprocess.run([SPAWN, "--case", case, "-n", "1"], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False)
            self.skipTest(" ".join(line for line in done.stdout.splitlines() if "skipped" in line) or done.stderr)
        self.assertLessEqual(calls, WARM[case])

    def test_open_box(self):
        self.compare_warm("warm")

    def test_open_box_with_all(self):
        self.compare_warm("warm-all")


if __name__ == "__main__":
    tap.main(unittest.defaultTestLoader.loadTestsFromTestCase(Calls))
