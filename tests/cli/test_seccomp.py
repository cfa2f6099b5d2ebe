# SPDX-License-Identifier: MIT
"""Policies at the command line: presets, files, single lines, what was denied, and `sbx seccomp`."""
import json
import os
import subprocess

import sbx_case
from sbx_case import IDENTITY, SBX, Case

SIGSYS = 31
SECCOMP = "sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status"
SOCKET = 'python3 -S -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)"'


class Policies(Case):
    def test_a_filter_is_on_unless_it_is_turned_off(self):
        self.assertEqual(self.shell(SECCOMP), "2")
        for words in (["--seccomp", "none"], ["--security-opt", "seccomp=unconfined"],
                      ["--security-opt", "seccomp:none"]):
            self.assertEqual(self.shell(SECCOMP, *words), "0", words)

    def test_presets_differ_in_what_they_refuse(self):
        make = "cp /bin/true /tmp/t && chmod u+s /tmp/t"
        self.shell(SOCKET)
        self.shell(make)
        for words in (["--seccomp", "judge"], ["--profile", "judge"], ["--security-opt", "seccomp=judge"]):
            self.assertNotEqual(self.sbx("run", *words, "sh", "-c", SOCKET).code, 0, words)
        for words in (["--seccomp", "build"], ["--profile", "build"]):
            self.assertNotEqual(self.sbx("run", *words, "sh", "-c", make).code, 0, words)
        self.assertNotEqual(self.sbx("run", "unshare", "-U", "true").code, 0)
        self.run_ok("--seccomp", "nested", "unshare", "-U", "true")

    def test_a_named_policy_has_precedence_over_a_profile(self):
        self.shell(SOCKET, "--profile", "judge", "--seccomp", "default")
        self.shell(SOCKET, "--seccomp", "default", "--profile", "judge")

    def test_a_file_and_what_it_includes(self):
        path = self.directory()
        for name, text in (("a.policy", "include b.policy\nerrno(EXDEV) rmdir unlinkat # x\n"),
                           ("b.policy", "include default\nerrno(ENOTEMPTY) mkdir ?mkdirat\n")):
            with open(os.path.join(path, name), "w", encoding="utf-8") as to:
                to.write(text)
        result = self.sbx("run", "--seccomp", f"{path}/a.policy", "sh", "-c", "mkdir /tmp/x; rmdir /tmp; true")
        self.assertEqual(result.code, 0, result)
        self.assertIn("Directory not empty", result.err)
        self.assertIn("cross-device", result.err)

    def test_an_error_has_its_file_and_line_and_nothing_runs(self):
        bad = self.host_file("include default\n\nallow no_such_call\n")
        err = self.refused("--seccomp", bad, "echo", "ran")
        self.assertIn(f"{bad}:3: ", err)
        self.assertIn("no_such_call", err)
        self.assertIn("default, judge", self.refused("--seccomp", "no-such-preset", "echo", "ran"))
        self.refused("--seccomp", self.directory(), "echo", "ran")
        self.refused("--seccomp", "/dev/zero", "echo", "ran")

    def test_lines_are_added_in_their_order_after_everything_else(self):
        words = ["--seccomp-rule", "errno(EXDEV) rmdir", "--seccomp-rule", "errno(EMLINK) rmdir"]
        for order in (words + ["--seccomp", "judge"], ["--seccomp", "judge"] + words):
            self.assertIn("Too many links", self.sbx("run", *order, "rmdir", "/tmp").err)
        self.assertIn("no_such", self.refused("--seccomp-rule", "allow no_such", "true"))
        self.assertIn("none", self.refused("--seccomp", "none", "--seccomp-rule", "allow ptrace", "true"))

    def test_a_kept_capability_opens_its_calls(self):
        shown = self.sbx("seccomp", "test", "--cap-add", "sys_admin", "default", "mount")
        self.assertEqual(shown.out.split(), ["mount", "allow"], shown)
        self.assertEqual(self.sbx("seccomp", "test", "default", "mount").out.split(), ["mount", "errno(EPERM)"])

    def test_security_opt_in_dockers_ways(self):
        for words, expected in ((["no-new-privileges"], "1"), (["no-new-privileges=true"], "1"),
                                (["no-new-privileges:true"], "1"), (["no-new-privileges=false"], "0")):
            options = [part for word in words for part in ("--security-opt", word)]
            out = self.shell("sed -n 's/^NoNewPrivs:[^0-9]*//p' /proc/self/status", *options)
            self.assertEqual(out, expected, words)
        for bad in ("", "seccomp", "no-new-privileges=maybe", "apparmor=unconfined", "landlock=on", "seccompx=judge"):
            self.assertIn("--security-opt", self.refused("--security-opt", bad, "true"))


class Denied(Case):
    def report(self, *args):
        path = os.path.join(self.directory(), "report.json")
        result = self.sbx("run", "--report", path, *args)
        with open(path, encoding="utf-8") as text:
            return result, json.load(text)

    def need_report(self, report):
        if "seccomp_report" not in report["applied"]:
            self.skipTest("a filter around us has a listener already")

    def test_a_killed_command_is_told_with_its_call(self):
        result, report = self.report("--seccomp-rule", "kill socket if arg0 == AF_INET", "python3", "-S", "-c",
                                     "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0)")
        self.assertEqual(result.code, 128 + SIGSYS, result)
        self.need_report(report)
        self.assertRegex(result.err, r"^\w+: killed for the system call socket\(2, 0x80001, 0\)\n$")
        self.assertEqual((report["verdict"], report["signal"], report["exit_code"]), ("filtered", SIGSYS, 159))
        self.assertEqual([(d["call"], d["action"], d["count"], d["args"]) for d in report["denied"]],
                         [("socket", "kill", 1, [2, 0x80001, 0])])

    def test_a_killed_child_does_not_end_the_command(self):
        result, report = self.report("--seccomp-rule", "kill ?rmdir ?unlinkat", "sh", "-c",
                                     "rmdir /tmp/x; echo $?; exit 3")
        self.assertEqual((result.code, result.out), (3, "137\n"), result)
        self.need_report(report)
        self.assertIn("a process of the command was killed for the system call rmdir(0x", result.err)
        self.assertEqual(report["verdict"], "exited")

    def test_logged_calls_are_made_and_counted(self):
        result, report = self.report("--seccomp-rule", "log ?mkdir mkdirat", "sh", "-c",
                                     "mkdir /tmp/a /tmp/b && mkdir /tmp/c")
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.need_report(report)
        self.assertEqual([(d["call"], d["action"], d["count"]) for d in report["denied"]], [("mkdir", "log", 3)])
        self.assertEqual(report["denied"][0]["args"][1], 0o777)

    def test_nothing_denied_is_an_empty_list(self):
        report = self.report("--seccomp-rule", "log reboot", "true")[1]
        self.need_report(report)
        self.assertEqual(report["denied"], [])

    def test_a_call_that_traps_is_a_signal(self):
        result, report = self.report("--seccomp-rule", "trap ?rmdir", "rmdir", "/tmp/x")
        self.assertEqual((result.code, result.err), (128 + SIGSYS, ""), result)
        self.assertEqual((report["verdict"], report["signal_name"]), ("signaled", "SYS"))

    def test_calls_that_wait_for_an_answer_fail(self):
        result = self.sbx("run", "--seccomp-rule", "notify ?rmdir", "--seccomp-rule", "kill ?mkdir", "sh", "-c",
                          "rmdir /tmp/x; mkdir /tmp/y; rmdir /tmp/x")
        if "listener" in result.err:
            self.skipTest("a filter around us has a listener already")
        self.assertEqual(result.err.count("not implemented"), 2, result)
        self.assertIn("killed for the system call mkdir(0x", result.err)


class Command(Case):
    def test_check_tells_the_length_or_the_error(self):
        self.assertRegex(self.sbx("seccomp", "check", "judge").out, r"^judge: ok, \d\d+ instructions\n$")
        good = self.host_file("include judge\nallow ptrace\n")
        self.assertRegex(self.sbx("seccomp", "check", good).out, rf"^{good}: ok, \d\d+ instructions\n$")
        self.assertEqual(self.sbx("seccomp", "check", "none").out, "none: ok, 0 instructions\n")
        bad = self.host_file("allow\n")
        result = self.sbx("seccomp", "check", bad)
        self.assertEqual((result.code, result.out), (125, ""), result)
        self.assertIn(f"{bad}:1: ", result.err)

    def test_the_length_is_that_which_is_loaded(self):
        length = self.sbx("seccomp", "check", "judge").out.split()[-2]
        path = os.path.join(self.directory(), "report")
        self.run_ok("--seccomp", "judge", "--report", path, "true")
        with open(path, encoding="utf-8") as text:
            self.assertEqual(json.load(text)["filter_length"], int(length))

    def test_too_long_a_policy_is_found(self):
        lines = "\n".join(f"errno(EXDEV) read if long0 == {i} and long1 == {i}" for i in range(1200))
        result = self.sbx("seccomp", "check", self.host_file(f"default allow\n{lines}\n"))
        self.assertEqual((result.code, result.out), (125, ""), result)
        self.assertIn("4096", result.err)

    def test_show_has_every_call_once(self):
        out = self.sbx("seccomp", "show", "judge").out
        rows = dict(line.split(None, 1) for line in out.splitlines())
        self.assertEqual(len(rows), len(out.splitlines()))
        self.assertGreater(len(rows), 300)
        self.assertEqual(rows["read"], "allow")
        self.assertEqual(rows["clone3"], "errno(ENOSYS)")
        self.assertEqual(rows["ptrace"], "errno(EPERM)")
        self.assertEqual(rows["(unknown)"], "errno(ENOSYS)")
        for name in ("ioctl", "clone", "mknodat", "fcntl", "personality"):
            self.assertIn("by its arguments", rows[name])
            self.assertIn("allow", rows[name])
        self.assertEqual(self.sbx("seccomp", "show").out, self.sbx("seccomp", "show", "default").out)

    def test_test_asks_for_one_call(self):
        for words, answer in ((["default", "socket", "40", "1", "0"], "errno(EAFNOSUPPORT)"),
                              (["default", "socket", "2", "1"], "allow"), (["none", "reboot"], "allow"),
                              (["default", "ioctl", "0", "0x100005412"], "errno(EPERM)")):
            result = self.sbx("seccomp", "test", *words)
            self.assertEqual((result.code, result.out.split()), (0, [words[1], answer]), result)

    def test_bad_words_are_refused(self):
        for words in ([], ["check"], ["chek", "judge"], ["check", "judge", "x"], ["show", "judge", "x"], ["test", "judge"],
                      ["test", "judge", "no_such_call"], ["test", "judge", "read", "x"],
                      ["test", "judge", "read", "-1"], ["test", "judge", "read"] + ["1"] * 7, ["convert"],
                      ["convert", "judge"], ["check", "--cap-add", "no_such", "judge"],
                      ["check", "--cap-drop", "kill", "judge"], ["show", "/"]):
            result = self.sbx("seccomp", *words)
            self.assertEqual((result.code, result.out), (125, ""), (words, result))
            self.assertRegex(result.err, r"^\w+: .", words)

    def test_a_closed_standard_output_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([SBX, "seccomp", "show"], stdout=full, stderr=subprocess.PIPE, check=False,
                                  **IDENTITY)
        self.assertEqual(done.returncode, 125)


if __name__ == "__main__":
    sbx_case.main()
