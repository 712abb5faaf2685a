"""The line table of an object: which source line each address of its code is of.

Source: DWARF 4, section 6.2 (the line number program). Of a program the addresses and lines
are kept; files, columns and statement flags say nothing about one function's ops.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dx_py.backend.llvm.elf import ElfObject

_SECTION: Final = ".debug_line"
#: After unit length, version and header length: minimum instruction length, operations an
#: instruction, default is_stmt, line base, line range, opcode base.
_PREFIX: Final = struct.Struct("<IHI")
_PARAMETERS: Final = struct.Struct("<BBBbBB")
_COPY, _ADVANCE_PC, _ADVANCE_LINE, _CONST_ADD_PC, _FIXED_ADVANCE_PC = 1, 2, 3, 8, 9
_END_SEQUENCE, _SET_ADDRESS = 1, 2


def line_table(elf: ElfObject) -> list[tuple[int, int]]:
    """(offset in ``.text``, line), in the order of offsets; line 0 is of no op."""
    section = next((s for s in elf.sections if s.name == _SECTION), None)
    if section is None:
        return []
    return sorted(_Program(elf.content(section)).rows())


@dataclass(slots=True)
class _Program:
    data: bytes
    position: int = 0
    address: int = 0
    line: int = 1

    def rows(self) -> Iterator[tuple[int, int]]:
        """Of the first unit: our modules have no other."""
        length, _, header = _PREFIX.unpack_from(self.data)
        step, _, _, base, span, opcodes = _PARAMETERS.unpack_from(self.data, _PREFIX.size)
        arities = self.data[_PREFIX.size + _PARAMETERS.size :][: opcodes - 1]
        self.position = _PREFIX.size + header
        while self.position < length + 4:
            opcode = self._byte()
            if opcode >= opcodes:
                advance = opcode - opcodes
                self.address += advance // span * step
                self.line += base + advance % span
                yield self.address, self.line
            elif opcode == 0:
                yield from self._extended()
            elif opcode == _CONST_ADD_PC:
                self.address += (255 - opcodes) // span * step
            else:
                yield from self._standard(opcode, arities[opcode - 1], step)

    def _standard(self, opcode: int, arity: int, step: int) -> Iterator[tuple[int, int]]:
        if opcode == _COPY:
            yield self.address, self.line
        elif opcode == _ADVANCE_PC:
            self.address += self._unsigned() * step
        elif opcode == _ADVANCE_LINE:
            self.line += self._signed()
        elif opcode == _FIXED_ADVANCE_PC:
            (advance,) = struct.unpack_from("<H", self.data, self.position)
            self.address, self.position = self.address + advance, self.position + 2
        else:
            for _ in range(arity):
                self._unsigned()

    def _extended(self) -> Iterator[tuple[int, int]]:
        size = self._unsigned()
        end, opcode = self.position + size, self.data[self.position]
        if opcode == _END_SEQUENCE:
            yield self.address, 0
            self.address, self.line = 0, 1
        elif opcode == _SET_ADDRESS:
            # Relocated against the start of ``.text``: what is written here is the addend.
            self.address = 0
        self.position = end

    def _byte(self) -> int:
        self.position += 1
        return self.data[self.position - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def _signed(self) -> int:
        start = self.position
        value = self._unsigned()
        bits = 7 * (self.position - start)
        return value - (1 << bits) if value >> (bits - 1) else value
