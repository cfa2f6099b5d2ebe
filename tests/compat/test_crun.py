#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a single run promises of crun's own tests, with crun and with oci-shim: test_crun.py root|user."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import compat

SUBSET = ("capabilities", "cwd", "hostname", "limits", "mounts", "rlimits", "uid_gid", "paths", "preserve_fds", "pid", "pid_file",
          "seccomp", "time")
SECONDS = 300  # if it hangs; it takes one

# In the place of a module that few machines have: what test_mounts.py asks of it.
LIBMOUNT = """
class Mount:
    def __init__(self, fields):
        self.vfs_options, self.fs_options = fields[5], fields[-1]


class Table:
    def __init__(self, path):
        with open(path) as text:
            self.rows = [line.split() for line in text]

    def find_target(self, path):
        return Mount([fields for fields in self.rows if fields[4] == path][-1])
"""

# Its cgroups are not what is asked here, but it refuses machines where those of version 2 are not at the usual place.
WITHOUT_CGROUPS = """#!/bin/sh
shift 2
set -- crun --cgroup-manager disabled "$@"
if [ -e /sys/fs/cgroup/unified ] && [ "$(id -u)" -eq 0 ]; then
	exec unshare --mount sh -c 'mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup && exec "$@"' sh "$@"
fi
exec "$@"
"""


def adapt(script):
    """A mount of /tmp is one of what the suite brings along: mount points are made in there. And a line is a line."""
    text = script.read_text(encoding="utf-8").replace('"source": "/tmp"', '"source": get_tests_root()')
    script.write_text(text.replace('write("start")', 'write("start\\n")'), encoding="utf-8")


def build_init(source, place):
    """The program that runs in the containers, as one file."""
    (place / "config.h").write_text("#define HAVE_ERROR_H 1\n", encoding="utf-8")
    done = subprocess.run(["cc", "-w", "-static", "-I", place, "-o", place / "init", source / "tests" / "init.c"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise compat.Skipped(f"the suite's init cannot be built: {done.stderr.strip().splitlines()[-1]}")


def suite(level, report):
    source = compat.fetch("crun", "1.21", "trixie")
    listed = compat.not_offered(compat.HERE / "crun.list", level)
    with compat.workplace() as place:
        build_init(source, place)
        tests = place / "tmp" / "tests"
        shutil.copytree(source / "tests", tests)
        shutil.copy2(place / "init", tests)
        adapt(tests / "test_mounts.py")
        (tests / "libmount.py").write_text(LIBMOUNT, encoding="utf-8")
        (place / "crun").write_text(WITHOUT_CGROUPS, encoding="utf-8")
        (place / "crun").chmod(0o755)
        for name in SUBSET:
            script = f"test_{name}.py"

            def run(program):
                text, _ = compat.run(["/usr/bin/python3", f"tests/{script}"], level, place,
                                     {"OCI_RUNTIME": str(place / program), "INIT": str(place / "init")}, SECONDS)
                if os.environ.get("COMPAT_LOG"):
                    pathlib.Path(os.environ["COMPAT_LOG"], f"{script}-{program}-{level}").write_text(text)
                return compat.cases_of(text)

            report.compare(script, run("crun")[0] if shutil.which("crun") else None, lambda: run("oci-shim"), listed)


if __name__ == "__main__":
    sys.exit(compat.main(suite))
