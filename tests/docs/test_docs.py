#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents show works: shell blocks run, C blocks compile, names and links exist."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from blocks import DOCUMENTS, SOURCE, blocks, compile_c, run, run_shell

PARITY = SOURCE / "docs" / "from-unshare.md"  # run by test_unshare_parity.py
LEVEL = "root" if os.geteuid() == 0 else "user"


class Shell(unittest.TestCase):
    """One ```sh block."""

    def __init__(self, block):
        super().__init__("block_runs")
        self.block = block

    def shortDescription(self):
        return f"sh {self.block.place}"

    def block_runs(self):
        with tempfile.TemporaryDirectory() as cwd:
            done = run_shell(self.block.text, cwd)
        self.assertEqual(done.returncode, 0, f"\n{self.block.text}\n{done.stdout}\n{done.stderr}")


class Compiled(unittest.TestCase):
    """One ```c block of a document; "c run" is a whole program, and must exit with 0."""

    def __init__(self, block):
        super().__init__("block_compiles")
        self.block = block

    def shortDescription(self):
        return f"c {self.block.place}"

    def block_compiles(self):
        with tempfile.TemporaryDirectory() as cwd:
            done = compile_c(self.block, pathlib.Path(cwd) / "a.out")
            if done.returncode == 0 and "run" in self.block.words:
                done = run([pathlib.Path(cwd) / "a.out"], cwd)
        self.assertEqual(done.returncode, 0, f"\n{self.block.text}\n{done.stderr}")


class Documents(unittest.TestCase):
    """What holds for all documents together."""

    def test_readme_example_is_examples_hello_c(self):
        example = (SOURCE / "examples" / "hello.c").read_text(encoding="utf-8")
        self.assertEqual(blocks(SOURCE / "README.md", "c")[0].text, example)

    def test_steps_table_is_up_to_date(self):
        done = subprocess.run([sys.executable, SOURCE / "docs" / "steps_md.py", "--check"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_links_lead_somewhere(self):
        extra = [SOURCE / name for name in ("CONTRIBUTING.md", "SECURITY.md", "NEWS.md")]
        for path in [*DOCUMENTS, *extra]:
            for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
                if "://" not in link:
                    self.assertTrue((path.parent / link).exists(), f"{path.name}: {link}")

    def test_public_names_exist(self):
        headers = "".join(path.read_text(encoding="utf-8")
                          for path in (SOURCE / "include" / "sandbox").glob("*.h*"))
        known = set(re.findall(r"\b(?:sb|SB)_\w+", headers))
        steps = (SOURCE / "lib" / "common" / "steps.def").read_text(encoding="utf-8")
        known |= {f"SB_STEP_{name}" for name in re.findall(r"^STEP\(\d+, (\w+)", steps, re.M)}
        for path in DOCUMENTS:
            for name in set(re.findall(r"\b(?:sb|SB)_\w+[a-z0-9A-Z]\b(?![\w*X<])", path.read_text(encoding="utf-8"))):
                self.assertIn(name, known, f"{path.name} names something that the headers do not have")


def suite():
    found = unittest.defaultTestLoader.loadTestsFromTestCase(Documents)
    for path in DOCUMENTS:
        if path == PARITY:
            continue
        found.addTests(Shell(block) for block in blocks(path, "sh") if block.level() in (None, LEVEL))
        found.addTests(Compiled(block) for block in blocks(path, "c"))
    return found


if __name__ == "__main__":
    tap.main(suite())
