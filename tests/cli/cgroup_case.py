# SPDX-License-Identifier: MIT
"""What the tests about cgroups share: where this process is, a parent for cgroups, reports."""
import json
import os
import re
import stat
import subprocess

from sbx_case import IDENTITY, LEVEL, SBX, Case

BOCKER = os.environ.get("SBX_BOCKER", os.path.join(os.path.dirname(__file__), "../../examples/bocker"))


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as text:
        return text.read()


def own_path():
    """The cgroup of this process as the kernel names it, or None."""
    lines = read("/proc/self/cgroup").splitlines()
    return lines[-1][3:] if lines and lines[-1].startswith("0::") else None


def mount_point():
    """Where the whole cgroup v2 tree is mounted, or None."""
    for line in read("/proc/self/mountinfo").splitlines():
        fields, kind = line.split(" - ")
        if kind.startswith("cgroup2 ") and fields.split()[3] == "/":
            return fields.split()[4]
    return None


def own_cgroup():
    """The directory of this process's cgroup, or None."""
    own, mount = own_path(), mount_point()
    return os.path.normpath(mount + own) if own and mount else None


def remove_cgroup(path):
    """With what a failed test has left in it."""
    for below, _, _ in os.walk(path, topdown=False):
        os.rmdir(below)


def block_device():
    """A block device as (path, "major:minor"), or None."""
    for name in [*os.environ.get("VM_DISK", "").split(), *sorted(os.listdir("/dev"))]:
        path = os.path.join("/dev", name)
        found = os.stat(path, follow_symlinks=False)
        if stat.S_ISBLK(found.st_mode):
            return path, f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    return None


class CgroupCase(Case):
    def parent(self):
        """A fresh cgroup of this process's own, that is removed again; needs the right to make one."""
        if LEVEL != "cli":
            self.skipTest("no cgroup is delegated to this user")
        own = own_cgroup()
        if not own:
            self.skipTest("no cgroup v2 is mounted")
        path = os.path.join(own, f"sbx-test-{os.getpid()}-{self._testMethodName[5:25]}")
        try:
            os.mkdir(path)
        except OSError as why:
            self.skipTest(f"no cgroup can be made here: {why}")
        self.addCleanup(remove_cgroup, path)
        return path

    def report(self, *args):
        """Run with a report. Return: the result, and the report."""
        path = os.path.join(self.directory(), "report.json")
        result = self.sbx("run", "--report", path, *args)
        report = json.loads(read(path))
        self.assertEqual((report["schema"], report["exit_code"]), (1, result.code), report)
        return result, report

    def limits(self, *args):
        """What would be written to the cgroup: {file: [value...]}."""
        found = {}
        plan = self.run_ok("--dry-run", *args, "true")
        for file, value in re.findall(r"(?m)^host +limit (\S+) = (.*)$", plan):
            found.setdefault(file, []).append(value)
        return found

    def image(self):
        """A root file system, but for its /usr."""
        path = self.directory()
        for name in ("usr", "proc", "dev", "tmp"):
            os.mkdir(os.path.join(path, name))
        for name in ("bin", "lib", "lib64"):
            os.symlink("usr/" + name, os.path.join(path, name))
        return path

    def bocker(self, sbx, *args, **environ):
        environ = dict(os.environ, SBX=sbx, **environ)
        return subprocess.run([BOCKER, *args], capture_output=True, text=True, check=False, timeout=60,
                              env=environ, stdin=subprocess.DEVNULL, cwd=self.cwd, **IDENTITY)

    def wrapper(self, text):
        """A program in place of sbx; it finds the real one as $real."""
        return self.host_file(f"#!/bin/sh\nreal='{SBX}'\n{text}\n", 0o755)
