#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples work, what docs/python.md shows runs, and a result can be shown in a notebook."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import PACKAGE, SOURCE, Case, live, main, sb

EXAMPLES = SOURCE / "examples" / "python"
ENV = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONWARNINGS": "error::ResourceWarning"}


@live
class Examples(Case):
    def example(self, name, *args):
        return subprocess.run([sys.executable, EXAMPLES / name, *args], check=False, capture_output=True, text=True, env=ENV, timeout=100)

    def judged(self, solution):
        home = pathlib.Path(self.directory())
        for number, (given, wanted) in enumerate([("2 3\n", "5\n"), ("10 -4\n", "6\n")]):
            (home / f"{number}.in").write_text(given, encoding="ascii")
            (home / f"{number}.out").write_text(wanted, encoding="ascii")
        (home / "s.py").write_text(solution, encoding="ascii")
        done = self.example("judge.py", str(home / "s.py"), str(home))
        self.assertEqual(done.stderr, "")
        return done.returncode, [line.split(", ")[0] for line in done.stdout.splitlines()]

    def test_judge_accepts_and_refuses(self):
        self.assertEqual(self.judged("print(sum(map(int, input().split())))"), (0, ["0: accepted", "1: accepted", "2 of 2"]))
        self.assertEqual(self.judged("print(5)"), (1, ["0: accepted", "1: wrong answer", "1 of 2"]))
        self.assertRegex(self.judged("while 1: pass")[1][0], "^0: (wall )?time limit exceeded$")  # as busy as the machine is
        self.assertEqual(self.judged("while 1: print('x' * 999)")[1][0], "0: output limit exceeded")
        self.assertEqual(self.judged("1 / 0")[1][0], "0: runtime error")

    def test_judge_is_short(self):
        self.assertLessEqual(len((EXAMPLES / "judge.py").read_text(encoding="utf-8").splitlines()), 60)

    def test_service_answers(self):
        path = os.path.join(self.directory(), "socket")
        with subprocess.Popen([sys.executable, EXAMPLES / "service.py", path], env=ENV, stdout=subprocess.PIPE) as server:
            try:
                self.assertEqual(server.stdout.readline(), b"ready\n")
                peers = [socket.socket(socket.AF_UNIX) for _ in range(8)]
                for number, peer in enumerate(peers):
                    peer.connect(path)
                    peer.sendall(f"echo {number}; ls /tmp; touch /tmp/x; exit {number}\n".encode())
                for number, peer in enumerate(peers):
                    with peer, peer.makefile() as answer:
                        self.assertEqual(json.loads(answer.readline()),
                                         {"verdict": "EXITED", "status": number, "stdout": f"{number}\n", "stderr": ""})
            finally:
                server.terminate()

    def test_build_step_builds(self):
        if not shutil.which("cc"):
            self.skipTest("no cc(1)")
        home = pathlib.Path(self.directory())
        (home / "a.c").write_text("int main(void) { return 7; }\n", encoding="ascii")
        done = self.example("build.py", str(home / "a.c"), str(home / "a"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(subprocess.run([home / "a"], check=False).returncode, 7)
        (home / "b.c").write_text("int main(void) { return }\n", encoding="ascii")
        self.assertIn("error", self.example("build.py", str(home / "b.c"), str(home / "b")).stderr)

    def test_blocks_of_the_document_run(self):
        """every python block of docs/python.md and README.md is a program that runs"""
        text = "".join((SOURCE / name).read_text(encoding="utf-8") for name in ("docs/python.md", "README.md"))
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
        self.assertGreater(len(blocks), 4)
        for number, block in enumerate(blocks):
            with self.subTest(block=number):
                head = "" if "import libsandbox" in block else "import libsandbox as sb\n"
                done = subprocess.run([sys.executable, "-c", head + block], check=False, capture_output=True, text=True, env=ENV,
                                      timeout=100, cwd=self.directory())
                self.assertEqual(done.returncode, 0, block + done.stdout + done.stderr)


@live
class Notebook(Case):
    def test_result_is_shown_with_its_steps(self):
        result = sb.run(["echo", "<b>"], stdout=sb.PIPE, trace=True)
        text = result._repr_html_()
        parts = xml.etree.ElementTree.fromstring(f"<all>{text}</all>")
        cells = {row[0].text: row[1].text for row in parts.iter("tr")}
        self.assertEqual((cells["command"], cells["verdict"]), ("['echo', '<b>']", "EXITED"))
        self.assertIn("ns_user", cells["applied"])
        self.assertEqual(len(list(parts.iter("{http://www.w3.org/2000/svg}rect"))), len(result.trace))

    def test_result_without_trace_is_a_table(self):
        self.assertNotIn("<svg", sb.run(["true"])._repr_html_())


if __name__ == "__main__":
    main()
