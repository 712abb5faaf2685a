"""Code-level IR to SSA: interpret the operand stack abstractly, block by block.

Every block gets a parameter for each local and stack slot; ``prune_parameters`` removes
those that are redundant, and refines nullability. Each op that may leave native code, or run
Python code, carries the frame state of its instruction:

- to resume at an instruction (a guard): the state before it;
- to raise from it, or while it runs: its operands are off the stack already.

Blocks the profile never saw become exits, which prunes most rare code and all it would need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import CO_ASYNC_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from types import CodeType
from typing import Final

from dx_py.ir.bytecode import CodeBlock, build_code_blocks, read_instructions
from dx_py.ir.construct_handlers import CONSTRUCTS
from dx_py.ir.core import Attr, Block, Edge, FrameState, Function, Op, Value, substitute
from dx_py.ir.environment import LoopEntry
from dx_py.ir.feedback import Feedback
from dx_py.ir.generator_handlers import (
    GENERATORS,
    bound,
    check_resumed,
    end_generator,
    enter_generator,
    settle_bound,
)
from dx_py.ir.interpreted_opcodes import INTERPRETED
from dx_py.ir.parameters import prune_parameters, refine_types
from dx_py.ir.profile_sites import is_resumable, locals_plus
from dx_py.ir.types import MAYBE_OBJ, OBJ, Type, exact

BINARY_OPERATORS: Final = [
    "+",
    "&",
    "//",
    "<<",
    "@",
    "*",
    "%",
    "|",
    "**",
    ">>",
    "-",
    "/",
    "^",
    "+=",
    "&=",
    "//=",
    "<<=",
    "@=",
    "*=",
    "%=",
    "|=",
    "**=",
    ">>=",
    "-=",
    "/=",
    "^=",
]
COMPARE_OPERATORS: Final = ("<", "<=", "==", "!=", ">", ">=")

#: Builtin classes that guards can name.
CHECKED_CLASSES: Final = frozenset(
    {"int", "float", "bool", "str", "list", "tuple", "dict", "NoneType"}
)
#: Those, and what loops iterate by.
TAKEN_CLASSES: Final = CHECKED_CLASSES | {"range_iterator", "list_iterator"}

#: An instruction that others ran as many times as often: an exit there costs little.
RARE: Final = 20


class UnsupportedError(Exception):
    """A construct that stays interpreted; the message names it."""


def construct_ssa(
    code: CodeType, feedback: Feedback, *, number: int = 0, loop: LoopEntry | None = None
) -> Function:
    """``number``: the routine's, in its program (``ir/environment.py``).

    ``loop``: where it is entered, instead of its start; it then ends by an exit, and its
    arguments are what the slots hold that are not null.
    Raises UnsupportedError for what native code does not handle.
    """
    check_supported(code)
    function = Builder(code, feedback, number, loop).build()
    prune_parameters(function)
    _keep_what_may_be_unbound(function)
    if is_resumable(code):
        settle_bound(function)
    return function


def _keep_what_may_be_unbound(function: Function) -> None:
    """A comprehension stores back what its variable was outside, which may be nothing: that is
    seen only now, and has no class to check."""
    unchecked = {
        op.result: op.operands[0]
        for op in function.ops()
        if op.opcode == "guard.type" and op.operands[0].type.nullable
    }
    for block in function.blocks:
        block.ops = [op for op in block.ops if not unchecked.keys() & set(op.results)]
    substitute(function, unchecked)
    refine_types(function)


def check_supported(code: CodeType) -> None:
    """Raises UnsupportedError for a kind of function that stays interpreted as a whole."""
    if code.co_flags & CO_ASYNC_GENERATOR:
        raise UnsupportedError("asynchronous generator")


def parameter_types(code: CodeType) -> list[Type]:
    """Those with a star come last: a tuple and a dict."""
    types = [OBJ] * (code.co_argcount + code.co_kwonlyargcount)
    if code.co_flags & CO_VARARGS:
        types.append(exact("tuple"))
    if code.co_flags & CO_VARKEYWORDS:
        types.append(exact("dict"))
    return types


class Builder:
    def __init__(
        self, code: CodeType, feedback: Feedback, number: int, loop: LoopEntry | None
    ) -> None:
        self.code = code
        self.number = number
        self.loop = loop
        self.feedback = feedback
        self.function = Function(code.co_name)
        self.code_blocks = build_code_blocks(code)
        self.blocks: dict[int, Block] = {}
        self.locals: list[Value] = []
        self.stack: list[Value] = []
        self.current = self.place(self.function.new_block())
        self.instruction = self.code_blocks[min(self.code_blocks)].instructions[0]
        self.kwnames = -1
        self.is_resumable = is_resumable(code)
        resumes = (i.pc for i in read_instructions(code) if i.opcode == "RESUME")
        #: Before a function's first line: no tool is told of them.
        self.first_pc = next(resumes)

    def build(self) -> Function:
        if self.loop is not None:
            enter_loop(self, self.loop)
        elif self.is_resumable:
            enter_generator(self)
        else:
            self._enter()
        work, done = [*self.blocks], set()
        while work:
            pc = work.pop()
            if pc not in done:
                done.add(pc)
                self._block(self.code_blocks[pc])
                work.extend(s for s in self.code_blocks[pc].successors if s in self.blocks)
        return self.function

    def _enter(self) -> None:
        """The entry block: arguments, then unbound locals."""
        types = parameter_types(self.code)
        self.current.parameters = [self.function.new_value(type_) for type_ in types]
        self.null = self.emit("const.null")
        missing = locals_plus(self.code) - len(types)
        self.locals = [*self.current.parameters, *[self.null] * missing]
        self.jump(min(self.code_blocks))

    def _block(self, code_block: CodeBlock) -> None:
        self.current = self.blocks[code_block.start]
        count = locals_plus(self.code)
        self.locals = self.current.parameters[:count]
        self.stack = self.current.parameters[count:]
        self.instruction = code_block.instructions[0]
        if not self.ran(code_block):
            self.emit("exit", state=self.resume_state(), attrs={"reason": "never ran"})
            return
        if self.instruction.start > 0:
            self.emit("guard.assumptions", state=self.resume_state())
        for instruction in code_block.instructions:
            self.instruction = instruction
            handler = HANDLERS.get(instruction.opcode)
            (handler or Builder.leave_to_interpreter)(self)
            if self._is_terminated():
                return
        if code_block.fall_through is not None and not self._is_terminated():
            self.jump(code_block.fall_through)

    def ran(self, code_block: CodeBlock) -> bool:
        instructions = (i for i in code_block.instructions if i.pc >= self.first_pc)
        first = next(instructions)
        if first.opcode == "RESUME" and first.arg:
            # No tool is told of it as of an instruction.
            first = next(instructions)
        return self.feedback.ran(first.pc)

    def leave_to_interpreter(self) -> None:
        """An exit, where the instruction is rare or raises; otherwise the function stays."""
        instruction = self.instruction
        counts = self.feedback.counts
        is_rare = RARE * counts.get(instruction.pc, 1) < max(counts.values(), default=1)
        if not is_rare and instruction.opcode != "RAISE_VARARGS":
            why = INTERPRETED.get(instruction.opcode, "not known to the native tier")
            raise UnsupportedError(f"instruction {instruction.opcode}: {why}")
        self.emit("exit", state=self.resume_state(), attrs={"reason": instruction.opcode})

    def _is_terminated(self) -> bool:
        return bool(self.current.ops) and self.current.terminator.spec.terminator

    # Blocks and edges.

    def place(self, block: Block) -> Block:
        self.function.blocks.append(block)
        return block

    def edge(self, pc: int, stack: Sequence[Value]) -> Edge:
        """An edge to the block at ``pc``, which is made with fitting parameters."""
        if pc not in self.blocks:
            block = self.place(self.function.new_block())
            block.parameters = [
                self.function.new_value(MAYBE_OBJ) for _ in range(len(self.locals) + len(stack))
            ]
            self.blocks[pc] = block
        return Edge(self.blocks[pc], [*self.locals, *stack])

    def jump(self, pc: int) -> None:
        self.emit_op(Op("jump", [], successors=[self.edge(pc, self.stack)]))

    def branch(self, condition: Value, true: Edge, false: Edge) -> None:
        self.emit_op(Op("branch", [condition], successors=[true, false]))

    # Ops and states.

    def emit_op(self, op: Op) -> Op:
        self.current.ops.append(op)
        return op

    def emit(
        self,
        opcode: str,
        *operands: Value,
        state: FrameState | None = None,
        types: Sequence[Type] | None = None,
        attrs: dict[str, Attr] | None = None,
    ) -> Value:
        """The first result; for an op without results, whatever: nobody asks."""
        op = self.function.new_op(opcode, operands, state=state, types=types, attrs=attrs)
        self.emit_op(op)
        return op.results[0] if op.results else self.null

    def state_at(self, pc: int) -> FrameState:
        bound = tuple(None if v is self.null else v for v in self.locals)
        return FrameState(self.number, pc, bound, tuple(self.stack))

    def resume_state(self) -> FrameState:
        """The state in which the interpreter does the current instruction itself."""
        return self.state_at(self.instruction.start)

    def running_state(self) -> FrameState:
        """The state while the current instruction runs; its operands are popped already."""
        return self.state_at(self.instruction.pc)

    def generic(self, opcode: str, arity: int, **attrs: Attr) -> None:
        """Pop operands, push the result of a ``py.*`` op that may raise."""
        operands = self.pop(arity)
        self.stack.append(self.emit(opcode, *operands, state=self.running_state(), attrs=attrs))
        self.check_assumptions()

    def check_class(self, value: Value, cls: str, state: FrameState) -> Value:
        """The value, known to be of the class; the interpreter resumes in ``state`` if not."""
        attrs: dict[str, Attr] = {"cls": cls}
        return self.emit("guard.type", value, types=[exact(cls)], attrs=attrs, state=state)

    def check_assumptions(self) -> None:
        """Python code may have run: what was taken for granted may hold no longer."""
        self.emit("guard.assumptions", state=self.state_at(self.instruction.next_pc))

    def pop(self, count: int) -> list[Value]:
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def drop(self, value: Value) -> None:
        """The interpreter releases a reference here."""
        if value is not self.null:
            self.emit("ref.drop", value, state=self.running_state())

    def constant(self, index: int) -> Value:
        value, slot = self.code.co_consts[index], f"const:{self.number}:{index}"
        if type(value) is int and -(2**63) <= value < 2**63:
            return self.emit("const.int", attrs={"value": value, "slot": slot})
        if type(value) is float:
            return self.emit("const.float", attrs={"value": value, "slot": slot})
        return self.emit(
            "const.object", types=[exact(type(value).__name__)], attrs={"slot": slot}
        )


def enter_loop(b: Builder, loop: LoopEntry) -> None:
    """The entry block where a running loop is taken over: what the frame holds, checked."""
    if loop.pc not in b.code_blocks:
        raise UnsupportedError("loop in an exception handler")
    b.function.owns_arguments = True
    b.instruction = b.code_blocks[loop.pc].instructions[0]
    values = [None if cls == "null" else b.function.new_value(OBJ) for cls in loop.slots]
    b.current.parameters = [value for value in values if value is not None]
    b.null = b.emit("const.null")
    slots = [value or b.null for value in values]
    b.locals, b.stack = slots[: locals_plus(b.code)], slots[locals_plus(b.code) :]
    slots = [*_check_slots(b, slots, loop)]
    b.locals, b.stack = slots[: locals_plus(b.code)], slots[locals_plus(b.code) :]
    b.jump(loop.pc)


def _check_slots(b: Builder, slots: Sequence[Value], loop: LoopEntry) -> Iterator[Value]:
    """The same values, with what their guards establish."""
    state = b.resume_state()
    changing = {
        i.arg
        for block in b.code_blocks.values()
        for i in block.instructions
        if i.opcode == "STORE_FAST"
    }
    for index, (value, cls) in enumerate(zip(slots, loop.slots, strict=True)):
        if cls not in TAKEN_CLASSES:
            yield value
            continue
        attrs: dict[str, Attr] = {"cls": cls}
        known = b.emit("guard.type", value, types=[exact(cls)], attrs=attrs, state=state)
        if cls == "int" and index in changing:
            # A number that the loop computes: only from a box can it become a machine value.
            known = b.emit("box.i64", b.emit("unbox.i64", known, state=state))
        yield known


def _load_fast(b: Builder) -> None:
    b.stack.append(bound(b, b.instruction.arg))


def _load_fast_check(b: Builder) -> None:
    value = b.locals[b.instruction.arg]
    if value is b.null:
        b.emit("exit", state=b.resume_state(), attrs={"reason": "unbound local"})
        raise UnsupportedError("local variable that is never bound")
    # Later loads need no check of their own, and have none.
    b.locals[b.instruction.arg] = b.emit("guard.bound", value, state=b.resume_state())
    b.stack.append(b.locals[b.instruction.arg])


def _load_fast_and_clear(b: Builder) -> None:
    b.stack.append(b.locals[b.instruction.arg])
    b.locals[b.instruction.arg] = b.null


def _store_fast(b: Builder) -> None:
    _check_class(b)
    old = b.locals[b.instruction.arg]
    b.locals[b.instruction.arg] = b.stack.pop()
    b.drop(old)


def _check_class(b: Builder) -> None:
    """A local's class is worth a check: of what it is known depends whether it is counted."""
    cls = b.feedback.only_class(b.instruction.pc, 0)
    if cls in CHECKED_CLASSES and b.stack[-1].type.cls != cls:
        b.stack[-1] = b.check_class(b.stack[-1], cls, b.resume_state())


def _delete_fast(b: Builder) -> None:
    old = b.locals[b.instruction.arg]
    if old is b.null:
        raise UnsupportedError("deletion of a local variable that is never bound")
    b.emit("guard.bound", old, state=b.resume_state())
    b.locals[b.instruction.arg] = b.null
    b.drop(old)


def _load_const(b: Builder) -> None:
    b.stack.append(b.constant(b.instruction.arg))


def _load_global(b: Builder) -> None:
    name = b.code.co_names[b.instruction.arg >> 1]
    value = b.emit("py.load_global", state=b.running_state(), attrs={"name": name})
    if b.instruction.arg & 1:
        b.stack.append(b.null)
    b.stack.append(value)
    b.check_assumptions()


def _load_attr(b: Builder) -> None:
    name = b.code.co_names[b.instruction.arg >> 1]
    if not b.instruction.arg & 1:
        b.generic("py.load_attr", 1, name=name)
        return
    owner = b.stack.pop()
    op = b.function.new_op(
        "py.load_method", [owner], state=b.running_state(), attrs={"name": name}
    )
    b.stack.extend(b.emit_op(op).results)
    b.check_assumptions()


def _store_attr(b: Builder) -> None:
    value, owner = b.pop(2)
    name = b.code.co_names[b.instruction.arg]
    b.emit("py.store_attr", owner, value, state=b.running_state(), attrs={"name": name})
    b.check_assumptions()


def _contains_op(b: Builder) -> None:
    operands = b.pop(2)
    found = b.emit("py.contains", *operands, state=b.running_state())
    if b.instruction.arg:
        found = b.emit("box.i1", b.emit("bool.not", b.emit("unbox.i1", found)))
    b.stack.append(found)
    b.check_assumptions()


def _list_append(b: Builder) -> None:
    value = b.stack.pop()
    b.emit("py.list_append", b.stack[-b.instruction.arg], value, state=b.running_state())
    b.check_assumptions()


def _pop_top(b: Builder) -> None:
    b.drop(b.stack.pop())


def _copy(b: Builder) -> None:
    b.stack.append(b.stack[-b.instruction.arg])


def _swap(b: Builder) -> None:
    arg = b.instruction.arg
    b.stack[-1], b.stack[-arg] = b.stack[-arg], b.stack[-1]


def _binary_op(b: Builder) -> None:
    b.generic("py.binary_op", 2, op=BINARY_OPERATORS[b.instruction.arg])


def _compare_op(b: Builder) -> None:
    b.generic("py.compare_op", 2, op=COMPARE_OPERATORS[b.instruction.arg >> 4])


def _is_op(b: Builder) -> None:
    left, right = b.pop(2)
    same = b.emit("py.is", left, right)
    b.stack.append(b.emit("box.i1", b.emit("bool.not", same) if b.instruction.arg else same))
    b.drop(left)
    b.drop(right)


def _store_subscr(b: Builder) -> None:
    value, container, index = b.pop(3)
    b.emit("py.store_subscr", container, index, value, state=b.running_state())
    b.check_assumptions()


def _unpack_sequence(b: Builder) -> None:
    (sequence,) = b.pop(1)
    op = Op("py.unpack_sequence", [sequence], state=b.running_state())
    op.results = tuple(b.function.new_value(OBJ) for _ in range(b.instruction.arg))
    b.emit_op(op)
    b.stack.extend(reversed(op.results))
    b.check_assumptions()


def _build(opcode: str) -> Callable[[Builder], None]:
    def handler(b: Builder) -> None:
        items = b.pop(b.instruction.arg)
        b.stack.append(b.emit(opcode, *items, state=b.running_state()))

    return handler


def _build_map(b: Builder) -> None:
    items = b.pop(2 * b.instruction.arg)
    b.stack.append(b.emit("py.build_map", *items, state=b.running_state()))
    b.check_assumptions()


def _for_iter(b: Builder) -> None:
    iterator = b.stack[-1]
    op = b.function.new_op("py.for_iter", [iterator], state=b.running_state())
    item, more = b.emit_op(op).results
    body = b.edge(b.instruction.next_pc, [*b.stack, item])
    done = b.place(b.function.new_block())
    b.branch(more, body, Edge(done, []))
    b.current = done
    b.stack.pop()
    b.drop(iterator)
    assert b.instruction.target is not None
    b.jump(b.instruction.target)


def _pop_jump_if(*, true: bool) -> Callable[[Builder], None]:
    def handler(b: Builder) -> None:
        (value,) = b.pop(1)
        condition = b.emit("py.truth", value, state=b.running_state())
        b.drop(value)
        _jump_if(b, condition, true=true)

    return handler


def _pop_jump_if_none(*, true: bool) -> Callable[[Builder], None]:
    def handler(b: Builder) -> None:
        (value,) = b.pop(1)
        none = b.emit("const.object", types=[exact("NoneType")], attrs={"slot": "object:None"})
        condition = b.emit("py.is", value, none)
        b.drop(value)
        _jump_if(b, condition, true=true)

    return handler


def _jump_if(b: Builder, condition: Value, *, true: bool) -> None:
    assert b.instruction.target is not None
    taken = b.edge(b.instruction.target, b.stack)
    following = b.edge(b.instruction.next_pc, b.stack)
    first, second = (taken, following) if true else (following, taken)
    b.branch(condition, first, second)


def _jump_backward(b: Builder) -> None:
    b.emit("poll", state=b.running_state())
    _jump_forward(b)


def _jump_forward(b: Builder) -> None:
    assert b.instruction.target is not None
    b.jump(b.instruction.target)


def _kw_names(b: Builder) -> None:
    b.kwnames = b.instruction.arg


def _call(b: Builder) -> None:
    operands = b.pop(b.instruction.arg + 2)
    value = b.emit("py.call", *operands, state=b.running_state(), attrs={"kwnames": b.kwnames})
    b.kwnames = -1
    b.stack.append(value)
    b.check_assumptions()


def _return_value(b: Builder) -> None:
    _leave(b, lambda: b.stack.pop())


def _return_const(b: Builder) -> None:
    _leave(b, lambda: b.constant(b.instruction.arg))


def _leave(b: Builder, take_result: Callable[[], Value]) -> None:
    """The interpreter clears the frame in the order of the locals."""
    if b.loop is not None:
        # The frame is the interpreter's own: it ends it.
        b.emit("exit", state=b.resume_state(), attrs={"reason": "return"})
        return
    result = take_result()
    if b.is_resumable:
        end_generator(b, result)
    for value in dict.fromkeys(b.locals):
        if value is not b.null:
            b.emit("ref.drop_last", value)
    b.emit("return", result)


def _resume(b: Builder) -> None:
    """The start of the function: numbers among the arguments are checked once, here."""
    if b.instruction.arg:
        check_resumed(b)
        return
    state = b.state_at(b.instruction.next_pc)
    for index in range(b.code.co_argcount + b.code.co_kwonlyargcount):
        cls = b.feedback.only_class(b.instruction.pc, index)
        if cls in ("int", "float"):
            b.locals[index] = b.check_class(bound(b, index), cls, state)


def _nothing(b: Builder) -> None:
    """NOP: no effect on the stack, and nothing to do natively."""


def _push_null(b: Builder) -> None:
    b.stack.append(b.null)


#: What each instruction does to the abstract stack, and the ops it becomes.
HANDLERS: Final[dict[str, Callable[[Builder], None]]] = {
    "RESUME": _resume,
    "NOP": _nothing,
    "PUSH_NULL": _push_null,
    "LOAD_FAST": _load_fast,
    "LOAD_FAST_CHECK": _load_fast_check,
    "LOAD_FAST_AND_CLEAR": _load_fast_and_clear,
    "STORE_FAST": _store_fast,
    "DELETE_FAST": _delete_fast,
    "LOAD_CONST": _load_const,
    "LOAD_GLOBAL": _load_global,
    "POP_TOP": _pop_top,
    "COPY": _copy,
    "SWAP": _swap,
    "BINARY_OP": _binary_op,
    "COMPARE_OP": _compare_op,
    "IS_OP": _is_op,
    "LOAD_ATTR": _load_attr,
    "STORE_ATTR": _store_attr,
    "CONTAINS_OP": _contains_op,
    "LIST_APPEND": _list_append,
    "BINARY_SLICE": lambda b: b.generic("py.binary_slice", 3),
    "UNARY_INVERT": lambda b: b.generic("py.unary_invert", 1),
    "UNARY_NEGATIVE": lambda b: b.generic("py.unary_negative", 1),
    "UNARY_NOT": lambda b: b.generic("py.unary_not", 1),
    "BINARY_SUBSCR": lambda b: b.generic("py.binary_subscr", 2),
    "STORE_SUBSCR": _store_subscr,
    "UNPACK_SEQUENCE": _unpack_sequence,
    "BUILD_TUPLE": _build("py.build_tuple"),
    "BUILD_LIST": _build("py.build_list"),
    "BUILD_MAP": _build_map,
    "GET_ITER": lambda b: b.generic("py.get_iter", 1),
    "FOR_ITER": _for_iter,
    "POP_JUMP_IF_TRUE": _pop_jump_if(true=True),
    "POP_JUMP_IF_FALSE": _pop_jump_if(true=False),
    "POP_JUMP_IF_NONE": _pop_jump_if_none(true=True),
    "POP_JUMP_IF_NOT_NONE": _pop_jump_if_none(true=False),
    "JUMP_FORWARD": _jump_forward,
    "JUMP_BACKWARD": _jump_backward,
    "KW_NAMES": _kw_names,
    "CALL": _call,
    "RETURN_VALUE": _return_value,
    "RETURN_CONST": _return_const,
    **CONSTRUCTS,
    **GENERATORS,
}
