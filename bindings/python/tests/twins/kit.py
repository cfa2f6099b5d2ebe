# SPDX-License-Identifier: MIT
"""What the twins share. A class here has in `program` the name of a program in tests/live, and its tests those of cases there."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from case import BUILD, Case, live, main, sb  # noqa: F401  pylint: disable=wrong-import-position,unused-import

INSIDE = BUILD / "tests" / "live" / "inside"
READ = ["sh", "-c", "read x"]


def shell(script, run=sb.run, **options):
    """A result with all output, as text."""
    return run(["sh", "-c", script], **{"capture_output": True, "text": True, **options})


def is_root():
    """Of the machine, and not of a user namespace?"""
    return os.geteuid() == 0 and not os.environ.get("SB_IN_USERNS")


class Twin(Case):
    """The twin of tests/live/PROGRAM_test.c."""

    program = ""

    def fails_with(self, kind, words, act):
        """act() raises kind, with all the words in its message or hint."""
        with self.assertRaises(kind) as caught:
            act()
        for word in words.split():
            self.assertIn(word, f"{caught.exception} {getattr(caught.exception, 'hint', '')}")
        return caught.exception

    def root_only(self):
        """The rest of the test is for root."""
        if not is_root():
            self.skipTest("for root only")
