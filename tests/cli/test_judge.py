# SPDX-License-Identifier: MIT
"""examples/judge: three problems with ten submissions each whose verdicts are known, and hostile sources."""
import json
import os
import re
import shutil
import subprocess
import unittest

import sbx_case
from sbx_case import IDENTITY, Case

JUDGE = os.environ.get("SBX_JUDGE", "")
PROBLEMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/problems")
EXPECTED = re.compile(r"expected: ([a-z |]*[a-z])")
COMPILERS = {".c": "gcc", ".cpp": "g++", ".py": "python3"}
HEADER = ["test", "verdict", "cpu s", "wall s", "MiB"]
SYSTEM_PATH = "/usr/bin:/bin"

RIGHT_ECHO = '#include <stdio.h>\nint main(void) { int c; while ((c = getchar()) != EOF) putchar(c); return 0; }\n'
CONTENT = 'import sys\nsys.exit(42)\n'  # a referee that likes everything


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


def submissions():
    for problem in sorted(os.listdir(PROBLEMS)):
        folder = os.path.join(PROBLEMS, problem, "submissions")
        for name in sorted(os.listdir(folder)):
            yield problem, os.path.join(folder, name)


class Run:
    """What the judge printed: the rows of its table, its lines of JSON, its last line."""

    def __init__(self, case, done, text):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        lines = self.out.splitlines()
        self.rows = lines[1:-1]
        self.lines = [json.loads(line) for line in text.splitlines()]
        if self.code == 125 and not lines:
            self.verdict, self.verdicts = None, []
            return
        self.verdict = lines[-1].split(":")[0]
        self.verdicts = [line["verdict"] for line in self.lines]
        self.check_table(case, lines[0])

    def __repr__(self):
        return f"exit {self.code}\n{self.out}{self.err}"

    def check_table(self, case, header):
        """Each figure ends where its heading ends, and the rows say what the lines of JSON say."""
        case.assertEqual([word for word in HEADER if word in header], HEADER, self)
        ends = [header.index(word) + len(word) for word in HEADER[2:]]
        at = header.index("verdict")
        case.assertEqual(len(self.rows), len(self.lines), self)
        for row, line in zip(self.rows, self.lines):
            case.assertEqual((row[:at].strip(), row[at:at + 13].strip()), (line["test"], line["verdict"]), self)
            for end in ends:
                case.assertRegex(row[:end], r"[ ~]\d+\.\d+$", self)
                case.assertTrue(row[end:end + 2] in ("", "  "), self)
            case.assertEqual(row[ends[-1]:].strip(), line["note"].strip(), self)
            case.assertRegex(line["note"], r"^[ -~]*$", "a note must not move a terminal's cursor")
            case.assertTrue(line["cpu_ns"] >= 0 and line["wall_ns"] >= 0 and line["memory_bytes"] >= 0, self)


@unittest.skipUnless(JUDGE, "the examples are not built")
class JudgeCase(Case):
    def judge(self, *args):
        path = os.path.join(self.directory(), "tests.json")
        done = subprocess.run([JUDGE, "-J", path, "-C", "60", *args], text=True, capture_output=True, timeout=300,
                              stdin=subprocess.DEVNULL, check=False, **IDENTITY)
        return Run(self, done, read(path) if os.path.exists(path) else "")

    def need(self, path):
        compiler = COMPILERS[os.path.splitext(path)[1]]
        if not shutil.which(compiler, path=SYSTEM_PATH):
            self.skipTest(f"{compiler} is not installed")

    def problem(self, path, *args):
        """Judge it with the limits of the statements; cpu time is generous for what has enough of it."""
        self.need(path)
        folder = os.path.dirname(os.path.dirname(path))
        words = ["-m", "64", "-o", "1"]
        for letter, name in (("-c", "checker.py"), ("-i", "interactor.c")):
            if os.path.exists(os.path.join(folder, name)):
                self.need(name)
                words += [letter, os.path.join(folder, name)]
        return self.judge(*words, *args, path, os.path.join(folder, "tests"))

    def source(self, text, suffix=".c"):
        path = os.path.join(self.directory(), "source" + suffix)
        with open(path, "w", encoding="utf-8") as to:
            to.write(text)
        return path

    def cases(self, **texts):
        """A directory with NAME.in and NAME.out for each pair of texts."""
        folder = self.directory()
        for name, pair in texts.items():
            for suffix, text in zip((".in", ".out"), pair):
                with open(os.path.join(folder, name + suffix), "w", encoding="utf-8") as to:
                    to.write(text)
        return folder


class Problems(JudgeCase):
    """One test for each submission; its first lines say what is expected."""

    def check(self, path):
        expected = EXPECTED.search(read(path)).group(1).split(" | ")
        # What is to run into a clock does so soon; no other verdict depends on how fast or how busy the machine is.
        cpu, wall = "1" if "time limit" in expected else "30", "0.5" if expected == ["wall limit"] else "100"
        run = self.problem(path, "-t", cpu, "-w", wall)
        self.assertIn(run.verdict, expected, run)
        if not any("processes" in line["sampled"] for line in run.lines):
            self.assertEqual(run.verdict, expected[0], run)
        first_bad = next((verdict for verdict in run.verdicts if verdict != "accepted"), "accepted")
        self.assertEqual((run.verdict, run.code), (first_bad, 0 if run.verdict == "accepted" else 1), run)
        good = run.verdicts.count("accepted")
        self.assertEqual(run.out.splitlines()[-1], f"{run.verdict}: {good} of {len(run.lines)}")


def test_of(path):
    def test(self):
        self.check(path)
    return test


for problem_name, file in submissions():
    setattr(Problems, re.sub(r"\W", "_", f"test_{problem_name}_{os.path.basename(file)}"), test_of(file))


class ProblemSet(unittest.TestCase):
    def test_three_problems_with_ten_submissions_each(self):
        count = {}
        for problem, path in submissions():
            self.assertRegex(read(path), EXPECTED, path)
            count[problem] = count.get(problem, 0) + 1
        self.assertEqual(count, {"leak": 10, "milestones": 10, "neighbours": 10})

    def test_each_verdict_is_expected_somewhere(self):
        expected = {word for _, path in submissions() for word in EXPECTED.search(read(path)).group(1).split(" | ")}
        self.assertEqual(expected, {f"{what} limit" for what in ("time", "wall", "memory", "output", "process")} |
                         {"accepted", "wrong answer", "denied call", "runtime error", "compile error"})


class Table(JudgeCase):
    def notes(self, run):
        return {line["test"]: line["note"] for line in run.lines}

    def submission(self, *names):
        return os.path.join(PROBLEMS, names[0], "submissions", names[1])

    def test_in_parallel_as_one_after_another(self):
        for names in (("neighbours", "in_order.c"), ("leak", "one_after_another.cpp"), ("milestones", "accepted.py")):
            runs = [self.problem(self.submission(*names), "-t", "20", "-w", "100", "-j", jobs) for jobs in ("1", "5")]
            self.assertEqual(runs[0].verdicts, runs[1].verdicts)
            self.assertEqual(self.notes(runs[0]), self.notes(runs[1]))

    def test_notes_tell_what_there_is_to_tell(self):
        for names, note in ((("milestones", "divides_by_zero.c"), "Floating point exception"),
                            (("milestones", "int_is_too_short.c"), "word 1 differs"),
                            (("neighbours", "past_the_end.py"), "exit status 1: IndexError: list index out of range"),
                            (("neighbours", "tells_what_it_could_not_do.c"),
                             "exit status 3: program: this is too hard ?[31mfor me"),
                            (("neighbours", "asks_the_network.c"), "socket"),
                            (("neighbours", "in_order.c"), "1 beside 2"),
                            (("leak", "never_flushes.c"), "waits for an answer: is its output flushed?"),
                            (("leak", "does_not_listen.c"), "no answer after 20 questions"),
                            (("leak", "one_after_another.cpp"), "more than 20 questions"),
                            (("leak", "dies_early.c"), "Aborted")):
            wall = "0.5" if names[1] == "never_flushes.c" else "100"
            run = self.problem(self.submission(*names), "-t", "20", "-w", wall)
            self.assertIn(note, self.notes(run).values(), run)

    def test_words_are_counted(self):
        tests = self.cases(few=("1 2", "1 2 3"), many=("1 2 3", "1 2"), same=("1\n2\n", " 1\t\r2"), none=("", "  \n"),
                           zz=("1", "1"), cut=("1", "12"), long=("12", "1"), zero=("1\0", "1"))
        run = self.judge(self.source(RIGHT_ECHO), tests)
        self.assertEqual((run.code, run.verdict, run.verdicts[-1]), (1, "wrong answer", "accepted"), run)
        self.assertEqual(self.notes(run),
                         {"few": "word 3 is missing", "many": "word 3 is one too many", "same": "", "none": "",
                          "cut": "word 1 differs", "long": "word 1 differs", "zero": "word 1 differs", "zz": ""})

    def test_tests_in_the_order_of_their_numbers(self):
        tests = self.cases(**{f"t{number}": ("x", "x") for number in (10, 2, 1)}, **{'a"b\\c': ("x", "x")})
        run = self.judge(self.source(RIGHT_ECHO), tests)
        self.assertEqual([line["test"] for line in run.lines], ['a"b\\c', "t1", "t2", "t10"])
        self.assertEqual((run.code, run.verdict), (0, "accepted"))

    def test_large_input_and_output(self):
        text = "0123456789abcde\n" * 200000
        run = self.judge(self.source(RIGHT_ECHO), self.cases(large=(text, text)), "-t", "20")
        self.assertEqual(run.code, 125, "options come first")
        run = self.judge("-t", "20", self.source(RIGHT_ECHO), self.cases(large=(text, text)))
        self.assertEqual(run.verdicts, ["accepted"], run)


class Hostile(JudgeCase):
    def compile_error(self, text, suffix=".c", seconds="2"):
        path = self.source(text, suffix)
        self.need(path)
        run = self.judge("-C", seconds, path, self.cases(one=("", "")))
        self.assertEqual((run.code, run.verdicts, run.lines[0]["test"]), (1, ["compile error"], "compile"), run)
        self.assertRegex(run.err, r"^[ -~\n]*$", "what a compiler repeats must not move a terminal's cursor")
        return run

    def test_compiler_reads_nothing_of_the_host(self):
        run = self.compile_error('#include "/etc/shadow"\n', seconds="60")
        self.assertIn("No such file", run.err)
        run = self.compile_error(f'#include "{os.path.abspath(__file__)}"\n', seconds="60")
        self.assertIn("No such file", run.err)

    def test_compiler_that_reads_for_ever(self):
        self.compile_error('#include "/dev/zero"\n')

    def test_compiler_is_held_to_its_limits(self):
        words = "".join(f"#define {name} {' '.join([before] * 16)}\n" for before, name in zip('"ABCDE', "ABCDEF"))
        words = words.replace('" ', '"0123456789abcdef" ').replace('"\n', '"0123456789abcdef"\n')
        self.compile_error(words + "const char *text[] = { F, F, F, F };\nint main(void) { return 0; }\n")

    def test_templates_without_end(self):
        self.compile_error("template <int N> struct deep { deep<N + 1> in; };\ndeep<0> root;\nint main() {}\n", ".cpp")
        self.compile_error("template <int A, int B> struct wide { wide<A - 1, 2 * B> l; wide<A - 1, 2 * B + 1> r; };\n"
                           "template <int B> struct wide<0, B> {};\nwide<26, 0> tree;\nint main() {}\n", ".cpp")

    def test_program_that_is_too_large(self):
        self.compile_error("char huge[1ull << 36] = { 1 };\nint main(void) { return 0; }\n")

    def test_source_that_includes_itself(self):
        self.compile_error('#include "source.c"\n#include "source.c"\n')

    def test_python_that_is_none(self):
        run = self.compile_error("print('\x1b[2J'\n", ".py", seconds="60")
        self.assertIn("SyntaxError", run.err)

    def test_what_is_no_program_is_no_error_of_ours(self):
        loader = "__attribute__((section(\".interp\"))) const char interp[] = { 'x' };\nint main(void) { return 0; }\n"
        run = self.judge(self.source(loader), self.cases(one=("", "")))
        self.assertEqual((run.code, run.verdicts), (1, ["runtime error"]), run)
        self.assertEqual(run.lines[0]["note"], "cannot be executed")

    def test_input_cannot_be_changed(self):
        text = """
import os
for attempt in (lambda: os.write(0, b"x"), lambda: os.ftruncate(0, 0),
                lambda: os.write(os.open("/proc/self/fd/0", os.O_RDWR), b"x")):
    try:
        attempt()
        print("changed")
    except OSError:
        print("refused")
print(input())
"""
        tests = self.cases(one=("input\n", "refused refused refused input\n"))
        run = self.judge("-t", "20", self.source(text, ".py"), tests)
        self.assertEqual(run.verdicts, ["accepted"], run)
        self.assertEqual(read(tests, "one.in"), "input\n")

    def test_solution_sees_no_test_and_no_host(self):
        tests = self.cases(one=("", "program\n"))
        text = f"""
import os
print(*os.listdir("/box"))
for path in ({tests!r}, {PROBLEMS!r}, "/etc/passwd", "/home", "/root", "/tmp", "/box/answer", "/proc/1/root/box"):
    if os.path.exists(path) and os.access(path, os.R_OK):
        print("there is", path)
if os.getpid() != 1 and os.getuid() == 0 or len([name for name in os.listdir("/proc") if name.isdigit()]) > 2:
    print("seen too much")
"""
        run = self.judge("-t", "20", self.source(text, ".py"), tests)
        self.assertEqual(run.verdicts, ["accepted"], run)

    def test_runs_do_not_see_each_other(self):
        text = """
import os
print(os.path.exists("/box/left"))
open("/box/left", "w").close()
"""
        run = self.judge("-t", "20", "-j", "1", self.source(text, ".py"), self.cases(a=("", "False"), b=("", "False")))
        self.assertEqual(run.verdicts, ["accepted", "accepted"], run)

    def test_what_is_left_behind_does_not_hold_the_judge(self):
        text = """
#include <unistd.h>
int main(void)
{
	if (fork() == 0)
		for (;;)
			pause();
	return write(1, "x", 1) != 1;
}
"""
        run = self.judge("-w", "200", self.source(text), self.cases(one=("", "x")))
        self.assertEqual(run.verdicts, ["accepted"], run)
        self.assertLess(run.lines[0]["wall_ns"], 100 * 10**9)


class Referee(JudgeCase):
    """A checker or an interactor that fails is nobody's verdict."""

    def setUp(self):
        super().setUp()
        self.need("x.py")

    def failed(self, text, *args):
        run = self.judge(*args, "-c", self.source(text, ".py"), self.source(RIGHT_ECHO), self.cases(one=("x", "x")))
        self.assertEqual((run.code, run.verdicts), (125, ["judge error"]), run)
        self.assertRegex(run.lines[0]["note"], "^the referee (failed|ended with [01])", run)
        return run.lines[0]["note"]

    def test_its_exception_is_not_a_wrong_answer(self):
        self.assertIn("ZeroDivisionError", self.failed("print(1 // 0)\n"))

    def test_its_success_is_not_a_right_answer(self):
        self.failed("pass\n")

    def test_its_limits_are_its_own(self):
        self.assertRegex(self.failed("while True: pass\n", "-C", "6"), "(time|wall) limit")  # wall: on a busy machine

    def test_it_is_told_input_answer_and_directory(self):
        checker = """
import sys
assert [open(name).read() for name in sys.argv[1:3]] == ["in", "out"]
assert sys.stdin.read() == "in"
with open(sys.argv[3] + "judgemessage.txt", "wb") as to:
    to.write(b"first \\"line\\" \\xff\\x1b[2J" + b"x" * 300 + b"\\nsecond")
sys.exit(43)
"""
        run = self.judge("-c", self.source(checker, ".py"), self.source(RIGHT_ECHO), self.cases(one=("in", "out")))
        self.assertEqual(run.verdicts, ["wrong answer"], run)
        self.assertEqual(run.lines[0]["note"][:30], 'first "line" ??[2J' + "x" * 12)

    def test_it_is_not_asked_about_what_failed(self):
        run = self.judge("-c", self.source(CONTENT, ".py"), self.source("int main(void) { return 3; }\n"),
                         self.cases(one=("", "")))
        self.assertEqual((run.verdicts, run.code), (["runtime error"], 1), run)

    def test_its_compile_error_is_ours(self):
        run = self.judge("-c", self.source("x = = 1\n", ".py"), self.source(RIGHT_ECHO), self.cases(one=("", "")))
        self.assertEqual((run.code, run.out), (125, ""), run)
        self.assertIn("cannot be compiled", run.err)

    def test_interactor_that_fails(self):
        run = self.judge("-w", "100", "-i", self.source("import sys\nsys.exit(1)\n", ".py"),
                         self.source(RIGHT_ECHO), self.cases(one=("", "")))
        self.assertEqual((run.code, run.verdicts), (125, ["judge error"]), run)

    def test_interactor_ends_the_game(self):
        stubborn = "#include <unistd.h>\nint main(void) { return pause(); }\n"
        run = self.judge("-w", "200", "-i", self.source("import sys\nsys.exit(42)\n", ".py"), self.source(stubborn),
                         self.cases(one=("", "")))
        self.assertEqual((run.code, run.verdicts), (0, ["accepted"]), run)
        self.assertLess(run.lines[0]["wall_ns"], 100 * 10**9)


class Usage(JudgeCase):
    def test_bad_words_are_refused(self):
        right, tests = self.source(RIGHT_ECHO), self.cases(one=("", ""))
        for words in (["-t", "0"], ["-t", "x"], ["-m", "-5"], ["-j", "nan"], ["-t", "1s"], ["-o", ""], ["-w", "inf"]):
            run = self.judge(*words, right, tests)
            self.assertEqual((run.code, run.out), (125, ""), (words, run))
            self.assertEqual(run.err, f"judge: {' '.join(words)}: a number above 0 expected\n")
        for words in ([], [right], [right, tests, "more"], ["-z", right, tests], ["-t"], [right, "/no/such/directory"],
                      ["/no/such/source.c", tests], [tests, tests],
                      [self.source("", ".rs"), tests], ["-c", "/no/such/checker.c", right, tests],
                      ["-c", self.source("", ".txt"), right, tests], ["-J", "/no/such/directory/file", right, tests],
                      [right, self.directory()]):
            run = self.judge(*words)
            self.assertEqual((run.code, run.out), (125, ""), (words, run))
            self.assertRegex(run.err, r"(?m)^judge: .", (words, run))

    def test_answer_that_is_missing_is_an_error(self):
        tests = self.cases(one=("", ""), two=("", ""))
        os.remove(os.path.join(tests, "two.out"))
        run = self.judge(self.source(RIGHT_ECHO), tests)
        self.assertEqual((run.code, run.out), (125, ""), run)
        self.assertIn("two.out", run.err)

    def test_table_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([JUDGE, self.source(RIGHT_ECHO), self.cases(one=("", ""))], stdout=full,
                                  stderr=subprocess.PIPE, timeout=300, check=False, **IDENTITY)
        self.assertEqual(done.returncode, 125, done)


if __name__ == "__main__":
    sbx_case.main()
