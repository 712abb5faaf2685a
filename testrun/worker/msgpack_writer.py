"""Values as canonical msgpack: what ``dx_py.artifacts.msgpack_writer`` gives for the same.

The project's interpreter has no msgpack of ours. Held are None, bool, int from -2**63 to
2**64-1, float, str, bytes, list, tuple and dict; ``plain`` makes such a value of any other.
"""

from __future__ import annotations

import os
import struct
from typing import Any, Union

#: All that the learned index holds.
Value = Union["list[Value]", str, int, None]

TUPLE = 1  # The extension type's number in dx_py.artifacts.extension_types.
SURROGATES = 3
FIXED_EXTENSIONS = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}
INTEGERS = ((0xCC, 1 << 8, ">BB"), (0xCD, 1 << 16, ">BH"), (0xCE, 1 << 32, ">BI"))
NEGATIVE = ((0xD0, 1 << 7, ">Bb"), (0xD1, 1 << 15, ">Bh"), (0xD2, 1 << 31, ">Bi"))


def pack(value: Any) -> bytes:  # noqa: ANN401
    """Raises ``TypeError`` for a type that is not held."""
    parts: list[bytes] = []
    append(value, parts)
    return b"".join(parts)


def append(value: Any, parts: list[bytes]) -> None:  # noqa: ANN401
    kind = type(value)
    if kind is str:
        append_string(value, parts)
    elif kind is list:
        parts.append(list_head(len(value)))
        for item in value:
            append(item, parts)
    elif kind is int:
        parts.append(integer(value))
    elif kind is dict:
        append_dict(value, parts)
    elif kind is tuple:
        parts.append(extension(TUPLE, pack(list(value))))
    else:
        parts.append(scalar(value))


def append_string(value: str, parts: list[bytes]) -> None:
    """Undecodable bytes of a path are what they were; other surrogates keep their form."""
    try:
        data = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        parts.append(extension(SURROGATES, value.encode("utf-8", "surrogatepass")))
        return
    parts += [string_head(len(data)), data]


def append_dict(value: dict[Any, Any], parts: list[bytes]) -> None:
    size = len(value)
    parts.append(bytes([0x80 | size]) if size < 16 else long_head(size, 0xDE, 0xDF))
    for key, item in sorted((pack(key), item) for key, item in value.items()):
        parts.append(key)
        append(item, parts)


def scalar(value: Any) -> bytes:  # noqa: ANN401
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, bytes):
        return length(len(value), 0xC4, 0xC5, 0xC6) + value
    raise TypeError(f"an artifact cannot hold {type(value).__name__!r}")


def string_head(size: int) -> bytes:
    return bytes([0xA0 | size]) if size < 32 else length(size, 0xD9, 0xDA, 0xDB)


def list_head(size: int) -> bytes:
    return bytes([0x90 | size]) if size < 16 else long_head(size, 0xDC, 0xDD)


def length(size: int, code8: int, code16: int, code32: int) -> bytes:
    return bytes([code8, size]) if size < 1 << 8 else long_head(size, code16, code32)


def long_head(size: int, code16: int, code32: int) -> bytes:
    if size < 1 << 16:
        return struct.pack(">BH", code16, size)
    return struct.pack(">BI", code32, size)


def extension(code: int, data: bytes) -> bytes:
    fixed = FIXED_EXTENSIONS.get(len(data))
    head = length(len(data), 0xC7, 0xC8, 0xC9) if fixed is None else bytes([fixed])
    return head + bytes([code]) + data


def integer(value: int) -> bytes:
    if -32 <= value < 1 << 7:
        return struct.pack("b", value)
    for code, limit, layout in INTEGERS if value > 0 else NEGATIVE:
        if value < limit and (value > 0 or value >= -limit):
            return struct.pack(layout, code, value)
    return struct.pack(">BQ" if value > 0 else ">Bq", 0xCF if value > 0 else 0xD3, value)


def plain(value: Any) -> Any:  # noqa: ANN401
    """``value``, with what is not held replaced by what it derives from, or by its text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {plain(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return int(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else repr(value)
