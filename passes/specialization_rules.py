"""One rule for each generic opcode: which classes of operands have a typed form, and which.

A rule returns whether it replaced the op; before that it may have emitted nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dx_py.ir.core import Op, Value
from dx_py.ir.environment import Attribute, Entity
from dx_py.ir.types import FLOAT_ARRAYS, INT_ARRAYS, OBJ, exact, union
from dx_py.passes.builtin_rules import (
    call_builtin,
    compare_identity,
    inherited,
    load_builtin_method,
    truth_of,
)
from dx_py.passes.container_rules import (
    append,
    binary_slice,
    combine_sets,
    compare_sets,
    contains,
    delete_item,
    join_sequences,
    read_item,
    read_key,
    stepped_slice,
    store_key,
    store_slice,
)
from dx_py.passes.iteration_rules import for_iter, get_iter, own_generator

if TYPE_CHECKING:
    from dx_py.passes.specialization import Rewriter

FLOAT_OPERATORS: Final = {
    "+": "float.add",
    "-": "float.sub",
    "*": "float.mul",
    "/": "float.div",
    "**": "float.pow",
}
INT_OPERATORS: Final = {
    "+": "int.add",
    "-": "int.sub",
    "*": "int.mul",
    "//": "int.floordiv",
    "%": "int.mod",
    "<<": "int.lshift",
    ">>": "int.rshift",
    "&": "int.and",
    "|": "int.or",
    "^": "int.xor",
}
COMPARISONS: Final = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge"}
NUMBERS: Final = ("int", "float")


def _unboxed(r: Rewriter, operand: int, cls: str) -> Value:
    return r.emit("unbox.i64" if cls == "int" else "unbox.f64", r.guard(operand, cls))


def _as_float(r: Rewriter, operand: int, cls: str | None) -> Value:
    if cls is None:
        return r.emit("number.to_f64", r.op.operands[operand])
    value = _unboxed(r, operand, cls)
    return r.emit("float.from_int", value) if cls == "int" else value


def _binary_op(r: Rewriter) -> bool:
    left, right = r.class_of(0), r.class_of(1)
    # The in-place operators of numbers are the plain ones: numbers are immutable.
    operator = r.op.text_attr("op").removesuffix("=")
    if left == right == "int" and operator in INT_OPERATORS:
        operands = _unboxed(r, 0, "int"), _unboxed(r, 1, "int")
        r.finish(r.emit("box.i64", r.emit(INT_OPERATORS[operator], *operands)))
        return True
    if left == right == "int" and operator == "/":
        operands = _unboxed(r, 0, "int"), _unboxed(r, 1, "int")
        r.finish(r.emit("box.f64", r.emit("int.truediv", *operands)))
        return True
    if operator not in FLOAT_OPERATORS or not _is_float_operation(r):
        return join_sequences(r) or combine_sets(r) or _own_operator(r)
    floats = _as_float(r, 0, left), _as_float(r, 1, right)
    r.finish(r.emit("box.f64", r.emit(FLOAT_OPERATORS[operator], *floats)))
    return True


def _mixed_arithmetic(r: Rewriter, operator: str) -> bool:
    """Of two numbers of which it is not known which is an int."""
    if not _are_mixed(r):
        return False
    if operator == "/":
        floats = _exact_float(r, 0, None), _exact_float(r, 1, None)
        r.finish(r.emit("box.f64", r.emit("float.div", *floats)))
        return True
    if operator not in "+-*":
        return False
    numbers = r.guard(0, _EITHER), r.guard(1, _EITHER)
    made = r.emit_op(
        "number.arithmetic",
        *numbers,
        state=r.state,
        types=(exact(_EITHER),),
        attrs={"op": operator},
    )
    r.finish(made.result)
    return True


def _own_operator(r: Rewriter) -> bool:
    """Of a class of the program: checked here, for inlining to find its method."""
    left, right = r.class_of(0), r.class_of(1)
    if left is None or right is None or ":" not in left + right:
        return False
    operands = r.guard(0, left), r.guard(1, right)
    r.finish(r.emit_op("py.binary_op", *operands, state=r.state, attrs=r.op.attrs).result)
    return True


#: The union of classes of an operand that was either.
_EITHER: Final = "float|int"


def _is_float_operation(r: Rewriter) -> bool:
    """Both are numbers, and one is always a float: so is the result."""
    classes = r.receiver_class(0, 0), r.receiver_class(1, 1)
    return "float" in classes and all(cls in (*NUMBERS, _EITHER) for cls in classes)


def _are_mixed(r: Rewriter) -> bool:
    """Both are numbers, and at least one is either kind."""
    classes = r.receiver_class(0, 0), r.receiver_class(1, 1)
    return _EITHER in classes and all(cls in (*NUMBERS, _EITHER) for cls in classes)


def _exact_float(r: Rewriter, operand: int, cls: str | None) -> Value:
    if cls == "float":
        return r.emit("unbox.f64", r.guard(operand, cls))
    return r.emit("number.to_f64", r.op.operands[operand])


def _compare_op(r: Rewriter) -> bool:
    left, right = r.class_of(0), r.class_of(1)
    if compare_sets(r):
        return True
    comparison = COMPARISONS[r.op.text_attr("op")]
    if _are_mixed(r) or (left != right and _is_float_operation(r)):
        # An int against a float is compared exactly by Python: as ints of one digit are.
        operands = _exact_float(r, 0, left), _exact_float(r, 1, right)
        r.finish(r.emit("box.i1", r.emit(f"float.{comparison}", *operands)))
        return True
    if left != right or left not in NUMBERS:
        return compare_identity(r)
    operands = _unboxed(r, 0, left), _unboxed(r, 1, left)
    r.finish(r.emit("box.i1", r.emit(f"{left}.{comparison}", *operands)))
    return True


def _unary_negative(r: Rewriter) -> bool:
    if r.class_of(0) == "int":
        r.finish(r.emit("box.i64", r.emit("int.neg", _unboxed(r, 0, "int"))))
        return True
    if r.class_of(0) != "float":
        return False
    r.finish(r.emit("box.f64", r.emit("float.neg", _unboxed(r, 0, "float"))))
    return True


def _unary_invert(r: Rewriter) -> bool:
    if r.class_of(0) != "int":
        return False
    r.finish(r.emit("box.i64", r.emit("int.invert", _unboxed(r, 0, "int"))))
    return True


def _truth(r: Rewriter) -> bool:
    value = truth_of(r, 0)
    if value is None:
        return False
    r.finish(value)
    return True


def _unary_not(r: Rewriter) -> bool:
    value = truth_of(r, 0)
    if value is None:
        return False
    r.finish(r.emit("box.i1", r.emit("bool.not", value)))
    return True


def _own_subscript(r: Rewriter, cls: str) -> bool:
    """``__getitem__`` of a class of the program is looked up on the class alone."""
    found = r.program.attribute(cls, "__getitem__") if ":" in cls else None
    if found is None or found.kind != "method" or found.routine < 0:
        return False
    container = r.guard(0, cls)
    method = r.emit("const.object", slot=f"func:{found.routine}")
    arguments = (method, container, r.op.operands[1])
    call = r.emit_op("py.call", *arguments, state=r.state, attrs={"kwnames": -1})
    r.finish(call.result)
    return True


def _binary_subscr(r: Rewriter) -> bool:
    container = r.class_of(0)
    if stepped_slice(r) or (container and _own_subscript(r, container)):
        return True
    items = inherited(r, 0, "__getitem__", "list") if r.class_of(1) == "int" else None
    if items:
        r.finish(r.emit("list.get", items, _unboxed(r, 1, "int")))
        return True
    if container in (*FLOAT_ARRAYS, *INT_ARRAYS) and r.class_of(1) == "int":
        array, index = _array(r, 0, container or ""), _unboxed(r, 1, "int")
        rep = "f64" if container in FLOAT_ARRAYS else "i64"
        r.finish(r.emit(f"box.{rep}", r.emit(f"array.get_{rep}", array, index, cls=container)))
        return True
    if read_key(r):
        return True
    if r.class_of(1) == "int" and read_item(r, container or ""):
        return True
    if container not in ("list", "tuple") or r.class_of(1) != "int":
        return False
    sequence, index = r.guard(0, container), _unboxed(r, 1, "int")
    r.finish(r.emit(f"{container}.get", sequence, index))
    return True


def _array(r: Rewriter, operand: int, cls: str) -> Value:
    array = r.guard(operand, cls)
    r.emit_op("guard.typecode", array, attrs={"cls": cls})
    return array


def _store_in_array(r: Rewriter, container: str, index: str | None, value: str | None) -> bool:
    is_float = container in FLOAT_ARRAYS
    if index != "int" or value not in (("float", "int") if is_float else ("int",)):
        return False
    array, place = _array(r, 0, container), _unboxed(r, 1, "int")
    number = _as_float(r, 2, value) if is_float else _unboxed(r, 2, "int")
    opcode = "array.set_f64" if is_float else "array.set_i64"
    r.emit_op(opcode, array, place, number, attrs={"cls": container})
    r.finish()
    return True


def _store_subscr(r: Rewriter) -> bool:
    """Operands: container, index, value; the profile has them as they lie on the stack."""
    pc = r.state.pc
    value = r.op.operands[2].type.cls or r.feedback.only_class(pc, 0)
    container = r.op.operands[0].type.cls or r.feedback.only_class(pc, 1)
    index = r.op.operands[1].type.cls or r.feedback.only_class(pc, 2)
    if container in (*FLOAT_ARRAYS, *INT_ARRAYS):
        return _store_in_array(r, container or "", index, value)
    if container == "dict":
        return store_key(r, index)
    if (container, index) != ("list", "int"):
        return False
    if value != "float":
        sequence = r.guard(0, "list")
        place = r.emit("list.place", sequence, _unboxed(r, 1, "int"))
        old = r.emit("list.exchange", sequence, place, r.op.operands[2])
        r.emit_op("ref.drop", old, state=r.state)
        r.finish()
        return True
    operands = r.guard(0, "list"), _unboxed(r, 1, "int"), r.guard(2, "float")
    r.emit_op("list.set_leaf", *operands)
    r.finish()
    return True


def _unpack_sequence(r: Rewriter) -> bool:
    cls, count = r.class_of(0), len(r.op.results)
    if cls not in ("tuple", "list"):
        return False
    sequence = r.guard(0, cls)
    r.emit_op(f"guard.{cls}_length", sequence, attrs={"length": count})
    r.finish(*(r.emit(f"{cls}.item", sequence, index=i) for i in range(count)))
    return True


def _load_global(r: Rewriter) -> bool:
    """A global the program has not changed: a row of the address table, while watched."""
    name = r.op.text_attr("name")
    entity = r.entity_of_global(name)
    if entity is None:
        return False
    kind = "builtin" if entity.kind == "builtin" else "global"
    _finish_constant(r, f"{kind}:{r.state.code}:{name}", entity)
    return True


def _finish_constant(r: Rewriter, slot: str, entity: Entity | None) -> None:
    if entity is not None:
        text = entity.text if entity.text else "-"
        r.emit_op("assume.entity", attrs={"slot": slot, "kind": entity.kind, "text": text})
    known = entity is not None and entity.kind == "object" and entity.text not in ("?", "")
    cls = entity.text if entity is not None and known else None
    types = (replace(OBJ, cls=cls),)
    r.finish(r.emit_op("const.object", types=types, attrs={"slot": slot}).result)


def _load_member(r: Rewriter) -> bool:
    """An attribute of a module or class that is itself such a constant."""
    owner = r.entity(r.op.operands[0])
    name = r.op.text_attr("name")
    if owner is None or owner.kind not in ("module", "class"):
        return False
    member = r.program.members.get((f"{owner.kind} {owner.text}", name))
    if member is None:
        return False
    slot = f"member:{owner.kind} {owner.text} {name}"
    if member.kind == "classmethod":
        return _load_class_method(r, member.routine, r.op.operands[0])
    if r.op.opcode == "py.load_attr":
        _finish_constant(r, slot, member)
    else:
        text = member.text or "-"
        r.emit_op("assume.entity", attrs={"slot": slot, "kind": member.kind, "text": text})
        r.finish(r.emit("const.null"), r.emit("const.object", slot=slot))
    return True


def _load_class_method(r: Rewriter, routine: int, cls: Value) -> bool:
    """Called with the class: as if it were a method, and the class its object."""
    if r.op.opcode != "py.load_method" or routine < 0:
        return False
    r.finish(r.emit("const.object", slot=f"func:{routine}"), cls)
    return True


def _instance_attribute(r: Rewriter) -> tuple[str, Attribute] | None:
    """The receiver's class, and where its instances have the attribute."""
    cls = r.receiver_class(0, 0)
    found = r.program.attribute(cls or "", r.op.text_attr("name"))
    return (cls, found) if cls and found else None


def _load_attr(r: Rewriter) -> bool:
    if _load_member(r):
        return True
    found = _instance_attribute(r)
    if found is None or found[1].kind == "method":
        return False
    value = _attribute_value(r, *found)
    if value is None:
        return False
    r.finish(value)
    return True


def _attribute_value(r: Rewriter, cls: str, attribute: Attribute) -> Value | None:
    name = r.op.text_attr("name")
    if attribute.kind in ("classmethod", "inherited"):
        return None
    if attribute.kind in ("property", "staticmethod") and attribute.routine < 0:
        return None
    if attribute.kind == "staticmethod":
        _check_unshadowed(r, r.guard(0, cls), cls, attribute)
        return r.emit("const.object", slot=f"func:{attribute.routine}")
    if attribute.kind == "property":
        owner = r.guard(0, cls)
        getter = r.emit("const.object", slot=f"func:{attribute.routine}")
        call = r.emit_op(
            "py.call", r.emit("const.null"), getter, owner, state=r.state, attrs={"kwnames": -1}
        )
        return call.result
    owner = r.guard(0, cls)
    if attribute.kind == "constant":
        _check_unshadowed(r, owner, cls, attribute)
        return r.emit("const.object", slot=f"attribute:constant {cls} {name}")
    return r.emit(f"object.load_{attribute.kind}", owner, cls=cls, name=name)


def _check_unshadowed(r: Rewriter, owner: Value, cls: str, attribute: Attribute) -> None:
    name = r.op.text_attr("name")
    if attribute.routine >= 0:
        slots = [f"found:{text} {name}" for text in cls.split("|")]
        _assume_routine(r, attribute.routine, slots)
    if attribute.shadowed:
        r.emit_op("guard.unshadowed", owner, attrs={"cls": cls, "name": name})


def _load_method(r: Rewriter) -> bool:
    if _load_member(r) or load_builtin_method(r):
        return True
    found = _instance_attribute(r)
    if found is None:
        return False
    cls, attribute = found
    if attribute.kind == "method" and attribute.routine >= 0:
        owner = r.guard(0, cls)
        _check_unshadowed(r, owner, cls, attribute)
        r.finish(r.emit("const.object", slot=f"func:{attribute.routine}"), owner)
        return True
    if attribute.kind == "method":
        return False
    if attribute.kind == "classmethod" and attribute.routine >= 0:
        _check_unshadowed(r, r.guard(0, cls), cls, attribute)
        known = r.emit("const.object", slot=f"type:{cls}")
        return _load_class_method(r, attribute.routine, known)
    value = _attribute_value(r, cls, attribute)
    if value is None:
        return False
    r.finish(r.emit("const.null"), value)
    return True


def _assume_routine(r: Rewriter, routine: int, slots: list[str]) -> None:
    """Where the same is found for several classes: of each, in whatever process it runs."""
    for slot in slots if len(slots) > 1 or routine < 0 else []:
        attrs = {"slot": slot, "kind": "routine", "text": str(routine)}
        r.emit_op("assume.entity", attrs=attrs)


def _load_super_method(r: Rewriter) -> bool:
    """``super().name``, of objects of classes for which the same function is found."""
    start, cls, owner = r.op.operands
    entity = r.entity(start)
    only = owner.type.cls or r.feedback.only_class(r.state.pc, 0)
    classes = only or union(r.feedback.seen_classes(r.state.pc, 0))
    name = r.op.text_attr("name")
    members = r.program.members
    texts = classes.split("|")
    found = {members.get((f"super {r.state.code} {text}", name)) for text in texts}
    member = found.pop()
    if not classes or found or member is None or entity != Entity("builtin", "super"):
        return False
    if member.routine < 0 and name != "__init__":
        return False
    known = r.guard(2, classes)
    wanted = r.emit("const.object", slot=f"type:{member.text}")
    r.emit_op("guard.true", r.emit("py.is", cls, wanted))
    slots = [f"super:{member.text} {text} {name}" for text in texts]
    _assume_routine(r, member.routine, slots)
    slot = f"func:{member.routine}" if member.routine >= 0 else "method:object __init__"
    r.finish(r.emit("const.object", slot=slot), known)
    return True


def _store_attr(r: Rewriter) -> bool:
    """Operands: owner, value; the profile has them as they lie on the stack."""
    name = r.op.text_attr("name")
    value = r.op.operands[1]
    cls = r.receiver_class(0, 1)
    place = r.program.place(cls or "", name)
    if cls is None or place is None:
        return False
    known = r.guard(0, cls)
    if place.kind == "value":
        r.emit_op("guard.values", known, attrs={"cls": cls})
    elif place.kind == "field":
        r.emit_op("guard.field", known, attrs={"cls": cls, "name": name})
    old = r.emit(f"object.store_{place.kind}", known, value, cls=cls, name=name)
    r.emit_op("ref.drop", old, state=r.state)
    r.finish()
    return True


def _call_instance(r: Rewriter) -> bool:
    """An object whose class has ``__call__``: looked up on the class alone."""
    if r.constant_slot(r.op.operands[0]) != "null":
        return False
    cls = r.class_of(1) or ""
    found = r.program.attribute(cls, "__call__") if ":" in cls else None
    if found is None or found.kind != "method" or found.routine < 0:
        return False
    callee = r.guard(1, cls)
    method = r.emit("const.object", slot=f"func:{found.routine}")
    arguments = (method, callee, *r.op.operands[2:])
    call = r.emit_op("py.call", *arguments, state=r.state, attrs=r.op.attrs)
    r.finish(call.result)
    return True


def _call(r: Rewriter) -> bool:
    if call_builtin(r) or _call_instance(r):
        return True
    callee = r.entity(r.op.operands[1])
    if callee is None or (callee.kind, callee.text) != ("builtin", "range"):
        return False
    if r.constant_slot(r.op.operands[0]) != "null":
        return False
    arguments = r.op.operands[2:]
    if r.op.int_attr("kwnames") >= 0 or not 1 <= len(arguments) <= 3:
        return False
    ints = [r.guard(2 + i, "int") for i in range(len(arguments))]
    r.finish(r.emit_op("range.new", r.op.operands[1], *ints, state=r.state).result)
    return True


#: The rules by opcode.
RULES: Final[dict[str, Callable[[Rewriter], bool]]] = {
    "py.binary_op": _binary_op,
    "py.compare_op": _compare_op,
    "py.unary_negative": _unary_negative,
    "py.unary_invert": _unary_invert,
    "py.truth": _truth,
    "py.unary_not": _unary_not,
    "py.binary_subscr": _binary_subscr,
    "py.store_subscr": _store_subscr,
    "py.contains": contains,
    "py.delete_subscr": delete_item,
    "py.binary_slice": binary_slice,
    "py.store_slice": store_slice,
    "py.list_append": append,
    "py.unpack_sequence": _unpack_sequence,
    "py.get_iter": get_iter,
    "py.yield_from_iter": own_generator,
    "py.for_iter": for_iter,
    "py.load_global": _load_global,
    "py.load_attr": _load_attr,
    "py.load_method": _load_method,
    "py.load_super_method": _load_super_method,
    "py.store_attr": _store_attr,
    "py.call": _call,
}


def constant_slots(ops: list[Op]) -> dict[Value, str]:
    """What each constant among ``ops`` is."""
    slots = {op.result: op.text_attr("slot") for op in ops if op.results and "slot" in op.attrs}
    return slots | {op.result: "null" for op in ops if op.opcode == "const.null"}
