# SPDX-License-Identifier: MIT
"""What the build directory says about itself: where things are, and how each file was compiled."""
import json
import os
import pathlib
import shlex
import subprocess

SOURCE = pathlib.Path(os.environ["SB_SOURCE"])
BUILD = pathlib.Path(os.environ["SB_BUILD"])
HEADERS = [
    "box.h",
    "cgroup.h",
    "common.h",
    "config.h",
    "confine.h",
    "determinism.h",
    "error.h",
    "group.h",
    "files.h",
    "join.h",
    "limit.h", "net.h",
    "notify.h",
    "pool.h",
    "proc.h",
    "sandbox.h",
    "seccomp.h",
    "stream.h",
    "trace.h",
    "version.h",
]
INCLUDES = ["-I", str(SOURCE / "include"), "-I", str(BUILD / "include")]

INSTRUMENTS = ("-fsanitize", "-flto", "--coverage")


def run(command, **options):
    """Run @command; its output, or an AssertionError that holds what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        words = shlex.join(map(str, command))
        raise AssertionError(f"{words}\nstatus {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def plain(words):
    """Without what instruments the code or says where the output and its dependencies go."""
    kept, drop = [], False
    for word in words:
        if drop:
            drop = False
        elif word in ("-o", "-MF", "-MQ", "-MT"):
            drop = True
        elif word not in ("-MD", "-MMD", "-MP", "-c") and not word.startswith(INSTRUMENTS):
            kept.append(word)
    return kept


def without_cache(words):
    """The compiler's own command, where a cache calls it."""
    return words[1:] if "ccache" in pathlib.Path(words[0]).name else words


def compiled(below):
    """(source, compiler, flags without the source) of every file below @below that the build compiles."""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if not source.is_relative_to((SOURCE / below).resolve()):
            continue
        words = without_cache(shlex.split(entry["command"]))
        flags = [w for w in plain(words[1:]) if w != entry["file"]]
        # The same file may be compiled for more than one program: once is enough.
        found.setdefault(source, (source, words[0], flags))
    return list(found.values())


def sanitized():
    """Is the library itself compiled with a sanitizer? What links it must be so too."""
    return "-fsanitize=" in (BUILD / "compile_commands.json").read_text(encoding="utf-8")
