# SPDX-License-Identifier: MIT
"""The network: kinds, addresses, ports, names, the report; in a network namespace of the test's own."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

import sbx_case
from sbx_case import IDENTITY, INSIDE, LEVEL, SBX, Case, works

# "the host" of these tests is a network namespace that the program has entered by itself: see the end
IS_HOST = os.environ.get("NET_INSIDE") == "1" and LEVEL != "cli-user"
BOCKER = os.environ.get("SBX_BOCKER", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/bocker"))
CONNECT = "import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20); print(s.recv(99).decode())"


def sh(line):
    done = subprocess.run(["sh", "-euc", line], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{line}\n{done.stdout}{done.stderr}")
    return done.stdout


def words_of(text):
    """What is written in a file of names, without how it is set out."""
    return [line.split() for line in text.splitlines()]


class NetCase(Case):
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
                         "10.3.0.5/16", "--ip6", "none", "--net-route", "10.1.0.0/16=10.0.0.9", "--net-route", "10.2.0.0/16")
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
        self.assertEqual(self.fetch(server, port, "10.4.0.1", "--network", "macvlan:up0:private", "--ip", "10.4.0.5/24"),
                         "10.4.0.5")

    def test_a_device_moves_in_and_comes_back(self):
        sh("ip link add name up0 type veth peer name up1")
        self.ends.append(lambda: sh("ip link del up0"))
        link = self.interfaces("--network", "device:up0", "--ip", "10.4.0.5/24", "--ip", "10.5.0.5/24")["up0"]
        self.assertEqual(self.addresses(link), ["10.4.0.5/24", "10.5.0.5/24"])
        self.assertIn("up0", self.names())

    def test_a_published_port_leads_inside(self):
        sh("echo 1 > /proc/sys/net/ipv4/ip_forward")
        serve = "import socket; s = socket.create_server(('', 80)); print('ready', flush=True); s.accept()[0].send(b'hello')"
        child = self.popen("--timeout", "60", "--network", "bridge:br0", "-p", "127.0.0.1::80", "--report", "fd:2", "python3", "-c", serve)
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
            result = self.sbx("run", "--network", "bridge:br0", "--net-allow", rule, "python3", "-c", CONNECT, "10.0.0.1", port)
            self.assertEqual(result.code, 1, result)
            self.assertRegex(result.err, "No route to host|refused|prohibited")

    def test_a_rate_is_kept(self):
        child = self.holder("--network", "bridge:br0", "--net-rate", "80mbit")
        self.assertIn("rate 80Mbit", sh("tc qdisc"))
        self.let_go(child)


class Bocker(NetCase):
    """examples/bocker, with the bridge that the original demands."""

    def test_the_container_is_on_bridge0(self):
        sh("ip link add bridge0 type bridge; ip addr add 10.0.0.1/24 dev bridge0; ip link set bridge0 up")
        self.ends.append(lambda: sh("ip link del bridge0"))
        image = self.directory()
        for name in ("usr", "proc", "dev", "tmp", "etc"):
            os.mkdir(os.path.join(image, name))
        for name in ("bin", "lib", "lib64"):
            os.symlink("usr/" + name, os.path.join(image, name))
        # Without the limits, which need controllers.
        plain = self.host_file("#!/bin/sh\nshift; for word; do shift; case $word in --cpu-shares | --memory) skip=1 ;; *) "
                               '[ "$skip" ] && skip= || set -- "$@" "$word" ;; esac; done; '
                               f'exec {SBX} run -v /usr:/usr:ro "$@"\n', 0o755)
        done = subprocess.run([BOCKER, "run", image, "sh", "-c", "ip -j addr show eth0; ip -j route show default; cat /etc/resolv.conf"],
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
        self.fetch(server, port, "10.0.0.1", "--network", "bridge:br0", "--ip", "10.0.0.5", "--ip6", "none", "--report", path)
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


class Names(Case):
    """Files of names; with a network of its own that needs no privilege."""

    def show(self, name, *args):
        return words_of(self.run_ok(*args, "cat", f"/etc/{name}"))

    def test_given_servers_and_hosts(self):
        args = ["--dns", "10.0.0.53", "--dns", "fd00::53", "--dns-search", "lab", "--dns-search", "example.org"]
        self.assertEqual(self.show("resolv.conf", *args), [["nameserver", "10.0.0.53"], ["nameserver", "fd00::53"],
                                                           ["search", "lab", "example.org"]])
        hosts = self.show("hosts", "--add-host", "db:10.0.0.7", "--add-host", "six:fd00::7", "--add-host=other=[::9]", "-h", "box")
        for line in (["127.0.0.1", "localhost"], ["10.0.0.7", "db"], ["fd00::7", "six"], ["::9", "other"]):
            self.assertIn(line, hosts)
        self.assertTrue(any(line[1:] == ["box"] for line in hosts), hosts)
        self.assertEqual(self.show("hostname", "--add-host", "db:10.0.0.7", "-h", "box"), [["box"]])

    def test_none_are_written_without_a_network(self):
        for args in ([], ["--network", "none"], ["--network", "host"]):
            self.assertEqual(self.shell("ls /etc", *args), "alternatives\ngroup\nld.so.cache\npasswd")

    def test_a_link_in_an_image_is_replaced(self):
        image = self.directory()
        for name in ("etc", "usr", "proc", "dev", "tmp"):
            os.mkdir(os.path.join(image, name))
        for name in ("bin", "lib", "lib64"):
            os.symlink("usr/" + name, os.path.join(image, name))
        os.symlink("../run/stub-resolv.conf", os.path.join(image, "etc/resolv.conf"))
        for name in ("etc/hosts", "etc/hostname"):
            with open(os.path.join(image, name), "w", encoding="ascii") as to:
                to.write("of the image\n")
        self.shell("cat /etc/hosts", "--rootfs", image, "--overlay", "-v", "/usr:/usr:ro", "--add-host", "db:10.0.0.7")
        for name in ("", "etc", "etc/hosts", "etc/hostname", "etc/resolv.conf"):  # where it is the caller's own, the link can go as well
            os.chown(os.path.join(image, name), IDENTITY.get("user", -1), IDENTITY.get("group", -1), follow_symlinks=False)
        out = self.shell("cat /etc/resolv.conf; grep -c image /etc/hosts; grep 10.0.0.7 /etc/hosts", "--rootfs", image, "--overlay", "-v",
                         "/usr:/usr:ro", "--dns", "10.0.0.53", "--add-host", "db:10.0.0.7")
        self.assertEqual(words_of(out), [["nameserver", "10.0.0.53"], ["0"], ["10.0.0.7", "db"]])
        with open(os.path.join(image, "etc/hosts"), encoding="ascii") as hosts:
            self.assertEqual(hosts.read(), "of the image\n")


class NamesOfANetwork(NetCase):
    def test_hosts_and_resolv_conf_by_default(self):
        out = self.shell("cat /etc/hosts; cat /etc/hostname", "--network", "bridge:br0", "--ip", "10.0.0.5")
        self.assertIn(["10.0.0.5", "sandbox"], words_of(out))
        with open("/etc/resolv.conf", encoding="utf-8") as text:
            servers = [line[1] for line in words_of(text.read()) if line[:1] == ["nameserver"]]
        expected = "yes" if any(not server.startswith("127.") for server in servers) else "no"
        if not servers or expected == "no":
            self.skipTest("this machine has no name server that can be reached from elsewhere")
        self.assertEqual(self.shell("[ -e /etc/resolv.conf ] && echo yes", "--network", "bridge:br0"), "yes")
        self.assertEqual(self.shell("[ -e /etc/resolv.conf ] || echo no", "--network", "bridge:br0", "--dns", "none"), "no")


class Words(Case):
    """What is wrong is said, whoever asks, and before anything is made."""

    def test_values(self):
        for args, message in (
                (["--network", "foo"], "expected none, host"),
                (["--network", "none:x"], "nothing belongs behind"),
                (["--network", "macvlan"], "which device"),
                (["--network", "netns:"], "which file"),
                (["--network", "netns:/no/such"], "No such file"),
                (["--network", "netns:/dev/null"], "no network namespace"),
                (["--network", "none", "--network", "host"], "already"),
                (["--network", "bridge:a-name-too-long-for-it"], "longer than 15"),
                (["--network", "bridge:a/b"], "cannot be"),
                (["--network", "bridge:br0", "--ip", "10.0.0.500"], "no IPv4 address"),
                (["--network", "bridge:br0", "--ip6", "10.0.0.5"], "no IPv6 address"),
                (["--network", "bridge:br0", "--mac-address", "02:42"], "no MAC address"),
                (["--network", "bridge:br0", "--mac-address", "01:42:0a:00:00:05"], "no MAC address"),
                (["--network", "bridge:br0", "--gateway", "x"], "no IPv4 address"),
                (["--network", "macvlan:eth0:odd"], "no mode"),
                (["--network", "bridge:br0", "--net-route", "10.1.0.5/16"], "behind its prefix"),
                (["--mtu", "20"], "68 to 65535"),
                (["--net-rate", "0"], "bytes a second"), (["--net-rate", "fast"], "bytes a second"),
                (["--net-rate", "10mbits"], "bytes a second"), (["--net-delay", "x"], "expected a time"),
                (["--net-allow", "everything"], "tcp|udp|icmp"), (["--net-allow", "tcp 10.0.0.1 0"], "tcp|udp|icmp"),
                (["--dns", "example.org"], "no address"), (["--dns", "none", "--dns", "10.0.0.1"], "exclude"),
                (["--add-host", "db"], "NAME:ADDRESS"), (["--add-host", "db:x"], "no address"),
                (["--add-host", "d b:10.0.0.1"], "no host name")):
            self.assertIn(message, self.refused(*args, "true"), args)

    def test_ports(self):
        for port in ("", "x", "0", "80/sctp", "80:", "80-70", "80-81:80", "1:2:3:4", "[::1:80:80", "70000", "80:70000",
                     "fd00::1:80:80", "127.0.0.1:80:80/", "65535-65536:1-2"):
            self.refused("--network", "bridge", "-p", port, "true")
        for port in ("80", "8080:80", "127.0.0.1::80", "127.0.0.1:8080:80/udp", "[::1]:8080:80", "8000-8003:80-83/tcp"):
            plan = self.run_ok("--dry-run", "--network", "bridge", "-p", port, "true")
            self.assertRegex(plan, r"(?m)^host +port ")

    def test_options_that_the_kind_has_no_use_for(self):
        for args, message in (
                (["--ip", "10.0.0.5"], "--ip needs an interface"),
                (["--network", "host", "-p", "80"], "--publish needs a way in"),
                (["--network", "host", "--net-allow", "none"], "--net-allow needs a network of its own"),
                (["--network", "macvlan:eth0", "--net-rate", "1M"], "--net-rate needs"),
                (["--network", "ipvlan:eth0", "--mac-address", "02:42:0a:00:00:05"], "--mac-address needs"),
                (["--network", "veth", "--net-isolated"], "--net-isolated needs a bridge"),
                (["--network", "pasta", "--ip-forward"], "--ip-forward needs"),
                (["--network", "bridge", "--net-internal", "--masquerade"], "contradicts --masquerade"),
                (["--network", "bridge", "--net-internal", "--gateway", "10.87.0.2"], "contradicts --gateway"),
                (["--share", "mount", "--dns", "10.0.0.1"], "mount namespace")):
            self.assertIn(message, self.refused(*args, "true"), args)

    def test_share_and_ns_must_not_say_something_else(self):
        for args in (["--network", "none", "--share", "net"], ["--network", "bridge", "--share", "net"],
                     ["--network", "netns:/proc/self/ns/net", "--share", "net"],
                     ["--network", "bridge", "--ns", "pid,mount,user"], ["--network", "host", "--ns", "net,mount,user"],
                     ["--network", "host", "--ns", "net=/proc/self/ns/net"],
                     ["--ns", "net=/proc/self/ns/net", "--network", "netns:/proc/self/ns/net"]):
            self.assertIn("--network", self.refused(*args, "true"), args)

    def test_the_callers_own(self):
        out = self.run_ok("--network", "host", "readlink", "/proc/self/ns/net")
        self.assertEqual(out, os.readlink("/proc/self/ns/net"))
        self.run_ok("--network", "host", "--share", "net", "true")
        self.assertNotEqual(self.run_ok("--network", "none", "readlink", "/proc/self/ns/net"), out)

    def test_plan(self):
        plan = self.run_ok("--dry-run", "--network", "bridge", "--net-rate", "80mbit", "--net-delay", "20ms", "--net-allow",
                           "udp any 53", "--ip", "10.87.0.5", "true")
        for line in ("bridge sbx0 made with 10.87.0.1/16", "link veth eth0 on sbx0", "nat masquerade sbx0",
                     "shape eth0, 10000000 bytes a second, delay 20000000 ns", "wall allow udp any 53"):
            self.assertRegex(plan, rf"(?m)^host +{line}$")
        self.assertRegex(plan, r"(?m)^host +address eth0 10\.87\.0\.5")
        self.assertIn("10485760 bytes", self.run_ok("--dry-run", "--network", "bridge", "--net-rate", "10M", "true"))

    def test_net_wants_a_verb(self):
        for words in ([], ["show"], ["ls", "x"], ["rm"]):
            done = subprocess.run([SBX, "net", *words], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (125, ""))
            self.assertIn("usage", done.stderr)

    def test_without_privilege_the_way_out_is_named(self):
        if LEVEL != "cli-user":
            self.skipTest("this caller has the privilege, or may have")
        err = self.refused("--network", "veth", "--ip", "10.9.0.2/30", "true")
        self.assertIn("Operation not permitted", err)
        self.assertIn("--network pasta", err)


if __name__ == "__main__":
    if (LEVEL != "cli-userns" or INSIDE) and os.environ.get("NET_INSIDE") != "1" and works("true"):
        if subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ["NET_INSIDE"] = "1"
            os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    sbx_case.main()
