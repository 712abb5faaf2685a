"""Machine forms of slices, and of a list's items that come and go."""

from __future__ import annotations

from typing import Final

from dx_py.backend.llvm.lower_objects import checked_index
from dx_py.backend.llvm.lowering import FunctionLowering, Lowering
from dx_py.ir.core import Op
from dx_py.ir.ssa_construction import BINARY_OPERATORS, COMPARE_OPERATORS


def _made(f: FunctionLowering, op: Op, helper: str) -> None:
    """A container and its bounds in, a new object out."""
    container, *bounds = map(f.name, op.operands)
    given = (f"i64 {bound}" for bound in bounds)
    result = f.call(helper, "ptr", f"ptr {container}", *given)
    f.guard(f.emit(f"icmp ne ptr {result}, null"), op, repeatable=False)
    f.define(op.result, result)


def _slice_get(f: FunctionLowering, op: Op) -> None:
    _made(f, op, f"dx_{op.text_attr('cls')}_slice")


def _slice_step(f: FunctionLowering, op: Op) -> None:
    _made(f, op, "dx_list_step")


def _list_pop(f: FunctionLowering, op: Op) -> None:
    _made(f, op, "dx_list_pop")


def _concat(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    result = f.call("PySequence_Concat", "ptr", f"ptr {left}", f"ptr {right}")
    f.guard(f.emit(f"icmp ne ptr {result}, null"), op)
    f.define(op.result, result)


def _repeat(f: FunctionLowering, op: Op) -> None:
    _made(f, op, "PySequence_Repeat")


def _list_extend(f: FunctionLowering, op: Op) -> None:
    items, more = map(f.name, op.operands)
    status = f.call("dx_list_extend", "i32", f"ptr {items}", f"ptr {more}")
    f.guard(f.emit(f"icmp eq i32 {status}, 0"), op)


def _slice_set(f: FunctionLowering, op: Op) -> None:
    items, start, stop, value = map(f.name, op.operands)
    out = f.stack_slots(1, "out")
    bounds = f"i64 {start}", f"i64 {stop}"
    status = f.call(
        "dx_list_store_slice", "i32", f"ptr {items}", *bounds, f"ptr {value}", f"ptr {out}"
    )
    f.guard(f.emit(f"icmp eq i32 {status}, 0"), op)
    f.define(op.result, f.load("ptr", out, 0))


def _list_insert(f: FunctionLowering, op: Op) -> None:
    items, index, value = map(f.name, op.operands)
    status = f.call("PyList_Insert", "i32", f"ptr {items}", f"i64 {index}", f"ptr {value}")
    f.guard(f.emit(f"icmp eq i32 {status}, 0"), op)


def _list_reserve(f: FunctionLowering, op: Op) -> None:
    """Mostly there is room."""
    items = f.name(op.operands[0])
    size = f.load("i64", items, f.layout["var.ob_size"])
    room = f.load("i64", items, f.layout["list.allocated"])
    full, done = f.fresh("c"), f.fresh("n")
    has_room = f.emit(f"icmp slt i64 {size}, {room}")
    f.line(f"br i1 {has_room}, label %{done}, label %{full}, !prof !1")
    f.open(full)
    status = f.call("dx_list_reserve", "i32", f"ptr {items}")
    f.guard(f.emit(f"icmp eq i32 {status}, 0"), op)
    f.line(f"br label %{done}")
    f.open(done)


def _list_push(f: FunctionLowering, op: Op) -> None:
    items, value = map(f.name, op.operands)
    size = f.load("i64", items, f.layout["var.ob_size"])
    first = f.load("ptr", items, f.layout["list.ob_item"])
    cell = f.emit(f"getelementptr ptr, ptr {first}, i64 {size}")
    f.line(f"store ptr {value}, ptr {cell}")
    f.store("i64", f.emit(f"add i64 {size}, 1"), items, f.layout["var.ob_size"])


def _bytes_get(f: FunctionLowering, op: Op) -> None:
    index, items = checked_index(f, op), f.name(op.operands[0])
    if op.text_attr("cls") == "bytes":
        first = f.address(items, f.layout["bytes.ob_sval"])
    else:
        first = f.load("ptr", items, f.layout["bytearray.ob_start"])
    place = f.emit(f"getelementptr i8, ptr {first}, i64 {index}")
    f.define(op.result, f.emit(f"zext i8 {f.emit(f'load i8, ptr {place}')} to i64"))


def _str_get(f: FunctionLowering, op: Op) -> None:
    _made(f, op, "dx_str_item")


def _next(helper: str) -> Lowering:
    """The items by their addresses; a negative status leaves."""

    def lower(f: FunctionLowering, op: Op) -> None:
        *items, more = op.results
        out = f.stack_slots(len(items), "out")
        # Of a pair of objects both are at one address.
        count = 1 if items[0].type.is_object else len(items)
        places = [f.address(out, 8 * i) for i in range(count)]
        given = (f"ptr {place}" for place in places)
        status = f.call(helper, "i32", f"ptr {f.name(op.operands[0])}", *given)
        f.guard(f.emit(f"icmp sge i32 {status}, 0"), op, repeatable=False)
        for index, item in enumerate(items):
            f.define(item, f.load(f.type(item), out, 8 * index))
        f.define(more, f.emit(f"icmp ne i32 {status}, 0"))

    return lower


def _found(helper: str) -> Lowering:
    """An object, or null, which leaves."""

    def lower(f: FunctionLowering, op: Op) -> None:
        given = (f"ptr {f.name(operand)}" for operand in op.operands)
        result = f.call(helper, "ptr", *given)
        f.guard(f.emit(f"icmp ne ptr {result}, null"), op, repeatable=False)
        f.define(op.result, result)

    return lower


def _done(helper: str) -> Lowering:
    """A status, of which a negative one leaves."""

    def lower(f: FunctionLowering, op: Op) -> None:
        given = (f"ptr {f.name(operand)}" for operand in op.operands)
        status = f.call(helper, "i32", *given)
        f.guard(f.emit(f"icmp sge i32 {status}, 0"), op, repeatable=False)

    return lower


def _contains(f: FunctionLowering, op: Op) -> None:
    item, container = map(f.name, op.operands)
    answer = f.call("dx_search", "i32", f"ptr {container}", f"ptr {item}")
    f.guard(f.emit(f"icmp sge i32 {answer}, 0"), op)
    f.define(op.result, f.emit(f"icmp ne i32 {answer}, 0"))


def _dict_set(f: FunctionLowering, op: Op) -> None:
    out = f.stack_slots(1, "out")
    given = (f"ptr {f.name(operand)}" for operand in op.operands)
    status = f.call("dx_dict_set", "i32", *given, f"ptr {out}")
    f.guard(f.emit(f"icmp sge i32 {status}, 0"), op, repeatable=False)
    f.define(op.result, f.load("ptr", out, 0))


def _set_compare(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    operator = COMPARE_OPERATORS.index(op.text_attr("op"))
    answer = f.call("dx_compare_sets", "i32", f"ptr {left}", f"ptr {right}", f"i32 {operator}")
    f.guard(f.emit(f"icmp sge i32 {answer}, 0"), op)
    f.define(op.result, f.emit(f"icmp ne i32 {answer}, 0"))


def _set_combine(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    operator = BINARY_OPERATORS.index(op.text_attr("op"))
    result = f.call("dx_combine_sets", "ptr", f"ptr {left}", f"ptr {right}", f"i32 {operator}")
    f.guard(f.emit(f"icmp ne ptr {result}, null"), op, repeatable=False)
    f.define(op.result, result)


CONTAINER_LOWERINGS: Final[dict[str, Lowering]] = {
    "slice.get": _slice_get,
    "slice.step": _slice_step,
    "slice.set": _slice_set,
    "bytes.get": _bytes_get,
    "str.get": _str_get,
    "iter.next": _next("dx_next"),
    "iter.pair_next": _next("dx_next_pair"),
    "iter.numbered_next": _next("dx_next_numbered"),
    "contains.plain": _contains,
    "dict.get": _found("dx_dict_get"),
    "dict.find": _found("dx_dict_find"),
    "dict.set": _dict_set,
    "set.compare": _set_compare,
    "set.combine": _set_combine,
    "set.add": _done("dx_set_add"),
    "list.remove": _done("dx_list_remove"),
    "sequence.concat": _concat,
    "sequence.repeat": _repeat,
    "list.extend": _list_extend,
    "list.insert": _list_insert,
    "list.pop": _list_pop,
    "list.reserve": _list_reserve,
    "list.push": _list_push,
}
