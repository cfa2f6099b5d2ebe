# SPDX-License-Identifier: MIT
"""Namespaces: new, shared, joined, kept; and what is set in them."""
import os
import subprocess

import sbx_case
from sbx_case import IS_ROOT, NAMESPACES, SBX, Case

LIST = 'cd /proc/self/ns; for n in user pid mnt net ipc uts cgroup time; do echo "$n $(readlink $n)"; done'


def numbers(out):
    return dict(line.split() for line in out.splitlines())


class Kinds(Case):
    def outside(self):
        return numbers(subprocess.run(["sh", "-c", LIST], check=True, capture_output=True, text=True).stdout)

    def fresh(self, *args):
        inside, outside = numbers(self.shell(LIST, *args)), self.outside()
        return {kind for kind in NAMESPACES if inside[kind] != outside[kind]}

    def test_all_are_new(self):
        self.assertEqual(self.fresh(), NAMESPACES)
        self.assertEqual(self.fresh("--ns", "none", "--ns", "all"), NAMESPACES)

    def test_share_takes_out_what_it_names(self):
        for kind in sorted(NAMESPACES - {"user", "mnt", "pid"}):
            self.assertEqual(self.fresh("--share", kind), NAMESPACES - {kind})
        self.assertEqual(self.fresh("--share", "net,uts", "--share", "ipc"), NAMESPACES - {"net", "uts", "ipc"})

    def test_share_pid_and_mount(self):
        self.assertEqual(self.fresh("--share", "pid"), NAMESPACES - {"pid"})
        self.assertEqual(self.fresh("--share", "mount"), NAMESPACES - {"mnt"})

    def test_ns_names_what_is_new(self):
        self.assertEqual(self.fresh("--ns", "user,mount,pid"), {"user", "mnt", "pid"})
        self.assertEqual(self.fresh("--ns", "user", "--ns", "mnt,net"), {"user", "mnt", "net"})

    def test_without_a_user_namespace(self):
        if not IS_ROOT:
            self.skipTest("only a privileged caller can do without a user namespace")
        self.assertEqual(self.fresh("--share", "user"), NAMESPACES - {"user"})
        self.assertEqual(self.shell("id -u", "--share", "user"), "65534")
        self.assertEqual(self.fresh("--ns", "none"), set())

    def test_none_runs_on_the_host(self):
        self.assertEqual(self.run_ok("--ns", "none", "echo", "ran"), "ran")


class Join(Case):
    def test_join_by_path_and_by_descriptor(self):
        holder = self.popen("-i", "--map-root", "cat", stdin=subprocess.PIPE)
        holder.stdin.write("ready\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), "ready\n")
        with open(f"/proc/{holder.pid}/task/{holder.pid}/children", encoding="ascii") as children:
            init = children.read().split()[0]
        user, net = (f"/proc/{init}/ns/{kind}" for kind in ("user", "net"))
        expected = os.readlink(net)
        joins = f"user={user},net={net}"
        out = self.run_ok("--ns", joins, "-u", "0", "readlink", "/proc/self/ns/net")
        self.assertEqual(out, expected)
        fd = os.open(net, os.O_RDONLY)
        try:
            out = self.run_ok("--ns", f"user={user}", "--ns", f"net=fd:{fd}", "-u", "0", "readlink",
                              "/proc/self/ns/net", pass_fds=[fd])
        finally:
            os.close(fd)
        self.assertEqual(out, expected)

    def test_persist_join_and_unpin(self):
        if not IS_ROOT:
            self.skipTest("pinning needs CAP_SYS_ADMIN")
        path = os.path.join(self.directory(), "pinned")
        before = self.mount_count()
        first = self.run_ok("--persist", f"net={path}", "readlink", "/proc/self/ns/net")
        self.addCleanup(subprocess.run, ["umount", "-l", path], stderr=subprocess.DEVNULL, check=False)
        second = self.run_ok("--ns", f"net={path}", "readlink", "/proc/self/ns/net")
        self.assertEqual(first, second)
        done = subprocess.run([SBX, "unpin", path], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertFalse(os.path.exists(path))
        self.assertEqual(self.mount_count(), before)

    def test_unpin_of_nothing_is_an_error(self):
        done = subprocess.run([SBX, "unpin", self.host_file("")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, r"^\w+: .")

    def mount_count(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as info:
            return len(info.readlines())


class Settings(Case):
    def test_names(self):
        self.assertEqual(self.run_ok("uname", "-n"), "sandbox")
        out = self.shell("uname -n; cat /proc/sys/kernel/domainname", "-h", "box", "--domainname", "lab")
        self.assertEqual(out.split(), ["box", "lab"])
        self.assertEqual(self.run_ok("--hostname", "box", "uname", "-n"), "box")

    def test_clocks(self):
        with open("/proc/uptime", encoding="ascii") as uptime:
            here = float(uptime.read().split()[0])
        there = float(self.run_ok("--boottime", "300000000", "cat", "/proc/uptime").split()[0])
        self.assertGreaterEqual(there - here, 300000000 - 1)
        offsets = self.run_ok("--monotonic", "1000", "--boottime", "-5", "cat", "/proc/self/timens_offsets").split()
        self.assertEqual(offsets, ["monotonic", "1000", "0", "boottime", "-5", "0"])

    def test_settings_need_their_namespace(self):
        self.assertIn("UTS", self.refused("--share", "uts", "--hostname", "x", "true"))
        self.assertIn("time", self.refused("--share", "time", "--boottime", "1", "true"))

    def test_loopback(self):
        flags = "cat /sys/class/net/lo/flags"
        up = int(self.shell(flags, "--sysfs", "/sys"), 16) & 1
        down = int(self.shell(flags, "--sysfs", "/sys", "--no-loopback"), 16) & 1
        self.assertEqual((up, down), (1, 0))


if __name__ == "__main__":
    sbx_case.main()
