"""Machine forms of what is done with instances of the program's classes.

Offsets of fields and counts of keys are rows of the address table: they are found again
where the code is loaded.
"""

from __future__ import annotations

from typing import Final

from dx_py.backend.llvm.lower_objects import is_of_class
from dx_py.backend.llvm.lowering import FunctionLowering, Lowering
from dx_py.ir.core import Op


def _type_is(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, is_of_class(f, f.name(op.operands[0]), op.text_attr("cls")))


def _type_refine(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.name(op.operands[0]))


def _number_row(f: FunctionLowering, name: str) -> str:
    return f.emit(f"ptrtoint ptr {f.row(name)} to i64")


def _values(f: FunctionLowering, op: Op, *, check: bool) -> str:
    """The array of the instance's values: a tagged pointer before the object."""
    if check:
        f.guard(_has_values(f, op), op)
    return f.emit(f"getelementptr i8, ptr {_tagged(f, op)}, i64 1")


def _tagged(f: FunctionLowering, op: Op) -> str:
    place = f.address(f.name(op.operands[0]), f.layout["object.dict_or_values"])
    return f.emit(f"load ptr, ptr {place}")


def _has_values(f: FunctionLowering, op: Op) -> str:
    number = f.emit(f"ptrtoint ptr {_tagged(f, op)} to i64")
    return f.emit(f"icmp ne i64 {f.emit(f'and i64 {number}, 1')}, 0")


def _guard_values(f: FunctionLowering, op: Op) -> None:
    _values(f, op, check=True)


def _guard_unshadowed(f: FunctionLowering, op: Op) -> None:
    """For each class: no key was added since the last look, or none of that name.

    An instance with a real dict is asked itself.
    """
    inline, in_dict, done = f.fresh("n"), f.fresh("n"), f.fresh("n")
    f.line(f"br i1 {_has_values(f, op)}, label %{inline}, label %{in_dict}, !prof !1")
    f.open(in_dict)
    hidden = f.call("dx_hides", "i32", *_owner_and_name(f, op))
    f.guard(f.emit(f"icmp eq i32 {hidden}, 0"), op)
    f.line(f"br label %{done}")
    f.open(inline)
    *others, last = op.text_attr("cls").split("|")
    for cls in others:
        this, other = f.fresh("n"), f.fresh("n")
        is_this = is_of_class(f, f.name(op.operands[0]), cls)
        f.line(f"br i1 {is_this}, label %{this}, label %{other}")
        f.open(this)
        _check_keys(f, op, cls, done)
        f.open(other)
    _check_keys(f, op, last, done)
    f.open(done)


def _check_keys(f: FunctionLowering, op: Op, cls: str, done: str) -> None:
    name = op.text_attr("name")
    keys = f.row(f"keys:{cls}")
    row = f"key_count:{cls} {name}"
    count = f.emit(f"load i64, ptr {keys}")
    known = _number_row_volatile(f, row)
    changed = f.fresh("c")
    f.line(
        f"br i1 {f.emit(f'icmp eq i64 {count}, {known}')}, "
        f"label %{done}, label %{changed}, !prof !1"
    )
    f.open(changed)
    cell = f"getelementptr (i8, ptr @T, i64 {8 * f.table.row(row)})"
    found = f.call(
        "dx_look_for_key", "i32", f"ptr {keys}", f"ptr {f.row(f'name:{name}')}", f"ptr {cell}"
    )
    f.guard(f.emit(f"icmp eq i32 {found}, 0"), op)
    f.line(f"br label %{done}")


def _number_row_volatile(f: FunctionLowering, name: str) -> str:
    """A row that the core changes."""
    offset = 8 * f.table.row(name)
    return f.emit(f"load volatile i64, ptr getelementptr (i8, ptr @T, i64 {offset})")


def _load(kind: str) -> Lowering:
    def lower(f: FunctionLowering, op: Op) -> None:
        found = f.emit(f"load ptr, ptr {_cell(f, op, kind, 'attribute', check=True)}")
        f.guard(f.emit(f"icmp ne ptr {found}, null"), op)
        f.define(op.result, found)

    return lower


def _cell(f: FunctionLowering, op: Op, kind: str, table: str, *, check: bool) -> str:
    offset = _number_row(f, f"{table}:{kind} {op.text_attr('cls')} {op.text_attr('name')}")
    first = _values(f, op, check=check) if kind == "value" else f.name(op.operands[0])
    return f.emit(f"getelementptr i8, ptr {first}, i64 {offset}")


def _store_slot(f: FunctionLowering, op: Op) -> None:
    cell = _cell(f, op, "slot", "storage", check=False)
    old = f.emit(f"load ptr, ptr {cell}")
    f.line(f"store ptr {f.name(op.operands[1])}, ptr {cell}")
    f.define(op.result, old)


def _store_value(f: FunctionLowering, op: Op) -> None:
    """The first value of a field goes into the insertion order, before the values."""
    cell = _cell(f, op, "value", "storage", check=False)
    old = f.emit(f"load ptr, ptr {cell}")
    f.line(f"store ptr {f.name(op.operands[1])}, ptr {cell}")
    first, done = f.fresh("n"), f.fresh("n")
    f.line(f"br i1 {f.emit(f'icmp eq ptr {old}, null')}, label %{first}, label %{done}")
    f.open(first)
    offset = _number_row(f, f"storage:value {op.text_attr('cls')} {op.text_attr('name')}")
    index = f.emit(f"trunc i64 {f.emit(f'lshr i64 {offset}, 3')} to i8")
    values = _values(f, op, check=False)
    used = f.address(values, -2)
    count = f.emit(f"add i8 {f.emit(f'load i8, ptr {used}')}, 1")
    f.line(f"store i8 {count}, ptr {used}")
    back = f.emit(f"sub i64 0, {f.emit(f'zext i8 {count} to i64')}")
    f.line(f"store i8 {index}, ptr {f.emit(f'getelementptr i8, ptr {used}, i64 {back}')}")
    f.line(f"br label %{done}")
    f.open(done)
    f.define(op.result, old)


def _owner_and_name(f: FunctionLowering, op: Op) -> tuple[str, str]:
    return f"ptr {f.name(op.operands[0])}", f"ptr {f.row('name:' + op.text_attr('name'))}"


def _field(f: FunctionLowering, op: Op) -> tuple[str, str, str]:
    """Arguments of the core's functions for fields: owner, name, place of the hint."""
    row = f.table.row(f"field:{op.text_attr('cls')} {op.text_attr('name')}")
    return *_owner_and_name(f, op), f"ptr getelementptr (i8, ptr @T, i64 {8 * row})"


def _load_field(f: FunctionLowering, op: Op) -> None:
    found = f.call("dx_load_field", "ptr", *_field(f, op))
    f.guard(f.emit(f"icmp ne ptr {found}, null"), op)
    f.define(op.result, found)


def _guard_field(f: FunctionLowering, op: Op) -> None:
    possible = f.call("dx_can_store", "i32", *_field(f, op))
    f.guard(f.emit(f"icmp ne i32 {possible}, 0"), op)


def _store_field(f: FunctionLowering, op: Op) -> None:
    value = f"ptr {f.name(op.operands[1])}"
    f.define(op.result, f.call("dx_store_field", "ptr", *_field(f, op), value))


def _new(f: FunctionLowering, op: Op) -> None:
    type_ = f"type:{op.text_attr('cls')}"
    made = f.call("dx_new_object", "ptr", f"ptr {f.row(type_)}")
    f.guard(f.emit(f"icmp ne ptr {made}, null"), op)
    f.define(op.result, made)


INSTANCE_LOWERINGS: Final[dict[str, Lowering]] = {
    "type.is": _type_is,
    "type.refine": _type_refine,
    "guard.values": _guard_values,
    "guard.unshadowed": _guard_unshadowed,
    "object.load_value": _load("value"),
    "object.load_slot": _load("slot"),
    "object.load_field": _load_field,
    "guard.field": _guard_field,
    "object.store_field": _store_field,
    "object.store_value": _store_value,
    "object.store_slot": _store_slot,
    "object.new": _new,
}
