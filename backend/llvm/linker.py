"""One ELF object to a position-independent blob: sections laid out, relocations resolved.

The blob is read-only code and constants, page aligned; the address table ``T`` follows it
directly, in memory of its own that the loader makes writable. All relocations are relative
and internal, so nothing is left to do at load time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dx_py.backend.llvm.elf import ElfObject, Symbol

PAGE: Final = 4096
TABLE_SYMBOL: Final = "T"


class LinkError(Exception):
    """A relocation that cannot be resolved inside the blob: a defect of the lowering."""


@dataclass(frozen=True, slots=True)
class Blob:
    """``code``: whole pages; ``entry``: the offset of the function ``f`` in it."""

    code: bytes
    entry: int


def link(object_: bytes, *, machine: str) -> Blob:
    """Raises LinkError for a reference to anything outside, the table aside."""
    elf = ElfObject(object_)
    code, bases = _lay_out(elf)
    table = len(code)
    for relocation in elf.relocations():
        target = _address(relocation.symbol, bases, table) + relocation.addend
        place = bases[relocation.section] + relocation.offset
        patch = _PATCHES[machine].get(relocation.type)
        if patch is None:
            raise LinkError(
                f"relocation type {relocation.type} against '{relocation.symbol.name}' "
                f"on {machine}: known are {sorted(_PATCHES[machine])}"
            )
        patch(code, place, target)
    entry = next(s for s in elf.symbols if s.name == "f")
    return Blob(bytes(code), bases[entry.section] + entry.value)


def _lay_out(elf: ElfObject) -> tuple[bytearray, dict[int, int]]:
    code, bases = bytearray(), dict[int, int]()
    for section in elf.sections:
        if section.is_loaded:
            code += bytes(-len(code) % max(section.alignment, 16))
            bases[section.index] = len(code)
            code += elf.content(section)
    code += bytes(-len(code) % PAGE)
    return code, bases


def _address(symbol: Symbol, bases: dict[int, int], table: int) -> int:
    if symbol.section in bases:
        return bases[symbol.section] + symbol.value
    if symbol.name == TABLE_SYMBOL:
        return table
    raise LinkError(f"reference to '{symbol.name}', which is outside the blob")


type _Patch = Callable[[bytearray, int, int], None]


def _pc32(code: bytearray, place: int, target: int) -> None:
    struct.pack_into("<i", code, place, target - place)


def _aarch64_field(code: bytearray, place: int, mask: int, bits: int) -> None:
    (word,) = struct.unpack_from("<I", code, place)
    struct.pack_into("<I", code, place, word & ~mask | bits & mask)


def _adr_page(code: bytearray, place: int, target: int) -> None:
    """ADRP: the distance in pages, its low two bits apart."""
    pages = (target // PAGE) - (place // PAGE)
    _aarch64_field(code, place, 0x60FFFFE0, (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5)


def _low12(scale: int) -> _Patch:
    """The offset in the page, in units of the access size."""

    def patch(code: bytearray, place: int, target: int) -> None:
        _aarch64_field(code, place, 0xFFF << 10, (target % PAGE >> scale) << 10)

    return patch


def _branch26(code: bytearray, place: int, target: int) -> None:
    _aarch64_field(code, place, 0x3FFFFFF, target - place >> 2)


#: Relocation types by machine (psABI x86-64, section 4.4; AAELF64, section 5.7).
_PATCHES: Final[dict[str, dict[int, _Patch]]] = {
    "x86_64": {2: _pc32, 4: _pc32},
    "aarch64": {
        261: _pc32,
        275: _adr_page,
        277: _low12(0),
        278: _low12(0),
        282: _branch26,
        283: _branch26,
        284: _low12(1),
        285: _low12(2),
        286: _low12(3),
        299: _low12(4),
    },
}
