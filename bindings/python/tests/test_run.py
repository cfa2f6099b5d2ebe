#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run(): what it promises beyond subprocess."""
import os
import pathlib
import signal
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb


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
        def attempt(seconds):
            with self.assertRaises(sb.TimeoutExpired) as caught:
                shell("echo begun; exec sleep 1000", timeout=seconds)
            self.assertEqual(caught.exception.timeout, seconds)
            self.assertIs(caught.exception.result.verdict, sb.Verdict.KILLED)
            return caught.exception.output

        self.assertEqual(self.patiently(attempt), b"begun\n")

    def test_check_tells_the_verdict(self):
        with self.assertRaises(sb.CalledProcessError) as caught:
            shell("echo x; exit 4", check=True)
        self.assertEqual((caught.exception.returncode, caught.exception.output, caught.exception.result.verdict),
                         (4, "x\n", sb.Verdict.EXITED))

    def test_interrupted_run_leaves_nothing(self):
        def interrupt(*_):
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGUSR1, interrupt)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        here = threading.get_ident()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            thread = threading.Thread(target=lambda: ours.recv(1) and signal.pthread_kill(here, signal.SIGUSR1))
            thread.start()
            with self.assertRaises(KeyboardInterrupt):  # once it runs
                script = f"import os, time; os.write({theirs.fileno()}, b'x'); time.sleep(1000)"
                sb.run(["/usr/bin/python3", "-c", script], pass_fds=[theirs.fileno()])
            thread.join()

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


if __name__ == "__main__":
    main()
