# SPDX-License-Identifier: MIT
"""The terminal (-t), and the signals that are passed on."""
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import tty

import sbx_case
from sbx_case import IDENTITY, SBX, Case

DEADLINE = 30

WAIT_FOR = """
import signal, sys
every = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
         signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP}
signal.pthread_sigmask(signal.SIG_BLOCK, every)
print("ready", flush=True)
for line in sys.argv[1:]:
    print(signal.Signals(signal.sigwait(every)).name, flush=True)
"""

# Tells the size of the window, whenever it changes, until it is 41 lines.
TELL_SIZES = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGWINCH})
lines = 0
while lines != 41:
    columns, lines = os.get_terminal_size(0)
    print(lines, columns, flush=True)
    if lines != 41:
        signal.sigwait({signal.SIGWINCH})
"""


class Signals(Case):
    def test_signals_reach_the_command(self):
        names = ["USR1", "USR2", "HUP", "INT", "QUIT", "TERM", "WINCH", "CONT", "TSTP"]
        child = self.popen("/usr/bin/python3", "-c", WAIT_FOR, *names)
        self.assertEqual(child.stdout.readline(), "ready\n", "no /usr/bin/python3 inside?")
        for name in names:
            child.send_signal(getattr(signal, "SIG" + name))
            self.assertEqual(child.stdout.readline(), f"SIG{name}\n")
        self.assertEqual(child.wait(DEADLINE), 0)

    def test_death_by_a_passed_signal_is_told(self):
        child = self.popen("-i", "sh", "-c", "echo ready; exec cat", stdin=subprocess.PIPE)
        self.assertEqual(child.stdout.readline(), "ready\n")
        child.terminate()
        self.assertEqual(child.wait(DEADLINE), 128 + signal.SIGTERM)

    def test_ignored_signals_stay_ignored(self):
        child = subprocess.Popen(["sh", "-c", 'trap "" HUP; exec "$@"', "-", SBX, "run", "-i", "cat"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **IDENTITY)
        child.stdin.write("one\n")
        child.stdin.flush()
        self.assertEqual(child.stdout.readline(), "one\n")
        child.send_signal(signal.SIGHUP)
        out, _ = child.communicate("two\n", DEADLINE)
        self.assertEqual((out, child.returncode), ("two\n", 0))

    def test_killing_sbx_ends_the_sandbox(self):
        reader, writer = os.pipe()
        child = self.popen("--preserve-fds", str(writer), "-i", "sh", "-c", "echo ready; exec cat",
                           stdin=subprocess.PIPE, pass_fds=[writer])
        os.close(writer)
        self.assertEqual(child.stdout.readline(), "ready\n")
        child.kill()
        ready, _, _ = select.select([reader], [], [], DEADLINE)
        self.assertTrue(ready, "the command lived on")
        self.assertEqual(os.read(reader, 1), b"")
        os.close(reader)


class Terminal(Case):
    """sbx as a child that has the slave of a pty as its controlling terminal."""

    def start(self, *args, size=(24, 80)):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

        def controlling():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        # pylint: disable=subprocess-popen-preexec-fn
        child = subprocess.Popen([SBX, "run", *args], stdin=slave, stdout=slave, stderr=slave, preexec_fn=controlling,
                                 env=dict(os.environ, TERM="vt100"), **IDENTITY)

        def end():
            if child.poll() is None:
                child.kill()
            child.wait()
            os.close(master)
            os.close(slave)

        self.ends.append(end)
        self.master, self.slave, self.child = master, slave, child
        self.seen = ""

    def expect(self, text):
        """Read until @text has come, and forget everything up to there."""
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], DEADLINE)
            self.assertTrue(ready, f"waited for {text!r}, saw {self.seen[-300:]!r}")
            try:
                got = os.read(self.master, 4096)
            except OSError as why:
                if why.errno != errno.EIO:
                    raise
                got = b""
            self.assertTrue(got, f"waited for {text!r}, saw {self.seen[-300:]!r}")
            self.seen += got.decode()
        before, self.seen = self.seen.split(text, 1)
        return before

    def send(self, text):
        os.write(self.master, text.encode())

    def test_command_has_a_terminal_of_its_own(self):
        self.start("-it", "sh", "-c", "tty; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo yes; "
                   "exec 3</dev/tty && echo controlling")
        self.expect("/dev/pts/0\r\n")
        self.expect("vt100\r\n")
        self.expect("yes\r\n")
        self.expect("controlling\r\n")
        self.assertEqual(self.child.wait(DEADLINE), 0)

    def test_keys_reach_the_command_and_the_terminal_is_restored(self):
        self.start("-it", "sh", "-c", "echo ready; read line; echo \"got $line\"; exec cat")
        self.expect("ready\r\n")
        self.send("hello\r")
        self.expect("got hello\r\n")
        self.send("\x03")
        self.assertEqual(self.child.wait(DEADLINE), 128 + signal.SIGINT)
        after = termios.tcgetattr(self.slave)
        self.assertTrue(after[tty.LFLAG] & termios.ICANON and after[tty.LFLAG] & termios.ECHO)
        self.assertEqual(after[tty.OFLAG] & termios.OPOST, termios.OPOST)

    def test_window_size_is_passed_on(self):
        self.start("-it", "/usr/bin/python3", "-c", TELL_SIZES, size=(30, 99))
        self.expect("30 99\r\n")
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 41, 121, 0, 0))
        self.expect("41 121\r\n")
        self.assertEqual(self.child.wait(DEADLINE), 0)

    def test_all_output_arrives(self):
        self.start("-t", "sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i of many; i=$((i+1)); done; "
                   "echo the end")
        self.expect("line 2999 of many\r\nthe end\r\n")
        self.assertEqual(self.child.wait(DEADLINE), 0)

    def test_end_of_a_pipe_is_end_of_file(self):
        self.assertEqual(self.run_ok("-it", "cat", input="line\n").splitlines(), ["line", "line"])
        out = self.run_ok("-it", "sh", "-c", "cat >/dev/null; echo done", input="no newline")
        self.assertTrue(out.endswith("done"), out)

    def test_reader_that_goes_away_hangs_up(self):
        child = self.popen("-t", "yes")
        child.stdout.read(1)
        child.stdout.close()
        self.assertEqual(child.wait(DEADLINE), 128 + signal.SIGHUP)

    def test_interrupt_key_reaches_the_whole_job(self):
        # Without -t: the terminal's own ^C, which sbx passes on to the process group inside.
        self.start("-i", "sh", "-c", "trap 'echo parent' INT; sh -c 'echo ready; exec cat'; echo child $?")
        self.expect("ready\r\n")
        self.send("\x03")
        self.expect("child 130\r\n")
        self.child.wait(DEADLINE)

    def test_stop_key_stops_and_continue_goes_on(self):
        self.start("-i", "sh", "-c", "echo ready; exec cat")
        self.expect("ready\r\n")
        self.send("\x1a")
        _, status = os.waitpid(self.child.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        self.child.send_signal(signal.SIGCONT)
        self.send("again\r")
        self.expect("again\r\nagain\r\n")
        self.send("\x04")
        self.assertEqual(self.child.wait(DEADLINE), 0)


def setUpModule():
    """as from a shell: in the background of a script, or under nohup(1), these are ignored, and sbx would keep that"""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sbx_case.main()
