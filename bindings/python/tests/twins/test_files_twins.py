#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of the root, of mounts, and of files that go in and out."""
import errno
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import Twin, live, main, sb, shell

WORK = {"mounts": [sb.Tmpfs("/work", mode=0o700)]}


@live
class Files(Twin):
    program = "files"

    def test_put_and_get(self):
        with sb.Box(**WORK) as box:
            for name, data in (("empty", b""), ("zero", b"\0a\0"), ("large", os.urandom(1 << 20))):
                box.put(f"/work/{name}", data)
                self.assertEqual(box.get(f"/work/{name}"), data)

    def test_modes_are_as_given(self):
        with sb.Box(**WORK) as box:
            for mode in (0o600, 0o644, 0o755):
                box.put(f"/work/{mode}", b"", mode)
            box.mkdir("/work/d", 0o711)
            self.assertEqual([entry.mode & 0o7777 for entry in box.listdir("/work")], [0o600, 0o644, 0o755, 0o711])

    def test_by_descriptor(self):
        with sb.Box(**WORK) as box, tempfile.TemporaryFile() as file:
            file.write(b"0123456789")
            file.seek(4)
            box.put("/work/f", file.fileno())
            self.assertEqual(box.get("/work/f"), b"456789")
            file.seek(0)
            self.assertEqual(box.get_to("/work/f", file.fileno()), 6)
            file.seek(0)
            self.assertEqual(file.read(), b"4567896789")

    def test_open_flags(self):
        with sb.Box(**WORK) as box:
            for mode, data in (("x", "a"), ("a", "b"), ("r+", "c"), ("w", "d")):
                with box.open("/work/f", mode, encoding="ascii") as file:
                    file.write(data)
                if mode == "r+":
                    self.assertEqual(box.get("/work/f"), b"cb")
            self.assertEqual(box.get("/work/f"), b"d")
            with self.assertRaises(FileExistsError):
                box.open("/work/f", "x")

    def test_sizes(self):
        with sb.Box(**WORK) as box:
            box.put("/work/f", b"12345")
            self.assertEqual(box.get("/work/f", limit=5), b"12345")
            self.assertEqual(self.fails_with(OSError, "/work/f", lambda: box.get("/work/f", limit=4)).errno, errno.EFBIG)

    def test_arguments(self):
        with sb.Box(**WORK) as box:
            for path in ("relative", "/work/../etc/passwd", ""):
                with self.assertRaises(OSError):
                    box.get(path)


@live
class FilesTree(Twin):
    program = "files_tree"

    def test_lists(self):
        with sb.Box(**WORK) as box:
            shell("cd /work; : > b; printf 123 > a; mkdir d; ln -s a l; mkfifo p", box.run)
            self.assertEqual([(e.name, e.size, e.is_file(), e.is_dir()) for e in box.listdir("/work") if e.name in "abd"],
                             [("a", 3, True, False), ("b", 0, True, False), ("d", 0, False, True)])
            self.assertEqual(len(box.listdir("/work")), 5)

    def test_removing(self):
        with sb.Box(**WORK) as box:
            shell("mkdir -p /work/a/b/c; touch /work/a/b/c/f; chmod 0 /work/a/b; ln -s /usr /work/a/l", box.run)
            box.remove("/work/a")
            self.assertEqual(box.listdir("/work"), [])
            self.fails_with(FileNotFoundError, "/work/a", lambda: box.remove("/work/a"))
            self.assertTrue(box.run(["ls", "/usr/bin/true"], stdout=sb.DEVNULL).ok)


@live
class Mounts(Twin):
    program = "mount"

    def test_a_bind_is_writable_unless_ro(self):
        home = self.directory()
        result = shell("touch /rw/a && touch /ro/b || echo refused", mounts=[sb.Bind(home, "/rw"), sb.Bind(home, "/ro", ro=True)])
        self.assertEqual((result.stdout, os.listdir(home)), ("refused\n", ["a"]))

    def test_a_file_can_be_bound(self):
        self.assertEqual(shell("cat /f", mounts=["/etc/hostname:/f:ro"]).stdout, pathlib.Path("/etc/hostname").read_text(encoding="utf-8"))

    def test_noexec_holds_and_exec_is_the_default(self):
        self.assertTrue(shell("/a/true", mounts=[sb.Bind("/usr/bin", "/a", ro=True)]).ok)
        self.assertEqual(shell("/a/true", mounts=[sb.Bind("/usr/bin", "/a", ro=True, noexec=True)]).returncode, 126)

    def test_optional_binds_are_left_out_and_counted(self):
        self.assertEqual(sb.run(["true"], mounts=[sb.Bind("/no/such", "/in", optional=True)]).skipped, 1)

    def test_a_missing_source_is_named(self):
        self.fails_with(FileNotFoundError, "/no/such", lambda: sb.run(["true"], mounts=["/no/such:/in"]))

    def test_later_mounts_cover_earlier_ones(self):
        self.assertEqual(shell("ls /m", mounts=[sb.Bind("/usr", "/m"), sb.Tmpfs("/m")]).stdout, "")

    def test_files_links_and_directories(self):
        mounts = [sb.File("/a/f", "text", 0o640), sb.Symlink("f", "/a/l"), sb.Dir("/a/d/e", 0o711)]
        self.assertEqual(shell("cat /a/l; stat -c %a /a/f /a/d/e", mounts=mounts).stdout, "text640\n711\n")

    def test_masks_hide(self):
        self.assertEqual(shell("ls /usr/share; cat /etc/passwd", mounts=[sb.Mask("/usr/share"), sb.Mask("/etc/passwd")]).stdout, "")

    def test_readonly_covers_what_is_there_by_now(self):
        config = sb.Config.standard(mounts=[sb.Dir("/work")])
        config.add_tmpfs("/work/t", 1 << 20)
        config.add_readonly("/work/t")
        self.assertEqual(shell("touch /work/t/f 2>/dev/null || echo refused", config=config).stdout, "refused\n")


@live
class MountPlace(Twin):
    program = "mount_place"

    def test_a_writable_bind_among_them_stays_writable(self):
        one, two = self.directory(), self.directory()
        result = shell("touch /rw/a && touch /ro/b || echo refused", mounts=[sb.Bind(one, "/rw"), sb.Bind(two, "/ro", ro=True), sb.Tmpfs("/t")])
        self.assertEqual((result.stdout, os.listdir(one), os.listdir(two)), ("refused\n", ["a"], []))


@live
class Mountfs(Twin):
    program = "mountfs"

    def test_tmpfs_has_size_inodes_and_mode(self):
        said = shell("df -k /t | tail -1 | awk '{print $2}'; df -i /t | tail -1 | awk '{print $2}'; stat -c %a /t",
                     mounts=[sb.Tmpfs("/t", size=3 << 20, inodes=50, mode=0o750)]).stdout
        self.assertEqual(said.split(), ["3072", "50", "750"])

    def test_proc_is_of_the_own_pid_namespace(self):
        self.assertEqual(shell("echo /proc/[0-9]*").stdout, "/proc/1 /proc/2\n")  # sb-init and the shell

    def test_dev_is_minimal(self):
        names = shell("ls /dev").stdout.split()
        self.assertTrue({"null", "zero", "full", "random", "urandom", "tty"} <= set(names) and len(names) < 16, names)

    def test_overlay_of_several_lowers(self):
        lowers = [self.directory() for _ in range(2)]
        for number, lower in enumerate(lowers):
            for name in ("both", str(number)):
                pathlib.Path(lower, name).write_text(str(number), encoding="ascii")
        try:
            said = shell("cd /o; cat both 0 1; touch new && ls", mounts=[sb.Overlay("/o", lowers)]).stdout
        except sb.SandboxError as error:  # not everybody may, and not on every file system
            self.skipTest(error.message)
        self.assertEqual((said, sorted(os.listdir(lowers[0]))), ("0010\n1\nboth\nnew\n", ["0", "both"]))

    def test_system_dirs_are_enough_for_the_hosts_programs(self):
        for words in (["ls", "/"], ["/usr/bin/python3", "-c", ""]):
            self.assertTrue(sb.run(words, stdout=sb.DEVNULL).ok)


@live
class Rootfs(Twin):
    program = "rootfs"

    def root(self):
        home = self.directory()
        for name in ("usr", "proc", "dev", "tmp", "bin", "lib", "lib64"):
            os.mkdir(os.path.join(home, name))
        return home, [f"/{name}:/{name}:ro" for name in ("usr", "bin", "lib", "lib64")]

    def test_the_default_is_empty_and_read_only(self):
        self.assertEqual(shell("touch /f 2>/dev/null || echo refused; ls /home /root /srv 2>/dev/null | wc -l").stdout, "refused\n0\n")

    def test_a_directory_read_write(self):
        home, mounts = self.root()
        os.chmod(home, 0o777)
        config = sb.Config()
        config.set_rootfs(home)
        for mount in mounts:
            sb.mounts.as_mount(mount).apply(config)
        self.assertTrue(sb.run(["/bin/sh", "-c", "echo > /made"], config=config).ok)
        self.assertIn("made", os.listdir(home))

    def test_a_directory_under_a_throw_away_overlay(self):
        home, mounts = self.root()
        try:
            self.assertTrue(sb.run(["/bin/sh", "-c", "echo > /made"], rootfs=home, mounts=mounts).ok)
        except sb.SandboxError as error:
            self.skipTest(error.message)
        self.assertNotIn("made", os.listdir(home))

    def test_a_root_that_is_missing_is_named(self):
        self.fails_with(FileNotFoundError, "/no/such", lambda: sb.run(["true"], rootfs="/no/such"))

    def test_a_root_that_is_a_file_is_refused(self):
        config = sb.Config()
        config.set_rootfs("/etc/passwd")
        self.fails_with(NotADirectoryError, "/etc/passwd", lambda: sb.run(["true"], config=config))


if __name__ == "__main__":
    main()
