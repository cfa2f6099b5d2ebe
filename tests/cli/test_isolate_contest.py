# SPDX-License-Identifier: MIT
"""isolate as the contest systems call it: CMS's sandbox, step by step, and Judge0's command lines."""
import os
import shutil
import stat
import subprocess

import sbx_case
from isolate_case import IsolateCase, memory_is_counted, read
from sbx_case import IDENTITY, IS_ROOT

SOLUTION = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	long a, b;
	if (scanf("%ld %ld", &a, &b) != 2)
		return 7;
	if (a == 1) for (volatile long i = 0;; i++) ;
	if (a == 2) pause();
	if (a == 3) abort();
	if (a == 4) for (size_t i = 0; i < 4096; i++) memset(malloc(1 << 20), 1, 1 << 20);
	if (a == 5) return fork() == -1 ? 0 : 9;
	printf("%ld\\n", a + b);
	return 0;
}
"""


class Cms(IsolateCase):
    """The calls of a worker: a directory of its own is /tmp inside; standard streams are files in there."""

    def setUp(self):
        super().setUp()
        self.work = os.path.join(self.place, "work")
        script = 'umask 0; mkdir "$1" && chmod 777 "$1"'
        subprocess.run(["sh", "-c", script, "sh", self.work], check=True, **IDENTITY)
        self.cg = ["--cg"] if memory_is_counted() else []
        # A worker that died has left its box, as a new one finds out by --init.
        self.init("--box-id=7", *self.cg)
        self.init("--box-id=7", *self.cg)

    def run_step(self, *words, options=(), seconds=60.0, wall=None, memory=262144, processes="--processes=1"):
        limits = ["--cg-mem=%d" % memory] if self.cg else []
        args = ["--box-id=7", *self.cg, "--chdir=/tmp", f"--dir=/tmp={self.work}:rw", "--dir=/none=/no/such:maybe:noexec",
                "--env=HOME=/tmp", *limits, f"--time={seconds}", f"--wall-time={wall or 2 * seconds + 1}", "--extra-time=0.5",
                "--stack=65536", "--fsize=10240", processes, *options, "--run", "--", *words]
        return self.run_meta(*args)[1]

    def compile(self):
        if not shutil.which("gcc"):
            self.skipTest("no compiler")
        self.put(self.work, "solution.c", SOLUTION, 0o644)
        # CMS shows the compiler all of the environment, and /etc.
        meta = self.run_step("/usr/bin/gcc", "-O2", "-o", "solution", "solution.c", processes="--processes=1000",
                             options=["--full-env", "--dir=/etc", "--stdout=/tmp/compiler_stdout.txt",
                                      "--stderr=/tmp/compiler_stderr.txt", "--verbose"])
        self.assertEqual((meta.get("status"), meta.get("exitcode")), (None, "0"),
                         read(self.work, "compiler_stderr.txt"))

    def evaluate(self, text, **limits):
        self.put(self.work, "input.txt", text, 0o644)
        return self.run_step("./solution", options=["--stdin=/tmp/input.txt", "--stdout=/tmp/output.txt",
                                                    "--stderr=/tmp/stderr.txt"], **limits)

    def test_a_task_from_init_to_cleanup(self):
        self.compile()
        meta = self.evaluate("20 22\n")
        self.assertNotIn("status", meta)
        self.assertEqual(read(self.work, "output.txt"), "42\n")
        self.assertTrue({"time", "time-wall", "max-rss", "exitcode"} <= set(meta))
        self.assertEqual("cg-mem" in meta, bool(self.cg))
        # Files that are the box's user's can be removed by the worker after this.
        self.run_step("/bin/chmod", "777", "-R", "/tmp/output.txt", "/tmp/stderr.txt")
        subprocess.run(["rm", "-r", self.work], check=True, **IDENTITY)
        self.succeeds("--box-id=7", *self.cg, "--cleanup")
        self.succeeds("--box-id=7", *self.cg, "--cleanup")
        self.assertEqual(os.listdir(os.path.join(self.place, "boxes")), [])

    def test_what_cms_makes_of_the_ends(self):
        self.compile()
        # A wall clock that a busy machine does not reach, where it is not the one to be seen.
        for text, seconds, wall, expected in (
                ("1 0", 0.3, 90, ("TO", None, None, False)), ("2 0", 5, 0.3, ("TO", None, None, True)),
                ("3 0", 5, 90, ("SG", "6", None, False)), ("x", 5, 90, ("RE", None, "7", False)),
                ("5 0", 5, 90, (None, None, "0", False))):
            meta = self.evaluate(text, seconds=seconds, wall=wall)
            found = (meta.get("status"), meta.get("exitsig"), meta.get("exitcode"), "wall" in meta.get("message", ""))
            self.assertEqual(found, expected, (text, meta))

    def test_memory(self):
        self.compile()
        if not self.cg:
            self.skipTest("no memory controller")
        meta = self.evaluate("4 0", memory=65536)
        self.assertEqual((meta["status"], meta["cg-oom-killed"], meta["exitsig"]), ("SG", "1", "9"))
        self.assertLessEqual(int(meta["cg-mem"]), 65536)
        # The limit of one run is not that of the next one.
        self.assertNotIn("status", self.evaluate("20 22", memory=1048576))

    def test_a_compiler_that_fails_is_an_exit_code(self):
        if not shutil.which("gcc"):
            self.skipTest("no compiler")
        self.put(self.work, "solution.c", "#include \"/dev/zero\"\n", 0o644)
        self.put(self.work, "wrong.c", "int main(void) { return x; }\n", 0o644)
        meta = self.run_step("/usr/bin/gcc", "wrong.c", processes="--processes=1000",
                             options=["--full-env", "--dir=/etc", "--stderr=/tmp/compiler_stderr.txt"])
        self.assertEqual((meta["status"], meta["exitcode"]), ("RE", "1"))
        self.assertIn("wrong.c:1", read(self.work, "compiler_stderr.txt"))

    def test_a_failure_of_the_sandbox_is_never_the_contestants(self):
        result, meta = self.run_meta("--box-id=7", "--dir=/x=/no/such/directory", "--run", "--", "/bin/true")
        self.assertEqual((result.code, meta["status"]), (2, "XX"))

    def test_only_some_files_are_writable(self):
        """CMS's allow_writing_only(): by the modes of the directory and its files."""
        if not IS_ROOT:
            self.skipTest("the box has the caller's own id: modes do not hold back the owner")
        for name, mode in (("output.txt", 0o722), ("input.txt", 0o744)):
            self.put(self.work, name, "", mode)
        os.chmod(self.work, 0o755)
        script = "echo x > /tmp/output.txt; echo x > /tmp/input.txt; touch /tmp/new"
        meta = self.run_step("/bin/sh", "-c", script, processes="--processes=10")
        self.assertEqual(meta["status"], "RE")
        self.assertEqual((read(self.work, "output.txt"), read(self.work, "input.txt")), ("x\n", ""))
        self.assertEqual(sorted(os.listdir(self.work)), ["input.txt", "output.txt"])


class Judge0(IsolateCase):
    """The command lines of its worker; files are put into the box itself, streams come from a shell."""

    def setUp(self):
        super().setUp()
        self.cg = memory_is_counted()
        self.box = self.init("-b", "12", *(["--cg"] if self.cg else []))

    def judge0(self, script, *words, memory=131072, seconds="10", stdin=""):
        self.put(self.box, "run", script)
        limits = ["--cg", "--cg-timing", f"--cg-mem={memory}"] if self.cg else ["-m", str(memory * 8)]
        line = [*limits, "-s", "-b", "12", "-M", self.meta_path(), "-t", seconds, "-x", "0.5", "-w", "90", "-k", "64000",
                "-p60", "-f", "1024", "-E", "HOME=/tmp", "-E", "PATH=/usr/local/bin:/usr/bin:/bin", "-E", "LANG",
                "-d", "/etc:noexec", *words, "--run", "--", "/bin/bash", "run"]
        result = self.isolate(*line, input=stdin)
        return result, self.meta()

    def test_run(self):
        result, meta = self.judge0("read a b; echo $((a + b)); echo note >&2\n", stdin="20 22\n")
        self.assertEqual((result.code, result.out, result.err), (0, "42\n", "note\n"))
        self.assertNotIn("status", meta)

    def test_compile_into_one_stream(self):
        result, _ = self.judge0("echo out; echo err >&2\n", "--stderr-to-stdout", "-i", "/dev/null")
        self.assertEqual((result.out, result.err), ("out\nerr\n", ""))

    def test_ends(self):
        for script, seconds, status in (("exit 3", "10", "RE"), ("while :; do :; done", "0.2", "TO"),
                                        ("kill -SEGV $$", "10", "SG"), ("exec yes > file", "10", "SG")):
            result, meta = self.judge0(script + "\n", seconds=seconds)
            self.assertEqual((result.code, meta["status"]), (1, status), (script, meta))

    def test_the_worker_can_read_and_remove_what_was_made(self):
        self.judge0("umask 077; mkdir d; echo x > d/file\n")
        done = subprocess.run(["cat", os.path.join(self.box, "d/file")], capture_output=True, text=True, check=False,
                              **IDENTITY)
        self.assertEqual(done.stdout, "x\n")
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.box, "d/file")).st_mode), 0o600)
        self.succeeds("-b", "12", *(["--cg"] if self.cg else []), "--cleanup")


if __name__ == "__main__":
    sbx_case.main()
