"""Keep a check of the assumptions only where Python code may have run since the last one.

Before: ``v2 = py.call ...``, ``guard.assumptions``, ``v3 = float.add ...``,
        ``guard.assumptions``
After:  the second is gone; both are where the function assumes nothing
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from dx_py.ir.core import Block, Function, Op
from dx_py.ir.dominance import predecessors, reverse_postorder
from dx_py.ir.opcodes import DROPS, Effect
from dx_py.ir.parameters import NULL_CLASS


@dataclass(frozen=True, slots=True)
class AssumptionGuards:
    name: ClassVar[str] = "assumptions"

    def apply(self, function: Function) -> bool:
        if not any(map(_assumes, function.ops())):
            return _keep(function, lambda op: op.opcode != "guard.assumptions")
        dirty = _dirty_at_start(function)
        needed: set[Op] = set()
        for block in function.blocks:
            _walk(block, dirty=dirty.get(block, False), needed=needed)
        return _keep(function, lambda op: op.opcode != "guard.assumptions" or op in needed)


_WATCHED: Final = ("builtin:", "global:", "member:", "attribute:", "func:", "default:")


def _assumes(op: Op) -> bool:
    """Whether it relies on a watched dict, class or function."""
    if op.opcode == "const.object":
        return op.text_attr("slot").startswith(_WATCHED)
    return op.opcode == "assume.routine" or ":" in str(op.attrs.get("cls", ""))


def _keep(function: Function, wanted: Callable[[Op], bool]) -> bool:
    changed = False
    for block in function.blocks:
        kept = [op for op in block.ops if wanted(op)]
        changed |= len(kept) != len(block.ops)
        block.ops = kept
    return changed


def _dirty_at_start(function: Function) -> dict[Block, bool]:
    """Blocks that a path reaches on which Python code ran and nothing was checked."""
    order, preds = reverse_postorder(function), predecessors(function)
    start = dict.fromkeys(order, False)
    end = dict.fromkeys(order, False)
    changed = True
    while changed:
        changed = False
        for block in order:
            start[block] = any(end.get(pred, False) for pred in preds[block])
            after = _walk(block, dirty=start[block], needed=set())
            changed |= after != end[block]
            end[block] = after
    return start


def _walk(block: Block, *, dirty: bool, needed: set[Op]) -> bool:
    """Whether the block ends unchecked; the checks it needs go into ``needed``."""
    for op in block.ops:
        if op.opcode == "guard.assumptions":
            if dirty:
                needed.add(op)
            dirty = False
        elif Effect.PYTHON in op.spec.effects or may_finalize(op):
            dirty = True
    return dirty


def may_finalize(op: Op) -> bool:
    """Whether the interpreter gives up an object there whose finalizer may run Python code."""
    if op.opcode not in DROPS:
        return False
    type_ = op.operands[0].type
    return not (type_.is_leaf or type_.cls == NULL_CLASS)
