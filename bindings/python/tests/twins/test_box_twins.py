#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of boxes."""
import os
import pathlib
import select
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import READ, Twin, live, main, sb, shell

WORK = {"mounts": [sb.Tmpfs("/work", mode=0o700)]}


def joined(box):
    """For commands in the sandbox of another box."""
    config = sb.Config()
    config.set_join(box.pidfd)
    config.set_env(["PATH=/usr/bin:/bin"])
    return config


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
class BoxResetRefused(Twin):
    program = "box_reset_refused"

    def test_a_joined_sandbox_is_refused_at_once(self):
        with sb.Box() as other:
            with sb.Box(joined(other)) as box:
                self.fails_with(OSError, "has joined its user namespace", box.reset)
                self.assertTrue(box.run(["true"]).ok)


class OnDisk(Twin):
    """A box that writes to directories of the host."""

    def open(self, before=False):
        home = self.directory()
        for name in ("lower", "upper", "work"):
            os.mkdir(os.path.join(home, name))
            os.chmod(os.path.join(home, name), 0o777)
        if before:
            pathlib.Path(home, "upper", "mine").touch()
        parts = {name: os.path.join(home, name) for name in ("upper", "work")}
        overlay = sb.Overlay("/o", [os.path.join(home, "lower")], **parts, reset=True)
        try:
            box = sb.Box(mounts=[overlay])
        except OSError as error:
            self.skipTest(f"no overlay can be mounted here: {error}")
        self.addCleanup(os.chmod, os.path.join(home, "work", "work"), 0o700)  # overlayfs leaves it shut
        self.addCleanup(box.close)
        return home, box


@live
class BoxResetOverlay(OnDisk):
    program = "box_reset_overlay"

    def test_what_was_written_is_gone(self):
        home, box = self.open()
        for _ in range(2):
            self.assertEqual(shell("ls /o; echo text > /o/f", box.run).stdout, "")
            self.assertEqual(os.listdir(os.path.join(home, "upper")), ["f"])
            box.reset()
        self.assertEqual(sorted(os.listdir(home)), ["lower", "upper", "work"])


@live
class BoxResetOverlayFail(OnDisk):
    program = "box_reset_overlay_fail"

    def test_what_was_there_before_cannot_be_brought_back(self):
        home, box = self.open(before=True)
        self.fails_with(OSError, "was not empty upper", box.reset)
        self.assertEqual(os.listdir(os.path.join(home, "upper")), ["mine"])
        self.assertTrue(box.run(["true"]).ok)


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

    def test_it_finds_what_the_boxs_own_commands_find(self):
        with sb.Box(hostname="joined", **WORK) as box:
            box.put("/work/f", b"in", 0o644)
            result = sb.run(["sh", "-c", "hostname; cat /work/f"], config=joined(box), capture_output=True)
            self.assertEqual(result.stdout, b"joined\nin")

    def test_what_describes_a_sandbox_is_refused(self):
        with sb.Box() as box:
            config = joined(box)
            config.set_hostname("other")
            self.fails_with(OSError, "", lambda: sb.run(["true"], config=config))


@live
class BoxJoinEnd(Twin):
    program = "box_join_end"

    def test_it_is_killed_when_the_box_is_closed(self):
        with sb.Box() as box:
            child = sb.Popen(["sleep", "1000"], config=joined(box))
        self.assertEqual((child.wait(), child.result.verdict), (-9, sb.Verdict.BOX_ENDED))


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


if __name__ == "__main__":
    main()
