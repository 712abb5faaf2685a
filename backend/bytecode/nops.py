"""Removing what does nothing: NOPs without a line of their own, pushes that are popped."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dx_py.ir.code_unit import JUMPS, PSEUDO_JUMPS, Block, Instr


def remove_nops(blocks: Sequence[Block]) -> None:
    """Drop each NOP whose line another instruction beside it shows to a tracer.

    In order, as the host does: what follows a block has not been cleaned yet.
    """
    for index, block in enumerate(blocks):
        for instr in block.instrs:
            if instr.opcode == "NOP":
                after = next((b for b in blocks[index + 1 :] if b.instrs), None)
                _remove_nops_of_block(block, after)
                break


def _remove_nops_of_block(block: Block, after: Block | None) -> None:
    instrs = block.instrs
    kept: list[Instr] = []
    previous_line = -1
    for index, instr in enumerate(instrs):
        line = instr.span[0]
        if instr.opcode == "NOP":
            if line < 0 or line == previous_line:
                continue
            if index + 1 < len(instrs):
                next_line = instrs[index + 1].span[0]
                if next_line == line:
                    continue
                if next_line < 0:
                    instrs[index + 1].span = instr.span
                    continue
            elif after is not None and after.instrs[0].span[0] == line:
                continue
        kept.append(instr)
        previous_line = line
    block.instrs = kept


def remove_redundant_pairs(blocks: Sequence[Block]) -> None:
    """Remove NOPs, and constants and copies that are popped at once, until none is left."""
    is_done = False
    while not is_done:
        remove_nops(blocks)
        is_done = not _blank_pairs(blocks)


def _blank_pairs(blocks: Sequence[Block]) -> bool:
    found = False
    previous: Instr | None = None
    for block in blocks:
        if block.label:
            previous = None
        for instr in block.instrs:
            if instr.opcode == "POP_TOP" and previous is not None and _only_pushes(previous):
                previous.replace("NOP")
                instr.replace("NOP")
                found = True
            previous = instr
        if (previous is not None and previous.opcode in JUMPS) or not block.falls_through:
            previous = None
    return found


def _only_pushes(instr: Instr) -> bool:
    return instr.opcode == "LOAD_CONST" or (instr.opcode == "COPY" and instr.arg == 1)


def remove_redundant_jumps(blocks: Sequence[Block]) -> None:
    """Blank jumps to the block that follows anyway; no block may be empty."""
    for block, after in pairwise(blocks):
        last = block.instrs[-1]
        if last.opcode in PSEUDO_JUMPS and last.target is after:
            last.replace("NOP")
