"""LOAD_FAST_CHECK for loads of variables that may be unbound.

A variable beyond the first 64 is judged within its block alone, as the host judges it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dx_py.backend.bytecode.blocks import next_blocks
from dx_py.ir.code_unit import JUMPS, Block

_TRACKED = 64
_UNBINDS = frozenset({"DELETE_FAST", "LOAD_FAST_AND_CLEAR", "STORE_FAST_MAYBE_NULL"})
_BINDS = frozenset({"STORE_FAST", "LOAD_FAST_CHECK"})


def check_unbound_loads(
    blocks: Sequence[Block], variable_count: int, parameter_count: int
) -> None:
    if variable_count > _TRACKED:
        _check_untracked(blocks)
        variable_count = _TRACKED
    if variable_count:
        _Propagation(blocks).run(_mask(parameter_count, variable_count))


def _mask(start: int, end: int) -> int:
    return sum(1 << number for number in range(start, end))


class _Propagation:
    """For each block, the variables that may be unbound at its entry, as bits."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._following = next_blocks(blocks)
        self._unbound = dict.fromkeys(blocks, 0)
        self._work: dict[Block, None] = {}

    def run(self, unbound_at_start: int) -> None:
        self._reach(self._blocks[0], unbound_at_start)
        for block in self._blocks:
            self._scan(block)
        while self._work:
            block, _ = self._work.popitem()
            self._scan(block)

    def _reach(self, block: Block, unbound: int) -> None:
        known = self._unbound[block]
        if known | unbound != known:
            self._unbound[block] = known | unbound
            self._work[block] = None

    def _scan(self, block: Block) -> None:
        unbound = self._unbound[block]
        for instr in block.instrs:
            if instr.handler is not None:
                self._reach(instr.handler, unbound)
            opcode = instr.opcode
            if opcode == "LOAD_FAST":
                if instr.arg < _TRACKED:
                    bit = 1 << instr.arg
                    if unbound & bit:
                        instr.opcode = "LOAD_FAST_CHECK"
                        unbound &= ~bit
            elif instr.arg < _TRACKED:
                if opcode in _BINDS:
                    unbound &= ~(1 << instr.arg)
                elif opcode in _UNBINDS:
                    unbound |= 1 << instr.arg
        after = self._following.get(block)
        if after is not None and block.falls_through:
            self._reach(after, unbound)
        last = block.instrs[-1]
        if last.opcode in JUMPS and last.target is not None:
            self._reach(last.target, unbound)


def _check_untracked(blocks: Sequence[Block]) -> None:
    for block in blocks:
        bound: set[int] = set()
        for instr in block.instrs:
            if instr.arg < _TRACKED:
                continue
            if instr.opcode in _UNBINDS:
                bound.discard(instr.arg)
            elif instr.opcode == "STORE_FAST":
                bound.add(instr.arg)
            elif instr.opcode == "LOAD_FAST":
                if instr.arg not in bound:
                    instr.opcode = "LOAD_FAST_CHECK"
                bound.add(instr.arg)
