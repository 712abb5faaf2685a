"""Handlers, and what only they reach, go to the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dx_py.backend.bytecode.blocks import next_blocks
from dx_py.backend.bytecode.nops import remove_redundant_jumps
from dx_py.ir.code_unit import JUMPS, NO_SPAN, Block, Instr


def move_cold_blocks(blocks: list[Block]) -> list[Block]:
    """The warm blocks in their order, then the cold ones in theirs."""
    if not any(block.is_handler for block in blocks):
        return blocks
    warm = _reached(blocks, blocks[:1], lambda _: True)
    handlers = [block for block in blocks if block.is_handler]
    for block in _reached(blocks, handlers, lambda block: block not in warm):
        block.is_cold = True
    placed = _with_explicit_jumps(blocks, warm)
    ordered = [block for block in placed if not block.is_cold]
    ordered += [block for block in placed if block.is_cold]
    remove_redundant_jumps(ordered)
    return ordered


def _reached(
    blocks: Sequence[Block], roots: Sequence[Block], admits: Callable[[Block], bool]
) -> set[Block]:
    following = next_blocks(blocks)
    seen = set(roots)
    work = list(roots)
    while work:
        block = work.pop()
        successors = [instr.target for instr in block.instrs if instr.opcode in JUMPS]
        if block.falls_through:
            successors.append(following.get(block))
        for successor in successors:
            if successor is not None and successor not in seen and admits(successor):
                seen.add(successor)
                work.append(successor)
    return seen


def _with_explicit_jumps(blocks: Sequence[Block], warm: set[Block]) -> list[Block]:
    """A cold block that falls through to a warm one will stand elsewhere: it has to jump."""
    placed: list[Block] = []
    following = next_blocks(blocks)
    for block in blocks:
        placed.append(block)
        after = following.get(block)
        if block.is_cold and block.falls_through and after in warm:
            jump = Block([Instr("JUMP", after.label, NO_SPAN, after)])
            jump.is_cold = True
            placed.append(jump)
    return placed
