# SPDX-License-Identifier: MIT
"""Configs that run() and Popen start from: for equal arguments the same one, of which each command uses a copy.

What a config finds out at its first command (its cgroups, its filter, the program sb-init in memory) is shared by its
copies, and need not be found out anew.
"""
import atexit
import os
import pathlib
import threading
from typing import Any, Dict, Iterable, Optional, Tuple, Union

from ._types import AnyPath
from .config import DEFAULT_ENV, Config
from .limits import Limits
from .mounts import Bind, Dir, File, Mask, Mount, Overlay, Symlink, Tmpfs
from .network import Network

_MOST = 8
_lock = threading.Lock()
_kept: Dict[Any, Config] = {}  # the one that was used last is the last
_MOUNTS = (Bind, Dir, File, Mask, Overlay, Symlink, Tmpfs)
_PLAIN = (int, str, bytes, bool, type(None))


class _Unknown(Exception):
    """It may be another one the next time: no key."""


def _frozen(value: Any) -> Any:
    """Equal for what has the same effect, and different for what has not."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (list, tuple):
        return tuple([_frozen(item) for item in value])
    if kind is dict:
        return tuple([(_frozen(name), _frozen(item)) for name, item in value.items()])
    if isinstance(value, int):  # of an enumeration
        return int(value)
    if kind is float:
        return "float", value
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if kind is Limits or kind in _MOUNTS:
        return kind, tuple([_frozen(item) for item in vars(value).values()])
    raise _Unknown


def _key(options: Dict[str, Any]) -> Any:
    if options["network"] not in (None, "none", "host"):
        raise _Unknown  # its interfaces are the host's, which change
    here = os.getcwd() if options["mounts"] or options["rootfs"] is not None else None
    return here, tuple(DEFAULT_ENV.items()), tuple([_frozen(value) for value in options.values()])


def _standard(options: Dict[str, Any]) -> Config:
    """A copy of Config.standard()."""
    try:
        key = _key(options)
    except _Unknown:
        return Config.standard(**options)
    with _lock:
        config = _kept.pop(key, None)
        if config is not None:
            _kept[key] = config
    if config is None:
        config = Config.standard(**options)
        with _lock:
            _kept[key] = config
            dropped = [_kept.pop(next(iter(_kept))) for _ in range(len(_kept) - _MOST)]
        del dropped  # outside the lock: its cgroups go with it
    return config.copy()


def purge() -> None:
    """Forget what run() and Popen have found out for arguments that may come again.

    For eight sets of arguments, they remember the Config: a few descriptors each, and the place of its cgroups. It
    is right as long as this process stays where it is: call this after it has moved to another cgroup, namespace or root
    directory, or when the system's own directories have. Any thread may. It is done at the exit of the interpreter.
    """
    with _lock:
        dropped = list(_kept.values())
        _kept.clear()
    dropped.clear()


def _forked() -> None:
    global _lock  # pylint: disable=global-statement
    _lock = threading.Lock()  # another thread of the parent may have held it
    _kept.clear()


os.register_at_fork(after_in_child=_forked)
atexit.register(purge)


def base_config(
    box: Any, config: Optional[Config], *, limits: Optional[Limits] = None, mounts: Iterable[Union[Mount, str]] = (),
    network: Union[Network, str, None] = None, user: Union[int, Tuple[int, int], str, None] = None,
    profile: Optional[str] = None, hostname: Optional[str] = None, rootfs: Optional[AnyPath] = None,
) -> Config:
    """What a command starts from, the caller's own: the standard config, or a copy of the given one, or of the box's."""
    mounts = tuple(mounts)
    if config is None and box is None:
        return _standard({"profile": profile, "limits": limits, "mounts": mounts, "network": network, "user": user,
                          "hostname": hostname, "rootfs": rootfs})
    if mounts or network is not None or hostname is not None or rootfs is not None:
        raise ValueError("mounts, network, hostname and rootfs are those of the config or the box")
    copy: Config = (config or box.config).copy()
    copy.use(profile=profile, limits=limits, user=user)
    return copy
