#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fork and multiprocessing: what belongs to the parent is dead in a child, and the child can have its own."""
import gc
import json
import os
import pathlib
import pickle
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb

CHILD = pathlib.Path(__file__).with_name("fork_child.py")


def forked(work):
    """work() in a child; its return code."""
    pid = os.fork()
    if not pid:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def refused(*acts):
    """How many of them say that the handle is the parent's."""
    said = 0
    for act in acts:
        try:
            act()
        except sb.DeadHandle as error:
            said += "forked" in str(error)
    return said


@live
class Forked(Case):
    def test_handles_of_the_parent_are_dead(self):
        """a handle that a forked child inherited says so, and nothing happens to the parent's"""
        config, trace = sb.Config(), sb.Trace()
        with sb.Box() as box, sb.Pool(1) as pool, sb.Group() as group, sb.Popen(["sh", "-c", "read x"], stdin=sb.PIPE) as child:
            group.add(["true"])
            acts = [child.fileno, child.poll, child.wait, child.stats, lambda: config.set_umask(0), lambda: box.run(["true"]), box.info,
                    box.reset, pool.get, group.start, trace.events, lambda: sb.wait_any([child])]
            self.assertEqual(forked(lambda: refused(*acts)), len(acts))
            self.assertIsNone(child.poll())
            self.assertTrue(box.run(["true"]).ok)
            self.assertTrue(group.run().ok)
            with pool.get() as lent:
                self.assertTrue(lent.run(["true"]).ok)
        self.assertEqual(child.returncode, 1)

    def test_collecting_and_closing_them_kills_nothing(self):
        """what a child does with handles that are not its own does nothing to the sandbox"""
        def drop():
            nonlocal child
            refused(child.kill, child.terminate)
            box.close()
            del child
            gc.collect()
            return 0

        with sb.Box() as box, box.Popen(["sh", "-c", "read x; exit 5"], stdin=sb.PIPE) as child:
            self.assertEqual(forked(drop), 0)
            self.assertIsNone(child.poll())
            child.stdin.close()
            self.assertEqual(child.wait(), 5)

    def test_child_has_its_own(self):
        """a forked child runs commands of its own, also after the parent had"""
        sb.run(["true"])
        self.assertEqual(forked(lambda: sb.run(["sh", "-c", "exit 7"]).returncode), 7)
        self.assertEqual(forked(lambda: forked(lambda: sb.run(["sh", "-c", "exit 8"]).returncode)), 8)

    def test_fork_while_another_thread_waits(self):
        """a child of a process in which a thread waits does not wait for that thread"""
        with sb.Popen(["sh", "-c", "read x"], stdin=sb.PIPE) as child:
            thread = threading.Thread(target=child.wait)
            thread.start()
            while child._proc.turn.acquire(blocking=False):  # until it waits
                child._proc.turn.release()
                os.sched_yield()
            self.assertEqual(forked(lambda: refused(child.poll, child.wait, child.kill)), 3)
            child.stdin.close()
            thread.join()
        self.assertEqual(child.returncode, 1)

    def test_many_children_at_once(self):
        pids = []
        for number in range(8):
            pid = os.fork()
            if not pid:
                os._exit(sb.run(["sh", "-c", f"exit {number}"]).returncode)
            pids.append(pid)
        self.assertEqual([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids], list(range(8)))


@live
class Multiprocessing(Case):
    def said(self, method):
        done = subprocess.run([sys.executable, CHILD, method], check=False, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = json.loads(done.stdout)
        self.assertEqual((said["before"], said["after"], said["found"]), (True, True, [[number, True] for number in range(6)]))
        return said["given"]

    def test_fork(self):
        """children of multiprocessing run commands and have boxes; one that inherited a box is told that it is not its own"""
        self.assertEqual(self.said("fork"), 9)

    def test_spawn(self):
        """the same by spawn, where a box cannot be sent"""
        self.assertIn("cannot be pickled", self.said("spawn"))

    def test_forkserver(self):
        """the same by forkserver"""
        self.assertIn("cannot be pickled", self.said("forkserver"))

    def test_results_and_errors_can_be_sent(self):
        """a result can be pickled, a handle cannot"""
        result = sb.run(["sh", "-c", "echo x; exit 3"], capture_output=True, trace=True)
        back = pickle.loads(pickle.dumps(result))
        self.assertEqual(vars(back), vars(result))
        with sb.Popen(["true"]) as child:
            with self.assertRaisesRegex(TypeError, "cannot be pickled"):
                pickle.dumps(child)


if __name__ == "__main__":
    main()
