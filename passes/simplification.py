"""Local rewrites: what is boxed and unboxed again, known guards, constants.

unbox.f64 (box.f64 x)          -> x
guard.type v cls="float"       -> v, where v is known to be a float
unbox.i64 (const.int 3)        -> const.i64 3
guard.bound (box.maybe_f64 x f) -> guard.true f, box.f64 x
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from dx_py.ir.core import Function, Op, Value, substitute
from dx_py.ir.parameters import refine_types
from dx_py.ir.types import is_within

_UNBOX_OF_BOX: Final = {
    "unbox.f64": "box.f64",
    "unbox.i64": "box.i64",
    "unbox.i1": "box.i1",
    "py.truth": "box.i1",
}
_UNBOX_OF_CONSTANT: Final = {
    "unbox.f64": ("const.float", "const.f64"),
    "unbox.i64": ("const.int", "const.i64"),
}


@dataclass(frozen=True, slots=True)
class Simplification:
    name: ClassVar[str] = "simplify"

    def apply(self, function: Function) -> bool:
        """Until nothing changes: one rewrite makes way for the next."""
        changed = False
        while self._once(function):
            refine_types(function)
            changed = True
        return changed

    def _once(self, function: Function) -> bool:
        definitions = {value: op for op in function.ops() for value in op.results}
        replacements: dict[Value, Value] = {}
        for block in function.blocks:
            ops, block.ops = block.ops, []
            for op in ops:
                block.ops.extend(_rewrite(function, op, definitions, replacements))
        substitute(function, replacements)
        return bool(replacements)


def _rewrite(
    function: Function,
    op: Op,
    definitions: Mapping[Value, Op],
    replacements: dict[Value, Value],
) -> list[Op]:
    """The ops that stand for ``op``; none where a value that exists replaces it."""
    if not op.operands or not op.results:
        return [op]
    source = definitions.get(op.operands[0])
    if _is_known_guard(op):
        replacements[op.result] = op.operands[0]
        return []
    if source is None:
        return [op]
    if source.opcode == _UNBOX_OF_BOX.get(op.opcode):
        replacements[op.result] = source.operands[0]
        return []
    if op.opcode == "guard.bound" and source.opcode.startswith("box.maybe_"):
        return _bound_box(function, op, source, replacements)
    box, machine = _UNBOX_OF_CONSTANT.get(op.opcode, ("", ""))
    if source.opcode == box:
        constant = function.new_op(machine, attrs={"value": source.attrs["value"]})
        replacements[op.result] = constant.result
        return [constant]
    return [op]


def _is_known_guard(op: Op) -> bool:
    type_ = op.operands[0].type
    if op.opcode == "guard.type":
        return is_within(type_.cls, op.text_attr("cls")) and not type_.nullable
    return op.opcode == "guard.bound" and not type_.nullable


def _bound_box(
    function: Function, op: Op, source: Op, replacements: dict[Value, Value]
) -> list[Op]:
    value, flag = source.operands
    guard = function.new_op("guard.true", [flag], state=op.state)
    box = function.new_op(source.opcode.replace("maybe_", ""), [value])
    replacements[op.result] = box.result
    return [guard, box]
