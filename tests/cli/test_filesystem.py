# SPDX-License-Identifier: MIT
"""The file system options, each end to end: what the command sees, and what it may write."""
import os

import sbx_case
from sbx_case import IS_ROOT, Case


class ComposedRoot(Case):
    def test_root_is_read_only_and_tmp_is_private(self):
        out = self.shell("touch /x 2>/dev/null || echo root; touch /usr/x 2>/dev/null || echo usr; "
                         "touch /tmp/x && ls /tmp; stat -c %a /tmp")
        self.assertEqual(out.split(), ["root", "usr", "x", "1777"])

    def test_the_host_is_not_there(self):
        names = set(self.run_ok("ls", "-A", "/").split())
        self.assertLessEqual(names, {"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr"})
        self.assertEqual(set(self.run_ok("ls", "/etc").split()) - {"alternatives", "ld.so.cache"}, {"passwd", "group"})
        with open("/etc/passwd") as host:
            self.assertNotEqual(self.run_ok("cat", "/etc/passwd"), host.read().strip())

    def test_ids_have_names(self):
        self.assertEqual(self.run_ok("whoami"), "sandbox")
        self.assertEqual(self.shell("ls -ld /usr | cut -d' ' -f3,4"), "nobody nogroup")
        self.assertEqual(self.shell("echo x >/etc/passwd; true"), "")

    def test_names_give_way_to_an_etc_of_ones_own(self):
        with open("/etc/passwd") as host:
            self.assertEqual(self.shell("cat /etc/passwd", "--volume", "/etc:/etc:ro"), host.read().strip())
        self.assertEqual(self.shell("ls /etc/passwd 2>/dev/null; true", "--dir", "/etc/mine"), "")

    def test_rw(self):
        self.assertEqual(self.shell("echo text >/x && cat /x", "--rw"), "text")

    def test_parts_can_be_left_out(self):
        self.assertEqual(self.shell("ls -A / | grep -cE '^(proc|dev)$'; true", "--no-proc", "--no-dev"), "0")
        result = self.sbx("run", "--no-system", "true")
        self.assertEqual(result.code, 127, result)

    def test_dev_is_minimal(self):
        names = set(self.run_ok("ls", "/dev").split())
        self.assertLessEqual({"null", "zero", "full", "random", "urandom", "tty", "fd", "pts", "ptmx", "shm"}, names)
        self.assertFalse(names & {"sda", "mem", "kmsg", "loop0"})
        self.assertEqual(self.shell("echo x >/dev/null && echo x >/dev/shm/x && cat /dev/shm/x"), "x")

    def test_proc_shows_the_sandbox_only(self):
        self.assertEqual(self.shell("echo /proc/[0-9]*"), "/proc/1 /proc/2")
        self.assertEqual(self.run_ok("readlink", "/proc/self"), "2")

    def test_proc_options(self):
        self.assertEqual(self.shell("ls /proc/meminfo 2>/dev/null || echo none", "--proc=pid"), "none")
        self.assertIn("hidepid", self.shell("grep ' /proc ' /proc/self/mountinfo", "--proc=hidepid"))
        self.assertEqual(self.shell("test -w /proc/sys && echo rw || echo ro", "--proc=hidepid"), "ro")


class DirectoryRoot(Case):
    def root(self):
        path = self.directory()
        for name in ("usr", "proc", "dev", "tmp"):
            os.mkdir(os.path.join(path, name))
            os.chmod(os.path.join(path, name), 0o777)
        for name in ("bin", "lib", "lib64", "sbin"):
            os.symlink("usr/" + name, os.path.join(path, name))
        return path

    def test_directory_is_writable_unless_read_only(self):
        path = self.root()
        script = "echo $1 >/file; cat /file; ls /"
        out = self.run_ok("--rootfs", path, "-v", "/usr:/usr:ro", "sh", "-c", script, "-", "one")
        self.assertEqual(out.split()[0], "one")
        self.assertIn("file", os.listdir(path))
        out = self.run_ok("--rootfs", path, "--read-only", "-v", "/usr:/usr:ro", "sh", "-c",
                          "echo two 2>/dev/null >/file || cat /file")
        self.assertEqual(out.splitlines()[-1], "one")

    def test_overlay_forgets(self):
        path = self.root()
        out = self.shell("echo text >/file && cat /file", "--rootfs", path, "--overlay", "-v", "/usr:/usr:ro")
        self.assertEqual(out, "text")
        self.assertNotIn("file", os.listdir(path))

    def test_nothing_is_above_the_root(self):
        path = self.root()
        for words in ([], ["--rw"], ["--rootfs", path, "-v", "/usr:/usr:ro"],
                      ["--rootfs", path, "--overlay", "-v", "/usr:/usr:ro"]):
            out = self.shell("ls -A /..; echo; ls -A /; echo; head -1 /proc/self/mountinfo", *words)
            above, below, first = out.split("\n\n")
            self.assertEqual(above, below, words)
            self.assertEqual(first.split()[4], "/", words)

    def test_present_root_is_kept(self):
        inode = str(os.stat("/usr").st_ino)
        kept = ["--rootfs", "/", "--read-only"]
        self.assertEqual(self.shell("stat -c %i /usr; echo x >/dev/null && echo null", *kept).split(), [inode, "null"])
        self.assertEqual(self.run_ok(*kept, "readlink", "/proc/self"), "2")

    def test_present_root_read_only_includes_its_mounts(self):
        path = self.directory()
        result = self.sbx("run", "--rootfs", "/", "--read-only", "touch", os.path.join(path, "x"))
        self.assertNotEqual(result.code, 0)
        self.assertEqual(os.listdir(path), [])

    def test_missing_directory_is_named(self):
        self.assertIn("/no/such/root", self.refused("--rootfs", "/no/such/root", "true"))


class Mounts(Case):
    def test_volume_is_writable_unless_ro(self):
        path = self.directory()
        self.shell("echo text >/data/file", "-v", f"{path}:/data")
        with open(os.path.join(path, "file"), encoding="utf-8") as written:
            self.assertEqual(written.read(), "text\n")
        out = self.shell("cat /data/file; echo more 2>/dev/null >/data/file || echo no", "-v", f"{path}:/data:ro")
        self.assertEqual(out.splitlines()[0], "text")
        self.assertEqual(out.splitlines()[-1], "no")

    def test_volume_takes_files_relative_paths_and_colons(self):
        path = self.directory()
        with open(os.path.join(path, "a:b"), "w", encoding="utf-8") as to:
            to.write("text")
        self.assertEqual(self.run_ok("-v", r"a\:b:/x", "cat", "/x", cwd=path), "text")
        self.assertEqual(self.run_ok("--volume", ".:/here:ro", "ls", "/here", cwd=path), "a:b")

    def test_volume_options(self):
        path = self.host_file("#!/bin/sh\necho ran\n", 0o755)
        self.assertEqual(self.run_ok("-v", f"{path}:/tool:ro", "/tool"), "ran")
        self.assertEqual(self.sbx("run", "-v", f"{path}:/tool:noexec", "/tool").code, 126)
        flags = self.run_ok("-v", f"{path}:/tool:norec,ro", "grep", " /tool ", "/proc/self/mountinfo").split()[5]
        self.assertLessEqual({"ro", "nosuid", "nodev"}, set(flags.split(",")))

    def test_optional_volume_may_be_missing(self):
        self.assertEqual(self.run_ok("-v", "/no/such:/x:optional,ro", "echo", "ran"), "ran")

    def test_idmap_volume(self):
        if not IS_ROOT:
            self.skipTest("idmapped mounts of host files need CAP_SYS_ADMIN in the host's user namespace")
        path = self.directory()
        os.chown(path, 534, 534)
        maps = ["--uidmap", "0:65000:2000", "--gidmap", "0:65000:2000", "-u", "534"]
        self.assertEqual(self.run_ok(*maps, "-v", f"{path}:/d:idmap", "stat", "-c", "%u", "/d"), "534")
        self.assertEqual(self.run_ok(*maps, "-v", f"{path}:/d", "stat", "-c", "%u", "/d"), "65534")

    def test_tmpfs(self):
        out = self.shell("df -k --output=size,itotal /d | tail -1; stat -c %a /d; echo x >/d/x && cat /d/x",
                         "--tmpfs", "/d:size=1Mi,inodes=50,mode=700")
        self.assertEqual(out.split(), ["1024", "50", "700", "x"])
        self.assertEqual(self.run_ok("--tmpfs", "/a/b", "stat", "-c", "%a", "/a/b"), "1777")

    def test_order_is_the_order_given(self):
        path = self.directory()
        os.mkdir(os.path.join(path, "sub"))
        text = self.host_file("text")
        self.assertEqual(self.run_ok("-v", f"{path}:/d", "--tmpfs", "/d/sub", "--file", f"/d/sub/f={text}", "cat",
                                     "/d/sub/f"), "text")
        self.assertEqual(os.listdir(os.path.join(path, "sub")), [])

    def test_file_symlink_and_dir(self):
        script = self.host_file("#!/bin/sh\necho script $(id -u)\n", 0o755)
        out = self.shell("/opt/run; cat /opt/link; stat -c %a /opt/deep/er; stat -c %u /opt/run",
                         "--file", f"/opt/run={script}", "--symlink", "/opt/link=run", "--dir", "/opt/deep/er:mode=750")
        self.assertEqual(out.splitlines(), ["script 1000", "#!/bin/sh", "echo script $(id -u)", "750", "1000"])

    def test_file_with_a_mode(self):
        text = self.host_file("text", 0o755)
        out = self.shell("stat -c '%n %a' /tmp/*", "--file", f"/tmp/a:mode=600={text}", "--file", f"/tmp/b:c={text}",
                         "--file", rf"/tmp/d\:mode\=640={text}")
        self.assertEqual(out.splitlines(), ["/tmp/a 600", "/tmp/b:c 755", "/tmp/d:mode=640 755"])

    def test_overlayfs_layers_in_order(self):
        path = self.directory()
        for name in ("upper", "work", "one", "o:two"):
            os.mkdir(os.path.join(path, name))
            os.chmod(os.path.join(path, name), 0o777)
        for name, text in (("one/a", "1"), ("o:two/a", "2"), ("o:two/b", "2")):
            with open(os.path.join(path, name), "w", encoding="utf-8") as to:
                to.write(text)
        lower = rf"lower={path}/one:lower={path}/o\:two"
        self.assertEqual(self.shell("cat /o/a /o/b; echo 3 >/o/c; cat /o/c", "--overlayfs", f"/o:{lower}"), "123")
        self.assertEqual(self.shell("echo 3 >/o/c; cat /o/c", "--overlayfs",
                                    f"/o:{lower}:upper={path}/upper:work={path}/work"), "3")
        self.assertEqual((os.listdir(path + "/one"), os.listdir(path + "/upper")), (["a"], ["c"]))

    def test_mask_hides(self):
        out = self.shell("ls -A /usr/share | wc -l; wc -c </usr/bin/env; ls /usr/bin | grep -c .", "--mask", "/usr/share",
                         "--mask", "/usr/bin/env")
        self.assertEqual(out.split()[:2], ["0", "0"])

    def test_ro_path(self):
        path = self.directory()
        out = self.shell("echo x 2>/dev/null >/d/x || echo no", "-v", f"{path}:/d", "--ro-path", "/d")
        self.assertEqual(out.splitlines()[-1], "no")

    def test_mqueue_and_sysfs(self):
        out = self.shell("grep -oE ' - (mqueue|sysfs) ' /proc/self/mountinfo; ls /sys/class/net", "--mqueue", "/mq",
                         "--sysfs", "/sys")
        self.assertEqual(out.split(), ["-", "mqueue", "-", "sysfs", "lo"])

    def test_nothing_without_a_mount_namespace(self):
        for option in (["-v", "/usr:/x"], ["--tmpfs", "/x"], ["--rootfs", "/"], ["--read-only"], ["--rw"], ["--proc"],
                       ["--mask", "/x"], ["-t"], ["--no-system"]):
            for without in (["--share", "mount"], ["--ns", "mount=/proc/self/ns/mnt"]):
                self.assertIn("mount namespace", self.refused(*without, *option, "true"))


if __name__ == "__main__":
    sbx_case.main()
