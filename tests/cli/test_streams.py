# SPDX-License-Identifier: MIT
"""Standard input, output and error: files of the host and of the sandbox, copies, limits."""
import json
import os
import subprocess

import sbx_case
from cgroup_case import read
from sbx_case import IDENTITY, SBX, Case

BOTH = "echo out; echo err >&2"


class StreamCase(Case):
    def setUp(self):
        super().setUp()
        self.place = self.directory()

    def path(self, name):
        return os.path.join(self.place, name)

    def file(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as to:
            to.write(text)
        os.chmod(self.path(name), 0o666)
        return self.path(name)

    def report(self, *args, **options):
        result = self.sbx("run", "--report", self.path("report"), *args, **options)
        return result, json.loads(read(self.path("report")))


class Files(StreamCase):
    def test_stdin_stdout_stderr(self):
        source = self.file("in", "text\n")
        result = self.sbx("run", "--stdin", source, "--stdout", self.path("out"), "--stderr", self.path("err"),
                          "sh", "-c", "cat; echo err >&2", input="not this")
        self.assertEqual((result.code, result.out, result.err), (0, "", ""))
        self.assertEqual((read(self.path("out")), read(self.path("err"))), ("text\n", "err\n"))

    def test_an_output_file_is_emptied_before(self):
        self.file("out", "x" * 1000)
        self.run_ok("--stdout", self.path("out"), "echo", "new")
        self.assertEqual(read(self.path("out")), "new\n")

    def test_stderr_to_stdout(self):
        result = self.sbx("run", "--stderr-to-stdout", "sh", "-c", "echo 1; echo 2 >&2; echo 3")
        self.assertEqual((result.out, result.err), ("1\n2\n3\n", ""))
        self.sbx("run", "--stderr-to-stdout", "--stdout", self.path("both"), "sh", "-c", BOTH)
        self.assertEqual(read(self.path("both")), "out\nerr\n")

    def test_a_file_that_cannot_be_opened_is_named_before_the_command_runs(self):
        for option in ("--stdin", "--stdout", "--stderr", "--log"):
            self.assertIn(option + " /no/such/file", self.refused(option, "/no/such/file", "echo", "ran"))

    def test_dry_run_empties_nothing(self):
        self.file("out", "kept")
        self.sbx("run", "--dry-run", "--stdout", self.path("out"), "--log", self.path("log"), "true")
        self.assertEqual(read(self.path("out")), "kept")
        self.assertFalse(os.path.exists(self.path("log")))

    def test_a_wrong_command_line_empties_nothing(self):
        self.file("out", "kept")
        self.refused("--stdout", self.path("out"), "--no-such-option", "true")
        self.refused("--stdout", self.path("out"), "--memory-limit", "x", "true")
        self.assertEqual(read(self.path("out")), "kept")


class Inside(StreamCase):
    def test_files_of_the_sandbox(self):
        self.file("in", "text\n")
        result = self.sbx("run", "-v", f"{self.place}:/w", "--stdin", "inside:/w/in", "--stdout", "inside:/w/out", "cat")
        self.assertEqual((result.code, result.out), (0, ""), result)
        self.assertEqual(read(self.path("out")), "text\n")
        self.assertEqual(self.run_ok("--stderr", "inside:/tmp/err", "sh", "-c", "echo err >&2; cat /tmp/err"), "err")

    def test_they_are_opened_as_the_command(self):
        result = self.sbx("run", "--stdin", "inside:/no/such/file", "echo", "ran")
        self.assertEqual((result.code, result.out), (125, ""), result)
        self.assertIn("/no/such/file", result.err)
        result = self.sbx("run", "--stdout", "inside:/usr/file", "echo", "ran")
        self.assertEqual((result.code, result.out), (125, ""), result)

    def test_a_fifo_that_nobody_opens_is_ended_by_the_clock(self):
        os.mkfifo(self.path("pipe"))
        os.chmod(self.path("pipe"), 0o666)
        result, report = self.report("-v", f"{self.place}:/w", "--stdin", "inside:/w/pipe", "--timeout", "0.3", "cat")
        self.assertEqual((result.code, report["verdict"]), (124, "wall_exceeded"))

    def test_a_failure_behind_a_fifo_is_told(self):
        os.mkfifo(self.path("pipe"))
        os.chmod(self.path("pipe"), 0o666)
        child = self.popen("-v", f"{self.place}:/w", "--report", self.path("report"), "--stdin", "inside:/w/pipe",
                           "/no/such/program")
        with open(self.path("pipe"), "w", encoding="utf-8"):
            pass
        err = child.communicate()[1]
        report = json.loads(read(self.path("report")))
        self.assertEqual((child.returncode, report["exit_code"], report["verdict"]), (127, 127, "not_started"))
        self.assertIn("/no/such/program", err)


class Log(StreamCase):
    def test_a_copy_of_both(self):
        result = self.sbx("run", "--log", self.path("log"), "sh", "-c", BOTH)
        self.assertEqual((result.code, result.out, result.err), (0, "out\n", "err\n"))
        self.assertEqual(sorted(read(self.path("log")).split()), ["err", "out"])

    def test_a_copy_of_a_file(self):
        self.run_ok("--log", self.path("log"), "--stdout", self.path("out"), "echo", "text")
        self.assertEqual((read(self.path("log")), read(self.path("out"))), ("text\n", "text\n"))

    def test_one_stream_keeps_its_order(self):
        script = "for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done"
        result = self.sbx("run", "--stderr-to-stdout", "--log", self.path("log"), "sh", "-c", script)
        self.assertEqual(result.out, "".join(f"o{i}\ne{i}\n" for i in range(1, 10)))
        self.assertEqual(read(self.path("log")), result.out)

    def test_much_output(self):
        result = self.sbx("run", "--log", self.path("log"), "sh", "-c", "seq 200000; seq 100000 >&2")
        expected = "".join(f"{i}\n" for i in range(1, 200001))
        self.assertEqual(result.out, expected)
        self.assertEqual(len(read(self.path("log"))), len(result.out) + len(result.err))

    def test_the_exit_status_is_the_commands(self):
        self.assertEqual(self.sbx("run", "--log", self.path("log"), "sh", "-c", "exit 7").code, 7)

    def test_a_reader_that_goes_ends_neither_the_command_nor_the_log(self):
        script = f'"{SBX}" run --log "$1" sh -c "seq 100000; echo end" | head -1'
        done = subprocess.run(["sh", "-c", script, "sh", self.path("log")], stdout=subprocess.PIPE, text=True, check=False,
                              **IDENTITY)
        self.assertEqual(done.stdout, "1\n")
        self.assertTrue(read(self.path("log")).endswith("100000\nend\n"))

    def test_a_full_disk_is_not_a_success(self):
        for words in (["--log", "/dev/full"], ["--log", self.path("log"), "--stdout", "/dev/full"]):
            result = self.sbx("run", *words, "echo", "x")
            self.assertEqual(result.code, 125, result)
            self.assertIn("No space", result.err)

    def test_a_terminal_is_copied(self):
        result = self.sbx("run", "-t", "--log", self.path("log"), "sh", "-c", "tty; echo err >&2")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(read(self.path("log")).split(), ["/dev/pts/0", "err"])
        self.assertEqual(result.out.split(), ["/dev/pts/0", "err"])


class OutputLimits(StreamCase):
    FLOOD = "yes 1234567"

    def test_too_much_ends_it(self):
        result, report = self.report("--output-limit", "64k", "--timeout", "60", "sh", "-c", self.FLOOD)
        self.assertEqual((result.code, report["verdict"], report["exceeded"]), (137, "output_exceeded", ["output"]))
        self.assertRegex(result.err, r"^sbx: the command was ended: more than 65536 bytes of output \(--output-limit\)\n$")
        self.assertGreater(report["output_bytes"], 65536)
        self.assertGreater(report["streams"]["stdout"]["bytes"], 65536)
        self.assertEqual(report["streams"]["stderr"]["bytes"], 0)

    def test_both_streams_count_together(self):
        half = "head -c 40000 /dev/zero"
        result, report = self.report("--output-limit", "64k", "sh", "-c", f"{half}; {half} >&2; sleep 100")
        self.assertEqual((result.code, report["verdict"]), (137, "output_exceeded"))
        result, report = self.report("--output-limit", "80000", "sh", "-c", f"{half}; {half} >&2")
        self.assertEqual((result.code, report["verdict"], report["output_bytes"]), (0, "exited", 80000))

    def test_one_stream(self):
        words = ["--output-limit", "stderr=1000", "--timeout", "60", "sh", "-c"]
        result, report = self.report(*words, "head -c 5000 /dev/zero; head -c 1000 /dev/zero >&2")
        self.assertEqual((result.code, report["verdict"]), (0, "exited"))
        self.assertEqual((report["streams"]["stdout"]["bytes"], report["streams"]["stderr"]["bytes"]), (5000, 1000))
        result, report = self.report(*words, "head -c 1001 /dev/zero >&2; sleep 100")
        self.assertEqual((result.code, report["verdict"]), (137, "output_exceeded"))
        self.assertIn("1000 bytes of error output", result.err)
        self.assertIs(report["streams"]["stderr"]["exceeded"], True)

    def test_what_exceeds_can_be_dropped(self):
        result, report = self.report("--output-limit", "stdout=10", "--output-truncate", "sh", "-c",
                                     "head -c 300000 /dev/zero | tr '\\0' x; exit 3")
        self.assertEqual((result.code, result.out, report["verdict"]), (3, "x" * 10, "exited"))
        stream = report["streams"]["stdout"]
        self.assertEqual((stream["bytes"], stream["kept_bytes"], stream["exceeded"]), (300000, 10, True))

    def test_nothing_is_carried_unless_asked_for(self):
        report = self.report("echo", "x")[1]
        for key in ("streams", "output_bytes"):
            self.assertNotIn(key, report)
        report = self.report("--log", self.path("log"), "echo", "x")[1]
        self.assertEqual((report["streams"]["stdout"]["bytes"], report["output_bytes"]), (2, 2))


if __name__ == "__main__":
    sbx_case.main()
