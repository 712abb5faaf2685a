"""What ``msgpack_writer`` wrote, as values again."""

from __future__ import annotations

import struct
from typing import Any

from .msgpack_writer import FIXED_EXTENSIONS, SURROGATES, TUPLE

NUMBERS = dict(zip(range(0xCB, 0xD4), (">d", ">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q")))
# First byte -> layout of the length that follows.
BYTES = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}
STRINGS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I"}
LISTS = {0xDC: ">H", 0xDD: ">I"}
DICTS = {0xDE: ">H", 0xDF: ">I"}
EXTENSIONS = {0xC7: ">B", 0xC8: ">H", 0xC9: ">I"}
FIXED = {code: size for size, code in FIXED_EXTENSIONS.items()}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


class Reader:
    """Raises ``ValueError`` or ``struct.error`` for bytes that no writer of ours wrote."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def value(self) -> Any:  # noqa: ANN401
        code = self.take(1)[0]
        if code < 0x80 or code >= 0xE0:
            return code if code < 0x80 else code - 0x100
        if code < 0x90:
            return self.dictionary(code & 0x0F)
        if code < 0xA0:
            return self.items(code & 0x0F)
        if code < 0xC0:
            return self.string(code & 0x1F)
        return self.long_value(code)

    def long_value(self, code: int) -> Any:  # noqa: ANN401
        if code in CONSTANTS:
            return CONSTANTS[code]
        if code in NUMBERS:
            return self.number(NUMBERS[code])
        if code in FIXED:
            return self.extension(FIXED[code])
        for layouts, read in (
            (STRINGS, self.string),
            (LISTS, self.items),
            (DICTS, self.dictionary),
            (BYTES, self.take),
            (EXTENSIONS, self.extension),
        ):
            if code in layouts:
                return read(int(self.number(layouts[code])))
        raise ValueError(f"no value begins with the byte {code}")

    def take(self, size: int) -> bytes:
        start, self.position = self.position, self.position + size
        if self.position > len(self.data):
            raise ValueError("the data end in the middle of a value")
        return self.data[start : self.position]

    def number(self, layout: str) -> Any:  # noqa: ANN401
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def string(self, size: int) -> str:
        return self.take(size).decode("utf-8", "surrogateescape")

    def items(self, size: int) -> list[Any]:
        return [self.value() for _ in range(size)]

    def dictionary(self, size: int) -> dict[Any, Any]:
        return {self.value(): self.value() for _ in range(size)}

    def extension(self, size: int) -> Any:  # noqa: ANN401
        code, data = self.take(1)[0], self.take(size)
        if code == TUPLE:
            return tuple(Reader(data).value())
        if code == SURROGATES:
            return data.decode("utf-8", "surrogatepass")
        raise ValueError(f"extension type {code} is not known")


def unpack(data: bytes) -> Any:  # noqa: ANN401
    reader = Reader(data)
    found = reader.value()
    if reader.position != len(data):
        raise ValueError("there are data after the value")
    return found
