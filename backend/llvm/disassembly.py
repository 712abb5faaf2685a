"""Machine code as text, by capstone: one line an instruction, with what it refers to.

Addresses in the table, behind the code, are shown by their row's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import capstone

from dx_py.backend.llvm.elf import ElfObject
from dx_py.backend.llvm.linker import TABLE_SYMBOL, Blob

#: An operand of x86-64 relative to the following instruction.
_RELATIVE: Final = re.compile(r"\[rip (?P<sign>[+-]) (?P<distance>0x[0-9a-f]+|\d+)\]")
_ROW_SIZE: Final = 8


@dataclass(frozen=True, slots=True)
class MachineInstruction:
    """``offset`` in the code; ``comment``: what it refers to, or nothing."""

    offset: int
    size: int
    text: str
    comment: str = ""

    def __str__(self) -> str:
        line = f"{self.offset:5x}  {self.text}"
        return f"{line:<52}; {self.comment}" if self.comment else line


def disassemble_blob(
    blob: Blob, rows: Sequence[str], *, machine: str
) -> Iterator[MachineInstruction]:
    """The linked code of the function ``f``, up to the zeros that fill its last page."""
    code = blob.code.rstrip(b"\0")
    for offset, size, text in _decode(code, machine):
        comment = _row_at(_target(offset, size, text), len(blob.code), rows)
        yield MachineInstruction(offset, size, text, comment)


def disassemble_object(
    elf: ElfObject, rows: Sequence[str], *, machine: str
) -> Iterator[MachineInstruction]:
    """The code before it is linked, with its relocations by name."""
    text = next(s for s in elf.sections if s.name == ".text")
    names = _relocations(elf, text.index, rows)
    for offset, size, instruction in _decode(elf.content(text), machine):
        found = (names[o] for o in range(offset, offset + size) if o in names)
        yield MachineInstruction(offset, size, instruction, ", ".join(found))


def likely_machine(code: bytes) -> str:
    """The machine as whose code more of the first bytes make sense: units do not name it."""
    sample = code[:512]

    def skipped(machine: str) -> int:
        return sum(
            size for _, size, text in _decode(sample, machine) if text.startswith(".byte")
        )

    return min(("x86_64", "aarch64"), key=skipped)


def _decode(code: bytes, machine: str) -> Iterator[tuple[int, int, str]]:
    """(offset, size, text); bytes that are no instruction are skipped one by one."""
    decoder = _decoder(machine)
    decoder.skipdata = True
    for offset, size, name, operands in decoder.disasm_lite(code, 0):
        yield offset, size, f"{name} {operands}".rstrip()


def _decoder(machine: str) -> Any:  # noqa: ANN401
    if machine == "x86_64":
        return capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    # Named otherwise since capstone 6.
    arm = getattr(capstone, "CS_ARCH_ARM64", None) or capstone.CS_ARCH_AARCH64
    return capstone.Cs(arm, capstone.CS_MODE_ARM)


def _relocations(elf: ElfObject, section: int, rows: Sequence[str]) -> Mapping[int, str]:
    names = {}
    for relocation in elf.relocations():
        if relocation.section == section:
            # x86-64 counts from the end of the field, which is four bytes long.
            addend = relocation.addend + 4 * (relocation.type in (2, 4))
            names[relocation.offset] = (
                _row_at(addend, 0, rows)
                if relocation.symbol.name == TABLE_SYMBOL
                else relocation.symbol.name or elf.sections[relocation.symbol.section].name
            )
    return names


def _target(offset: int, size: int, text: str) -> int:
    match = _RELATIVE.search(text)
    if match is None:
        return -1
    distance = int(match["distance"], 0)
    return offset + size + (distance if match["sign"] == "+" else -distance)


def _row_at(address: int, table: int, rows: Sequence[str]) -> str:
    index = (address - table) // _ROW_SIZE
    return rows[index] if address >= table and index < len(rows) else ""
