"""SSA of instructions that are one call of an interpreter's routine each.

Displays, slices, unpacking, formatting, calls with stars, ``with``. Handlers as those of
``ssa_construction``: they pop their operands from the abstract stack and emit one generic op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dx_py.ir.core import Attr, Op
from dx_py.ir.generator_handlers import bound
from dx_py.ir.types import MAYBE_OBJ, OBJ

if TYPE_CHECKING:
    from dx_py.ir.ssa_construction import Builder

type Handler = Callable[[Builder], None]

#: CALL_INTRINSIC_1's arguments (Include/internal/pycore_intrinsics.h) that have a form here.
_INTRINSICS: Final = {5: "py.unary_positive", 6: "py.list_to_tuple"}


def _statement(opcode: str, arity: int) -> Handler:
    """Operands in, nothing out."""

    def handler(b: Builder) -> None:
        b.emit(opcode, *b.pop(arity), state=b.running_state())
        b.check_assumptions()

    return handler


def _named_statement(opcode: str, arity: int) -> Handler:
    def handler(b: Builder) -> None:
        name = b.code.co_names[b.instruction.arg]
        b.emit(opcode, *b.pop(arity), state=b.running_state(), attrs={"name": name})
        b.check_assumptions()

    return handler


def _display(opcode: str, extra: int = 0) -> Handler:
    """As many operands as the argument says, and some."""

    def handler(b: Builder) -> None:
        operands = b.pop(b.instruction.arg + extra)
        b.stack.append(b.emit(opcode, *operands, state=b.running_state()))
        b.check_assumptions()

    return handler


def _build_slice(b: Builder) -> None:
    operands = b.pop(b.instruction.arg)
    b.stack.append(b.emit("py.build_slice", *operands, state=b.running_state()))


def _into(opcode: str, arity: int) -> Handler:
    """Operands into a container that stays on the stack."""

    def handler(b: Builder) -> None:
        values = b.pop(arity)
        b.emit(opcode, b.stack[-b.instruction.arg], *values, state=b.running_state())
        b.check_assumptions()

    return handler


def _dict_merge(b: Builder) -> None:
    """Keywords of a call; an error names what is called."""
    (update,) = b.pop(1)
    arg = b.instruction.arg
    operands = b.stack[-arg], update, b.stack[-arg - 2]
    b.emit("py.dict_merge", *operands, state=b.running_state())
    b.check_assumptions()


def _format_value(b: Builder) -> None:
    flags = b.instruction.arg
    operands = b.pop(2 if flags & 4 else 1)
    state = b.running_state()
    b.stack.append(b.emit("py.format", *operands, state=state, attrs={"flags": flags}))
    b.check_assumptions()


def _unpack_ex(b: Builder) -> None:
    (sequence,) = b.pop(1)
    counts = b.instruction.arg
    op = Op("py.unpack_ex", [sequence], attrs={"counts": counts}, state=b.running_state())
    total = (counts & 0xFF) + 1 + (counts >> 8)
    op.results = tuple(b.function.new_value(OBJ) for _ in range(total))
    b.emit_op(op)
    b.stack.extend(reversed(op.results))
    b.check_assumptions()


def _call_intrinsic(b: Builder) -> None:
    opcode = _INTRINSICS.get(b.instruction.arg)
    if opcode is None:
        b.leave_to_interpreter()
        return
    b.generic(opcode, 1)


def _before_with(b: Builder) -> None:
    op = b.function.new_op("py.before_with", b.pop(1), state=b.running_state())
    b.stack.extend(b.emit_op(op).results)
    b.check_assumptions()


def _call_function_ex(b: Builder) -> None:
    keywords = b.stack.pop() if b.instruction.arg & 1 else b.null
    callee, arguments = b.pop(2)
    b.pop(1)
    operands = callee, arguments, keywords
    b.stack.append(b.emit("py.call_ex", *operands, state=b.running_state()))
    b.check_assumptions()


def _load_super_attr(b: Builder) -> None:
    arg = b.instruction.arg
    attrs: dict[str, Attr] = {"name": b.code.co_names[arg >> 2], "given": int(arg & 2 > 0)}
    opcode = "py.load_super_method" if arg & 1 else "py.load_super_attr"
    op = b.function.new_op(opcode, b.pop(3), state=b.running_state(), attrs=attrs)
    b.stack.extend(b.emit_op(op).results)
    b.check_assumptions()


def _make_function(b: Builder) -> None:
    flags = b.instruction.arg
    operands = b.pop(1 + flags.bit_count())
    state = b.running_state()
    b.stack.append(b.emit("py.make_function", *operands, state=state, attrs={"flags": flags}))


def _load_cell(b: Builder) -> None:
    """A variable that is shared with closures; one without a value is the interpreter's."""
    cell = bound(b, b.instruction.arg)
    b.stack.append(b.emit("cell.load", cell, state=b.resume_state()))


def _store_cell(b: Builder) -> None:
    cell = bound(b, b.instruction.arg)
    old = b.emit("cell.store", cell, b.stack.pop(), types=[MAYBE_OBJ])
    b.drop(old)


def _make_cell(b: Builder) -> None:
    """What an argument had goes into its cell."""
    index = b.instruction.arg
    b.locals[index] = b.emit("cell.new", b.locals[index], state=b.running_state())


def _copy_free_vars(b: Builder) -> None:
    count = b.instruction.arg
    first = len(b.locals) - count
    for index in range(count):
        attrs: dict[str, Attr] = {"routine": b.number, "index": index}
        b.locals[first + index] = b.emit("closure.cell", attrs=attrs)


def _load_closure(b: Builder) -> None:
    b.stack.append(bound(b, b.instruction.arg))


CONSTRUCTS: Final[dict[str, Handler]] = {
    "STORE_GLOBAL": _named_statement("py.store_global", 1),
    "DELETE_ATTR": _named_statement("py.delete_attr", 1),
    "DELETE_SUBSCR": _statement("py.delete_subscr", 2),
    "STORE_SLICE": _statement("py.store_slice", 4),
    "BUILD_SET": _display("py.build_set"),
    "BUILD_SLICE": _build_slice,
    "BUILD_STRING": _display("py.build_string"),
    "BUILD_CONST_KEY_MAP": _display("py.build_const_map", 1),
    "LIST_EXTEND": _into("py.list_extend", 1),
    "SET_UPDATE": _into("py.set_update", 1),
    "DICT_UPDATE": _into("py.dict_update", 1),
    "DICT_MERGE": _dict_merge,
    "SET_ADD": _into("py.set_add", 1),
    "MAP_ADD": _into("py.map_add", 2),
    "FORMAT_VALUE": _format_value,
    "UNPACK_EX": _unpack_ex,
    "CALL_INTRINSIC_1": _call_intrinsic,
    "BEFORE_WITH": _before_with,
    "CALL_FUNCTION_EX": _call_function_ex,
    "LOAD_SUPER_ATTR": _load_super_attr,
    "MAKE_FUNCTION": _make_function,
    "MAKE_CELL": _make_cell,
    "COPY_FREE_VARS": _copy_free_vars,
    "LOAD_CLOSURE": _load_closure,
    "LOAD_DEREF": _load_cell,
    "STORE_DEREF": _store_cell,
}
