# SPDX-License-Identifier: MIT
"""What sbx itself writes: plan, trace, report, help, manual."""
import json
import os
import re
import subprocess

import sbx_case
from sbx_case import SBX, Case


class Trace(Case):
    def test_trace_goes_to_stderr_and_is_plain_there(self):
        result = self.sbx("run", "--trace", "echo", "out")
        self.assertEqual((result.code, result.out), (0, "out\n"), result)
        self.assertNotIn("\033", result.err)
        rows = [line.split() for line in result.err.splitlines()[1:-1]]
        self.assertLessEqual({"host", "init", "command"}, {row[0] for row in rows})
        self.assertLessEqual({"clone", "proc", "tmpfs", "pivot", "exec"}, {row[3] for row in rows})
        starts = [float(row[1]) for row in rows]
        self.assertEqual(starts, sorted(starts))
        self.assertRegex(result.err.splitlines()[-1], r"^\d+ steps in \d+\.\d us$")

    def test_trace_of_a_failure_ends_with_its_reason(self):
        result = self.sbx("run", "--trace", "/no/such/program")
        self.assertEqual(result.code, 127, result)
        self.assertRegex(result.err, r"(?m)^command .* exec .*failed: No such file or directory$")

    def test_colour_only_where_it_is_wanted(self):
        environ = dict(os.environ, CLICOLOR_FORCE="1")
        environ.pop("NO_COLOR", None)
        self.assertIn("\033[", self.sbx("run", "--trace", "true", env=environ).err)
        self.assertNotIn("\033[", self.sbx("run", "--trace", "true", env=dict(environ, NO_COLOR="1")).err)

    def test_trace_file(self):
        path = os.path.join(self.directory(), "trace")
        result = self.sbx("run", f"--trace={path}", "true")
        self.assertEqual((result.code, result.err), (0, ""), result)
        with open(path, encoding="utf-8") as text:
            self.assertIn("exec", text.read())

    def test_explain_adds_sentences_and_counterparts(self):
        err = self.sbx("run", "--explain", "true").err
        self.assertIn("Makes the new root the root and detaches the old one.", err)
        self.assertIn("pivot_root(8)", err)

    def test_chrome_trace_is_valid_and_nested(self):
        path = os.path.join(self.directory(), "trace.json")
        self.run_ok(f"--trace={path}", "-v", "/usr:/x\udcffy:ro", "true")
        with open(path, encoding="utf-8") as text:
            events = json.load(text)["traceEvents"]
        names = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
        self.assertEqual(names, {"host", "sb-init", "command"})
        steps = [event for event in events if event["ph"] == "X"]
        self.assertGreater(len(steps), 10)
        self.assertEqual(min(event["ts"] for event in steps), 0)
        for event in steps:
            self.assertGreaterEqual(event["ts"], 0)
            self.assertGreaterEqual(event["dur"], 0)
            self.assertTrue(event["args"]["sentence"])
        for lane in {event["tid"] for event in steps}:
            self.assert_nested([(e["ts"], e["ts"] + e["dur"]) for e in steps if e["tid"] == lane])

    def assert_nested(self, spans):
        open_until = []
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            while open_until and open_until[-1] <= start + 1e-6:
                open_until.pop()
            if open_until:
                self.assertLessEqual(end, open_until[-1] + 1e-6, "two steps of one lane overlap")
            open_until.append(end)


class Report(Case):
    def report(self, *args):
        path = os.path.join(self.directory(), "report.json")
        result = self.sbx("run", "--report", path, *args)
        with open(path, encoding="utf-8") as text:
            report = json.load(text)
        self.assertEqual(report["schema"], 1)
        self.assertEqual(report["exit_code"], result.code)
        for key in report:
            self.assertRegex(key, r"^[a-z][a-z_]*$")
            self.assertNotIsInstance(report[key], float)
        return report

    def test_report_of_an_exit(self):
        report = self.report("sh", "-c", "exit 3")
        self.assertEqual((report["verdict"], report["status"]), ("exited", 3))
        self.assertNotIn("signal", report)
        self.assertGreater(report["setup_ns"], 0)
        self.assertGreater(report["wall_ns"], 0)
        self.assertEqual(report["skipped_steps"], 0)
        kinds = {"ns_" + kind for kind in ("user", "pid", "mount", "net", "ipc", "uts", "cgroup", "time")}
        self.assertLessEqual(kinds | {"root", "root_readonly", "no_new_privs", "no_caps", "session"},
                             set(report["applied"]))

    def test_report_tells_what_was_not_applied(self):
        applied = self.report("--share", "net", "--rw", "--no-new-privs=0", "--cap-add", "kill", "true")["applied"]
        self.assertFalse({"ns_net", "root_readonly", "no_new_privs", "no_caps"} & set(applied), applied)

    def test_report_of_a_signal(self):
        report = self.report("sh", "-c", "kill -TERM $$")
        self.assertEqual((report["verdict"], report["signal"], report["signal_name"]), ("signaled", 15, "TERM"))
        self.assertIs(report["core_dumped"], False)

    def test_report_counts_what_was_left_out(self):
        self.assertEqual(self.report("-v", "/no/such:/x:optional", "true")["skipped_steps"], 1)

    def test_report_of_a_failure(self):
        report = self.report("/no/such/program")
        self.assertEqual(report["verdict"], "failed")
        self.assertEqual((report["error"]["step"], report["error"]["errno_name"]), ("exec", "ENOENT"))
        self.assertIn("/no/such/program", report["error"]["message"])

    def test_report_to_a_descriptor(self):
        reader, writer = os.pipe()
        result = self.sbx("run", "--report", f"fd:{writer}", "true", pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as pipe:
            self.assertEqual(json.load(pipe)["exit_code"], result.code)

    def test_pid_file_names_the_command(self):
        reader, writer = os.pipe()
        child = self.popen("-i", "--pid-file", f"fd:{writer}", "sh", "-c", "echo; read line; exit 3", stdin=-1,
                           pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as pipe:
            pid = int(pipe.readline())
        # Its words are not in place yet when it is known that it was executed.
        child.stdout.readline()
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as words:
            self.assertEqual(words.read().split("\0")[0], "sh")
        child.communicate("\n")
        self.assertEqual(child.returncode, 3)

    def test_no_command_no_pid(self):
        path = os.path.join(self.directory(), "pid")
        self.assertEqual(self.sbx("run", "--pid-file", path, "/no/such/program").code, 127)
        self.assertEqual(os.path.getsize(path), 0)

    def test_unwritable_report_is_found_before_the_command_runs(self):
        err = self.refused("--report", "/no/such/directory/report", "echo", "ran")
        self.assertIn("/no/such/directory/report", err)
        self.refused("--report", "fd:99", "echo", "ran")

    def test_full_disk_is_not_a_success(self):
        for option in ("--report=/dev/full", "--trace=/dev/full", "--pid-file=/dev/full"):
            result = self.sbx("run", option, "true")
            self.assertEqual(result.code, 125, result)
            self.assertIn("/dev/full", result.err)

    def test_an_older_report_is_replaced(self):
        path = self.host_file("x" * 10000, 0o666)
        self.run_ok("--report", path, "true")
        with open(path, encoding="utf-8") as text:
            self.assertEqual(json.load(text)["verdict"], "exited")


class DryRun(Case):
    def test_dry_run_prints_steps_and_leaves_nothing(self):
        path = self.directory()
        result = self.sbx("run", "--dry-run", "--report", os.path.join(path, "report"),
                          f"--trace={os.path.join(path, 'trace')}", "-v", f"{path}:/d", "touch", "/d/x")
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.assertEqual(os.listdir(path), [])
        self.assertIn(path, result.out)
        for step in ("clone", "tmpfs", "pivot", "exec"):
            self.assertRegex(result.out, rf"(?m)\b{step}\b")

    def test_dry_run_finds_contradictions(self):
        self.refused("--dry-run", "--share", "uts", "--hostname", "x", "true")


class Help(Case):
    def test_version_and_help(self):
        done = subprocess.run([SBX, "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"^libsandbox \w+ \d+\.\d+\.\d+\n$")
        done = subprocess.run([SBX, "--help"], capture_output=True, text=True, check=True)
        self.assertIn("usage:", done.stdout)
        for words in ([], ["no-such-command"], ["unpin"]):
            done = subprocess.run([SBX, *words], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (125, ""))

    def test_help_and_manual_name_the_same_options(self):
        named = set(re.findall(r"--[a-z][a-z-]+", self.run_ok("--help").split("\n\n", 1)[1]))
        with open(os.environ["SBX_MANUAL"], encoding="utf-8") as manual:
            options = manual.read().split("\n# OPTIONS\n")[1].split("\n# EXIT STATUS\n")[0]
        heads = [line for line in options.splitlines() if line.startswith("*-")]
        documented = set(re.findall(r"--[a-z][a-z-]+", " ".join(heads)))
        self.assertEqual(named - documented, set(), "not in the manual")
        self.assertEqual(documented - named, set(), "in the manual only")

    def test_help_fits_a_terminal(self):
        for line in self.run_ok("--help").splitlines():
            self.assertLessEqual(len(line), 100, line)


if __name__ == "__main__":
    sbx_case.main()
