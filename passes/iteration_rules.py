"""Iteration over builtin containers: no frame, and no tuple for a pair unpacked at once.

Before: ``v3, v4 = py.for_iter v2``, ``branch v4 ...``, and in the body
        ``v5, v6 = py.unpack_sequence v3``, v2 an iterator of a dict's items
After:  ``v5, v6, v4 = iter.pair_next v2``, and nothing in the body
"""

from __future__ import annotations

from inspect import CO_GENERATOR
from typing import TYPE_CHECKING, Final

from dx_py.ir.core import Block, Op, Value
from dx_py.ir.types import ENDED, OBJ, Type, exact
from dx_py.passes.builtin_rules import inherited

if TYPE_CHECKING:
    from dx_py.passes.specialization import Rewriter

#: What ``iter`` gives for an object of the class; none where it is of one of several classes.
ITERATORS: Final = {
    "list": "list_iterator",
    "range": "range_iterator",
    "tuple": "tuple_iterator",
    "dict": "dict_keyiterator",
    "dict_keys": "dict_keyiterator",
    "dict_values": "dict_valueiterator",
    "dict_items": "dict_itemiterator",
    "set": "set_iterator",
    "frozenset": "set_iterator",
    "bytes": "bytes_iterator",
    "bytearray": "bytearray_iterator",
    "enumerate": "enumerate",
    "zip": "zip",
    "str": None,
}
#: Iterators that the core asks, with the class of their items.
_ASKED: Final = {
    "dict_keyiterator": None,
    "dict_valueiterator": None,
    "set_iterator": None,
    "bytes_iterator": "int",
    "bytearray_iterator": "int",
    "str_iterator": "str",
    "str_ascii_iterator": "str",
}
_PAIRS: Final = {
    "dict_itemiterator": "iter.pair_next",
    "zip": "iter.pair_next",
    "enumerate": "iter.numbered_next",
}


def own_generator(r: Rewriter) -> bool:
    """``__iter__`` of a class of the program is looked up on the class alone: a generator's
    call gives an iterator whatever happens."""
    cls = r.class_of(0) or ""
    found = r.program.attribute(cls, "__iter__") if ":" in cls else None
    if found is None or found.kind != "method" or found.routine < 0:
        return False
    if not r.program.routines[found.routine].code.co_flags & CO_GENERATOR:
        return False
    source = r.guard(0, cls)
    method = r.emit("const.object", slot=f"func:{found.routine}")
    call = r.emit_op("py.call", method, source, state=r.state, attrs={"kwnames": -1})
    r.finish(call.result)
    return True


def get_iter(r: Rewriter) -> bool:
    """The iterator of a builtin container, or what a generator's call gives."""
    if own_generator(r):
        return True
    items = inherited(r, 0, "__iter__", "list")
    cls = "list" if items else r.class_of(0)
    if cls not in ITERATORS:
        return False
    source, iterator = items or r.guard(0, cls), ITERATORS[cls]
    types = (exact(iterator) if iterator else OBJ,)
    made = r.emit_op("iter.new", source, state=r.state, types=types, attrs={"cls": cls})
    r.finish(made.result)
    return True


def for_iter(r: Rewriter) -> bool:
    """The next item, by the iterator's class."""
    cls = r.class_of(0)
    if cls == "range_iterator":
        item, more = r.emit_op("iter.range_next", r.guard(0, cls)).results
        r.finish(r.emit("box.i64", item), more)
        return True
    if cls in ("list_iterator", "tuple_iterator"):
        _sequence_next(r, cls.removesuffix("_iterator"), r.guard(0, cls))
        return True
    if cls in _PAIRS:
        return _pair_next(r, _PAIRS[cls])
    if cls not in _ASKED:
        return False
    item_class = _ASKED[cls]
    types = _with_flag(r, exact(item_class) if item_class else OBJ)
    r.finish(*r.emit_op("iter.next", r.op.operands[0], types=types).results)
    return True


def _with_flag(r: Rewriter, *items: Type) -> tuple[Type, ...]:
    return (*items, r.op.results[-1].type)


def _sequence_next(r: Rewriter, cls: str, iterator: Value) -> None:
    """Where the loop ends, the iterator gives up its container before it goes itself."""
    r.finish(*r.emit_op(f"iter.{cls}_next", iterator).results)
    done = r.loop_exit()
    drop = done.ops[0]
    assert drop.opcode == "ref.drop"
    # From then on it refers to nothing: its release can run no Python code.
    ended = r.function.new_op(
        "type.refine", [iterator], types=[exact(ENDED)], attrs={"cls": ENDED}
    )
    end = r.function.new_op(f"iter.{cls}_end", [ended.result])
    drop_container = r.function.new_op("ref.drop", [end.result], state=drop.state)
    done.ops[:1] = [ended, end, drop_container]


def _pair_next(r: Rewriter, opcode: str) -> bool:
    """The two items, in the place of the tuple that the body would unpack."""
    item, more = r.op.results
    unpack = _take_unpacking(r.loop_body(), item)
    if unpack is None:
        return False
    op = r.emit_op(opcode, r.op.operands[0])
    first, second, flag = op.results
    if opcode == "iter.numbered_next":
        first = r.emit("box.i64", first)
    r.replacements.update({more: flag, unpack.results[0]: first, unpack.results[1]: second})
    return True


def _take_unpacking(body: Block, item: Value) -> Op | None:
    """The op that unpacks the item into two, taken out; None where there is none."""
    ops = [op for op in body.ops[:2] if op.opcode != "guard.assumptions"]
    unpack = ops[0]
    if body.parameters or unpack.opcode != "py.unpack_sequence":
        return None
    if unpack.operands != [item] or len(unpack.results) != 2:
        return None
    # No check is lost: there is one before the loop's next item, and none runs Python code.
    body.ops = body.ops[body.ops.index(unpack) + 1 :]
    return unpack
