# SPDX-License-Identifier: MIT
"""isolate --run: what the program finds: directories, environment, streams, descriptors, network."""
import os
import subprocess

import sbx_case
from isolate_case import ISOLATE, SHELL, IsolateCase, read
from sbx_case import IDENTITY

CAT = "/bin/cat"


class InsideCase(IsolateCase):
    def setUp(self):
        super().setUp()
        self.box = self.init()


class Directories(InsideCase):
    def test_default_rules(self):
        names = set(self.shell("ls /").split())
        self.assertEqual(names - {"lib64"}, {"bin", "box", "dev", "lib", "proc", "tmp", "usr"})
        self.assertEqual(self.shell("pwd"), "/box\n")
        self.assertEqual(self.shell("touch /box/a /tmp/b && echo $?"), "0\n")
        self.assertNotEqual(self.isolate("-p", "--run", "--", SHELL, "-c", "touch /usr/x").code, 0)
        self.assertNotEqual(self.isolate("-p", "--run", "--", SHELL, "-c", "mkdir /new").code, 0)

    def test_tmp_is_new_each_time(self):
        self.assertEqual(self.shell("ls /tmp; echo x > /tmp/file; cat /tmp/file"), "x\n")
        self.assertEqual(self.shell("ls /tmp"), "")
        self.assertEqual(os.listdir(os.path.dirname(self.box)), ["box"])

    def test_only_its_own_processes_are_seen(self):
        pids = [name for name in self.shell("ls /proc").split() if name.isdigit()]
        self.assertLessEqual(len(pids), 4)

    def test_dev_is_minimal_unless_asked_for(self):
        names = self.shell("ls /dev").split()
        self.assertIn("null", names)
        self.assertLess(len(names), 20)
        self.assertEqual(self.shell("echo x > /dev/null && echo ok"), "ok\n")
        place = self.directory()
        self.assertEqual(self.shell("ls /dev", f"--dir=dev={place}"), "")
        if os.path.exists("/dev/kmsg"):
            self.assertIn("kmsg", self.shell("ls /dev", "-d", "dev:dev").split())

    def test_a_rule_with_two_sides(self):
        place = self.directory()
        with open(os.path.join(place, "file"), "w", encoding="utf-8") as to:
            to.write("shown")
        for rule in (f"data={place}", f"/data={place}", f"data/={place}:maybe"):
            self.assertEqual(self.shell("cat /data/file", "-d", rule), "shown")
            self.assertEqual(self.isolate("-p", "-d", rule, "--run", "--", SHELL, "-c", "echo > /data/x").code, 1)
        self.shell("echo new > /data/x", "-d", f"data={place}:rw")
        self.assertEqual(read(place, "x"), "new\n")

    def test_a_rule_with_one_side(self):
        self.assertEqual(self.shell("test -r /etc/passwd && echo yes", "-d", "/etc"), "yes\n")
        self.assertEqual(self.shell("test -r /etc/passwd && echo yes", "-d", "etc"), "yes\n")

    def test_noexec(self):
        place = self.directory()
        path = os.path.join(place, "program")
        with open(path, "w", encoding="utf-8") as to:
            to.write("#!/bin/sh\necho ran\n")
        os.chmod(path, 0o755)
        self.assertEqual(self.succeeds("-d", f"d={place}", "--run", "--", "/d/program").out, "ran\n")
        for options in ("noexec", "rw:noexec", "noexec,rw"):
            self.assertEqual(self.isolate("-d", f"d={place}:{options}", "--run", "--", "/d/program").code, 2)

    def test_maybe(self):
        self.assertEqual(self.shell("ls /none 2>/dev/null || echo missing", "-d", "none=/no/such:maybe"), "missing\n")
        self.assertIn("/no/such", self.refused("-d", "none=/no/such", "--run", "--", "/bin/true"))

    def test_tmp_option(self):
        self.assertEqual(self.shell("touch /scratch/x && ls /scratch", "-d", "scratch:tmp"), "x\n")
        self.assertEqual(self.shell("ls /scratch", "-d", "/scratch:tmp"), "")
        self.assertEqual(self.shell("cp /bin/true /scratch/t && /scratch/t && echo ok", "-d", "scratch:tmp"), "ok\n")

    def test_file_systems(self):
        self.assertEqual(self.shell("ls /p/self/status", "-d", "p=proc:fs"), "/p/self/status\n")
        self.assertEqual(self.shell("ls -d /sys/kernel", "-d", "sys=sysfs:fs"), "/sys/kernel\n")
        self.assertEqual(self.shell("ls -d /proc/self/status", "-D", "-d", "proc:fs", "-d", "box=" + self.box,
                                    "-d", "usr", "-d", "bin", "-d", "lib", "-d", "lib64:maybe"),
                         "/proc/self/status\n")
        self.assertIn("ext4", self.refused("-d", "x=ext4:fs", "--run", "--", "/bin/true"))

    def test_a_rule_can_be_taken_out(self):
        self.assertNotIn("tmp", self.shell("ls /", "-d", "tmp=").split())
        self.assertNotIn("x", self.shell("ls /", "-d", "x=/usr", "-d", "x=").split())

    def test_a_rule_that_is_replaced_keeps_its_place(self):
        place = self.directory()
        os.mkdir(os.path.join(place, "usr"))
        with open(os.path.join(place, "usr", "mine"), "w", encoding="utf-8"):
            pass
        # "a" would hide "a/usr" if it came later now.
        out = self.shell("ls /a/usr | head -1; ls /a", "-d", f"a={place}", "-d", "a/usr=/usr", "-d", f"a={place}:noexec")
        self.assertNotIn("mine", out)
        self.assertIn("usr", out.split())

    def test_later_rules_lie_on_top(self):
        place = self.directory()
        os.mkdir(os.path.join(place, "b"))
        self.assertIn("bin", self.shell("ls /a/b", "-d", f"a={place}", "-d", "a/b=/usr").split())

    def test_no_default_directories(self):
        words = ["-D", "-d", "usr", "-d", "bin", "-d", "lib", "-d", "lib64:maybe", "-d", f"box={self.box}:rw"]
        names = set(self.shell("ls /", *words).split())
        self.assertEqual(names - {"lib64"}, {"bin", "box", "lib", "usr"})
        # wherever -D stands
        self.assertEqual(set(self.shell("ls /", *words[1:], "--no-default-dirs").split()), names)

    def test_norec(self):
        # /proc has mounts of its own nowhere, /dev has: without them it is bound all the same.
        self.assertIn("null", self.shell("ls /d", "-d", "d=/dev").split())
        if not IDENTITY and os.geteuid() == 0 and os.environ.get("SBX_LEVEL") == "cli":
            self.assertIn("null", self.shell("ls /d", "-d", "d=/dev:norec").split())
            self.assertEqual(self.shell("ls /d/pts", "-d", "d=/dev:norec"), "")

    def test_bad_rules(self):
        for rule in ("", "=", "/", "/=/usr", "x=/usr:fast", "x=/usr:", "../x=/usr", "x/../y=/usr", "x=/usr:tmp", "x:tmp:fs"):
            with self.subTest(rule=rule):
                self.assertIn("rule", self.refused("-d", rule, "--run", "--", "/bin/true"))


class Environment(InsideCase):
    def environment(self, *args, **environ):
        out = self.isolate(*args, "--run", "--", "/usr/bin/env", env={"ISOLATE_CONFIG_FILE": self.config, **environ}).out
        return sorted(out.splitlines())

    def test_it_is_empty_but_for_one(self):
        self.assertEqual(self.environment(SECRET="1"), ["LIBC_FATAL_STDERR_=1"])

    def test_rules(self):
        found = self.environment("-E", "A=1", "--env=B", "-E", "C", "-EHOME=/tmp", "-E", "LIBC_FATAL_STDERR_=", B="here")
        self.assertEqual(found, ["A=1", "B=here", "HOME=/tmp"])

    def test_order_counts(self):
        self.assertEqual(self.environment("-E", "A=1", "-E", "A=2", "-E", "LIBC_FATAL_STDERR_="), ["A=2"])
        self.assertEqual(self.environment("-E", "A=1", "-E", "A=", "-E", "LIBC_FATAL_STDERR_="), [])
        self.assertEqual(self.environment("-E", "A=", "-E", "A=b=c", "-E", "LIBC_FATAL_STDERR_="), ["A=b=c"])

    def test_full_environment_comes_first(self):
        found = self.environment("-E", "A=rule", "-E", "B=", "-e", A="caller", B="caller", C="caller")
        self.assertLessEqual({"A=rule", "C=caller", "LIBC_FATAL_STDERR_=1"}, set(found))
        self.assertFalse([entry for entry in found if entry.startswith("B=")])

    def test_bad_rules(self):
        for rule in ("", "=x"):
            self.assertIn("variable", self.refused("-E", rule, "--run", "--", "/bin/true"))


class Streams(InsideCase):
    def test_they_are_inherited(self):
        result = self.isolate("-s", "-p", "--run", "--", SHELL, "-c", "cat; echo err >&2", input="in\n")
        self.assertEqual((result.out, result.err), ("in\n", "err\n"))

    def test_stdin_and_stdout_are_files_inside(self):
        self.put(self.box, "in", "text")
        self.succeeds("--stdin=/box/in", "--stdout=/box/out", "--run", "--", CAT)
        self.assertEqual(read(self.box, "out"), "text")
        self.succeeds("-i", "in", "-o", "out2", "--run", "--", CAT)
        self.assertEqual(read(self.box, "out2"), "text")
        self.assertEqual(self.isolate("-o", "/usr/out", "--run", "--", "/bin/true").code, 2)

    def test_stderr(self):
        result = self.succeeds("-s", "-r", "err", "-p", "--run", "--", SHELL, "-c", "echo out; echo err >&2")
        self.assertEqual((result.out, result.err, read(self.box, "err")), ("out\n", "", "err\n"))

    def test_stderr_to_stdout(self):
        script = "echo 1; echo 2 >&2; echo 3"
        result = self.succeeds("-s", "--stderr-to-stdout", "-p", "--run", "--", SHELL, "-c", script)
        self.assertEqual((result.out, result.err), ("1\n2\n3\n", ""))
        result = self.succeeds("-s", "--stderr-to-stdout", "-o", "both", "-p", "--run", "--", SHELL, "-c", script)
        self.assertEqual((result.out, read(self.box, "both")), ("", "1\n2\n3\n"))

    def test_output_is_emptied_before(self):
        self.put(self.box, "out", "x" * 1000, 0o666)
        self.succeeds("-o", "out", "--run", "--", "/bin/echo", "new")
        self.assertEqual(read(self.box, "out"), "new\n")

    def test_a_missing_input_is_no_fault_of_the_program(self):
        _, meta = self.run_meta("-i", "none", "--run", "--", CAT, expect=2)
        self.assertEqual(meta["status"], "XX")
        self.assertIn("none", meta["message"])

    def test_they_are_opened_as_the_program(self):
        """Not with the rights of the caller, and the links are those of the sandbox."""
        self.shell("ln -s /proc/1/mem out; ln -s /etc/shadow in", "--special-files")
        self.assertEqual(self.isolate("--special-files", "-i", "in", "--run", "--", CAT).code, 2)
        self.assertEqual(self.isolate("--special-files", "-o", "out", "--run", "--", "/bin/echo", "x").code, 2)

    def test_a_fifo_that_nobody_opens_is_ended_by_the_clock(self):
        self.shell("mkfifo pipe", "--special-files")
        result, meta = self.run_meta("--special-files", "-i", "pipe", "-w", "0.3", "--run", "--", CAT)
        self.assertEqual((result.code, meta["status"]), (1, "TO"), meta)
        self.assertIn("wall", meta["message"])

    def test_two_boxes_talk_through_fifos(self):
        """The way CMS connects a solution with its manager."""
        pipes = self.directory()
        for name in ("there", "back"):
            os.mkfifo(os.path.join(pipes, name))
            os.chmod(os.path.join(pipes, name), 0o666)
        self.succeeds("-b1", "--init")
        ask = "echo 20 >/pipes/there; read x </pipes/back; echo got $x"
        answer = "read x; echo $((x + 1))"
        first = self.popen_run("-p", "-w", "50", f"-dpipes={pipes}:rw", "--run", "--", SHELL, "-c", ask)
        second = self.popen_run("-b1", "-p", "-w", "50", f"-dpipes={pipes}:rw", "-i", "/pipes/there", "-o", "/pipes/back",
                                "--run", "--", SHELL, "-c", answer)
        self.assertEqual(first.communicate()[0], "got 21\n")
        second.communicate()
        self.assertEqual((first.returncode, second.returncode), (0, 0))

    def popen_run(self, *args):
        child = subprocess.Popen([ISOLATE, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=self.environ(), **IDENTITY)

        def end():
            if child.poll() is None:
                child.kill()
            child.communicate()

        self.ends.append(end)
        return child

    def test_closed_standard_streams(self):
        script = f'exec {ISOLATE} -M "$1" -p --run -- {SHELL} -c "ls /proc/self/fd" <&- >&- 2>&-'
        subprocess.run(["sh", "-c", script, "sh", self.meta_path()], check=False, env=self.environ(), **IDENTITY)
        self.assertEqual(self.meta().get("exitcode"), "0", self.meta())

    def test_descriptors(self):
        with open(self.host_file("kept"), encoding="utf-8") as kept:
            fd = kept.fileno()
            script = f"cat <&{fd}"
            result = self.isolate("-p", "--run", "--", SHELL, "-c", script, pass_fds=[fd])
            self.assertNotEqual(result.code, 0)
            self.assertEqual(self.shell(script, "--inherit-fds", pass_fds=[fd]), "kept")
            # 0, 1, 2, the one that ls opens, and no lock, meta file or the like
            out = self.shell("ls /proc/self/fd", "--inherit-fds", "-M", self.meta_path(), pass_fds=[fd])
            self.assertEqual(len(out.split()), 5, out)


class Surroundings(InsideCase):
    def test_chdir(self):
        for words, expected in ((["-c", "/tmp"], "/tmp"), (["--chdir=usr/bin"], "/usr/bin"), ([], "/box")):
            self.assertEqual(self.shell("pwd", *words), expected + "\n")
        self.assertIn("nowhere", self.refused("-c", "/nowhere", "--run", "--", "/bin/true"))

    def test_network(self):
        self.assertEqual(self.shell("ls /sys/class/net", "-d", "sys=sysfs:fs").split(), ["lo"])
        host = sorted(os.listdir("/proc/self/net/dev_snmp6")) if os.path.exists("/proc/self/net/dev_snmp6") else []
        inside = self.shell("ls /proc/self/net/dev_snmp6", "--share-net").split()
        self.assertEqual(sorted(inside), host)

    def test_program_names(self):
        self.put(self.box, "a.out", "#!/bin/sh\necho mine\n")
        for name in ("a.out", "./a.out", "/box/a.out"):
            self.assertEqual(self.succeeds("--run", "--", name).out, "mine\n", name)
        self.assertEqual(self.succeeds("--run", "--", "echo", "found").out, "found\n")
        self.assertEqual(self.succeeds("--run", "--", "/bin/echo", "-n", "--run").out, "--run")
        self.assertEqual(self.succeeds("--run", "/bin/echo", "--", "x").out, "-- x\n")

    def test_it_cannot_do_more_than_a_user(self):
        out = self.shell("grep -E '^(Cap...|NoNewPrivs|Seccomp|Groups):' /proc/self/status")
        found = dict(line.split(":") for line in out.splitlines())
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(found[name], 16), 0)
        self.assertEqual((found["NoNewPrivs"].strip(), found["Seccomp"].strip()), ("1", "2"))

    def test_tighter_calls(self):
        script = "import socket; socket.socket(); print('made')"
        self.assertEqual(self.succeeds("--run", "--", "/usr/bin/python3", "-c", script).out, "made\n")
        self.assertNotEqual(self.isolate("--syscalls=31", "--run", "--", "/usr/bin/python3", "-c", script).code, 0)
        self.succeeds("--syscalls=0", "--run", "--", "/usr/bin/python3", "-c", script)


if __name__ == "__main__":
    sbx_case.main()
