# SPDX-License-Identifier: MIT
"""Bad input: each is refused at once, with the option, the reason and exit code 125."""
import os
import shutil
import stat
import subprocess

import sbx_case
from sbx_case import IS_ROOT, SBX, Case

NUMBERS = ["", "x", "-1", "+1", " 1", "1 ", "0x1", "1e3", "1.5", "99999999999999999999"]
TIMES = ["", "x", "0", "0s", "-1", "+1", "1 s", "s", "1d", "1S", ".5", "1.", "1.5.0", "1.0000000001", "5000000000h", "1ms2"]
IDS = NUMBERS + ["4294967295", "4294967296"]
SIZES = ["", "x", "-1", "1 k", "k", "1.5", "1.k", ".5k", "1.2.3k", "1kk", "1bk", "1i", "1kbb", "1z", "18446744073709551615k",
         "1.0000000001k"]

BAD = {
    "--user": IDS + ["root", "1:", ":1", "1:x", "1:2:3", "1:4294967295"],
    "--groups": IDS + ["1,", ",1", "1,,2", "1 2", ",".join(["1"] * 65)],
    "--uidmap": ["", "0", "0:0", "0:1:", "0:1:x", "0:1:0", "0:1:2:3", "4294967295:1:1", "0:4294967295:1", "-1:0:1",
                 "0:1:4294967296"],
    "--gidmap": ["", "0:1", "a:b:c", "0:1:0"],
    "--nice": ["", "x", "20", "-21", "+5", "1.0"],
    "--umask": ["", "8", "1000", "-1", "0o22", "rw"],
    "--ulimit": ["", "nofile", "nofile=", "=1", "nofile=x", "nofile=2:1", "nofile=1:", "nofile=-1", "nofiles=1",
                 "nofile=1:2:3"] + ["as=" + size for size in SIZES],
    "--tmpfs": ["", "relative", "/", "/x:", "/x:size", "/x:mode=8", "/x:mode=17777", "/x:colour=red", "/x:inodes=-1",
                "/x/../../y"] + ["/x:size=" + size for size in SIZES],
    "--volume": ["", "/usr", ":/x", "/usr:", "/usr:relative", "/usr:/", "/usr:/x:", "/usr:/x:ro,", "/usr:/x:ro,rw",
                 "/usr:/x:fast", "/usr:/x:ro:rw", "/usr:/x/../y", "/usr:/x:rec,norec"],
    "--file": ["", "/x", "/x=", "=/etc/hostname", "/x=/no/such/file", "relative=/dev/null", "/x=/",
               "/x:mode=/dev/null", "/x:mode=9=/dev/null", "/x:mode=644"],
    "--overlayfs": ["", "/x", "/x:", "/x:/usr", "/x:upper=/usr:work=/usr", "x:lower=/usr", "/x:lower=/usr:upper=/y",
                    "/x:lower=/usr:upper=/y:upper=/z:work=/w", "/x:lower=" + ":lower=".join(["/usr"] * 65)],
    "--symlink": ["", "/x", "/x=", "=y", "x=y"],
    "--dir": ["", "x", "/x:", "/x:755", "/x:mode=9"],
    "--mask": ["", "relative", "/"],
    "--ro-path": ["", "relative"],
    "--workdir": ["", "relative"],
    "--env": ["", "=x"],
    "--env-file": ["", "/no/such/file"],
    "--hostname": ["", "x" * 65],
    "--domainname": ["x" * 65],
    "--boottime": ["", "x", "1.5", "--1", "+1", "9223372036854775808"],
    "--monotonic": ["", "x"],
    "--ns": ["", "pid,", "pids", "PID", "net=", "all=/x", "net=/no/such/file", "net=fd:", "net=fd:x", "net=fd:999",
             "bogus=/x"],
    "--share": ["", "nets", "net,,pid", "net=/x"],
    "--persist": ["", "net", "net=", "nets=/x", "all=/x", "none=/x"],
    "--rootfs": [""],
    "--cap-add": ["", "net", "cap_", "12"],
    "--cap-drop": ["", "net"],
    "--no-new-privs": ["", "2", "yes"],
    "--seccomp": [""],
    "--seccomp-rule": ["allow", "allow no_such_call", "permit read", "errno(EWHAT) read", "allow read if arg6 == 1",
                       "include /no/such/file", "default allow now"],
    "--profile": ["", "jury", "none"],
    "--landlock": ["", "none,fs", "reading"],
    "--landlock-optional": ["", "reading"],
    "--landlock-path": ["", "/", "/:", "/:reading", "relative:read", ":read", "/:bind", "/x/../y:read"],
    "--landlock-port": ["", "bind", "bind:", "bind:x", "bind:65536", "bind:-1", "listen:80", ":80"],
    "--ambient": ["", "0", "maybe"],
    "--securebits": ["", "noroot,", "root", "0x3"],
    "--optional": ["", "seccomp,", "network", "core_sched"],
    "--timeout": TIMES,
    "--kill-after": TIMES,
    "--cpu-time": TIMES,
    "--cpu-grace": TIMES,
    "--soft-timeout": TIMES + ["1:", "1:0", "1:NONE", "1:65", "1:4294967297", "1:TERM:2", ":TERM"],
    "--soft-cpu-time": TIMES + ["1:SIG"],
    "--memory-limit": SIZES + ["max"],
    "--process-limit": NUMBERS + ["0", "max"],
    "--output-limit": SIZES + ["stdin=1", "stdout=", "stderr=x"],
    "--stdin": ["", "inside:", "inside:relative", "/no/such/file"],
    "--stdout": ["", "inside:", "inside:relative", "/"],
    "--stderr": ["", "inside:relative", "/"],
    "--log": ["", "/"],
    "--affinity": ["", "x", "1-", "2-1", "0,", "-1", "99999"],
    "--random-seed": [""],
    "--preserve-fds": ["", "1", "3,", "x", "999", "-1"],
    "--report": ["", "fd:", "fd:x", "fd:999"],
    "--pid-file": ["", "fd:", "fd:x", "fd:999", "/no/such/directory/pid"],
    "--trace=": [""],
    "--proc=": ["all", "pid,"],
}

CONTRADICTIONS = [
    ["--read-only", "--rw"],
    ["--read-only", "--overlay", "--rootfs", "/usr"],
    ["--overlay"],
    ["--no-system", "--rootfs", "/"],
    ["--rootfs", "/", "--rootfs", "/usr"],
    ["--map-root", "--user", "5"],
    ["--share", "mount", "--rootfs", "/"],
    ["--share", "user", "--uidmap", "0:1:1"],
    ["-t", "--no-dev"],
    ["--no-new-userns", "--share", "user"],
    ["--kill-after", "1"],
    ["--timeout", "1", "--kill-after", "1", "--soft-timeout", "1"],
    ["--cpu-grace", "1"],
    ["--stdin", "/dev/null", "--interactive"],
    ["--stderr", "/dev/null", "--stderr-to-stdout"],
    ["--output-truncate"],
    ["--output-limit", "1k", "--output-truncate"],
    ["--output-limit", "stderr=1k", "--stderr-to-stdout"],
    ["--output-limit", "1k", "--tty"],
    ["--output-limit", "1k", "--stdout", "inside:/tmp/x"],
    ["--log", "/dev/null", "--stderr", "inside:/tmp/x"],
    ["--seccomp", "none", "--seccomp-rule", "allow ptrace"],
]


class BadInput(Case):
    def test_every_bad_value_is_refused_by_name(self):
        for option, values in BAD.items():
            for value in values:
                words = [option + value] if option.endswith("=") else [option, value]
                with self.subTest(option=option, value=value[:40]):
                    self.assertIn(option.rstrip("="), self.refused(*words, "echo", "ran"))

    def test_contradictions_are_refused(self):
        for words in CONTRADICTIONS:
            with self.subTest(words=words):
                self.refused(*words, "echo", "ran")

    def test_unknown_and_incomplete_options(self):
        for words in (["--no-such-option", "true"], ["-z", "true"], ["--rootfs"], ["-v"], ["--dry-run=1", "true"],
                      ["--trac", "true"], ["--work", "/", "true"], [], ["--"]):
            with self.subTest(words=words):
                self.refused(*words)

    def test_limits_that_are_right_are_taken(self):
        for words in (["--ulimit", "core=0"], ["--tmpfs", "/x:size=1k"], ["--tmpfs", "/x:size=4096b"],
                      ["--tmpfs", "/x:size=1.5MiB"], ["--ulimit", "as=16t"],
                      ["--uidmap", "1000:4294967294:1", "--dry-run"], ["--nice", "0"], ["--nice", "19"]):
            result = self.sbx("run", *words, "true")
            if "--uidmap" in words and not IS_ROOT:
                continue
            self.assertEqual(result.code, 0, (words, result))

    def test_many_options(self):
        words = []
        for i in range(200):
            words += ["--dir", f"/d{i}", "-e", f"V{i}={i}"]
        self.assertEqual(self.run_ok(*words, "printenv", "V199"), "199")

    def test_set_user_id_copy_refuses_to_run(self):
        if not IS_ROOT:
            self.skipTest("making a set-user-ID file of another user needs root")
        copy = os.path.join(self.directory(), "copy")
        if os.statvfs(os.path.dirname(copy)).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary directory is mounted nosuid")
        shutil.copy(SBX, copy)
        os.chmod(copy, 0o755 | stat.S_ISUID)
        # The dynamic linker drops a run path with $ORIGIN here; the library may then not be found at all.
        done = subprocess.run([copy, "run", "id"], capture_output=True, text=True, check=False, user=1000, group=1000,
                              extra_groups=[])
        self.assertIn(done.returncode, (125, 127), done)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    sbx_case.main()
