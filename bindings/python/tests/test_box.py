#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boxes, pools of them, and groups."""
import gc
import os
import pathlib
import select
import sys
import tempfile
import unittest
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb

WORK = {"mounts": [sb.Tmpfs("/work", mode=0o700)]}


@live
class Boxes(Case):
    def test_commands_share_the_box(self):
        with sb.Box(**WORK) as box:
            box.run(["sh", "-c", "echo one > /work/f"], check=True)
            self.assertEqual(box.run(["cat", "/work/f"], capture_output=True).stdout, b"one\n")
            with box.Popen(["cat"], stdin=sb.PIPE, stdout=sb.PIPE) as first, box.Popen(["cat"], stdin=sb.PIPE, stdout=sb.PIPE) as second:
                self.assertEqual(second.communicate(b"2")[0] + first.communicate(b"1")[0], b"21")
            self.assertEqual(box.info()["started"], 4)

    def test_failure_in_a_box_is_that_of_a_run(self):
        with sb.Box() as box:
            with self.assertRaises(sb.CommandNotFound):
                box.run(["no-such"])
            with self.assertRaisesRegex(ValueError, "those of the config or the box"):
                box.run(["true"], network="host")
            self.assertEqual(box.run(["sh", "-c", "exit 3"]).returncode, 3)

    def test_command_has_limits_of_its_own(self):
        with sb.Box() as box:
            result = box.run(["sh", "-c", "while :; do :; done"], limits=sb.Limits(cpu_time=0.2))
            self.assertIs(result.verdict, sb.Verdict.CPU_EXCEEDED)
            self.assertTrue(box.run(["true"]).ok)

    def test_files_go_in_and_out(self):
        with sb.Box(**WORK) as box, tempfile.TemporaryFile() as file:
            box.put("/work/a", b"bytes")
            box.put("/work/b", "text", 0o600)
            file.write(b"from a file")
            file.seek(5)
            box.put("/work/c", file)
            self.assertEqual([box.get(f"/work/{name}") for name in "abc"], [b"bytes", b"text", b"a file"])
            with self.assertRaises(FileExistsError):
                box.put("/work/a", b"")
            with self.assertRaises(OSError) as caught:
                box.get("/work/a", limit=4)
            self.assertEqual(caught.exception.errno, 27)
            file.seek(0)
            file.truncate()
            self.assertEqual(box.get_to("/work/b", file), 4)
            file.seek(0)
            self.assertEqual(file.read(), b"text")
            with box.open("/work/d", "w", encoding="utf-8") as out:
                out.write("ä")
            with box.open("/work/d", "rb") as back:
                self.assertEqual(back.read(), "ä".encode())
            box.mkdir("/work/dir")
            entries = box.listdir("/work")
            self.assertEqual([(e.name, e.size, e.is_dir()) for e in entries if e.is_file() or e.is_dir()],
                             [("a", 5, False), ("b", 4, False), ("c", 6, False), ("d", 2, False), ("dir", 0, True)])
            box.remove("/work/dir")
            box.run(["sh", "-c", "ln -s /etc/passwd /work/link; i=0; while [ $i -lt 100 ]; do : > /work/n$i; i=$((i+1)); done"], check=True)
            self.assertEqual(len(box.listdir("/work")), 105)
            with self.assertRaises(OSError) as caught:
                box.get("/work/link")
            self.assertEqual(caught.exception.errno, 40)

    def test_mounts_come_and_go(self):
        home = self.directory()
        pathlib.Path(home, "f").write_text("host", encoding="utf-8")
        with sb.Box() as box:
            try:
                box.bind(home, "/in", sb.MountFlag.RO)
            except PermissionError as error:
                self.skipTest(error.message)
            self.assertEqual(box.run(["cat", "/in/f"], capture_output=True).stdout, b"host")
            box.unmount("/in")
            box.tmpfs("/in", size=1 << 20)
            self.assertEqual(box.run(["ls", "/in"], capture_output=True).stdout, b"")

    def test_reset_forgets_everything(self):
        with sb.Box(**WORK) as box:
            box.put("/work/f", b"")
            child = box.Popen(["sleep", "1000"])
            pid = box.pid
            box.reset()
            self.assertEqual(child.wait(), -9)
            self.assertIs(child.result.verdict, sb.Verdict.KILLED)
            self.assertEqual(box.listdir("/work"), [])
            self.assertNotEqual(box.pid, pid)
            self.assertEqual(box.info()["resets"], 1)
            self.assertTrue(box.run(["true"]).ok)

    def test_close_ends_commands_and_they_have_results(self):
        with sb.Box() as box:
            child = box.Popen(["sleep", "1000"])
        self.assertIs(child.result.verdict, sb.Verdict.KILLED)
        with self.assertRaisesRegex(sb.DeadHandle, "closed"):
            box.run(["true"])

    def test_forgotten_command_ends_with_the_box(self):
        with warnings.catch_warnings(record=True) as caught, sb.Box() as box:
            warnings.simplefilter("always")
            child = box.Popen(["sleep", "1000"])
            del child
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])

    def test_collected_box_is_a_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            box = sb.Box()
            del box
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])

    def test_end_is_seen_at_the_pidfd(self):
        with sb.Box() as box:
            self.assertEqual(select.select([box.pidfd], [], [], 0)[0], [])
            box.kill()
            select.select([box.pidfd], [], [])
            with self.assertRaises(OSError):
                box.run(["true"])

    def test_namespace_of_the_box(self):
        with sb.Box() as box:
            fd = box.ns_fd(sb.NS.NET)
            inode = os.fstat(fd).st_ino
            os.close(fd)
            self.assertEqual(box.run(["readlink", "/proc/self/ns/net"], capture_output=True).stdout, f"net:[{inode}]\n".encode())

    def test_failed_opening_leaves_nothing(self):
        with self.assertRaises(FileNotFoundError):
            sb.Box(mounts=["/no/such:/x"])


@live
class Pools(Case):
    def test_boxes_are_lent_as_new(self):
        with sb.Pool(2, **WORK) as pool:
            with pool.get() as box:
                box.put("/work/f", b"")
                child = box.Popen(["sleep", "1000"])
            self.assertIs(child.result.verdict, sb.Verdict.KILLED)
            with pool.get() as one, pool.get() as two:
                self.assertEqual(one.listdir("/work") + two.listdir("/work"), [])
                self.assertTrue(two.run(["true"]).ok)
                with self.assertRaises(sb.TimeoutExpired):
                    pool.get(timeout=0)
                self.assertEqual(pool.info()["lent"], 2)

    def test_work_is_done_when_the_descriptor_says(self):
        with sb.Pool(2) as pool:
            while pool.info()["ready"] < 2:
                select.select([pool], [], [])
                pool.process()
            with pool.get() as box:
                self.assertTrue(box.run(["true"]).ok)
            pool.fill()
            self.assertEqual((pool.info()["resets"], pool.info()["made"]), (1, 2))
            self.assertIsNone(pool.error())

    def test_box_outlives_its_pool(self):
        pool = sb.Pool(1)
        box = pool.get()
        pool.close()
        self.assertTrue(box.run(["true"]).ok)
        box.close()
        with self.assertRaises(sb.DeadHandle):
            pool.get()

    def test_config_that_cannot_be_is_refused(self):
        with self.assertRaises(ValueError):
            sb.Pool(0)

    def test_network_namespaces(self):
        if os.geteuid() or os.environ.get("SB_IN_USERNS"):
            self.skipTest("only for root")
        with sb.NetPool(2) as nets:
            try:
                nets.fill(1)
            except PermissionError as error:
                self.skipTest(error.message)
            config = sb.Config.standard()
            config.set_netpool(nets)
            self.assertTrue(sb.run(["true"], config=config).ok)
            self.assertEqual(nets.info()["handed_out"], 1)
            config.close()


@live
class Groups(Case):
    def test_members_are_wired(self):
        with sb.Group(wall_time=60) as group, tempfile.TemporaryFile() as transcript:
            ask = group.add(["sh", "-c", "echo 20; read x; echo got $x >&2"], stderr=sb.PIPE)
            answer = group.add(["sh", "-c", "read n; echo $((n + 1))"])
            group.wire(ask, 1, answer, 0, transcript=transcript)
            group.wire(answer, 1, ask, 0)
            result = group.run()
            transcript.seek(0)
            self.assertEqual(transcript.read(), b"20\n")
        self.assertTrue(result.ok)
        self.assertEqual(result.members[ask].result.stderr, b"got 21\n")
        self.assertEqual((result.members[ask].bytes_out, result.members[ask].bytes_in), (3, 3))
        self.assertEqual({m.order for m in result.members}, {1, 2})

    def test_deadlock_is_told(self):
        def attempt(seconds):
            with sb.Group(wall_time=seconds) as group:
                for _ in range(2):
                    group.add(["sh", "-c", "read x"])
                group.wire(0, 1, 1, 0)
                group.wire(1, 1, 0, 0)
                result = group.run()
            self.assertIs(result.verdict, sb.Verdict.WALL_EXCEEDED)
            waits = [(m.waits, m.waits_for) for m in result.members]
            return waits if None not in waits[0] + waits[1] else None  # not yet in their reads

        self.assertEqual(self.patiently(attempt), [(sb.Waits.INPUT, 1), (sb.Waits.INPUT, 0)])

    def test_leader_ends_the_others(self):
        with sb.Group() as group:
            lead = group.add(["true"])
            group.add(["sleep", "1000"])
            group.set_leader(lead)
            result = group.run()
        self.assertEqual(result.first, lead)

    def test_time_out_kills(self):
        with sb.Group() as group:
            group.add(["sleep", "1000"])
            with self.assertRaises(sb.TimeoutExpired):
                group.run(timeout=0.1)
            self.assertIs(group.wait().verdict, sb.Verdict.KILLED)

    def test_members_in_a_box(self):
        with sb.Box() as box, sb.Group() as group:
            group.add(["sh", "-c", "exit 3"], box=box)
            result = group.run()
        self.assertEqual((result.verdict, result.member, result.members[0].result.returncode), (sb.Verdict.EXITED, 0, 3))

    def test_failed_start_leaves_nothing(self):
        with sb.Group() as group:
            group.add(["true"])
            group.add(["no-such"])
            with self.assertRaises(FileNotFoundError):
                group.start()


if __name__ == "__main__":
    main()
