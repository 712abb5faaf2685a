"""Numbers that live across block boundaries travel as machine values.

Before: ``jump b2(v5)`` with ``v5: obj<float> = box.f64 v4``; ``b2(v6: obj<float>?): ...``
After:  ``jump b2(v4, v9)``, ``v9: i1`` true; ``b2(v7: f64, v8: i1):`` and
        ``v6: obj<float>? = box.maybe_f64 v7, v8``, which only frame states need

The flag says whether the local is bound: a loop's variables are unbound before its first
iteration, and that must not keep them boxed. A parameter qualifies if all its sources are
numbers of one class; where more than frame states need it as an object, one source must be
freshly computed, so that moving a number about never changes its identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from dx_py.ir.core import Block, Function, Op, Value, substitute
from dx_py.ir.opcodes import DROPS
from dx_py.ir.parameters import incoming, refine_types
from dx_py.ir.types import F64, I1, I64, Type

_MACHINE: Final[dict[str, Type]] = {"float": F64, "int": I64}
_BOXES: Final = ("box.f64", "box.i64", "box.maybe_f64", "box.maybe_i64")
_CONSTANTS: Final = ("const.float", "const.int")
#: Uses that are content with the machine value.
_UNBOXES: Final = ("unbox.f64", "unbox.i64", *DROPS, "guard.bound", "guard.type")


@dataclass(frozen=True, slots=True)
class ParameterUnboxing:
    name: ClassVar[str] = "unbox-parameters"

    def apply(self, function: Function) -> bool:
        refine_types(function)
        definitions = {value: op for op in function.ops() for value in op.results}
        chosen = _choose(function, definitions)
        if chosen:
            _Rewrite(function, definitions, chosen).run()
        return bool(chosen)


def _choose(function: Function, definitions: Mapping[Value, Op]) -> set[Value]:
    """The largest set whose members' sources are numbers or members."""
    sources = {
        parameter: [edge[i] for edge in edges]
        for block, edges in incoming(function).items()
        for i, parameter in enumerate(block.parameters)
        if edges and parameter.type.cls in _MACHINE
    }
    chosen = set(sources)
    while True:
        fresh = _fresh(sources, chosen, definitions)
        wanted = _wanted_as_objects(function, chosen)
        bad = {
            p
            for p in chosen
            if (p in wanted and p not in fresh)
            or not all(_is_number(v, p, chosen, definitions) for v in sources[p])
        }
        if not bad:
            return chosen
        chosen -= bad


def _is_number(
    value: Value, parameter: Value, chosen: set[Value], definitions: Mapping[Value, Op]
) -> bool:
    op = definitions.get(value)
    if value in chosen or (op and op.opcode in ("const.null", *_BOXES, *_CONSTANTS)):
        return True
    # Reading an int may find a big one and leave, for which there is no state on an edge.
    return value.type.cls == "float" == parameter.type.cls and not value.type.nullable


def _fresh(
    sources: Mapping[Value, list[Value]], chosen: set[Value], definitions: Mapping[Value, Op]
) -> set[Value]:
    """Parameters that some computed number reaches."""
    fresh: set[Value] = set()
    grown = True
    while grown:
        grown = False
        for parameter in chosen - fresh:
            if any(v in fresh or _is_box(definitions.get(v)) for v in sources[parameter]):
                fresh.add(parameter)
                grown = True
    return fresh


def _is_box(op: Op | None) -> bool:
    return op is not None and op.opcode in _BOXES


def _wanted_as_objects(function: Function, chosen: set[Value]) -> set[Value]:
    """Members that an op or a parameter outside the set needs as objects."""
    operands = {
        value for op in function.ops() if op.opcode not in _UNBOXES for value in op.operands
    }
    passed = {
        argument
        for block in function.blocks
        for edge in block.successors
        for argument, parameter in zip(edge.arguments, edge.block.parameters, strict=True)
        if parameter not in chosen
    }
    return chosen & (operands | passed)


class _Rewrite:
    def __init__(
        self, function: Function, definitions: Mapping[Value, Op], chosen: set[Value]
    ) -> None:
        self.function = function
        self.definitions = definitions
        self.machine: dict[Value, tuple[Value, Value | None]] = {
            parameter: self._parameters(parameter)
            for block in function.blocks
            for parameter in block.parameters
            if parameter in chosen
        }

    def run(self) -> None:
        boxes: dict[Value, Value] = {}
        for block in self.function.blocks:
            self._edges(block)
        for block in self.function.blocks:
            self._block(block, boxes)
        substitute(self.function, boxes)

    def _parameters(self, parameter: Value) -> tuple[Value, Value | None]:
        value = self.function.new_value(_MACHINE[parameter.type.cls or ""])
        flag = self.function.new_value(I1) if parameter.type.nullable else None
        return value, flag

    def _block(self, block: Block, boxes: dict[Value, Value]) -> None:
        parameters, made = [], []
        for parameter in block.parameters:
            if parameter not in self.machine:
                parameters.append(parameter)
                continue
            value, flag = self.machine[parameter]
            parameters.extend([value] if flag is None else [value, flag])
            made.append(self._box(parameter, value, flag))
            boxes[parameter] = made[-1].result
        block.parameters = parameters
        block.ops[:0] = made

    def _box(self, parameter: Value, value: Value, flag: Value | None) -> Op:
        kind = "f64" if value.type is F64 else "i64"
        if flag is None:
            return self.function.new_op(f"box.{kind}", [value])
        type_ = replace(parameter.type, nullable=True)
        return self.function.new_op(f"box.maybe_{kind}", [value, flag], types=[type_])

    def _edges(self, block: Block) -> None:
        added: list[Op] = []
        for edge in block.successors:
            arguments: list[Value] = []
            for argument, parameter in zip(edge.arguments, edge.block.parameters, strict=True):
                if parameter not in self.machine:
                    arguments.append(argument)
                    continue
                value, flag = self._argument(argument, parameter, added)
                arguments.append(value)
                if self.machine[parameter][1] is not None:
                    arguments.append(flag)
            edge.arguments = arguments
        block.ops[-1:-1] = added

    def _argument(
        self, argument: Value, parameter: Value, added: list[Op]
    ) -> tuple[Value, Value]:
        """The machine value of an edge's argument, and whether it is there."""

        def emit(opcode: str, *operands: Value, **attrs: int | float) -> Value:
            added.append(self.function.new_op(opcode, operands, attrs=attrs))
            return added[-1].result

        if argument in self.machine:
            value, flag = self.machine[argument]
            return value, flag or emit("const.i1", value=1)
        op = self.definitions.get(argument)
        opcode = op.opcode if op else ""
        if op is not None and opcode in ("box.maybe_f64", "box.maybe_i64"):
            return op.operands[0], op.operands[1]
        is_float = parameter.type.cls == "float"
        if opcode == "const.null":
            zero = emit("const.f64", value=0.0) if is_float else emit("const.i64", value=0)
            return zero, emit("const.i1", value=0)
        true = emit("const.i1", value=1)
        if op is not None and opcode in ("box.f64", "box.i64"):
            return op.operands[0], true
        if op is not None and opcode == "const.int":
            return emit("const.i64", value=op.int_attr("value")), true
        return emit("unbox.f64", argument), true
