# SPDX-License-Identifier: MIT
"""The network: kinds, addresses, ports, bridges that come and go, the report."""
import json
import os
import signal
import socket
import subprocess

import net_case
from net_case import CONNECT, HostCase, NetCase, image, sh
from sbx_case import SBX, works

BOCKER = os.environ.get("SBX_BOCKER", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/bocker"))


class Bridge(NetCase):
    def test_an_address_is_allocated_and_the_bridge_reached(self):
        link = self.interfaces("--network", "bridge:br0")["eth0"]
        v4, v6 = self.addresses(link)
        self.assertRegex(v4, r"^10\.0\.0\.\d+/24$")
        self.assertRegex(v6, r"^fd00::[0-9a-f]+/64$")
        self.assertRegex(link["address"], r"^02:42:0a:00:00:")
        server, port = self.serve("10.0.0.1")
        self.assertRegex(self.fetch(server, port, "10.0.0.1", "--network", "bridge:br0"), r"^10\.0\.0\.")
        server, port = self.serve("fd00::1")
        self.assertRegex(self.fetch(server, port, "fd00::1", "--network", "bridge:br0"), r"^fd00::")

    def test_what_is_given_is_what_there_is(self):
        link = self.interfaces("--network", "bridge:br0", "--ip", "10.0.0.5", "--ip6", "fd00::5/64", "--mac-address",
                               "02:42:ac:11:00:07", "--mtu", "1400", "--net-name", "wan")["wan"]
        self.assertEqual(self.addresses(link), ["10.0.0.5/24", "fd00::5/64"])
        self.assertEqual((link["address"], link["mtu"]), ("02:42:ac:11:00:07", 1400))

    def test_more_addresses_and_routes(self):
        out = self.shell("ip -j addr show eth0; ip -j route", "--network", "bridge:br0", "--ip", "10.0.0.5", "--ip",
                         "10.3.0.5/16", "--ip6", "none", "--net-route", "10.1.0.0/16=10.0.0.9", "--net-route",
        "10.2.0.0/16")
        link, routes = (json.loads(line) for line in out.splitlines())
        self.assertEqual(self.addresses(link[0]), ["10.0.0.5/24", "10.3.0.5/16"])
        found = {route["dst"]: route.get("gateway") for route in routes}
        self.assertEqual(found["default"], "10.0.0.1")
        self.assertEqual((found["10.1.0.0/16"], found["10.2.0.0/16"]), ("10.0.0.9", None))

    def test_gateways(self):
        routes = ["ip", "route", "show", "default"]
        self.assertIn("10.0.0.9", self.run_ok("--network", "bridge:br0", "--gateway", "10.0.0.9", *routes))
        self.assertEqual(self.run_ok("--network", "bridge:br0", "--gateway", "none", *routes), "")
        self.assertEqual(self.run_ok("--network", "bridge:br0", "--net-internal", *routes), "")

    def test_two_at_once_have_two_addresses(self):
        first = self.holder("--network", "bridge:br0")
        (name,) = self.names() - self.links
        taken = ".".join(str(byte) for byte in bytes.fromhex(name[2:10]))
        self.assertIn("another sandbox", self.refused("--network", "bridge:br0", "--ip", taken, "true"))
        link = self.interfaces("--network", "bridge:br0")["eth0"]
        self.assertNotEqual(self.addresses(link)[0], taken + "/24")
        self.let_go(first)

    def test_a_pair_without_a_bridge(self):
        server, port = self.serve("0.0.0.0")
        self.assertEqual(self.fetch(server, port, "10.9.0.1", "--network", "veth", "--ip", "10.9.0.2/30", "--gateway",
                                    "10.9.0.1", "--net-host-name", "mine0"), "10.9.0.2")

    def test_what_cannot_be_is_said_before_anything_exists(self):
        before = sh("ip -o link")
        for args, message in (
                (["--network", "bridge:nope"], "there is no bridge nope"),
                (["--network", "bridge:lo"], "lo is no bridge"),
                (["--network", "bridge:br0", "--ip", "10.1.0.5"], "outside the network"),
                (["--network", "bridge:br0", "--ip", "10.0.0.1"], "itself"),
                (["--network", "bridge:br0", "--ip", "10.0.0.255"], "broadcast"),
                (["--network", "bridge:br0", "--gateway", "10.7.0.1"], "in no network"),
                (["--network", "veth", "--ip", "10.9.0.2"], "no prefix")):
            self.assertIn(message, self.refused(*args, "true"))
        self.assertEqual(sh("ip -o link"), before)


class OwnBridge(NetCase):
    """`--network bridge` makes one; --net-internal, so that nobody has to forward."""

    def ls(self):
        done = subprocess.run([SBX, "net", "ls"], capture_output=True, text=True, check=True)
        return [line.split() for line in done.stdout.splitlines()[1:]]

    def rm(self, *names):
        done = subprocess.run([SBX, "net", "rm", *names], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_it_comes_and_goes_with_the_sandbox(self):
        self.assertEqual(self.ls(), [])
        first = self.holder("--network", "bridge", "--net-internal")
        self.assertEqual(self.ls(), [["sbx0", "10.87.0.1/16", "-", "1", "lives"]])
        second = self.holder("--network", "bridge", "--net-internal", "--ip", "10.87.3.4")
        self.assertEqual(self.ls(), [["sbx0", "10.87.0.1/16", "-", "2", "lives"]])
        self.let_go(first)
        server, port = self.serve("10.87.0.1")
        self.fetch(server, port, "10.87.0.1", "--network", "bridge", "--net-internal")
        self.until(lambda: self.ls() == [["sbx0", "10.87.0.1/16", "-", "1", "ended"]])
        self.let_go(second)
        self.until(lambda: not self.ls())

    def test_one_in_use_is_not_removed(self):
        child = self.holder("--network", "bridge", "--net-internal", "--net-host-name", "mine0")
        code, err = self.rm("sbx0")
        self.assertEqual(code, 125)
        self.assertIn("mine0", err)
        self.assertRegex(err, r"(?m)^hint: ")
        self.let_go(child)

    def test_one_that_was_left_behind_is(self):
        child = self.holder("--network", "bridge", "--net-internal")
        child.send_signal(signal.SIGKILL)
        child.communicate()
        self.until(lambda: self.ls() == [["sbx0", "10.87.0.1/16", "-", "0", "ended"]])
        self.assertEqual(self.rm("sbx0"), (0, ""))
        self.assertEqual(self.ls(), [])

    def test_only_what_is_ours(self):
        self.assertIn("was not made for sandboxes", self.rm("br0")[1])
        self.assertIn("there is no bridge nope", self.rm("nope")[1])
        self.assertEqual(self.rm("br0", "nope")[0], 125)
        self.assertIn("br0", self.names())

    def test_forwarding_is_asked_for(self):
        sh("echo 0 > /proc/sys/net/ipv4/ip_forward")
        err = self.refused("--network", "bridge", "true")
        self.assertIn("ip_forward", err)
        self.assertIn("--ip-forward", err)
        self.assertNotIn("sbx0", self.names())
        self.run_ok("--network", "bridge", "--ip-forward", "true")
        self.assertEqual(sh("cat /proc/sys/net/ipv4/ip_forward"), "1\n")
        self.run_ok("--network", "bridge", "true")
        sh("echo 0 > /proc/sys/net/ipv4/ip_forward")


class Others(NetCase):
    def test_a_namespace_by_its_file(self):
        child = self.holder("--network", "bridge:br0", "--ip", "10.0.0.5")
        with open(f"/proc/{child.pid}/task/{child.pid}/children", encoding="ascii") as children:
            path = f"/proc/{children.read().split()[0]}/ns/net"
        out = self.run_ok("--network", f"netns:{path}", "readlink", "/proc/self/ns/net")
        self.assertEqual(out, os.readlink(path))
        self.assertEqual(self.addresses(self.interfaces("--network", f"netns:{path}")["eth0"])[0], "10.0.0.5/24")
        self.let_go(child)

    def test_a_macvlan(self):
        sh("ip link add name up0 type veth peer name up1; ip addr add 10.4.0.1/24 dev up1; ip link set up0 up; "
           "ip link set up1 up")
        self.ends.append(lambda: sh("ip link del up0"))
        server, port = self.serve("10.4.0.1")
        self.assertEqual(self.fetch(server, port, "10.4.0.1", "--network", "macvlan:up0:private", "--ip",
                                    "10.4.0.5/24"),
                         "10.4.0.5")

    def test_a_device_moves_in_and_comes_back(self):
        sh("ip link add name up0 type veth peer name up1")
        self.ends.append(lambda: sh("ip link del up0"))
        link = self.interfaces("--network", "device:up0", "--ip", "10.4.0.5/24", "--ip", "10.5.0.5/24")["up0"]
        self.assertEqual(self.addresses(link), ["10.4.0.5/24", "10.5.0.5/24"])
        self.assertIn("up0", self.names())

    def test_a_published_port_leads_inside(self):
        sh("echo 1 > /proc/sys/net/ipv4/ip_forward")
        serve = ("import socket; s = socket.create_server(('', 80)); print('ready', flush=True); "
                 "s.accept()[0].send(b'hello')")
        child = self.popen("--timeout", "60", "--network", "bridge:br0", "-p", "127.0.0.1::80", "--report", "fd:2",
                           "python3", "-c", serve)
        self.assertEqual(child.stdout.readline(), "ready\n")
        told = child.stderr.readline()
        self.assertRegex(told, r"port \d+ leads to 80/tcp")
        port = int(told.split()[2])
        with socket.create_connection(("127.0.0.1", port), 30) as connection:
            self.assertEqual(connection.recv(99), b"hello")
        err = child.communicate(timeout=60)[1]
        self.assertEqual(json.loads(err)["ports"],
                         [{"protocol": "tcp", "host_port": port, "port": 80, "address": "127.0.0.1"}])
        sh("echo 0 > /proc/sys/net/ipv4/ip_forward")

    def test_a_port_that_is_taken(self):
        sh("echo 1 > /proc/sys/net/ipv4/ip_forward")
        port = self.serve("127.0.0.1")[1]
        self.assertIn(port, self.refused("--network", "bridge:br0", "-p", f"127.0.0.1:{port}:80", "true"))
        sh("echo 0 > /proc/sys/net/ipv4/ip_forward")

    def test_what_is_not_allowed_is_refused_at_once(self):
        server, port = self.serve("10.0.0.1")
        self.fetch(server, port, "10.0.0.1", "--network", "bridge:br0", "--net-allow", f"tcp 10.0.0.1 {port}")
        for rule in ("none", f"tcp 10.0.0.2 {port}", f"udp 10.0.0.1 {port}", f"tcp 10.0.0.1 {int(port) ^ 1}"):
            result = self.sbx("run", "--network", "bridge:br0", "--net-allow", rule, "python3", "-c", CONNECT,
                              "10.0.0.1", port)
            self.assertEqual(result.code, 1, result)
            self.assertRegex(result.err, "No route to host|refused|prohibited")

    def test_a_rate_is_kept(self):
        child = self.holder("--network", "bridge:br0", "--net-rate", "80mbit")
        self.assertIn("rate 80Mbit", sh("tc qdisc"))
        self.let_go(child)


class ByAProgram(HostCase):
    """slirp4netns, as whoever asks, reaches an address of "the host"."""

    def setUp(self):
        super().setUp()
        if os.environ.get("NET_INSIDE") != "1":
            self.skipTest("no network namespace for the test")
        if not works("slirp4netns", "--version") or not works("sh", "-c", ": <>/dev/net/tun"):
            self.skipTest("slirp4netns is not installed, or /dev/net/tun cannot be opened")
        sh("ip link set lo up; ip addr add 192.0.2.1/32 dev lo")
        self.ends.append(lambda: sh("ip addr del 192.0.2.1/32 dev lo"))

    def test_a_server_of_the_host_is_reached(self):
        for kind in ("slirp", "slirp4netns", "user"):
            server, port = self.serve("192.0.2.1")
            self.fetch(server, port, "192.0.2.1", "--network", kind)

    def test_its_name_server_is_the_hosts(self):
        self.assertEqual(self.run_ok("--network", "slirp", "cat", "/etc/resolv.conf"), "nameserver 10.0.2.3")
        self.assertEqual(self.shell("cat /etc/resolv.conf", "--network", "slirp", "--dns", "192.0.2.1"), "nameserver 192.0.2.1")

    def test_a_published_port_leads_inside(self):
        serve = ("import socket; s = socket.create_server(('', 80)); print('ready', flush=True); "
                 "s.accept()[0].send(b'hello')")
        child = self.popen("--timeout", "60", "--network", "slirp", "-p", "192.0.2.1::80", "python3", "-c", serve)
        self.assertEqual(child.stdout.readline(), "ready\n")
        port = int(child.stderr.readline().split()[2])
        with socket.create_connection(("192.0.2.1", port), 30) as connection:
            self.assertEqual(connection.recv(99), b"hello")
        child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0)


class Bocker(NetCase):
    """examples/bocker, with the bridge that the original demands."""

    def test_the_container_is_on_bridge0(self):
        sh("ip link add bridge0 type bridge; ip addr add 10.0.0.1/24 dev bridge0; ip link set bridge0 up")
        self.ends.append(lambda: sh("ip link del bridge0"))
        # Without the limits, which need controllers.
        plain = self.host_file("#!/bin/sh\nshift; for word; do shift; case $word in "
                               "--cpu-shares | --memory) skip=1 ;; *) "
                               '[ "$skip" ] && skip= || set -- "$@" "$word" ;; esac; done; '
                               f'exec {SBX} run -v /usr:/usr:ro "$@"\n', 0o755)
        script = "ip -j addr show eth0; ip -j route show default; cat /etc/resolv.conf"
        done = subprocess.run([BOCKER, "run", image(self), "sh", "-c",
                               script],
                              capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, SBX=plain), cwd=self.directory())
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        link, route, names = done.stdout.splitlines()
        (link,), (route,) = json.loads(link), json.loads(route)
        (address,) = self.addresses(link)
        self.assertRegex(address, r"^10\.0\.0\.\d+/24$")
        number = int(address.split("/")[0].split(".")[3])
        self.assertEqual(link["address"], f"02:42:0a:00:00:{number:02x}")
        self.assertEqual((route["gateway"], names), ("10.0.0.1", "nameserver 8.8.8.8"))


class Report(NetCase):
    def test_interfaces_and_what_went_through(self):
        server, port = self.serve("10.0.0.1")
        path = os.path.join(self.directory(), "report.json")
        self.fetch(server, port, "10.0.0.1", "--network", "bridge:br0", "--ip", "10.0.0.5", "--ip6", "none",
                   "--report", path)
        with open(path, encoding="utf-8") as text:
            (link,) = json.load(text)["network"]
        known = {"name": "eth0", "kind": "veth", "device": "br0", "mac": "02:42:0a:00:00:05", "mtu": 1500,
                 "address": "10.0.0.5/24", "gateway": "10.0.0.1"}
        self.assertEqual({key: link[key] for key in known}, known)
        self.assertRegex(link["host_name"], r"^sb0a000005-[0-9a-f]{4}$")
        self.assertFalse({"address6", "gateway6"} & set(link), link)
        for figure in ("rx_packets", "tx_packets"):
            self.assertGreaterEqual(link[figure], 4)
        self.assertGreaterEqual(link["rx_bytes"], 200)
        self.assertEqual((link["rx_dropped"], link["tx_dropped"]), (0, 0))

    def test_nothing_of_a_sandbox_without_interfaces(self):
        report = self.report("true")[1]
        self.assertFalse({"network", "ports"} & set(report))


if __name__ == "__main__":
    net_case.main()
