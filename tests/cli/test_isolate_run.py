# SPDX-License-Identifier: MIT
"""isolate --run: every status, every limit, the meta file."""
import os
import re
import resource

import sbx_case
from isolate_case import FIGURES, IsolateCase, memory_is_counted

SPIN = "while :; do :; done"
PYTHON = "/usr/bin/python3"


class Status(IsolateCase):
    def setUp(self):
        super().setUp()
        self.init()

    def program(self, *words, expect):
        return self.run_meta("--run", "--", *words, expect=expect)[1]

    def test_a_program_that_ends_well_has_no_status(self):
        result, meta = self.run_meta("--run", "--", "/bin/true", expect=0)
        self.assertEqual(set(meta), FIGURES | {"exitcode"})
        self.assertEqual(meta["exitcode"], "0")
        self.assertRegex(result.err, r"^OK \(")

    def test_figures_look_as_they_should(self):
        _, meta = self.run_meta("--run", "--", "/bin/true", expect=0)
        for key in ("time", "time-wall"):
            self.assertRegex(meta[key], r"^\d+\.\d{3}$")
        for key in ("max-rss", "csw-voluntary", "csw-forced"):
            self.assertRegex(meta[key], r"^\d+$")
        self.assertTrue(100 < int(meta["max-rss"]) < 100000, meta)

    def test_exit_codes_are_run_time_errors(self):
        for code in (1, 2, 42, 124, 125, 137, 255):
            result, meta = self.run_meta("--run", "--", "/bin/sh", "-c", f"exit {code}", expect=1)
            self.assertEqual(set(meta), FIGURES | {"exitcode", "status", "message"})
            self.assertEqual((meta["exitcode"], meta["status"]), (str(code), "RE"))
            self.assertEqual(meta["message"], f"Exited with error status {code}")
            self.assertEqual(result.err, meta["message"] + "\n")

    def test_signals(self):
        # Also those that limits use: raised by the program itself they are no limit.
        for name, number in (("SEGV", 11), ("ABRT", 6), ("KILL", 9), ("XCPU", 24), ("XFSZ", 25), ("SYS", 31), ("TERM", 15)):
            meta = self.program("/bin/sh", "-c", f"kill -{name} $$", expect=1)
            self.assertEqual(set(meta), FIGURES | {"exitsig", "status", "message"}, name)
            self.assertEqual((meta["exitsig"], meta["status"]), (str(number), "SG"))
            self.assertEqual(meta["message"], f"Caught fatal signal {number}")

    def test_time_is_up(self):
        result, meta = self.run_meta("--time=0.2", "--wall-time=60", "--run", "--", "/bin/sh", "-c", SPIN, expect=1)
        self.assertEqual(set(meta), FIGURES | {"killed", "status", "message"})
        self.assertEqual((meta["killed"], meta["status"], meta["message"]), ("1", "TO", "Time limit exceeded"))
        self.assertNotIn("wall", meta["message"])
        self.assertTrue(0.2 <= float(meta["time"]) < 1, meta)
        self.assertEqual(result.err, "Time limit exceeded\n")

    def test_wall_time_is_up(self):
        _, meta = self.run_meta("--time=5", "-w", "0.2", "--run", "--", "/bin/sleep", "100", expect=1)
        self.assertEqual(set(meta), FIGURES | {"killed", "status", "message"})
        # CMS tells the two limits apart by this word.
        self.assertEqual((meta["status"], meta["message"]), ("TO", "Time limit exceeded (wall clock)"))
        self.assertTrue(0.2 <= float(meta["time-wall"]), meta)
        self.assertLess(float(meta["time"]), 0.2)

    def test_children_count(self):
        # Not waited for by the one that ends: other sandboxes miss their time.
        script = f"({SPIN}) & ({SPIN}) & wait"
        _, meta = self.run_meta("-p", "-t", "0.4", "-w", "60", "--run", "--", "/bin/sh", "-c", script, expect=1)
        self.assertEqual((meta["status"], meta["message"]), ("TO", "Time limit exceeded"))
        self.assertGreaterEqual(float(meta["time"]), 0.4)

    def test_extra_time_shows_how_much_it_would_have_been(self):
        _, meta = self.run_meta("-t", "0.1", "-x", "0.3", "-w", "60", "--run", "--", "/bin/sh", "-c", SPIN, expect=1)
        self.assertEqual((meta["status"], meta["killed"]), ("TO", "1"))
        self.assertGreaterEqual(float(meta["time"]), 0.4)

    def test_within_the_extra_time_it_may_end_by_itself(self):
        script = "import time\nwhile time.process_time() < 0.2: pass"
        _, meta = self.run_meta("-t", "0.1", "-x", "50", "-w", "90", "--run", "--", PYTHON, "-c", script, expect=1)
        self.assertEqual(meta["status"], "TO")
        self.assertNotIn("killed", meta)
        self.assertEqual(meta["exitcode"], "0")

    def test_zero_is_no_limit(self):
        self.run_meta("-t", "0", "-w", "0", "-x", "0", "--run", "--", "/bin/true", expect=0)

    def test_no_such_program_is_an_internal_error(self):
        for program in ("/no/such/program", "no-such-program", "/usr"):
            _, meta = self.run_meta("--run", "--", program, expect=2)
            self.assertEqual((set(meta), meta["status"]), ({"status", "message"}, "XX"))
            self.assertIn(program, meta["message"])

    def test_meta_is_emptied_before(self):
        with open(self.meta_path(), "w", encoding="utf-8") as to:
            to.write("status:XX\n" * 500)
        self.assertNotIn("status", self.program("/bin/true", expect=0))

    def test_what_the_program_started_ends_with_it(self):
        meta = self.program("/bin/sh", "-c", "exec 1>&- 2>&-; exit 3", expect=1)
        self.assertEqual(meta["exitcode"], "3")
        out = self.shell("(exec >&- 2>&-; sleep 100) & echo $!")
        self.assertRegex(out, r"^\d+$")


class Limits(IsolateCase):
    def setUp(self):
        super().setUp()
        self.box = self.init()

    def test_one_process_by_default(self):
        self.assertEqual(self.isolate("--run", "--", "/bin/sh", "-c", "exec /bin/echo one").out, "one\n")
        result = self.isolate("--run", "--", "/bin/sh", "-c", "/bin/true; echo two")
        self.assertNotIn("two", result.out)
        self.assertEqual(result.code, 1)

    def test_processes(self):
        three = "sleep 100 & sleep 100 & echo started; kill %1 %2"
        for words in (["-p"], ["-p3"], ["--processes=3"], ["--processes"], ["-p", "-p=3"]):
            result = self.isolate(*words, "--run", "--", "/bin/sh", "-c", three)
            self.assertEqual(result.out, "started\n", (words, result))
        self.assertNotEqual(self.isolate("-p2", "--run", "--", "/bin/sh", "-c", three).out, "started\n")

    def test_threads_are_processes(self):
        script = "import threading\nt = threading.Thread(target=print, args=('ran',))\nt.start(); t.join()"
        self.assertNotIn("ran", self.isolate("--run", "--", PYTHON, "-c", script).out)
        self.assertEqual(self.isolate("-p2", "--run", "--", PYTHON, "-c", script).out, "ran\n")

    def limits(self, *args):
        return self.isolate("-p", *args, "--run", "--", "/bin/cat", "/proc/self/limits").out

    def limit(self, name, *args):
        found = re.search(rf"(?m)^{name} +(\S+) +(\S+) ", self.limits(*args))
        self.assertEqual(found[1], found[2], "soft and hard differ")
        return found[1]

    def test_resource_limits(self):
        self.assertEqual(self.limit("Max address space"), "unlimited")
        self.assertEqual(self.limit("Max address space", "-m", "100000"), str(100000 * 1024))
        self.assertEqual(self.limit("Max file size", "--fsize=10"), "10240")
        self.assertEqual(self.limit("Max stack size", "--stack=8192"), str(8 << 20))
        self.assertEqual(self.limit("Max open files"), "64")
        self.assertEqual(self.limit("Max open files", "-n", "20"), "20")
        self.assertEqual(self.limit("Max core file size", "--core=5"), "5120")

    def test_no_limits_are_as_high_as_the_callers(self):
        for name, which, words in (("Max stack size", resource.RLIMIT_STACK, []),
                                   ("Max open files", resource.RLIMIT_NOFILE, ["-n0"])):
            hard = resource.getrlimit(which)[1]
            expected = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
            self.assertEqual(self.limit(name, *words), expected)

    def test_no_core_by_default(self):
        meta = self.run_meta("-p", "--run", "--", "/bin/sh", "-c", "kill -SEGV $$", expect=1)[1]
        self.assertEqual(meta["exitsig"], "11")
        self.assertEqual(os.listdir(self.box), [])

    def test_too_large_a_file_is_a_signal(self):
        meta = self.run_meta("-f", "8", "--run", "--", "/bin/dd", "if=/dev/zero", "of=big", "bs=1024", "count=9",
                             "status=none", expect=1)[1]
        self.assertEqual((meta["status"], meta["exitsig"]), ("SG", "25"))
        self.assertEqual(os.path.getsize(os.path.join(self.box, "big")), 8192)
        self.run_meta("-f", "9", "--run", "--", "/bin/dd", "if=/dev/zero", "of=big", "bs=1024", "count=9",
                      "status=none", expect=0)

    def test_address_space(self):
        script = "x = bytearray(300 << 20)"
        self.assertEqual(self.isolate("-m", "2000000", "--run", "--", PYTHON, "-c", script).code, 0)
        result, meta = self.run_meta("-m", "100000", "--run", "--", PYTHON, "-c", script, expect=1)
        self.assertEqual(meta["status"], "RE")
        self.assertIn("MemoryError", result.err)

    def test_max_rss_and_context_switches(self):
        script = "import time\nx = bytearray(b'x') * (64 << 20)\nfor i in range(50): time.sleep(0.001)"
        meta = self.run_meta("--run", "--", PYTHON, "-c", script, expect=0)[1]
        self.assertTrue(64 << 10 < int(meta["max-rss"]) < 200 << 10, meta)
        self.assertGreaterEqual(int(meta["csw-voluntary"]), 50)


class ControlGroups(IsolateCase):
    def setUp(self):
        super().setUp()
        self.init("--cg")

    def test_time_with_cg(self):
        result = self.isolate("--cg", "--cg-timing", "-t", "0.2", "-w", "60", "--run", "--", "/bin/sh", "-c", SPIN)
        if result.code == 2:
            self.assertRegex(result.err, "(?i)cgroup")
            self.skipTest(result.err.splitlines()[0])
        self.assertEqual((result.code, result.err), (1, "Time limit exceeded\n"))

    def test_a_memory_limit_without_a_controller_is_an_error(self):
        if memory_is_counted():
            self.skipTest("there is a memory controller")
        _, meta = self.run_meta("--cg", "--cg-mem=65536", "--run", "--", "/bin/true", expect=2)
        self.assertEqual(meta["status"], "XX")
        self.assertRegex(meta["message"], "(?i)cgroup|memory")

    def test_cg_mem_is_the_peak_of_this_run(self):
        if not memory_is_counted():
            self.skipTest("no memory controller")
        large = self.run_meta("--cg", "--run", "--", PYTHON, "-c", "x = bytearray(b'x') * (50 << 20)", expect=0)[1]
        small = self.run_meta("--cg", "--run", "--", "/bin/true", expect=0)[1]
        self.assertGreater(int(large["cg-mem"]), 50 << 10)
        # isolate#195, #136: figures and limits of one run do not reach the next.
        self.assertLess(int(small["cg-mem"]), 20 << 10)
        self.assertNotIn("cg-oom-killed", large)

    def test_too_much_memory(self):
        if not memory_is_counted():
            self.skipTest("no memory controller")
        script = "x = bytearray(b'x') * (300 << 20)"
        _, meta = self.run_meta("--cg", "--cg-mem=65536", "--run", "--", PYTHON, "-c", script, expect=1)
        self.assertEqual(set(meta), FIGURES | {"cg-mem", "cg-oom-killed", "exitsig", "status", "message"})
        self.assertEqual((meta["cg-oom-killed"], meta["exitsig"], meta["status"]), ("1", "9", "SG"))
        self.assertLessEqual(int(meta["cg-mem"]), 65536)
        self.run_meta("--cg", "--cg-mem=655360", "--run", "--", PYTHON, "-c", script, expect=0)

    def test_memory_of_a_child_whose_parent_says_nothing(self):
        if not memory_is_counted():
            self.skipTest("no memory controller")
        script = f"{PYTHON} -c \"x = bytearray(b'x') * (300 << 20)\"; exit 0"
        _, meta = self.run_meta("-p", "--cg", "--cg-mem=65536", "--run", "--", "/bin/sh", "-c", script, expect=1)
        self.assertEqual((meta["cg-oom-killed"], meta["status"]), ("1", "SG"))


if __name__ == "__main__":
    sbx_case.main()
