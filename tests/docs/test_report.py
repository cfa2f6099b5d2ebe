#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The figure and the table of the README are of one run, and stand alone; bench/report.py can tell.
With BENCH_SPAWN, the program that measures, only: it makes such a pair.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests"), str(SOURCE / "bench")]
import tap
import figure
import report


def a_run():
    """A figure and a table, of figures that nobody measured."""
    found = {"runs": 7, "cases": [
        {"name": "vfork", "min_ns": 60000, "p50_ns": 70000, "p90_ns": 90000},
        {"name": "warm", "min_ns": 90000, "p50_ns": 123456, "p90_ns": 200000},
        {"name": "floor", "min_ns": 700000, "p50_ns": 800000, "p90_ns": 900000},
        {"name": "library", "min_ns": 900000, "p50_ns": 1040000, "p90_ns": 1200000},
        {"name": "bwrap", "min_ns": 2000000, "p50_ns": 2900000, "p90_ns": 3500000},
        {"name": "firejail", "min_ns": 30000000, "p50_ns": 38100000, "p90_ns": 40000000},
        {"name": "crun", "skipped": "crun is not installed"},
        {"name": "nsjail", "skipped": "status 1: /home/somebody: no such file"}]}
    rows, absent, line = report.result(found, "A processor, Linux 6.1")
    return figure.draw(rows, absent, line), report.table(rows, absent, line)


class Committed(unittest.TestCase):
    """What the README shows."""

    def test_readme_and_figure_are_of_one_run_and_stand_alone(self):
        self.assertEqual(report.check(), 0)


class Checks(unittest.TestCase):
    """What the check above would find."""

    def setUp(self):
        self.svg, self.table = a_run()

    def assertFound(self, svg, table, words):
        found = report.faults(svg, table)
        self.assertTrue(any(words in fault for fault in found), found)

    def test_a_good_pair_has_no_faults(self):
        self.assertEqual(report.faults(self.svg, self.table), [])

    def test_all_bars_are_in_the_table(self):
        self.assertEqual([name for name, _ in figure.medians(self.svg)],
                         ["vfork, exec, wait", "libsandbox, open box", "floor", "libsandbox", "bubblewrap", "firejail"])
        self.assertIn(("libsandbox, open box", "0.123"), report.table_medians(self.table))

    def test_what_is_not_installed_is_named_and_paths_are_not(self):
        for text in self.table, " ".join(figure.parts(self.svg, "line")):
            self.assertIn("crun (not installed)", text)
            self.assertIn("nsjail (does not run here)", text)
            self.assertNotIn("somebody", text)

    def test_another_number_is_found(self):
        self.assertFound(self.svg.replace(">1.04<", ">1.03<"), self.table, "the table")
        self.assertFound(self.svg, self.table.replace("| 1.04 |", "| 0.94 |"), "the table")

    def test_another_run_is_found(self):
        self.assertFound(self.svg, self.table.replace("; 7 runs", "; 8 runs"), "not of the same run")

    def test_what_is_outside_is_found(self):
        for bad in ('<image href="x.png"/>', '<a href="https://example.org"/>', "<script>1</script>",
                    '<rect style="fill: url(x)"/>', "<style>@import 'x'</style>",
                    '<rect onload="1"/>', '<text xmlns:l="http://www.w3.org/1999/xlink" l:href="#t"/>'):
            self.assertNotEqual(report.faults(self.svg.replace("</svg>", bad + "</svg>"), self.table), [], bad)

    def test_a_broken_or_big_figure_is_found(self):
        self.assertFound(self.svg.replace("</g>", ""), self.table, "not well-formed")
        self.assertFound(self.svg + " " * report.LARGEST, self.table, "larger")

    def test_a_bar_that_is_cut_is_marked(self):
        self.assertEqual(self.svg.count('<path class="break"'), 1)
        self.assertIn("A bar with a gap", self.svg)


class Run(unittest.TestCase):
    """Two runs of each, as they come."""

    def test_a_short_run_makes_a_good_pair(self):
        with tempfile.TemporaryDirectory() as out:
            done = subprocess.run([sys.executable, SOURCE / "bench" / "report.py", "-n", "2", "--out", out,
                                   "--bench", os.environ["BENCH_SPAWN"]], capture_output=True, text=True, check=False)
            if done.returncode == 77:
                self.skipTest(done.stdout)
            self.assertEqual(done.returncode, 0, done.stderr)
            svg, table = ((pathlib.Path(out) / name).read_text(encoding="utf-8") for name in ("bench.svg", "bench.md"))
        self.assertEqual(report.faults(svg, table), [])
        self.assertIn("; 2 runs of each", table)


def suite():
    cases = (Run,) if os.environ.get("BENCH_SPAWN") else (Committed, Checks)
    return unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases)


if __name__ == "__main__":
    tap.main(suite())
