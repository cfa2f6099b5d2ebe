#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Python believes of the C interface is what the compiler says of the headers, and what the library exports."""
import ctypes
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import BUILD, LIBRARY, PACKAGE, SOURCE, main

from libsandbox import _api, _numbers, _structs, _types

INCLUDES = ["-I", str(SOURCE / "include"), "-I", str(BUILD / "include")]
# Not numbers of the interface: how it is declared, and the version, which is checked at the import.
NO_NUMBERS = re.compile(r"SB_(API|MUST_CHECK|BEGIN_DECLS|END_DECLS|VERSION\w*)$")
C_NAMES = {
    _types.Int: "int", _types.UInt: "unsigned", _types.Int64: "int64_t", _types.UInt16: "uint16_t",
    _types.UInt32: "uint32_t", _types.UInt64: "uint64_t", _types.Size: "size_t", _types.SSize: "ssize_t",
    _types.Pid: "pid_t", _types.Text: "char *", _types.Buffer: "char *", _types.Strings: "char **", _types.Data: "void *",
    ctypes.c_char_p: "char *", ctypes.c_void_p: "void *", ctypes.c_int: "int", ctypes.c_int32: "int32_t",
    ctypes.c_uint32: "uint32_t", ctypes.c_uint64: "uint64_t", ctypes.c_size_t: "size_t", None: "void",
}


def c_name(kind):
    """A type of the table as C has it, without const."""
    if kind in C_NAMES:
        return C_NAMES[kind]
    if issubclass(kind, ctypes._Pointer):
        return c_name(kind._type_) + " *"
    return kind.__name__


def structs():
    return {name: kind for name, kind in vars(_structs).items()
            if name.startswith("sb_") and hasattr(kind, "_fields_")}


def ask(lines):
    """Compile a program that prints what each line says, as JSON; const counts for nothing in it."""
    with tempfile.TemporaryDirectory() as scratch:
        source = pathlib.Path(scratch) / "ask.c"
        source.write_text("#include <stddef.h>\n#include <stdio.h>\n#include <sandbox/sandbox.h>\n"
                          "#define SAY(key, value) printf(\"\\\"%s\\\": %lld,\\n\", key, (long long)(value))\n"
                          "int main(void)\n{\n\tputs(\"{\");\n" + "".join(f"\t{line}\n" for line in lines) +
                          "\tputs(\"\\\"end\\\": 0}\");\n\treturn 0;\n}\n", encoding="utf-8")
        program = f"{scratch}/ask"
        done = subprocess.run(["cc", "-w", "-Dconst=", *INCLUDES, str(source), "-o", program], check=False,
                              capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stderr)
        return json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)


def header_texts():
    for path in [*sorted((SOURCE / "include" / "sandbox").glob("*.h")), *sorted((BUILD / "include" / "sandbox").glob("*.h"))]:
        yield re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)


class Table(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("cc"):
            raise unittest.SkipTest("no cc(1) to ask")

    def test_functions_are_those_of_the_library(self):
        """the table has every exported function, and no other"""
        lines = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True, capture_output=True, text=True).stdout
        exported = {w[2].split("@")[0] for w in map(str.split, lines.splitlines()) if len(w) == 3 and w[1] != "A"}
        self.assertEqual(set(_api.FUNCTIONS), exported)

    def test_functions_have_the_types_of_the_headers(self):
        """result and arguments of every function are what the compiler says"""
        lines = []
        for name, (result, args) in _api.FUNCTIONS.items():
            words = ", ".join(map(c_name, args)) or "void"
            lines.append(f'SAY("{name}", __builtin_types_compatible_p(__typeof__({name}), {c_name(result)} ({words})));')
        said = ask(lines)
        self.assertEqual([name for name in _api.FUNCTIONS if not said[name]], [])

    def test_structs_have_the_layout_of_the_headers(self):
        """size and member offsets of every struct are what the compiler says"""
        lines, expected = [], {"end": 0}
        for name, kind in structs().items():
            lines.append(f'SAY("{name}", sizeof({name}));')
            expected[name] = ctypes.sizeof(kind)
            for field, _ in kind._fields_:
                for what, expression in (("at", f"offsetof({name}, {field})"), ("size", f"sizeof((({name} *)0)->{field})")):
                    lines.append(f'SAY("{name}.{field} {what}", {expression});')
                expected[f"{name}.{field} at"] = getattr(kind, field).offset
                expected[f"{name}.{field} size"] = getattr(kind, field).size
        self.assertEqual(ask(lines), expected)

    def test_structs_are_all_there(self):
        """no public struct, and no member of one, is missing"""
        wanted = {}
        for text in header_texts():
            for body, name in re.findall(r"^typedef struct \w+ \{(.*?)^\} (\w+);", text, re.M | re.S):
                wanted[name] = re.findall(r"(\w+)(?:\[\d+\])?;", body)
        self.assertEqual({name: [f[0] for f in kind._fields_] for name, kind in structs().items()}, wanted)

    def test_numbers_have_the_values_of_the_headers(self):
        """every number is what the compiler says"""
        said = ask([f'SAY("{name}", {name});' for name in _numbers.NAMES])
        del said["end"]
        self.assertEqual(said, {name: int(value) for name, value in _numbers.NAMES.items()})

    def test_numbers_are_all_there(self):
        """no number of the headers is missing"""
        wanted = set()
        for text in header_texts():
            wanted |= {name for name in re.findall(r"^#define (SB_\w+)[ \t]+\S", text, re.M) if not NO_NUMBERS.match(name)}
            wanted |= set(re.findall(r"^\t(SB_STEP_\w+) = \d+,", text, re.M)) - {"SB_STEP_NONE"}
        self.assertEqual(set(_numbers.NAMES), wanted)

    def test_files_are_what_the_headers_make(self):
        """make_api.py would change nothing"""
        done = subprocess.run([sys.executable, PACKAGE / "make_api.py", "--check"], check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_setter_is_a_method(self):
        """every function that takes a config to change it is a method of Config"""
        from libsandbox import Config

        names = [name for name, (_, args) in _api.FUNCTIONS.items()
                 if re.match(r"sb_(set|add|drop|net)_", name) and args[:1] == (ctypes.POINTER(_structs.sb_config),)]
        self.assertGreater(len(names), 90)
        self.assertEqual([name for name in names if not callable(getattr(Config, name[3:], None))], [])

    def test_types_are_strict(self):
        """mypy --strict finds nothing"""
        mypy = next((path for path in ("/usr/bin/mypy", shutil.which("mypy")) if path and pathlib.Path(path).exists()), None)
        if not mypy:
            self.skipTest("mypy is not installed")
        with tempfile.TemporaryDirectory() as cache:
            done = subprocess.run([mypy, "--strict", "--python-version", "3.9", "--cache-dir", cache, "libsandbox"], check=False,
                                  cwd=PACKAGE, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Arguments(unittest.TestCase):
    """ctypes cuts what does not fit; this package must not."""

    def test_number_that_does_not_fit_is_refused(self):
        for kind, value in ((_types.UInt32, 2**32), (_types.UInt32, -1), (_types.UInt64, 2**64), (_types.Int, 2**31), (_types.UInt16, 65536)):
            with self.subTest(kind=kind.__name__, value=value), self.assertRaises(OverflowError):
                kind.from_param(value)

    def test_float_is_refused(self):
        with self.assertRaises((TypeError, AttributeError)):
            _types.UInt64.from_param(1.5)

    def test_text_with_nul_is_refused(self):
        with self.assertRaisesRegex(ValueError, "null byte"):
            _types.Text.from_param("a\0b")

    def test_one_text_is_no_list(self):
        with self.assertRaises(TypeError):
            _types.Strings.from_param("abc")

    def test_none_is_no_limit(self):
        self.assertEqual(_types.UInt64.from_param(None).value, 2**64 - 1)


if __name__ == "__main__":
    main()
