#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Twins of the tests of networks and of pinned namespaces. "The host" is a network namespace of this program's own."""
import ctypes
import errno
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kit import READ, Twin, is_root, live, main, sb, shell

CLONE_NEWNET = 0x40000000
own_host = False  # is there a network of this program's own?


def ip(*words):
    """A command of iproute2 in "the host"; its output."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


class OnABridge(Twin):
    """With br0, 10.0.0.1/24."""

    def setUp(self):
        super().setUp()
        self.root_only()
        if not own_host:
            self.skipTest("only as a program: it changes the network that it finds")
        ip("link", "add", "name", "br0", "type", "bridge")
        self.addCleanup(ip, "link", "del", "br0")
        ip("addr", "add", "10.0.0.1/24", "dev", "br0")
        ip("link", "set", "br0", "up")


@live
class Net(OnABridge):
    program = "net"

    def test_what_was_given_is_what_there_is(self):
        config = sb.Config.standard()
        config.net_veth(device="br0", name="net7", mac="02:00:00:00:00:07", address="10.0.0.7/24", gateway="10.0.0.9", mtu=1400)
        with sb.Popen(READ, stdin=sb.PIPE, config=config) as child:
            (info,) = child.network()
        for name, value in {"name": "net7", "kind": "veth", "device": "br0", "mac": "02:00:00:00:00:07", "address": "10.0.0.7/24",
                            "gateway": "10.0.0.9", "mtu": 1400}.items():
            self.assertEqual(info[name], value, name)
        (after,) = child.result.evidence["network"]
        self.assertEqual(after["name"], "net7")

    def test_a_bridge_is_made_and_goes_with_the_last(self):
        network = sb.Network("veth", "made0", {"flags": sb.NetFlag.MAKE_BRIDGE})
        with sb.Box(network=network), sb.Box(network=network):
            (bridge,) = sb.bridges()
            self.assertEqual((bridge.name, bridge.sandboxes, bridge.maker_lives), ("made0", 2, True))
            self.fails_with(OSError, "made0", lambda: sb.remove_bridge("made0"))
        while sb.bridges():  # its end is the kernel's, within milliseconds
            sb.gc()
            os.sched_yield()
        error = self.fails_with(OSError, "made0", lambda: sb.remove_bridge("made0"))
        self.assertEqual(error.errno, errno.ENODEV)

    def test_mistakes_are_told_before_anything_exists(self):
        for link in ({"device": "no-such0"}, {"device": "br0", "address": "10.0.0.999/24"}, {"device": "br0", "mtu": 5}):
            config = sb.Config.standard()
            with self.assertRaises(OSError):
                config.net_veth(**link)
                sb.run(["true"], config=config)
        with self.assertRaises(TypeError):
            sb.Config().net_veth(no_such_member=1)


@live
class NetBridge(OnABridge):
    program = "net_bridge"

    def test_gc_knows_an_unfinished_one_and_leaves_others(self):
        sb.gc()
        self.assertIn("br0", ip("link"))
        error = self.fails_with(PermissionError, "br0", lambda: sb.remove_bridge("br0"))
        self.assertEqual(error.errno, errno.EPERM)
        self.assertEqual(sb.bridges(), [])


@live
class NetLinks(OnABridge):
    program = "net_links"

    def test_a_macvlan_is_gone_with_its_sandbox(self):
        config = sb.Config.standard()
        config.net_macvlan(device="br0", name="m0", address="10.0.0.5/24")
        try:
            with sb.Popen(["sh", "-c", "cat /proc/net/dev; read x"], stdin=sb.PIPE, stdout=sb.PIPE, config=config) as child:
                self.assertIn(b"m0:", child.communicate(b"\n")[0])
        except sb.NotSupported as error:
            self.skipTest(error.message)
        self.assertNotIn("m0", ip("link"))


@live
class NetDevice(OnABridge):
    program = "net_device"

    def test_a_device_moves_in_and_comes_back_as_it_was(self):
        ip("link", "add", "name", "own0", "type", "veth", "peer", "name", "own1")
        self.addCleanup(ip, "link", "del", "own0")
        config = sb.Config.standard()
        config.net_device(device="own0")
        with sb.Box(config):
            self.assertNotIn("own0", ip("link"))
        self.assertIn("own0", ip("link"))


@live
class NetTap(Twin):
    program = "net_tap"

    def test_the_caller_is_the_other_end_of_the_wire(self):
        self.root_only()
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("no /dev/net/tun")
        config = sb.Config.standard()
        config.net_tap(name="t0", address="10.9.0.2/24")
        with sb.Popen(READ, stdin=sb.PIPE, config=config) as child:
            os.write(child.tap(), bytes(60))
            self.fails_with(FileNotFoundError, "", lambda: child.tap(1))


@live
class NetPort(OnABridge):
    program = "net_port"

    def test_a_published_port_is_reached_from_everywhere(self):
        network = sb.Network("veth", "br0", {"flags": sb.NetFlag.MASQUERADE | sb.NetFlag.FORWARD}, publish=[("tcp", 0, 80)])
        script = "import socket; s = socket.create_server(('', 80)); print('up', flush=True); s.accept()[0].sendall(b'page')"
        try:
            child = sb.Popen(["/usr/bin/python3", "-c", script], stdout=sb.PIPE, network=network)
        except sb.SandboxError as error:  # where the kernel has no nftables
            self.skipTest(error.message)
        with child:
            self.assertEqual(child.stdout.readline(), b"up\n")
            self.assertGreater(child.port(), 0)
            self.fails_with(FileNotFoundError, "", lambda: child.port(1))
            child.kill()


@live
class NetPool(Twin):
    program = "net_pool"

    def test_one_serves_many(self):
        self.root_only()
        with sb.NetPool(2) as pool, sb.Config.standard() as config:
            config.set_netpool(pool)
            for _ in range(3):
                self.assertTrue(sb.run(["true"], config=config).ok)
                deadline = time.monotonic() + 60
                while pool.info()["resting"] and time.monotonic() < deadline:  # before it is lent again
                    time.sleep(0.01)
                    pool.fill(0)
            info = pool.info()
            self.assertEqual((info["made"], info["handed_out"], info["ready"]), (1, 3, 1))

    def test_filling_makes_what_is_missing(self):
        self.root_only()
        with sb.NetPool(3) as pool:
            self.assertEqual((pool.fill(2), pool.fill(9), pool.info()["ready"]), (2, 1, 3))

    def test_an_ordinary_user_is_refused(self):
        if os.geteuid() == 0:
            self.skipTest("for ordinary users")
        with sb.NetPool(1) as pool, sb.Config.standard() as config:
            config.set_netpool(pool)
            with self.assertRaises(PermissionError):
                sb.run(["true"], config=config)


@live
class NetNames(Twin):
    program = "net_names"

    def test_hosts_knows_localhost_and_the_host_name(self):
        said = shell("cat /etc/hosts", network=sb.Network(hosts={"far": "192.0.2.7"}), hostname="near").stdout
        self.assertEqual([line.split()[0] for line in said.splitlines() if {"far", "localhost"} & set(line.split()[1:])][-1:], ["192.0.2.7"])
        self.assertIn("near", said)

    def test_servers_are_those_that_were_given(self):
        self.assertIn("nameserver 192.0.2.53\n", shell("cat /etc/resolv.conf", network=sb.Network(dns=["192.0.2.53"])).stdout)


@live
class NetJoin(Twin):
    program = "net_join"

    def test_the_host_is_asked_for_by_name(self):
        here = os.readlink("/proc/self/ns/net")
        self.assertEqual(shell("readlink /proc/self/ns/net", network="host").stdout, f"{here}\n")
        self.assertNotEqual(shell("readlink /proc/self/ns/net").stdout, f"{here}\n")

    def test_what_is_no_network_is_not_joined(self):
        for path in ("/etc/passwd", "/proc/self/ns/pid", "/no/such"):
            with self.assertRaises(OSError):
                sb.run(["true"], network=sb.Network("join", path))


@live
class NetWall(Twin):
    program = "net_wall"

    def test_a_wall_needs_no_interface(self):
        try:
            self.assertTrue(sb.run(["true"], network=sb.Network(allow=["tcp 10.0.0.1 80"])).ok)
        except OSError as error:
            self.assertTrue(sb.probe("net.nat") or not is_root(), str(error))
        with self.assertRaises(ValueError):
            sb.run(["true"], network=sb.Network(allow=["nonsense"]))


@live
class JoinPin(Twin):
    program = "join_pin"

    def test_pin_each(self):
        self.root_only()
        for kind in ("NET", "UTS", "IPC"):
            path = os.path.join(self.directory(), "pin")
            config = sb.Config.standard(hostname="pinned")
            config.add_pin(sb.NS[kind], path)
            inside = shell(f"readlink /proc/self/ns/{kind.lower()}", config=config).stdout
            fd = os.open(path, os.O_RDONLY)
            joining = sb.Config.standard()
            joining.set_ns_fd(sb.NS[kind], fd)
            try:
                self.assertEqual(shell(f"readlink /proc/self/ns/{kind.lower()}", config=joining).stdout, inside)
            finally:
                os.close(fd)
                sb.unpin(path)
            self.assertFalse(os.path.exists(path))

    def test_unpin_touches_nothing_but_pins(self):
        path = os.path.join(self.directory(), "file")
        pathlib.Path(path).touch()
        self.fails_with(OSError, path, lambda: sb.unpin(path))
        self.assertTrue(os.path.exists(path))

    def test_a_closed_descriptor_is_refused(self):
        config = sb.Config.standard()
        with self.assertRaises(OSError):
            config.set_ns_fd(sb.NS.NET, 900)
            sb.run(["true"], config=config)


if __name__ == "__main__":
    if is_root() and ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0:
        ip("link", "set", "lo", "up")
        own_host = True
    main()
