"""Machine forms of object ops: guards, sequences, iterators, references, control flow."""

from __future__ import annotations

from typing import Final

from dx_py.backend.llvm.lowering import FunctionLowering, Lowering
from dx_py.ir.core import Op, Value


def _const_object(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.row(op.text_attr("slot")))


def _const_null(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, "null")


def _is(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    f.define(op.result, f.emit(f"icmp eq ptr {left}, {right}"))


# Guards.


def _guard_type(f: FunctionLowering, op: Op) -> None:
    value = f.name(op.operands[0])
    _guard_class(f, op, value, op.text_attr("cls"))
    f.define(op.result, value)


def _guard_class(f: FunctionLowering, op: Op, value: str, cls: str) -> None:
    f.guard(is_of_class(f, value, cls), op)


def is_of_class(f: FunctionLowering, value: str, classes: str) -> str:
    """Whether an object is of the class, or of one of several."""
    actual = f.load("ptr", value, f.layout["object.ob_type"])
    first, *others = (
        f.emit(f"icmp eq ptr {actual}, {f.row(f'type:{cls}')}") for cls in classes.split("|")
    )
    for other in others:
        first = f.emit(f"or i1 {first}, {other}")
    return first


def _guard_bound(f: FunctionLowering, op: Op) -> None:
    value = f.name(op.operands[0])
    f.guard(f.emit(f"icmp ne ptr {value}, null"), op)
    f.define(op.result, value)


def _guard_true(f: FunctionLowering, op: Op) -> None:
    f.guard(f.name(op.operands[0]), op)


def _guard_length(f: FunctionLowering, op: Op) -> None:
    size = _size(f, op.operands[0])
    f.guard(f.emit(f"icmp eq i64 {size}, {op.int_attr('length')}"), op)


def _guard_assumptions(f: FunctionLowering, op: Op) -> None:
    valid = f.load("i32", f.row("unit"), f.layout["unit.valid"])
    f.guard(f.emit(f"icmp ne i32 {valid}, 0"), op)


# Sequences.


def _size(f: FunctionLowering, value: Value) -> str:
    return f.load("i64", f.name(value), f.layout["var.ob_size"])


def _length(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, _size(f, op.operands[0]))


def _sized_length(f: FunctionLowering, op: Op) -> None:
    offset = f.layout[f"{op.text_attr('cls')}.length"]
    f.define(op.result, f.load("i64", f.name(op.operands[0]), offset))


def _list_place(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, checked_index(f, op))


def _list_exchange(f: FunctionLowering, op: Op) -> None:
    sequence, place, value = map(f.name, op.operands)
    cell = _cell(f, f.load("ptr", sequence, f.layout["list.ob_item"]), place)
    old = f.emit(f"load ptr, ptr {cell}")
    f.line(f"store ptr {value}, ptr {cell}")
    f.define(op.result, old)


def _assume(f: FunctionLowering, op: Op) -> None:
    """A row that is checked where the code is loaded, and for a name one that keeps it watched.

    What classes have is watched with them.
    """
    slot = op.text_attr("slot")
    if op.text_attr("kind") not in ("routine", "inherited"):
        f.table.row(slot)
    f.table.row(f"expect:{slot} {op.text_attr('kind')} {op.text_attr('text')}")


def _assume_routine(f: FunctionLowering, op: Op) -> None:
    """A row that has the function found, checked and watched."""
    f.table.row(f"func:{op.int_attr('routine')}")


def _tuple_item(f: FunctionLowering, op: Op) -> None:
    offset = f.layout["tuple.ob_item"] + 8 * op.int_attr("index")
    f.define(op.result, f.load("ptr", f.name(op.operands[0]), offset))


def _list_item(f: FunctionLowering, op: Op) -> None:
    items = f.load("ptr", f.name(op.operands[0]), f.layout["list.ob_item"])
    f.define(op.result, f.load("ptr", items, 8 * op.int_attr("index")))


def _tuple_get(f: FunctionLowering, op: Op) -> None:
    index = checked_index(f, op)
    first = f.address(f.name(op.operands[0]), f.layout["tuple.ob_item"])
    f.define(op.result, f.emit(f"load ptr, ptr {_cell(f, first, index)}"))


def _list_get(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.emit(f"load ptr, ptr {_list_cell(f, op)}"))


def _list_cell(f: FunctionLowering, op: Op) -> str:
    index = checked_index(f, op)
    items = f.load("ptr", f.name(op.operands[0]), f.layout["list.ob_item"])
    return _cell(f, items, index)


def _cell(f: FunctionLowering, first: str, index: str) -> str:
    return f.emit(f"getelementptr ptr, ptr {first}, i64 {index}")


def checked_index(f: FunctionLowering, op: Op) -> str:
    """A negative index counts from the end; beyond either end the interpreter raises."""
    index, size = f.name(op.operands[1]), _size(f, op.operands[0])
    negative = f.emit(f"icmp slt i64 {index}, 0")
    from_end = f.emit(f"add i64 {index}, {size}")
    index = f.emit(f"select i1 {negative}, i64 {from_end}, i64 {index}")
    f.guard(f.emit(f"icmp ult i64 {index}, {size}"), op)
    return index


def _list_set_f64(f: FunctionLowering, op: Op) -> None:
    """Overwrite the float that only the list holds; otherwise put a new one in its place."""
    cell, number = _list_cell(f, op), f.name(op.operands[2])
    old = f.emit(f"load ptr, ptr {cell}")
    _guard_class(f, op, old, "float")
    only, shared, done = f.fresh("n"), f.fresh("c"), f.fresh("n")
    count = f.load("i64", old, f.layout["object.ob_refcnt"])
    f.line(
        f"br i1 {f.emit(f'icmp eq i64 {count}, 1')}, label %{only}, label %{shared}, !prof !1"
    )
    f.open(only)
    f.store("double", number, old, f.layout["float.ob_fval"])
    f.line(f"br label %{done}")
    f.open(shared)
    f.call("dx_replace_float", "void", f"ptr {cell}", f"double {number}")
    f.line(f"br label %{done}")
    f.open(done)


def _list_set_leaf(f: FunctionLowering, op: Op) -> None:
    """The object replaced must be of the same class: freeing it runs no Python code."""
    value = op.operands[2]
    cell = _list_cell(f, op)
    old = f.emit(f"load ptr, ptr {cell}")
    _guard_class(f, op, old, value.type.cls or "")
    f.call("dx_replace_leaf", "void", f"ptr {cell}", f"ptr {f.name(value)}")


# Iterators.


def _iter_new(f: FunctionLowering, op: Op) -> None:
    result = f.call("PyObject_GetIter", "ptr", f"ptr {f.name(op.operands[0])}")
    _check_raised(f, op, result)
    f.define(op.result, result)


def _check_raised(f: FunctionLowering, op: Op, result: str) -> None:
    f.guard(f.emit(f"icmp ne ptr {result}, null"), op)


def _range_new(f: FunctionLowering, op: Op) -> None:
    callee, *arguments = map(f.name, op.operands)
    missing = ["null"] * (3 - len(arguments))
    passed = (f"ptr {argument}" for argument in [*arguments, *missing])
    result = f.call("dx_new_range", "ptr", f"ptr {callee}", *passed)
    _check_raised(f, op, result)
    f.define(op.result, result)


def _sequence_next(f: FunctionLowering, op: Op) -> None:
    """Of a list or tuple: their iterators look alike."""
    iterator = f.name(op.operands[0])
    start, has_list, has_item, done = f.label, f.fresh("n"), f.fresh("n"), f.fresh("n")
    sequence = f.load("ptr", iterator, f.layout["list_iterator.it_seq"])
    alive = f.emit(f"icmp ne ptr {sequence}, null")
    f.line(f"br i1 {alive}, label %{has_list}, label %{done}, !prof !1")
    f.open(has_list)
    index = f.load("i64", iterator, f.layout["list_iterator.it_index"])
    size = f.load("i64", sequence, f.layout["var.ob_size"])
    more = f.emit(f"icmp ult i64 {index}, {size}")
    f.line(f"br i1 {more}, label %{has_item}, label %{done}")
    f.open(has_item)
    following = f.emit(f"add i64 {index}, 1")
    f.store("i64", following, iterator, f.layout["list_iterator.it_index"])
    if op.opcode == "iter.list_next":
        items = f.load("ptr", sequence, f.layout["list.ob_item"])
    else:
        items = f.address(sequence, f.layout["tuple.ob_item"])
    item = f.emit(f"load ptr, ptr {_cell(f, items, index)}")
    f.line(f"br label %{done}")
    f.open(done)
    sources = f"[ {{}}, %{start} ], [ {{}}, %{has_list} ], [ {{}}, %{has_item} ]"
    f.define(op.results[0], f.emit(f"phi ptr {sources.format('null', 'null', item)}"))
    f.define(op.results[1], f.emit(f"phi i1 {sources.format('false', 'false', 'true')}"))


def _sequence_end(f: FunctionLowering, op: Op) -> None:
    iterator = f.name(op.operands[0])
    f.define(op.result, f.load("ptr", iterator, f.layout["list_iterator.it_seq"]))
    f.store("ptr", "null", iterator, f.layout["list_iterator.it_seq"])


def _range_next(f: FunctionLowering, op: Op) -> None:
    """An ended iterator is written back unchanged: no branch."""
    iterator = f.name(op.operands[0])
    start = f.load("i64", iterator, f.layout["range_iterator.start"])
    length = f.load("i64", iterator, f.layout["range_iterator.len"])
    step = f.load("i64", iterator, f.layout["range_iterator.step"])
    more = f.emit(f"icmp sgt i64 {length}, 0")
    advanced = f.emit(f"add i64 {start}, {step}")
    following = f.emit(f"select i1 {more}, i64 {advanced}, i64 {start}")
    left = f.emit(f"sub i64 {length}, {f.emit(f'zext i1 {more} to i64')}")
    f.store("i64", following, iterator, f.layout["range_iterator.start"])
    f.store("i64", left, iterator, f.layout["range_iterator.len"])
    f.define(op.results[0], start)
    f.define(op.results[1], more)


# References.


def _retain(f: FunctionLowering, op: Op) -> None:
    """Saturating: the count of an immortal object stays as it is."""
    value, done = op.operands[0], f.fresh("n")
    pointer = f.name(value)
    if value.type.nullable:
        held = f.fresh("n")
        f.line(f"br i1 {f.emit(f'icmp ne ptr {pointer}, null')}, label %{held}, label %{done}")
        f.open(held)
    count = f.load("i32", pointer, f.layout["object.ob_refcnt"])
    more = f.emit(f"call i32 @llvm.uadd.sat.i32(i32 {count}, i32 1)")
    f.store("i32", more, pointer, f.layout["object.ob_refcnt"])
    if value.type.nullable:
        f.line(f"br label %{done}")
        f.open(done)


def _release_leaf(f: FunctionLowering, op: Op) -> None:
    done = _give_up(f, op)
    f.call("dx_release_leaf", "void", f"ptr {f.name(op.operands[0])}")
    f.line(f"br label %{done}")
    f.open(done)


def _give_up(f: FunctionLowering, op: Op) -> str:
    """Count down where others hold the object too; opens the block for when none does.

    Gives the label to go on at. An immortal object's count is negative as a signed number.
    """
    value = op.operands[0]
    pointer = f.name(value)
    shared, single, last, done = f.fresh("n"), f.fresh("n"), f.fresh("c"), f.fresh("n")
    if value.type.nullable:
        held = f.fresh("n")
        f.line(f"br i1 {f.emit(f'icmp ne ptr {pointer}, null')}, label %{held}, label %{done}")
        f.open(held)
    count = f.load("i32", pointer, f.layout["object.ob_refcnt"])
    more = f.emit(f"icmp sgt i32 {count}, 1")
    f.line(f"br i1 {more}, label %{shared}, label %{single}")
    f.open(shared)
    f.store("i32", f.emit(f"sub i32 {count}, 1"), pointer, f.layout["object.ob_refcnt"])
    f.line(f"br label %{done}")
    f.open(single)
    f.line(f"br i1 {f.emit(f'icmp slt i32 {count}, 0')}, label %{done}, label %{last}")
    f.open(last)
    return done


def _release(f: FunctionLowering, op: Op) -> None:
    """The last reference goes out of line, with the frame a finaliser may look at."""
    assert op.state is not None
    pointer = f.name(op.operands[0])
    done, loud = _give_up(f, op), f.fresh("c")
    died = f.call("dx_die_quietly", "i32", f"ptr {pointer}")
    f.line(f"br i1 {f.emit(f'icmp ne i32 {died}, 0')}, label %{done}, label %{loud}")
    f.open(loud)
    record, live = f.live_values(op.state, ())
    helper = f.row("helper:dx_finalize")
    f.line(
        f"call void (ptr, ptr, ptr, ptr, ptr, ...) {helper}"
        f"(ptr %ts, ptr @T, ptr %func, ptr {record}, ptr {pointer}{live})"
    )
    f.line(f"br label %{done}")
    f.open(done)


def _release_last(f: FunctionLowering, op: Op) -> None:
    """The function's frame is gone already, and its callers' are shown if need be."""
    done = _give_up(f, op)
    f.call("dx_release_last", "void", f"ptr {f.name(op.operands[0])}")
    f.line(f"br label %{done}")
    f.open(done)


# Control flow.


def _jump(f: FunctionLowering, op: Op) -> None:
    f.line(f"br label %{op.successors[0].block}")


def _branch(f: FunctionLowering, op: Op) -> None:
    true, false = (edge.block for edge in op.successors)
    f.line(f"br i1 {f.name(op.operands[0])}, label %{true}, label %{false}")


def _return(f: FunctionLowering, op: Op) -> None:
    f.line(f"ret ptr {f.name(op.operands[0])}")


def _exit(f: FunctionLowering, op: Op) -> None:
    f.line(f"br label %{f.exit_label(op)}")


def _cell_new(f: FunctionLowering, op: Op) -> None:
    made = f.call("PyCell_New", "ptr", f"ptr {f.name(op.operands[0])}")
    f.guard(f.emit(f"icmp ne ptr {made}, null"), op)
    f.define(op.result, made)


def _closure_cell(f: FunctionLowering, op: Op) -> None:
    """Of the running function: several functions share the code, each with its own cells."""
    routine = op.int_attr("routine")
    function = f.row(f"func:{routine}") if routine else "%func"
    closure = f.load("ptr", function, f.layout["function.closure"])
    place = f.layout["tuple.ob_item"] + 8 * op.int_attr("index")
    f.define(op.result, f.load("ptr", closure, place))


def _cell_load(f: FunctionLowering, op: Op) -> None:
    found = f.load("ptr", f.name(op.operands[0]), f.layout["cell.ob_ref"])
    f.guard(f.emit(f"icmp ne ptr {found}, null"), op)
    f.define(op.result, found)


def _cell_store(f: FunctionLowering, op: Op) -> None:
    cell, value = map(f.name, op.operands)
    old = f.load("ptr", cell, f.layout["cell.ob_ref"])
    f.store("ptr", value, cell, f.layout["cell.ob_ref"])
    f.define(op.result, old)


OBJECT_LOWERINGS: Final[dict[str, Lowering]] = {
    "const.object": _const_object,
    "const.int": _const_object,
    "const.float": _const_object,
    "const.null": _const_null,
    "py.is": _is,
    "cell.new": _cell_new,
    "closure.cell": _closure_cell,
    "cell.load": _cell_load,
    "cell.store": _cell_store,
    "guard.type": _guard_type,
    "guard.bound": _guard_bound,
    "guard.true": _guard_true,
    "guard.tuple_length": _guard_length,
    "guard.list_length": _guard_length,
    "guard.assumptions": _guard_assumptions,
    "tuple.item": _tuple_item,
    "tuple.get": _tuple_get,
    "tuple.length": _length,
    "list.item": _list_item,
    "list.get": _list_get,
    "list.length": _length,
    "list.place": _list_place,
    "list.exchange": _list_exchange,
    "sized.length": _sized_length,
    "assume.entity": _assume,
    "assume.routine": _assume_routine,
    "list.set_f64": _list_set_f64,
    "list.set_leaf": _list_set_leaf,
    "iter.new": _iter_new,
    "iter.list_next": _sequence_next,
    "iter.list_end": _sequence_end,
    "iter.tuple_next": _sequence_next,
    "iter.tuple_end": _sequence_end,
    "iter.range_next": _range_next,
    "range.new": _range_new,
    "ref.retain": _retain,
    "ref.release_leaf": _release_leaf,
    "ref.release": _release,
    "ref.release_last": _release_last,
    "jump": _jump,
    "branch": _branch,
    "return": _return,
    "exit": _exit,
}
