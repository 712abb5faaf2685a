"""Remove ops whose results nothing needs, and the drops of what needs no release.

A frame state is a use; to be dropped is not. A drop goes where the class of its value is one
whose release nobody can notice. An op that may leave stays even without a use of its result:
what it checks holds for later ops.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from dx_py.ir.core import Function, Op, Value
from dx_py.ir.liveness import uses
from dx_py.ir.opcodes import DROPS, Exit, Ownership
from dx_py.ir.parameters import prune_parameters


@dataclass(frozen=True, slots=True)
class DeadCodeElimination:
    name: ClassVar[str] = "dce"

    def apply(self, function: Function) -> bool:
        changed = _remove_leaf_drops(function)
        while _remove_unused(function):
            changed = True
        return prune_parameters(function) or changed


def _remove_leaf_drops(function: Function) -> bool:
    changed = False
    for block in function.blocks:
        kept = [op for op in block.ops if op.opcode not in DROPS or _is_noticed(op)]
        changed |= len(kept) != len(block.ops)
        block.ops = kept
    return changed


def _is_noticed(op: Op) -> bool:
    type_ = op.operands[0].type
    return not (type_.is_leaf or type_.cls == "null")


def _remove_unused(function: Function) -> bool:
    used = {value for op in function.ops() for value in _needed(op)}
    changed = _remove_unused_parameters(function, used)
    dropped = {op.operands[0] for op in function.ops() if op.opcode in DROPS}
    for block in function.blocks:
        kept = [op for op in block.ops if not _is_dead(op, used, dropped)]
        changed |= len(kept) != len(block.ops)
        block.ops = kept
    return changed


def _needed(op: Op) -> Iterable[Value]:
    if op.opcode not in DROPS:
        return uses(op)
    return op.state.values() if op.state else ()


def _is_dead(op: Op, used: set[Value], dropped: set[Value]) -> bool:
    if not op.results or used.intersection(op.results) or dropped.intersection(op.results):
        return False
    # An unused guard still stands for what later ops rely on; what only makes an object does
    # not, though there may be no memory for it.
    makes = op.spec.exit is Exit.THROW and op.spec.ownership is Ownership.NEW
    return op.spec.is_pure and (makes or op.spec.exit is Exit.NONE)


def _remove_unused_parameters(function: Function, used: set[Value]) -> bool:
    """Parameters of machine values that nothing uses; unused objects still have owners."""
    changed = False
    for block in function.blocks[1:]:
        dead = [not p.type.is_object and p not in used for p in block.parameters]
        if any(dead):
            changed = True
            _drop_arguments(function, block, dead)
    return changed


def _drop_arguments(function: Function, target: object, dead: list[bool]) -> None:
    for block in function.blocks:
        for edge in block.successors:
            if edge.block is target:
                edge.arguments = [a for a, d in zip(edge.arguments, dead, strict=True) if not d]
        if block is target:
            block.parameters = [p for p, d in zip(block.parameters, dead, strict=True) if not d]
