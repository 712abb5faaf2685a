"""Generic ops on operands of one sampled class become a guard on the class and a typed op.

Before: ``v3 = py.binary_op v1, v2 op="+" @0:4(v1, v2 | )``, floats in every sample
After:  ``v4: obj<float> = guard.type v1 cls="float" @0:4(v1, v2 | v1, v2)``
        ``v5: f64 = unbox.f64 v4`` ... ``v8: f64 = float.add v5, v7``
        ``v3: obj<float> = box.f64 v8``

The guard resumes *at* the instruction, so its state has the operands back on the stack. Each
family is one function in ``specialization_rules``; an op without a rule stays generic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from dx_py.ir.bytecode import handled_ranges
from dx_py.ir.core import Attr, Block, FrameState, Function, Op, Value, substitute
from dx_py.ir.dominance import reverse_postorder
from dx_py.ir.environment import Entity, Program
from dx_py.ir.feedback import Feedback
from dx_py.ir.types import Type, union
from dx_py.passes.specialization_rules import RULES, constant_slots


@dataclass(slots=True)
class Rewriter:
    """What a rule sees of one op, and how it emits the ops that replace it."""

    function: Function
    op: Op
    terminator: Op
    settings: Specialization
    replacements: dict[Value, Value]
    slots: dict[Value, str]
    definitions: dict[Value, Op]
    emitted: list[Op] = field(default_factory=list)

    @property
    def program(self) -> Program:
        return self.settings.program

    @property
    def feedback(self) -> Feedback:
        return self.program.routines[self.settings.number].feedback

    def class_of(self, operand: int) -> str | None:
        """The class to speculate on: known, or always sampled."""
        known = self.op.operands[operand].type.cls
        return known or self.feedback.only_class(self.state.pc, operand)

    def receiver_class(self, operand: int, index: int) -> str | None:
        """The class of an operand, ``index`` in the profile, or a few that are known."""
        known = self.op.operands[operand].type.cls
        pc = self.state.pc
        only = known or self.feedback.only_class(pc, index)
        return only or union(self.feedback.several_classes(pc, index)) or None

    def is_guarded(self) -> bool:
        """Whether the routine has a handler for exceptions of the instruction."""
        return self.settings.is_guarded(self.state.pc)

    def loop_body(self) -> Block:
        """Where it goes when the condition is true."""
        return self.terminator.successors[0].block

    def loop_exit(self) -> Block:
        """Where the block's branch goes when its condition is false."""
        return self.terminator.successors[1].block

    def entity_of_global(self, name: str) -> Entity | None:
        """What a global stands for, if it is watched to stay so."""
        program = self.settings.program
        return program.routines[self.settings.number].globals.get(name)

    def entity(self, value: Value) -> Entity | None:
        """What a constant stands for, if it is a global or a member of one."""
        return self.settings.program.entity(self.slots.get(value, ""))

    def constant_slot(self, value: Value) -> str | None:
        """Which row of the address table a value is, if it is a constant; or ``null``."""
        return self.slots.get(value)

    def definition(self, value: Value) -> Op | None:
        """The op a value is the result of; None for a parameter."""
        return self.definitions.get(value)

    def sampled_class(self, op: Op, operand: int) -> str | None:
        """As ``class_of``, of another op of the routine."""
        assert op.state is not None
        known = op.operands[operand].type.cls
        return known or self.feedback.only_class(op.state.pc, operand)

    @property
    def state(self) -> FrameState:
        assert self.op.state is not None
        return self.op.state

    def resume_state(self) -> FrameState:
        """Before the instruction: at its first unit, operands on the stack."""
        operands = () if self.op.opcode == "py.for_iter" else tuple(self.stack_operands())
        return self._before(self.state, operands)

    def state_before(self, op: Op) -> FrameState:
        """The same of another op, whose operands lie on the stack as it has them."""
        assert op.state is not None
        return self._before(op.state, tuple(op.operands))

    def _before(self, state: FrameState, operands: tuple[Value, ...]) -> FrameState:
        start = self.program.starts(self.settings.number).get(state.pc, state.pc)
        return replace(state, pc=start, stack=state.stack + operands)

    def stack_operands(self) -> list[Value]:
        """The operands as they lay on the stack, bottom first."""
        operands = self.op.operands
        if self.op.opcode == "py.store_subscr":
            return [operands[2], *operands[:2]]
        if self.op.opcode == "py.store_attr":
            return operands[::-1]
        return operands

    def emit(self, opcode: str, *operands: Value, **attrs: Attr) -> Value:
        """Emit a typed op; one that may leave resumes before the instruction."""
        return self.emit_op(opcode, *operands, attrs=attrs).results[0]

    def emit_op(
        self,
        opcode: str,
        *operands: Value,
        state: FrameState | None = None,
        types: tuple[Type, ...] | None = None,
        attrs: Mapping[str, Attr] | None = None,
    ) -> Op:
        op = self.function.new_op(opcode, operands, types=types, attrs=attrs)
        if op.spec.needs_state:
            op.state = state or self.resume_state()
        self.emitted.append(op)
        self.slots.update(constant_slots([op]))
        self.definitions.update(dict.fromkeys(op.results, op))
        return op

    def guard(self, operand: int, cls: str) -> Value:
        return self.guard_value(self.op.operands[operand], cls, self.resume_state())

    def guard_value(self, value: Value, cls: str, state: FrameState) -> Value:
        """Of any value: what is not of the class leaves by ``state``."""
        types = (replace(value.type, cls=cls),)
        return self.emit_op(
            "guard.type", value, state=state, types=types, attrs={"cls": cls}
        ).result

    def finish(self, *results: Value) -> None:
        """The op is replaced by what was emitted; ``results`` are its results now."""
        self.replacements.update(zip(self.op.results, results, strict=True))


@dataclass(frozen=True, slots=True)
class Specialization:
    """Of the routine ``number`` of the program."""

    program: Program
    number: int = 0
    name: ClassVar[str] = "specialize"

    def is_guarded(self, pc: int) -> bool:
        """Whether an instruction of the routine is in a ``try``, or a ``with``."""
        code = self.program.routines[self.number].code
        return any(start <= pc < end for start, end in handled_ranges(code))

    def apply(self, function: Function) -> bool:
        replacements: dict[Value, Value] = {}
        slots = constant_slots([*function.ops()])
        definitions = {value: op for op in function.ops() for value in op.results}
        for block in reverse_postorder(function):
            ops = block.ops
            block.ops = []
            for op in ops:
                op.operands = [_resolve(value, replacements) for value in op.operands]
                rewriter = Rewriter(
                    function, op, ops[-1], self, replacements, slots, definitions
                )
                rule = RULES.get(op.opcode)
                block.ops.extend(rewriter.emitted if rule and rule(rewriter) else [op])
        substitute(function, replacements)
        return bool(replacements)


def _resolve(value: Value, replacements: Mapping[Value, Value]) -> Value:
    while value in replacements:
        value = replacements[value]
    return value
