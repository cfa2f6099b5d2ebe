# SPDX-License-Identifier: MIT
"""What the tests share: where things are, in which lane they run, and that nothing is left behind."""
import gc
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
import warnings

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
SOURCE = PACKAGE.parents[1]
BUILD = pathlib.Path(os.environ.get("SB_BUILD", SOURCE / "build"))
os.environ.setdefault("LIBSANDBOX_PATH", str(BUILD / "lib" / "libsandbox.so"))
LIBRARY = os.environ["LIBSANDBOX_PATH"]
sys.path.insert(0, str(SOURCE / "tests"))
sys.path.insert(0, str(PACKAGE))
sys.dont_write_bytecode = True

import libsandbox as sb  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position


def children():
    """Pids of this process' children."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return set(file.read().split())


class Case(unittest.TestCase):
    """After each test no child, no descriptor and no warning may be left."""

    def setUp(self):
        sb.purge()
        gc.collect()
        self.before = (children(), sorted(os.listdir("/proc/self/fd")))
        self.caught = warnings.catch_warnings(record=True)
        self.warned = self.caught.__enter__()
        warnings.simplefilter("always", ResourceWarning)
        self.addCleanup(self.nothing_left)  # the first one is done last

    def nothing_left(self):
        sb.purge()
        gc.collect()
        self.caught.__exit__(None, None, None)
        self.assertEqual([str(w.message) for w in self.warned], [], "warnings")
        self.assertEqual((children(), sorted(os.listdir("/proc/self/fd"))), self.before, "children, descriptors")

    def directory(self):
        """A directory that the command may read and write, whoever it is."""
        path = tempfile.mkdtemp(prefix="sandbox-py-")
        self.addCleanup(shutil.rmtree, path)
        os.chmod(path, 0o777)
        return path

    def patiently(self, attempt):
        """What attempt(seconds) returns: with ever more of them while that is nothing, as a machine may be slow."""
        for seconds in (0.2, 1, 5, 20):
            result = attempt(seconds)
            if result:
                return result
        self.fail("not even after 20 seconds")

    def needs(self, feature):
        why = sb.probe(feature)
        if why:
            self.skipTest(why)


def live(case):
    """Skip a class of tests where no sandbox can be made at all, with the machine's own reason."""
    why = sb.probe("all")
    return unittest.skip(why)(case) if why else case


def main():
    """Run what the main module has, and speak TAP."""
    tap.main(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]))
