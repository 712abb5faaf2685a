"""Which handler covers each instruction.

Before: `SETUP_FINALLY h; LOAD_NAME x; POP_BLOCK`. After: `LOAD_NAME x` has the handler `h`; the
pseudo instructions stay until layout, since they keep the line of a `try`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.backend.bytecode.blocks import next_blocks
from dx_py.ir.code_unit import BLOCK_PUSHES, JUMPS, Block


def find_exception_targets(blocks: Sequence[Block]) -> None:
    """Blocks must be split. A YIELD_VALUE also learns how many handlers are around it."""
    if not _has_handlers(blocks):
        return
    following = next_blocks(blocks)
    seen = {blocks[0]}
    work: list[tuple[Block, tuple[Block, ...]]] = [(blocks[0], ())]
    while work:
        block, handlers = work.pop()
        for instr in block.instrs:
            if instr.opcode in BLOCK_PUSHES:
                target = instr.target
                assert target is not None
                target.is_handler = True
                target.keeps_offset |= instr.opcode != "SETUP_FINALLY"
                if target not in seen:
                    seen.add(target)
                    work.append((target, handlers))
                handlers = (*handlers, target)
            elif instr.opcode == "POP_BLOCK":
                handlers = handlers[:-1]
            else:
                instr.handler = handlers[-1] if handlers else None
                if instr.opcode == "YIELD_VALUE":
                    instr.arg = len(handlers)
                elif instr.opcode in JUMPS and instr.target not in seen:
                    assert instr.target is not None
                    seen.add(instr.target)
                    work.append((instr.target, handlers))
        after = following.get(block)
        if after is not None and block.falls_through and after not in seen:
            seen.add(after)
            work.append((after, handlers))


def _has_handlers(blocks: Sequence[Block]) -> bool:
    for block in blocks:
        for instr in block.instrs:
            if instr.opcode in BLOCK_PUSHES:
                return True
    return False
