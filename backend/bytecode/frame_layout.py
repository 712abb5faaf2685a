"""The frame's slots: variables, then cells, then free variables.

A parameter that is also a cell has one slot, its own. The instructions about cells and free
variables get the slots' numbers, and a prologue is put first: COPY_FREE_VARS, a MAKE_CELL for
each cell, and for generators RETURN_GENERATOR.
"""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.ir.code_unit import NO_SPAN, Block, CodeUnit, Instr

_CLOSURE_OPCODES = frozenset(
    {
        "MAKE_CELL",
        "LOAD_CLOSURE",
        "LOAD_DEREF",
        "STORE_DEREF",
        "DELETE_DEREF",
        "LOAD_FROM_DICT_OR_DEREF",
    }
)
_SUSPENDS = 0x20 | 0x80 | 0x200


def lay_out_frame(unit: CodeUnit, blocks: Sequence[Block]) -> None:
    slots = _slots(unit)
    if unit.cells or unit.free:
        for block in blocks:
            for instr in block.instrs:
                if instr.opcode in _CLOSURE_OPCODES:
                    instr.arg = slots[instr.arg]
    blocks[0].instrs[:0] = _prologue(unit, slots)


def is_suspended(unit: CodeUnit) -> bool:
    """Whether it is a generator's, a coroutine's or an asynchronous generator's."""
    return bool(unit.flags & _SUSPENDS)


def _slots(unit: CodeUnit) -> list[int]:
    """The slot of each cell and each free variable."""
    variables = {name: slot for slot, name in enumerate(unit.variables)}
    following = len(variables)
    slots = []
    for name in unit.cells:
        if name in variables:
            slots.append(variables[name])
        else:
            slots.append(following)
            following += 1
    return slots + [following + i for i in range(len(unit.free))]


def _prologue(unit: CodeUnit, slots: Sequence[int]) -> list[Instr]:
    prologue = []
    if unit.free:
        prologue.append(Instr("COPY_FREE_VARS", len(unit.free), NO_SPAN))
    for slot in sorted(slots[: len(unit.cells)]):
        prologue.append(Instr("MAKE_CELL", slot, NO_SPAN))
    if is_suspended(unit):
        span = (unit.first_line, unit.first_line, -1, -1)
        prologue.append(Instr("RETURN_GENERATOR", 0, span))
        prologue.append(Instr("POP_TOP", 0, NO_SPAN))
    return prologue
