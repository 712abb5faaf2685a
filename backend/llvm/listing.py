"""Machine code beside the IR it is made of, and the source that IR is made of.

    ; 3:     return a + b
    ;   v4: f64 = float.add v2, v3
       1f  vaddsd xmm0, xmm1, xmm0

Instructions come in the order of their addresses, so an op may be named more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from dx_py.backend.llvm.codegen import emit_object
from dx_py.backend.llvm.disassembly import (
    MachineInstruction,
    disassemble_blob,
    disassemble_object,
    likely_machine,
)
from dx_py.backend.llvm.elf import ElfObject
from dx_py.backend.llvm.line_info import lower_with_lines
from dx_py.backend.llvm.line_table import line_table
from dx_py.backend.llvm.linker import Blob
from dx_py.backend.llvm.lowering import GuardSite
from dx_py.backend.llvm.native_function import LOWERINGS, Target
from dx_py.ir.core import FrameState, Function, Op
from dx_py.ir.environment import Program
from dx_py.ir.printer import format_op

#: The source line of a routine's number and line, without indentation.
type SourceLine = Callable[[int, int], str]
#: What code that is of no op does.
NO_OP: Final = "of no single op"
_WIDTH: Final = 150


@dataclass(frozen=True, slots=True)
class Listing:
    """``instructions`` with the op each is of; None for those of no op.

    ``states``: for ops without one the state of an op beside them, to know their place.
    """

    instructions: Sequence[tuple[MachineInstruction, Op | None]]
    states: Mapping[Op, FrameState]
    guards: Sequence[GuardSite]

    @property
    def size(self) -> int:
        return sum(instruction.size for instruction, _ in self.instructions)


def list_function(function: Function, target: Target) -> Listing:
    """Of optimised SSA; raises NoLoweringError."""
    lowered, ops = lower_with_lines(function, target.layout, LOWERINGS)
    elf = ElfObject(emit_object(lowered.text, machine=target.machine, cpu=target.cpu))
    lines = dict(line_table(elf))
    instructions, line = [], 0
    for instruction in disassemble_object(elf, lowered.table, machine=target.machine):
        line = lines.get(instruction.offset, line)
        instructions.append((instruction, ops[line - 1] if line else None))
    return Listing(instructions, _states(function), lowered.guards)


def _states(function: Function) -> dict[Op, FrameState]:
    """Of the next op that has one, or else the one before."""
    found: dict[Op, FrameState] = {}
    for block in function.blocks:
        state = None
        for op in [*reversed(block.ops), *block.ops]:
            state = op.state or state
            if state is not None:
                found.setdefault(op, state)
    return found


def format_listing(listing: Listing, program: Program, source_line: SourceLine) -> str:
    head = f"; {listing.size} bytes, {len(listing.instructions)} instructions"
    return "\n".join(
        [f"{head}, {len(listing.guards)} guards", *_body(listing, program, source_line)]
    )


def _body(listing: Listing, program: Program, source_line: SourceLine) -> Iterator[str]:
    shown = None
    for op, group in groupby(listing.instructions, key=lambda pair: pair[1]):
        place = _place(listing.states.get(op) if op else None, program)
        if place is not None and place != shown:
            shown = place
            yield f"; {place[1]}: {source_line(*place)}"
        yield f";   {format_op(op)[:_WIDTH] if op else NO_OP}"
        yield from (f"{instruction}" for instruction, _ in group)


def _place(state: FrameState | None, program: Program) -> tuple[int, int] | None:
    """Routine and line."""
    if state is None:
        return None
    return state.code, line_of(program, state.code, state.pc)


def line_of(program: Program, routine: int, pc: int) -> int:
    """The line of an instruction; 0 where it has none."""
    positions = [*program.routines[routine].code.co_positions()]
    return positions[pc][0] or 0 if pc < len(positions) else 0


def list_unit(
    code: bytes,
    entry: int,
    rows: Sequence[str],
    guards: Sequence[tuple[str, int, int]],
) -> str:
    """A unit as it lies in the store: code without IR, what the guards' numbers stand for."""
    machine = likely_machine(code)
    lines = [str(i) for i in disassemble_blob(Blob(code, entry), rows, machine=machine)]
    sites = [
        f"; guard {number}: {opcode} in routine {routine} at {pc}"
        for number, (opcode, routine, pc) in enumerate(guards)
    ]
    return "\n".join([f"; entry at {entry:x}", *lines, *sites])
