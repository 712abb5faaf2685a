"""What each opcode means, over Python objects: one function a row of ``opcodes``.

A function takes the activation (``interpreter``), the op and the values of its operands, and
gives the result, or a tuple of several. Machine values are int (wrapped by nothing: what would
not fit leaves by a guard), float and bool. Reference counts have no meaning here, and what
native code must not do twice or too early shows in the objects themselves.
"""

# ruff: noqa: ANN401 - values are whatever the program has

from __future__ import annotations

import builtins
import math
import operator
from array import array
from collections.abc import Callable, Iterator
from functools import cache
from types import CellType, FunctionType
from typing import Any, Final

from dx_py.ir.core import Op
from dx_py.ir.resumption import NULL
from dx_py.runtime_support.native_program import class_text, find_class

type Semantics = Callable[..., Any]


class GuardError(Exception):
    """A check failed: the host's interpreter goes on at the op's frame state."""


def _check(condition: object) -> None:
    if not condition:
        raise GuardError


# Generic operations.

_BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "&": operator.and_,
    "//": operator.floordiv,
    "<<": operator.lshift,
    "@": operator.matmul,
    "*": operator.mul,
    "%": operator.mod,
    "|": operator.or_,
    "**": operator.pow,
    ">>": operator.rshift,
    "-": operator.sub,
    "/": operator.truediv,
    "^": operator.xor,
    "+=": operator.iadd,
    "&=": operator.iand,
    "//=": operator.ifloordiv,
    "<<=": operator.ilshift,
    "@=": operator.imatmul,
    "*=": operator.imul,
    "%=": operator.imod,
    "|=": operator.ior,
    "**=": operator.ipow,
    ">>=": operator.irshift,
    "-=": operator.isub,
    "/=": operator.itruediv,
    "^=": operator.ixor,
}
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}


def _load_global(a: Any, op: Op) -> object:
    name = op.text_attr("name")
    scope = a.routine(op).__globals__
    if name in scope:
        return scope[name]
    if not hasattr(builtins, name):
        raise NameError(f"name '{name}' is not defined", name=name)
    return getattr(builtins, name)


def _store_attr(a: Any, op: Op, owner: object, value: object) -> None:
    setattr(owner, op.text_attr("name"), value)


def _load_method(a: Any, op: Op, owner: object) -> tuple[object, object]:
    return NULL, getattr(owner, op.text_attr("name"))


def _store_subscr(a: Any, op: Op, container: Any, index: object, value: object) -> None:
    container[index] = value


@cache
def _unpacker(count: int) -> Callable[[Any], tuple[object, ...]]:
    names = "".join(f"x{i}, " for i in range(count))
    scope: dict[str, Any] = {}
    exec(f"def unpack(s):\n    ({names}) = s\n    return ({names})", scope)
    unpack: Callable[[Any], tuple[object, ...]] = scope["unpack"]
    return unpack


def _unpack_sequence(a: Any, op: Op, sequence: Any) -> object:
    items = _unpacker(len(op.results))(sequence)
    return items[0] if len(items) == 1 else items


def _next(a: Any, op: Op, iterator: Iterator[object]) -> tuple[object, bool]:
    item = next(iterator, NULL)
    return item, item is not NULL


def _next_pair(a: Any, op: Op, iterator: Iterator[Any]) -> tuple[object, object, bool]:
    for first, second in iterator:
        return first, second, True
    return NULL, NULL, False


def _call(a: Any, op: Op, first: Any, second: Any, *rest: object) -> object:
    callee, arguments = (second, rest) if first is NULL else (first, (second, *rest))
    number = op.int_attr("kwnames")
    if number < 0:
        return callee(*arguments)
    names = a.routine(op).__code__.co_consts[number]
    split = len(arguments) - len(names)
    return callee(*arguments[:split], **dict(zip(names, arguments[split:], strict=True)))


def _build_map(a: Any, op: Op, *items: object) -> dict[object, object]:
    return dict(zip(items[::2], items[1::2], strict=True))


def _of_operands(function: Callable[..., Any]) -> Semantics:
    """An opcode whose result depends on its operands alone."""
    return lambda a, op, *operands: function(*operands)


_GENERIC: Final[dict[str, Semantics]] = {
    "py.load_global": _load_global,
    "py.load_attr": lambda a, op, owner: getattr(owner, op.text_attr("name")),
    "py.binary_op": lambda a, op, x, y: _BINARY[op.text_attr("op")](x, y),
    "py.compare_op": lambda a, op, x, y: _COMPARE[op.text_attr("op")](x, y),
    "py.binary_subscr": _of_operands(operator.getitem),
    "py.unary_negative": _of_operands(operator.neg),
    "py.unary_not": _of_operands(operator.not_),
    "py.unary_invert": _of_operands(operator.invert),
    "py.get_iter": _of_operands(iter),
    "py.binary_slice": _of_operands(lambda x, start, stop: x[start:stop]),
    "py.contains": _of_operands(lambda item, container: item in container),
    "py.load_method": _load_method,
    "py.store_attr": _store_attr,
    "py.list_append": _of_operands(list.append),
    "py.is": _of_operands(operator.is_),
    "py.truth": _of_operands(bool),
    "py.store_subscr": _store_subscr,
    "py.unpack_sequence": _unpack_sequence,
    "py.call_quiet": _of_operands(lambda callee, *arguments: callee(*arguments)),
    "py.for_iter": _next,
    "py.call": _call,
    "py.build_tuple": _of_operands(lambda *items: items),
    "py.build_list": _of_operands(lambda *items: [*items]),
    "py.build_map": _build_map,
}


def _store_global(a: Any, op: Op, value: object) -> None:
    a.routine(op).__globals__[op.text_attr("name")] = value


def _delete_subscr(a: Any, op: Op, container: Any, index: object) -> None:
    del container[index]


def _store_slice(a: Any, op: Op, value: object, container: Any, *bounds: object) -> None:
    container[slice(*bounds)] = value


def _build_const_map(a: Any, op: Op, *items: Any) -> dict[object, object]:
    *values, keys = items
    return dict(zip(keys, values, strict=True))


def _dict_merge(a: Any, op: Op, target: dict[str, object], update: Any, callee: object) -> None:
    target.update(_merged(target, update, callee))


def _merged(target: dict[str, object], update: Any, callee: object) -> dict[str, object]:
    name = getattr(callee, "__qualname__", callee)
    module = getattr(callee, "__module__", None)
    text = f"{module}.{name}()" if module not in (None, "builtins") else f"{name}()"
    if not hasattr(update, "keys"):
        kind = type(update).__name__
        raise TypeError(f"{text} argument after ** must be a mapping, not {kind}")
    found: dict[str, object] = {}
    for key in update:
        if key in target:
            raise TypeError(f"{text} got multiple values for keyword argument '{key}'")
        found[key] = update[key]
    return found


_CONVERSIONS: Final[tuple[Callable[[object], object], ...]] = (lambda x: x, str, repr, ascii)


def _format(a: Any, op: Op, value: object, specification: str = "") -> str:
    return format(_CONVERSIONS[op.int_attr("flags") & 3](value), specification)


@cache
def _star_unpacker(before: int, after: int) -> Callable[[Any], tuple[object, ...]]:
    names = "".join(f"a{i}, " for i in range(before)) + "*rest, "
    names += "".join(f"z{i}, " for i in range(after))
    plain = names.replace("*rest", "rest")
    scope: dict[str, Any] = {}
    exec(f"def unpack(s):\n    ({names}) = s\n    return ({plain})", scope)
    unpack: Callable[[Any], tuple[object, ...]] = scope["unpack"]
    return unpack


def _unpack_ex(a: Any, op: Op, sequence: Any) -> object:
    counts = op.int_attr("counts")
    items = _star_unpacker(counts & 0xFF, counts >> 8)(sequence)
    return items[0] if len(items) == 1 else items


def _before_with(a: Any, op: Op, manager: Any) -> tuple[object, object]:
    for name, missed in (("__enter__", ""), ("__exit__", " (missed __exit__ method)")):
        if not hasattr(type(manager), name):
            kind = f"'{type(manager).__name__}' object"
            raise TypeError(f"{kind} does not support the context manager protocol{missed}")
    leave = type(manager).__exit__.__get__(manager)
    return leave, type(manager).__enter__(manager)


def _call_ex(a: Any, op: Op, callee: Any, arguments: Any, keywords: Any) -> object:
    return callee(*arguments, **({} if keywords is NULL else keywords))


def _load_super(a: Any, op: Op, kind: Any, cls: object, owner: object) -> object:
    return getattr(kind(cls, owner), op.text_attr("name"))


def _make_function(a: Any, op: Op, *operands: Any) -> FunctionType:
    *given, code = operands
    function = FunctionType(code, a.routine(op).__globals__, closure=_closure(op, given))
    flags = op.int_attr("flags")
    if flags & 1:
        function.__defaults__ = given.pop(0)
    if flags & 2:
        function.__kwdefaults__ = given.pop(0)
    if flags & 4:
        names = given.pop(0)
        function.__annotations__ = dict(zip(names[::2], names[1::2], strict=True))
    return function


def _closure(op: Op, given: list[Any]) -> tuple[CellType, ...] | None:
    return given[-1] if op.int_attr("flags") & 8 else None


def _new_cell(a: Any, op: Op, value: object) -> CellType:
    return CellType() if value is NULL else CellType(value)


def _closure_cell(a: Any, op: Op) -> object:
    return a.functions[op.int_attr("routine")].__closure__[op.int_attr("index")]


def _cell_content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return NULL


def _load_cell(a: Any, op: Op, cell: CellType) -> object:
    found = _cell_content(cell)
    _check(found is not NULL)
    return found


def _store_cell(a: Any, op: Op, cell: CellType, value: object) -> object:
    old, cell.cell_contents = _cell_content(cell), value
    return old


_CONSTRUCTS: Final[dict[str, Semantics]] = {
    "py.store_global": _store_global,
    "py.delete_attr": lambda a, op, owner: delattr(owner, op.text_attr("name")),
    "py.delete_subscr": _delete_subscr,
    "py.store_slice": _store_slice,
    "py.build_set": _of_operands(lambda *items: {*items}),
    "py.build_slice": _of_operands(slice),
    "py.build_string": _of_operands(lambda *pieces: "".join(pieces)),
    "py.build_const_map": _build_const_map,
    "py.list_extend": _of_operands(list.extend),
    "py.set_update": _of_operands(set.update),
    "py.dict_update": _of_operands(dict.update),
    "py.dict_merge": _dict_merge,
    "py.set_add": _of_operands(set.add),
    "py.map_add": _of_operands(operator.setitem),
    "py.format": _format,
    "py.unpack_ex": _unpack_ex,
    "py.list_to_tuple": _of_operands(tuple),
    "py.unary_positive": _of_operands(operator.pos),
    "py.before_with": _before_with,
    "py.call_ex": _call_ex,
    "py.load_super_attr": _load_super,
    "py.load_super_method": lambda a, op, *operands: (NULL, _load_super(a, op, *operands)),
    "py.make_function": _make_function,
    "cell.new": _new_cell,
    "closure.cell": _closure_cell,
    "cell.load": _load_cell,
    "cell.store": _store_cell,
}

# Checks, representations, numbers.

_INT64: Final = range(-(2**63), 2**63)
#: Ints of one digit (Include/cpython/longintrepr.h).
_COMPACT: Final = range(-(2**30) + 1, 2**30)
_EXACT_FLOAT: Final = 2**53


def _guard_class(a: Any, op: Op, value: object) -> object:
    classes = op.text_attr("cls").split("|")
    is_array = type(value) is array and classes[0].startswith("array.")
    _check(is_array or class_text(type(value)) in classes)
    return value


def _guard_typecode(a: Any, op: Op, value: array[Any]) -> None:
    _check(f"array.{value.typecode}" == op.text_attr("cls"))


def _set_number(a: Any, op: Op, items: array[Any], index: int, value: float) -> None:
    place = _place(items, index)
    try:
        items[place] = value
    except OverflowError:
        raise GuardError from None


def _guard_bound(a: Any, op: Op, value: object) -> object:
    _check(value is not NULL)
    return value


def _guard_length(a: Any, op: Op, sequence: Any) -> None:
    _check(len(sequence) == op.int_attr("length"))


def _in_int64(value: int) -> int:
    _check(value in _INT64)
    return value


def _unbox_int(a: Any, op: Op, value: int) -> int:
    # The smallest is what the helper's error looks like.
    _check(value in _INT64[1:])
    return value


def _checked(function: Callable[[int, int], int]) -> Semantics:
    return lambda a, op, x, y: _in_int64(function(x, y))


def _divided(function: Callable[[int, int], int]) -> Semantics:
    def semantics(a: Any, op: Op, x: int, y: int) -> int:
        _check(y not in (0, -1))
        return function(x, y)

    return semantics


def _shifted(function: Callable[[int, int], int]) -> Semantics:
    def semantics(a: Any, op: Op, x: int, y: int) -> int:
        _check(0 <= y < 64)
        return _in_int64(function(x, y))

    return semantics


def _true_quotient(a: Any, op: Op, x: int, y: int) -> float:
    _check(y != 0 and abs(x) <= _EXACT_FLOAT and abs(y) <= _EXACT_FLOAT)
    return x / y


def _to_float(a: Any, op: Op, value: float) -> float:
    _check(type(value) is float or (type(value) is int and value in _COMPACT))
    return float(value)


_ARITHMETIC: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _arithmetic(a: Any, op: Op, left: float, right: float) -> float:
    result: float = _ARITHMETIC[op.text_attr("op")](left, right)
    return result


def _float_quotient(a: Any, op: Op, x: float, y: float) -> float:
    _check(y != 0.0)
    return x / y


def _float_product(a: Any, op: Op, x: float, y: float) -> float:
    try:
        result: object = x**y
    except ArithmeticError:
        raise GuardError from None
    if not isinstance(result, float) or math.isnan(result):
        raise GuardError
    return result


def _square_root(a: Any, op: Op, x: float) -> float:
    _check(x >= 0.0)
    return math.sqrt(x)


def _math(a: Any, op: Op, x: float) -> float:
    try:
        result: float = getattr(math, op.text_attr("name"))(x)
    except (ValueError, OverflowError):
        raise GuardError from None
    _check(math.isfinite(result))
    return result


def _attribute(name: str) -> Semantics:
    return lambda a, op: op.attrs[name]


def _same(a: Any, op: Op, value: object) -> object:
    return value


def _maybe(a: Any, op: Op, value: object, present: object) -> object:
    return value if present else NULL


_NUMBERS: Final[dict[str, Semantics]] = {
    "const.int": _attribute("value"),
    "const.float": _attribute("value"),
    "const.i64": _attribute("value"),
    "const.f64": _attribute("value"),
    "const.i1": lambda a, op: bool(op.attrs["value"]),
    **dict.fromkeys(("box.f64", "box.i64", "box.i1", "unbox.f64", "unbox.i1"), _same),
    "unbox.i64": _unbox_int,
    **dict.fromkeys(("box.maybe_f64", "box.maybe_i64"), _maybe),
    "float.add": _of_operands(operator.add),
    "float.sub": _of_operands(operator.sub),
    "float.mul": _of_operands(operator.mul),
    "float.div": _float_quotient,
    "float.pow": _float_product,
    "float.neg": _of_operands(operator.neg),
    "float.abs": _of_operands(abs),
    "float.sqrt": _square_root,
    "float.math": _math,
    "float.from_int": _of_operands(float),
    "int.truediv": _true_quotient,
    "number.to_f64": _to_float,
    "number.arithmetic": _arithmetic,
    "int.add": _checked(operator.add),
    "int.sub": _checked(operator.sub),
    "int.mul": _checked(operator.mul),
    "int.floordiv": _divided(operator.floordiv),
    "int.mod": _divided(operator.mod),
    "int.lshift": _shifted(operator.lshift),
    "int.rshift": _shifted(operator.rshift),
    "int.neg": lambda a, op, x: _in_int64(-x),
    "int.invert": _of_operands(operator.invert),
    "int.and": _of_operands(operator.and_),
    "int.or": _of_operands(operator.or_),
    "int.xor": _of_operands(operator.xor),
    "bool.not": _of_operands(operator.not_),
    **{
        f"{kind}.{name}": _of_operands(getattr(operator, name))
        for kind in ("float", "int")
        for name in ("lt", "le", "gt", "ge", "eq", "ne")
    },
}

# Objects of known classes.


def _place(sequence: Any, index: int) -> int:
    place = index + len(sequence) if index < 0 else index
    _check(0 <= place < len(sequence))
    return place


def _get(a: Any, op: Op, sequence: Any, index: int) -> object:
    return sequence[_place(sequence, index)]


def _item(a: Any, op: Op, sequence: Any) -> object:
    return sequence[op.int_attr("index")]


def _exchange(a: Any, op: Op, items: list[object], place: int, value: object) -> object:
    old, items[place] = items[place], value
    return old


def _step(a: Any, op: Op, items: list[object], start: int, stop: int, step: int) -> object:
    return [items[i] for i in range(*_bounds(start, stop, step).indices(len(items)))]


def _bounds(start: int, stop: int, step: int) -> slice:
    """A bound beyond all lists stands for a missing one."""
    return slice(start, None if stop == _INT64[0] else stop, step)


def _set_slice(
    a: Any, op: Op, items: list[object], start: int, stop: int, value: Any
) -> object:
    removed = items[start:stop]
    items[start:stop] = value
    return removed


_PLAIN: Final = (int, str, float, bool, tuple, type(None))


def _is_plain(key: object) -> bool:
    return type(key) in _PLAIN and (type(key) is not tuple or all(map(_is_plain, key)))


def _contains(a: Any, op: Op, item: object, container: Any) -> bool:
    _check(_is_plain(item) and all(map(_is_plain, container)))
    return item in container


def _dict_get(a: Any, op: Op, container: dict[object, object], key: object) -> object:
    _check(_is_plain(key) and all(map(_is_plain, container)) and key in container)
    return container[key]


def _dict_find(a: Any, op: Op, container: Any, key: object, missing: object) -> object:
    _check(_is_plain(key) and all(map(_is_plain, container)))
    return container.get(key, missing)


def _dict_set(a: Any, op: Op, container: Any, key: object, value: object) -> object:
    _check(_is_plain(key) and all(map(_is_plain, container)))
    old = container.get(key, NULL)
    container[key] = value
    return old


def _set_add(a: Any, op: Op, container: set[object], item: object) -> None:
    _check(_is_plain(item) and all(map(_is_plain, container)))
    container.add(item)


def _list_remove(a: Any, op: Op, items: list[object], item: object) -> None:
    _check(_is_plain(item) and all(map(_is_plain, items)) and item in items)
    items.remove(item)


def _pop(a: Any, op: Op, items: list[object], index: int) -> object:
    return items.pop(_place(items, index))


def _set_leaf(a: Any, op: Op, items: list[object], index: int, value: object) -> None:
    place = _place(items, index)
    _check(type(items[place]) is type(value))
    items[place] = value


def _of_class(a: Any, op: Op, value: object) -> bool:
    return class_text(type(value)) in op.text_attr("cls").split("|")


def _guard_unshadowed(a: Any, op: Op, value: object) -> None:
    _check(op.text_attr("name") not in vars(value))


def _load_value(a: Any, op: Op, value: object) -> object:
    found = vars(value).get(op.text_attr("name"), NULL)
    _check(found is not NULL)
    return found


def _guard_field(a: Any, op: Op, owner: object) -> None:
    _check(hasattr(owner, "__dict__"))


def _load_slot(a: Any, op: Op, value: object) -> object:
    found = getattr(value, op.text_attr("name"), NULL)
    _check(found is not NULL)
    return found


def _store_field(a: Any, op: Op, owner: object, value: object) -> object:
    name = op.text_attr("name")
    old = getattr(owner, name, NULL)
    object.__setattr__(owner, name, value)
    return old


def _new(a: Any, op: Op) -> object:
    cls = find_class(op.text_attr("cls"))
    assert cls is not None
    return object.__new__(cls)


def _nothing(a: Any, op: Op, *operands: object) -> None:
    """Reference counts, polls, and what a valid unit may take for granted."""


_OBJECTS: Final[dict[str, Semantics]] = {
    "const.object": lambda a, op: a.object_at(op.text_attr("slot")),
    "const.null": lambda a, op: NULL,
    "guard.type": _guard_class,
    "guard.bound": _guard_bound,
    "guard.true": _of_operands(_check),
    "guard.tuple_length": _guard_length,
    "guard.list_length": _guard_length,
    "guard.unshadowed": _guard_unshadowed,
    "tuple.item": _item,
    "tuple.get": _get,
    "tuple.length": _of_operands(len),
    "list.item": _item,
    "list.get": _get,
    "list.length": _of_operands(len),
    "sized.length": _of_operands(len),
    "guard.typecode": _guard_typecode,
    **dict.fromkeys(("array.get_f64", "array.get_i64"), _get),
    **dict.fromkeys(("array.set_f64", "array.set_i64"), _set_number),
    "list.place": _of_operands(_place),
    "list.exchange": _exchange,
    "slice.get": _of_operands(lambda x, start, stop: x[start:stop]),
    "slice.step": _step,
    "slice.set": _set_slice,
    "sequence.concat": _of_operands(operator.add),
    "sequence.repeat": _of_operands(operator.mul),
    "list.extend": _of_operands(list.extend),
    "contains.plain": _contains,
    "dict.get": _dict_get,
    "dict.find": _dict_find,
    "dict.set": _dict_set,
    "set.add": _set_add,
    "set.compare": lambda a, op, x, y: _COMPARE[op.text_attr("op")](x, y),
    "set.combine": lambda a, op, x, y: _BINARY[op.text_attr("op")](x, y),
    "list.remove": _list_remove,
    "list.push": _of_operands(list.append),
    "list.insert": _of_operands(list.insert),
    "list.pop": _pop,
    "list.set_f64": _set_leaf,
    "list.set_leaf": _set_leaf,
    "type.is": _of_class,
    "type.refine": _same,
    "object.load_value": _load_value,
    "object.load_slot": _load_slot,
    "object.load_field": _load_value,
    "guard.field": _guard_field,
    "object.store_field": _store_field,
    "object.store_value": _store_field,
    "object.store_slot": _store_field,
    "object.new": _new,
    "iter.new": _of_operands(iter),
    "range.new": _of_operands(lambda callee, *arguments: callee(*arguments)),
    "iter.list_next": _next,
    "iter.tuple_next": _next,
    "iter.next": _next,
    "iter.pair_next": _next_pair,
    "iter.numbered_next": _next_pair,
    "bytes.get": _get,
    "str.get": _get,
    "iter.range_next": _next,
    **dict.fromkeys(("iter.list_end", "iter.tuple_end"), lambda a, op, iterator: NULL),
    **dict.fromkeys(
        (
            "guard.assumptions",
            "list.reserve",
            "guard.values",
            "assume.entity",
            "assume.routine",
            "poll",
            "ref.drop",
            "ref.drop_last",
            "ref.retain",
            "ref.release_leaf",
            "ref.release",
            "ref.release_last",
        ),
        _nothing,
    ),
}

#: Opcode -> what it means; terminators are the interpreter's own.
# A generator's frame is not imitated: its steps are compared with the host's natively.


def _frame(a: Any, op: Op, *operands: object) -> object:
    raise NotImplementedError(f"'{op.opcode}' needs a generator's frame")


_FRAMES: Final[dict[str, Semantics]] = dict.fromkeys(
    (
        "py.send",
        "py.yield_from_iter",
        "py.awaitable",
        "frame.resumes",
        "frame.take",
        "frame.load",
        "frame.bound",
        "frame.end",
    ),
    _frame,
)

SEMANTICS: Final[dict[str, Semantics]] = _FRAMES | _GENERIC | _CONSTRUCTS | _NUMBERS | _OBJECTS
