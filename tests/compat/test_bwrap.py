#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bubblewrap's own tests, with bwrap and with bwrap-shim: test_bwrap.py root|user."""
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import compat

SCRIPTS = {"test-run.sh": "bash", "test-sandbox.py": "python3", "test-specifying-userns.sh": "bash",
           "test-specifying-pidns.sh": "bash"}
SECONDS = 300  # if it hangs; it takes ten

# Its shell suite ends with the first failure; the others would not be heard of.
GO_ON = """
compat_failed=
fatal() { echo "$@" >&2; compat_failed=1; }
report_err() { compat_failed=1; }
"""
OK_LINE = 'echo ok $test_count "$@"'
OK_OR_NOT = 'echo ${compat_failed:+not} ok $test_count "$@"; compat_failed='


def build(source):
    """Its own tool, built once. Return: None if something is missing for that."""
    where = source / "_build"
    options = [f"-D{name}=disabled" for name in ("man", "selinux", "bash_completion", "zsh_completion")]
    with open(source.parent / "lock", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (where / "bwrap").exists():
            return where / "bwrap"
        shutil.rmtree(where, ignore_errors=True)
        for command in (["meson", "setup", *options, "-Dtests=false", where, source], ["ninja", "-C", where]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"# bwrap is not built: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
                return None
    return where / "bwrap"


def adapt(tests):
    """All results of the shell suite instead of those up to the first failure; and nothing stays behind."""
    for name, changes in {
        "libtest.sh": [(r"^set -e$", ""), (r"\Z", GO_ON), ("/var/tmp/tap-test", "$COMPAT_TMP/tap-test")],
        "test-run.sh": [("set -xeuo", "set -xuo"), (re.escape(OK_LINE), lambda _: OK_OR_NOT),
                        (r"^done_testing$", 'rm "$tempfile"; done_testing')],
    }.items():
        text = (tests / name).read_text(encoding="utf-8")
        for pattern, by in changes:
            text, count = re.subn(pattern, by, text, count=1, flags=re.M)
            if count != 1:
                raise compat.Skipped(f"{name} is not the one that this test knows: no {pattern}")
        (tests / name).write_text(text, encoding="utf-8")


def suite(level, report):
    source = compat.fetch("bubblewrap", "0.12.0", "trixie")
    listed = compat.not_offered(compat.HERE / "bwrap.list", level)
    with compat.workplace() as place:
        tool = build(source)
        shutil.copytree(source / "tests", place / "tests")
        adapt(place / "tests")
        if tool:
            shutil.copy2(tool, place)
        for script, interpreter in SCRIPTS.items():
            def run(program):
                text, _ = compat.run([shutil.which(interpreter, path="/usr/bin:/bin"), place / "tests" / script], level, place,
                                     {"BWRAP": str(place / program), "BWRAP_MUST_WORK": "1"}, SECONDS)
                if os.environ.get("COMPAT_LOG"):
                    pathlib.Path(os.environ["COMPAT_LOG"], f"{script}-{program}-{level}").write_text(text)
                return compat.cases_of(text)

            report.compare(script, run("bwrap")[0] if tool else None, lambda: run("bwrap-shim"), listed)


if __name__ == "__main__":
    sys.exit(compat.main(suite))
