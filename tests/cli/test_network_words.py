# SPDX-License-Identifier: MIT
"""The network: files of names, words that are wrong, plans."""
import os
import subprocess

import net_case
from net_case import NetCase, image
from sbx_case import IDENTITY, LEVEL, SBX, Case


def words_of(text):
    """What is written in a file of names, without how it is set out."""
    return [line.split() for line in text.splitlines()]


class Names(Case):
    """Files of names; with a network of its own that needs no privilege."""

    def show(self, name, *args):
        return words_of(self.run_ok(*args, "cat", f"/etc/{name}"))

    def test_given_servers_and_hosts(self):
        args = ["--dns", "10.0.0.53", "--dns", "fd00::53", "--dns-search", "lab", "--dns-search", "example.org"]
        self.assertEqual(self.show("resolv.conf", *args), [["nameserver", "10.0.0.53"], ["nameserver", "fd00::53"],
                                                           ["search", "lab", "example.org"]])
        hosts = self.show("hosts", "--add-host", "db:10.0.0.7", "--add-host", "six:fd00::7", "--add-host=other=[::9]",
                          "-h", "box")
        for line in (["127.0.0.1", "localhost"], ["10.0.0.7", "db"], ["fd00::7", "six"], ["::9", "other"]):
            self.assertIn(line, hosts)
        self.assertTrue(any(line[1:] == ["box"] for line in hosts), hosts)
        self.assertEqual(self.show("hostname", "--add-host", "db:10.0.0.7", "-h", "box"), [["box"]])

    def test_none_are_written_without_a_network(self):
        for args in ([], ["--network", "none"], ["--network", "host"]):
            self.assertEqual(self.shell("ls /etc", *args), "alternatives\ngroup\nld.so.cache\npasswd")

    def test_a_link_in_an_image_is_replaced(self):
        path = image(self)
        os.symlink("../run/stub-resolv.conf", os.path.join(path, "etc/resolv.conf"))
        for name in ("etc/hosts", "etc/hostname"):
            with open(os.path.join(path, name), "w", encoding="ascii") as to:
                to.write("of the image\n")
        self.shell("cat /etc/hosts", "--rootfs", path, "--overlay", "-v", "/usr:/usr:ro", "--add-host", "db:10.0.0.7")
        for name in ("", "etc", "etc/hosts", "etc/hostname",
                     "etc/resolv.conf"):  # where it is the caller's own, the link can go as well
            os.chown(os.path.join(path, name), IDENTITY.get("user", -1), IDENTITY.get("group", -1),
                     follow_symlinks=False)
        out = self.shell("cat /etc/resolv.conf; grep -c image /etc/hosts; grep 10.0.0.7 /etc/hosts", "--rootfs", path,
                         "--overlay", "-v",
                         "/usr:/usr:ro", "--dns", "10.0.0.53", "--add-host", "db:10.0.0.7")
        self.assertEqual(words_of(out), [["nameserver", "10.0.0.53"], ["0"], ["10.0.0.7", "db"]])
        with open(os.path.join(path, "etc/hosts"), encoding="ascii") as hosts:
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
        self.assertEqual(self.shell("[ -e /etc/resolv.conf ] || echo no", "--network", "bridge:br0", "--dns", "none"),
                         "no")


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
        plan = self.run_ok("--dry-run", "--network", "bridge", "--net-rate", "80mbit", "--net-delay", "20ms",
                           "--net-allow",
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
    net_case.main()
