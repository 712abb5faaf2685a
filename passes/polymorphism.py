"""An attribute of an object of a few classes becomes one such op for each class.

Before: ``v2 = py.load_attr v1 name="x"``, where v1 was an A or a B
After:  ``v3 = type.is v1 cls="A"``, ``branch v3 b2, b3``
        b2: ``v4: obj<A> = type.refine v1``, ``v5 = py.load_attr v4 name="x"``, ``jump b4(v5)``
        b3: ``v6: obj<B> = guard.type v1``, ``v7 = py.load_attr v6 name="x"``, ``jump b4(v7)``

Specialization then makes each what it is for its class. Where it is not known how one of the
classes has the attribute, the last arm stays generic, for it and whatever else comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from dx_py.ir.core import Block, Edge, FrameState, Function, Op, Value, substitute
from dx_py.ir.environment import Program
from dx_py.ir.types import Type, exact, union

#: Which operand the receiver is in the profile.
RECEIVERS: Final = {"py.load_attr": 0, "py.load_method": 0, "py.store_attr": 1}
#: In place of a class: any for which nothing better is known.
OTHERS: Final = ""


@dataclass(frozen=True, slots=True)
class Polymorphism:
    """Of the routine ``number`` of the program."""

    program: Program
    number: int = 0
    name: ClassVar[str] = "polymorphism"

    def apply(self, function: Function) -> bool:
        replacements: dict[Value, Value] = {}
        work = list(function.blocks)
        while work:
            block = work.pop()
            for index, op in enumerate(block.ops):
                classes = self._classes(op)
                if classes:
                    work.append(self._split(function, block, index, classes, replacements))
                    break
        substitute(function, replacements)
        return bool(replacements)

    def _classes(self, op: Op) -> tuple[str, ...]:
        """The classes to tell apart, or groups of those that have the attribute alike."""
        if op.opcode not in RECEIVERS or op.state is None or op.operands[0].type.cls:
            return ()
        feedback = self.program.routines[self.number].feedback
        classes = feedback.seen_classes(op.state.pc, RECEIVERS[op.opcode])
        look_up = self.program.place if op.opcode == "py.store_attr" else self.program.attribute
        name = op.text_attr("name")
        groups: list[str] = []
        known = [cls for cls in classes if look_up(cls, name)]
        for cls in known:
            joined = ((i, union((*group.split("|"), cls))) for i, group in enumerate(groups))
            fitting = next(((i, text) for i, text in joined if look_up(text, name)), None)
            if fitting:
                groups[fitting[0]] = fitting[1]
            else:
                groups.append(cls)
        if groups and len(known) < len(classes):
            groups.append(OTHERS)
        return tuple(groups) if len(groups) > 1 else ()

    def _split(
        self,
        function: Function,
        block: Block,
        index: int,
        classes: tuple[str, ...],
        replacements: dict[Value, Value],
    ) -> Block:
        """The block ends in the choice; what followed ``op`` goes on in a block of its own."""
        op = block.ops[index]
        after = function.new_block()
        after.ops = block.ops[index + 1 :]
        after.parameters = [function.new_value(result.type) for result in op.results]
        replacements.update(zip(op.results, after.parameters, strict=True))
        del block.ops[index:]
        for cls in classes[:-1]:
            block = self._choice(function, block, op, cls, after)
        self._last(function, block, op, classes[-1], after)
        function.blocks.append(after)
        return after

    def _choice(
        self, function: Function, block: Block, op: Op, cls: str, after: Block
    ) -> Block:
        """Branch to an arm for ``cls``; the block where it is another class."""
        owner = op.operands[0]
        test = function.new_op("type.is", [owner], attrs={"cls": cls})
        arm, other = function.new_block(), function.new_block()
        function.blocks += [arm, other]
        branch = Op("branch", [test.result], successors=[Edge(arm, []), Edge(other, [])])
        block.ops += [test, branch]
        refined = function.new_op(
            "type.refine", [owner], types=[_exact(owner.type, cls)], attrs={"cls": cls}
        )
        arm.ops = [refined]
        _finish_arm(function, arm, op, refined.result, after)
        return other

    def _last(self, function: Function, block: Block, op: Op, cls: str, after: Block) -> None:
        owner = op.operands[0]
        if cls == OTHERS:
            _finish_arm(function, block, op, owner, after)
            return
        guard = function.new_op(
            "guard.type",
            [owner],
            types=[_exact(owner.type, cls)],
            attrs={"cls": cls},
            state=self._resume_state(op),
        )
        block.ops.append(guard)
        _finish_arm(function, block, op, guard.result, after)

    def _resume_state(self, op: Op) -> FrameState:
        assert op.state is not None
        start = self.program.starts(self.number).get(op.state.pc, op.state.pc)
        operands = tuple(op.operands[::-1])
        return replace(op.state, pc=start, stack=op.state.stack + operands)


def _exact(type_: Type, cls: str) -> Type:
    return replace(exact(cls), nullable=type_.nullable)


def _finish_arm(function: Function, arm: Block, op: Op, owner: Value, after: Block) -> None:
    """The op itself on the receiver, whose class is known here."""
    types = [result.type for result in op.results]
    copy = function.new_op(
        op.opcode, [owner, *op.operands[1:]], types=types, state=op.state, attrs=op.attrs
    )
    jump = Op("jump", [], successors=[Edge(after, list(copy.results))])
    arm.ops += [copy, jump]
