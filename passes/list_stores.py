"""A freshly computed float stored into a list goes in as a machine value.

Before: ``v5: obj<float> = box.f64 v4``, ``list.set_leaf v1, v2, v5``
After:  ``list.set_f64 v1, v2, v4``: where only the list holds the float it replaces, that
        box is overwritten, and nothing is allocated or freed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dx_py.ir.core import Function, Op
from dx_py.ir.opcodes import DROPS


@dataclass(frozen=True, slots=True)
class ListStores:
    name: ClassVar[str] = "list-stores"

    def apply(self, function: Function) -> bool:
        definitions = {value: op for op in function.ops() for value in op.results}
        changed = False
        for op in function.ops():
            if op.opcode != "list.set_leaf":
                continue
            source = definitions.get(op.operands[2])
            if source is not None and source.opcode == "box.f64" and _is_only_use(function, op):
                op.opcode = "list.set_f64"
                op.operands[2] = source.operands[0]
                changed = True
        return changed


def _is_only_use(function: Function, store: Op) -> bool:
    """Whether nothing but the store and frame states needs the box as an object."""
    box = store.operands[2]
    others = (
        op
        for op in function.ops()
        if op is not store
        and op.opcode not in DROPS
        and (box in op.operands or any(box in edge.arguments for edge in op.successors))
    )
    return next(others, None) is None
