#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The wheel is built without a network, and what is installed from it works alone."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import LIBRARY, PACKAGE, SOURCE, Case, main, sb


class Wheel(Case):
    @classmethod
    def setUpClass(cls):
        for module in ("pip", "setuptools", "wheel", "ensurepip"):
            if subprocess.run([sys.executable, "-c", f"import {module}"], check=False, capture_output=True).returncode:
                raise unittest.SkipTest(f"the module {module} is not installed")

    def command(self, *words):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("LIBSANDBOX", "PYTHON", "PIP_"))}
        done = subprocess.run(words, check=False, capture_output=True, text=True, cwd="/", timeout=100,
                              env={**clean, "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1",
                                   "PIP_ROOT_USER_ACTION": "ignore"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def wheel(self, inside):
        """Built from a copy: setuptools leaves files beside the source."""
        home = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-py-"))
        self.addCleanup(shutil.rmtree, home)
        copy = home / "source"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache"))
        if inside:
            (copy / "libsandbox" / "lib").mkdir()
            shutil.copy(LIBRARY, copy / "libsandbox" / "lib" / "libsandbox.so.0")
        self.command(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-index", "--no-deps", "-w", str(home), str(copy))
        (made,) = home.glob("*.whl")
        return made

    def test_without_the_library_it_is_for_any_machine(self):
        made = self.wheel(False)
        self.assertEqual(made.name, f"libsandbox-{sb.__version__}-py3-none-any.whl")
        with zipfile.ZipFile(made) as archive:
            names = {name for name in archive.namelist() if name.startswith("libsandbox/")}
        expected = {f"libsandbox/{path.name}" for path in (PACKAGE / "libsandbox").iterdir() if path.suffix in (".py", ".typed")}
        self.assertEqual(names, expected)

    def test_with_the_library_it_works_alone(self):
        made = self.wheel(True)
        self.assertRegex(made.name, r"-py3-none-linux_\w+\.whl$")
        home = tempfile.mkdtemp(prefix="sandbox-py-")
        self.addCleanup(shutil.rmtree, home)
        self.command(sys.executable, "-m", "venv", f"{home}/venv")
        self.command(f"{home}/venv/bin/pip", "install", "--no-index", str(made))
        words = "import libsandbox, sys; print(libsandbox.version()); print(libsandbox.probe('all') or libsandbox.run(['true']).verdict.name)"
        version, said = self.command(f"{home}/venv/bin/python", "-c", words).splitlines()
        self.assertEqual(version, sb.__version__)
        self.assertEqual(said, sb.probe("all") or "EXITED")

    def test_version_is_the_project_s(self):
        self.assertIn(f"version: '{sb.__version__}'", (SOURCE / "meson.build").read_text(encoding="utf-8"))
        self.assertIn(f'version = "{sb.__version__}"', (PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
