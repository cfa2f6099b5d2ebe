# SPDX-License-Identifier: MIT
"""Limits of a run: time, CPU time, memory, processes, output; exit codes, messages, the report."""
import os
import select
import signal
import time

import sbx_case
from cgroup_case import CgroupCase, own_cgroup, read

SPIN = "while :; do :; done"
SECOND = 10**9


def has_controller(name):
    try:
        return name in read(own_cgroup() or "/none", "cgroup.controllers").split()
    except OSError:
        return False


class LimitCase(CgroupCase):
    def ended(self, code, why, *args, **options):
        """The command is ended by a limit, and one line says why. Return: the report."""
        result, report = self.report(*args, **options)
        self.assertEqual(result.code, code, (result, report))
        lines = [line for line in result.err.splitlines() if line.startswith("sbx: ")]
        self.assertEqual(len(lines), 1, result)
        self.assertRegex(lines[0], why)
        return report


class Time(LimitCase):
    def test_timeout(self):
        report = self.ended(124, r"more than 0\.2 s of time \(--timeout\)$", "--timeout", "200ms", "sleep", "100")
        self.assertEqual((report["verdict"], report["exceeded"]), ("wall_exceeded", ["wall"]))
        self.assertGreaterEqual(report["wall_ns"], SECOND // 5)
        self.assertEqual(report["signal"], signal.SIGKILL)

    def test_a_stopped_command_is_ended_too(self):
        self.ended(124, "timeout", "--timeout", "0.2", "sh", "-c", "kill -STOP $$")

    def test_cpu_time(self):
        report = self.ended(124, r"more than 0\.2 s of CPU time \(--cpu-time\)$", "--cpu-time", "0.2s", "sh", "-c", SPIN)
        self.assertEqual((report["verdict"], report["exceeded"]), ("cpu_exceeded", ["cpu"]))
        self.assertGreaterEqual(report["cpu_user_ns"] + report["cpu_system_ns"], SECOND // 5)

    def test_cpu_time_is_that_of_all_processes(self):
        report = self.ended(124, "CPU time", "--cpu-time", "0.3", "--timeout", "50", "sh", "-c", f"({SPIN}) & {SPIN}")
        self.assertEqual(report["verdict"], "cpu_exceeded")

    def test_sleeping_is_no_cpu_time(self):
        self.run_ok("--cpu-time", "0.5", "sleep", "0.6")

    def test_a_command_that_ends_in_time_is_not_touched(self):
        result, report = self.report("--timeout", "50", "--cpu-time", "50", "sh", "-c", "exit 3")
        self.assertEqual((result.code, result.err), (3, ""))
        self.assertEqual(report["verdict"], "exited")
        for key in ("exceeded", "soft"):
            self.assertNotIn(key, report)

    def test_what_a_signal_of_its_own_is_it_stays(self):
        for name in ("KILL", "XCPU", "ALRM"):
            result, report = self.report("--timeout", "50", "--cpu-time", "50", "sh", "-c", f"kill -{name} $$")
            self.assertEqual(report["verdict"], "signaled", name)
            self.assertEqual(result.code, 128 + getattr(signal, "SIG" + name))

    def test_cpu_grace_shows_how_much_it_would_use(self):
        report = self.ended(124, "more than 0.1 s of CPU time", "--cpu-time", "0.1", "--cpu-grace", "0.2", "sh", "-c", SPIN)
        self.assertGreaterEqual(report["cpu_user_ns"] + report["cpu_system_ns"], 3 * SECOND // 10)

    def test_kill_after_asks_first(self):
        script = "trap 'echo asked; exit 7' TERM; while :; do sleep 0.02; done"
        result, report = self.report("--timeout", "0.5", "--kill-after", "50", "sh", "-c", script)
        self.assertEqual((result.code, result.out), (124, "asked\n"))
        self.assertEqual((report["verdict"], report["status"]), ("wall_exceeded", 7))

    def test_kill_after_kills_who_does_not_listen(self):
        begin = time.monotonic()
        result, report = self.report("--timeout", "0.5", "--kill-after", "0.2", "sh", "-c", "trap '' TERM; sleep 100")
        self.assertEqual((result.code, report["verdict"], report["signal"]), (124, "wall_exceeded", signal.SIGKILL))
        self.assertLess(time.monotonic() - begin, 50)
        self.assertGreaterEqual(report["wall_ns"], 7 * SECOND // 10)

    def test_preserve_status(self):
        self.assertEqual(self.sbx("run", "--preserve-status", "--timeout", "0.1", "sleep", "100").code, 137)
        script = "trap 'exit 7' TERM; while :; do sleep 0.02; done"
        self.assertEqual(self.sbx("run", "--preserve-status", "--timeout", "0.5", "--kill-after", "50", "sh", "-c",
                                  script).code, 7)
        self.assertEqual(self.sbx("run", "--preserve-status", "--timeout", "50", "sh", "-c", "exit 4").code, 4)

    def test_soft_limits_tell_and_let_it_run(self):
        script = "trap 'echo told; told=1' USR1; until [ $told ]; do sleep 0.02; done; echo end"
        result, report = self.report("--soft-timeout", "0.5:USR1", "--timeout", "50", "sh", "-c", script)
        self.assertEqual((result.code, result.out), (0, "told\nend\n"))
        self.assertEqual(result.err.count("--soft-timeout"), 1, result)
        self.assertEqual((report["verdict"], report["soft"]), ("exited", ["wall"]))
        script = f"trap 'exit 5' XCPU; {SPIN}"
        result, report = self.report("--soft-cpu-time", "0.5:SIGXCPU", "--timeout", "50", "sh", "-c", script)
        self.assertEqual((result.code, report["soft"]), (5, ["cpu"]))
        self.assertIn("--soft-cpu-time", result.err)
        result, report = self.report("--soft-timeout", "0.1", "sleep", "0.3")
        self.assertEqual((result.code, report["soft"]), (0, ["wall"]))

    def test_units(self):
        for text in ("1m", "1h", "90", "90s", "90000ms", "90000000us", "0.1h", "1.5m"):
            self.run_ok("--timeout", text, "true")
        for text in ("100000us", "100ms", "0.1s", ".0001h", "0.1"):
            result = self.sbx("run", "--timeout", text, "sleep", "100")
            self.assertEqual(result.code, 125 if text.startswith(".") else 124, text)

    def test_limits_hold_while_sbx_is_stopped(self):
        place = self.directory()
        pipe = os.path.join(place, "pipe")
        os.mkfifo(pipe)
        os.chmod(pipe, 0o666)
        child = self.popen("--timeout", "0.5", "-v", f"{place}:/w", "sh", "-c", "exec sleep 100 >/w/pipe")
        reader = os.open(pipe, os.O_RDONLY)
        child.send_signal(signal.SIGSTOP)
        poll = select.poll()
        poll.register(reader, select.POLLHUP)
        held = poll.poll(30000)
        os.close(reader)
        child.send_signal(signal.SIGCONT)
        self.assertTrue(held, "the command outlives its limit")
        self.assertEqual(child.wait(), 124)

    def test_a_signal_of_the_caller_still_arrives(self):
        child = self.popen("--timeout", "90", "sh", "-c", "trap 'exit 9' TERM; echo started; while :; do sleep 0.02; done")
        self.assertEqual(child.stdout.readline(), "started\n")
        child.terminate()
        self.assertEqual(child.wait(), 9)


class Figures(LimitCase):
    def test_every_run_has_them(self):
        report = self.report("sh", "-c", "sleep 0.01; sleep 0.01")[1]
        for key in ("minor_faults", "voluntary_switches"):
            self.assertGreater(report[key], 0, key)
        for key in ("major_faults", "involuntary_switches"):
            self.assertGreaterEqual(report[key], 0, key)

    def test_without_a_cgroup_they_say_so(self):
        report = self.report("--cpu-time", "50", "true")[1]
        if "cgroup" in report["applied"]:
            self.assertNotIn("approximate", report)
        else:
            self.assertEqual(report["approximate"], ["cpu"])


class Memory(LimitCase):
    BIG = ["python3", "-c", "x = bytearray(b'x') * (200 << 20); print('done')"]

    def test_it_ends_all_processes(self):
        if not has_controller("memory"):
            self.skipTest("no memory controller")
        script = f"python3 -c \"{self.BIG[2]}\"; echo still here"
        report = self.ended(137, r"more than 67108864 bytes of memory \(--memory-limit\)$", "--memory-limit", "64m", "sh",
                            "-c", script)
        self.assertEqual((report["verdict"], report["exceeded"]), ("memory_exceeded", ["memory"]))
        self.assertLessEqual(report["memory_peak_bytes"], 64 << 20)

    def test_without_a_controller_it_is_an_error(self):
        if has_controller("memory"):
            self.skipTest("there is a memory controller")
        self.assertRegex(self.refused("--memory-limit", "64m", "echo", "ran"), "(?i)cgroup|memory")

    def test_without_a_controller_it_can_be_sampled(self):
        if has_controller("memory"):
            self.skipTest("there is a memory controller")
        result, report = self.report("--memory-limit", "500m", "--optional", "cgroup", "true")
        self.assertEqual((result.code, report["verdict"]), (0, "exited"))
        self.assertIn("memory", report["approximate"])
        script = "x = bytearray(b'x') * (200 << 20)\nimport time\ntime.sleep(100)"
        report = self.ended(137, "of memory", "--memory-limit", "64m", "--optional", "cgroup", "--timeout", "60", "python3",
                            "-c", script)
        self.assertEqual((report["verdict"], report["exceeded"]), ("memory_exceeded", ["memory"]))

    def test_enough_is_enough(self):
        words = ["--memory-limit", "600m"] + ([] if has_controller("memory") else ["--optional", "cgroup"])
        self.assertEqual(self.run_ok(*words, *self.BIG), "done")


class Processes(LimitCase):
    # The shell's own complaint would come in between.
    FORKS = "exec 2>/dev/null; sleep 100 & sleep 100 & sleep 100 & wait"

    def test_one_too_many_ends_it(self):
        if not has_controller("pids"):
            self.skipTest("no pids controller")
        report = self.ended(137, r"more than 3 processes and threads at once \(--process-limit\)$", "--process-limit", "3",
                            "sh", "-c", self.FORKS)
        self.assertEqual((report["verdict"], report["exceeded"]), ("pids_exceeded", ["pids"]))
        self.assertGreaterEqual(report["pids_refused"], 1)

    def test_without_a_controller_it_is_an_error_or_a_resource_limit(self):
        if has_controller("pids"):
            self.skipTest("there is a pids controller")
        self.refused("--process-limit", "3", "true")
        report = self.report("--process-limit", "100", "--optional", "cgroup", "true")[1]
        self.assertIn("pids", report["approximate"])


if __name__ == "__main__":
    sbx_case.main()
