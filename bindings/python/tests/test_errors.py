#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a failure arrives in Python, and how the library is found."""
import ctypes
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import LIBRARY, PACKAGE, Case, main, sb

from libsandbox import _structs
from libsandbox.errors import from_c, from_code


def error(code, step=0, message=b"", hint=b""):
    return from_c(_structs.sb_error(code=code, step=step, index=3, message=message, hint=hint))


class Tree(Case):
    def test_errno_chooses_the_class_that_python_has_for_it(self):
        for code in (1, 2, 3, 10, 11, 13, 17, 20, 21, 32, 108, 110):
            with self.subTest(code=code):
                self.assertIsInstance(error(code), type(OSError(code, "")))
                self.assertIsInstance(error(code), sb.SandboxError)
                self.assertIsInstance(from_code(code, "x"), type(OSError(code, "")))

    def test_members_are_those_of_the_c_error(self):
        got = error(13, sb.Step.BIND, b"bind /a on /b: Permission denied", b"do that")
        self.assertEqual((got.errno, got.step, got.index, got.message, got.hint, got.strerror),
                         (13, sb.Step.BIND, 3, "bind /a on /b: Permission denied", "do that", "bind /a on /b: Permission denied"))
        self.assertEqual(str(got), "bind /a on /b: Permission denied\nhint: do that")

    def test_missing_command_is_file_not_found(self):
        self.assertIs(type(error(2, sb.Step.EXEC)), sb.CommandNotFound)
        self.assertIs(type(error(2, sb.Step.BIND)), sb.NotFound)

    def test_wrong_description_is_a_value_error(self):
        self.assertIsInstance(error(22, sb.Step.CONFIG), ValueError)

    def test_time_out_and_status_are_those_of_subprocess(self):
        self.assertTrue(issubclass(sb.TimeoutExpired, subprocess.TimeoutExpired))
        self.assertTrue(issubclass(sb.CalledProcessError, subprocess.CalledProcessError))

    def test_unknown_step_is_no_failure(self):
        self.assertEqual(error(5, 9999).step, sb.Step.NONE)

    def test_survives_pickle(self):
        one = error(2, sb.Step.EXEC, b"exec x: gone", b"hint")
        two = pickle.loads(pickle.dumps(one))
        self.assertEqual((type(one), vars(one), one.errno, str(one)), (type(two), vars(two), two.errno, str(two)))


class Library(Case):
    def test_failure_of_a_call_is_raised_with_the_words_of_the_library(self):
        config = sb.lib.sb_config_new()
        self.addCleanup(sb.lib.sb_config_free, config)
        sb.lib.sb_set_command(config, "/no/such/program", None)
        proc = ctypes.POINTER(_structs.sb_proc)()
        if sb.probe("all"):
            self.skipTest(sb.probe("all"))
        with self.assertRaises(FileNotFoundError) as caught:
            sb.lib.sb_spawn(config, proc, _structs.sb_error())
        self.assertIn("/no/such/program", caught.exception.message)
        self.assertTrue(caught.exception.hint)
        self.assertEqual(caught.exception.step, sb.Step.EXEC)

    def test_negative_result_without_details_is_raised(self):
        config = sb.lib.sb_config_new()
        self.addCleanup(sb.lib.sb_config_free, config)
        with self.assertRaisesRegex(sb.SandboxError, "sb_set_cwd: Invalid argument"):
            sb.lib.sb_set_cwd(config, "relative")

    def test_handle_of_another_kind_is_refused(self):
        config = sb.lib.sb_config_new()
        self.addCleanup(sb.lib.sb_config_free, config)
        with self.assertRaises(ctypes.ArgumentError):
            sb.lib.sb_box_pid(config)

    def test_every_step_has_a_name(self):
        for step in sb.Step:
            if step:
                self.assertEqual(sb.lib.sb_step_name(step).decode(), step.name.lower())

    def test_probe_of_unknown_feature_is_an_error(self):
        with self.assertRaisesRegex(sb.ConfigError, "no such feature"):
            sb.probe("nothing")

    def test_version_is_the_package_s(self):
        self.assertEqual(sb.version(), sb.__version__)


class Found(Case):
    """Where the library is looked for."""

    def imported(self, package=PACKAGE, **env):
        """What another interpreter says that imports the package in @package."""
        words = "import libsandbox; print(libsandbox.lib._name)"
        clean = {k: v for k, v in os.environ.items() if k not in ("LIBSANDBOX_PATH", "LD_LIBRARY_PATH")}
        done = subprocess.run([sys.executable, "-c", words], check=False, capture_output=True, text=True, cwd="/",
                              env={**clean, "PYTHONPATH": str(package), **env})
        return done.stdout + done.stderr

    def test_by_the_variable(self):
        self.assertEqual(self.imported(LIBSANDBOX_PATH=LIBRARY).strip(), LIBRARY)

    def test_in_the_directory_that_the_variable_names(self):
        self.assertEqual(self.imported(LIBSANDBOX_PATH=os.path.dirname(LIBRARY)).strip(), f"{os.path.dirname(LIBRARY)}/libsandbox.so.0")

    def test_by_soname(self):
        self.assertEqual(self.imported(LD_LIBRARY_PATH=os.path.dirname(LIBRARY)).strip(), "libsandbox.so.0")

    def test_in_the_package(self):
        if "libsandbox.so.0" in subprocess.run(["/sbin/ldconfig", "-p"], check=False, capture_output=True, text=True).stdout:
            self.skipTest("one is installed")
        copy = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-py-"))
        self.addCleanup(shutil.rmtree, copy)
        shutil.copytree(PACKAGE / "libsandbox", copy / "libsandbox")
        (copy / "libsandbox" / "lib").mkdir()
        inside = copy / "libsandbox" / "lib" / "libsandbox.so.0"
        shutil.copy(LIBRARY, inside)
        self.assertEqual(self.imported(copy).strip(), str(inside))

    def test_variable_that_leads_nowhere_is_an_error_that_names_it(self):
        # Nothing else is tried instead of what was asked for.
        said = self.imported(LIBSANDBOX_PATH="/nowhere.so", LD_LIBRARY_PATH=os.path.dirname(LIBRARY))
        self.assertRegex(said, "ImportError: (?s:.*)/nowhere.so(?s:.*)LIBSANDBOX_PATH")

    def test_other_library_of_the_name_is_refused(self):
        with open("/proc/self/maps", encoding="ascii") as file:
            libc = next(word for word in file.read().split() if "libc.so.6" in word)
        self.assertIn("ImportError", self.imported(LIBSANDBOX_PATH=libc))


if __name__ == "__main__":
    main()
