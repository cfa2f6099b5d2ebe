#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is installed is complete: a program that knows nothing but pkg-config builds with it and runs."""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from builddir import BUILD, HEADERS, SOURCE, run, sanitized


PROBE = r"""
#include <sandbox/sandbox.h>
#include <stdio.h>
int main(void)
{
	sb_error why;

	why.size = sizeof(why);
	why.message[0] = 0;
	if (sb_probe("all", &why) != 1)
		puts(why.message);
	return 0;
}
"""


class Install(unittest.TestCase):
    refused = None

    @classmethod
    def setUpClass(cls):
        for tool in ("pkg-config", "meson", "cc"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"{tool} is not installed")
        if sanitized():
            raise unittest.SkipTest("the library was built with a sanitizer, and is not one to install")
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        # Others must be able to enter: a sandbox may run as one of them.
        os.chmod(cls.scratch.name, 0o755)
        cls.root = pathlib.Path(cls.scratch.name) / "root"
        run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", cls.root])
        cls.pc, cls.lib = cls.installed("sandbox.pc"), cls.installed("libsandbox.so").parent
        cls.env = {**os.environ, "PKG_CONFIG_PATH": str(cls.pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(cls.root),
                   "LD_LIBRARY_PATH": str(cls.lib)}

    @classmethod
    def installed(cls, name):
        for path in cls.root.rglob(name):
            return path
        raise AssertionError(f"{name} is not installed")

    def flags(self, *options):
        """The sysroot stands before every directory, which is right for ours and wrong for the system's own."""
        words = run(["pkg-config", *options, "sandbox"], env=self.env).split()
        return [w for w in words if w != f"-I{self.root}/usr/include"]

    def build(self, name, source, *options):
        program = f"{self.scratch.name}/{name}"
        run(["cc", "-Wall", "-Werror", source, "-o", program, *self.flags("--cflags", "--libs", *options)])
        return program

    def sandbox_or_skip(self):
        """Where no sandbox can be made at all, that is not the fault of the installation."""
        if self.refused is None:
            probe = f"{self.scratch.name}/probe.c"
            pathlib.Path(probe).write_text(PROBE, encoding="utf-8")
            type(self).refused = run([self.build("probe", probe)], env=self.env).strip()
        if self.refused:
            self.skipTest(self.refused)

    def test_headers(self):
        """every public header is installed"""
        for name in HEADERS + ["steps.h"]:
            self.assertTrue(list(self.root.rglob(f"include/sandbox/{name}")), name)

    def test_version(self):
        """pkg-config and meson agree on the version"""
        version = run(["pkg-config", "--modversion", "sandbox"], env=self.env).strip()
        self.assertIn(f"version: '{version}'", (SOURCE / "meson.build").read_text(encoding="utf-8"))

    def test_no_build_paths(self):
        """neither the library nor its pkg-config file knows where it was built"""
        self.assertNotIn(str(BUILD), self.pc.read_text(encoding="utf-8"))
        self.assertNotRegex(run(["readelf", "-d", self.lib / "libsandbox.so"]), "RUNPATH|RPATH")

    def test_hello(self):
        """examples/hello.c builds by pkg-config alone and runs a command in a sandbox"""
        self.sandbox_or_skip()
        hello = self.build("hello", SOURCE / "examples" / "hello.c")
        self.assertIn("uid=1000", run([hello], env=self.env))

    def test_hello_static(self):
        """it does so too with the static library in it"""
        if not list(self.root.rglob("libsandbox.a")):
            self.skipTest("the static library was not built")
        self.sandbox_or_skip()
        os.rename(self.lib / "libsandbox.so", self.lib / "aside.so")
        self.addCleanup(os.rename, self.lib / "aside.so", self.lib / "libsandbox.so")
        hello = self.build("hello-static", SOURCE / "examples" / "hello.c", "--static")
        self.assertNotIn("libsandbox", run(["readelf", "-d", hello]))
        self.assertIn("uid=1000", run([hello], env=self.env))


if __name__ == "__main__":
    tap.main(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
