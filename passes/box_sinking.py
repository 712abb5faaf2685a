"""Make a box where it is needed, not where its number is computed.

Before: the loop's header has ``v9 = box.f64 v8``, used by frame states and, after the loop,
        by ``return v9``
After:  the header's box serves only frame states, and costs nothing; the block of the return
        has its own

A box needed as an object in its own block stays; so does one needed in several others, or
in a loop that does not compute the number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from dx_py.ir.core import Block, Function, Op, Value
from dx_py.ir.opcodes import DROPS

_BOXES: Final = ("box.f64", "box.i64")


@dataclass(frozen=True, slots=True)
class BoxSinking:
    name: ClassVar[str] = "sink-boxes"

    def apply(self, function: Function) -> bool:
        users = _users(function)
        changed = False
        for block in function.blocks:
            for op in block.ops:
                if op.opcode not in _BOXES or not (where := users.get(op.result)):
                    continue
                target = next(iter(where))
                if len(where) == 1 and block is not target and not _repeats(target, block):
                    _sink(function, op, target)
                    changed = True
        return changed


def _repeats(block: Block, without: Block) -> bool:
    """Whether ``block`` may run again before ``without`` does: it is in a deeper loop."""
    seen, work = {without}, [edge.block for edge in block.successors]
    while work:
        following = work.pop()
        if following is block:
            return True
        if following not in seen:
            seen.add(following)
            work.extend(edge.block for edge in following.successors)
    return False


def _users(function: Function) -> dict[Value, dict[Block, None]]:
    """The blocks whose ops or edges need a value as an object."""
    users: dict[Value, dict[Block, None]] = {}
    for block in function.blocks:
        for op in block.ops:
            if op.opcode in DROPS:
                continue
            for value in [*op.operands, *(a for e in op.successors for a in e.arguments)]:
                users.setdefault(value, {})[block] = None
    return users


def _sink(function: Function, box: Op, block: Block) -> None:
    """A second box just before the first op that needs it; from there on it is the one."""
    copy = function.new_op(box.opcode, box.operands)
    first = next(i for i, op in enumerate(block.ops) if _needs(op, box.result))
    for op in block.ops[first:]:
        _rename(op, box.result, copy.result)
    block.ops.insert(first, copy)


def _needs(op: Op, value: Value) -> bool:
    return value in op.operands or any(value in edge.arguments for edge in op.successors)


def _rename(op: Op, old: Value, new: Value) -> None:
    def current(value: Value) -> Value:
        return new if value is old else value

    op.operands = [current(value) for value in op.operands]
    for edge in op.successors:
        edge.arguments = [current(value) for value in edge.arguments]
    if op.state is not None:
        op.state = op.state.map(current)
