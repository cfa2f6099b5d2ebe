# SPDX-License-Identifier: MIT
"""What the tests of networks share: a program that has a network namespace of its own as "the host", with a bridge."""
import json
import os
import socket
import subprocess
import sys
import time

import sbx_case
from sbx_case import INSIDE, LEVEL, Case

IS_HOST = os.environ.get("NET_INSIDE") == "1" and LEVEL != "cli-user"
CONNECT = ("import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20); "
           "print(s.recv(99).decode())")


def sh(line):
    done = subprocess.run(["sh", "-euc", line], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{line}\n{done.stdout}{done.stderr}")
    return done.stdout


class HostCase(Case):
    """What is done on "the host" and in sandboxes."""

    def until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            if time.monotonic() > deadline:
                self.fail("it never came true")
            time.sleep(0.01)

    def names(self):
        return {link["ifname"] for link in json.loads(sh("ip -j link"))}

    def interfaces(self, *args):
        """{name: what `ip addr` tells of it} of a sandbox."""
        found = json.loads(self.run_ok(*args, "ip", "-j", "addr"))
        return {link["ifname"]: link for link in found}

    def addresses(self, link):
        return [f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["scope"] == "global"]

    def report(self, *args):
        path = os.path.join(self.directory(), "report.json")
        result = self.sbx("run", "--report", path, *args)
        with open(path, encoding="utf-8") as text:
            return result, json.load(text)

    def serve(self, address):
        """A server of the host's that says hello to the next connection."""
        server = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.ends.append(server.close)
        return server, str(server.getsockname()[1])

    def fetch(self, server, port, address, *args):
        """What a sandbox hears that connects to @address."""
        child = self.popen("--timeout", "60", *args, "python3", "-c", CONNECT, address, port)
        server.settimeout(30)
        with server.accept()[0] as connection:
            peer = connection.getpeername()[0]
            connection.sendall(b"hello")
        out, err = child.communicate(timeout=60)
        self.assertEqual((child.returncode, out), (0, "hello\n"), err)
        return peer

    def holder(self, *args):
        """A sandbox that stays until its standard input ends."""
        child = self.popen("-i", "--timeout", "60", *args, "sh", "-c", "echo ready; cat", stdin=subprocess.PIPE)
        line = child.stdout.readline()
        if line != "ready\n":
            self.fail(child.communicate()[1])
        return child

    def let_go(self, child):
        child.communicate()
        self.assertEqual(child.returncode, 0)


class NetCase(HostCase):
    """With a bridge br0 on "the host", which looks afterwards as it did before."""

    def setUp(self):
        super().setUp()
        if not IS_HOST:
            self.skipTest("making interfaces needs CAP_NET_ADMIN")
        sh("ip link set lo up; ip link add name br0 type bridge; ip addr add 10.0.0.1/24 dev br0; "
           "ip addr add fd00::1/64 dev br0 nodad; ip link set br0 up")
        self.links = self.names()

    def tearDown(self):
        super().tearDown()
        if not IS_HOST:
            return
        try:
            self.until(lambda: self.names() == self.links)
        finally:  # the next test shall find nothing of this one
            sh("ip link del br0; ip link del sbx0 2>/dev/null || :; echo 0 > /proc/sys/net/ipv4/ip_forward")


def image(case):
    """A root file system, but for its /usr."""
    path = case.directory()
    for name in ("usr", "proc", "dev", "tmp", "etc"):
        os.mkdir(os.path.join(path, name))
    for name in ("bin", "lib", "lib64"):
        os.symlink("usr/" + name, os.path.join(path, name))
    return path


def main():
    """Enter a network namespace first, if that is possible."""
    if (LEVEL != "cli-userns" or INSIDE) and os.environ.get("NET_INSIDE") != "1":
        if subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ["NET_INSIDE"] = "1"
            os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    sbx_case.main()
