"""The flow-graph passes in their order.

1. `split_blocks`: everything after it relies on jumps standing last.
2. `find_exception_targets`: while POP_BLOCKs still pair with their pushes.
3. Copying small exits before rewriting, so that constants meet the returns they reach; again
   after it, since threading and folding shorten blocks.
4. Unreachable blocks go before constants are counted and locals are judged.
5. Cold blocks move when every jump is known; lines are resolved last, on the final order.
"""

from __future__ import annotations

from dx_py.backend.bytecode.blocks import (
    remove_empty_blocks,
    remove_unreachable,
    split_blocks,
)
from dx_py.backend.bytecode.cold_blocks import move_cold_blocks
from dx_py.backend.bytecode.constants import ConstantTable
from dx_py.backend.bytecode.exception_targets import find_exception_targets
from dx_py.backend.bytecode.line_numbers import resolve_line_numbers
from dx_py.backend.bytecode.nops import (
    remove_nops,
    remove_redundant_jumps,
    remove_redundant_pairs,
)
from dx_py.backend.bytecode.peephole import rewrite_block
from dx_py.backend.bytecode.unbound_locals import check_unbound_loads
from dx_py.ir.code_unit import PSEUDO_JUMPS, Block, CodeUnit

_SMALL_EXIT = 4


def optimize(unit: CodeUnit, constants: ConstantTable) -> list[Block]:
    """The unit's blocks in their final order, each ended by its only jump or exit."""
    blocks = split_blocks(unit.blocks)
    find_exception_targets(blocks)
    constants.merge_equal_code(blocks)
    blocks = _optimize_graph(blocks, constants)
    constants.drop_unused(blocks)
    check_unbound_loads(blocks, len(unit.variables), unit.parameter_count)
    blocks = move_cold_blocks(blocks)
    return resolve_line_numbers(blocks, unit.first_line)


def _optimize_graph(blocks: list[Block], constants: ConstantTable) -> list[Block]:
    blocks = remove_empty_blocks(blocks)
    _copy_small_exits(blocks)
    for block in blocks:
        rewrite_block(block, constants)
    remove_redundant_pairs(blocks)
    _copy_small_exits(blocks)
    blocks = remove_unreachable(blocks)
    remove_nops(blocks)
    blocks = remove_empty_blocks(blocks)
    remove_redundant_jumps(blocks)
    return blocks


def _copy_small_exits(blocks: list[Block]) -> None:
    """A jump to a short block that leaves the frame becomes a copy of that block."""
    for block in blocks:
        if not block.instrs:
            continue
        last = block.instrs[-1]
        target = last.target
        if last.opcode not in PSEUDO_JUMPS or target is None:
            continue
        if target.exits_scope and len(target.instrs) <= _SMALL_EXIT:
            last.replace("NOP")
            block.instrs += [instr.copy() for instr in target.instrs]
