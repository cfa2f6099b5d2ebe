#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The network of `bocker run`, made by a shell with iproute2, beside the same by sb_net_veth(): link by link.

All of it is in a network namespace, and behind a /run, of the test's own.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from blocks import compile_c

WAY = ["sh", "-euc", "mount --make-rprivate / && mount -t tmpfs run /run && ip link set lo up && exec \"$@\"", "sh"]

BRIDGE = """
ip link add bridge0 type bridge
ip addr add 10.0.0.1/24 dev bridge0
ip link set bridge0 up
"""

SHELL = """
ip link add dev veth0_one type veth peer name veth1_one
ip link set dev veth0_one up
ip link set veth0_one master bridge0
ip netns add netns_one
ip link set veth1_one netns netns_one
ip netns exec netns_one ip link set dev lo up
ip netns exec netns_one ip link set veth1_one address 02:42:ac:11:00:07
ip netns exec netns_one ip addr add 10.0.0.7/24 dev veth1_one
ip netns exec netns_one ip link set dev veth1_one up
ip netns exec netns_one ip route add default via 10.0.0.1
"""

LIBRARY = """
sb_net_link link = SB_INIT(sb_net_link);

link.device = "bridge0";
link.name = "veth1_two";
link.host_name = "veth0_two";
link.mac = "02:42:ac:11:00:08";
link.address = "10.0.0.8/24";
sb_net_veth(cfg, &link);
sb_add_system_dirs(cfg);
sb_set_command(cfg, "/bin/cat", (const char *const[]){"cat", NULL});
if (sb_spawn(cfg, &proc, &err) == 0) {
	printf("%d\\n", sb_proc_pid(proc));
	fflush(stdout);
}
"""

# What no two links have in common: numbers and names, and the host's end has a MAC address by chance.
OWN = {"ifindex", "ifname", "link", "link_index", "link_netnsid", "dev", "label"}
OWN_OUTSIDE = OWN | {"address", "permaddr", "linkinfo", "altnames"}


def sh(text):
    subprocess.run(["sh", "-euc", text], check=True, stdin=subprocess.DEVNULL)


def ask(inside, *what):
    done = subprocess.run([*inside, "ip", "-j", *what], check=True, text=True, capture_output=True)
    return json.loads(done.stdout or "[]")


def without(thing, own):
    return {key: value for key, value in thing.items() if key not in own}


def only(found, name):
    return next(link for link in found if link["ifname"] == name)


class Parity(unittest.TestCase):
    """One network by the shell, as `one`, and one by the library, as `two`."""

    @classmethod
    def setUpClass(cls):
        sh(BRIDGE + SHELL)
        with tempfile.TemporaryDirectory() as cwd:
            program = pathlib.Path(cwd) / "a.out"
            done = compile_c(types.SimpleNamespace(text=LIBRARY, line=1, path=pathlib.Path(__file__)), program)
            if done.returncode:
                raise RuntimeError(done.stderr)
            cls.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            pid = cls.child.stdout.readline().strip()
        cls.inside = {"one": ["ip", "netns", "exec", "netns_one"], "two": ["nsenter", "-t", pid, "-n"]}

    @classmethod
    def tearDownClass(cls):
        cls.child.communicate()
        sh("ip link del dev veth0_one; ip netns del netns_one; ip link del bridge0")

    def both(self, see):
        """What @see finds of either must be the same; that a link works the kernel tells a moment later."""
        until = time.monotonic() + 30
        one, two = see("one"), see("two")
        while one != two and time.monotonic() < until:
            one, two = see("one"), see("two")
        self.assertEqual(json.dumps(two, indent=1), json.dumps(one, indent=1))
        return one

    def test_the_links_inside_are_of_the_same_kind_and_up(self):
        def see(which):
            links = [without(link, OWN | {"address"}) for link in ask(self.inside[which], "-d", "link")]
            return links
        links = self.both(see)
        self.assertEqual([link.get("linkinfo", {}).get("info_kind") for link in links], [None, "veth"])
        self.assertTrue(all("UP" in link["flags"] for link in links))

    def test_each_has_the_mac_address_that_was_given(self):
        for which, mac in ("one", "07"), ("two", "08"):
            link = only(ask(self.inside[which], "link"), f"veth1_{which}")
            self.assertEqual(link["address"], f"02:42:ac:11:00:{mac}")

    def test_the_ends_outside_are_on_the_bridge_and_up(self):
        def see(which):
            link = only(ask([], "-d", "link"), f"veth0_{which}")
            info = link["linkinfo"]
            return {**without(link, OWN_OUTSIDE), "kinds": [info["info_kind"], info["info_slave_kind"]],
                    "state": info["info_slave_data"]["state"]}
        link = self.both(see)
        self.assertEqual((link["master"], link["kinds"]), ("bridge0", ["veth", "bridge"]))
        self.assertIn("UP", link["flags"])

    def test_the_addresses_are_the_same_but_for_the_broadcast_address(self):
        def see(which):
            found = only(ask(self.inside[which], "-4", "addr"), f"veth1_{which}")["addr_info"]
            self.assertEqual([a["local"] for a in found], ["10.0.0.7" if which == "one" else "10.0.0.8"])
            return [without(a, OWN | {"local", "broadcast"}) for a in found]
        self.assertEqual(self.both(see)[0]["prefixlen"], 24)

    def test_the_routes_are_the_same(self):
        def see(which):
            routes = ask(self.inside[which], "-d", "route", "show", "table", "all")
            text = json.dumps([without(route, OWN) for route in routes if ":" not in route["dst"]])
            return json.loads(text.replace("10.0.0.7", "ITS").replace("10.0.0.8", "ITS"))
        self.assertIn(("default", "10.0.0.1"), [(r["dst"], r.get("gateway")) for r in self.both(see)])


if __name__ == "__main__":
    if "ASIDE" not in os.environ:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        os.environ["ASIDE"] = "1"
        os.execvp("unshare", ["unshare", *user, "--mount", "--net", *WAY, sys.executable, __file__])
    tap.main(unittest.defaultTestLoader.loadTestsFromTestCase(Parity))
