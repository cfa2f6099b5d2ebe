#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Popen: what it promises beyond subprocess."""
import gc
import os
import pathlib
import select
import signal
import sys
import tempfile
import threading
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb

from libsandbox import _start


@live
class Process(Case):
    def test_pipes_carry_what_is_written(self):
        with sb.Popen(["cat"], stdin=sb.PIPE, stdout=sb.PIPE) as child:
            child.stdin.write(b"one\n")
            child.stdin.flush()
            self.assertEqual(child.stdout.readline(), b"one\n")
            self.assertIsNone(child.poll())
        self.assertEqual(child.returncode, 0)

    def test_communicate_carries_more_than_a_pipe_holds(self):
        data = os.urandom(1 << 20)
        for target in (sb.PIPE, sb.CAPTURE):
            with self.subTest(target=target), sb.Popen(["sh", "-c", "cat > /tmp/x; cat /tmp/x; cat /tmp/x >&2"], stdin=sb.PIPE, stdout=target, stderr=target) as child:
                out, err = child.communicate(data)
                self.assertTrue(out == err == data)

    def test_communicate_goes_on_after_a_time_out(self):
        with sb.Popen(["sh", "-c", "echo early; sleep 1000"], stdin=sb.PIPE, stdout=sb.PIPE, text=True) as child:
            output = None
            while not output:  # until it has said the line
                with self.assertRaises(sb.TimeoutExpired) as caught:
                    child.communicate(timeout=0.05)
                output = caught.exception.output
            self.assertEqual(output, b"early\n")
            with self.assertRaisesRegex(ValueError, "after starting"):
                child.communicate("more")
            child.kill()
            self.assertEqual(child.communicate()[0], "early\n")

    def test_signals_arrive(self):
        for name, sig in (("terminate", signal.SIGTERM), ("kill", signal.SIGKILL)):
            with self.subTest(name=name), sb.Popen(["sleep", "1000"]) as child:
                getattr(child, name)()
                self.assertEqual(child.wait(), -sig)
                self.assertIs(child.result.verdict, sb.Verdict.KILLED if name == "kill" else sb.Verdict.SIGNALED)
                child.kill()
                child.terminate()

    def test_wait_times_out(self):
        with sb.Popen(["sleep", "1000"]) as child:
            with self.assertRaises(sb.TimeoutExpired):
                child.wait(0.05)
            child.kill()

    def test_pid_is_a_number_whatever_has_happened(self):
        """a command that is gone before its pid is asked for has one that is nobody's, and not another's"""
        pids = []
        for _ in range(3):
            child = sb.Popen(["true"])
            self.assertGreater(child.pid, 0)
            select.select([child.pidfd], [], [])
            try:
                while child._proc.pid() < 2**30:  # until it is reaped
                    os.sched_yield()
                pids.append(child._proc.pid())
            finally:
                child.wait()
            for nobody in (pids[-1], -pids[-1]):
                with self.assertRaises(ProcessLookupError):
                    os.kill(nobody, signal.SIGKILL)
        self.assertEqual(len(set(pids)), 3)
        with self.assertRaises(OSError):
            os.pidfd_open(pids[0])

    def test_descriptor_tells_of_the_end(self):
        child = sb.Popen(["sh", "-c", "read x"], stdin=sb.PIPE)
        self.assertEqual(select.select([child], [], [], 0)[0], [])
        child.stdin.close()
        while child.poll() is None:
            select.select([child], [], [])
        self.assertEqual(child.returncode, 1)

    def test_descriptors_are_passed_on(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"from the host")
            file.seek(0)
            script = f"import os; print(os.read({file.fileno()}, 99))"  # a shell knows numbers of one digit
            result = sb.run(["/usr/bin/python3", "-c", script], pass_fds=[file.fileno()], stdout=sb.PIPE)
            self.assertEqual(result.stdout, b"b'from the host'\n")

    def test_threads_may_wait_together(self):
        child = sb.Popen(["sh", "-c", "read x; exit 5"], stdin=sb.PIPE)
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(child.wait())) for _ in range(4)]
        for thread in threads:
            thread.start()
        self.assertIsNone(child.poll())
        child.stdin.close()
        for thread in threads:
            thread.join(60)
        self.assertEqual(codes, [5] * 4)

    def test_other_threads_run_while_one_waits(self):
        child = sb.Popen(["sh", "-c", "read x"], stdin=sb.PIPE)

        def close():  # would never be done if the wait held the GIL
            while child._proc.turn.acquire(blocking=False):
                child._proc.turn.release()
                os.sched_yield()
            child.stdin.close()

        threading.Thread(target=close).start()
        self.assertEqual(child.wait(timeout=60), 1)

    def test_collected_while_it_runs_is_a_warning_and_no_kill(self):
        read, write = os.pipe()
        child = sb.Popen(["sh", "-c", "read x; exit 0"], stdin=read)
        os.close(read)
        pid = child.pid
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del child
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])
        self.assertIn(str(pid), str(caught[0].message))
        os.kill(pid, 0)  # it lives
        self.assertEqual(len(_start.orphans), 1)
        os.close(write)
        proc = _start.orphans[0]
        while proc._pointer is not None:
            select.select([sb.lib.sb_proc_fd(proc)], [], [], 5)
            _start.forget_orphans()
        self.assertEqual(_start.orphans, [])

    def test_failed_start_leaves_nothing(self):
        for _ in range(3):
            with self.assertRaises(FileNotFoundError):
                sb.Popen(["no-such"], stdin=sb.PIPE, stdout=sb.PIPE, stderr=sb.PIPE)


if __name__ == "__main__":
    main()
