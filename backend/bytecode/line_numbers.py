"""Places for instructions that have none; every exit needs a line (PEP 626)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dx_py.ir.code_unit import JUMPS, NO_SPAN, Block


def resolve_line_numbers(blocks: list[Block], first_line: int) -> list[Block]:
    blocks = _duplicate_exits(blocks)
    _give_exits_their_predecessors_line(blocks)
    _propagate(blocks)
    _guarantee_lines_of_returns(blocks, first_line)
    return blocks


def _is_exit_without_line(block: Block) -> bool:
    return block.exits_scope and all(instr.span[0] < 0 for instr in block.instrs)


def _duplicate_exits(blocks: list[Block]) -> list[Block]:
    """A copy for each jump to such an exit, so that it can have the jump's line."""
    copies: dict[Block, list[Block]] = {}
    for block in blocks:
        last = block.instrs[-1]
        target = last.target
        if last.opcode not in JUMPS or target is None or target.predecessors < 2:
            continue
        if _is_exit_without_line(target):
            last.target = _copy_exit(target)
            last.target.instrs[0].span = last.span
            target.predecessors -= 1
            copies.setdefault(target, []).insert(0, last.target)
    if not copies:
        return blocks
    return [placed for block in blocks for placed in (block, *copies.get(block, ()))]


def _copy_exit(block: Block) -> Block:
    copied = Block([instr.copy() for instr in block.instrs])
    copied.is_cold = block.is_cold
    copied.predecessors = 1
    for instr, original in zip(copied.instrs, block.instrs, strict=True):
        instr.handler = original.handler
    return copied


def _give_exits_their_predecessors_line(blocks: Sequence[Block]) -> None:
    for block, after in pairwise(blocks):
        if block.falls_through and _is_exit_without_line(after):
            after.instrs[0].span = block.instrs[-1].span


def _propagate(blocks: Sequence[Block]) -> None:
    """To the next instruction, and to a block with this one predecessor."""
    following = dict(pairwise(blocks))
    for block in blocks:
        span = NO_SPAN
        for instr in block.instrs:
            if instr.span[0] < 0:
                instr.span = span
            else:
                span = instr.span
        after = following.get(block)
        if after is not None and block.falls_through:
            _inherit(after, span)
        last = block.instrs[-1]
        if last.opcode in JUMPS and last.target is not None:
            _inherit(last.target, span)


def _inherit(block: Block, span: tuple[int, int, int, int]) -> None:
    if block.predecessors == 1 and block.instrs[0].span[0] < 0:
        block.instrs[0].span = span


def _guarantee_lines_of_returns(blocks: Sequence[Block], first_line: int) -> None:
    line = first_line
    for block in blocks:
        last = block.instrs[-1]
        if last.span[0] >= 0:
            line = last.span[0]
        elif last.opcode == "RETURN_VALUE":
            for instr in block.instrs:
                instr.span = (line, *instr.span[1:])
