"""Machine form of the generic ops: one call into the core, with a frame to look at.

``dx_python`` in ``runtime_support/native/dx_python.c`` does the op. The live values are left
in a shadow record, from which it builds the frames of the op's state if Python code may run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from dx_py.backend.llvm.lowering import FunctionLowering, Lowering
from dx_py.ir.core import Op
from dx_py.ir.ssa_construction import BINARY_OPERATORS, COMPARE_OPERATORS

#: The order is that of ``enum operation`` in dx_python.c.
OPERATIONS: Final = (
    "load_global",
    "load_attr",
    "load_method",
    "store_attr",
    "binary",
    "inplace",
    "compare",
    "contains",
    "binary_subscr",
    "store_subscr",
    "binary_slice",
    "unary_negative",
    "unary_not",
    "unary_invert",
    "truth",
    "get_iter",
    "for_iter",
    "unpack_sequence",
    "call",
    "build_tuple",
    "build_list",
    "list_append",
    "build_map",
    "poll",
    "store_global",
    "delete_subscr",
    "delete_attr",
    "store_slice",
    "build_set",
    "build_slice",
    "build_string",
    "build_const_map",
    "list_extend",
    "set_update",
    "dict_update",
    "dict_merge",
    "set_add",
    "map_add",
    "format",
    "unpack_ex",
    "list_to_tuple",
    "unary_positive",
    "before_with",
    "make_function",
    "call_ex",
    "super_attr",
    "send",
    "yield_from_iter",
    "awaitable",
)


def _perform(
    f: FunctionLowering,
    op: Op,
    operation: str,
    operands: Sequence[str],
    *,
    extra: int = 0,
    out: str = "null",
) -> str:
    """The call and the check for an exception; the pointer it gave."""
    assert op.state is not None
    shadow = f.shadow(op.state)
    given = f.stack_slots(len(operands), "ops")
    for index, operand in enumerate(operands):
        f.store("ptr", operand, given, 8 * index)
    number = OPERATIONS.index(operation)
    result = f.call(
        "dx_python",
        "ptr",
        "ptr %ts",
        f"ptr {shadow}",
        f"ptr {out}",
        f"i32 {number}",
        f"i32 {extra}",
        f"i32 {len(operands)}",
        f"ptr {given}",
    )
    f.guard(f.emit(f"icmp ne ptr {result}, null"), op)
    return result


def _plain(operation: str, extra: str = "") -> Lowering:
    """Operands in, one object or nothing out; ``extra``: the attribute that goes with them."""

    def lower(f: FunctionLowering, op: Op) -> None:
        operands = [*_name_row(f, op), *map(f.name, op.operands)]
        number = op.int_attr(extra) if extra else 0
        result = _perform(f, op, operation, operands, extra=number)
        if op.results:
            f.define(op.result, result)

    return lower


def _name_row(f: FunctionLowering, op: Op) -> list[str]:
    return [f.row(f"name:{op.text_attr('name')}")] if "name" in op.attrs else []


def _load_global(f: FunctionLowering, op: Op) -> None:
    """One that changes: where it was found last, mostly. Builtins are looked up without."""
    assert op.state is not None
    routine, name = op.state.code, op.text_attr("name")
    cell = f"getelementptr (i8, ptr @T, i64 {8 * f.table.row(f'hint:{routine}:{name}')})"
    rows = f"ptr {f.row(f'globals:{routine}')}", f"ptr {f.row(f'name:{name}')}"
    found = f.call("dx_load_global", "ptr", *rows, f"ptr {cell}")
    slow, done, here = f.fresh("c"), f.fresh("n"), f.label
    f.line(
        f"br i1 {f.emit(f'icmp ne ptr {found}, null')}, label %{done}, label %{slow}, !prof !1"
    )
    f.open(slow)
    looked_up = _perform(f, op, "load_global", _name_row(f, op))
    last = f.label
    f.line(f"br label %{done}")
    f.open(done)
    f.define(op.result, f.emit(f"phi ptr [ {found}, %{here} ], [ {looked_up}, %{last} ]"))


def _binary_op(f: FunctionLowering, op: Op) -> None:
    number = BINARY_OPERATORS.index(op.text_attr("op"))
    plain = len(BINARY_OPERATORS) // 2
    operation = "binary" if number < plain else "inplace"
    operands = [*map(f.name, op.operands)]
    f.define(op.result, _perform(f, op, operation, operands, extra=number % plain))


def _compare_op(f: FunctionLowering, op: Op) -> None:
    number = COMPARE_OPERATORS.index(op.text_attr("op"))
    operands = [*map(f.name, op.operands)]
    f.define(op.result, _perform(f, op, "compare", operands, extra=number))


def _truth(f: FunctionLowering, op: Op) -> None:
    result = _perform(f, op, "truth", [f.name(op.operands[0])])
    f.define(op.result, f.emit(f"icmp eq ptr {result}, {f.row('object:True')}"))


def _flagged(operation: str) -> Lowering:
    """A result, and whether what the operation gave is true."""

    def lower(f: FunctionLowering, op: Op) -> None:
        out = f.stack_slots(1, "out")
        result = _perform(f, op, operation, [*map(f.name, op.operands)], out=out)
        f.define(op.results[0], f.load("ptr", out, 0))
        f.define(op.results[1], f.emit(f"icmp eq ptr {result}, {f.row('object:True')}"))

    return lower


def _count(op: Op) -> int:
    return len(op.results)


def _several(operation: str, extra: Callable[[Op], int] = _count) -> Lowering:
    """Results by an array."""

    def lower(f: FunctionLowering, op: Op) -> None:
        out = f.stack_slots(len(op.results), "out")
        operands = [*_name_row(f, op), *map(f.name, op.operands)]
        _perform(f, op, operation, operands, extra=extra(op), out=out)
        for index, value in enumerate(op.results):
            f.define(value, f.load("ptr", out, 8 * index))

    return lower


def _call(f: FunctionLowering, op: Op) -> None:
    operands = [*map(f.name, op.operands)]
    keywords = op.int_attr("kwnames")
    if keywords >= 0:
        assert op.state is not None
        operands.append(f.row(f"const:{op.state.code}:{keywords}"))
    f.define(op.result, _perform(f, op, "call", operands, extra=int(keywords >= 0)))


def _super_flags(op: Op) -> int:
    """As in LOAD_SUPER_ATTR: 1 for a method, 2 for arguments that are written."""
    return (len(op.results) - 1) | 2 * op.int_attr("given")


def _load_super_attr(f: FunctionLowering, op: Op) -> None:
    operands = [*_name_row(f, op), *map(f.name, op.operands)]
    f.define(op.result, _perform(f, op, "super_attr", operands, extra=_super_flags(op)))


def _poll(f: FunctionLowering, op: Op) -> None:
    """Rarely is anything asked for; the frame is built only then."""
    asked, done = f.fresh("c"), f.fresh("n")
    request = f.emit(f"load volatile i32, ptr {f.row('address:eval_breaker')}")
    f.line(
        f"br i1 {f.emit(f'icmp eq i32 {request}, 0')}, label %{done}, label %{asked}, !prof !1"
    )
    f.open(asked)
    _perform(f, op, "poll", [])
    f.line(f"br label %{done}")
    f.open(done)


def _array(helper: str) -> Lowering:
    """Operands by an array, and no frame: nothing can see it."""

    def lower(f: FunctionLowering, op: Op) -> None:
        given = f.stack_slots(len(op.operands), "ops")
        for index, operand in enumerate(op.operands):
            f.store("ptr", f.name(operand), given, 8 * index)
        result = f.call(helper, "ptr", f"ptr {given}", f"i32 {len(op.operands)}")
        f.guard(f.emit(f"icmp ne ptr {result}, null"), op)
        f.define(op.result, result)

    return lower


GENERIC_LOWERINGS: Final[dict[str, Lowering]] = {
    "py.load_global": _load_global,
    "py.load_attr": _plain("load_attr"),
    "py.load_method": _several("load_method"),
    "py.store_attr": _plain("store_attr"),
    "py.binary_op": _binary_op,
    "py.compare_op": _compare_op,
    "py.contains": _plain("contains"),
    "py.binary_subscr": _plain("binary_subscr"),
    "py.store_subscr": _plain("store_subscr"),
    "py.binary_slice": _plain("binary_slice"),
    "py.unary_negative": _plain("unary_negative"),
    "py.unary_not": _plain("unary_not"),
    "py.unary_invert": _plain("unary_invert"),
    "py.truth": _truth,
    "py.get_iter": _plain("get_iter"),
    "py.for_iter": _flagged("for_iter"),
    "py.send": _flagged("send"),
    "py.yield_from_iter": _plain("yield_from_iter", "coroutines"),
    "py.awaitable": _plain("awaitable", "where"),
    "py.unpack_sequence": _several("unpack_sequence"),
    "py.call": _call,
    "py.build_tuple": _array("dx_build_tuple"),
    "py.build_list": _array("dx_build_list"),
    "py.call_quiet": _array("dx_call_quiet"),
    "py.build_map": _plain("build_map"),
    "py.list_append": _plain("list_append"),
    "poll": _poll,
    **{
        f"py.{name}": _plain(name)
        for name in (
            *("store_global", "delete_subscr", "delete_attr", "store_slice", "build_set"),
            *("build_slice", "build_string", "build_const_map", "list_extend", "set_update"),
            *("dict_update", "dict_merge", "set_add", "map_add", "list_to_tuple"),
            *("unary_positive", "call_ex"),
        )
    },
    "py.format": _plain("format", "flags"),
    "py.make_function": _plain("make_function", "flags"),
    "py.unpack_ex": _several("unpack_ex", lambda op: op.int_attr("counts")),
    "py.before_with": _several("before_with"),
    "py.load_super_attr": _load_super_attr,
    "py.load_super_method": _several("super_attr", _super_flags),
}
