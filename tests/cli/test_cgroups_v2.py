# SPDX-License-Identifier: MIT
"""The limits at work: needs cgroup v2 with controllers, and the right to make cgroups in it."""
import os
import unittest

import sbx_case
from cgroup_case import CgroupCase, block_device, mount_point, own_cgroup, read, remove_cgroup
from sbx_case import LEVEL

NEEDED = {"cpu", "memory", "pids"}


def why_not():
    """Why there is nothing to test here, or None; asked of the kernel, not of sbx."""
    if LEVEL != "cli":
        return "the cgroups of this process are not delegated to another user"
    own = own_cgroup()
    if not own:
        return "no cgroup v2 is mounted"
    missing = NEEDED - set(read(own, "cgroup.controllers").split())
    if missing:
        return f"cgroup v2 has no controller {', '.join(sorted(missing))} here"
    for path in (own, os.path.dirname(own)):
        if not os.access(os.path.join(path, "cgroup.subtree_control"), os.W_OK):
            return f"{path} is not ours to manage"
    return None


class LimitsCase(CgroupCase):
    @classmethod
    def setUpClass(cls):
        reason = why_not()
        if reason:
            raise unittest.SkipTest(reason)

    def files(self, names, *args):
        """The files of the command's cgroup, from inside: {name: text}."""
        script = "cd /sys/fs/cgroup && for f; do echo \"$f $(cat $f)\"; done"
        out = self.run_ok("--cgroupfs", *args, "sh", "-c", script, "-", *names)
        return dict(line.split(" ", 1) for line in out.splitlines())


class Files(LimitsCase):
    def test_each_limit_reaches_its_file(self):
        expected = {
            "memory.max": "67108864", "memory.swap.max": "33554432", "memory.high": "50331648",
            "memory.low": "8388608", "memory.oom.group": "1", "cpu.max": "150000 100000", "cpu.weight": "59",
            "pids.max": "20",
        }
        words = ["-m", "64M", "--memory-swap", "96M", "--memory-high", "48M", "--memory-reservation", "8M",
                 "--oom-group", "--cpus", "1.5", "--cpu-shares", "512", "--pids-limit", "20"]
        controllers = read(own_cgroup(), "cgroup.controllers").split()
        if "cpuset" in controllers:
            words += ["--cpuset-cpus", "0", "--cpuset-mems", "0"]
            expected.update({"cpuset.cpus": "0", "cpuset.mems": "0"})
        if "io" in controllers and block_device():
            path, numbers = block_device()
            words += ["--device-read-bps", f"{path}:1M", "--device-write-iops", f"{numbers}:50"]
            expected["io.max"] = f"{numbers} rbps=1048576 wbps=max riops=max wiops=50"
        self.assertEqual(self.files(expected, *words), expected)

    def test_memory_alone_forbids_swap(self):
        self.assertEqual(self.files(["memory.swap.max"], "-m", "64M"), {"memory.swap.max": "0"})

    def test_cgroup_sets_any_file(self):
        words = ["--cgroup", "cpu.weight.nice=5", "--cgroup", "cgroup.max.depth=3", "--cgroup=memory.min=1M"]
        expected = {"cpu.weight.nice": "5", "cgroup.max.depth": "3", "memory.min": "1048576"}
        self.assertEqual(self.files(expected, *words), expected)

    def test_sbx_makes_room_by_moving_itself(self):
        if os.geteuid() != 0 or os.path.exists("/run/systemd/system"):
            self.skipTest("needs a cgroup beside which none is delegated to us: root, without systemd")
        path = os.path.join(mount_point(), f"sbx-test-{os.getpid()}")
        os.mkdir(path)
        self.addCleanup(remove_cgroup, path)

        def enter():
            with open(os.path.join(path, "cgroup.procs"), "w", encoding="ascii") as procs:
                procs.write("0")

        self.assertEqual(self.run_ok("-m", "64M", "echo", "ran", preexec_fn=enter), "ran")
        self.assertFalse([entry.name for entry in os.scandir(path) if entry.is_dir()])

    def test_what_the_kernel_refuses_is_named(self):
        err = self.refused("--cgroup", "cpuset.cpus=4000", "echo", "ran")
        self.assertIn("cpuset.cpus", err)


class Limits(LimitsCase):
    def test_out_of_memory_is_told_apart(self):
        result, report = self.report("-m", "32M", "tail", "/dev/zero")
        self.assertEqual((result.code, result.out), (137, ""), result)
        self.assertRegex(result.err, r"^\w+: the command was killed by the kernel's OOM killer \(memory\.max\)\n$")
        self.assertEqual((report["verdict"], report["signal"]), ("memory_exceeded", 9))
        figures = report["cgroup"]
        self.assertEqual((report["oom_kills"], figures["oom_kills"]), (1, 1))
        self.assertGreaterEqual(figures["memory_max_events"], 1)
        if "memory_peak_bytes" in report:
            self.assertEqual(report["memory_peak_bytes"], figures["memory_peak_bytes"])
            self.assertTrue(24 << 20 < report["memory_peak_bytes"] <= 32 << 20, report)

    def test_killed_otherwise_is_a_signal(self):
        report = self.report("-m", "32M", "sh", "-c", "kill -9 $$")[1]
        self.assertEqual((report["verdict"], report["oom_kills"], report["exit_code"]), ("signaled", 0, 137))

    def test_one_process_or_the_whole_group(self):
        words = ["-m", "32M", "sh", "-c", "tail /dev/zero; echo survived"]
        result, report = self.report(*words)
        self.assertEqual((result.code, result.out, report["verdict"]), (0, "survived\n", "exited"), result)
        self.assertEqual(report["oom_kills"], 1)
        result, report = self.report("--oom-group", *words)
        self.assertEqual((result.code, result.out, report["verdict"]), (137, "", "memory_exceeded"), result)

    def test_cpus_throttles(self):
        spin = "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done"
        report = self.report("--cpus", "0.2", "sh", "-c", spin)[1]
        figures = report["cgroup"]
        self.assertGreater(figures["throttled_ns"], 0)
        self.assertTrue(0 < figures["throttled_periods"] <= figures["periods"], figures)
        self.assertLess(figures["cpu_ns"], report["wall_ns"] // 2)

    def test_pids_limit_refuses_forks(self):
        forks = "for i in 1 2 3 4 5 6; do sleep 60 & done"
        result, report = self.report("--pids-limit", "4", "sh", "-c", forks)
        self.assertNotEqual(result.code, 0, result)
        figures = report["cgroup"]
        self.assertGreaterEqual(figures["pids_refused"], 1)
        self.assertEqual(figures.get("pids_peak", 4), 4)

    def test_account_has_all_figures_that_are_there(self):
        script = "head -c 20000000 /dev/zero | tail -c 10000000 | wc -c"
        report = self.report("--account", "sh", "-c", script)[1]
        figures = report["cgroup"]
        expected = {"cpu_ns", "throttled_ns", "memory_max_events", "oom_kills", "pids_refused"}
        self.assertLessEqual(expected, set(figures))
        self.assertGreater(figures.get("memory_peak_bytes", 10000000), 9000000)
        self.assertEqual((report["oom_kills"], figures["throttled_ns"]), (0, 0))


class Bocker(LimitsCase):
    def test_its_defaults_reach_the_cgroup(self):
        self.cwd = self.directory()
        shows = self.wrapper('shift; exec "$real" run -v /usr:/usr:ro --cgroupfs "$@"')
        script = "cd /sys/fs/cgroup && cat cpu.weight memory.max memory.swap.max"
        done = self.bocker(shows, "run", self.image(), "sh", "-c", script)
        expected = ["59", str(512000000 // 4096 * 4096), "0"]
        self.assertEqual((done.returncode, done.stdout.split()), (0, expected), done)


if __name__ == "__main__":
    sbx_case.main()
