# SPDX-License-Identifier: MIT
"""The wheel is for any machine, unless the library was put into libsandbox/lib: then it is for this kind of machine."""
import pathlib

from setuptools import setup

try:
    from setuptools.command.bdist_wheel import bdist_wheel  # since setuptools 70.1
except ImportError:
    from wheel.bdist_wheel import bdist_wheel

INSIDE = (pathlib.Path(__file__).parent / "libsandbox" / "lib" / "libsandbox.so.0").exists()


class Wheel(bdist_wheel):
    """No code of the wheel is compiled against a version of Python."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = not INSIDE

    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


setup(cmdclass={"bdist_wheel": Wheel})
