# SPDX-License-Identifier: MIT
"""How arguments become C: numbers that do not fit and texts with a NUL are errors, where ctypes would cut them."""
import ctypes
import os
from typing import Any, Iterable, Optional, Sequence, Type, Union

AnyPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
AnyBytes = Union[bytes, bytearray, memoryview]

UINT64_MAX = 2**64 - 1


def P(to: Any) -> Any:
    """The type of a pointer."""
    return ctypes.POINTER(to)


def array(numbers: Sequence[int]) -> Any:
    """Of uint32_t."""
    for number in numbers:
        UInt32.check(number)
    return (ctypes.c_uint32 * len(numbers))(*numbers)


def text(value: AnyPath) -> bytes:
    """As the file system has it, without a NUL."""
    data = os.fsencode(value)
    if b"\0" in data:
        raise ValueError("embedded null byte")
    return data


class Number:
    """An argument type: from_param() is what ctypes calls."""

    ctype: Any
    low: int
    high: int

    @classmethod
    def check(cls, value: int) -> int:
        if not cls.low <= value <= cls.high:
            raise OverflowError(f"{value} is not between {cls.low} and {cls.high}")
        return value

    @classmethod
    def from_param(cls, value: Any) -> Any:
        if value.__class__ is not int:
            value = value.__index__()
        if not cls.low <= value <= cls.high:
            cls.check(value)
        return cls.ctype(value)


def _number(name: str, ctype: Any, signed: bool) -> Type[Number]:
    bits = ctypes.sizeof(ctype) * 8
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return type(name, (Number,), {"ctype": ctype, "low": low, "high": high})


Int = _number("Int", ctypes.c_int, True)
UInt = _number("UInt", ctypes.c_uint, False)
Int64 = _number("Int64", ctypes.c_int64, True)
UInt16 = _number("UInt16", ctypes.c_uint16, False)
UInt32 = _number("UInt32", ctypes.c_uint32, False)
Size = _number("Size", ctypes.c_size_t, False)
SSize = _number("SSize", ctypes.c_ssize_t, True)
Pid = _number("Pid", ctypes.c_int, True)


class UInt64(Number):
    """None is UINT64_MAX, which the library takes for "no limit" and "for ever"."""

    ctype, low, high = ctypes.c_uint64, 0, UINT64_MAX

    @classmethod
    def from_param(cls, value: Any) -> Any:
        return super().from_param(UINT64_MAX if value is None else value)


class Text:
    """const char *: str, bytes or a path; None is NULL."""

    ctype = ctypes.c_char_p

    @staticmethod
    def from_param(value: Optional[AnyPath]) -> Any:
        return None if value is None else ctypes.c_char_p(text(value))


class Strings:
    """const char *const []: any iterable of texts; None is NULL."""

    ctype = ctypes.POINTER(ctypes.c_char_p)

    @staticmethod
    def from_param(values: Optional[Iterable[AnyPath]]) -> Any:
        if values is None:
            return None
        if isinstance(values, (str, bytes)):
            raise TypeError("a list of texts, not a single one")
        words = [text(value) for value in values]
        return (ctypes.c_char_p * (len(words) + 1))(*words, None)


class Data:
    """const void *: bytes and the like, whose length is another argument; or an address."""

    ctype = ctypes.c_void_p

    @staticmethod
    def from_param(value: Any) -> Any:
        if value is None or isinstance(value, ctypes.c_void_p):
            return value
        return ctypes.c_char_p(value if isinstance(value, bytes) else bytes(value))


class Buffer:
    """char *: of ctypes.create_string_buffer(); None is NULL."""

    ctype = ctypes.POINTER(ctypes.c_char)

    @staticmethod
    def from_param(value: Any) -> Any:
        if value is None or isinstance(value, ctypes.Array):
            return value
        raise TypeError("a buffer of create_string_buffer()")


class Sized(ctypes.Structure):
    """A public struct: the first member says how long it is, so that older and newer libraries understand it."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.size = ctypes.sizeof(self)

    def __repr__(self) -> str:
        names = [field[0] for field in self._fields_ if field[0] not in ("size", "reserved", "reserved2")]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"
