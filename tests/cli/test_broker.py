# SPDX-License-Identifier: MIT
"""examples/broker.c: connections that a program without network makes by way of it, and the files it reads."""
import os
import subprocess
import unittest

import sbx_case
from sbx_case import IDENTITY, Case

BROKER = os.environ.get("SBX_BROKER", "")

# In a network namespace of its own: a server on two ports, of which one is allowed.
INSIDE = r"""
import socket, subprocess, sys, threading, fcntl, struct
broker, client = sys.argv[1:]
up = socket.socket()
flags = struct.pack("16sh22x", b"lo", 1)
fcntl.ioctl(up, 0x8914, flags)  # SIOCSIFFLAGS: lo is up
servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
ports = [str(server.getsockname()[1]) for server in servers]
got = []

def serve():
    connection, _ = servers[0].accept()
    got.append(connection.recv(100))
    connection.sendall(b"answer")
    connection.close()

thread = threading.Thread(target=serve, daemon=True)
thread.start()
done = subprocess.run([broker, "-a", "127.0.0.1:" + ports[0], "/usr/bin/python3", "-S", "-E", "-c", client, *ports],
                      capture_output=True, text=True, timeout=60)
thread.join(timeout=1 if done.returncode else 60)
servers[1].setblocking(False)
try:
    servers[1].accept()
    print("the refused port was connected to")
except BlockingIOError:
    pass
print(done.returncode, got, ports)
print(done.stdout)
print(done.stderr, file=sys.stderr)
"""

CLIENT = r"""
import os, socket, sys
one = socket.socket()
number = one.fileno()
one.connect(("127.0.0.1", int(sys.argv[1])))
one.sendall(b"question")
print(one.recv(100), number == one.fileno(), one.getpeername()[1] == int(sys.argv[1]))
for address in (("127.0.0.1", int(sys.argv[2])), ("192.0.2.1", 80)):
    try:
        socket.create_connection(address)
        print("connected")
    except OSError as why:
        print(why.errno)
patient = socket.socket()
patient.setblocking(False)
print(patient.connect_ex(("127.0.0.1", int(sys.argv[2]))))
local = socket.socket(socket.AF_UNIX)
print(local.connect_ex("/no/such/socket"))
print(len(open("/etc/ld.so.cache", "rb").read(1)))
"""


def namespaces():
    words = ["unshare", "--net"]
    if os.geteuid() != 0 or IDENTITY:
        words += ["--user", "--map-root-user"]
    return words


@unittest.skipUnless(BROKER, "the examples are not built")
class Broker(Case):
    def broker(self, *args):
        return subprocess.run([BROKER, *args], text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
                              check=False, **IDENTITY)

    def need(self):
        done = self.broker("true")
        if "listener" in done.stderr:
            self.skipTest(done.stderr.splitlines()[0])
        self.assertEqual(done.returncode, 0, done)

    def test_what_is_allowed_is_connected_and_nothing_else(self):
        self.need()
        if subprocess.run([*namespaces(), "true"], capture_output=True, check=False, **IDENTITY).returncode != 0:
            self.skipTest("no network namespace to try it in")
        done = subprocess.run([*namespaces(), "/usr/bin/python3", "-S", "-E", "-c", INSIDE, BROKER, CLIENT], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False, **IDENTITY)
        self.assertEqual(done.returncode, 0, done)
        first, *rest = done.stdout.split("\n", 1)
        self.assertTrue(first.startswith("0 [b'question']"), done)
        self.assertEqual(rest[0].split("\n")[:6], ["b'answer' True True", "13", "13", "13", "2", "1"], done)
        allowed, refused = first.split("[")[2].strip("]").replace("'", "").split(", ")
        told = done.stderr.splitlines()
        self.assertIn(f"connect  127.0.0.1:{allowed}", told)
        self.assertIn(f"refused  127.0.0.1:{refused}", told)
        self.assertIn("refused  192.0.2.1:80", told)
        self.assertNotIn(f"connect  127.0.0.1:{refused}", told)

    def test_files_are_told_once_and_in_order(self):
        self.need()
        done = self.broker("sh", "-c", "cd /etc && cat ./passwd /etc/no-such-file 2>&1; cat /etc/ld.so.cache > /dev/null;"
                           "exit 4")
        self.assertEqual(done.returncode, 4, done)
        told = done.stderr.splitlines()
        self.assertEqual(told, sorted(set(told)))
        for path in ("/etc/./passwd", "/etc/no-such-file", "/etc/ld.so.cache", "/dev/null"):
            self.assertIn("open     " + path, told)
        self.assertTrue(any(line.startswith("execute  /") and line.endswith("/cat") for line in told), told)

    def test_bad_words_are_refused(self):
        for words in ([], ["-a", "x", "true"], ["-a", "127.0.0.1:no-such-port", "true"], ["-z", "true"], ["-a"]):
            done = self.broker(*words)
            self.assertEqual((done.returncode, done.stdout), (125, ""), (words, done))


if __name__ == "__main__":
    sbx_case.main()
