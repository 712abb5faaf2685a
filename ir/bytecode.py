"""Code-level IR: the instructions and the control-flow graph of a 3.12 code object.

``co_code`` gives the base instructions whatever the interpreter has specialised or
instrumented; caches are skipped and EXTENDED_ARG is folded into its instruction. Positions
(``pc``) count code units. Exception handlers are not successors: native code hands every
exception to the interpreter, so no handler is ever compiled.
"""

from __future__ import annotations

import opcode
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Final

#: Words of inline cache after each opcode (Lib/opcode.py of 3.12).
CACHE_ENTRIES: Final[dict[str, int]] = {
    opcode.opname[number]: count
    for number, count in enumerate(vars(opcode)["_inline_cache_entries"])
    if count
}

UNCONDITIONAL_JUMPS: Final = frozenset(
    {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
)
BACKWARD_JUMPS: Final = frozenset({"JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
#: Instructions that suspend a generator's frame; another call goes on behind them.
SUSPENSIONS: Final = frozenset({"RETURN_GENERATOR", "YIELD_VALUE"})
#: Instructions after which control does not go on to the next one.
TERMINATORS: Final = UNCONDITIONAL_JUMPS | {
    "RETURN_VALUE",
    "RETURN_CONST",
    "RAISE_VARARGS",
    "RERAISE",
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    ``start`` is the unit of its first EXTENDED_ARG, where the interpreter may resume it, and
    equals ``pc`` where there is none; ``next_pc`` is the unit after its caches, where
    the next instruction starts.
    """

    start: int
    pc: int
    opcode: str
    arg: int
    next_pc: int

    @property
    def target(self) -> int | None:
        """Where it may jump to, if it is a jump.

        An exhausted FOR_ITER pops its iterator and skips the END_FOR it points at.
        """
        if self.opcode == "FOR_ITER":
            return self.next_pc + self.arg + 1
        if opcode.opmap[self.opcode] not in opcode.hasjrel:
            return None
        if self.opcode in BACKWARD_JUMPS:
            return self.next_pc - self.arg
        return self.next_pc + self.arg


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Instructions with one entry; ``fall_through`` is the pc that follows, if control can."""

    instructions: tuple[Instruction, ...]
    fall_through: int | None

    @property
    def start(self) -> int:
        return self.instructions[0].start

    @property
    def successors(self) -> tuple[int, ...]:
        last = self.instructions[-1]
        pcs = (self.fall_through, last.target)
        return tuple(pc for pc in pcs if pc is not None)


def read_instructions(code: CodeType) -> Iterator[Instruction]:
    """The base instructions in order."""
    words = code.co_code
    pc, start, extended = 0, 0, 0
    while 2 * pc < len(words):
        name, arg = opcode.opname[words[2 * pc]], words[2 * pc + 1] | extended
        following = pc + 1 + CACHE_ENTRIES.get(name, 0)
        if name == "EXTENDED_ARG":
            extended = arg << 8
        else:
            yield Instruction(start, pc, name, arg, following)
            extended, start = 0, following
        pc = following


def handled_ranges(code: CodeType) -> list[tuple[int, int]]:
    """Where exceptions have a handler, as ranges of code units.

    The table is as in Objects/exception_handling_notes.txt of CPython 3.12.
    """
    table, place, ranges = code.co_exceptiontable, 0, list[tuple[int, int]]()

    def number() -> int:
        nonlocal place
        value = table[place] & 63
        while table[place] & 64:
            place += 1
            value = value << 6 | table[place] & 63
        place += 1
        return value

    while place < len(table):
        start, length, _, _ = number(), number(), number(), number()
        ranges.append((start, start + length))
    return ranges


def build_code_blocks(code: CodeType) -> dict[int, CodeBlock]:
    """The blocks reachable from the entry without exceptions, by the unit they start at."""
    instructions = {i.start: i for i in read_instructions(code)}
    leaders = {i.target for i in instructions.values() if i.target is not None}
    blocks: dict[int, CodeBlock] = {}
    work = [0]
    while work:
        start = work.pop()
        if start not in blocks:
            blocks[start] = _read_block(instructions, leaders, start)
            work.extend(blocks[start].successors)
    return blocks


def _read_block(
    instructions: dict[int, Instruction], leaders: set[int], start: int
) -> CodeBlock:
    found = []
    while True:
        current = instructions[start]
        found.append(current)
        if current.opcode in TERMINATORS:
            return CodeBlock(tuple(found), None)
        start = current.next_pc
        ends = current.target is not None or current.opcode in SUSPENSIONS
        if ends or start in leaders:
            return CodeBlock(tuple(found), start)
