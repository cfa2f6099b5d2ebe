#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same arguments, to subprocess.run() and to libsandbox.run(), have the same result."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import SOURCE, Case, live, main, sb

P, D, S = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT
# What differs on purpose is made equal: the environment, the directory, and stdin.
ENV = {"PATH": "/usr/bin:/bin", "A": "1"}


def sh(script, **options):
    return ["sh", "-c", script], options


CAPTURE = {"capture_output": True}
TEXT = {"capture_output": True, "text": True}
CALLS = {
    "status 0": sh("exit 0"),
    "status 1": sh("exit 1"),
    "status 255": sh("exit 255"),
    "one word": ("true", {}),
    "one word as bytes": (b"true", {}),
    "a path": (pathlib.Path("/usr/bin/true"), {}),
    "words as a tuple": (("sh", "-c", "exit 2"), {}),
    "words of mixed kinds": ([b"printf", "%s", pathlib.Path("/a")], CAPTURE),
    "empty argument": (["printf", "<%s>", ""], CAPTURE),
    "argument that is no text": (["printf", b"\xff\xfe"], CAPTURE),
    "executable": (["other-name", "-c", "echo $0"], {**TEXT, "executable": "/bin/sh"}),
    "signal TERM": sh("kill -TERM $$"),
    "signal KILL": sh("kill -KILL $$"),
    "signal ABRT": sh("ulimit -c 0; kill -ABRT $$"),
    "stdout": sh("echo out", **CAPTURE),
    "stderr": sh("echo err >&2", **CAPTURE),
    "both": sh("echo out; echo err >&2", **CAPTURE),
    "nothing": sh("true", **CAPTURE),
    "stdout alone": sh("echo out; echo err >&2", stdout=P, stderr=D),
    "stderr alone": sh("echo out; echo err >&2", stdout=D, stderr=P),
    "stderr to stdout": sh("echo out; echo err >&2", stdout=P, stderr=S),
    "stderr to stdout that is nothing": sh("echo out; echo err >&2", stdout=D, stderr=S),
    "text": sh("echo text", **TEXT),
    "universal newlines": sh("printf 'a\\r\\nb\\rc\\n'", capture_output=True, universal_newlines=True),
    "encoding": sh("printf '\\344\\n'", capture_output=True, encoding="latin-1"),
    "errors": sh("printf '\\377\\n'", capture_output=True, encoding="utf-8", errors="replace"),
    "errors alone": sh("printf a", capture_output=True, errors="ignore"),
    "output that is no text": sh("printf '\\377'", capture_output=True, encoding="utf-8"),
    "input": (["cat"], {"input": b"in\0put", **CAPTURE}),
    "input as text": (["cat"], {"input": "ä\n", "encoding": "utf-8", **CAPTURE}),
    "input as bytearray": (["cat"], {"input": bytearray(b"abc"), **CAPTURE}),
    "empty input": (["cat"], {"input": b"", **CAPTURE}),
    "large input and output": (["cat"], {"input": b"x" * 300000, **CAPTURE}),
    "input that nobody reads": sh("exit 0", input=b"x" * 300000),
    "text for a binary stdin": (["cat"], {"input": "text", **CAPTURE}),
    "input and stdin": (["cat"], {"input": b"", "stdin": D}),
    "capture and stdout": (["true"], {"capture_output": True, "stdout": P}),
    "check of success": sh("true", check=True),
    "check of a status": sh("echo x; exit 3", check=True, **TEXT),
    "check of a signal": sh("kill -TERM $$", check=True),
    "time-out": (["sleep", "1000"], {"timeout": 0.2}),
    "time-out that is not reached": (["true"], {"timeout": 1000}),
    "missing command": (["no-such-command-at-all"], {}),
    "missing path": (["/no/such/command"], {}),
    "no program": (["/etc/passwd"], {}),
    "a directory": (["/usr"], {}),
    "missing directory": (["true"], {"cwd": "/no/such/dir"}),
    "directory": (["pwd"], {**TEXT, "cwd": "/usr/bin"}),
    "environment": (["env"], {**TEXT, "env": {"ONE": "1", "PATH": "/usr/bin", "EMPTY": ""}}),
    "environment of bytes": (["/usr/bin/env"], {**CAPTURE, "env": {b"B": b"\xff"}}),
    "name with =": (["true"], {"env": {"A=B": "c"}}),
    "NUL in an argument": (["printf", "a\0b"], {}),
    "NUL in the environment": (["true"], {"env": {"A": "a\0b"}}),
    "umask": sh("umask", umask=0o027, **TEXT),
    "further descriptors": sh("ls /proc/self/fd | wc -l", **TEXT),
    "SIGPIPE is not ignored": sh("yes | head -1 >/dev/null; trap '' PIPE; echo $?", **TEXT),
}


def told(run, args, options):
    """All that can be compared of a call: its result, or its exception."""
    options = {"cwd": "/", "env": ENV, **options}
    if "input" not in options:
        options.setdefault("stdin", D)
    try:
        result = run(args, **options)
    except subprocess.TimeoutExpired as error:
        return "TimeoutExpired", error.cmd, round(error.timeout, 2)
    except subprocess.CalledProcessError as error:
        return "CalledProcessError", error.returncode, error.cmd, error.output, error.stderr, str(error)
    except OSError as error:
        if isinstance(error, ValueError):
            return (ValueError,)
        return next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins"), error.errno, error.filename
    except (ValueError, TypeError) as error:
        return (next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins"),)
    return result.returncode, result.args, result.stdout, result.stderr


@live
class Compared(Case):
    def test_there_are_enough_of_them(self):
        self.assertGreaterEqual(len(CALLS), 40)
        self.assertIn(f"{len(CALLS)} calls are compared", (SOURCE / "docs" / "python.md").read_text(encoding="utf-8"))

    def test_files_as_all_three(self):
        """a file is read and written where it stands"""
        texts = []
        for run in (subprocess.run, sb.run):
            with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out:
                source.write(b"head\nbody\n")
                source.flush()
                source.seek(5)
                run(["sh", "-c", "cat; echo err >&2"], stdin=source, stdout=out, stderr=subprocess.STDOUT, check=True)
                out.seek(0)
                texts.append(out.read())
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(texts[1], b"body\nerr\n")

    def test_descriptor_is_inherited_as_stdout(self):
        """without a word stdout is the caller's"""
        read, write = os.pipe()
        saved = os.dup(1)
        os.dup2(write, 1)
        try:
            for run in (subprocess.run, sb.run):
                run(["echo", "hello"], check=True)
        finally:
            os.dup2(saved, 1)
            os.close(saved)
            os.close(write)
        with os.fdopen(read, "rb") as file:
            self.assertEqual(file.read(), b"hello\nhello\n")

    def test_popen_attributes(self):
        """Popen has the same attributes at the same time"""
        seen = []
        for popen in (subprocess.Popen, sb.Popen):
            with popen(["cat"], stdin=P, stdout=P, stderr=P, text=True, bufsize=1) as child:
                child.stdin.write("line\n")
                line = child.stdout.readline()
                seen.append((line, child.args, child.returncode, child.poll(), child.stdin.encoding, repr(child)))
                child.send_signal(signal.SIGTERM)
                seen[-1] += (child.wait(), child.returncode, child.stdin.closed, child.communicate())
        self.assertEqual(seen[0], seen[1])

    def test_check_output_and_check_call(self):
        """the older functions answer alike"""
        for module in (subprocess, sb):
            self.assertEqual(module.check_output(["echo", "x"]), b"x\n")
            self.assertEqual(module.check_call(["true"]), 0)
            with self.assertRaises(subprocess.CalledProcessError):
                module.check_call(["false"])


def _test(name):
    def compare(self):
        args, options = CALLS[name]
        self.maxDiff = None
        self.assertEqual(told(sb.run, args, options), told(subprocess.run, args, options))

    compare.__doc__ = name
    return compare


for _name in CALLS:
    setattr(Compared, "test_" + _name.replace(" ", "_"), _test(_name))


if __name__ == "__main__":
    main()
