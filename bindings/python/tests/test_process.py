#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run() and Popen: what they promise beyond subprocess."""
import gc
import os
import pathlib
import select
import signal
import sys
import tempfile
import threading
import tracemalloc
import unittest
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb

from libsandbox import process


def shell(script, **options):
    return sb.run(["sh", "-c", script], **{"capture_output": True, "text": True, **options})


@live
class Run(Case):
    def test_result_says_how_it_ended(self):
        result = shell("echo out; echo err >&2; exit 3")
        self.assertEqual((result.returncode, result.stdout, result.stderr, result.verdict), (3, "out\n", "err\n", sb.Verdict.EXITED))
        self.assertFalse(result.ok)
        self.assertGreater(result.wall_time, 0)
        self.assertGreaterEqual(result.cpu_time, result.user_time)
        self.assertGreater(result.setup_time, 0)
        self.assertGreater(result.max_rss, 4096)
        self.assertIn("EXITED", repr(result))

    def test_isolation_is_told_and_real(self):
        result = shell("hostname; echo $$; id -u; cat /proc/net/dev | wc -l; touch /usr/x 2>/dev/null || echo refused")
        self.assertEqual(result.stdout.split()[0], "sandbox")
        self.assertEqual(result.stdout.split()[2], "1000")
        self.assertEqual(result.stdout.split()[3:], ["3", "refused"])
        for part in (sb.Applied.NS_USER, sb.Applied.NS_NET, sb.Applied.ROOT, sb.Applied.SECCOMP, sb.Applied.NO_NEW_PRIVS):
            self.assertTrue(result.applied & part, part)

    def test_missing_command_is_file_not_found_and_named(self):
        with self.assertRaises(FileNotFoundError) as caught:
            sb.run(["no-such-command"])
        self.assertIsInstance(caught.exception, sb.CommandNotFound)
        self.assertEqual((caught.exception.filename, caught.exception.step), ("no-such-command", sb.Step.EXEC))
        self.assertTrue(caught.exception.hint)

    def test_missing_directory_is_named(self):
        with self.assertRaises(FileNotFoundError) as caught:
            sb.run(["true"], cwd="/no/such")
        self.assertEqual((caught.exception.filename, caught.exception.step), ("/no/such", sb.Step.CWD))

    def test_file_that_may_not_be_executed_is_permission_error(self):
        with self.assertRaises(PermissionError) as caught:
            sb.run(["/etc/passwd"])
        self.assertEqual(caught.exception.filename, "/etc/passwd")

    def test_missing_mount_names_the_mount(self):
        with self.assertRaises(FileNotFoundError) as caught:
            sb.run(["true"], mounts=["/no/such/dir:/in:ro"])
        self.assertEqual(caught.exception.step, sb.Step.BIND)
        self.assertIn("/no/such/dir", str(caught.exception))

    def test_time_out_has_the_output_and_the_result(self):
        with self.assertRaises(sb.TimeoutExpired) as caught:
            shell("echo begun; exec sleep 1000", timeout=0.5)
        self.assertEqual(caught.exception.output, b"begun\n")
        self.assertEqual(caught.exception.result.verdict, sb.Verdict.KILLED)
        self.assertEqual(caught.exception.timeout, 0.5)

    def test_check_tells_the_verdict(self):
        with self.assertRaises(sb.CalledProcessError) as caught:
            shell("echo x; exit 4", check=True)
        self.assertEqual((caught.exception.returncode, caught.exception.output, caught.exception.result.verdict),
                         (4, "x\n", sb.Verdict.EXITED))

    def test_interrupted_run_leaves_nothing(self):
        def interrupt(*_):
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with self.assertRaises(KeyboardInterrupt):
            sb.run(["sleep", "1000"])

    def test_nothing_of_the_caller_is_inherited_unless_said(self):
        os.environ["SECRET_OF_THE_TEST"] = "1"
        self.addCleanup(os.environ.pop, "SECRET_OF_THE_TEST")
        fd = os.open("/", os.O_RDONLY)
        os.set_inheritable(fd, True)
        self.addCleanup(os.close, fd)
        result = shell("env; ls /proc/self/fd | wc -l; cat")
        self.assertNotIn("SECRET", result.stdout)
        self.assertIn("HOME=/tmp\n", result.stdout)
        self.assertTrue(result.stdout.endswith("\n4\n"), result.stdout)  # three, and that of ls

    def test_trace_has_the_steps(self):
        result = sb.run(["true"], trace=True)
        self.assertEqual(result.trace[0].step, sb.Step.CONFIG)
        self.assertIn(sb.Step.EXEC, [event.step for event in result.trace])
        self.assertEqual(sb.run(["true"]).trace, [])

    def test_mounts_show_files_of_the_host(self):
        home = self.directory()
        pathlib.Path(home, "a").write_text("data", encoding="utf-8")
        mounts = [sb.Bind(home, "/in", ro=True), sb.Tmpfs("/work", size=1 << 20), sb.File("/work/f", "text"), sb.Dir("/d/e"),
                  sb.Symlink("/in/a", "/link"), sb.Mask("/usr/share")]
        result = shell("cat /in/a /work/f /link; ls -d /d/e; ls /usr/share; touch /in/b || echo refused", mounts=mounts)
        self.assertEqual(result.stdout, "datatextdata/d/e\nrefused\n")

    def test_own_tmp_replaces_the_usual_one(self):
        self.assertEqual(shell("df -k /tmp | tail -1 | awk '{print $2}'", mounts=[sb.Tmpfs("/tmp", size=1 << 20)]).stdout, "1024\n")

    def test_user_is_what_was_asked_for(self):
        self.assertEqual(shell("id -u; id -g", user=5).stdout, "5\n5\n")
        self.assertEqual(shell("id -u; id -g", user=(6, 7)).stdout, "6\n7\n")
        self.assertEqual(shell("id -u; id -g", user="root").stdout, "0\n0\n")

    def test_profile_is_applied(self):
        self.assertEqual(shell("ip link 2>&1 || true; unshare -U true || echo refused", profile="judge").stdout.splitlines()[-1], "refused")
        with self.assertRaisesRegex(ValueError, "none of default"):
            sb.run(["true"], profile="judges")

    def test_hostname_and_config(self):
        self.assertEqual(shell("hostname", hostname="box").stdout, "box\n")
        config = sb.Config.standard(hostname="from-config")
        self.assertEqual(shell("hostname", config=config).stdout, "from-config\n")
        self.assertEqual(shell("hostname", config=config).stdout, "from-config\n")
        self.assertIn("hostname", config.dump())
        with self.assertRaisesRegex(ValueError, "those of the config"):
            sb.run(["true"], config=config, mounts=["/usr:/x"])

    def test_what_does_not_exist_is_refused_in_words(self):
        for options in ({"shell": True}, {"preexec_fn": print}):
            with self.subTest(**options), self.assertRaisesRegex(ValueError, "does not exist"):
                sb.run("true", **options)

    def test_denied_call_is_told(self):
        config = sb.Config.standard()
        config.add_seccomp("kill uname")
        result = sb.run(["uname"], config=config, capture_output=True)
        if result.verdict is sb.Verdict.FILTERED:
            self.assertEqual(result.evidence["denied"][0]["name"], "uname")
        self.assertEqual(result.returncode, -signal.SIGSYS)

    def test_many_runs_leave_nothing(self):
        sb.run(["true"])
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for round_ in range(2):
            for _ in range(20):
                sb.run(["true"], capture_output=True, trace=True)
            gc.collect()
            if not round_:
                first = tracemalloc.get_traced_memory()[0]
        self.assertLess(tracemalloc.get_traced_memory()[0] - first, 20000)


@live
class Limited(Case):
    def test_cpu_time(self):
        result = shell("while :; do :; done", limits=sb.Limits(cpu_time=0.2))
        self.assertIs(result.verdict, sb.Verdict.CPU_EXCEEDED)
        self.assertGreaterEqual(result.cpu_time, 0.2)
        self.assertIn(sb.Limit.CPU, result.evidence["exceeded"])

    def test_wall_time_is_a_verdict_and_no_exception(self):
        self.assertIs(shell("exec sleep 1000", limits=sb.Limits(wall_time=0.3)).verdict, sb.Verdict.WALL_EXCEEDED)

    def test_output(self):
        for options in ({"capture_output": True}, {"capture_output": False, "stdout": sb.DEVNULL}):
            with self.subTest(**options):
                result = sb.run(["yes"], limits=sb.Limits(output=5000), **options)
                self.assertIs(result.verdict, sb.Verdict.OUTPUT_EXCEEDED)

    def test_output_cannot_be_limited_on_a_pipe(self):
        with self.assertRaisesRegex(ValueError, "CAPTURE"):
            sb.Popen(["yes"], stdout=sb.PIPE, limits=sb.Limits(output=5000))

    def test_memory_and_processes(self):
        script = "import os\nx = b'x' * (256 << 20)"
        result = sb.run(["/usr/bin/python3", "-c", script], limits=sb.Limits(memory=64 << 20, best_effort=True), capture_output=True)
        self.assertIs(result.verdict, sb.Verdict.MEMORY_EXCEEDED, result)

    def test_resource_limits(self):
        self.assertEqual(shell("ulimit -n; ulimit -f", limits=sb.Limits(nofile=64, rlimits={"fsize": (1 << 20, 2 << 20)})).stdout,
                         "64\n2048\n")

    def test_limit_that_cannot_be_is_refused(self):
        with self.assertRaises(ValueError):
            sb.run(["true"], limits=sb.Limits(cpu_time=-1))
        with self.assertRaises(ValueError):
            sb.run(["true"], limits=sb.Limits(memory=2**70))


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
            self.assertEqual(shell(f"cat <&{file.fileno()}", pass_fds=[file.fileno()]).stdout, "from the host")

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
        threading.Timer(0.1, child.stdin.close).start()  # would never come if the wait held the GIL
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
        self.assertEqual(len(process._orphans), 1)
        os.close(write)
        proc = process._orphans[0]
        while proc._pointer is not None:
            select.select([sb.lib.sb_proc_fd(proc)], [], [], 5)
            process._forget_orphans()
        self.assertEqual(process._orphans, [])

    def test_forked_child_has_dead_handles(self):
        config = sb.Config()
        with sb.Popen(["sh", "-c", "read x"], stdin=sb.PIPE) as child:
            pid = os.fork()
            if not pid:
                said = 0
                for act in (child.fileno, child.poll, lambda: config.set_umask(0)):
                    try:
                        act()
                    except sb.DeadHandle as error:
                        said += "forked" in str(error)
                del child
                gc.collect()
                os._exit(said)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 3)
            self.assertIsNone(child.poll())
        self.assertEqual(child.returncode, 1)

    def test_started_in_a_forked_child(self):
        pid = os.fork()
        if not pid:
            os._exit(sb.run(["sh", "-c", "exit 7"]).returncode)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7)

    def test_failed_start_leaves_nothing(self):
        for _ in range(3):
            with self.assertRaises(FileNotFoundError):
                sb.Popen(["no-such"], stdin=sb.PIPE, stdout=sb.PIPE, stderr=sb.PIPE)

    def test_control_of_a_command_with_a_cgroup(self):
        self.needs("cgroup.memory")
        config = sb.Config.standard(limits=sb.Limits(memory=64 << 20))
        with sb.Popen(["sh", "-c", "read x; read x"], stdin=sb.PIPE, config=config) as child:
            self.assertIn(child.pid, child.pids())
            self.assertEqual(child.get_cgroup("memory.max"), f"{64 << 20}\n")
            child.set_cgroup("memory.max", "32M")
            self.assertEqual(child.get_cgroup("memory.max"), f"{32 << 20}\n")
            child.freeze()
            child.thaw()
            self.assertGreater(child.stats()["memory"], 0)
        self.assertGreater(child.result.memory_peak, 0)


class Described(Case):
    def test_setter_that_fails_says_why(self):
        config = sb.Config()
        with self.assertRaises(ValueError) as caught:
            config.set_cwd("relative")
        self.assertIn("relative", str(caught.exception))
        self.assertEqual(caught.exception.errno, 22)

    def test_arguments_that_do_not_fit(self):
        config = sb.Config()
        with self.assertRaises(ValueError):
            config.set_umask(2**40)
        with self.assertRaises(ValueError):
            config.add_bind("/a\0b", "/c")
        with self.assertRaises(TypeError):
            config.set_umask("022")
        with self.assertRaises(TypeError):
            config.set_env("A=b")
        config.set_command("/bin/true")
        config.check()  # none of these came as far as the library

    def test_copy_is_independent(self):
        one = sb.Config()
        one.set_hostname("one")
        two = one.copy()
        two.set_hostname("two")
        self.assertIn("one", one.dump())
        self.assertIn("two", two.dump())

    def test_closed_config_is_dead(self):
        config = sb.Config()
        config.close()
        config.close()
        with self.assertRaisesRegex(sb.DeadHandle, "closed"):
            config.check()

    def test_filter_is_told(self):
        config = sb.Config()
        config.set_seccomp("judge")
        self.assertEqual(config.seccomp_test("read"), (sb.SeccompAction.ALLOW, 0))
        self.assertEqual(config.seccomp_test("mount")[0], sb.SeccompAction.ERRNO)

    def test_network_words(self):
        for words, step in (("veth:br0", "br0"), ("host", ""), (sb.Network(allow=["tcp 10.0.0.1 80"]), "10.0.0.1")):
            with self.subTest(words=words):
                config = sb.Config()
                sb.config.as_network(words).apply(config)
                try:
                    self.assertIn(step, config.dump())
                except PermissionError as error:  # an ordinary user's interfaces
                    self.assertTrue(error.message)
        with self.assertRaisesRegex(ValueError, "slirp4netns"):
            sb.config.as_network("wifi").apply(sb.Config())

    def test_words_of_a_mount(self):
        self.assertEqual(sb.config.as_mount("/a:/b:ro"), sb.Bind("/a", "/b", ro=True))
        for words in ("/a", "/a:/b:rx", "a:b:c:d"):
            with self.assertRaises(ValueError):
                sb.config.as_mount(words)


if __name__ == "__main__":
    main()
