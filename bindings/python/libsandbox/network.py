# SPDX-License-Identifier: MIT
"""What network a sandbox has: Network; and the bridges that sandboxes have made."""
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, Tuple, Union

from ._handle import call
from ._lib import figures
from ._numbers import NetFlag
from ._structs import sb_error, sb_net_bridge
from ._types import AnyPath

if TYPE_CHECKING:
    from .config import Config


@dataclass(frozen=True)
class Network:
    """The network of a sandbox (docs/network.md).

    kind: "none": lo only; "host": the caller's; "user": by pasta or slirp4netns, or one of these by its name;
    "veth" (device: a bridge), "macvlan", "ipvlan", "device", "tap": an interface, as Config.net_veth() and so on with link;
    "join": the namespace at device. publish: (protocol, host port, port inside) each; 0 = any that is free.
    allow: what may be connected to, as Config.net_allow(); None = everything. dns: name servers. hosts: name to address.
    """

    kind: str = "none"
    device: Optional[str] = None
    link: Mapping[str, Any] = field(default_factory=dict)
    publish: Sequence[Tuple[str, int, int]] = ()
    allow: Optional[Sequence[str]] = None
    dns: Sequence[str] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)

    def apply(self, config: "Config") -> None:
        """Set it all."""
        if self.kind in ("veth", "macvlan", "ipvlan", "device", "tap"):
            getattr(config, f"net_{self.kind}")(device=self.device, **self.link)
        elif self.kind in ("user", "pasta", "slirp4netns"):
            config.net_user(None if self.kind == "user" else self.kind)
        elif self.kind == "host":
            config.net_host()
        elif self.kind == "join":
            config.net_join(self.device or "")
        elif self.kind != "none":
            raise ValueError(f"network {self.kind!r}: none, host, user, pasta, slirp4netns, veth, macvlan, ipvlan, device, tap, join")
        for protocol, outside, inside in self.publish:
            config.net_publish(protocol, None, outside, inside, 1)
        if self.allow is not None:
            config.net_allow(None)
            for rule in self.allow:
                config.net_allow(rule)
        if self.dns:
            config.set_dns(self.dns)
        for name, address in self.hosts.items():
            config.add_host(name, address)


def as_network(network: Union[Network, str, None]) -> Network:
    """Also of a kind alone, and of "bridge:NAME"; "bridge" is sbx0, which comes and goes with those who use it."""
    if isinstance(network, Network):
        return network
    kind, _, device = (network or "none").partition(":")
    if kind == "bridge":
        flags = 0 if device else NetFlag.MAKE_BRIDGE | NetFlag.MASQUERADE
        return Network("veth", device or "sbx0", {"flags": flags})
    return Network(kind, device or None)


@dataclass(frozen=True)
class Bridge:
    """One that NetFlag.MAKE_BRIDGE has made, by whatever process. sandboxes: interfaces that it joins. maker_lives: the process
    that made it has not ended. mtu: bytes. address, address6: "10.0.0.1/24", or "" without one."""

    name: str
    sandboxes: int
    maker_lives: bool
    mtu: int
    address: str
    address6: str


def bridges() -> List[Bridge]:
    """Those in the network namespace of the caller. Needs no privilege. Any thread."""
    found: List[Bridge] = []
    bridge = sb_net_bridge()
    while call("sb_net_bridge_get", len(found), bridge, sb_error()) == 1:
        members = figures(bridge)
        members["maker_lives"] = bool(members["maker_lives"])
        found.append(Bridge(**members))
    return found


def remove_bridge(name: AnyPath) -> None:
    """Remove a bridge that its maker has left behind; usually it goes with the last who uses it, or by gc().

    OSError with ENODEV if there is none, PermissionDenied if it was not made for sandboxes, EBUSY while it joins
    interfaces (they are named) or its maker lives. Any thread.
    """
    call("sb_net_bridge_remove", name, sb_error())
