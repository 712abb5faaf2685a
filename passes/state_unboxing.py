"""Frame states take numbers as machine values where those exist.

Before: ``v3: obj<float> = guard.type v2 cls="float"`` ... ``guard.true v9 @0:7(v3 | )``
After:  ``v4: f64 = unbox.f64 v3``, ``v5: obj<float> = box.f64 v4`` ...
        ``guard.true v9 @0:7(v5 | )``

A box that only frame states use is never made: the exit records how to. So a number read
from a list need not be kept alive while the local it was stored in is. It is done only for
objects borrowed from the heap: an argument is there anyway. After an exit the local holds an
equal number, not the same object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from dx_py.ir.core import Block, FrameState, Function, Op, Value
from dx_py.ir.dominance import DominatorTree
from dx_py.ir.opcodes import Ownership

_KINDS: Final = {"float": "f64", "int": "i64"}


@dataclass(frozen=True, slots=True)
class StateUnboxing:
    name: ClassVar[str] = "unbox-states"

    def apply(self, function: Function) -> bool:
        definitions = {value: op for op in function.ops() for value in op.results}
        tree = DominatorTree(function)
        work: list[tuple[Block, dict[Value, Value]]] = [(function.entry, {})]
        changed = False
        while work:
            block, boxes = work.pop()
            before = len(block.ops)
            block.ops = [*_rewritten(function, block, boxes, definitions)]
            changed |= len(block.ops) != before
            work.extend((child, dict(boxes)) for child in tree.children[block])
        return changed


def _rewritten(
    function: Function,
    block: Block,
    boxes: dict[Value, Value],
    definitions: Mapping[Value, Op],
) -> Iterator[Op]:
    for op in block.ops:
        if op.state is not None and boxes:
            op.state = op.state.map(lambda value: boxes.get(value, value))
        yield op
        cls = op.attrs.get("cls") if op.opcode == "guard.type" else None
        if cls not in _KINDS or not _borrowed(op.result, definitions):
            continue
        kind = _KINDS[str(cls)]
        unboxed = function.new_op(f"unbox.{kind}", [op.result], state=_state(op, kind))
        box = function.new_op(f"box.{kind}", [unboxed.result])
        boxes.update(dict.fromkeys(_names(op, definitions), box.result))
        yield from (unboxed, box)


def _state(op: Op, kind: str) -> FrameState | None:
    """An int may turn out to be a big one: that leaves where its guard does."""
    return op.state if kind == "i64" else None


def _borrowed(value: Value, definitions: Mapping[Value, Op]) -> bool:
    return root_ownership(value, definitions) is Ownership.HEAP


def root_ownership(value: Value, definitions: Mapping[Value, Op]) -> Ownership:
    """The ownership of what ``value`` is another name of; parameters have none."""
    op = definitions.get(value)
    while op is not None and op.spec.ownership is Ownership.ALIAS:
        op = definitions.get(op.operands[0])
    return op.spec.ownership if op else Ownership.NONE


def _names(op: Op, definitions: Mapping[Value, Op]) -> set[Value]:
    """The guarded value and everything it is another name of."""
    names = {op.result, op.operands[0]}
    source = definitions.get(op.operands[0])
    while source is not None and source.spec.ownership is Ownership.ALIAS:
        names.add(source.operands[0])
        source = definitions.get(source.operands[0])
    return names
