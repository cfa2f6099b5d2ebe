#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of pools."""
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import Twin, live, main, sb, shell

WORK = {"mounts": [sb.Tmpfs("/work", mode=0o700)]}


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
class PoolHost(Twin):
    program = "pool_host"

    def test_many_cycles_leave_nothing(self):
        with sb.Pool(2) as pool:
            for cycle in range(20):
                with pool.get() as box:
                    self.assertTrue(box.run(["true"]).ok)
                if cycle == 1:
                    before = len(os.listdir("/proc/self/fd"))
            self.assertEqual(len(os.listdir("/proc/self/fd")), before)
            self.assertEqual(pool.info()["discarded"], 0)


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
