# SPDX-License-Identifier: MIT
"""The command itself: exit codes, environment, directory, limits, descriptors, ids, capabilities."""
import os
import pwd
import signal
import subprocess
import sys

import sbx_case
from sbx_case import IDENTITY, IS_ROOT, SBX, Case


class ExitCodes(Case):
    def test_stdout_and_stderr_are_the_commands(self):
        result = self.sbx("run", "sh", "-c", "echo out; echo err >&2")
        self.assertEqual((result.code, result.out, result.err), (0, "out\n", "err\n"))

    def test_exit_status_is_the_commands(self):
        for status in (1, 7, 125, 255):
            self.assertEqual(self.sbx("run", "sh", "-c", f"exit {status}").code, status)

    def test_a_signal_is_128_and_its_number(self):
        for name in ("TERM", "KILL", "ABRT", "SEGV"):
            number = getattr(signal, "SIG" + name)
            self.assertEqual(self.sbx("run", "sh", "-c", f"kill -{name} $$").code, 128 + number, name)

    def test_a_command_that_is_not_there_is_127(self):
        for name in ("no-such-program", "/no/such/program", "/usr/bin/env/below"):
            result = self.sbx("run", name)
            self.assertEqual(result.code, 127, result)
            self.assertIn(name, result.err)

    def test_a_command_that_cannot_be_executed_is_126(self):
        plain = self.host_file("#!/bin/sh\n")
        result = self.sbx("run", "--file", f"/plain={plain}", "/plain")
        self.assertEqual(result.code, 126, result)
        self.assertEqual(self.sbx("run", "/usr").code, 126)

    def test_a_failed_step_is_125_and_named(self):
        self.assertIn("/no/such/source", self.refused("-v", "/no/such/source:/x", "true"))

    def test_options_end_at_the_command(self):
        self.assertEqual(self.run_ok("echo", "--trace", "-t"), "--trace -t")
        self.assertEqual(self.run_ok("--", "echo", "-n", "x"), "x")

    def test_closed_standard_descriptors_are_no_trap(self):
        script = f"exec {SBX} run --report {{}} true <&- >&- 2>&-"
        path = os.path.join(self.directory(), "report")
        done = subprocess.run(["sh", "-c", script.format(path)], check=False, **IDENTITY)
        self.assertEqual(done.returncode, 0)
        self.assertGreater(os.path.getsize(path), 0)


class Surroundings(Case):
    def test_environment_is_small_and_known(self):
        out = self.run_ok("env", env={"SECRET": "1", "PATH": os.environ["PATH"]})
        self.assertEqual(sorted(out.splitlines()),
                         ["HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"])

    def test_clearenv_leaves_nothing(self):
        self.assertEqual(self.run_ok("--clearenv", "/usr/bin/env"), "")
        self.assertEqual(self.run_ok("-e", "A=1", "--clearenv", "/usr/bin/env"), "A=1")

    def test_argv0_is_another_name(self):
        self.assertEqual(self.run_ok("--argv0", "other", "sh", "-c", "echo $0"), "other")

    def test_env_sets_takes_over_and_replaces(self):
        out = self.run_ok("--clearenv", "-e", "A=1", "-e", "B", "-e", "C", "--env", "A=2=3", "-e", "D=", "env",
                          env={"B": "here", "PATH": os.environ["PATH"]})
        self.assertEqual(sorted(out.splitlines()), ["A=2=3", "B=here", "D="])

    def test_env_file(self):
        path = self.host_file("# comment\n\nA=1\nB\nC= x \nA=2")
        out = self.run_ok("--clearenv", "--env-file", path, "-e", "C=y", "env", env={"B": "b"})
        self.assertEqual(sorted(out.splitlines()), ["A=2", "B=b", "C=y"])

    def test_workdir(self):
        self.assertEqual(self.run_ok("pwd"), "/")
        self.assertEqual(self.run_ok("-w", "/usr/bin", "pwd"), "/usr/bin")
        self.assertIn("/nowhere", self.refused("--workdir", "/nowhere", "pwd"))

    def test_stdin_is_closed_unless_interactive(self):
        self.assertEqual(self.run_ok("cat", input="text"), "")
        self.assertEqual(self.run_ok("-i", "cat", input="text"), "text")

    def test_ulimit(self):
        self.assertEqual(self.shell("ulimit -n; ulimit -Hn", "--ulimit", "nofile=64:128"), "64\n128")
        self.assertEqual(self.shell("ulimit -n; ulimit -Hn", "--ulimit", "NOFILE=99"), "99\n99")
        self.assertEqual(self.shell("ulimit -v", "--ulimit", "as=1g"), str(1 << 20))
        self.assertEqual(self.shell("ulimit -s", "--ulimit", "stack=1Mi:unlimited"), "1024")
        self.assertEqual(self.shell("ulimit -c"), "0")

    def test_nice_and_umask(self):
        self.assertEqual(self.run_ok("--nice", "7", "nice"), "7")
        self.assertEqual(self.shell("umask"), "0022")
        self.assertEqual(self.shell("umask", "--umask", "077"), "0077")

    def test_only_preserved_descriptors_are_open(self):
        with open(self.host_file("kept"), encoding="utf-8") as kept:
            fd = kept.fileno()
            out = self.shell(f"cat <&{fd}; ls /proc/self/fd | wc -l", "--preserve-fds", str(fd), pass_fds=[fd])
            self.assertEqual(out, "kept5")
            # 0, 1, 2 and the one ls itself opens
            self.assertEqual(self.shell("ls /proc/self/fd | wc -l", pass_fds=[fd]), "4")

    def test_ignored_and_blocked_signals_do_not_leak_in(self):
        out = self.run_ok("--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", restore_signals=False)
        self.assertEqual({int(line.split()[1], 16) for line in out.splitlines()}, {0}, out)


class Determinism(Case):
    """What can be the same in each run."""

    def test_affinity(self):
        cpu = str(max(os.sched_getaffinity(0)))
        self.assertEqual(self.run_ok("--affinity", cpu, "grep", "Cpus_allowed_list", "/proc/self/status").split()[1], cpu)
        self.assertIn("8000", self.refused("--affinity", "8000", "true"))

    def test_addresses(self):
        first, second = (self.run_ok("--no-aslr", "cat", "/proc/self/maps") for _ in range(2))
        self.assertEqual(first, second)
        self.assertNotEqual(self.run_ok("cat", "/proc/self/maps"), self.run_ok("cat", "/proc/self/maps"))

    def test_random_bytes(self):
        words = ["head", "-c", "16", "/dev/urandom"]
        first, second, other = (self.sbx("run", "--random-seed", seed, *words, text=False).out for seed in "aab")
        self.assertEqual((len(first), first), (16, second))
        self.assertNotEqual(first, other)
        self.assertIn("random-seed", self.refused("--random-seed", "x" * 33, "true"))

    def test_time_stamp_counter(self):
        if os.uname().machine != "x86_64":
            self.skipTest("not an x86")
        forbid = "import ctypes, os; ctypes.CDLL(None).prctl(26, 2, 0, 0, 0); os.execvp('true', ['true'])"  # PR_SET_TSC
        if subprocess.run([sys.executable, "-c", forbid], check=False).returncode != -signal.SIGSEGV:
            self.skipTest("reading the time stamp counter cannot be forbidden on this machine (PR_SET_TSC of prctl(2))")
        self.assertEqual(self.sbx("run", "--no-tsc", "true").code, 128 + signal.SIGSEGV)


class Identity(Case):
    def status(self, field, *args):
        out = self.run_ok(*args, "grep", f"^{field}:", "/proc/self/status")
        return out.split()[1:]

    def test_default_is_an_ordinary_user_without_groups(self):
        self.assertEqual(self.shell("id -u; id -g"), "1000\n1000")
        if IS_ROOT:
            self.assertEqual(self.status("Groups"), [])

    def test_user(self):
        self.assertEqual(self.shell("id -u; id -g", "-u", "5:6"), "5\n6")
        self.assertEqual(self.shell("id -u; id -g", "--user", "7"), "7\n7")

    def test_map_root(self):
        out = self.shell("id -u; cat /proc/self/uid_map /proc/self/gid_map", "--map-root").split()
        # inside the map shows the parent's ids as the reader's namespace sees them
        self.assertEqual([out[0], out[1], out[3], out[4], out[6]], ["0", "0", "1", "0", "1"])

    def test_host_root_must_be_asked_for(self):
        if not IS_ROOT:
            self.skipTest("the caller is not root")
        self.assertIn("root", self.refused("--uidmap", "0:0:1", "--gidmap", "0:0:1", "-u", "0", "true"))
        out = self.shell("id -u; cat /proc/self/uid_map", "--map-root", "--allow-host-root").split()
        self.assertEqual(out, ["0", "0", "0", "1"])

    def test_ranges_and_groups(self):
        if not IS_ROOT:
            self.skipTest("ranges need root, or newuidmap(1) and a range in /etc/subuid")
        out = self.shell("id -u; id -G", "--uidmap", "0:100000:10", "--gidmap", "0:200000:5",
                         "--gidmap", "5:300000:5", "-u", "3:4", "--groups", "5,6")
        self.assertEqual(out, "3\n4 5 6")

    def test_map_auto(self):
        uid = 0 if IS_ROOT else IDENTITY.get("user", os.getuid())
        try:
            names = {str(uid), pwd.getpwuid(uid).pw_name}
        except KeyError:
            names = {str(uid)}
        for file in ("/etc/subuid", "/etc/subgid"):
            if not os.path.exists(file):
                self.skipTest(f"there is no {file}")
            with open(file, encoding="utf-8") as ranges:
                if not names & {line.split(":")[0] for line in ranges}:
                    self.skipTest(f"{file} has no range for user {uid}")
        self.assertEqual(self.run_ok("--map-auto", "-u", "1", "id", "-u"), "1")

    def test_no_capability_unless_kept(self):
        for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(self.status(field)[0], 16), 0, field)

    def test_cap_add_and_drop(self):
        net_admin, net_raw = 1 << 12, 1 << 13
        self.assertEqual(int(self.status("CapEff", "--cap-add", "CAP_NET_ADMIN")[0], 16), net_admin)
        self.assertEqual(int(self.status("CapBnd", "--cap-add", "net_admin", "--cap-add", "net_raw",
                                         "--cap-drop", "net_raw")[0], 16), net_admin)
        self.assertEqual(int(self.status("CapEff", "--cap-drop", "ALL", "--cap-add", "net_raw")[0], 16), net_raw)
        every = int(self.status("CapEff", "--cap-add", "all", "--ns", "all")[0], 16)
        but_one = int(self.status("CapEff", "--cap-add", "all", "--cap-drop", "net_raw")[0], 16)
        self.assertEqual(every & ~net_raw, but_one)
        self.assertTrue(every & net_raw)

    def test_no_new_privs(self):
        self.assertEqual(self.status("NoNewPrivs"), ["1"])
        self.assertEqual(self.status("NoNewPrivs", "--no-new-privs=0"), ["0"])


if __name__ == "__main__":
    sbx_case.main()
