#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of a command: its start, what it finds, its end."""
import os
import pathlib
import select
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import READ, Twin, live, main, sb, shell


@live
class Spawn(Twin):
    program = "spawn"

    def test_tells_every_exit_status(self):
        with sb.Box() as box:
            self.assertEqual([box.run(["sh", "-c", f"exit {n}"]).returncode for n in (0, 1, 77, 255)], [0, 1, 77, 255])

    def test_tells_the_signal(self):
        result = shell("kill -USR1 $$")
        self.assertEqual((result.returncode, result.verdict), (-signal.SIGUSR1, sb.Verdict.SIGNALED))

    def test_abort_is_sigabrt(self):
        result = sb.run(["/usr/bin/python3", "-c", "import os; os.abort()"])
        self.assertEqual((result.returncode, result.core_dumped), (-signal.SIGABRT, False))

    def test_result_has_every_figure(self):
        figures = shell("exit 0").evidence
        for name in ("wall_ns", "user_ns", "system_ns", "max_rss", "setup_ns", "minor_faults", "major_faults", "voluntary", "involuntary"):
            self.assertIn(name, figures)

    def test_result_says_what_was_applied(self):
        applied = sb.run(["true"]).applied
        for part in (*(kind for kind in sb.NS if kind is not sb.NS.ALL), sb.Applied.ROOT, sb.Applied.NO_CAPS, sb.Applied.SECCOMP):
            self.assertTrue(applied & int(part), part)

    def test_one_config_runs_many_times(self):
        config = sb.Config.standard()
        self.assertEqual([sb.run(["sh", "-c", f"exit {n}"], config=config).returncode for n in range(9)], list(range(9)))

    def test_a_copy_runs_alike(self):
        config = sb.Config.standard(hostname="twin")
        copy = config.copy()
        config.close()
        self.assertEqual(shell("hostname", config=copy).stdout, "twin\n")

    def test_the_host_sees_no_child_afterwards(self):
        sb.run(["true"])
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def test_max_rss_is_of_the_command(self):
        ours = bytearray(64 << 20)
        self.assertLess(sb.run(["true"]).max_rss, len(ours))


@live
class Command(Twin):
    program = "command"

    def test_argv_arrives_unchanged(self):
        words = ["printf", "<%s>", "", " ", "a b", "*", "ä"]
        self.assertEqual(sb.run(words, stdout=sb.PIPE, encoding="utf-8").stdout, "<>< ><a b><*><ä>")

    def test_cwd_and_umask(self):
        self.assertEqual(shell("pwd; umask", cwd="/usr/bin", umask=0o27).stdout, "/usr/bin\n0027\n")

    def test_environment_given_inherited_and_replaced(self):
        config = sb.Config.standard()
        config.set_env(["ONE=1"])
        config.add_env("TWO=2")
        config.add_env("ONE=3")
        self.assertEqual(sorted(sb.run(["/usr/bin/env"], config=config, stdout=sb.PIPE).stdout.split()), [b"ONE=3", b"TWO=2"])

    def test_descriptors_are_put_where_asked(self):
        ours, theirs = os.pipe()
        config = sb.Config.standard()
        config.set_fd(7, theirs)
        sb.run(["sh", "-c", "echo seven >&7"], config=config)
        os.close(theirs)
        with os.fdopen(ours) as file:
            self.assertEqual(file.read(), "seven\n")

    def test_descriptors_are_null_and_nothing_else(self):
        self.assertEqual(shell("readlink /proc/self/fd/0", stderr=None).stdout, "/dev/null\n")

    def test_every_rlimit(self):
        config = sb.Config.standard(limits=sb.Limits(nofile=77, stack=1 << 20, fsize=2 << 20, rlimits={"core": 0, "data": (1 << 28, None)}))
        self.assertEqual(shell("ulimit -n; ulimit -s; ulimit -f; ulimit -c; ulimit -d", config=config).stdout.split(),
                         ["77", "1024", "4096", "0", str(1 << 18)])

    def test_a_closed_descriptor_is_named(self):
        self.fails_with(OSError, "900", lambda: sb.run(["true"], pass_fds=[900]))


@live
class Proc(Twin):
    program = "proc"

    def test_pid_and_pidfd_are_of_the_command(self):
        with sb.Popen(["sh", "-c", "echo up; read x"], stdin=sb.PIPE, stdout=sb.PIPE) as child:
            child.stdout.readline()
            self.assertEqual(pathlib.Path(f"/proc/{child.pid}/comm").read_text(encoding="ascii"), "sh\n")
            self.assertEqual(select.select([child.pidfd], [], [], 0)[0], [])
            child.stdin.close()
            self.assertEqual(select.select([child.pidfd], [], [])[0], [child.pidfd])

    def test_wait_takes_no_longer_than_told(self):
        with sb.Popen(READ, stdin=sb.PIPE) as child:
            for seconds in (0, 0.01):
                with self.assertRaises(sb.TimeoutExpired):
                    child.wait(seconds)

    def test_the_answer_stays_the_same(self):
        child = sb.Popen(["sh", "-c", "exit 4"])
        self.assertEqual([child.wait(), child.poll(), child.wait(0), child.communicate(), child.returncode], [4, 4, 4, (None, None), 4])

    def test_one_descriptor_drives_an_event_loop(self):
        child = sb.Popen(["sh", "-c", "echo said"], stdout=sb.CAPTURE)
        while child.poll() is None:
            select.select([child], [], [])
        self.assertEqual(child.communicate()[0], b"said\n")

    def test_a_signal_reaches_the_command_alone(self):
        script = "sh -c 'trap \"echo hit\" USR1; kill -STOP $$' & trap 'exit 7' USR1; echo up; wait"
        with sb.Popen(["sh", "-c", script], stdout=sb.PIPE) as child:
            self.assertEqual(child.stdout.readline(), b"up\n")
            child.send_signal(signal.SIGUSR1)
            self.assertEqual((child.wait(), child.stdout.read()), (7, b""))

    def test_kill_ends_the_whole_sandbox(self):
        with sb.Popen(["sh", "-c", "sleep 1000 & sleep 1000 & echo up; wait"], stdout=sb.PIPE) as child:
            child.stdout.readline()
            child.kill()
            self.assertEqual(child.stdout.read(), b"")  # nobody has it any more
        self.assertIs(child.result.verdict, sb.Verdict.KILLED)

    def test_another_thread_may_kill(self):
        with sb.Popen(["sleep", "1000"]) as child:
            threading.Thread(target=child.kill).start()
            self.assertEqual(child.wait(60), -signal.SIGKILL)

    def test_what_the_command_left_behind_ends_with_it(self):
        with sb.Popen(["sh", "-c", "sleep 1000 & exit 0"], stdout=sb.PIPE) as child:
            self.assertEqual(child.stdout.read(), b"")

    def test_init_killed_from_outside_is_told_as_lost(self):
        with sb.Popen(READ, stdin=sb.PIPE) as child:
            with open(f"/proc/{child.pid}/stat", encoding="ascii") as file:
                init = int(file.read().rsplit(")", 1)[1].split()[1])
            os.kill(init, signal.SIGKILL)
        self.assertIs(child.result.verdict, sb.Verdict.LOST)

    def test_all_descriptors_are_close_on_exec(self):
        with sb.Popen(READ, stdin=sb.PIPE) as child:
            child.fileno()
            self.assertEqual([fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2 and _inherited(fd)], self.inherited)

    def setUp(self):
        super().setUp()
        self.inherited = [fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2 and _inherited(fd)]


def _inherited(fd):
    try:
        return os.get_inheritable(fd)
    except OSError:  # of the listing itself
        return False


@live
class Ns(Twin):
    program = "ns"

    def test_each_by_itself(self):
        for kind in ("uts", "ipc", "net"):
            config = sb.Config()
            config.set_ns(sb.NS.USER | sb.NS.PID | sb.NS[kind.upper()])
            config.set_env(["PATH=/usr/bin:/bin"])
            links = [f"/proc/self/ns/{name}" for name in ("uts", "ipc", "net")]
            inside = sb.run(["readlink", *links], config=config, capture_output=True, text=True).stdout.split()
            new = [name for name, link, path in zip(("uts", "ipc", "net"), inside, links) if link != os.readlink(path)]
            self.assertEqual(new, [kind])

    def test_names_of_the_uts_namespace(self):
        self.assertEqual(shell("hostname; cat /proc/sys/kernel/domainname").stdout, "sandbox\n(none)\n")

    def test_loopback_is_up_and_alone(self):
        self.assertEqual(shell("tail -n +3 /proc/net/dev | cut -d: -f1").stdout.split(), ["lo"])


@live
class Ids(Twin):
    program = "ids"

    def test_default_is_1000_without_groups(self):
        self.assertEqual(shell("id -u; id -g; id -G").stdout.split(), ["1000"] * 3)

    def test_a_user_outside_the_map_is_refused(self):
        config = sb.Config.standard()
        config.add_idmap(sb.Id.USER, 0, os.geteuid() or 70000, 1)
        config.set_user(5, 5)
        self.fails_with(OSError, "5", lambda: sb.run(["true"], config=config))


@live
class Errors(Twin):
    program = "errors"

    def test_command_not_found(self):
        error = self.fails_with(sb.CommandNotFound, "/no/such", lambda: sb.run(["/no/such"]))
        self.assertEqual((error.step, error.filename), (sb.Step.EXEC, "/no/such"))

    def test_command_not_executable(self):
        self.fails_with(sb.PermissionDenied, "/etc/passwd", lambda: sb.run(["/etc/passwd"]))

    def test_command_is_a_directory(self):
        self.fails_with(PermissionError, "/usr", lambda: sb.run(["/usr"]))

    def test_interpreter_missing(self):
        self.fails_with(sb.CommandNotFound, "/s interpreter", lambda: sb.run(["/s"], mounts=[sb.File("/s", "#!/no/interpreter\n", 0o755)]))

    def test_not_a_program(self):
        error = self.fails_with(OSError, "/s", lambda: sb.run(["/s"], mounts=[sb.File("/s", "text", 0o755)]))
        self.assertEqual(error.errno, 8)

    def test_cwd_missing(self):
        self.assertEqual(self.fails_with(FileNotFoundError, "/gone", lambda: sb.run(["true"], cwd="/gone")).step, sb.Step.CWD)

    def test_source_missing(self):
        error = self.fails_with(FileNotFoundError, "/no/such /in", lambda: sb.run(["true"], mounts=["/no/such:/in"]))
        self.assertEqual(error.step, sb.Step.BIND)

    def test_a_file_for_a_directory(self):
        self.fails_with(OSError, "/etc/passwd", lambda: sb.run(["true"], mounts=[sb.Dir("/d"), "/etc/passwd:/d"]))


@live
class Trace(Twin):
    program = "trace"

    def test_every_step_is_told_in_order(self):
        events = sb.run(["true"], trace=True).trace
        names = [event.step.name for event in events]
        for first, second in zip(["CLONE", "BIND", "PROC", "PIVOT", "CAPS"], ["HOSTNAME", "PROC", "PIVOT", "CAPS", "EXEC"]):
            self.assertLess(names.index(first), names.index(second))
        self.assertEqual([event.error for event in events if event.error], [])

    def test_a_failed_spawn_tells_its_reason(self):
        trace, config = sb.Trace(), sb.Config.standard()
        config.set_trace(trace)
        with self.assertRaises(FileNotFoundError):
            sb.run(["no-such"], config=config)
        self.assertEqual([(e.step, e.error) for e in trace.events() if e.error], [(sb.Step.EXEC, 2)])

    def test_spawns_are_numbered(self):
        trace, config = sb.Trace(), sb.Config.standard()
        config.set_trace(trace)
        for _ in range(3):
            sb.run(["true"], config=config)
        self.assertEqual(len({event.spawn for event in trace.events()}), 3)
        trace.clear()
        self.assertEqual(len(trace), 0)


@live
class Signals(Twin):
    program = "signals"

    def test_what_is_sent_to_the_first_process_reaches_every_command(self):
        with sb.Box() as box:
            children = [box.Popen(["sh", "-c", "trap 'exit 6' TERM; sleep 1000 & echo up; wait"], stdout=sb.PIPE) for _ in range(2)]
            for child in children:
                child.stdout.readline()
            os.kill(box.pid, signal.SIGTERM)
            for child in children:
                with child:
                    self.assertEqual(child.wait(), 6)


@live
class WaitAny(Twin):
    program = "wait_any"

    def test_the_first_of_fifty(self):
        with sb.Box() as box:
            children = [box.Popen(READ, stdin=sb.PIPE) for _ in range(50)]
            with self.assertRaises(sb.TimeoutExpired):
                sb.wait_any(children, timeout=0)
            children[31].stdin.close()
            self.assertIs(sb.wait_any(children), children[31])
            for child in children:
                child.stdin.close()

    def test_of_several_the_first(self):
        children = [sb.Popen(["sh", "-c", f"echo {n}"], stdout=sb.CAPTURE) for n in range(3)]
        for child in reversed(children):
            child.wait()
        self.assertIs(sb.wait_any(children), children[0])
        self.assertIs(sb.wait_any(children[1:]), children[1])
        self.assertEqual(children[2].communicate()[0], b"2\n")
        with self.assertRaises(ValueError):
            sb.wait_any([])


@live
class Determinism(Twin):
    program = "determinism"

    def test_one_cpu(self):
        config = sb.Config.standard()
        config.set_affinity(str(min(os.sched_getaffinity(0))))
        self.assertEqual(shell("nproc", config=config).stdout, "1\n")

    def test_python_reads_the_file(self):
        config = sb.Config.standard()
        config.set_random_seed(b"seed")
        config.set_aslr(False)
        script = ["/usr/bin/python3", "-c", "import random; print(random.random(), hash('x'))"]
        said = {sb.run(script, config=config, stdout=sb.PIPE).stdout for _ in range(2)}
        self.assertEqual(len(said), 1)


@live
class Threads(Twin):
    program = "threads"

    def test_copies_of_one_config_and_early_free(self):
        config, codes = sb.Config.standard(), []

        def work(number, copy):
            with sb.Popen(["sh", "-c", f"exit {number}"], config=copy) as child:
                copy.close()
            codes.append(child.returncode)

        threads = [threading.Thread(target=work, args=(n, config.copy())) for n in range(8)]
        config.close()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(codes), list(range(8)))


if __name__ == "__main__":
    main()
