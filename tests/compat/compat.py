# SPDX-License-Identifier: MIT
"""What the tests with other projects' suites share: their source, a place to run it, and the comparison.

A suite runs twice, with its own tool and with ours in its place. What its own tool passes ours has to pass,
too, unless the list of what is not offered says why not; and what is on the list must fail.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SBX = pathlib.Path(os.environ["SBX"])
LIBRARY = pathlib.Path(os.environ["SBX_LIBRARY"])
AS_USER = HERE.parent / "as-user.sh"
RESULT = re.compile(r"^(not ok|ok)\b *(\d*) *(?:- )?(.*)$")


class Skipped(Exception):
    """The whole suite, for a reason."""


class Case:
    """One result of a suite, with what was said before it."""

    def __init__(self, ok, name, said):
        self.name, _, self.why = (part.strip() for part in re.sub(r" *# *SKIP", "#SKIP", name, flags=re.I)
                                  .partition("#SKIP"))
        self.outcome = "skip" if "SKIP" in name.upper() and ok else "ok" if ok else "not ok"
        self.said = said


def fetch(package, version, release):
    """The directory of upstream's source."""
    done = subprocess.run([HERE / "fetch", package, version, release], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        raise Skipped(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(f"fetch {package}: {done.stderr}")
    return pathlib.Path(done.stdout.strip())


@contextlib.contextmanager
def workplace():
    """A directory that every user may enter, not below /tmp, which is what suites mount something on."""
    with tempfile.TemporaryDirectory(prefix="libsandbox-compat.", dir="/var/tmp") as place:
        place = pathlib.Path(place)
        place.chmod(0o755)
        # As they lie in the build directory: the program finds its library beside itself.
        for path, below in ((SBX, "tool/examples/sbx"), (LIBRARY, "tool/lib")):
            (place / below).mkdir(parents=True)
            shutil.copy2(path, place / below)
        (place / "tool/lib/libsandbox.so.0").symlink_to(LIBRARY.name)
        (place / "tmp").mkdir()
        (place / "tmp").chmod(0o1777)
        for shim in HERE.glob("*-shim"):
            shutil.copy2(shim, place)
        yield place


def as_level(level):
    """What to put before a command: root's tests also run as an ordinary user."""
    return [str(AS_USER)] if level == "user" and os.geteuid() == 0 else []


def run(command, level, place, env, seconds):
    """@place: that of workplace(). Return: everything it said, and how it ended. What it has started ends with it."""
    temporary = str(place / "tmp")
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8",
           "TMPDIR": temporary, "COMPAT_TMP": temporary, **env}
    for name in ("LD_LIBRARY_PATH", "MALLOC_PERTURB_", "SBX"):
        env.pop(name, None)
    with subprocess.Popen([*as_level(level), *map(str, command)], cwd=temporary, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as child:
        try:
            text = child.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            text = child.communicate()[0] + f"\nended after {seconds} s\n".encode()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    return text.decode(errors="replace"), child.returncode


def cases_of(text):
    """The results in what a suite has said. Those of one name are told apart by their number."""
    cases, said = {}, []
    for line in text.splitlines():
        match = RESULT.match(line)
        if not match:
            said.append(line)
            continue
        case = Case(match[1] == "ok", match[3], said)
        key = case.name or match[2]
        cases[key if key not in cases else f"{key} ({match[2]})"] = case
        said = []
    return cases, said


def not_offered(path, level):
    """The list: for which level (or any), a pattern for a whole name, and the reason, with tabs between them."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [(re.compile(name), reason) for which, name, reason in lines if which in (level, "any")]


def judge(name, theirs, ours, listed):
    """Return: whether it is as it should be, and why it was skipped, if it was."""
    reason = next((reason for pattern, reason in listed if pattern.fullmatch(name)), None)
    if ours and ours.outcome == "ok":
        return not reason, None
    if reason:
        return True, f"not offered: {reason}"
    if not theirs:
        return True, "the suite's own tool is not here to tell whether it can pass"
    if theirs.outcome == "ok":
        return False, None
    return True, theirs.why or ("the suite skips it" if theirs.outcome == "skip" else "the suite's own tool fails, too")


class Report:
    """TAP, a line for each case of the suite; the counts at the end."""

    def __init__(self):
        self.number = self.failed = 0
        self.counts = {"ok": 0, "skipped": 0, "not offered": 0}

    def line(self, ok, name, why=None):
        self.number += 1
        self.failed += not ok
        directive = f" # SKIP {why}" if why else ""
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name.replace('#', '')}{directive}", flush=True)

    def compare(self, script, theirs, run, listed):
        """@theirs: results of the suite's own tool, None where that is not to be had; @run: makes ours."""
        cases, rest = run()
        names = list(cases if theirs is None else theirs)

        def verdict(name):
            return judge(name, theirs and theirs[name], cases.get(name), listed)

        failed = [name for name in names if not verdict(name)[0]]
        if failed:
            # Suites have deadlines of their own, which a busy machine may miss.
            print(f"# {script} once more, for {', '.join(failed)}", flush=True)
            again, rest = run()
            cases.update((name, again[name]) for name in failed if name in again)
        for name in names:
            ok, why = verdict(name)
            self.line(ok, f"{script}: {name}", why)
            kind = "ok" if not why else "not offered" if why.startswith("not offered") else "skipped"
            self.counts[kind] += ok
            if not ok:
                self.explain(cases.get(name), rest)

    @staticmethod
    def explain(case, rest):
        said = case.said if case else rest
        if case and case.outcome == "ok":
            said = ["it is on the list of what is not offered, and passes"]
        print("".join(f"# {line}\n" for line in said[-60:]), file=sys.stderr, flush=True)

    def end(self):
        print(f"1..{self.number}", flush=True)
        print("# " + ", ".join(f"{count} {kind}" for kind, count in self.counts.items()), flush=True)
        return 1 if self.failed or not self.number else 0


def main(suite):
    """@suite is called with the level, root or user, and a report to fill."""
    level = sys.argv[1]
    # Whoever ends us wants the workplace to go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if level == "root" and os.geteuid() != 0:
        print("1..0 # SKIP not root")
        return 0
    report = Report()
    try:
        suite(level, report)
    except Skipped as skipped:
        print(f"1..0 # SKIP {skipped}")
        return 0
    return report.end()
