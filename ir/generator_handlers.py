"""SSA of generators and coroutines: one native step from where the frame is suspended.

Native code is entered for a step, with the generator's own frame, and begins by looking at
which instruction suspended it. Behind that one it takes all locals and the operand stack out of
the frame, as objects it owns; where it yields, it puts them back. In between the frame states
are those of any function, and an exit fills the very same frame. A frame that was suspended
anywhere else (in a handler, or where nothing was sampled) is left to the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_VARARGS, CO_VARKEYWORDS
from itertools import pairwise
from types import CodeType
from typing import TYPE_CHECKING, Final

from dx_py.ir.bytecode import SUSPENSIONS, Instruction, read_instructions
from dx_py.ir.core import Edge, Function, Op, Value, substitute
from dx_py.ir.profile_sites import locals_plus, stack_depths
from dx_py.ir.types import MAYBE_OBJ, exact

if TYPE_CHECKING:
    from dx_py.ir.ssa_construction import Builder

type Handler = Callable[[Builder], None]


def bound(b: Builder, index: int) -> Value:
    """A local that is never unbound here; of what was in a frame only the compiler knew."""
    value = b.locals[index]
    if not b.is_resumable or not value.type.nullable or value is b.null:
        return value
    types = [replace(value.type, nullable=False)]
    b.locals[index] = b.emit("frame.bound", value, types=types)
    return b.locals[index]


def settle_bound(function: Function) -> None:
    """What did not come out of a frame is known to be bound or not; of operands that did, on
    the stack, only the host's compiler knew that they are."""
    known: dict[Value, Value] = {}
    for block in function.blocks:
        kept: list[Op] = []
        for op in block.ops:
            if op.opcode == "frame.bound" and not op.operands[0].type.nullable:
                known[op.result] = op.operands[0]
            else:
                kept += [*_bound_operands(function, op), op]
        block.ops = kept
    substitute(function, known)


def _bound_operands(function: Function, op: Op) -> Iterator[Op]:
    wanted = op.spec.operands
    for index, value in enumerate(op.operands):
        if value.type.nullable and not wanted[min(index, len(wanted) - 1)].nullable:
            types = [replace(value.type, nullable=False)]
            made = function.new_op("frame.bound", [value], types=types)
            op.operands[index] = made.result
            yield made


def enter_generator(b: Builder) -> None:
    """A choice by where the frame is suspended: behind an instruction, or where what it
    delegated to has just ended (``dx_generator.c`` steps that one by itself)."""
    b.null = b.emit("const.null")
    depths = stack_depths(b.code)
    for instruction in read_instructions(b.code):
        if instruction.pc not in depths:
            continue
        if instruction.opcode in SUSPENSIONS:
            _resume(b, instruction, instruction.next_pc, depths[instruction.pc])
        elif instruction.opcode == "SEND" and instruction.target is not None:
            _resume(b, instruction, instruction.target, depths[instruction.pc])
    b.emit("frame.interpret")


def _resume(b: Builder, instruction: Instruction, start: int, depth: int) -> None:
    if not b.ran(b.code_blocks[start]):
        return
    found = b.emit("frame.resumes", attrs={"pc": start - 1})
    resumed, other = b.place(b.function.new_block()), b.place(b.function.new_block())
    b.branch(found, Edge(resumed, []), Edge(other, []))
    b.current = resumed
    b.emit("frame.take")
    count = locals_plus(b.code)
    unbound = _unbound(b.code) if instruction.opcode == "RETURN_GENERATOR" else range(0)
    loaded = [b.null if i in unbound else _load(b, i) for i in range(count + depth - 1)]
    sent = _sent(b, instruction, count + depth - 1)
    b.locals, b.stack = loaded[:count], [*loaded[count:], sent]
    b.jump(start)
    b.current = other


def _unbound(code: CodeType) -> range:
    """The locals that are no arguments."""
    starred = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)
    return range(
        code.co_argcount + code.co_kwonlyargcount + starred.bit_count(), code.co_nlocals
    )


def _load(b: Builder, index: int) -> Value:
    return b.emit("frame.load", attrs={"index": index})


def _sent(b: Builder, instruction: Instruction, index: int) -> Value:
    """The value on top, which is never missing; the first is always None."""
    cls = (
        exact("NoneType")
        if instruction.opcode == "RETURN_GENERATOR"
        else replace(MAYBE_OBJ, nullable=False)
    )
    return b.emit("frame.load", types=[cls], attrs={"index": index})


def check_resumed(b: Builder) -> None:
    """RESUME behind a yield: what is sent is mostly None, and numbers that a loop computes are
    checked here, where they can leave, to be machine values in it."""
    if b.feedback.only_class(b.instruction.next_pc, 0) == "NoneType":
        sent, state = b.stack[-1], b.state_at(b.instruction.next_pc)
        b.stack[-1] = b.check_class(sent, "NoneType", state)
    suspension = b.instruction.pc - 1
    for index in _computed_locals(b):
        cls = b.feedback.only_class(suspension, index)
        if cls in ("int", "float"):
            _unbox(b, index, cls)


def _computed_locals(b: Builder) -> list[int]:
    """Those that get a new number in a loop: of an operator, or of a range."""
    instructions = [*read_instructions(b.code)]
    loops = [
        (i.target, i.pc)
        for i in instructions
        if i.opcode.startswith("JUMP_BACKWARD") and i.target is not None
    ]
    stored = (
        store.arg
        for source, store in pairwise(instructions)
        if store.opcode == "STORE_FAST"
        and _computes(b, source)
        and any(start <= store.pc <= end for start, end in loops)
    )
    return [*dict.fromkeys(stored)]


def _computes(b: Builder, instruction: Instruction) -> bool:
    if instruction.opcode == "FOR_ITER":
        return b.feedback.only_class(instruction.pc, 0) == "range_iterator"
    return instruction.opcode == "BINARY_OP"


def _unbox(b: Builder, index: int, cls: str) -> None:
    state = b.state_at(b.instruction.next_pc)
    value = b.emit("guard.bound", b.locals[index], state=state)
    checked = b.check_class(value, cls, state)
    rep = "i64" if cls == "int" else "f64"
    number = b.emit(f"unbox.{rep}", checked, state=state if cls == "int" else None)
    b.locals[index] = b.emit(f"box.{rep}", number)


def _send(b: Builder) -> None:
    value = b.stack.pop()
    receiver = b.stack[-1]
    op = b.function.new_op("py.send", [receiver, value], state=b.running_state())
    result, more = b.emit_op(op).results
    ended = b.emit("bool.not", more)
    assert b.instruction.target is not None
    stack = [*b.stack, result]
    b.branch(ended, b.edge(b.instruction.target, stack), b.edge(b.instruction.next_pc, stack))


def _end_send(b: Builder) -> None:
    receiver = b.stack.pop(-2)
    b.drop(receiver)


def _get_yield_from_iter(b: Builder) -> None:
    allowed = b.code.co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)
    b.generic("py.yield_from_iter", 1, coroutines=int(allowed > 0))


def _get_awaitable(b: Builder) -> None:
    b.generic("py.awaitable", 1, where=b.instruction.arg)


def _jump_back(b: Builder) -> None:
    """To send again what the generator was sent: nothing is asked for there."""
    assert b.instruction.target is not None
    b.jump(b.instruction.target)


def end_generator(b: Builder, result: Value) -> None:
    """Before the locals go the frame is no generator's any more."""
    state = b.resume_state()
    if b.instruction.opcode == "RETURN_VALUE":
        state = replace(state, stack=(*state.stack, result))
    b.emit("frame.end", state=state)


def _yield_value(b: Builder) -> None:
    value = b.stack.pop()
    operands = [value, *b.locals, *b.stack]
    b.emit_op(Op("frame.yield", operands, attrs={"pc": b.instruction.pc}))


def _begin(b: Builder) -> None:
    """RETURN_GENERATOR: the call is over, and native code begins behind it."""


GENERATORS: Final[dict[str, Handler]] = {
    "RETURN_GENERATOR": _begin,
    "YIELD_VALUE": _yield_value,
    "SEND": _send,
    "END_SEND": _end_send,
    "GET_YIELD_FROM_ITER": _get_yield_from_iter,
    "GET_AWAITABLE": _get_awaitable,
    "JUMP_BACKWARD_NO_INTERRUPT": _jump_back,
}
