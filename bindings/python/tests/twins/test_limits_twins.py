#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of limits, streams and groups."""
import os
import pathlib
import select
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import READ, Twin, live, main, sb, shell

BUSY = ["sh", "-c", "while :; do :; done"]


@live
class Limit(Twin):
    program = "limit"

    def test_a_busy_loop_ends_at_its_cpu_limit(self):
        result = sb.run(BUSY, limits=sb.Limits(cpu_time=0.1))
        self.assertEqual((result.verdict, result.returncode), (sb.Verdict.CPU_EXCEEDED, -signal.SIGKILL))
        self.assertGreaterEqual(result.cpu_time, 0.1)

    def test_a_sleeper_ends_at_its_wall_limit(self):
        result = sb.run(["sleep", "1000"], limits=sb.Limits(wall_time=0.1))
        self.assertEqual((result.verdict, result.wall_time >= 0.1), (sb.Verdict.WALL_EXCEEDED, True))

    def test_within_its_limits_it_is_what_it_was(self):
        result = shell("exit 3", limits=sb.Limits(cpu_time=100, wall_time=1000, output=1 << 20))
        self.assertEqual((result.verdict, result.returncode, result.evidence["exceeded"]), (sb.Verdict.EXITED, 3, frozenset()))

    def test_a_grace_measures_the_overshoot(self):
        result = sb.run(BUSY, limits=sb.Limits(cpu_time=0.1, grace=0.1))
        self.assertEqual((result.verdict, result.cpu_time >= 0.2), (sb.Verdict.CPU_EXCEEDED, True))

    def test_its_own_signals_are_no_limits(self):
        for sig in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM):
            self.assertIs(shell(f"kill -{int(sig)} $$", limits=sb.Limits(cpu_time=100)).verdict, sb.Verdict.SIGNALED)

    def test_a_soft_limit_tells_and_signals(self):
        config = sb.Config.standard()
        config.set_soft_limit(sb.Limit.CPU, 100_000_000, signal.SIGUSR1)
        result = shell("trap 'exit 5' USR1; while :; do :; done", config=config)
        self.assertIn(result.returncode, (5, -signal.SIGUSR1))  # a slow shell has no trap yet
        self.assertEqual(result.evidence["soft"], {sb.Limit.CPU})

    FORKS = "for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; exit 9"

    def test_one_fork_too_many_ends_the_run(self):
        self.needs("cgroup.pids")
        self.assertIs(shell(self.FORKS, limits=sb.Limits(pids=3)).verdict, sb.Verdict.PIDS_EXCEEDED)

    def test_without_a_controller_processes_are_held_by_an_rlimit(self):
        if not sb.probe("cgroup.pids"):
            self.skipTest("there is a controller")
        result = shell(self.FORKS, limits=sb.Limits(pids=3, best_effort=True))
        self.assertEqual((result.returncode != 9, result.evidence["approximate"]), (True, {sb.Limit.PIDS}))

    def test_without_a_controller_memory_is_sampled_if_that_will_do(self):
        script = ["/usr/bin/python3", "-c", "x = b'x' * (200 << 20)"]
        result = sb.run(script, limits=sb.Limits(memory=64 << 20, best_effort=True), stderr=sb.DEVNULL)
        self.assertIs(result.verdict, sb.Verdict.MEMORY_EXCEEDED)
        if sb.probe("cgroup.memory"):
            self.assertIn(sb.Limit.MEMORY, result.evidence["approximate"])

    def test_in_a_box_each_command_has_its_own(self):
        with sb.Box() as box:
            self.assertIs(box.run(BUSY, limits=sb.Limits(cpu_time=0.1)).verdict, sb.Verdict.CPU_EXCEEDED)
            self.assertIs(box.run(["true"]).verdict, sb.Verdict.EXITED)


@live
class Stream(Twin):
    program = "stream"

    def test_bytes_go_in_and_come_out(self):
        data = os.urandom(300000)
        self.assertEqual(sb.run(["cat"], input=data, stdout=sb.PIPE).stdout, data)

    def test_two_streams_are_two(self):
        result = shell("echo one; echo two >&2")
        self.assertEqual((result.stdout, result.stderr), ("one\n", "two\n"))

    def test_same_is_one_stream_in_order(self):
        result = shell("echo one; echo two >&2; echo three", capture_output=False, stdout=sb.PIPE, stderr=sb.STDOUT)
        self.assertEqual((result.stdout, result.stderr), ("one\ntwo\nthree\n", None))

    def test_a_cap_is_exact(self):
        config = sb.Config.standard()
        config.set_command("/bin/sh", ["sh", "-c", "head -c 100000 /dev/zero"])
        for cap in (0, 1, 99999, 100000):
            config.set_stream_capture(1, cap)
            with sb.Group() as group:  # what a member's stdout is says its config alone
                group.add(["sh", "-c", "head -c 100000 /dev/zero"], config=config, stdout=sb.PIPE)
                self.assertEqual(len(group.run().members[0].result.stdout), 100000)

    def test_a_flood_over_the_limit_ends_the_run(self):
        result = sb.run(["yes"], stdout=sb.PIPE, limits=sb.Limits(output=10000))
        self.assertEqual((result.verdict, len(result.stdout) >= 10000), (sb.Verdict.OUTPUT_EXCEEDED, True))

    def test_the_limit_is_over_all_streams(self):
        result = shell("while :; do echo x; echo y >&2; done", limits=sb.Limits(output=10000))
        self.assertEqual((result.verdict, bool(result.stdout), bool(result.stderr)), (sb.Verdict.OUTPUT_EXCEEDED, True, True))

    def test_output_is_there_while_it_runs(self):
        with sb.Popen(["sh", "-c", "echo early; read x"], stdin=sb.PIPE, stdout=sb.CAPTURE) as child:
            while child.poll() is None and not child.captured(1):
                select.select([child], [], [])
            self.assertEqual((child.captured(1), child.stream(1)["bytes"]), (b"early\n", 6))

    def test_only_what_is_carried_is_known(self):
        with sb.Popen(READ, stdin=sb.PIPE) as child:
            self.assertIsNone(child.captured(1))
            self.fails_with(FileNotFoundError, "", lambda: child.stream(1))

    def test_the_callers_kill_is_the_callers(self):
        with sb.Popen(["yes"], stdout=sb.CAPTURE) as child:
            while child.poll() is None and not child.captured(1):
                select.select([child], [], [])
            child.kill()
        self.assertIs(child.result.verdict, sb.Verdict.KILLED)


@live
class StreamPath(Twin):
    program = "stream_path"

    def test_what_it_says_goes_to_a_file_inside(self):
        config = sb.Config.standard()
        config.set_stream_path(4, "/tmp/said", os.O_WRONLY | os.O_CREAT)
        self.assertEqual(shell("echo x >&4; cat /tmp/said", config=config).stdout, "x\n")

    def test_a_file_that_is_missing_is_an_error_of_the_spawn(self):
        config = sb.Config.standard()
        config.set_stream_path(4, "/no/such", os.O_RDONLY)
        self.fails_with(FileNotFoundError, "/no/such", lambda: sb.run(["true"], config=config))


@live
class StreamCopy(Twin):
    program = "stream_copy"

    def test_a_pipe_and_a_file_get_the_same(self):
        with tempfile.TemporaryFile() as passed, tempfile.TemporaryFile() as copy:
            config = sb.Config.standard()
            config.set_stream_copy(5, passed.fileno(), copy.fileno(), None)
            sb.run(["sh", "-c", "echo both >&5"], config=config)
            for file in (passed, copy):
                file.seek(0)
                self.assertEqual(file.read(), b"both\n")


@live
class StreamEnd(Twin):
    program = "stream_end"

    def test_fifty_in_one_epoll(self):
        children = [sb.Popen(["sh", "-c", f"echo {n}"], stdout=sb.CAPTURE) for n in range(50)]
        with select.epoll() as epoll:
            by_fd = {child.fileno(): child for child in children}
            for fd in by_fd:
                epoll.register(fd, select.EPOLLIN)
            while by_fd:
                for fd, _ in epoll.poll():
                    if fd in by_fd and by_fd[fd].poll() is not None:
                        del by_fd[fd]
        self.assertEqual([child.communicate()[0] for child in children], [b"%d\n" % n for n in range(50)])

    def test_a_spawn_that_fails_leaves_nothing(self):
        for _ in range(3):
            self.fails_with(FileNotFoundError, "no-such", lambda: sb.run(["no-such"], input=b"x", capture_output=True))


@live
class StreamBroken(Twin):
    program = "stream_broken"

    def test_what_cannot_be_written_to_is_refused(self):
        fd = os.open("/dev/null", os.O_RDONLY)
        self.addCleanup(os.close, fd)
        config = sb.Config.standard()
        config.set_stream_copy(5, fd, -1, None)
        self.fails_with(OSError, "", lambda: sb.run(["true"], config=config))

    def test_a_reader_that_goes_ends_the_passing_on_only(self):
        ours, theirs = os.pipe()
        os.close(ours)
        config = sb.Config.standard()
        config.set_stream_copy(5, theirs, -1, None)
        self.assertEqual(shell("echo x >&5; exit 4", config=config).returncode, 4)
        os.close(theirs)


@live
class Group(Twin):
    program = "group"

    def test_a_line_of_five(self):
        with sb.Group() as group:
            group.add(["sh", "-c", "echo 0"])
            for number in range(1, 5):
                group.add(["sh", "-c", "read n; echo $((n + 1))"], stdout=sb.PIPE if number == 4 else None)
                group.wire(number - 1, 1, number, 0)
            self.assertEqual(group.run().members[4].result.stdout, b"4\n")

    def test_one_dies_first(self):
        with sb.Group() as group:
            group.add(["sh", "-c", "kill -SEGV $$"])
            group.add(["sh", "-c", "read x; exit 0"])
            group.wire(0, 1, 1, 0)
            result = group.run()
        self.assertEqual((result.verdict, result.member, result.first), (sb.Verdict.SIGNALED, 0, 0))

    def test_all_or_none(self):
        with sb.Group() as group:
            group.add(["sleep", "1000"])
            group.add(["no-such"])
            self.fails_with(FileNotFoundError, "no-such", group.start)

    def test_in_a_box(self):
        with sb.Box() as box, sb.Group() as group:
            for _ in range(2):
                group.add(["true"], box=box)
            self.assertTrue(group.run().ok)

    def test_polled_from_outside(self):
        with sb.Group() as group:
            group.add(["true"])
            group.start()
            while not group.poll():
                select.select([group], [], [])
            self.assertTrue(group.result.ok)

    def test_what_cannot_be(self):
        with sb.Group() as group:
            group.add(["true"])
            with self.assertRaises(OSError):
                group.wire(0, 1, 7, 0)


@live
class GroupLimit(Twin):
    program = "group_limit"

    def test_the_leader_ends_it(self):
        with sb.Group() as group:
            group.set_leader(group.add(["sh", "-c", "exit 3"]))
            group.add(["sleep", "1000"])
            result = group.run()
        self.assertEqual((result.first, result.members[0].result.returncode, result.members[1].result.verdict), (0, 3, sb.Verdict.KILLED))

    def test_killed_by_the_caller(self):
        with sb.Group() as group:
            group.add(["sleep", "1000"])
            group.start()
            group.kill()
            self.assertIs(group.wait().verdict, sb.Verdict.KILLED)

    def test_the_sum_of_cpu_time(self):
        with sb.Group(cpu_time=0.2) as group:
            for _ in range(2):
                group.add(BUSY)
            result = group.run()
        self.assertEqual((result.verdict, result.cpu_time >= 0.2), (sb.Verdict.CPU_EXCEEDED, True))

    def test_too_much_over_a_wire(self):
        with sb.Group() as group:
            group.add(["yes"])
            group.add(["cat"], stdout=sb.DEVNULL)
            group.wire(0, 1, 1, 0, limit=10000)
            result = group.run()
        self.assertEqual((result.verdict, result.member), (sb.Verdict.OUTPUT_EXCEEDED, 0))


@live
class JudgeTime(Twin):
    program = "judge_time"

    def test_set_up_is_not_billed(self):
        result = sb.run(["true"])
        self.assertGreater(result.setup_time, 0)
        self.assertLess(result.evidence["user_ns"] + result.evidence["system_ns"], result.evidence["setup_ns"] + result.evidence["wall_ns"])

    def test_a_soft_limit_that_is_not_reached_is_not_told(self):
        config = sb.Config.standard()
        config.set_soft_limit(sb.Limit.CPU, 100_000_000_000)
        self.assertEqual(sb.run(["true"], config=config).evidence["soft"], frozenset())


@live
class JudgeLate(Twin):
    program = "judge_late"

    def test_a_late_look_finds_the_same(self):
        child = sb.Popen(["sh", "-c", "echo said; exit 6"], stdout=sb.CAPTURE)
        select.select([child.pidfd], [], [])  # ended, and nobody has looked
        self.assertEqual((child.communicate()[0], child.returncode, child.result.verdict), (b"said\n", 6, sb.Verdict.EXITED))


if __name__ == "__main__":
    main()
