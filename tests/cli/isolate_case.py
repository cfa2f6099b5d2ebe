# SPDX-License-Identifier: MIT
"""What the tests of the front end `isolate` share: boxes in a directory of the test's own, meta files."""
import functools
import os
import subprocess

from sbx_case import IDENTITY, Case, Result

ISOLATE = os.environ.get("SBX_ISOLATE", "isolate")
SHELL = "/bin/sh"
FIRST_UID = 60000

# How the keys of a meta file look, whatever the run was.
FIGURES = {"time", "time-wall", "max-rss", "csw-voluntary", "csw-forced"}
LIMITS = ["--time=20", "--wall-time=50"]


def read(*names):
    with open(os.path.join(*names), encoding="utf-8", errors="surrogateescape") as text:
        return text.read()


@functools.cache
def has_box_ids():
    """Can the caller be root of many ids? Only then each box has its own."""
    if IDENTITY or os.geteuid() != 0:
        return False
    for line in read("/proc/self/uid_map").splitlines():
        inside, _, count = map(int, line.split())
        if inside <= FIRST_UID < inside + count:
            return True
    return False


@functools.cache
def memory_is_counted():
    """Is there a memory controller for a command of ours? A run tells."""
    return CgProbe("probe").probe("cg-mem")


class IsolateCase(Case):
    def setUp(self):
        super().setUp()
        self.place = self.directory()
        self.settings()

    def settings(self, *lines):
        self.config = os.path.join(self.place, "config")
        with open(self.config, "w", encoding="utf-8") as to:
            to.write(f"# of a test\nbox_root = {self.place}/boxes\nlock_root={self.place}/locks\n\n")
            to.writelines(line + "\n" for line in lines)
        os.chmod(self.config, 0o644)

    def environ(self):
        return dict(os.environ, ISOLATE_CONFIG_FILE=self.config)

    def isolate(self, *args, **options):
        options = {"text": True, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "env": self.environ(), "cwd": "/", **IDENTITY, **options}
        if "input" in options:
            del options["stdin"]
        return Result(subprocess.run([ISOLATE, *args], timeout=100, check=False, **options))

    def succeeds(self, *args, **options):
        result = self.isolate(*args, **options)
        self.assertEqual(result.code, 0, result)
        return result

    def init(self, *args):
        """Return: the directory /box of a fresh box."""
        out = self.succeeds(*args, "--init").out
        self.assertRegex(out, r"^/.*\n$")
        return os.path.join(out.rstrip("\n"), "box")

    def meta_path(self):
        path = os.path.join(self.place, "meta")
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8"):
                pass
            os.chmod(path, 0o666)
        return path

    def meta(self):
        found = {}
        for line in read(self.meta_path()).splitlines():
            key, value = line.split(":", 1)
            self.assertNotIn(key, found, "a key is there twice")
            found[key] = value
        return found

    def run_meta(self, *args, expect=None, **options):
        """--run with a meta file. Return: the result, and the file."""
        result = self.isolate("-M", self.meta_path(), *args, **options)
        if expect is not None:
            self.assertEqual(result.code, expect, result)
        return result, self.meta()

    def shell(self, script, *args, **options):
        """A shell in the box with as many processes as it likes. Return: its output."""
        return self.succeeds("-p", *args, "--run", "--", SHELL, "-c", script, **options).out

    def status(self, script, *args, **options):
        """Return: what the program ended with, and the two letters."""
        result, meta = self.run_meta(*args, "--run", "--", SHELL, "-c", script, **options)
        return result.code, meta.get("status")

    def refused(self, *args, **options):
        """An error of the sandbox: 2, nothing on stdout, the reason on stderr."""
        result = self.isolate(*args, **options)
        self.assertEqual(result.code, 2, result)
        self.assertEqual(result.out, "", result)
        self.assertNotEqual(result.err, "", result)
        self.assertNotRegex(result.err, r"\bsb_\w+", "a C name means nothing here")
        return result.err

    def put(self, box, name, content, mode=0o755):
        """As the caller puts a file into the box."""
        path = os.path.join(box, name)
        script = 'umask 0; cat > "$1" && chmod "$2" "$1"'
        subprocess.run(["sh", "-c", script, "sh", path, oct(mode)[2:]], input=content, text=True, check=True, **IDENTITY)
        return path

    def leave_nothing(self):
        """After --cleanup there is no box any more."""
        self.succeeds("--cleanup")
        self.assertEqual(os.listdir(os.path.join(self.place, "boxes")), [])


class CgProbe(IsolateCase):
    """One run with --cg: which figures there are."""

    def probe(self, *_):
        """unittest wants a method of the name it is given."""
        self.setUp()
        try:
            self.isolate("--cg", "--init")
            _, meta = self.run_meta("--cg", "--run", "--", "/bin/true")
            self.isolate("--cg", "--cleanup")
            return "cg-mem" in meta
        finally:
            self.tearDown()
            self.doCleanups()
