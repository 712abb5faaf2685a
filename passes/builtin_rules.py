"""Calls of builtins, and of methods of builtin classes, that need no Python code.

A call is *quiet* if, for arguments of these exact classes, it runs no Python code: it is then
made without a frame to look at, and what was read from the heap before stays good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dx_py.ir.core import Value
from dx_py.ir.types import OBJ, exact
from dx_py.passes.container_rules import direct_method

if TYPE_CHECKING:
    from dx_py.passes.specialization import Rewriter

#: Any class will do.
_ANY: Final = "any"
_NUMBER: Final = "number"

#: Class and method -> the classes of its arguments, for each count of them it may have.
QUIET_METHODS: Final[dict[tuple[str, str], tuple[tuple[str, ...], ...]]] = {
    ("list", "append"): ((_ANY,),),
    ("list", "pop"): ((), ("int",)),
    ("list", "insert"): (("int", _ANY),),
    ("list", "reverse"): ((),),
    ("list", "copy"): ((),),
    ("list", "remove"): (),
    ("dict", "get"): (),
    ("set", "add"): (),
    ("int", "bit_length"): ((),),
    ("str", "startswith"): (("str",),),
    ("str", "endswith"): (("str",),),
    ("str", "find"): (("str",),),
    ("str", "lower"): ((),),
    ("str", "upper"): ((),),
    ("str", "isdigit"): ((),),
    ("str", "isspace"): ((),),
    ("str", "isalpha"): ((),),
    ("str", "strip"): ((),),
    ("str", "split"): ((), ("str",)),
    ("str", "join"): (("list",), ("tuple",)),
    ("dict", "keys"): ((),),
    ("dict", "values"): ((),),
    ("dict", "items"): ((),),
}

#: Of one number, in the math module.
MATH_FUNCTIONS: Final = (
    *("acos", "asin", "atan", "ceil", "cos", "cosh", "degrees", "exp", "fabs", "floor", "log"),
    *("radians", "sin", "sinh", "sqrt", "tan", "tanh", "log10", "log2", "trunc"),
)

#: Classes over which nothing else is asked.
_ITERATED: Final = ("list", "tuple", "range", "str", "bytes", "dict")

#: Functions that always give an object of one class.
RESULTS: Final = {
    **{name: name for name in ("enumerate", "zip", "list", "tuple", "dict", "set", "int")},
    **{name: name for name in ("float", "str")},
    "ord": "int",
    "chr": "str",
}

#: The same of functions: builtins, and members of modules.
QUIET_FUNCTIONS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "abs": ((_NUMBER,),),
    "ord": (("str",), ("bytes",)),
    "chr": (("int",),),
    "min": ((_NUMBER, _NUMBER),),
    "max": ((_NUMBER, _NUMBER),),
    "divmod": ((_NUMBER, _NUMBER),),
    "round": ((_NUMBER,),),
    **{f"math.{name}": ((_NUMBER,),) for name in MATH_FUNCTIONS},
    "enumerate": tuple((cls,) for cls in _ITERATED),
    "zip": tuple((a, b) for a in _ITERATED for b in _ITERATED),
    "list": ((), *((cls,) for cls in _ITERATED)),
    "tuple": ((), *((cls,) for cls in _ITERATED)),
    "dict": ((),),
    "set": ((),),
    "int": (("int",), ("float",)),
    "float": (("int",), ("float",)),
    "str": (("int",), ("str",), ("float",)),
    "math.atan2": ((_NUMBER, _NUMBER),),
    "math.hypot": ((_NUMBER, _NUMBER),),
    "math.pow": ((_NUMBER, _NUMBER),),
}

#: Classes whose ``len`` is a field.
SIZED: Final = ("list", "tuple", "dict", "str", "set", "frozenset", "bytes", "bytearray")
#: Functions of the math module that are the C library's.
C_FUNCTIONS: Final = tuple(
    f"math.{name}" for name in ("sin", "cos", "tan", "asin", "acos", "atan", "exp", "log")
)
#: Arguments of ``float.*`` ops that stand for functions of the math module.
_FLOAT_FUNCTIONS: Final = {"sqrt": "float.sqrt", "fabs": "float.abs"}


def load_builtin_method(r: Rewriter) -> bool:
    """A method of a builtin class that may be called quietly: the class cannot change."""
    cls, name = r.class_of(0), r.op.text_attr("name")
    found = r.program.attribute(cls or "", name)
    if found and found.kind == "inherited" and (found.owner, name) in QUIET_METHODS:
        owner = inherited(r, 0, name, found.owner)
        assert owner is not None
        r.finish(r.emit("const.object", slot=f"method:{found.owner} {name}"), owner)
        return True
    if (cls or "", name) not in QUIET_METHODS:
        return False
    owner = r.guard(0, cls or "")
    r.finish(r.emit("const.object", slot=f"method:{cls} {name}"), owner)
    return True


def inherited(r: Rewriter, operand: int, name: str, owner: str) -> Value | None:
    """The operand, of a class of the program that has the method from a builtin one.

    What is looked up on the class alone is not hidden by an instance.
    """
    cls = r.class_of(operand) or ""
    found = r.program.attribute(cls, name) if ":" in cls else None
    if found is None or (found.kind, found.owner) != ("inherited", owner):
        return None
    known = r.guard(operand, cls)
    attrs = {"slot": f"inherited:{cls} {name}", "kind": "inherited", "text": owner}
    r.emit_op("assume.entity", attrs=attrs)
    if found.shadowed and not name.startswith("__"):
        r.emit_op("guard.unshadowed", known, attrs={"cls": cls, "name": name})
    return known


def call_builtin(r: Rewriter) -> bool:
    """A call of a builtin function or method that is known by its row."""
    method, callee, *arguments = r.op.operands
    if r.op.int_attr("kwnames") >= 0:
        return False
    row = r.constant_slot(method) or ""
    if row.startswith("method:"):
        cls, _, name = row.removeprefix("method:").partition(" ")
        if cls == "object":
            return _do_nothing(r, arguments)
        return direct_method(r, cls, name, callee) or _quiet_call(
            r, method, [callee], QUIET_METHODS[cls, name]
        )
    if row != "null":
        return False
    if _call_bound(r, callee):
        return True
    match _function_name(r, callee):
        case "len" if len(arguments) == 1:
            return _length(r)
        case "isinstance" if len(arguments) == 2:
            return _is_instance(r, arguments[1])
        case name if name in C_FUNCTIONS and _is_number(r):
            result = r.emit("float.math", _as_float(r), name=name.removeprefix("math."))
            r.finish(r.emit("box.f64", result))
            return True
        case "math.sqrt" | "math.fabs" as name if _only(r, 0) == "float":
            number = r.emit("unbox.f64", r.guard(2, "float"))
            opcode = _FLOAT_FUNCTIONS[name.removeprefix("math.")]
            r.finish(r.emit("box.f64", r.emit(opcode, number)))
            return True
        case "math.sqrt" | "math.fabs" as name if r.receiver_class(2, 2) == "float|int":
            number = r.emit("number.to_f64", r.op.operands[2])
            opcode = _FLOAT_FUNCTIONS[name.removeprefix("math.")]
            r.finish(r.emit("box.f64", r.emit(opcode, number)))
            return True
        case name if name in QUIET_FUNCTIONS:
            return _quiet_call(r, callee, [], QUIET_FUNCTIONS[name], RESULTS.get(name))
    return False


def _is_number(r: Rewriter) -> bool:
    return len(r.op.operands) == 3 and _only(r, 0) in ("int", "float")


def _as_float(r: Rewriter) -> Value:
    """The only argument of a call, as a machine number."""
    if _only(r, 0) == "float":
        return r.emit("unbox.f64", r.guard(2, "float"))
    return r.emit("float.from_int", r.emit("unbox.i64", r.guard(2, "int")))


def _call_bound(r: Rewriter, callee: Value) -> bool:
    """Of a method that was bound to its builtin object before: neither changes."""
    load = r.definition(callee)
    if load is None or load.opcode != "py.load_attr":
        return False
    owner, name = load.operands[0], load.text_attr("name")
    cls = owner.type.cls or ""
    forms = QUIET_METHODS.get((cls, name))
    if forms is None:
        return False
    if direct_method(r, cls, name, owner):
        return True
    method = r.emit("const.object", slot=f"method:{cls} {name}")
    return _quiet_call(r, method, [owner], forms)


def _do_nothing(r: Rewriter, arguments: list[Value]) -> bool:
    """``object.__init__``, which only checks that there are no arguments."""
    if arguments:
        return False
    none = r.emit_op("const.object", types=(exact("NoneType"),), attrs={"slot": "object:None"})
    r.finish(none.result)
    return True


def _function_name(r: Rewriter, callee: Value) -> str:
    entity = r.entity(callee)
    if entity is None or entity.kind not in ("builtin", "cfunction"):
        return ""
    return entity.text.removeprefix("builtins.")


def _only(r: Rewriter, argument: int) -> str | None:
    return r.class_of(2 + argument)


def _quiet_call(
    r: Rewriter,
    callee: Value,
    given: list[Value],
    forms: tuple[tuple[str, ...], ...],
    result: str | None = None,
) -> bool:
    arguments = r.op.operands[2:]
    fitting = (_classes_by(r, form) for form in forms if len(form) == len(arguments))
    classes = next((classes for classes in fitting if classes is not None), None)
    if classes is None:
        return False
    for i, cls in enumerate(classes):
        given.append(arguments[i] if cls == _ANY else r.guard(2 + i, cls))
    types = (exact(result) if result else OBJ,)
    r.finish(r.emit_op("py.call_quiet", callee, *given, state=r.state, types=types).result)
    return True


def _classes_by(r: Rewriter, form: tuple[str, ...]) -> list[str] | None:
    """The class to guard each argument by; None where the form has others."""
    classes = [_fitting(_only(r, i), wanted) for i, wanted in enumerate(form)]
    known = [cls for cls in classes if cls is not None]
    return known if len(known) == len(classes) else None


def _fitting(cls: str | None, wanted: str) -> str | None:
    """The class to guard, or ``any``; None where the argument is of another."""
    if wanted == _ANY:
        return _ANY
    fits = cls in ("int", "float") if wanted == _NUMBER else cls == wanted
    return cls if fits else None


def _length(r: Rewriter) -> bool:
    cls = _only(r, 0)
    items = inherited(r, 2, "__len__", "list")
    if items:
        r.finish(r.emit("box.i64", r.emit("list.length", items)))
        return True
    if cls not in SIZED:
        return False
    sized = r.guard(2, cls)
    opcode = f"{cls}.length" if cls in ("list", "tuple") else "sized.length"
    attrs = {} if cls in ("list", "tuple") else {"cls": cls}
    r.finish(r.emit("box.i64", r.emit(opcode, sized, **attrs)))
    return True


def _is_instance(r: Rewriter, target: Value) -> bool:
    """Known from the classes: that of the object, and those it is derived from."""
    entity = r.entity(target)
    cls = r.receiver_class(2, 2)
    if entity is None or cls is None or entity.kind not in ("class", "builtin"):
        return False
    answers = {r.program.is_subclass(one, entity.text) for one in cls.split("|")}
    if len(answers) != 1 or None in answers:
        return False
    r.guard(2, cls)
    r.finish(r.emit("box.i1", r.emit("const.i1", value=int(bool(answers.pop())))))
    return True


def compare_identity(r: Rewriter) -> bool:
    """Objects whose classes define no comparison are equal if they are the same."""
    operator = r.op.text_attr("op")
    left, right = r.receiver_class(0, 0), r.receiver_class(1, 1)
    if operator not in ("==", "!=") or left is None or right is None:
        return False
    known = {*left.split("|"), *right.split("|")} - {"NoneType"}
    if not known or not known <= r.program.identities:
        return False
    a, b = r.guard(0, left), r.guard(1, right)
    same = r.emit("py.is", a, b)
    r.finish(r.emit("box.i1", r.emit("bool.not", same) if operator == "!=" else same))
    return True


def truth_of(r: Rewriter, operand: int) -> Value | None:
    """The truth of an operand as a machine value, where its class tells how."""
    cls = r.receiver_class(operand, operand)
    if cls == "bool":
        return r.emit("unbox.i1", r.guard(operand, "bool"))
    if cls in SIZED:
        sized = r.guard(operand, cls)
        opcode = f"{cls}.length" if cls in ("list", "tuple") else "sized.length"
        attrs = {} if cls in ("list", "tuple") else {"cls": cls}
        zero = r.emit("const.i64", value=0)
        return r.emit("int.ne", r.emit(opcode, sized, **attrs), zero)
    if cls == "int":
        number = r.emit("unbox.i64", r.guard(operand, "int"))
        return r.emit("int.ne", number, r.emit("const.i64", value=0))
    classes = set((cls or "").split("|"))
    if cls and classes <= r.program.always_true | {"NoneType"}:
        value = r.guard(operand, cls)
        none = r.emit_op(
            "const.object", types=(exact("NoneType"),), attrs={"slot": "object:None"}
        ).result
        return r.emit("bool.not", r.emit("py.is", value, none))
    return None
