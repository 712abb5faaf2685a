"""Slices of builtin containers, and methods of lists that are a few instructions.

None of them needs a slice object, a bound method or a box of an index. What a list gives up is
the result of an op, so that it is released where a finaliser may look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dx_py.ir.core import FrameState, Op, Value
from dx_py.ir.types import exact

if TYPE_CHECKING:
    from dx_py.passes.specialization import Rewriter

#: Classes whose slices are made by the core.
SLICED: Final = ("list", "tuple", "str", "bytes")
#: Bounds that stand for a missing one: beyond what any container holds.
_FIRST: Final = -(2**63)
_LAST: Final = 2**63 - 1


def binary_slice(r: Rewriter) -> bool:
    """``x[a:b]``."""
    cls = r.class_of(0)
    if cls not in SLICED or not all(_is_bound(r.class_of(i)) for i in (1, 2)):
        return False
    container = r.guard(0, cls)
    start, stop = _bound(r, 1, 0), _bound(r, 2, _LAST)
    made = r.emit_op(
        "slice.get",
        container,
        start,
        stop,
        state=r.state,
        types=(exact(cls),),
        attrs={"cls": cls},
    )
    r.finish(made.result)
    return True


def _is_bound(cls: str | None) -> bool:
    return cls in ("int", "NoneType")


def _bound(r: Rewriter, operand: int, missing: int) -> Value:
    return _as_bound(r, r.op.operands[operand], r.class_of(operand), missing, r.resume_state())


def _as_bound(
    r: Rewriter, value: Value, cls: str | None, missing: int, state: FrameState
) -> Value:
    """A bound of a slice as a machine number."""
    checked = r.guard_value(value, cls or "", state)
    if cls == "NoneType":
        return r.emit("const.i64", value=missing)
    return r.emit_op("unbox.i64", checked, state=state).result


def store_slice(r: Rewriter) -> bool:
    """``x[a:b] = y``; the operands are y, x, a, b."""
    classes = [r.class_of(i) for i in range(4)]
    if classes[0] not in ("list", "tuple") or classes[1] != "list":
        return False
    if not all(map(_is_bound, classes[2:])):
        return False
    value, items = r.guard(0, classes[0]), r.guard(1, "list")
    start, stop = _bound(r, 2, 0), _bound(r, 3, _LAST)
    removed = r.emit_op("slice.set", items, start, stop, value, state=r.state).result
    r.emit_op("ref.drop", removed, state=r.state)
    r.finish()
    return True


def delete_item(r: Rewriter) -> bool:
    """``del x[i]``."""
    if (r.class_of(0), r.class_of(1)) != ("list", "int"):
        return False
    items, index = r.guard(0, "list"), r.emit("unbox.i64", r.guard(1, "int"))
    r.emit_op("ref.drop", r.emit("list.pop", items, index), state=r.state)
    r.finish()
    return True


def stepped_slice(r: Rewriter) -> bool:
    """``x[a:b:c]`` of a list, where c is written as a number: no slice object is made.

    What leaves resumes where the slice would be made.
    """
    made = r.definition(r.op.operands[1])
    if made is None or made.opcode != "py.build_slice" or r.class_of(0) != "list":
        return False
    step, count = _step_of(r, made), len(made.operands)
    if step == 0:
        return False
    state = r.state_before(made)
    classes = [r.sampled_class(made, i) for i in range(count)]
    if not all(map(_is_bound, classes)):
        return False
    items = r.guard_value(r.op.operands[0], "list", state)
    first, last = (0, _LAST) if step > 0 else (_LAST, _FIRST)
    start = _as_bound(r, made.operands[0], classes[0], first, state)
    stop = _as_bound(r, made.operands[1], classes[1], last, state)
    by = r.emit("const.i64", value=step)
    r.finish(r.emit_op("slice.step", items, start, stop, by, state=r.state).result)
    return True


def _step_of(r: Rewriter, made: Op) -> int:
    """The step of a slice, 0 where it is not known."""
    if len(made.operands) < 3:
        return 1
    step = r.definition(made.operands[2])
    return step.int_attr("value") if step is not None and step.opcode == "const.int" else 0


def read_item(r: Rewriter, cls: str) -> bool:
    """``x[i]`` of bytes and strings."""
    if cls in ("bytes", "bytearray"):
        items, index = r.guard(0, cls), r.emit("unbox.i64", r.guard(1, "int"))
        r.finish(r.emit("box.i64", r.emit("bytes.get", items, index, cls=cls)))
        return True
    if cls != "str":
        return False
    text, index = r.guard(0, "str"), r.emit("unbox.i64", r.guard(1, "int"))
    r.finish(r.emit("str.get", text, index))
    return True


#: Classes that ``+`` joins and ``*`` repeats. (Strings are added to in place by a generic op.)
JOINED: Final = ("list", "tuple", "bytes")
REPEATED: Final = (*JOINED, "str")


def join_sequences(r: Rewriter) -> bool:
    """``x + y`` of one class, ``x += y`` of lists, ``x * n``."""
    left, right, operator = r.class_of(0), r.class_of(1), r.op.text_attr("op")
    if operator == "+=" and left == "list" and right in ("list", "tuple"):
        items, more = r.guard(0, "list"), r.guard(1, right)
        r.emit_op("list.extend", items, more, state=r.state)
        r.finish(items)
        return True
    if operator in ("+", "+=") and left == right and left in JOINED:
        return _joined(r, "sequence.concat", left, r.guard(0, left), r.guard(1, left))
    if operator == "*" and left in REPEATED and right == "int":
        count = r.emit("unbox.i64", r.guard(1, "int"))
        return _joined(r, "sequence.repeat", left, r.guard(0, left), count)
    return False


def _joined(r: Rewriter, opcode: str, cls: str, *operands: Value) -> bool:
    types, attrs = (exact(cls),), {"cls": cls}
    r.finish(r.emit_op(opcode, *operands, state=r.state, types=types, attrs=attrs).result)
    return True


def append(r: Rewriter) -> bool:
    """An item of a comprehension."""
    _push(r, r.op.operands[0], r.op.operands[1])
    r.finish()
    return True


def _push(r: Rewriter, items: Value, item: Value) -> None:
    r.emit_op("list.reserve", items, state=r.state)
    r.emit_op("list.push", items, item)


#: Classes that are hashed and compared without Python code; tuples, where their items are so.
PLAIN_KEYS: Final = ("int", "str", "tuple", "float", "bool", "NoneType")
_SEARCHED: Final = ("list", "tuple", "dict", "set", "frozenset")


def contains(r: Rewriter) -> bool:
    """``item in container``."""
    item, container = r.class_of(0), r.class_of(1)
    if container == item == "str" or (item in PLAIN_KEYS and container in _SEARCHED):
        r.finish(r.emit("box.i1", r.emit("contains.plain", *r.op.operands)))
        return True
    return False


#: The operators of sets that give a set.
_SET_OPERATORS: Final = ("&", "|", "-", "^")
_SETS: Final = ("set", "frozenset")


def combine_sets(r: Rewriter) -> bool:
    """``x & y`` and the like; the result is of the class of ``x``."""
    left, right, operator = r.class_of(0), r.class_of(1), r.op.text_attr("op")
    if left not in _SETS or right not in _SETS or operator not in _SET_OPERATORS:
        return False
    sets = r.guard(0, left), r.guard(1, right)
    types, attrs = (exact(left),), {"op": operator}
    r.finish(r.emit_op("set.combine", *sets, types=types, attrs=attrs).result)
    return True


def compare_sets(r: Rewriter) -> bool:
    """``x <= y`` and the like."""
    left, right = r.class_of(0), r.class_of(1)
    if left not in _SETS or right not in _SETS:
        return False
    sets = r.guard(0, left), r.guard(1, right)
    r.finish(r.emit("box.i1", r.emit("set.compare", *sets, op=r.op.text_attr("op"))))
    return True


def read_key(r: Rewriter) -> bool:
    """``d[key]``. Where the code awaits a missing key it is no rare thing: not in a ``try``."""
    if r.class_of(0) != "dict" or r.class_of(1) not in PLAIN_KEYS or r.is_guarded():
        return False
    r.finish(r.emit("dict.get", r.guard(0, "dict"), r.op.operands[1]))
    return True


def store_key(r: Rewriter, key: str | None) -> bool:
    """``d[key] = value``; the operands are d, key, value."""
    if key not in PLAIN_KEYS:
        return False
    items = r.guard(0, "dict")
    old = r.emit("dict.set", items, *r.op.operands[1:])
    r.emit_op("ref.drop", old, state=r.state)
    r.finish()
    return True


def direct_method(r: Rewriter, cls: str, name: str, owner: Value) -> bool:
    """A call of a method of a builtin class as an op, where there is one; else nothing."""
    arguments = r.op.operands[2:]
    plain = bool(arguments) and r.class_of(2) in PLAIN_KEYS
    match cls, name, len(arguments):
        case "list", "append", 1:
            _push(r, owner, arguments[0])
        case "list", "insert", 2 if r.class_of(2) == "int":
            index = r.emit("unbox.i64", r.guard(2, "int"))
            r.emit_op("list.insert", owner, index, arguments[1], state=r.state)
        case "list", "remove", 1 if plain:
            r.emit_op("list.remove", owner, arguments[0])
        case "set", "add", 1 if plain:
            r.emit_op("set.add", owner, arguments[0])
        case _:
            return _method_with_result(r, cls, name, owner)
    r.finish(_none(r))
    return True


def _none(r: Rewriter) -> Value:
    types, attrs = (exact("NoneType"),), {"slot": "object:None"}
    return r.emit_op("const.object", types=types, attrs=attrs).result


def _method_with_result(r: Rewriter, cls: str, name: str, owner: Value) -> bool:
    arguments = r.op.operands[2:]
    match cls, name, len(arguments):
        case "list", "pop", 0:
            r.finish(r.emit("list.pop", owner, r.emit("const.i64", value=-1)))
        case "list", "pop", 1 if r.class_of(2) == "int":
            index = r.emit("unbox.i64", r.guard(2, "int"))
            r.finish(r.emit("list.pop", owner, index))
        case "dict", "get", 1 | 2 if r.class_of(2) in PLAIN_KEYS:
            missing = arguments[1] if len(arguments) > 1 else _none(r)
            r.finish(r.emit("dict.find", owner, arguments[0], missing))
        case _:
            return False
    return True
