# SPDX-License-Identifier: MIT
"""Landlock, capabilities, securebits and the smaller layers; and what the report says of them."""
import json
import os

import sbx_case
from sbx_case import IDENTITY, Case

ROOT = os.geteuid() == 0 and not IDENTITY and not sbx_case.INSIDE


class Landlock(Case):
    def setUp(self):
        super().setUp()
        result = self.sbx("run", "--landlock-path", "/:all", "--landlock-optional", "all", "true")
        if result.code != 0:
            self.skipTest(result.err.splitlines()[0])

    def landlock(self, *paths):
        return [word for path in paths for word in ("--landlock-path", path)] + ["--landlock-optional", "all"]

    def test_what_no_line_allows_is_refused(self):
        words = self.landlock(*(f"/{name}:read,execute" for name in ("usr", "lib", "lib64", "bin")), "/etc:read")
        self.assertEqual(self.shell("cat /etc/passwd | head -c 4", *words), "root")
        self.assertIn("Permission denied", self.sbx("run", *words, "sh", "-c", "echo > /tmp/x").err)
        self.shell("echo > /tmp/x", *words, *self.landlock("/tmp:all"))
        self.shell("echo > /tmp/x", *words, "--security-opt", "landlock=off")

    def test_a_colon_in_a_path(self):
        self.run_ok("--dir", "/a\\:b", *self.landlock("/:read,execute", "/a\\:b:all"), "true")

    def test_a_path_that_is_not_there_is_named(self):
        self.assertIn("/no/such/path", self.refused(*self.landlock("/no/such/path:read"), "true"))

    def test_ports(self):
        bind = 'import socket; socket.socket().bind(("127.0.0.1", int(__import__("sys").argv[1])))'
        result = self.sbx("run", "--landlock-port", "bind:4000", "python3", "-S", "-c", bind, "4000")
        if "ABI" in result.err:
            self.skipTest(result.err.splitlines()[0])
        self.assertEqual(result.code, 0, result)
        result = self.sbx("run", "--landlock-port", "bind:4000", "python3", "-S", "-c", bind, "4001")
        self.assertIn("Permission denied", result.err)

    def test_rights_can_be_handled_without_a_line(self):
        script = "echo > /tmp/x && rm /tmp/x"
        self.shell(script)
        result = self.sbx("run", "--landlock", "remove", "sh", "-c", script)
        self.assertIn("Permission denied", result.err)


class Report(Case):
    def report(self, *args):
        path = os.path.join(self.directory(), "report.json")
        result = self.sbx("run", "--report", path, *args)
        self.assertEqual(result.code, 0, result)
        with open(path, encoding="utf-8") as text:
            return json.load(text)

    def test_layers_of_the_default(self):
        report = self.report("true")
        self.assertLessEqual({"seccomp", "no_caps", "no_new_privs"}, set(report["applied"]))
        self.assertNotIn("landlock", report["applied"])
        self.assertNotIn("landlock_abi", report)
        self.assertEqual(report["caps"], [])
        self.assertGreater(report["filter_length"], 50)

    def test_layers_that_were_asked_for(self):
        report = self.report("--landlock-path", "/:all", "--landlock-optional", "all", "--cap-add", "net_raw",
                             "--cap-add", "kill", "--no-new-userns", "--optional", "landlock,no-new-userns,seccomp",
                             "true")
        self.assertEqual(report["caps"], ["kill", "net_raw"])
        missing = {"landlock", "no_new_userns"} - set(report["applied"])
        self.assertEqual(report["skipped_steps"] > 0, bool(missing), report)
        if "landlock" not in missing:
            self.assertGreater(report["landlock_abi"], 0)

    def test_no_filter_is_told(self):
        report = self.report("--seccomp", "none", "true")
        self.assertFalse({"seccomp", "seccomp_report"} & set(report["applied"]))
        self.assertNotIn("filter_length", report)

    def test_id_maps_are_those_of_the_command(self):
        path = os.path.join(self.directory(), "report.json")
        child = self.popen("-i", "--report", path, "sh", "-c", "echo; read line", stdin=-1)
        self.assertEqual(child.stdout.readline(), "\n")  # it runs, so the maps were not too late to be read
        child.communicate("\n")
        with open(path, encoding="utf-8") as text:
            report = json.load(text)
        outside = 65534 if ROOT else 0 if sbx_case.INSIDE else os.geteuid() or sbx_case.ORDINARY
        for which in ("uid_map", "gid_map"):
            self.assertEqual([(m["inside"], m["count"]) for m in report[which]], [(1000, 1)])
        self.assertEqual(report["uid_map"][0]["outside"], 65534 if sbx_case.INSIDE and outside == 65534 else outside)


class Capabilities(Case):
    def status(self, *args):
        out = self.run_ok(*args, "grep", "^Cap", "/proc/self/status")
        return {line.split()[0][3:-1].lower(): int(line.split()[1], 16) for line in out.splitlines()}

    def test_all_but_some(self):
        every, net_raw, admin = self.status("--cap-add", "all"), 1 << 13, 1 << 21
        some = self.status("--cap-add", "ALL", "--cap-drop", "CAP_NET_RAW", "--cap-drop", "sys_admin")
        for which in ("prm", "eff", "bnd"):
            self.assertEqual(some[which], every[which] & ~(net_raw | admin), which)

    def test_drop_all_is_dockers_way_to_begin(self):
        self.assertEqual(self.status("--cap-drop", "ALL", "--cap-add", "kill")["eff"], 1 << 5)

    def test_without_the_ambient_set_only_root_has_them(self):
        self.assertEqual(self.status("--cap-add", "kill")["eff"], 1 << 5)
        self.assertEqual(self.status("--cap-add", "kill", "--ambient", "no")["eff"], 0)
        self.assertEqual(self.status("--cap-add", "kill", "--ambient=no", "--map-root")["eff"], 1 << 5)

    def test_securebits(self):
        out = self.run_ok("--securebits", "noroot,noroot_locked", "--cap-add", "kill", "--map-root", "--ambient=no",
                          "setpriv", "--dump")
        bits = [line for line in out.splitlines() if line.startswith("Securebits")]
        if not bits:
            self.skipTest("setpriv(1) does not tell the securebits")
        self.assertIn("noroot,noroot_locked", bits[0])


class Others(Case):
    def test_no_new_user_namespace_by_the_kernels_own_limit(self):
        words = ["--seccomp", "nested", "unshare", "-U", "true"]
        self.run_ok(*words)
        result = self.sbx("run", "--no-new-userns", *words)
        self.assertIn("No space left", result.err)
        self.assertIn("user", self.refused("--no-new-userns", "--ns", "pid,mount", "true"))

    def test_the_profile_of_a_judge_has_it(self):
        result = self.sbx("run", "--profile", "judge", "cat", "/proc/sys/user/max_user_namespaces")
        self.assertEqual(result.out, "0\n", result)

    def test_core_scheduling_or_the_reason(self):
        result = self.sbx("run", "--core-sched", "echo", "ran")
        if result.code != 0:
            self.assertEqual((result.code, result.out), (125, ""), result)
            self.assertIn("core", result.err)
        self.assertEqual(self.run_ok("--core-sched", "--optional", "core-sched", "echo", "ran"), "ran")


if __name__ == "__main__":
    sbx_case.main()
