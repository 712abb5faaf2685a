"""Numbers in the tables of a code object: six bits a byte."""

from __future__ import annotations

_MORE = 0x40


def varint(value: int) -> list[int]:
    """Little end first; bit 6 says that more follows (PEP 657)."""
    digits = []
    while value > 0x3F:
        digits.append(value & 0x3F | _MORE)
        value >>= 6
    digits.append(value)
    return digits


def signed_varint(value: int) -> list[int]:
    return varint(-value << 1 | 1 if value < 0 else value << 1)


def big_endian_varint(value: int) -> list[int]:
    """As exception tables have it: big end first."""
    digits = [value & 0x3F]
    value >>= 6
    while value:
        digits.insert(0, value & 0x3F | _MORE)
        value >>= 6
    return digits
