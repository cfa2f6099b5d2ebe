#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of what a command may not do: capabilities, filters, Landlock; and of calls that the caller answers."""
import errno
import os
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import Twin, live, main, sb, shell


def with_policy(*lines, **options):
    """The standard config, with lines of policy."""
    config = sb.Config.standard(**options)
    for line in lines:
        config.add_seccomp(line)
    return config


@live
class Caps(Twin):
    program = "caps"

    def kept(self, *names, dropped=()):
        config = sb.Config.standard()
        for name in names:
            config.add_cap(name)
        for name in dropped:
            config.drop_cap(name)
        return sb.run(["true"], config=config).evidence["caps"]

    def test_all_but_one(self):
        self.assertEqual(self.kept("all") & ~self.kept("all", dropped=["chown"]), 1 << 0)

    def test_what_was_added_can_be_dropped(self):
        self.assertEqual(self.kept("chown", "net_bind_service", dropped=["chown"]), 1 << 10)


@live
class Confine(Twin):
    program = "confine"

    def test_no_privileges_are_left(self):
        said = shell("grep -E '^(Cap|NoNewPrivs)' /proc/self/status").stdout.split()
        self.assertEqual(said, ["CapInh:", "0" * 16, "CapPrm:", "0" * 16, "CapEff:", "0" * 16, "CapBnd:", "0" * 16, "CapAmb:", "0" * 16,
                                "NoNewPrivs:", "1"])

    def test_capabilities_are_kept_by_name(self):
        config = sb.Config.standard()
        config.add_cap("CAP_Net_Raw")
        self.assertIn(f"CapEff:\t{1 << 13:016x}", shell("cat /proc/self/status", config=config).stdout)
        with self.assertRaises(ValueError):
            config.add_cap("cap_no_such")

    def test_a_terminal_of_its_own(self):
        config = sb.Config.standard()
        config.set_tty()
        config.set_tty_size(30, 100)
        config.set_command("/bin/sh", ["sh"])
        with sb.Popen(["sh", "-c", "stty size </dev/tty >/tmp/size; cat /tmp/size"], config=config, stdout=sb.PIPE) as child:
            self.assertTrue(os.isatty(child.tty))
            self.assertEqual(child.communicate()[0], b"30 100\n")

    def test_no_terminal_no_master(self):
        with sb.Popen(["sh", "-c", "read x"], stdin=sb.PIPE) as child:
            with self.assertRaises(OSError) as caught:
                self.fail(child.tty)
        self.assertEqual(caught.exception.errno, errno.ENOTTY)

    def test_session_or_not(self):
        for own in (True, False):
            config = sb.Config.standard()
            config.set_session(own)
            session = shell("cut -d' ' -f6 /proc/self/stat", config=config).stdout.strip()
            self.assertEqual(session != "0", own, session)


@live
class Layers(Twin):
    program = "layers"

    def test_no_user_namespace_inside(self):
        config = with_policy("allow unshare")
        config.set_no_new_userns()
        result = sb.run(["unshare", "-U", "true"], config=config, stderr=sb.PIPE)
        self.assertEqual((result.ok, bool(result.applied & sb.Applied.NO_NEW_USERNS)), (False, True))


@live
class Seccomp(Twin):
    program = "seccomp"

    def test_the_filter_is_there_and_told(self):
        result = shell("grep Seccomp: /proc/self/status")
        self.assertEqual((result.stdout, result.evidence["filter_length"] > 10), ("Seccomp:\t2\n", True))

    def test_each_preset(self):
        for profile in ("default", "judge", "build", "nested", "none"):
            result = sb.run(["true"], profile=profile)
            self.assertEqual((result.ok, bool(result.evidence["filter_length"])), (True, profile != "none"), profile)

    def test_errno_values_arrive(self):
        script = "import os, sys\ntry: os.uname()\nexcept OSError as error: print(error.errno)"
        config = with_policy(f"errno({errno.EXDEV}) uname")
        self.assertEqual(sb.run(["/usr/bin/python3", "-c", script], config=config, stdout=sb.PIPE).stdout, b"%d\n" % errno.EXDEV)


@live
class SeccompStart(Twin):
    program = "seccomp_start"

    def test_a_failed_exec_keeps_its_reason(self):
        self.fails_with(FileNotFoundError, "no-such", lambda: sb.run(["no-such"], config=with_policy("kill write", "kill sendmsg")))


@live
class SeccompTold(Twin):
    program = "seccomp_told"

    def test_a_kill_is_told_with_all_its_arguments(self):
        result = sb.run(["/usr/bin/python3", "-c", "import os; os.sched_getparam(77)"], config=with_policy("kill sched_getparam"))
        if not result.applied & sb.Applied.SECCOMP_REPORT:
            self.skipTest("nothing is told on this machine")
        (call,) = result.evidence["denied"]
        self.assertEqual((result.verdict, result.returncode, call["name"], call["action"], call["count"], call["args"][0]),
                         (sb.Verdict.FILTERED, -signal.SIGSYS, "sched_getparam", sb.SeccompAction.KILL, 1, 77))

    def test_what_is_logged_is_allowed_and_counted(self):
        result = shell("uname; uname", config=with_policy("log uname"))
        self.assertEqual(result.stdout, "Linux\nLinux\n")
        if result.applied & sb.Applied.SECCOMP_REPORT:
            self.assertGreaterEqual(sum(call["count"] for call in result.evidence["denied"]), 1)


@live
class SeccompBox(Twin):
    program = "seccomp_box"

    def test_each_command_has_its_own_policy(self):
        with sb.Box() as box:
            refusing = box.config.copy()
            refusing.add_seccomp(f"errno({errno.EXDEV}) uname")
            self.assertEqual([box.run(["uname"], config=config, stdout=sb.DEVNULL, stderr=sb.DEVNULL).ok for config in (None, refusing, None)],
                             [True, False, True])


@live
class Landlock(Twin):
    program = "landlock"

    def setUp(self):
        super().setUp()
        self.needs("landlock")

    def test_a_line_for_a_file(self):
        config = sb.Config.standard(mounts=[sb.File("/d/f", "one"), sb.File("/d/g", "two")])
        for path in ("/usr", "/bin", "/lib", "/lib64"):
            config.add_landlock_path(path, "read execute")
        config.add_landlock_path("/d/f", "read")
        result = shell("cat /d/f /d/g", config=config)
        self.assertEqual((result.stdout, result.ok, result.evidence["landlock_abi"] > 0), ("one", False, True))

    def test_by_default_it_costs_nothing(self):
        self.assertFalse(sb.run(["true"]).applied & sb.Applied.LANDLOCK and not sb.probe("landlock"))


@live
class LandlockErrors(Twin):
    program = "landlock_errors"

    def test_a_missing_path_is_named(self):
        self.needs("landlock")
        config = sb.Config.standard()
        config.add_landlock_path("/no/such", "read")
        self.fails_with(FileNotFoundError, "/no/such", lambda: sb.run(["true"], config=config))


@live
class Notify(Twin):
    program = "notify"

    def serve(self, script, handle, *lines):
        """Run a script of Python, let handle() answer its calls. Return: what it said, and how many calls there were."""
        with sb.Popen(["/usr/bin/python3", "-c", script], config=with_policy(*lines), stdout=sb.CAPTURE) as child:
            count = 0
            try:
                for call in child.notifications():
                    handle(call)
                    count += 1
            except BaseException:
                child.kill()  # it would wait for an answer
                raise
            return child.communicate()[0], count

    def test_a_call_fails_with_the_error_it_is_given(self):
        def refuse(call):
            self.assertEqual((call.name, call.args[0], call.is_valid()), ("sched_getparam", 1234, True))
            self.assertGreater(call.pid, 0)
            self.assertIn("sched_getparam", repr(call))
            call.fail(errno.ENOTTY)
            self.assertFalse(call.is_valid())
            self.fails_with(FileNotFoundError, "", lambda: call.fail(errno.ENOTTY))

        script = "import os\ntry: os.sched_getparam(1234)\nexcept OSError as error: print(error.errno)"
        self.assertEqual(self.serve(script, refuse, "notify sched_getparam"), (b"%d\n" % errno.ENOTTY, 1))

    def test_a_call_returns_the_value_it_is_given(self):
        said, _ = self.serve("import os; print(os.getppid())", lambda call: call.succeed(4711), "notify getppid")
        self.assertEqual(said, b"4711\n")

    def test_a_call_goes_on_after_a_look(self):
        def look(call):
            self.assertEqual(call.read_string(call.args[0]), b"/tmp/made")
            self.assertEqual(call.read(call.args[0], 4), b"/tmp")
            call.let()

        self.assertEqual(self.serve("import os; os.mkdir('/tmp/made'); print(os.listdir('/tmp'))", look, "notify mkdir"), (b"['made']\n", 1))

    def test_a_call_returns_a_descriptor_of_ours(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"of the host")
            file.seek(0)
            said, _ = self.serve("import os; print(os.read(os.memfd_create('x'), 99))",
                                 lambda call: call.succeed_with_fd(file.fileno(), cloexec=True), "notify memfd_create")
        self.assertEqual(said, b"b'of the host'\n")

    def test_a_descriptor_is_fetched(self):
        def fetch(call):
            fd = call.open_fd(call.args[0])
            os.write(fd, b"by the host")
            os.close(fd)
            call.succeed()

        said, _ = self.serve("import os; f = open('/tmp/f', 'w+b', 0); os.fsync(f.fileno()); f.seek(0); print(f.read())", fetch, "notify fsync")
        self.assertEqual(said, b"b'by the host'\n")

    def test_a_descriptor_is_put_in_place(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"put")
            file.seek(0)

            def put(call):
                call.put_fd(file.fileno(), 9)
                call.succeed()

            said, _ = self.serve("import os; os.getppid(); print(os.read(9, 9))", put, "notify getppid")
        self.assertEqual(said, b"b'put'\n")

    def test_without_a_notify_line_there_is_no_listener(self):
        with sb.Popen(["true"]) as child:
            with self.assertRaises(FileNotFoundError):
                self.fail(child.notify_fd)

    def test_an_unanswered_call_does_not_stop_the_end(self):
        with sb.Popen(["/usr/bin/python3", "-c", "import os; os.getppid()"], config=with_policy("notify getppid")) as child:
            call = child.notification()
            self.assertIsNone(child.notification(timeout=0))
            child.kill()
            self.assertEqual(child.wait(), -signal.SIGKILL)
            self.fails_with(sb.DeadHandle, "ended", call.let)


if __name__ == "__main__":
    main()
