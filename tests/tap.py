# SPDX-License-Identifier: MIT
"""Run unittest cases and speak TAP, so that meson counts every case: tap.main(suite)."""
import sys
import unittest


class TapResult(unittest.TestResult):
    """One `ok` or `not ok` line a case; what went wrong goes to stderr."""

    def __init__(self):
        super().__init__()
        self.number = 0

    def _line(self, ok, test, directive=""):
        self.number += 1
        name = (test.shortDescription() or test.id().replace("__main__.", "")).replace("#", "")
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name}{directive}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(True, test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(True, test, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._failed(subtest, self._exc_info_to_string(err, test))

    def _failed(self, test, text):
        self._line(False, test)
        print("".join(f"# {line}\n" for line in text.splitlines()), file=sys.stderr, flush=True)


def main(suite):
    """Run @suite and exit: 0, or 1 when something failed or there was nothing to run."""
    result = TapResult()
    suite.run(result)
    print(f"1..{result.number}", flush=True)
    sys.exit(0 if result.wasSuccessful() and result.number else 1)
