#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/from-unshare.md keeps its word: unshare(1), sbx and the C calls print the same, or differ as it says.

Each section of the document holds three blocks: the unshare command, the sbx line, the C calls.
"""
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from blocks import SOURCE, blocks, compile_c, run, run_shell

DOCUMENT = SOURCE / "docs" / "from-unshare.md"
LEVEL = "root" if os.geteuid() == 0 else "user"


def same(case, theirs, ours):
    case.assertEqual(ours, theirs)


def one_and_two(case, theirs, ours):
    case.assertEqual((theirs.split(), ours.split()), (["1"], ["2"]))


def same_minute(case, theirs, ours):
    """"up 9 years, 29 weeks, 5 days, 3 hours, 7 minutes": equal, or a minute has passed in between."""
    units = {"decade": 5256000, "year": 525600, "week": 10080, "day": 1440, "hour": 60, "minute": 1}
    minutes = [sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+) (\w+?)s?\b", text))
               for text in (theirs, ours)]
    case.assertGreater(minutes[0], 300000000 // 60)
    case.assertIn(minutes[1] - minutes[0], (0, 1))


def init_is_first(case, theirs, ours):
    """Only the namespace's own processes; sb-init is number 1, the shell 2."""
    rows = [[line.split() for line in text.splitlines()[1:]] for text in (theirs, ours)]
    case.assertEqual([row for row in rows[0] if row[1] != "ps"], [["1", "bash"]])
    case.assertEqual([row for row in rows[1] if row[1] != "ps"], [["1", "sb-init"], ["2", "bash"]])


def same_root_other_pid(case, theirs, ours):
    case.assertEqual(theirs.splitlines()[:-1], ours.splitlines()[:-1])
    case.assertNotEqual(theirs.splitlines()[-1], ours.splitlines()[-1])


# Section of the document: how the outputs must relate.
PROMISES = {1: one_and_two, 2: same, 3: same, 4: same, 5: same_minute, 6: init_is_first, 7: same_root_other_pid}


def sections():
    """Number of each section, and its blocks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for part in re.findall(r"^## \d+\..*?(?=^## )", text, re.M | re.S):
        number = int(re.match(r"## (\d+)\.", part).group(1))
        yield number, blocks(DOCUMENT, text=part)


class Parity(unittest.TestCase):
    """One section: the unshare command beside one way of ours."""

    def __init__(self, number, theirs, ours):
        super().__init__("prints_what_unshare_prints")
        self.number, self.theirs, self.ours = number, theirs, ours

    def shortDescription(self):
        return f"{self.ours.place} ({'sbx' if self.ours.language == 'sh' else 'C'}) beside unshare"

    def output(self, block):
        with tempfile.TemporaryDirectory() as cwd:
            # The command may run as an id of its own and still has to find what the block made here.
            os.chmod(cwd, 0o755)
            if block.language == "c":
                program = pathlib.Path(cwd) / "a.out"
                done = compile_c(block, program)
                self.assertEqual(done.returncode, 0, done.stderr)
                if self.number == 7:  # the image is made by the first lines of the shell blocks
                    made = run_shell("\n".join(self.theirs.text.splitlines()[:-1]), cwd)
                    self.assertEqual(made.returncode, 0, made.stderr)
                done = run([str(program)], cwd)
            else:
                done = run_shell(block.text, cwd)
        self.assertEqual(done.returncode, 0, f"\n{block.text}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def prints_what_unshare_prints(self):
        PROMISES[self.number](self, self.output(self.theirs), self.output(self.ours))


class Document(unittest.TestCase):
    """The document and this test belong together."""

    def test_each_section_has_a_promise_and_three_blocks(self):
        found = dict(sections())
        self.assertEqual(set(found), set(PROMISES))
        for number, parts in found.items():
            self.assertEqual([block.language for block in parts], ["sh", "sh", "c"], f"section {number}")
            self.assertIn("unshare ", parts[0].text)
            self.assertIn("sbx run ", parts[1].text)


def suite():
    found = unittest.defaultTestLoader.loadTestsFromTestCase(Document)
    for number, (theirs, *ours) in sections():
        if theirs.level() == LEVEL:
            found.addTests(Parity(number, theirs, block) for block in ours)
    return found


if __name__ == "__main__":
    tap.main(suite())
