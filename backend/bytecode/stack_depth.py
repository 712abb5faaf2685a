"""The operand stack each block starts with, and the largest one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dx_py.backend.bytecode.stack_effects import effect_at_target, stack_effect
from dx_py.ir.code_unit import NO_FALL_THROUGH, Block


def compute_stack_depth(blocks: Sequence[Block], *, at_entry: int) -> int:
    """Sets each block's ``depth``; returns the maximum."""
    following = dict(pairwise(blocks))
    largest = 0
    blocks[0].depth = at_entry
    work = [blocks[0]]
    while work:
        block = work.pop()
        depth = block.depth
        for instr in block.instrs:
            after = depth + stack_effect(instr.opcode, instr.arg)
            target = instr.target
            if target is not None:
                at_target = depth + effect_at_target(instr.opcode, instr.arg)
                largest = max(largest, at_target)
                if target.depth < 0:
                    target.depth = at_target
                    work.append(target)
            if after > largest:
                largest = after
            depth = after
        if block.instrs[-1].opcode not in NO_FALL_THROUGH:
            successor = following[block]
            if successor.depth < 0:
                successor.depth = depth
                work.append(successor)
    return largest
