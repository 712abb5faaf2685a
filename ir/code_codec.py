"""Code-level IR as the payload of an artifact of kind `code-ir`, and back.

Units are a flat list, outer ones first; a constant that is a unit is its number. Constants are
pairs of a word for the type and the value, so that 1, 1.0 and True stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dx_py.artifacts.artifact import Artifact
from dx_py.ir.code_unit import Block, CodeUnit, Constant, Instr

KIND: Final = "code-ir"
SCHEMA: Final = 1

_UNIT: Final = "unit"
_NO_TARGET: Final = -1
_FIELDS: Final = (
    "name",
    "qualified_name",
    "first_line",
    "flags",
    "argument_count",
    "positional_only_count",
    "keyword_only_count",
    "parameter_count",
    "names",
    "variables",
    "cells",
    "free",
)


def code_artifact(unit: CodeUnit) -> Artifact:
    return Artifact(KIND, SCHEMA, to_payload(unit))


def to_payload(unit: CodeUnit) -> dict[str, Any]:
    """Of a unit that has not been optimised yet."""
    units = [unit]
    # The list grows while it is walked: nested units follow those around them.
    payloads = [_unit_payload(current, units) for current in units]
    return {"units": payloads}


def _unit_payload(unit: CodeUnit, units: list[CodeUnit]) -> dict[str, Any]:
    numbers = {block: number for number, block in enumerate(unit.blocks)}
    payload: dict[str, Any] = {name: getattr(unit, name) for name in _FIELDS}
    payload["hidden"] = sorted(unit.hidden)
    payload["constants"] = [_constant_payload(value, units) for value in unit.constants]
    payload["blocks"] = [
        [block.label, [_instr_payload(instr, numbers) for instr in block.instrs]]
        for block in unit.blocks
    ]
    return payload


def _constant_payload(value: Constant, units: list[CodeUnit]) -> list[Any]:
    if isinstance(value, CodeUnit):
        units.append(value)
        return [_UNIT, len(units) - 1]
    if isinstance(value, tuple):
        return ["tuple", [_constant_payload(item, units) for item in value]]
    if isinstance(value, frozenset):
        items = [_constant_payload(item, units) for item in value]
        return ["frozenset", sorted(items, key=repr)]
    return [type(value).__name__, value]


def _instr_payload(instr: Instr, numbers: Mapping[Block, int]) -> list[Any]:
    target = _NO_TARGET if instr.target is None else numbers[instr.target]
    return [instr.opcode, instr.arg, target, *instr.span]


def from_payload(payload: Mapping[str, Any]) -> CodeUnit:
    """Raises what malformed payloads raise: LookupError, TypeError, ValueError."""
    units = [CodeUnit(**{name: entry[name] for name in _FIELDS}) for entry in payload["units"]]
    for unit, entry in zip(units, payload["units"], strict=True):
        unit.hidden = frozenset(entry["hidden"])
        unit.constants = [_constant(value, units) for value in entry["constants"]]
        unit.blocks = [Block(label=label) for label, _ in entry["blocks"]]
        for block, (_, instrs) in zip(unit.blocks, entry["blocks"], strict=True):
            block.instrs = [_instr(row, unit.blocks) for row in instrs]
    return units[0]


def _constant(payload: list[Any], units: list[CodeUnit]) -> Constant:
    kind, value = payload
    if kind == _UNIT:
        unit: CodeUnit = units[value]
        return unit
    if kind == "tuple":
        return tuple(_constant(item, units) for item in value)
    if kind == "frozenset":
        return frozenset(_constant(item, units) for item in value)
    constant: Constant = value
    return constant


def _instr(row: list[Any], blocks: list[Block]) -> Instr:
    opcode, arg, target, line, last, column, end = row
    goal = None if target == _NO_TARGET else blocks[target]
    return Instr(opcode, arg, (line, last, column, end), goal)
