# SPDX-License-Identifier: MIT
"""The options about cgroups, as far as no controller is needed: what is taken, refused, and counted."""
import os
import signal
import subprocess

import sbx_case
from cgroup_case import CgroupCase, block_device, own_cgroup, own_path, read
from sbx_case import IDENTITY, SBX

NUMBERS = ["", "x", "+1", " 1", "1 ", "0x1", "1e3", "1.5", "99999999999999999999"]
SIZES = ["", "x", "-2", " 1M", "1M ", "1 M", "M", "1.5", "1Mx", "256M,", "99999999999999999999"]
THROTTLES = ["", "8:0", "8:0:", ":1M", "8:1M", "/dev/null:1M", "/no/such/disk:1M", "sda:1M", "8:0: 1M",
             "8:0:-1", "8:0:x", "8:0:1 wbps=1", "8:0:wbps=1", "8:0:" + "1" * 30, "x" * 200 + ":1M"]

BAD = {
    "--memory": SIZES + ["-1"],
    "--memory-high": SIZES + ["-1"],
    "--memory-reservation": SIZES,
    "--memory-swap": SIZES + ["1M", "-1"],  # there is no --memory
    "--oom-group=": ["", "1"],
    "--cpus": ["", "x", "-1", "0", "0.001", ".5", "1.", "1,5", "1 ", "50%", "1.0000000001",
               "99999999999999999999"],
    "--cpu-period": NUMBERS + ["-1", "999", "1000001", "max"],
    "--cpu-quota": NUMBERS + ["-2", "999", "50%", "max"],
    "--cpu-weight": NUMBERS + ["-1", "0", "10001", "max"],
    "--cpu-shares": NUMBERS + ["-1", "1", "262145", "max"],
    "--cpuset-cpus": ["", "x", "-1", "1-", "2-1", "0,", ",0", "0 1", "0-1:2"],
    "--cpuset-mems": ["", "x", "-1", "1-"],
    "--pids-limit": NUMBERS + ["-2", "2147483648"],
    "--io-weight": NUMBERS + ["-1", "0", "10001", "8:0 100"],
    "--device-read-bps": THROTTLES,
    "--device-write-bps": THROTTLES,
    "--device-read-iops": THROTTLES + ["8:0:1M"],
    "--device-write-iops": THROTTLES + ["8:0:1M"],
    "--cgroup": ["", "memory.max", "=1", "memory.max=", "memory.max=x", "no.such.file=1",
                 "../memory.max=1", "cgroup.procs=1", "cgroup.freeze=1", "memory.reclaim=1M",
                 "x" * 100 + "=1"],
    "--device-cgroup-rule": ["", "c", "c 1:3", "x 1:3 rwm", "c 1:3 z", "c 1 rwm", "c 1:3 rwm x", "c -1:3 r"],
    "--cgroup-parent": ["", "relative", "/a/../b"],
    "--cgroupfs=": ["", "rwx", "/sys"],
}

CONTRADICTIONS = [
    (["--cpus", "1", "--cpu-quota", "5000"], "--cpu-quota"),
    (["--cpu-period", "5000", "--cpus", "1"], "--cpus"),
    (["--cpu-weight", "5", "--cpu-shares", "5"], "--cpu-shares"),
    (["--cpu-shares", "5", "--cpu-weight", "5"], "--cpu-weight"),
    (["--memory", "2M", "--memory-swap", "1M"], "less than --memory"),
    (["--memory-swap", "1M", "--memory", "2M"], "--memory-swap"),
    (["--memory", "max", "--memory-swap", "1M"], "--memory-swap"),
    (["--share", "mount", "--cgroupfs"], "--cgroupfs"),
    (["--share", "cgroup", "--cgroupfs"], "cgroup namespace"),
    (["--persist", "cgroup=/tmp/x", "--account"], "cgroup"),
]

TAKEN = [
    (["-m", "256m"], {"memory.max": ["268435456"], "memory.swap.max": ["0"]}),
    (["--memory=1.5G"], {"memory.max": ["1610612736"], "memory.swap.max": ["0"]}),
    (["-m", "1M", "-m", "max"], {"memory.max": ["max"]}),
    (["--memory-swap", "3M", "-m", "1M"], {"memory.max": ["1048576"], "memory.swap.max": ["2097152"]}),
    (["-m", "1M", "--memory-swap", "1M"], {"memory.max": ["1048576"], "memory.swap.max": ["0"]}),
    (["-m", "1M", "--memory-swap", "-1"], {"memory.max": ["1048576"], "memory.swap.max": ["max"]}),
    (["--memory-high", "1k", "--memory-reservation", "1g", "--oom-group"],
     {"memory.high": ["1024"], "memory.low": ["1073741824"], "memory.oom.group": ["1"]}),
    (["--cpus", "1.5"], {"cpu.max": ["150000 100000"]}),
    (["--cpus", "0.01"], {"cpu.max": ["1000 100000"]}),
    (["--cpu-quota", "5000"], {"cpu.max": ["5000 100000"]}),
    (["--cpu-quota", "5000", "--cpu-period", "20000"], {"cpu.max": ["5000 20000"]}),
    (["--cpu-period", "20000", "--cpu-quota", "-1"], {"cpu.max": ["max 20000"]}),
    (["--cpu-period", "20000"], {"cpu.max": ["max 20000"]}),
    (["--cpu-weight", "10000"], {"cpu.weight": ["10000"]}),
    (["--cpu-shares", "1024"], {"cpu.weight": ["100"]}),
    (["--cpuset-cpus", "0-2,7", "--cpuset-mems", "0"], {"cpuset.cpus": ["0-2,7"], "cpuset.mems": ["0"]}),
    (["--pids-limit", "64"], {"pids.max": ["64"]}),
    (["--pids-limit", "-1"], {"pids.max": ["max"]}),
    (["--io-weight", "500"], {"io.weight": ["default 500"]}),
    (["--device-read-bps", "8:0:10M"], {"io.max": ["8:0 rbps=10485760"]}),
    (["--device-write-iops", "08:00:5", "--device-read-bps", "8:16:1k", "--device-write-bps", "8:0:max",
      "--device-read-iops", "8:0:7", "--device-write-iops", "8:0:6"],
     {"io.max": ["8:0 wbps=max riops=7 wiops=6", "8:16 rbps=1024"]}),
    (["--cgroup", "memory.max=3M", "--cgroup", "cpu.max=50%", "-m", "1M", "--cpus", "2"],
     {"memory.max": ["3145728"], "cpu.max": ["50000 100000"], "memory.swap.max": ["0"]}),
    (["--cgroup", "io.max=8:0 rbps=1M wiops=5"], {"io.max": ["8:0 rbps=1048576 wiops=5"]}),
]

# Counts in the shell itself, without a process of its own.
SPIN = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done"


class Options(CgroupCase):
    def test_every_bad_value_is_refused_by_name(self):
        for option, values in BAD.items():
            for value in values:
                words = [option + value] if option.endswith("=") else [option, value]
                with self.subTest(option=option, value=value[:40]):
                    self.assertIn(option.rstrip("="), self.refused("--dry-run", *words, "echo", "ran"))

    def test_contradictions_are_refused(self):
        for words, name in CONTRADICTIONS:
            with self.subTest(words=words):
                self.assertIn(name, self.refused("--dry-run", *words, "echo", "ran"))

    def test_what_is_taken_becomes_settings_of_the_cgroup(self):
        for words, expected in TAKEN:
            with self.subTest(words=words):
                self.assertEqual(self.limits(*words), expected)

    def test_path_and_numbers_of_a_device_are_the_same_device(self):
        device = block_device()
        if not device:
            self.skipTest("there is no block device")
        path, numbers = device
        found = self.limits("--device-read-bps", f"{path}:1M", "--device-write-bps", f"{numbers}:2M")
        self.assertEqual(found, {"io.max": [f"{numbers} rbps=1048576 wbps=2097152"]})

    def test_a_cgroup_only_for_those_who_ask(self):
        self.assertNotRegex(self.run_ok("--dry-run", "true"), r"(?m)^host +(cgroup|leaf)\b")
        for words in (["--account"], ["--cgroup-parent", "/x"], ["--cgroupfs"], ["--pids-limit", "5"],
                      ["--device-cgroup-rule", "c 1:3 rwm"]):
            with self.subTest(words=words):
                self.assertRegex(self.run_ok("--dry-run", *words, "true"), r"(?m)^host +leaf\b")

    def test_rules_add_up_with_those_of_the_minimal_dev(self):
        words = ["--dry-run", "--device-cgroup-rule", "c 10:229 rw"]
        count = int(self.run_ok(*words, "true").split("devices ")[1].split()[0])
        more = self.run_ok(*words, "--device-cgroup-rule", "b *:* m", "true")
        self.assertIn(f"devices {count + 1} rules", more)


class Place(CgroupCase):
    def test_missing_parent_is_named(self):
        if not own_cgroup():
            self.skipTest("no cgroup v2 is mounted")
        err = self.refused("--cgroup-parent", "/no/such/cgroup", "echo", "ran")
        self.assertIn("/no/such/cgroup: No such file or directory", err)

    def test_controller_bound_to_cgroup_v1_is_named(self):
        if ":memory:" not in read("/proc/self/cgroup"):
            self.skipTest("the memory controller is not bound to cgroup v1")
        err = self.refused("--cgroup-parent", self.parent(), "--memory", "64M", "echo", "ran")
        self.assertIn("the controller memory is bound to cgroup v1", err)
        self.assertIn("systemd.unified_cgroup_hierarchy=1", err)

    def test_failure_to_make_one_is_in_the_report(self):
        if not own_cgroup():
            self.skipTest("no cgroup v2 is mounted")
        result, report = self.report("--cgroup-parent", "/no/such/cgroup", "true")
        self.assertEqual((result.code, report["verdict"], report["error"]["step"]), (125, "failed", "cgroup"))

    def test_the_cgroup_lies_below_its_parent_and_goes_away(self):
        parent = self.parent()
        as_in_proc = os.path.join(own_path(), os.path.basename(parent))
        for spelling in (parent, as_in_proc):
            out = self.run_ok("--account", "--cgroup-parent", spelling, "--share", "cgroup",
                              "cat", "/proc/self/cgroup")
            self.assertRegex(out.splitlines()[-1], rf"^0::/.*{os.path.basename(parent)}/sb-\d+-\d+/1$")
            self.assertEqual([entry.name for entry in os.scandir(parent) if entry.is_dir()], [])


class Accounting(CgroupCase):
    def test_without_a_cgroup_the_report_has_none(self):
        report = self.report("true")[1]
        self.assertFalse({"cgroup", "memory_peak_bytes", "oom_kills"} & set(report), report)

    def test_cpu_time_is_the_cgroups(self):
        parent = self.parent()
        script = f"({SPIN}) & {SPIN}; wait"
        report = self.report("--account", "--cgroup-parent", parent, "sh", "-c", script)[1]
        figures = report["cgroup"]
        self.assertGreater(figures["cpu_ns"], 5000000)
        # The kernel rounds each to microseconds.
        self.assertAlmostEqual(figures["cpu_ns"], figures["user_ns"] + figures["system_ns"], delta=2000)
        self.assertEqual(figures["user_ns"], report["cpu_user_ns"])
        self.assertEqual(figures["system_ns"], report["cpu_system_ns"])
        for name, value in figures.items():
            self.assertRegex(name, r"^[a-z][a-z_]*$")
            self.assertIsInstance(value, int)

    def test_a_figure_without_a_controller_is_absent(self):
        parent = self.parent()
        if "memory" in read(parent, "cgroup.controllers"):
            self.skipTest("the memory controller is there")
        report = self.report("--account", "--cgroup-parent", parent, "true")[1]
        absent = {"memory_peak_bytes", "memory_max_events", "oom_kills", "swap_peak_bytes", "throttled_ns",
                  "io_reads"}
        self.assertFalse(absent & (set(report) | set(report["cgroup"])), report)
        self.assertIn("cpu_ns", report["cgroup"])

    def test_cgroupfs_shows_the_commands_own(self):
        parent = self.parent()
        script = "mkdir /sys/fs/cgroup/x 2>/dev/null && echo made; echo $$; " \
                 "echo $(cat /sys/fs/cgroup/cgroup.procs); tail -n 1 /proc/self/cgroup"
        for words, made in ((["--cgroupfs"], False), (["--cgroupfs=ro"], False), (["--cgroupfs=rw"], True)):
            out = self.shell(script, "--cgroup-parent", parent, *words).splitlines()
            self.assertEqual(("made" in out, out[-1]), (made, "0::/"), words)
            pids = set(out[-2].split())
            self.assertTrue(out[-3] in pids and "1" not in pids, "the shell is in it, and sb-init is not")

    def test_rules_decide_about_devices(self):
        parent = self.parent()
        node = os.path.join(self.directory(), "node")
        try:
            os.mknod(node, 0o020666, os.makedev(10, 229))
            os.chmod(node, 0o666)
        except OSError as why:
            self.skipTest(f"no device node can be made: {why}")
        if os.statvfs(node).f_flag & os.ST_NODEV:
            self.skipTest("the temporary directory is mounted nodev")
        words = ["--cgroup-parent", parent, "-v", f"{node}:/node:dev"]
        script = "(: <>/node) 2>&1; echo x >/dev/null && head -c 3 /dev/urandom | wc -c"
        probe = self.sbx("run", "--cgroup-parent", parent, "--device-cgroup-rule", "c 1:3 r", "true")
        if "Operation not permitted" in probe.err:
            self.skipTest(f"no BPF program can be attached: {probe.err}")
        denied = self.shell(script, *words, "--device-cgroup-rule", "c 10:1 rw")
        self.assertIn("Operation not permitted", denied)
        self.assertEqual(denied.split()[-1], "3")
        # Without a driver the kernel says ENODEV or ENXIO, but only when the rules have let it pass.
        allowed = self.shell(script, *words, "--device-cgroup-rule", "c 10:229 rw")
        self.assertNotIn("Operation not permitted", allowed)


class Gc(CgroupCase):
    def gc(self, *args):
        done = subprocess.run([SBX, "gc", *args], capture_output=True, text=True, check=False, **IDENTITY)
        return done.returncode, done.stdout, done.stderr

    def test_nothing_to_do(self):
        # Where leaves are made by default, other tests may have left something at this moment.
        self.assertEqual(self.gc("--cgroup-parent", self.parent()), (0, "cleaned up after 0 owners\n", ""))

    def test_words_that_are_wrong(self):
        for words in (["x"], ["--cgroup-parent"], ["--cgroup-parent="], ["--cgroup-parent", "relative"],
                      ["--help", "x", "y"]):
            with self.subTest(words=words):
                code, out, err = self.gc(*words)
                self.assertEqual((code, out), (125, ""))
                self.assertRegex(err, r"^\w+: .")
        if own_cgroup():
            self.assertIn("/no/such/cgroup", self.gc("--cgroup-parent", "/no/such/cgroup")[2])

    def test_the_dead_are_cleaned_up_after_and_the_living_are_not(self):
        parent = self.parent()
        words = ["-i", "--account", "--cgroup-parent", parent, "sh", "-c", "echo ready; cat"]
        living, dying = [self.popen(*words, stdin=subprocess.PIPE) for _ in range(2)]
        for child in (living, dying):
            self.assertEqual(child.stdout.readline(), "ready\n")
        dying.send_signal(signal.SIGKILL)
        self.assertEqual(dying.stdout.read(), "", "the sandbox ends with its sbx")
        dying.wait()
        place = f"sb-{dying.pid}-"
        self.assertTrue([name for name in os.listdir(parent) if name.startswith(place)], "nothing was left")
        self.assertEqual(self.gc("--cgroup-parent", parent), (0, "cleaned up after 1 owner\n", ""))
        self.assertFalse([name for name in os.listdir(parent) if name.startswith(place)])
        self.assertEqual(self.gc(f"--cgroup-parent={parent}"), (0, "cleaned up after 0 owners\n", ""))
        self.assertEqual(living.communicate("alive\n"), ("alive\n", ""))
        self.assertEqual(living.returncode, 0)


class Bocker(CgroupCase):
    def setUp(self):
        super().setUp()
        self.cwd = self.directory()

    def test_words_become_options(self):
        image = self.directory()
        show = self.wrapper('printf "%s\\n" "$@"; exit 7')
        done = self.bocker(show, "run", image, "/bin/sh", "-c", "echo $x")
        self.assertEqual(done.returncode, 7, done)
        words = done.stdout.splitlines()
        self.assertEqual(words[-4:], ["--", "/bin/sh", "-c", "echo $x"])
        image = os.path.realpath(image)
        for pair in (["--rootfs", image], ["--cpu-shares", "512"], ["--memory", "512000000"]):
            self.assertEqual(words[words.index(pair[0]):][:2], pair)
        self.assertIn("--overlay", words)
        self.assertRegex(words[words.index("--log") + 1], r"^ps_\d+\.log$")

    def test_limits_of_the_environment(self):
        show = self.wrapper('printf "%s\\n" "$@"')
        done = self.bocker(show, "run", "/", "true", BOCKER_CPU_SHARE="100", BOCKER_MEM_LIMIT="7")
        self.assertIn("--cpu-shares\n100\n--memory\n7000000\n", done.stdout)
        for wrong in ("x", "-1", "0", "010", "1M"):
            self.assertEqual(self.bocker(show, "run", "/", "true", BOCKER_MEM_LIMIT=wrong).returncode, 125)

    def test_words_that_are_wrong(self):
        for words in ([], ["run"], ["run", "/"], ["pull", "/", "x"], ["run", "/no/such/image", "true"]):
            done = self.bocker("/bin/true", *words)
            self.assertEqual((done.returncode, done.stdout), (125, ""), words)
            self.assertRegex(done.stderr, r"^bocker: .")

    def test_the_image_is_the_root_and_stays_as_it_was(self):
        image = self.image()
        # Without the limits, which need controllers.
        plain = self.wrapper('shift; for word; do shift; case $word in --cpu-shares | --memory) skip=1 ;; *) '
                             '[ "$skip" ] && skip= || set -- "$@" "$word" ;; esac; done; '
                             'exec "$real" run -v /usr:/usr:ro "$@"')
        script = "id -u; uname -n; echo x >/x && cat /x; echo e >&2; exit 3"
        done = self.bocker(plain, "run", image, "sh", "-c", script)
        self.assertEqual((done.returncode, done.stderr), (3, ""), done)
        number, host, text, err = done.stdout.split()
        self.assertEqual((number, text, err), ("0", "x", "e"))
        self.assertEqual(os.listdir(self.cwd), [host + ".log"])
        self.assertEqual(read(self.cwd, host + ".log"), done.stdout)
        self.assertNotIn("x", os.listdir(image))


if __name__ == "__main__":
    sbx_case.main()
