# SPDX-License-Identifier: MIT
"""Find the library, load it, and declare its functions. Every call lets go of the GIL, and raises for a negative result."""
import ctypes
import os
import pathlib
from typing import Any, Dict, List

from ._api import FUNCTIONS
from ._structs import sb_error
from ._types import Int, Number, Pid, SSize
from .errors import from_c, from_code

SONAME = "libsandbox.so.0"
VERSION = (0, 1)  # major and minor of the headers that the table was made from


def candidates() -> List[str]:
    """Where the library may be, the best first."""
    named = os.environ.get("LIBSANDBOX_PATH")
    if named:
        return [os.path.join(named, SONAME) if os.path.isdir(named) else named]
    return [SONAME, str(pathlib.Path(__file__).parent / "lib" / SONAME)]


def load() -> ctypes.CDLL:
    """The library, or an ImportError that says what was tried and what to do."""
    said = []
    for path in candidates():
        try:
            return ctypes.CDLL(path)
        except OSError as error:
            said.append(f"{path}: {error}")
    raise ImportError(
        "libsandbox is not to be found:\n  " + "\n  ".join(said) +
        "\nInstall it (`make install` and ldconfig(8)), or set LIBSANDBOX_PATH to the file, or to its directory."
    )


def check(result: int, function: Any, args: Any) -> int:
    """Of ctypes' errcheck: the last argument of most functions is the sb_error that explains a negative result."""
    if result >= 0:
        return result
    last = args[-1] if args else None
    if isinstance(last, sb_error) and last.code:
        raise from_c(last)
    raise from_code(-result, function.__name__)


def declare(library: ctypes.CDLL) -> None:
    """Give each function of the table its types."""
    version = library.sb_version() if hasattr(library, "sb_version") else 0
    found = (version >> 16 & 0xFF, version >> 8 & 0xFF)
    if found != VERSION:
        raise ImportError(f"{library._name} is version {found[0]}.{found[1]}, and this package is for "
                          f"{VERSION[0]}.{VERSION[1]}: install the two together")
    for name, (result, args) in FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"{library._name} has no {name}: it is older than this package") from None
        function.argtypes = list(args)
        function.restype = result.ctype if isinstance(result, type) and issubclass(result, Number) else result
        if result in (Int, SSize, Pid):
            function.errcheck = check


lib = load()
declare(lib)


def figures(struct: Any) -> Dict[str, Any]:
    """A struct as a dict: texts decoded, without what is only for the interface."""
    out: Dict[str, Any] = {}
    for name, *_ in struct._fields_:
        value = getattr(struct, name)
        if name not in ("size", "has", "reserved", "reserved2"):
            out[name] = os.fsdecode(value) if isinstance(value, bytes) else value
    return out
