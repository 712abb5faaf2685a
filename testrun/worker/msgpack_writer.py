"""Lists, strings, integers and None as msgpack: all that an index holds.

The project's interpreter has no msgpack of ours; the shortest forms make it canonical.
"""

from __future__ import annotations

import struct
from typing import Union

Value = Union["list[Value]", str, int, None]


def pack(value: Value) -> bytes:
    parts: list[bytes] = []
    append(value, parts)
    return b"".join(parts)


def append(value: Value, parts: list[bytes]) -> None:
    if value is None:
        parts.append(b"\xc0")
    elif isinstance(value, str):
        data = value.encode("utf-8", "surrogateescape")
        parts += [string_head(len(data)), data]
    elif isinstance(value, int):
        parts.append(integer(value))
    else:
        parts.append(list_head(len(value)))
        for item in value:
            append(item, parts)


def string_head(size: int) -> bytes:
    if size < 32:
        return bytes([0xA0 | size])
    if size < 1 << 8:
        return struct.pack(">BB", 0xD9, size)
    if size < 1 << 16:
        return struct.pack(">BH", 0xDA, size)
    return struct.pack(">BI", 0xDB, size)


def list_head(size: int) -> bytes:
    if size < 16:
        return bytes([0x90 | size])
    if size < 1 << 16:
        return struct.pack(">BH", 0xDC, size)
    return struct.pack(">BI", 0xDD, size)


def integer(value: int) -> bytes:
    """Non-negative below 2**64; an index holds no other."""
    if value < 1 << 7:
        return bytes([value])
    for code, limit, layout in ((0xCC, 8, ">BB"), (0xCD, 16, ">BH"), (0xCE, 32, ">BI")):
        if value < 1 << limit:
            return struct.pack(layout, code, value)
    return struct.pack(">BQ", 0xCF, value)
