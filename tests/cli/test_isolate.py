# SPDX-License-Identifier: MIT
"""isolate: the box from --init to --cleanup, its lock, its settings, bad command lines."""
import fcntl
import os
import select
import signal
import stat
import subprocess

import sbx_case
from cgroup_case import mount_point
from isolate_case import FIRST_UID, ISOLATE, SHELL, IsolateCase, has_box_ids, read
from sbx_case import IDENTITY, IS_ROOT

USER = IDENTITY.get("user", os.getuid())


class LifeCycle(IsolateCase):
    def test_init_prints_the_directory_and_cleanup_removes_it(self):
        box = self.init()
        self.assertEqual(box, os.path.join(self.place, "boxes/0/box"))
        found = os.stat(box)
        self.assertEqual((found.st_uid, stat.S_IMODE(found.st_mode)), (USER, 0o700))
        self.assertEqual(os.listdir(box), [])
        self.leave_nothing()

    def test_cleanup_may_come_twice_or_without_init(self):
        self.succeeds("--cleanup")
        self.init()
        self.succeeds("--cleanup")
        self.assertEqual(self.succeeds("--cleanup").out, "")

    def test_init_resets_what_a_dead_worker_left(self):
        box = self.init()
        self.put(box, "old", "x")
        self.shell("mkdir -p a/b/c && touch a/b/c/file && chmod 0 a/b/c a && mkfifo pipe", "--special-files")
        self.assertEqual(os.listdir(self.init()), [])
        self.leave_nothing()

    def test_run_needs_init(self):
        self.assertIn("--init", self.refused("--run", "--", "/bin/true"))
        self.init()
        self.succeeds("--cleanup")
        _, meta = self.run_meta("--run", "--", "/bin/true", expect=2)
        self.assertEqual((meta["status"], set(meta)), ("XX", {"status", "message"}))
        self.assertIn("--init", meta["message"])

    def test_boxes_are_apart(self):
        boxes = [self.init(f"--box-id={n}") for n in (0, 3)]
        self.put(boxes[1], "file", "three")
        self.assertEqual(self.shell("ls"), "")
        self.assertEqual(self.shell("cat file", "-b3"), "three")
        self.assertEqual(self.shell("id -u", "-b", "3"), f"{FIRST_UID + 3}\n")
        for n in (0, 3):
            self.succeeds(f"--box-id={n}", "--cleanup")
        self.assertEqual(os.listdir(os.path.join(self.place, "boxes")), [])

    def test_several_runs_in_one_box(self):
        self.init()
        self.shell("echo one > file")
        self.shell("echo two >> file")
        self.assertEqual(self.shell("cat file"), "one\ntwo\n")

    def test_files_are_the_callers_after_the_run(self):
        box = self.init()
        self.put(box, "given", "x", 0o600)
        self.shell("cat given && mkdir -p d/e && echo y > d/e/made && chmod 0600 d/e/made && chmod 0700 d d/e")
        for name in ("given", "d", "d/e", "d/e/made"):
            self.assertEqual(os.lstat(os.path.join(box, name)).st_uid, USER, name)
        done = subprocess.run(["cat", os.path.join(box, "d/e/made")], capture_output=True, text=True, check=True,
                              **IDENTITY)
        self.assertEqual(done.stdout, "y\n")

    def test_the_program_is_the_boxs_own_user(self):
        box = self.init()
        self.assertEqual(self.shell("id -u; id -g; id -G").split(), [str(FIRST_UID)] * 3)
        if not has_box_ids():
            self.skipTest("only root of many ids has some for each box")
        child = self.popen_isolate("--run", "--", "/bin/sleep", "50")
        self.program_of(child)
        self.assertEqual(os.stat(box).st_uid, FIRST_UID)

    def popen_isolate(self, *args):
        child = subprocess.Popen([ISOLATE, "-v", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=self.environ(), **IDENTITY)

        def end():
            if child.poll() is None:
                child.kill()
            child.communicate()

        self.ends.append(end)
        return child

    def test_a_box_has_one_user_at_a_time(self):
        self.init()
        child = self.popen_isolate("--run", "--", "/bin/sleep", "50")
        self.program_of(child)
        for mode in (["--run", "--", "/bin/true"], ["--init"], ["--cleanup"]):
            self.assertIn("in use", self.refused(*mode))
        self.succeeds("-b1", "--init")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(), 2)
        self.leave_and_check()

    def leave_and_check(self):
        self.succeeds("-b1", "--cleanup")
        self.leave_nothing()

    def test_wait_waits_for_the_lock(self):
        self.init()
        with open(os.path.join(self.place, "locks/0"), "rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            child = self.popen_isolate("--wait", "--run", "--", "/bin/echo", "ran")
            self.assertIn("in use", self.refused("--run", "--", "/bin/true"))
            with self.assertRaises(subprocess.TimeoutExpired):
                child.wait(0.2)
        self.assertEqual(child.communicate()[0], "ran\n")

    def test_a_signal_ends_the_program_and_gives_the_files_back(self):
        box = self.init()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            child = self.popen_isolate("-M", self.meta_path(), "--run", "--", "/bin/sleep", "50")
            self.program_of(child)
            child.send_signal(number)
            self.assertEqual(child.wait(), 2)
            self.assertEqual(self.meta()["status"], "XX")
            self.assertIn(str(int(number)), self.meta()["message"])
            self.assertEqual(os.stat(box).st_uid, USER)

    def test_a_killed_worker_leaves_no_process_and_a_box_that_init_resets(self):
        self.init()
        child = self.popen_isolate("--run", "--", "/bin/sleep", "50")
        pidfd = os.pidfd_open(self.program_of(child))
        child.kill()
        child.wait()
        self.wait_for_end(pidfd)
        self.assertEqual(os.listdir(self.init()), [])
        self.leave_nothing()

    def test_init_removes_the_cgroups_of_a_killed_worker(self):
        self.init("--cg")
        if self.isolate("--cg", "--run", "--", "/bin/true").code != 0:
            self.skipTest("no cgroup can be made here")
        child = self.popen_isolate("--cg", "--run", "--", "/bin/sleep", "50")
        program = self.program_of(child)
        mount = mount_point()
        leaf = mount + read(f"/proc/{program}/cgroup").splitlines()[-1].split("::")[1]
        self.assertTrue(os.path.isdir(leaf), leaf)
        pidfd = os.pidfd_open(program)
        child.kill()
        child.wait()
        self.wait_for_end(pidfd)
        self.init("--cg")
        self.assertFalse(os.path.exists(leaf))

    def program_of(self, child):
        for line in child.stderr:
            if "process " in line:
                return int(line.split("process ")[1].split(",")[0])
        return self.fail("it ended before the program ran")

    def wait_for_end(self, pidfd):
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        self.assertTrue(poll.poll(20000), "the program outlives its worker")
        os.close(pidfd)

    def test_a_box_is_its_owners(self):
        if not IS_ROOT or not has_box_ids():
            self.skipTest("needs two users")
        self.init("--as-uid=4711", "--as-gid=4712")
        box = os.path.join(self.place, "boxes/0/box")
        self.assertEqual((os.stat(box).st_uid, os.stat(box).st_gid), (4711, 4712))
        for name in ("boxes", "locks"):
            os.chmod(os.path.join(self.place, name), 0o777)
        os.chmod(os.path.join(self.place, "locks/0"), 0o666)
        err = self.refused("--run", "--", "/bin/true", user=4713, group=4713, extra_groups=[])
        self.assertIn("4711", err)
        self.succeeds("--as-uid=4711", "--as-gid=4712", "-p", "--run", "--", SHELL, "-c", "touch made")
        self.assertEqual(os.stat(os.path.join(box, "made")).st_uid, 4711)
        self.assertIn("root", self.refused("--as-uid=0", "--cleanup", user=4713, group=4713, extra_groups=[]))


class LeftBehind(IsolateCase):
    """What a hostile program leaves in the box."""

    def test_special_files_do_not_survive(self):
        box = self.init()
        script = "ln -s /etc/passwd link; mkfifo pipe d/pipe; mkdir d; mkfifo d/pipe; touch plain; chmod 555 d"
        self.shell(script)
        self.assertEqual(sorted(os.listdir(box)), ["d", "plain"])
        self.assertEqual(os.listdir(os.path.join(box, "d")), [])
        self.shell("ln -s /etc/passwd link; mkfifo pipe", "--special-files")
        self.assertEqual(sorted(os.listdir(box)), ["d", "link", "pipe", "plain"])
        self.leave_nothing()

    def test_links_lead_nowhere(self):
        box = self.init()
        outside = self.host_file("mine", 0o600)
        place = os.path.dirname(outside)
        if IS_ROOT:
            for path in (outside, place):
                os.chown(path, 4711, 4711)
        owners = [os.stat(path).st_uid for path in (outside, place)]
        self.shell(f"ln -s {outside} f; ln -s {place} d; ln -s none none", "--special-files")
        self.shell("true", "--special-files")
        self.assertEqual(len(os.listdir(box)), 3)
        self.leave_nothing()
        self.assertEqual(read(outside), "mine")
        self.assertEqual([os.stat(path).st_uid for path in (outside, place)], owners)

    def test_a_set_user_id_file_is_none_for_the_caller(self):
        box = self.init()
        self.shell("cp /bin/true s && chmod 6755 s")
        mode = os.stat(os.path.join(box, "s")).st_mode
        if has_box_ids():
            self.assertEqual(stat.S_IMODE(mode), 0o755)
        self.assertEqual(os.stat(os.path.join(box, "s")).st_uid, USER)

    def test_a_deep_tree_without_permissions_goes_away(self):
        self.init()
        script = "import os\nfor i in range(1500): os.mkdir('0123456789'); os.chdir('0123456789')\nopen('bottom', 'w')"
        self.succeeds("--run", "--", "/usr/bin/python3", "-c", script)
        self.shell("chmod 0 0123456789")
        self.leave_nothing()

    def test_awkward_names_go_away(self):
        self.init()
        self.shell("touch -- -rf '*' \"$(printf 'a\\nb')\" \"$(printf '%0255d' 0)\" && mkdir ' ' ... && touch .../x")
        self.leave_nothing()


class Settings(IsolateCase):
    def test_first_ids(self):
        self.settings("first_uid=70000", "first_gid = 80000", "restricted_init = 1", "cg_root = auto:/no/such")
        self.init("-b2")
        self.assertEqual(self.shell("id -u; id -g", "-b2").split(), ["70002", "80002"])

    def test_number_of_boxes(self):
        self.settings("num_boxes=5")
        self.init("-b4")
        self.assertIn("0 to 4", self.refused("-b5", "--init"))

    def test_a_box_has_its_cpus(self):
        self.settings("box1.cpus=0", "box0.mems=0", "box2.cpus=8000")
        self.init("-b1")
        self.assertIn("Cpus_allowed_list:\t0\n", self.shell("grep Cpus_allowed_list /proc/self/status", "-b1"))

    def test_bad_settings_are_named(self):
        for line in ("colour=red", "first_uid=x", "nonsense", "box_root=relative", "box0.colour=1", "num_boxes="):
            with self.subTest(line=line):
                self.settings(line)
                self.refused("--init")
        self.config = "/no/such/file"
        self.assertIn("/no/such/file", self.refused("--init"))

    def test_a_place_that_cannot_be_written_is_named(self):
        self.settings("box_root=/proc/none")
        self.assertIn("/proc/none", self.refused("--init"))

    def test_cg_root(self):
        self.assertIn("cg_root", self.refused("--print-cg-root"))
        self.settings("cg_root=/sys/fs/cgroup/contest")
        self.assertEqual(self.succeeds("--print-cg-root").out, "/sys/fs/cgroup/contest\n")

    def test_an_ordinary_user_has_boxes_of_its_own(self):
        if os.path.exists("/usr/local/etc/isolate"):
            self.skipTest("this machine has a configuration of isolate")
        environ = {key: value for key, value in os.environ.items() if key not in ("ISOLATE_CONFIG_FILE", "HOME")}
        environ["XDG_DATA_HOME"] = self.place
        if os.geteuid() == 0 and not IDENTITY:
            self.skipTest("root's boxes have one place")
        out = self.succeeds("--init", env=environ).out
        self.assertEqual(out, f"{self.place}/isolate/0\n")
        self.succeeds("--cleanup", env=environ)


class CommandLine(IsolateCase):
    def test_bad_command_lines(self):
        for words in ([], ["--init", "--run"], ["--run"], ["--run", "--"], ["--init", "word"], ["--no-such", "--init"],
                      ["-Z", "--init"], ["--box-id", "--init"], ["--cg-mem=1", "--run", "--", "/bin/true"],
                      ["--stderr-to-stdout", "-r", "x", "--run", "--", "/bin/true"], ["--tty-hack", "--init"]):
            with self.subTest(words=words):
                self.refused(*words)

    def test_bad_values_are_named(self):
        numbers = ["", "x", "-1", "1x", " 1", "99999999999999999999"]
        for option in ("--box-id", "--mem", "--time", "--wall-time", "--extra-time", "--stack", "--open-files", "--fsize",
                       "--core", "--processes", "--cg-mem", "--as-uid", "--as-gid", "--syscalls", "--quota"):
            for value in numbers:
                if option == "--processes" and value == "":
                    continue
                with self.subTest(option=option, value=value):
                    self.assertIn(option, self.refused("--cg", f"{option}={value}", "--init"))
        for option, value in (("--time", "1.x"), ("--time", ".5"), ("--time", "1.0000000001"), ("--mem", "1.5"),
                              ("--quota", "5"), ("--quota", "5,"), ("--quota", ",5"), ("--quota", "1,2,3")):
            with self.subTest(option=option, value=value):
                self.assertIn(option, self.refused(f"{option}={value}", "--init"))

    def test_version_and_help(self):
        self.assertRegex(self.succeeds("--version").out, r"^isolate of libsandbox \d")
        self.assertIn("--cleanup", self.succeeds("--help").out)

    def test_silent_and_verbose(self):
        self.init()
        self.assertEqual(self.succeeds("-s", "--run", "--", "/bin/true").err, "")
        self.assertRegex(self.succeeds("--run", "--", "/bin/true").err,
                         r"^OK \(\d+\.\d{3} sec real, \d+\.\d{3} sec wall\)\n$")
        self.assertIn("/usr", self.succeeds("-v", "--run", "--", "/bin/true").err)
        self.assertRegex(self.succeeds("-vv", "--run", "--", "/bin/true").err, r"(?m)^.*\bpivot\b")

    def test_quota_needs_a_file_system_that_has_it(self):
        err = self.refused("--quota=1000,100", "--init")
        self.assertIn("quota", err)

    def test_meta_that_cannot_be_written(self):
        self.init()
        self.refused("-M", "/no/such/dir/meta", "--run", "--", "/bin/echo", "ran")
        result = self.isolate("-M", "/dev/full", "--run", "--", "/bin/true")
        self.assertEqual(result.code, 2, result)


if __name__ == "__main__":
    sbx_case.main()
