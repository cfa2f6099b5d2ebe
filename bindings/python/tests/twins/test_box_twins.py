#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of boxes and pools."""
import os
import pathlib
import select
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import READ, Twin, live, main, sb, shell

WORK = {"mounts": [sb.Tmpfs("/work", mode=0o700)]}


@live
class Box(Twin):
    program = "box"

    def test_one_after_another(self):
        with sb.Box(**WORK) as box:
            for number in range(5):
                self.assertEqual(shell(f"ls /work; touch /work/f{number}; exit {number}", box.run).returncode, number)
            self.assertEqual(len(box.listdir("/work")), 5)

    def test_side_by_side(self):
        with sb.Box() as box:
            children = [box.Popen(["sh", "-c", f"read x; exit {n}"], stdin=sb.PIPE) for n in range(5)]
            for child in reversed(children):
                child.stdin.close()
            self.assertEqual([child.wait() for child in children], list(range(5)))

    def test_commands_share_what_the_sandbox_is(self):
        with sb.Box(hostname="one") as box:
            links = [box.run(["readlink", "/proc/self/ns/mnt", "/proc/self/ns/pid"], stdout=sb.PIPE).stdout for _ in range(2)]
            self.assertEqual(links[0], links[1])
            self.assertEqual(shell("hostname", box.run).stdout, "one\n")

    def test_each_command_has_its_own_description(self):
        with sb.Box() as box:
            self.assertEqual(shell("pwd; umask; ulimit -n", box.run, cwd="/usr", umask=0o77, limits=sb.Limits(nofile=99)).stdout, "/usr\n0077\n99\n")
            self.assertEqual(shell("pwd; umask", box.run).stdout, "/\n0022\n")

    def test_a_failed_command_leaves_the_box_alive(self):
        with sb.Box() as box:
            self.fails_with(FileNotFoundError, "no-such", lambda: box.run(["no-such"]))
            self.assertTrue(box.run(["true"]).ok)

    def test_killing_one_command_leaves_the_others(self):
        with sb.Box() as box:
            one, two = (box.Popen(READ, stdin=sb.PIPE) for _ in range(2))
            one.kill()
            self.assertEqual(one.wait(), -9)
            self.assertIsNone(two.poll())
            one.stdin.close()
            two.stdin.close()
            self.assertEqual(two.wait(), 1)

    def test_killing_the_box_ends_all(self):
        with sb.Box() as box:
            children = [box.Popen(["sleep", "1000"]) for _ in range(3)]
            box.kill()
            self.assertEqual({child.wait() for child in children}, {-9})
            self.assertEqual({child.result.verdict for child in children}, {sb.Verdict.KILLED})


@live
class BoxWarm(Twin):
    program = "box_warm"

    def test_each_command_has_its_own_words_and_files(self):
        with sb.Box() as box:
            for number in range(6):
                self.assertEqual(box.run(["sh", "-c", f"cat; echo {number}"], input=b"%d" % number, stdout=sb.PIPE).stdout, f"{number}{number}\n".encode())

    def test_a_command_that_cannot_start_is_explained(self):
        with sb.Box() as box:
            box.run(["true"])
            for _ in range(3):
                self.fails_with(FileNotFoundError, "/gone", lambda: box.run(["true"], cwd="/gone"))
                self.assertTrue(box.run(["true"]).ok)


@live
class BoxReset(Twin):
    program = "box_reset"

    def test_the_handle_goes_on_with_another_sandbox(self):
        with sb.Box(**WORK) as box:
            box.put("/work/f", b"")
            pid = box.pid
            box.reset()
            self.assertNotEqual(box.pid, pid)
            self.assertEqual((box.listdir("/work"), box.run(["true"]).ok), ([], True))

    def test_commands_that_run_are_killed_and_say_so(self):
        with sb.Box() as box:
            child = box.Popen(["sleep", "1000"])
            box.reset()
            self.assertEqual((child.wait(), child.result.verdict), (-9, sb.Verdict.KILLED))

    def test_a_box_that_was_killed_comes_back(self):
        with sb.Box() as box:
            box.kill()
            box.reset()
            self.assertTrue(box.run(["true"]).ok)

    def test_a_source_that_is_gone_is_named(self):
        home = self.directory()
        inside = os.path.join(home, "gone")
        os.mkdir(inside)
        with sb.Box(mounts=[sb.Bind(inside, "/in")]) as box:
            os.rmdir(inside)
            self.fails_with(FileNotFoundError, inside, box.reset)


@live
class BoxMount(Twin):
    program = "box_mount"

    def box(self):
        box = sb.Box()
        self.addCleanup(box.close)
        try:
            box.tmpfs("/probe", size=1 << 20)
        except sb.PermissionDenied as error:
            self.skipTest(error.message)
        return box

    def test_seen_by_commands_that_run_and_by_later_ones(self):
        box = self.box()
        with box.Popen(["sh", "-c", "read x; cat /in/f"], stdin=sb.PIPE, stdout=sb.PIPE) as child:
            home = self.directory()
            pathlib.Path(home, "f").write_text("seen", encoding="ascii")
            box.bind(home, "/in")
            self.assertEqual(child.communicate(b"\n")[0], b"seen")
        self.assertEqual(shell("cat /in/f", box.run).stdout, "seen")

    def test_the_topmost_is_unmounted_first(self):
        box = self.box()
        for number in range(2):
            box.tmpfs("/in")
            box.put(f"/in/{number}", b"")
        box.unmount("/in")
        self.assertEqual([entry.name for entry in box.listdir("/in")], ["0"])

    def test_relative_sources_are_the_callers(self):
        box = self.box()
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir("/usr")
        box.bind("bin", "/in")
        self.assertTrue(box.run(["/in/true"]).ok)


@live
class BoxMountErrors(Twin):
    program = "box_mount_errors"

    def test_what_the_box_was_opened_with_stays(self):
        with sb.Box() as box:
            with self.assertRaises(OSError):
                box.unmount("/tmp")
            self.assertTrue(box.run(["true"]).ok)


@live
class BoxName(Twin):
    program = "box_name"

    def test_it_is_found_and_listed(self):
        name = f"py-{os.getpid()}-a"
        config = sb.Config.standard()
        config.set_name(name)
        with sb.Box(config) as box:
            (entry,) = [entry for entry in sb.named() if entry.name == name]
            self.assertEqual((entry.pid, entry.uid), (box.pid, os.geteuid()))
            joined = sb.Config()
            joined.set_join_name(name)
            joined.set_env(["PATH=/usr/bin:/bin"])
            self.assertEqual(sb.run(["hostname"], config=joined, stdout=sb.PIPE).stdout, b"sandbox\n")
        self.assertNotIn(name, [entry.name for entry in sb.named()])

    def test_a_name_that_is_taken_names_who_has_it(self):
        config = sb.Config.standard()
        config.set_name(f"py-{os.getpid()}-b")
        with sb.Box(config) as box:
            self.fails_with(OSError, str(box.pid), lambda: sb.Box(config))

    def test_one_that_is_not_there(self):
        config = sb.Config()
        config.set_join_name(f"py-{os.getpid()}-c")
        self.fails_with(FileNotFoundError, f"py-{os.getpid()}-c", lambda: sb.run(["true"], config=config))


@live
class BoxJoin(Twin):
    program = "box_join"

    def joined(self, box):
        config = sb.Config()
        config.set_join(box.pidfd)
        config.set_env(["PATH=/usr/bin:/bin"])
        return config

    def test_it_finds_what_the_boxs_own_commands_find(self):
        with sb.Box(hostname="joined", **WORK) as box:
            box.put("/work/f", b"in", 0o644)
            result = sb.run(["sh", "-c", "hostname; cat /work/f"], config=self.joined(box), capture_output=True)
            self.assertEqual(result.stdout, b"joined\nin")

    def test_it_is_killed_when_the_box_is_closed(self):
        with sb.Box() as box:
            child = sb.Popen(["sleep", "1000"], config=self.joined(box))
        self.assertEqual((child.wait(), child.result.verdict), (-9, sb.Verdict.BOX_ENDED))

    def test_what_describes_a_sandbox_is_refused(self):
        with sb.Box() as box:
            config = self.joined(box)
            config.set_hostname("other")
            self.fails_with(OSError, "", lambda: sb.run(["true"], config=config))


@live
class BoxNs(Twin):
    program = "box_ns"

    def test_what_is_no_kind_is_refused(self):
        with sb.Box() as box:
            for kind in (0, sb.NS.NET | sb.NS.PID, 1 << 20):
                self.fails_with(OSError, "one SB_NS_* bit", lambda kind=kind: box.ns_fd(kind))

    def test_its_network_is_joined_after_the_box_has_ended(self):
        with sb.Box() as box:
            fd = box.ns_fd(sb.NS.NET)
        self.addCleanup(os.close, fd)
        self.root_only()
        config = sb.Config.standard()
        config.set_ns_fd(sb.NS.NET, fd)
        said = sb.run(["readlink", "/proc/self/ns/net"], config=config, stdout=sb.PIPE).stdout
        self.assertEqual(said, f"net:[{os.fstat(fd).st_ino}]\n".encode())

    def test_a_box_that_is_gone_has_none(self):
        with sb.Box() as box:
            box.kill()
            select.select([box.pidfd], [], [])
            with self.assertRaises(OSError):
                os.close(box.ns_fd(sb.NS.NET))


@live
class Pool(Twin):
    program = "pool"

    def test_nothing_is_made_before_it_is_asked_for(self):
        with sb.Pool(3) as pool:
            self.assertEqual((pool.info()["made"], pool.info()["missing"]), (0, 3))

    def test_there_are_never_more_than_its_size(self):
        with sb.Pool(2) as pool:
            with pool.get(), pool.get(), self.assertRaises(sb.TimeoutExpired):
                pool.get(timeout=0)

    def test_each_call_makes_one(self):
        with sb.Pool(2) as pool:
            self.assertEqual([(pool.process(), pool.info()["ready"]) for _ in range(2)], [(True, 1), (True, 2)])
            self.assertFalse(pool.process())

    def test_what_still_runs_is_killed_by_the_reset(self):
        with sb.Pool(1, **WORK) as pool:
            with pool.get() as box:
                child = box.Popen(["sleep", "1000"])
                box.put("/work/f", b"")
            self.assertEqual(child.returncode, -9)
            with pool.get() as box:
                self.assertEqual(box.listdir("/work"), [])

    def test_the_config_is_copied(self):
        config = sb.Config.standard(hostname="kept")
        with sb.Pool(1, config) as pool:
            config.close()
            with pool.get() as box:
                self.assertEqual(shell("hostname", box.run).stdout, "kept\n")

    def test_wrong_arguments_are_told(self):
        for size in (0, 1 << 30):
            with self.assertRaises(ValueError):
                sb.Pool(size)


@live
class PoolEnd(Twin):
    program = "pool_end"

    def test_boxes_that_are_lent_outlive_it(self):
        with sb.Pool(1) as pool:
            box = pool.get()
        self.assertTrue(box.run(["true"]).ok)
        box.close()

    def test_one_that_is_killed_by_who_has_it_is_replaced(self):
        with sb.Pool(1) as pool:
            with pool.get() as box:
                box.kill()
            with pool.get() as box:
                self.assertTrue(box.run(["true"]).ok)

    def test_a_forked_process_is_refused(self):
        with sb.Pool(1) as pool:
            pid = os.fork()
            if not pid:
                try:
                    pool.get()
                except sb.DeadHandle:
                    os._exit(3)
                os._exit(4)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 3)


@live
class PoolThreads(Twin):
    program = "pool_threads"

    def test_many_threads_share_few_boxes_on_demand(self):
        found = []

        def work(pool):
            for _ in range(3):
                with pool.get() as box:
                    found.append(shell("ls /work; touch /work/f", box.run).stdout)

        with sb.Pool(2, **WORK) as pool:
            threads = [threading.Thread(target=work, args=(pool,)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertLessEqual(pool.info()["made"], 2)
        self.assertEqual(found, [""] * 18)


if __name__ == "__main__":
    main()
