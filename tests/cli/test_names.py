# SPDX-License-Identifier: MIT
"""Sandboxes with a name: run --name, exec, ls."""
import json
import os
import pty
import select
import subprocess

import sbx_case
from sbx_case import IDENTITY, SBX, Case


class Names(Case):
    def name(self, part="box"):
        """Other runs of these tests may be at work."""
        return f"cli-{os.getpid()}-{part}"

    def keep(self, name, *args, script="read x"):
        """A sandbox with a name that stays until its standard input ends."""
        child = self.popen("--name", name, "-i", "-h", "kept", *args, "sh", "-c", f"echo ready; {script}", stdin=subprocess.PIPE)
        self.assertEqual(child.stdout.readline(), "ready\n")
        return child

    def leave(self, child):
        child.stdin.write("\n")
        child.stdin.flush()
        self.assertEqual(child.wait(timeout=60), 0)

    def exec_ok(self, *args, **options):
        result = self.sbx("exec", *args, **options)
        self.assertEqual(result.code, 0, result)
        return result.out.rstrip("\n")

    def exec_refused(self, *args):
        result = self.sbx("exec", *args)
        self.assertEqual(result.code, 125, result)
        self.assertEqual(result.out, "", result)
        self.assertNotRegex(result.err, r"sb_\w+: ")
        return result.err

    def test_exec_is_inside(self):
        name = self.name()
        child = self.keep(name)
        self.assertEqual(self.exec_ok(name, "uname", "-n"), "kept")
        self.assertEqual(self.exec_ok(name, "sh", "-c", "echo mine > /tmp/file; cat /proc/1/comm"), "sb-init")
        self.assertEqual(self.exec_ok(name, "cat", "/tmp/file"), "mine")
        for kind in ("pid", "mnt", "net", "ipc", "uts", "user", "time"):
            link = f"/proc/self/ns/{kind}"
            self.assertNotEqual(self.exec_ok(name, "readlink", link), os.readlink(link))
        self.leave(child)

    def test_options_of_the_command(self):
        name = self.name()
        child = self.keep(name)
        self.assertEqual(self.exec_ok(name, "-w", "/tmp", "-e", "A=b", "--", "sh", "-c", "pwd; echo $A; id -u"), "/tmp\nb\n1000")
        self.assertEqual(self.exec_ok("-w", "/tmp", name, "pwd"), "/tmp", "docker's order")
        self.assertEqual(self.exec_ok(name, "-i", "cat", input="through"), "through")
        self.assertEqual(self.sbx("exec", name, "sh", "-c", "exit 7").code, 7)
        self.assertEqual(self.sbx("exec", name, "/nowhere").code, 127)
        self.assertEqual(self.sbx("exec", name, "--timeout", "50ms", "sleep", "100").code, 124)
        self.leave(child)

    def test_user(self):
        name = self.name()
        child = self.keep(name, "--map-root")
        self.assertEqual(self.exec_ok(name, "id", "-u"), "0")
        self.assertIn("3:3", self.exec_refused(name, "-u", "3", "true"))
        self.leave(child)

    def test_a_terminal(self):
        name = self.name()
        child = self.keep(name)
        master, slave = pty.openpty()
        done = subprocess.run([SBX, "exec", "-it", name, "sh", "-c", "tty; exit 4"], stdin=slave, stdout=slave, stderr=slave,
                              timeout=60, check=False, **IDENTITY)
        text = os.read(master, 4096).decode()
        os.close(master)
        os.close(slave)
        self.assertEqual(done.returncode, 4, text)
        self.assertIn("/dev/pts/", text)
        self.leave(child)

    def test_it_ends_with_the_sandbox(self):
        name = self.name()
        child = self.keep(name)
        report = os.path.join(self.directory(), "report")
        guest = subprocess.Popen([SBX, "exec", name, "--report", report, "sh", "-c", "echo ready; exec sleep 1000"], text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **IDENTITY)
        self.assertEqual(guest.stdout.readline(), "ready\n")
        self.leave(child)
        _, err = guest.communicate(timeout=60)
        self.assertEqual(guest.returncode, 137)
        self.assertIn("the sandbox that the command was in has ended", err)
        with open(report, encoding="utf-8") as text:
            self.assertEqual(json.load(text)["verdict"], "box_ended")

    def test_it_lives_on_when_a_guest_ends(self):
        name = self.name()
        child = self.keep(name)
        for _ in range(3):
            self.assertEqual(self.exec_ok(name, "echo", "in"), "in")
        self.leave(child)

    def listed(self, name):
        result = self.sbx("ls", "--json")
        self.assertEqual(result.code, 0, result)
        return [entry for entry in json.loads(result.out) if entry["name"] == name]

    def test_ls(self):
        name = self.name()
        self.assertEqual(self.listed(name), [])
        child = self.keep(name)
        (entry,) = self.listed(name)
        self.assertEqual(entry["uid"], IDENTITY.get("user", os.geteuid()))
        with open(f"/proc/{entry['pid']}/comm", encoding="ascii") as comm:
            self.assertEqual(comm.read(), "sb-init\n")
        self.assertGreater(entry["started_ns"], 0)
        lines = self.sbx("ls").out.splitlines()
        self.assertRegex(lines[0], r"^NAME +PID +USER +AGE$")
        self.assertTrue([line for line in lines if line.split()[:2] == [name, str(entry["pid"])]], lines)
        self.leave(child)
        self.assertEqual(self.listed(name), [])
        self.assertEqual(self.sbx("ls", "x").code, 125)

    def test_a_name_is_one_sandboxs(self):
        name = self.name()
        child = self.keep(name)
        text = self.refused("--name", name, "true")
        self.assertIn(f"taken by process {self.listed(name)[0]['pid']}", text)
        self.assertIn("sbx ls", text)
        self.leave(child)
        self.assertEqual(self.run_ok("--name", name, "echo", "free"), "free")

    def test_a_killed_sbx_frees_its_name(self):
        name = self.name()
        child = self.keep(name, script="sleep 1000")
        init = self.listed(name)[0]["pid"]
        fd = os.pidfd_open(init)
        child.kill()
        child.wait()
        self.assertTrue(select.select([fd], [], [], 60)[0])
        os.close(fd)
        self.assertEqual(self.run_ok("--name", name, "echo", "free"), "free")

    def test_words(self):
        name = self.name("none")
        text = self.exec_refused(name, "true")
        self.assertIn("there is no sandbox", text)
        self.assertIn("sbx ls", text)
        self.assertIn("in which sandbox", self.exec_refused())
        self.assertIn("in which sandbox", self.exec_refused("--", name, "true"))
        self.assertIn("which command", self.exec_refused(name))
        self.assertIn("is no name", self.exec_refused(".x", "true"))
        self.assertIn("unknown option", self.exec_refused(name, "--tmpfs", "/x", "true"))
        self.assertIn("is no name", self.refused("--name", "-x", "true"))
        self.assertIn("PID namespace", self.refused("--name", name, "--share", "pid", "true"))

    def test_help(self):
        text = self.sbx("exec", "--help").out
        self.assertIn("--workdir", text)
        self.assertNotIn("--tmpfs", text)


if __name__ == "__main__":
    sbx_case.main()
