#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of cgroups. Most need a cgroup v2 with controllers: they run in the machines of tests/vm."""
import os
import pathlib
import select
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import READ, Twin, live, main, sb, shell

LIMITS = sb.Limits(memory=64 << 20, pids=20)
ALLOCATE = ["/usr/bin/python3", "-c", "x = b'x' * (200 << 20)"]


class WithControllers(Twin):
    """Where there are some."""

    def setUp(self):
        super().setUp()
        self.needs("cgroup.memory")
        self.needs("cgroup.pids")


@live
class CgroupLeaf(Twin):
    program = "cgroup_leaf"

    def test_without_a_request_there_is_no_leaf(self):
        with sb.Popen(READ, stdin=sb.PIPE) as child:
            for act in (child.stats, child.pids, child.freeze, lambda: child.get_cgroup("cgroup.procs")):
                with self.assertRaises(FileNotFoundError):
                    act()

    def test_the_leaf_goes_with_the_command_the_place_with_the_config(self):
        self.needs("cgroup.memory")
        config = sb.Config.standard(limits=LIMITS)
        with sb.Popen(READ, stdin=sb.PIPE, config=config) as child:
            leaf = os.readlink(f"/proc/self/fd/{child.cgroup_fd}")
            self.assertTrue(os.path.isdir(leaf))
        self.assertEqual((os.path.isdir(leaf), os.path.isdir(os.path.dirname(leaf))), (False, True))
        config.close()
        self.assertFalse(os.path.isdir(os.path.dirname(leaf)))


@live
class CgroupPlace(Twin):
    program = "cgroup_place"

    def test_a_parent_that_is_none_is_refused(self):
        config = sb.Config.standard(limits=LIMITS)
        config.set_cgroup_parent("/no/such/cgroup")
        with self.assertRaises(OSError):
            sb.run(["true"], config=config)


@live
class CgroupTable(Twin):
    program = "cgroup_table"

    def test_a_probe_tells_what_a_spawn_would(self):
        why = sb.probe("cgroup.memory")
        try:
            result = sb.run(["true"], limits=sb.Limits(memory=64 << 20))
        except OSError as error:
            self.assertTrue(why, str(error))
        else:
            self.assertEqual((why, bool(result.applied & sb.Applied.CGROUP)), ("", True))


@live
class CgroupLimits(WithControllers):
    program = "cgroup_limits"

    def test_over_memory_max_is_told_as_such(self):
        result = sb.run(ALLOCATE, limits=LIMITS)
        self.assertEqual((result.verdict, result.evidence["oom_kills"] > 0), (sb.Verdict.MEMORY_EXCEEDED, True))

    def test_within_memory_max_nothing_happens(self):
        result = sb.run(["true"], limits=LIMITS)
        self.assertEqual((result.verdict, result.evidence["oom_kills"], result.memory_peak > 0), (sb.Verdict.EXITED, 0, True))

    def test_forks_stop_at_pids_max(self):
        result = shell("for i in 1 2 3 4 5 6; do sleep 1000 & done; exit 9", limits=sb.Limits(pids=4))
        self.assertEqual((result.verdict, result.evidence["pids_refused"] > 0), (sb.Verdict.PIDS_EXCEEDED, True))


@live
class CgroupResult(WithControllers):
    program = "cgroup_result"

    def test_memory_that_is_left_is_told(self):
        result = sb.run(["true"], limits=LIMITS)
        self.assertEqual({"memory_anon", "memory_file"} - set(result.evidence), set())


@live
class CgroupTime(WithControllers):
    program = "cgroup_time"

    def test_a_quota_in_nanoseconds_is_the_same(self):
        self.needs("cgroup.cpu")
        with sb.Popen(READ, stdin=sb.PIPE, limits=sb.Limits(cpus=0.5)) as child:
            self.assertEqual(child.get_cgroup("cpu.max"), "50000 100000\n")


@live
class CgroupLive(WithControllers):
    program = "cgroup_live"

    def test_its_processes_are_listed(self):
        with sb.Popen(["sh", "-c", "sleep 1000 & echo up; read x"], stdin=sb.PIPE, stdout=sb.PIPE, limits=LIMITS) as child:
            child.stdout.readline()
            self.assertEqual((len(child.pids()), child.pid in child.pids()), (2, True))

    def test_pids_max_is_raised_and_lowered(self):
        with sb.Popen(READ, stdin=sb.PIPE, limits=LIMITS) as child:
            for value in ("5", "50"):
                child.set_cgroup("pids.max", value)
                self.assertEqual(child.get_cgroup("pids.max"), f"{value}\n")

    def test_memory_max_is_raised(self):
        with sb.Popen(READ, stdin=sb.PIPE, limits=LIMITS) as child:
            self.assertEqual(child.get_cgroup("memory.max"), f"{64 << 20}\n")
            child.set_cgroup("memory.max", "128M")
            self.assertEqual(child.get_cgroup("memory.max"), f"{128 << 20}\n")

    def test_figures_grow_by_what_was_used(self):
        with sb.Popen(["sh", "-c", "echo up; read x"], stdin=sb.PIPE, stdout=sb.PIPE, limits=LIMITS) as child:
            child.stdout.readline()
            self.assertEqual((child.stats()["memory"] > 0, child.stats()["pids"]), (True, 1))

    def test_frozen_stands_still_and_thawed_goes_on(self):
        with sb.Popen(["cat"], stdin=sb.PIPE, stdout=sb.PIPE, limits=LIMITS) as child:
            child.freeze()
            child.stdin.write(b"x\n")
            child.stdin.flush()
            self.assertEqual(select.select([child.stdout], [], [], 0)[0], [])
            child.thaw()
            self.assertEqual(child.stdout.readline(), b"x\n")

    def test_files_of_the_leaf_are_read_and_no_others(self):
        with sb.Popen(READ, stdin=sb.PIPE, limits=LIMITS) as child:
            self.assertIn("anon ", child.get_cgroup("memory.stat"))
            for name in ("../cgroup.procs", "no.such"):
                with self.assertRaises(OSError):
                    child.get_cgroup(name)

    def test_pressure_on_memory_is_told(self):
        with sb.Popen(READ, stdin=sb.PIPE, limits=LIMITS) as child:
            try:
                fd = child.pressure("memory", 0.1, 2)
            except sb.SandboxError as error:
                self.skipTest(error.message)
            self.assertEqual(select.select([], [], [fd], 0)[2], [])
            os.close(fd)

    def test_after_the_end_only_the_figures_are_left(self):
        child = sb.Popen(["true"], limits=LIMITS)
        child.wait()
        self.assertIn("memory_peak", child.result.evidence["cgroup"])
        with self.assertRaises(sb.DeadHandle):
            child.stats()


@live
class CgroupBox(WithControllers):
    program = "cgroup_box"

    def test_each_command_has_its_own(self):
        with sb.Box(limits=LIMITS) as box:
            self.assertIs(box.run(ALLOCATE, limits=LIMITS).verdict, sb.Verdict.MEMORY_EXCEEDED)
            result = box.run(["true"], limits=LIMITS)
            self.assertEqual((result.verdict, result.evidence["oom_kills"]), (sb.Verdict.EXITED, 0))

    def test_what_a_command_leaves_running_is_killed(self):
        with sb.Box(limits=LIMITS) as box, box.Popen(["sh", "-c", "sleep 1000 & exit 0"], stdout=sb.PIPE, limits=LIMITS) as child:
            self.assertEqual(child.stdout.read(), b"")


@live
class CgroupEnd(Twin):
    program = "cgroup_end"

    def test_after_a_killed_host_gc_leaves_the_living_alone(self):
        with sb.Box() as box:
            self.assertGreaterEqual(sb.gc(), 0)
            self.assertTrue(box.run(["true"]).ok)
            self.assertGreaterEqual(sb.gc(box.config), 0)


@live
class BoxFigures(Twin):
    program = "box_figures"

    def test_a_box_without_cgroups_has_no_figures(self):
        with sb.Box() as box:
            with self.assertRaises(FileNotFoundError):
                box.stats()

    def test_commands_are_counted(self):
        with sb.Box() as box:
            for _ in range(3):
                box.run(["true"])
            self.assertEqual([box.info()[name] for name in ("started", "ended", "running")], [3, 3, 0])

    def test_a_limit_of_the_box_is_for_all_together(self):
        self.needs("cgroup.memory")
        with sb.Box(limits=LIMITS) as box:
            box.set_cgroup("memory.max", "32M")
            self.assertEqual(box.get_cgroup("memory.max"), f"{32 << 20}\n")
            box.run(["true"])
            self.assertGreater(box.stats()["memory_peak"], 0)


@live
class BoxFreeze(Twin):
    program = "box_freeze"

    def test_a_box_without_cgroups_cannot_be_frozen(self):
        with sb.Box() as box, self.assertRaises(FileNotFoundError):
            box.freeze()

    def test_a_frozen_box_takes_files_and_no_command(self):
        self.needs("cgroup.memory")
        with sb.Box(limits=LIMITS, mounts=[sb.Tmpfs("/work", mode=0o700)]) as box:
            with box.frozen():
                self.assertTrue(box.info()["frozen"])
                box.put("/work/f", b"x")
                with self.assertRaises(OSError):
                    box.run(["true"])
            self.assertTrue(box.run(["cat", "/work/f"], stdout=sb.DEVNULL).ok)


@live
class BoxFreezeEnd(WithControllers):
    program = "box_freeze_end"

    def test_it_is_killed_and_freed_as_it_is(self):
        with sb.Box(limits=LIMITS) as box:
            child = box.Popen(["sleep", "1000"])
            box.freeze()
        self.assertIs(child.result.verdict, sb.Verdict.KILLED)


@live
class CgroupFiles(WithControllers):
    program = "cgroup_files"

    def test_while_it_is_frozen(self):
        with sb.Box(limits=LIMITS, mounts=[sb.Tmpfs("/work", mode=0o700)]) as box, box.Popen(READ, stdin=sb.PIPE, limits=LIMITS) as child:
            child.freeze()
            box.put("/work/f", b"x")
            self.assertEqual(box.get("/work/f"), b"x")
            child.thaw()


if __name__ == "__main__":
    main()
