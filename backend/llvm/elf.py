"""Read the ELF64 little-endian objects that LLVM emits: sections, symbols, relocations.

Source: System V ABI, gABI chapter 4 (object files).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SECTION_HEADER: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_RELOCATION: Final = struct.Struct("<QQq")
_SYMTAB: Final = 2
_RELA: Final = 4
_NOBITS: Final = 8
_ALLOC: Final = 2


class UnreadableObjectError(Exception):
    """Not an object this reader knows: a defect of code generation."""


@dataclass(frozen=True, slots=True)
class Section:
    index: int
    name: str
    type: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int

    @property
    def is_loaded(self) -> bool:
        # Unwind tables serve nobody: native code has no C++ exceptions.
        return bool(self.flags & _ALLOC) and self.size > 0 and self.name != ".eh_frame"


@dataclass(frozen=True, slots=True)
class Symbol:
    """``section``: the index of the section it is in, 0 where it is undefined."""

    name: str
    section: int
    value: int


@dataclass(frozen=True, slots=True)
class Relocation:
    """In ``section`` at ``offset``: of ``type`` against ``symbol`` plus ``addend``."""

    section: int
    offset: int
    type: int
    symbol: Symbol
    addend: int


class ElfObject:
    """One relocatable object."""

    def __init__(self, data: bytes) -> None:
        if data[:6] != b"\x7fELF\x02\x01":
            raise UnreadableObjectError("not a 64-bit little-endian ELF object")
        self.data = data
        self.sections = self._read_sections()
        self.symbols = [*self._read_symbols()]

    def content(self, section: Section) -> bytes:
        if section.type == _NOBITS:
            return bytes(section.size)
        return self.data[section.offset : section.offset + section.size]

    def relocations(self) -> Iterator[Relocation]:
        for table in self.sections:
            if table.type == _RELA and self.sections[table.info].is_loaded:
                for offset, info, addend in _RELOCATION.iter_unpack(self.content(table)):
                    symbol = self.symbols[info >> 32]
                    yield Relocation(table.info, offset, info & 0xFFFFFFFF, symbol, addend)

    def _read_sections(self) -> list[Section]:
        (table,) = struct.unpack_from("<Q", self.data, 0x28)
        count, names = struct.unpack_from("<HH", self.data, 0x3C)
        headers = [
            _SECTION_HEADER.unpack_from(self.data, table + 64 * index) for index in range(count)
        ]
        strings = headers[names][4]
        return [
            Section(i, self._string(strings + h[0]), h[1], h[2], h[4], h[5], h[6], h[7], h[8])
            for i, h in enumerate(headers)
        ]

    def _read_symbols(self) -> Iterator[Symbol]:
        for table in self.sections:
            if table.type == _SYMTAB:
                strings = self.sections[table.link].offset
                for name, _, _, section, value, _ in _SYMBOL.iter_unpack(self.content(table)):
                    yield Symbol(self._string(strings + name), section, value)

    def _string(self, offset: int) -> str:
        return self.data[offset : self.data.index(b"\0", offset)].decode("ascii")
