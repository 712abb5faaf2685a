"""Directions and distances of jumps."""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.ir.bytecode import BACKWARD_JUMPS, CACHE_ENTRIES
from dx_py.ir.code_unit import JUMPS, Block, Instr

_OPPOSITE = {
    "POP_JUMP_IF_FALSE": "POP_JUMP_IF_TRUE",
    "POP_JUMP_IF_TRUE": "POP_JUMP_IF_FALSE",
    "POP_JUMP_IF_NONE": "POP_JUMP_IF_NOT_NONE",
    "POP_JUMP_IF_NOT_NONE": "POP_JUMP_IF_NONE",
}
_FORWARD = {"JUMP": "JUMP_FORWARD", "JUMP_NO_INTERRUPT": "JUMP_FORWARD"}
_BACKWARD = {
    "JUMP": "JUMP_BACKWARD",
    "JUMP_NO_INTERRUPT": "JUMP_BACKWARD_NO_INTERRUPT",
}


def direct_jumps(blocks: Sequence[Block]) -> list[Block]:
    """Choose directions; a conditional jump backward becomes one over a jump backward."""
    placed: list[Block] = []
    visited: set[Block] = set()
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        placed.append(block)
        visited.add(block)
        last = block.instrs[-1]
        target = last.target
        if last.opcode not in JUMPS or target is None:
            continue
        is_backward = target in visited
        if last.opcode in _BACKWARD:
            last.opcode = (_BACKWARD if is_backward else _FORWARD)[last.opcode]
        elif is_backward:
            last.opcode, last.target = _OPPOSITE[last.opcode], after
            placed.append(Block([Instr("JUMP_BACKWARD", target.label, last.span, target)]))
    return placed


def size_of(instr: Instr) -> int:
    """In code units, with its EXTENDED_ARGs and caches."""
    arg = instr.arg
    size = 1 + CACHE_ENTRIES.get(instr.opcode, 0)
    while arg > 0xFF:
        arg >>= 8
        size += 1
    return size


def resolve_offsets(blocks: Sequence[Block]) -> dict[Block, int]:
    """Set the jumps' distances, which may lengthen jumps, until nothing moves."""
    jumps = [(block, block.instrs[-1]) for block in blocks if block.instrs[-1].target]
    sizes = {block: sum(map(size_of, block.instrs)) for block in blocks}
    while True:
        offsets: dict[Block, int] = {}
        total = 0
        for block in blocks:
            offsets[block] = total
            total += sizes[block]
        moved = False
        for block, jump in jumps:
            moved |= _set_distance(block, jump, offsets, sizes)
        if not moved:
            return offsets


def _set_distance(
    block: Block, jump: Instr, offsets: dict[Block, int], sizes: dict[Block, int]
) -> bool:
    """Whether the jump's size has changed."""
    assert jump.target is not None
    before = size_of(jump)
    distance = offsets[jump.target] - (offsets[block] + sizes[block])
    jump.arg = -distance if jump.opcode in BACKWARD_JUMPS else distance
    grown = size_of(jump) - before
    sizes[block] += grown
    return bool(grown)
