#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What CONTRIBUTING.md asks of the shape of C files, as far as a machine can see it."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import tap

COLUMNS = 110
FILE_LINES = 400
FUNCTION_LINES = 60
FOLDERS = ("include", "lib", "examples", "bench", "tests")


def sources():
    for folder in FOLDERS:
        yield from sorted(path for path in (ROOT / folder).rglob("*.[ch]"))


def width(line):
    return len(line.expandtabs(8))


def is_exempt(line):
    """A message is not broken, so that it can be searched for; a table in a comment is laid out."""
    return '"' in line or line.startswith(" *\t")


def functions(lines):
    """(line, length) of each body that begins and ends in the first column."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin:
            yield begin, number - begin - 1
            begin = None


class Style(unittest.TestCase):
    def check(self, wrong):
        """wrong(lines) yields what is to be complained of, with its line."""
        found = []
        for path in sources():
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [f"{path.relative_to(ROOT)}:{number}: {what}" for number, what in wrong(lines)]
        self.assertEqual(found, [])

    def test_columns(self):
        self.check(lambda lines: ((n, f"{width(line)} columns") for n, line in enumerate(lines, 1)
                                  if width(line) > COLUMNS and not is_exempt(line)))

    def test_length_of_files(self):
        self.check(lambda lines: [(len(lines), f"more than {FILE_LINES} lines")] if len(lines) > FILE_LINES else [])

    def test_length_of_functions(self):
        self.check(lambda lines: ((n, f"{length} lines in a function") for n, length in functions(lines)
                                  if length > FUNCTION_LINES))

    def test_licence_and_purpose(self):
        def wrong(lines):
            if not re.match(r"(/\*|//) SPDX-License-Identifier: MIT", lines[0]):
                yield 1, "no SPDX line"
            if not re.match(r"/\*|//", lines[1]):
                yield 2, "no word on what the file is for"
        self.check(wrong)

    def test_blanks_at_the_end_of_lines(self):
        self.check(lambda lines: ((n, "ends with a blank") for n, line in enumerate(lines, 1)
                                  if line != line.rstrip()))

    def test_what_is_wrong_is_seen(self):
        self.assertGreater(width("\t" * 14), COLUMNS)
        self.assertEqual(list(functions(["int f(void)", "{", "\ta;", "\tb;", "}"])), [(2, 2)])
        self.assertTrue(is_exempt('\tsbi_hint(err, "a long message");'))
        self.assertFalse(is_exempt("\tr = one(two, three);"))


if __name__ == "__main__":
    tap.main(unittest.defaultTestLoader.loadTestsFromTestCase(Style))
