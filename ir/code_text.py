"""Code-level IR as text, for readers.

    unit f, line 1, flags 0x3
      variables a b
      L1:
        LOAD_FAST 0 (a)                       2:4-2:5
        POP_JUMP_IF_FALSE L2                  2:4-2:5

A unit is followed by those nested in it. Labels number the blocks of a unit in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dx_py.ir.code_unit import Block, CodeUnit, Instr, Span

_WIDTH: Final = 44
_CONSTANTS: Final = frozenset({"LOAD_CONST", "RETURN_CONST", "KW_NAMES"})
_VARIABLES: Final = frozenset(
    {"LOAD_FAST", "LOAD_FAST_AND_CLEAR", "STORE_FAST", "STORE_FAST_MAYBE_NULL", "DELETE_FAST"}
)
#: How far the number of the name is shifted, for instructions about names.
_NAMES: Final = {
    "DELETE_ATTR": 0,
    "DELETE_GLOBAL": 0,
    "DELETE_NAME": 0,
    "IMPORT_FROM": 0,
    "IMPORT_NAME": 0,
    "LOAD_ATTR": 1,
    "LOAD_FROM_DICT_OR_GLOBALS": 0,
    "LOAD_GLOBAL": 1,
    "LOAD_NAME": 0,
    "LOAD_SUPER_ATTR": 2,
    "STORE_ATTR": 0,
    "STORE_GLOBAL": 0,
    "STORE_NAME": 0,
}
_CLOSURE: Final = frozenset(
    {
        "DELETE_DEREF",
        "LOAD_CLOSURE",
        "LOAD_DEREF",
        "LOAD_FROM_DICT_OR_DEREF",
        "MAKE_CELL",
        "STORE_DEREF",
    }
)
_TABLES: Final = ("variables", "cells", "free")


def format_unit(unit: CodeUnit) -> str:
    lines: list[str] = []
    pending = [unit]
    while pending:
        current = pending.pop()
        lines += [*_unit_lines(current), ""]
        pending += [c for c in reversed(current.constants) if isinstance(c, CodeUnit)]
    return "\n".join(lines)


def _unit_lines(unit: CodeUnit) -> Iterator[str]:
    yield f"unit {unit.qualified_name}, line {unit.first_line}, flags {unit.flags:#x}"
    for table in _TABLES:
        names = getattr(unit, table)
        if names:
            yield f"  {table} {' '.join(names)}"
    labels = {block: f"L{number}" for number, block in enumerate(unit.blocks)}
    for block in unit.blocks:
        yield f"  {labels[block]}:"
        for instr in block.instrs:
            yield f"    {_instruction(unit, instr, labels):{_WIDTH}} {_place(instr.span)}"


def _instruction(unit: CodeUnit, instr: Instr, labels: Mapping[Block, str]) -> str:
    if instr.target is not None:
        return f"{instr.opcode} {labels[instr.target]}"
    meaning = _meaning(unit, instr)
    return f"{instr.opcode} {instr.arg}{f' ({meaning})' if meaning else ''}"


def _meaning(unit: CodeUnit, instr: Instr) -> str:
    opcode, arg = instr.opcode, instr.arg
    if opcode in _CONSTANTS:
        value = unit.constants[arg]
        return f"unit {value.name}" if isinstance(value, CodeUnit) else repr(value)
    if opcode in _VARIABLES:
        return unit.variables[arg]
    if opcode in _NAMES:
        return unit.names[arg >> _NAMES[opcode]]
    if opcode in _CLOSURE:
        return (unit.cells + unit.free)[arg]
    return ""


def _place(span: Span) -> str:
    line, last, column, end = span
    return "" if line < 0 else f"{line}:{column}-{last}:{end}"
