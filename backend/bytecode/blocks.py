"""The shape of the flow graph: splitting, reachability, blocks without instructions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dx_py.ir.code_unit import BLOCK_ENDS, BLOCK_PUSHES, JUMPS, Block


def split_blocks(labelled: Sequence[Block]) -> list[Block]:
    """Blocks that end at their first jump or exit, in the same order.

    What follows an exit without a label is a block of its own, until it is found unreachable.
    """
    blocks: list[Block] = []
    for block in labelled:
        instrs = block.instrs
        ends = [i for i, instr in enumerate(instrs, start=1) if instr.opcode in BLOCK_ENDS]
        blocks.append(block)
        if not ends or ends[0] == len(instrs):
            continue
        block.instrs = instrs[: ends[0]]
        ends.append(len(instrs))
        for start, end in pairwise(ends):
            if start < end:
                blocks.append(Block(instrs[start:end]))
    return blocks


def remove_empty_blocks(blocks: list[Block]) -> list[Block]:
    """Jumps to a block without instructions lead to the next one that has some."""
    if all(block.instrs for block in blocks):
        return blocks
    following: dict[Block, Block] = {}
    after: Block | None = None
    for block in reversed(blocks):
        if block.instrs:
            after = block
        elif after is not None:
            following[block] = after
    kept = [block for block in blocks if block.instrs]
    for block in kept:
        for instr in block.instrs:
            if instr.target in following:
                instr.target = following[instr.target]
            if instr.handler in following:
                instr.handler = following[instr.handler]
    return kept


def remove_unreachable(blocks: list[Block]) -> list[Block]:
    """Count predecessors, and empty the blocks that have none."""
    _count_predecessors(blocks)
    for block in blocks:
        if not block.predecessors:
            block.instrs = []
    return blocks


def next_blocks(blocks: Sequence[Block]) -> dict[Block, Block]:
    """The block that follows each in the layout, where there is one."""
    return dict(pairwise(blocks))


def _count_predecessors(blocks: list[Block]) -> None:
    """A block that waits twice is visited twice and counts twice: only 0 and 1 are exact."""
    following = next_blocks(blocks)
    for block in blocks:
        block.predecessors = 0
    blocks[0].predecessors = 1
    visited: set[Block] = set()
    work = [blocks[0]]
    while work:
        block = work.pop()
        visited.add(block)
        successors = [
            i.target for i in block.instrs if i.opcode in JUMPS or i.opcode in BLOCK_PUSHES
        ]
        after = following.get(block)
        if after is not None and block.falls_through:
            successors.insert(0, after)
        for successor in successors:
            assert successor is not None
            if successor not in visited:
                work.append(successor)
            successor.predecessors += 1
