#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run costs in calls of the library, and what is remembered from one run to the next."""
import os
import pathlib
import sys
import tempfile
import threading
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb

from libsandbox import _handle, _template, config, result


class Counted:
    """The library, with a list of what was called."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        self.calls.append(name)
        return getattr(sb.lib, name)


@live
class Cost(Case):
    def calls_of(self, work):
        """The functions that work() calls, the second time."""
        work()
        lib = Counted()
        with mock.patch.object(_handle, "lib", lib), mock.patch.object(config, "lib", lib), \
                mock.patch.object(result, "lib", lib):
            work()
        return lib.calls

    def test_run_makes_nine_calls(self):
        """a run of a command that ends at once makes nine calls of the library"""
        calls = self.calls_of(lambda: sb.run(["true"], stdout=sb.DEVNULL, stderr=sb.DEVNULL))
        self.assertEqual(calls, ["sb_config_copy", "sb_set_command", *["sb_set_fd"] * 3, "sb_spawn", "sb_config_free", "sb_proc_wait",
                                 "sb_proc_free"])

    def test_each_captured_stream_is_one_call_more(self):
        calls = self.calls_of(lambda: sb.run(["true"], capture_output=True, limits=sb.Limits(nofile=64)))
        self.assertEqual(calls[-4:], ["sb_proc_wait", "sb_proc_output", "sb_proc_output", "sb_proc_free"])
        self.assertEqual(len(calls), 11)


@live
class Remembered(Case):
    def test_equal_arguments_are_remembered_and_others_are_not_taken_for_them(self):
        """equal arguments share a config, and one that differs in anything has its own"""
        home = self.directory()
        differing = [
            {}, {"hostname": "a"}, {"hostname": "b"}, {"user": 5}, {"user": (5, 6)}, {"profile": "judge"},
            {"limits": sb.Limits(nofile=64)}, {"limits": sb.Limits(nofile=65)}, {"limits": sb.Limits(rlimits={"nofile": (64, 65)})},
        ]
        shown = [{"mounts": [mount]} for mount in (
            sb.Bind(home, "/in"), sb.Bind(home, "/in", ro=True), sb.Bind(home, "/on"), sb.File("/in", "1"), sb.File("/in", b"1"),
            sb.Dir("/in"), sb.Dir("/in", 0o700), sb.Symlink("/in", "/on"), f"{home}:/in2", sb.Tmpfs("/in"))]
        for few in (differing, shown[:5], shown[5:]):  # eight are kept
            sb.purge()
            dumps = [_template.base_config(None, None, **options).dump() for options in few[:_template._MOST]]
            again = [_template.base_config(None, None, **options).dump() for options in few[:_template._MOST]]
            self.assertEqual(dumps, again)
            self.assertEqual(len(_template._kept), len(dumps))
        self.assertEqual(len({_template._frozen(mount["mounts"][0]) if isinstance(mount["mounts"][0], sb.Mount) else 0 for mount in shown}), 10)

    def test_what_is_changed_after_a_run_is_seen_by_the_next(self):
        limits = sb.Limits(rlimits={"nofile": 64})
        script = ["sh", "-c", "ulimit -n; echo $MORE"]
        self.assertEqual(sb.run(script, limits=limits, stdout=sb.PIPE).stdout, b"64\n\n")
        limits.rlimits["nofile"] = 65
        with mock.patch.dict(sb.DEFAULT_ENV, {"MORE": "more"}):
            self.assertEqual(sb.run(script, limits=limits, stdout=sb.PIPE).stdout, b"65\nmore\n")
        self.assertEqual(sb.run(script, limits=limits, stdout=sb.PIPE).stdout, b"65\n\n")

    def test_relative_source_follows_the_directory(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        for text in ("one", "two"):
            home = self.directory()
            pathlib.Path(home, "f").write_text(text, encoding="utf-8")
            os.chdir(home)
            self.assertEqual(sb.run(["cat", "/in/f"], mounts=[sb.Bind(".", "/in")], stdout=sb.PIPE).stdout, text.encode())

    def test_numbers_of_other_kinds_are_refused_though_equal(self):
        """a float that equals a number that was given before is refused as ever"""
        sb.run(["true"], limits=sb.Limits(nofile=64))
        with self.assertRaises(TypeError):
            sb.run(["true"], limits=sb.Limits(nofile=64.0))

    def test_eight_are_kept(self):
        for number in range(20):
            _template.base_config(None, None, hostname=f"h{number}").close()
        self.assertEqual(len(_template._kept), 8)
        kept = list(_template._kept.values())
        _template.base_config(None, None, hostname="h12").close()  # was the oldest, and is the newest now
        self.assertIs(list(_template._kept.values())[-1], kept[0])
        sb.purge()
        self.assertEqual(len(_template._kept), 0)

    def test_what_cannot_be_compared_is_not_kept(self):
        class Own(sb.Mount):
            """Of whoever uses the package."""

            target = "/own"

            def apply(self, config):
                config.add_dir("/own")

        for options in ({"mounts": [Own()]}, {"mounts": [sb.File("/f", bytearray(b"x"))]}, {"network": sb.Network()}):
            _template.base_config(None, None, **options).close()
        self.assertEqual(len(_template._kept), 0)

    def test_closed_descriptors_do_not_matter(self):
        """who closes all descriptors, as a daemon does, can run commands afterwards"""
        pid = os.fork()
        if not pid:
            sb.run(["true"])
            os.closerange(3, 64)
            with tempfile.TemporaryFile(), tempfile.TemporaryFile(), tempfile.TemporaryFile():
                os._exit(0 if sb.run(["true"]).ok else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)

    def test_threads_share_them(self):
        found = []

        def work(number):
            for _ in range(5):
                found.append((number % 3, sb.run(["hostname"], hostname=f"h{number % 3}", stdout=sb.PIPE).stdout))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(found), sorted((n % 3, b"h%d\n" % (n % 3)) for n in range(6) for _ in range(5)))


if __name__ == "__main__":
    main()
