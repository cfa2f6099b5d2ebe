# SPDX-License-Identifier: MIT
"""What the tests of the command line share: running it, as root or as an ordinary user."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SBX = os.environ.get("SBX", "sbx")
LEVEL = os.environ.get("SBX_LEVEL", "cli")
IS_ROOT = os.geteuid() == 0 and LEVEL == "cli"
ORDINARY = 1000
NAMESPACES = {"user", "pid", "mnt", "net", "ipc", "uts", "cgroup", "time"}

# "cli": whoever builds; "cli-user": an ordinary user; "cli-userns": root of that user's own user namespace
INSIDE = os.environ.get("SBX_INSIDE") == "1"
if LEVEL in ("cli-user", "cli-userns") and os.geteuid() == 0 and not INSIDE:
    IDENTITY = {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
else:
    IDENTITY = {}


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Case(unittest.TestCase):
    """After each test no child and no descriptor of ours may be left."""

    def setUp(self):
        self.fds = set(os.listdir("/proc/self/fd"))
        self.ends = []

    def tearDown(self):
        for end in reversed(self.ends):
            end()
        self.assertEqual(set(os.listdir("/proc/self/fd")), self.fds, "descriptors were left open")
        with self.assertRaises(ChildProcessError, msg="a child process was left"):
            os.waitpid(-1, os.WNOHANG)

    def directory(self):
        """A directory that the command may read and write whoever it is."""
        path = tempfile.mkdtemp(prefix="sbx-test-")
        self.addCleanup(shutil.rmtree, path)
        os.chmod(path, 0o777)
        return path

    def host_file(self, text, mode=0o644):
        path = os.path.join(self.directory(), "file")
        with open(path, "w", encoding="utf-8") as to:
            to.write(text)
        os.chmod(path, mode)
        return path

    def sbx(self, *args, **options):
        options = {"text": True, "stdin": subprocess.DEVNULL, **IDENTITY, **options}
        if "input" in options:
            del options["stdin"]
        done = subprocess.run([SBX, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              check=False, **options)
        return Result(done)

    def run_ok(self, *args, **options):
        result = self.sbx("run", *args, **options)
        self.assertEqual(result.code, 0, result)
        return result.out.rstrip("\n")

    def shell(self, script, *args, **options):
        return self.run_ok(*args, "sh", "-c", script, **options)

    def refused(self, *args, **options):
        """sbx itself fails: 125, nothing on stdout, one message and at most one hint on stderr."""
        result = self.sbx("run", *args, **options)
        lines = result.err.splitlines()
        self.assertEqual(result.code, 125, result)
        self.assertEqual(result.out, "", result)
        self.assertIn(len(lines), (1, 2), result)
        self.assertRegex(lines[0], r"^\w+: .", result)
        if len(lines) == 2:
            self.assertRegex(lines[1], r"^hint: .", result)
        self.assertNotRegex(result.err, r"sb_\w+: ", "a C name means nothing at a shell")
        return result.err

    def popen(self, *args, **options):
        options = {"text": True, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   **IDENTITY, **options}
        child = subprocess.Popen([SBX, "run", *args], **options)

        def end():
            if child.poll() is None:
                child.kill()
            child.communicate()

        self.ends.append(end)
        return child


def works(*words):
    try:
        return subprocess.run(words, check=False, capture_output=True, **IDENTITY).returncode == 0
    except OSError:
        return False


def again_in_userns():
    """Run this program once more as root of a user namespace. Return: its exit status."""
    unshare = ["unshare", "--user", "--map-root-user"]
    if not works(*unshare, "true"):
        print("skipped: no user namespace for an ordinary user")
        return 77
    for python in (sys.executable, "/usr/bin/python3"):
        if works(python, os.path.abspath(__file__)):
            environ = dict(os.environ, SBX_INSIDE="1")
            return subprocess.run([*unshare, python, *sys.argv], check=False, env=environ, **IDENTITY).returncode
    print("skipped: an ordinary user cannot execute Python, or not read this directory")
    return 77


def main():
    if LEVEL == "cli-user" and os.geteuid() != 0:
        print("skipped: this is an ordinary user already")
        sys.exit(77)
    try:
        subprocess.run([SBX, "--version"], check=True, stdout=subprocess.DEVNULL, **IDENTITY)
    except (PermissionError, subprocess.CalledProcessError) as why:
        print(f"skipped: an ordinary user cannot execute {SBX}: {why}")
        sys.exit(77)
    if LEVEL == "cli-userns" and not INSIDE:
        sys.exit(again_in_userns())
    unittest.main(verbosity=2)
