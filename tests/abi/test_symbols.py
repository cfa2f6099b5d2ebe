#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The interface of the library: one list of names, in the headers, in the map and in the shared object."""
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from builddir import BUILD, HEADERS, INCLUDES, SOURCE, compiled, run

SHARED = BUILD / "lib" / "libsandbox.so"
INIT_MAX = 40 * 1024


def header(name):
    path = SOURCE / "include" / "sandbox" / name
    if not path.exists():
        path = BUILD / "include" / "sandbox" / name
    return path.read_text(encoding="utf-8")


def declared():
    """Names that the headers declare as part of the interface."""
    names = set()
    for name in HEADERS:
        text = re.sub(r"/\*.*?\*/", "", header(name), flags=re.S)
        names |= set(re.findall(r"^SB_API\b[^;(]*?(\w+)\s*\(", text, re.M))
    return names


def mapped():
    """Names that the version script lets out."""
    text = (SOURCE / "lib" / "libsandbox.map").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/|#.*", "", text, flags=re.S)
    names = set()
    for node in re.findall(r"global:(.*?)(?:local:|\})", text, re.S):
        names |= {name.strip() for name in node.split(";") if name.strip()}
    return names


def exported():
    """Names that the shared object defines, without the version nodes themselves."""
    lines = run(["nm", "-D", "--defined-only", SHARED]).splitlines()
    symbols = [line.split() for line in lines]
    return {s[2].split("@")[0] for s in symbols if len(s) == 3 and s[1] != "A"}


def difference(one, one_name, other, other_name):
    text = [f"{n}: in {one_name}, not in {other_name}" for n in sorted(one - other)]
    text += [f"{n}: in {other_name}, not in {one_name}" for n in sorted(other - one)]
    return "\n".join(text)


class Symbols(unittest.TestCase):
    def test_headers_and_map(self):
        """every function of the headers is in the map, and nothing else"""
        self.assertTrue(declared())
        self.assertEqual(declared(), mapped(), difference(declared(), "the headers", mapped(), "the map"))

    def test_shared_object(self):
        """the shared object exports what the map says, and nothing else"""
        self.assertEqual(exported(), mapped(), difference(exported(), "the object", mapped(), "the map"))

    def test_soname(self):
        """the soname carries major version 0"""
        self.assertIn("Library soname: [libsandbox.so.0]", run(["readelf", "-d", SHARED]))

    def test_needed(self):
        """the shared object needs libc, libcap-ng and libseccomp, and nothing else"""
        needed = set(re.findall(r"\(NEEDED\).*\[([a-z-]+)", run(["readelf", "-d", SHARED])))
        self.assertLessEqual(needed, {"libc", "libcap-ng", "libseccomp", "ld-linux-x", "libasan", "libubsan", "libtsan"})


class Headers(unittest.TestCase):
    """Each public header compiles by itself, also in the strictest dialects."""

    DIALECTS = [("cc", "c", "c99"), ("cc", "c", "c11"), ("c++", "c++", "c++11"), ("c++", "c++", "c++17"),
                ("clang", "c", "c99"), ("clang++", "c++", "c++11")]

    def test_alone(self):
        """every public header compiles alone as C99, C11, C++11 and C++17, with -pedantic"""
        for compiler, language, standard in self.DIALECTS:
            if not shutil.which(compiler):
                print(f"# {compiler} is not installed: {standard} was not tried with it")
                continue
            for name in HEADERS + ["steps.h"]:
                with self.subTest(compiler=compiler, standard=standard, header=name):
                    self.compile(compiler, language, standard, f"#include <sandbox/{name}>\n")

    def test_initialiser(self):
        """SB_INIT compiles in C and C++, and gives no warning under -Wall -Wextra"""
        text = "#include <sandbox/sandbox.h>\nint f(void);\nint f(void)\n{\n" \
               "\tsb_error e = SB_INIT(sb_error);\n\tsb_result r = SB_INIT(sb_result);\n" \
               "\treturn (int)(e.size + r.size);\n}\n"
        for compiler, language, standard in self.DIALECTS:
            if shutil.which(compiler):
                # C++ before C++20 cannot name the one member that is set, so -Wextra always counts the rest.
                quiet = ["-Wno-missing-field-initializers"] if language == "c++" else []
                with self.subTest(compiler=compiler, standard=standard):
                    self.compile(compiler, language, standard, text, *quiet)

    def compile(self, compiler, language, standard, text, *options):
        run([compiler, "-x", language, f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror",
             "-Wshadow", *options, "-fsyntax-only", *INCLUDES, "-"], input=text)


class Bootstrap(unittest.TestCase):
    def test_clone(self):
        """the code that runs in the host's memory refers to nothing that is not on the written list"""
        lines = (pathlib.Path(__file__).parent / "clone-undefined.txt").read_text(encoding="utf-8").splitlines()
        allowed = {line.split("#")[0].strip() for line in lines} - {""}
        sources = [c for c in compiled("lib/host") if c[0].name in ("clone.c", "net_eye.c", "live_mount.c", "live_target.c")]
        self.assertEqual(len(sources), 4)
        undefined, defined = {}, set()
        for source, compiler, flags in sources:
            with self.subTest(source=source.name), tempfile.TemporaryDirectory() as scratch:
                # Meson's flags name directories relative to where it builds.
                run([compiler, *flags, "-c", source, "-o", f"{scratch}/clone.o"], cwd=BUILD)
                undefined[source.name] = {line.split()[-1] for line in run(["nm", "-u", f"{scratch}/clone.o"]).splitlines()}
                defined |= {line.split()[-1] for line in run(["nm", "-g", "--defined-only", f"{scratch}/clone.o"]).splitlines()}
        for name, names in undefined.items(): # one of them may call another, by a name that is hidden and so never looked up
            with self.subTest(source=name):
                self.assertLessEqual(names, allowed | defined, f"not on the list: {sorted(names - allowed - defined)}")

    def test_list(self):
        """the written list names nothing that is no longer used"""
        text = (SOURCE / "lib" / "host" / "clone.c").read_text(encoding="utf-8")
        lines = (pathlib.Path(__file__).parent / "clone-undefined.txt").read_text(encoding="utf-8").splitlines()
        names = [line for line in lines if line.strip() and not line.startswith("#")]
        for line in names:
            name, _, reason = line.partition("#")
            self.assertTrue(reason.strip(), f"{name}: no reason is given")
            if not name.strip().startswith(("_", "mem")):
                self.assertIn(name.strip(), text)


class Init(unittest.TestCase):
    def setUp(self):
        self.path = BUILD / "lib" / "init" / "sb-init"
        segments = run(["readelf", "-lW", self.path])
        if "INTERP" in segments:
            self.skipTest("sb-init was built as a hosted program")

    def test_size(self):
        """sb-init is at most 40 KiB when it is stripped"""
        with tempfile.TemporaryDirectory() as scratch:
            run(["strip", "-o", f"{scratch}/sb-init", self.path])
            size = pathlib.Path(f"{scratch}/sb-init").stat().st_size
        print(f"# sb-init: {size} bytes")
        self.assertLessEqual(size, INIT_MAX)

    def test_freestanding(self):
        """sb-init needs nothing: no loader, no library, no relocation, no undefined symbol"""
        self.assertNotIn("NEEDED", run(["readelf", "-dW", self.path]))
        self.assertEqual(run(["nm", "-u", self.path]).strip(), "")

    def test_segments(self):
        """no segment of sb-init is writable and executable, and its stack is not executable"""
        for line in run(["readelf", "-lW", self.path]).splitlines():
            flags = re.search(r" ([R ][W ][E ]) +0x", line)
            self.assertFalse(flags and flags[1] == "RWE", line)
            self.assertFalse(line.strip().startswith("GNU_STACK") and "E " in line, line)


if __name__ == "__main__":
    tap.main(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
