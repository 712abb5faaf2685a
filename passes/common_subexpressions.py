"""Give each pure computation one value where it dominates its repetition.

Guards count as pure: a check that has passed holds from there on. After a guard on the class
of a value, uses of the value become uses of the guarded one, so that its class is known.

Before: ``v4: obj<float> = guard.type v1 cls="float"`` ... ``v9 = guard.type v1 cls="float"``
After:  uses of ``v9``, and of ``v1`` below the guard, are uses of ``v4``
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from dx_py.ir.core import Block, Function, Op, Value
from dx_py.ir.dominance import DominatorTree
from dx_py.ir.opcodes import Ownership

type _Key = tuple[object, ...]
type _Scope = tuple[Block, dict[_Key, Op], dict[Value, Value]]

#: Families whose checks hold wherever they have passed.
_FACTS: Final = ("guard.", "unbox.", "int.", "float.", "tuple.")


@dataclass(frozen=True, slots=True)
class CommonSubexpressions:
    name: ClassVar[str] = "cse"

    def apply(self, function: Function) -> bool:
        walk = _Walk(DominatorTree(function))
        work: list[_Scope] = [(function.entry, {}, {})]
        while work:
            work.extend(walk.visit(*work.pop()))
        return walk.changed


@dataclass(slots=True)
class _Walk:
    tree: DominatorTree
    changed: bool = field(default=False)

    def visit(
        self, block: Block, known: dict[_Key, Op], renamed: dict[Value, Value]
    ) -> list[_Scope]:
        """Rewrite a block; what it establishes holds in the blocks it dominates."""
        ops, block.ops = block.ops, []
        for op in ops:
            _rename(op, renamed)
            if not self._replace(op, known, renamed):
                block.ops.append(op)
        return [(child, dict(known), dict(renamed)) for child in self.tree.children[block]]

    def _replace(self, op: Op, known: dict[_Key, Op], renamed: dict[Value, Value]) -> bool:
        if not op.spec.is_pure or op.spec.ownership is Ownership.NEW:
            return False
        if op.spec.needs_state and not op.opcode.startswith(_FACTS):
            return False
        key = (op.opcode, *op.operands, *op.attrs.items())
        earlier = known.setdefault(key, op)
        if earlier is not op:
            renamed.update(zip(op.results, earlier.results, strict=True))
            self.changed = True
            return True
        if op.spec.ownership is Ownership.ALIAS:
            renamed[op.operands[0]] = op.result
            known[(op.opcode, op.result, *op.attrs.items())] = op
        return False


def _rename(op: Op, renamed: dict[Value, Value]) -> None:
    def current(value: Value) -> Value:
        while value in renamed:
            value = renamed[value]
        return value

    op.operands = [current(value) for value in op.operands]
    for edge in op.successors:
        edge.arguments = [current(value) for value in edge.arguments]
    if op.state is not None:
        op.state = op.state.map(current)
