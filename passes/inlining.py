"""Calls of known functions become their bodies; calls of known classes, an object and a body.

Before: ``v3 = py.call v1, v2 @0:9(v2 | )``, v1 the row ``func:1``
After:  the ops of routine 1, with v2 for its parameter, each frame state
        ``@1:4(...) in @0:9(v2 | )``; its ``return v8`` is ``jump b7(v8)``, and b7 goes on

An exit inside then rebuilds both frames. What the callee's frame would release when it ends
is released with the caller's to look at. Where a site calls one of a few functions, it is a
choice by the function first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from dx_py.ir.core import Block, Edge, FrameState, Function, Op, Value, substitute
from dx_py.ir.environment import Entity, Program, Routine
from dx_py.ir.parameters import incoming, refine_types
from dx_py.ir.profile_sites import OPERATOR_METHODS
from dx_py.ir.ssa_construction import BINARY_OPERATORS
from dx_py.ir.types import OBJ, exact
from dx_py.passes.specialization_rules import constant_slots

#: Instructions that were seen to run, in a callee and in all that goes into one root.
MAX_SIZE: Final = 60
MAX_TOTAL: Final = 300
#: These are inlined whatever the total is: getters and the like.
SMALL: Final = 8
MAX_DEPTH: Final = 4

_CALLS: Final = ("py.call", "py.binary_op")

#: Constructed and specialised SSA of a routine; None for what stays interpreted.
type Body = Callable[[int], Function | None]


@dataclass(slots=True)
class Inlining:
    program: Program
    body: Body
    name: ClassVar[str] = "inline"
    total: int = field(default=0)

    def apply(self, function: Function) -> bool:
        return self._inline_calls(function, (0,))

    def _inline_calls(self, function: Function, chain: tuple[int, ...]) -> bool:
        """``chain``: the routines being inlined into each other, outermost first."""
        site = _Sites(function, self.program)
        work, changed = list(function.blocks), False
        while work:
            block = work.pop(0)
            for index, op in enumerate(block.ops):
                if op.opcode not in _CALLS:
                    continue
                call = site.read(op)
                body = call and self._body(call, chain)
                if call and body:
                    work.insert(0, splice(function, block, index, call, body))
                    changed = True
                    break
        return changed

    def _body(self, call: Call, chain: tuple[int, ...]) -> Function | None:
        """The callee's, with what it calls inlined into it."""
        routine = self.program.routines[call.routine]
        size = len(routine.feedback.counts)
        if call.routine in chain or len(chain) > MAX_DEPTH or not 0 < size <= MAX_SIZE:
            return None
        if size > SMALL and self.total + size > MAX_TOTAL:
            return None
        body = self.body(call.routine)
        if body is None or (call.cls and not _returns_none(body)):
            return None
        before = self.total
        self.total += size
        self._inline_calls(body, (*chain, call.routine))
        if call.is_operator and not _decides(body):
            self.total = before
            return None
        return body


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose callee is known. ``cls``: of the object it makes, if it is a class's.

    ``arguments`` are the callee's parameters in order; a number stands for a default.
    """

    op: Op
    routine: int
    arguments: tuple[Value | int, ...]
    cls: str = ""
    is_operator: bool = False


class _Sites:
    """Reads calls: who is called, with which value for each parameter."""

    def __init__(self, function: Function, program: Program) -> None:
        self.program = program
        self.slots = constant_slots([*function.ops()])

    def read(self, op: Op) -> Call | None:
        if op.opcode == "py.binary_op":
            return self._operator(op)
        method, callee, *arguments = op.operands
        if self.slots.get(method) == "null":
            entity = self.program.entity(self.slots.get(callee, ""))
        else:
            entity = self.program.entity(self.slots.get(method, ""))
            arguments = [callee, *arguments]
        if entity is None or entity.routine < 0 or entity.kind not in ("function", "class"):
            return None
        return self._bind(op, entity, arguments)

    def _operator(self, op: Op) -> Call | None:
        """The method that Python tries first; it must not be the other operand's."""
        left, right = (value.type.cls or "" for value in op.operands)
        name = OPERATOR_METHODS[BINARY_OPERATORS.index(op.text_attr("op")) % 13]
        own, reflected = f"__{name}__", f"__r{name}__"
        if ":" not in left:
            arguments = op.operands[::-1]
            found = left in ("int", "float") and self.program.attribute(right, reflected)
        else:
            arguments = op.operands
            inplace = (left, f"__i{name}__") in self.program.attributes
            first = left == right or self.program.is_subclass(right, left) is False
            found = first and not inplace and self.program.attribute(left, own)
        if not found or found.kind != "method" or found.routine < 0:
            return None
        bound = bind(self.program.routines[found.routine], arguments, (), 0)
        if bound is None:
            return None
        return Call(op, found.routine, tuple(bound), is_operator=True)

    def _bind(self, op: Op, entity: Entity, arguments: list[Value]) -> Call | None:
        assert op.state is not None
        routine = self.program.routines[entity.routine]
        implied = 1 if entity.kind == "class" else 0
        names = self._keywords(op, op.state)
        bound = bind(routine, arguments, names, implied)
        if bound is None:
            return None
        cls = entity.text if implied else ""
        return Call(op, entity.routine, tuple(bound), cls)

    def _keywords(self, op: Op, state: FrameState) -> tuple[str, ...]:
        index = op.int_attr("kwnames")
        if index < 0:
            return ()
        names: tuple[str, ...] = self.program.routines[state.code].code.co_consts[index]
        return names


def bind(
    routine: Routine, arguments: list[Value], names: tuple[str, ...], implied: int
) -> list[Value | int] | None:
    """What each parameter gets after the ``implied`` first: a value or a default's number."""
    code = routine.code
    if code.co_kwonlyargcount or code.co_flags & 0x0C:
        return None
    parameters = code.co_varnames[implied : code.co_argcount]
    positional = arguments[: len(arguments) - len(names)]
    bound: dict[str, Value | int] = dict(zip(parameters, positional, strict=False))
    if len(positional) > len(parameters):
        return None
    allowed = code.co_varnames[max(code.co_posonlyargcount, implied) : code.co_argcount]
    for name, value in zip(names, arguments[len(positional) :], strict=True):
        if name in bound or name not in allowed:
            return None
        bound[name] = value
    first = code.co_argcount - routine.defaults
    for number, name in enumerate(code.co_varnames[first : code.co_argcount]):
        if name in parameters:
            bound.setdefault(name, number)
    if len(bound) != len(parameters):
        return None
    return [bound[name] for name in parameters]


def _decides(body: Function) -> bool:
    """Whether an operator's method never leaves the decision to the other operand."""
    refine_types(body)
    returned = [op.operands[0].type.cls for op in body.ops() if op.opcode == "return"]
    return all(cls is not None and cls != "NotImplementedType" for cls in returned)


def _returns_none(body: Function) -> bool:
    returned = [op.operands[0] for op in body.ops() if op.opcode == "return"]
    return all(value.type.cls == "NoneType" for value in returned)


def splice(function: Function, block: Block, index: int, call: Call, body: Function) -> Block:
    """Put the body in the place of the call; the block that goes on after it."""
    op = call.op
    assert op.state is not None
    after = function.new_block()
    after.ops = block.ops[index + 1 :]
    del block.ops[index:]
    block.ops.append(function.new_op("assume.routine", attrs={"routine": call.routine}))
    caller, arguments = op.state, _arguments(function, block, call)
    if call.cls:
        made = function.new_op(
            "object.new", state=caller, types=[exact(call.cls)], attrs={"cls": call.cls}
        )
        block.ops.append(made)
        arguments.insert(0, made.result)
        caller = replace(caller, stack=(*caller.stack, made.result))
        result = made.result
    else:
        result = function.new_value(OBJ)
        after.parameters = [result]
    _adopt(function, body)
    _join(body, after, caller, drops_result=bool(call.cls))
    parameters = dict(zip(body.entry.parameters, arguments, strict=True))
    body.entry.parameters = []
    substitute(body, parameters)
    block.ops += body.entry.ops
    function.blocks += [*body.blocks[1:], after]
    substitute(function, {op.result: result})
    return after


def _arguments(function: Function, block: Block, call: Call) -> list[Value]:
    """The values, defaults among them as rows of the address table."""
    values: list[Value] = []
    for argument in call.arguments:
        if isinstance(argument, int):
            slot = f"default:{call.routine}:{argument}"
            block.ops.append(function.new_op("const.object", attrs={"slot": slot}))
            argument = block.ops[-1].result
        values.append(argument)
    return values


def _adopt(function: Function, body: Function) -> None:
    """The body's values and blocks get numbers of the function's own."""
    for block in body.blocks:
        block.number = function.new_block().number
        for value in [*block.parameters, *(r for op in block.ops for r in op.results)]:
            value.number = function.new_value(value.type).number


def _join(body: Function, after: Block, caller: FrameState, *, drops_result: bool) -> None:
    """Frame states get the caller's below them; returns become jumps."""
    states: dict[FrameState, FrameState] = {}

    def below(state: FrameState) -> FrameState:
        if state not in states:
            states[state] = _with_caller(state, caller, drops_result=drops_result)
        return states[state]

    for block in body.blocks:
        for op in block.ops:
            if op.state is not None:
                op.state = below(op.state)
            elif op.opcode == "ref.drop_last":
                op.opcode, op.state = "ref.drop", caller
        last = block.terminator
        if last.opcode == "return":
            passed = [] if drops_result else [last.operands[0]]
            block.ops[-1] = Op("jump", [], successors=[Edge(after, passed)])


def _with_caller(state: FrameState, caller: FrameState, *, drops_result: bool) -> FrameState:
    if state.parent is not None:
        parent = _with_caller(state.parent, caller, drops_result=drops_result)
        return replace(state, parent=parent)
    return replace(state, parent=caller, drops_result=drops_result)


@dataclass(frozen=True, slots=True)
class CallDispatch:
    """A call of a constant function, or one of several: a choice, and a call in each arm.

    Before: ``py.call v1, v2``, v1 a parameter that edges give ``func:1`` and ``func:2``
    After:  ``branch (py.is v1, func:1)``, and in each arm a call of the constant
    """

    name: ClassVar[str] = "dispatch-calls"

    def apply(self, function: Function) -> bool:
        sources = _constant_parameters(function)
        replacements: dict[Value, Value] = {}
        work = list(function.blocks)
        while work:
            block = work.pop()
            for index, op in enumerate(block.ops):
                if op.opcode == "py.call" and op.operands[0] in sources:
                    choices = sources[op.operands[0]]
                    work.append(_dispatch(function, block, index, choices, replacements))
                    break
        substitute(function, replacements)
        return bool(replacements)


#: The row of each function, and the class of the receiver it belongs to.
type _Choices = Mapping[str, str | None]


def _constant_parameters(function: Function) -> dict[Value, _Choices]:
    """Parameters that every edge gives the row of a function; the next one is the receiver."""
    slots = constant_slots([*function.ops()])
    found: dict[Value, _Choices] = {}
    for block, edges in incoming(function).items():
        for index, parameter in enumerate(block.parameters[:-1]):
            rows = [slots.get(edge[index], "") for edge in edges]
            if rows and all(row.startswith("func:") for row in rows):
                classes = [edge[index + 1].type.cls for edge in edges]
                found[parameter] = _choices(rows, classes)
    return found


def _choices(rows: list[str], classes: list[str | None]) -> _Choices:
    """A function of several classes has a receiver of no known one."""
    found: dict[str, str | None] = {}
    for row, cls in zip(rows, classes, strict=True):
        found[row] = cls if found.get(row, cls) == cls else None
    return found


def _dispatch(
    function: Function,
    block: Block,
    index: int,
    choices: _Choices,
    replacements: dict[Value, Value],
) -> Block:
    op = block.ops[index]
    after = function.new_block()
    after.ops = block.ops[index + 1 :]
    after.parameters = [function.new_value(op.result.type)]
    replacements[op.result] = after.parameters[0]
    del block.ops[index:]
    *tested, (last, last_class) = choices.items()
    for row, cls in tested:
        constant = function.new_op("const.object", attrs={"slot": row})
        test = function.new_op("py.is", [op.operands[0], constant.result])
        arm, other = function.new_block(), function.new_block()
        branch = Op("branch", [test.result], successors=[Edge(arm, []), Edge(other, [])])
        block.ops += [constant, test, branch]
        function.blocks += [arm, other]
        _call_constant(function, arm, op, row, cls, after)
        block = other
    _call_constant(function, block, op, last, last_class, after)
    function.blocks.append(after)
    return after


def _call_constant(
    function: Function, block: Block, op: Op, row: str, cls: str | None, after: Block
) -> None:
    constant = function.new_op("const.object", attrs={"slot": row})
    block.ops.append(constant)
    receiver = op.operands[1]
    if cls is not None:
        types = [replace(receiver.type, cls=cls)]
        block.ops.append(
            function.new_op("type.refine", [receiver], types=types, attrs={"cls": cls})
        )
        receiver = block.ops[-1].result
    call = function.new_op(
        "py.call",
        [constant.result, receiver, *op.operands[2:]],
        state=op.state,
        attrs=op.attrs,
    )
    block.ops += [call, Op("jump", [], successors=[Edge(after, [call.result])])]
