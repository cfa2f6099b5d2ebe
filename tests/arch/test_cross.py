#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every file of lib/ compiles for another architecture, and sb-init links there: test_cross.py ARCHITECTURE.

The flags are those of the build; only the compiler is another one. Nothing is run.
"""
import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from builddir import BUILD, SOURCE, compiled, plain, run, without_cache

MACHINES = {"aarch64": "AArch64", "riscv64": "RISC-V"}
ARCHITECTURE = sys.argv[1]
COMPILER = f"{ARCHITECTURE}-linux-gnu-gcc"
HOST_ONLY = ("-m64", "-mtune=", "-march=", "-fcf-protection", "-mno-red-zone", "-mgeneral-regs-only")


def portable(flags):
    return [flag for flag in flags if not flag.startswith(HOST_ONLY)]


class Cross(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)
        # Its header is the same everywhere, but lies where a cross compiler does not look.
        for path in ("/usr/local/include/cap-ng.h", "/usr/include/cap-ng.h"):
            if os.path.exists(path):
                shutil.copy(path, cls.scratch)

    def compile(self, source, flags, name):
        output = self.scratch / name
        run([COMPILER, *portable(flags), "-fdiagnostics-color=never", "-Werror", "-isystem", self.scratch,
             "-c", source, "-o", output], cwd=BUILD)
        return output

    def test_compile(self):
        """every source file of the library compiles without a warning"""
        files = compiled("lib")
        missing = set((SOURCE / "lib").rglob("*.c")) - {source for source, _, _ in files}
        # One of the two, as sb-init is built.
        self.assertLessEqual({p.name for p in missing}, {"hosted.c", "start.c"}, "not part of the build")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            work = {pool.submit(self.compile, source, flags, f"{number}.o"): source
                    for number, (source, _, flags) in enumerate(files)}
        for future, source in work.items():
            with self.subTest(source=source.name):
                future.result()

    def test_link(self):
        """sb-init links into a static program for that machine, with nothing undefined"""
        *objects, link = self.init_commands()
        words = [COMPILER, *portable(plain(without_cache(link))[1:])]
        for number, command in enumerate(objects):
            source = next(w for w in command if w.endswith((".c", ".S")))
            flags = [w for w in plain(without_cache(command))[1:] if w != source]
            output = command[command.index("-o") + 1]
            words[words.index(output)] = str(self.compile(source, flags, f"init-{number}.o"))
        program = self.scratch / "sb-init"
        run([*words, "-o", program], cwd=BUILD)
        self.assertIn(MACHINES[ARCHITECTURE], run(["readelf", "-h", program]))
        self.assertNotIn("INTERP", run(["readelf", "-lW", program]))
        self.assertEqual(run(["nm", "-u", program]), "")
        # It travels inside the library: the same file with that program in it.
        run([COMPILER, "-c", f'-DSBI_INIT_FILE="{program}"', SOURCE / "lib" / "init_blob.S",
             "-o", self.scratch / "init_blob.o"])

    def init_commands(self):
        """The build's own commands that lead to sb-init, the linker's last."""
        ninja = shutil.which("ninja") or shutil.which("samu")
        if not ninja:
            self.skipTest("ninja is not installed, which knows how sb-init is linked")
        lines = run([ninja, "-C", BUILD, "-t", "commands", "lib/init/sb-init"]).splitlines()
        commands = [shlex.split(line) for line in lines if " -o lib/init/sb-init" in line]
        if any("-nostdlib" not in words and "-nostartfiles" not in words for words in commands[-1:]):
            self.skipTest("sb-init was built as a hosted program")
        return commands


if __name__ == "__main__":
    if not shutil.which(COMPILER):
        print(f"1..0 # SKIP {COMPILER} is not installed")
        sys.exit(0)
    if subprocess.run([COMPILER, "-x", "c", "-fsyntax-only", "-"], input=b"#include <stdlib.h>\n",
                      stderr=subprocess.DEVNULL, check=False).returncode:
        print(f"1..0 # SKIP {COMPILER} has no libc headers")
        sys.exit(0)
    tap.main(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
