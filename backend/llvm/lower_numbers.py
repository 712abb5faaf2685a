"""Machine forms of numbers: constants, boxes, float64 and int64 arithmetic, comparisons."""

from __future__ import annotations

from typing import Final

from dx_py.backend.llvm.lowering import FunctionLowering, Lowering, float_literal
from dx_py.ir.core import Op

_INT64_MIN: Final = -(2**63)


def _const_f64(f: FunctionLowering, op: Op) -> None:
    value = op.attrs["value"]
    assert isinstance(value, float)
    f.define(op.result, float_literal(value))


def _const_int(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, str(op.attrs["value"]))


def _float_binary(instruction: str) -> Lowering:
    def lower(f: FunctionLowering, op: Op) -> None:
        left, right = map(f.name, op.operands)
        f.define(op.result, f.emit(f"{instruction} double {left}, {right}"))

    return lower


def _compare(instruction: str, type_: str) -> Lowering:
    def lower(f: FunctionLowering, op: Op) -> None:
        left, right = map(f.name, op.operands)
        f.define(op.result, f.emit(f"{instruction} {type_} {left}, {right}"))

    return lower


def _float_div(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    f.guard(f.emit(f"fcmp une double {right}, 0.0"), op)
    f.define(op.result, f.emit(f"fdiv double {left}, {right}"))


def _float_pow(f: FunctionLowering, op: Op) -> None:
    """The helper gives NaN for whatever is not an ordinary power."""
    left, right = map(f.name, op.operands)
    result = f.call("dx_float_pow", "double", f"double {left}", f"double {right}")
    f.guard(f.emit(f"fcmp ord double {result}, {result}"), op)
    f.define(op.result, result)


def _float_neg(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.emit(f"fneg double {f.name(op.operands[0])}"))


def _float_abs(f: FunctionLowering, op: Op) -> None:
    number = f.name(op.operands[0])
    f.define(op.result, f.emit(f"call double @llvm.fabs.f64(double {number})"))


def _float_sqrt(f: FunctionLowering, op: Op) -> None:
    """Of a negative number or a NaN the function of the module decides."""
    number = f.name(op.operands[0])
    f.guard(f.emit(f"fcmp oge double {number}, 0.0"), op)
    f.define(op.result, f.emit(f"call double @llvm.sqrt.f64(double {number})"))


def _float_math(f: FunctionLowering, op: Op) -> None:
    """Of what gives no finite number the function of the module decides."""
    name = f"libm_{op.text_attr('name')}"
    result = f.call(name, "double", f"double {f.name(op.operands[0])}")
    difference = f.emit(f"fsub double {result}, {result}")
    f.guard(f.emit(f"fcmp oeq double {difference}, 0.0"), op)
    f.define(op.result, result)


def _int_truediv(f: FunctionLowering, op: Op) -> None:
    """Both are exact as floats, and the divisor is not zero."""
    left, right = map(f.name, op.operands)
    f.guard(f.emit(f"icmp ne i64 {right}, 0"), op)
    floats = []
    for number in (left, right):
        shifted = f.emit(f"add i64 {number}, {2**53}")
        f.guard(f.emit(f"icmp ule i64 {shifted}, {2**54}"), op)
        floats.append(f.emit(f"sitofp i64 {number} to double"))
    f.define(op.result, f.emit(f"fdiv double {floats[0]}, {floats[1]}"))


def _number_arithmetic(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    operation = "+-*".index(op.text_attr("op"))
    result = f.call("dx_arithmetic", "ptr", f"ptr {left}", f"ptr {right}", f"i32 {operation}")
    f.guard(f.emit(f"icmp ne ptr {result}, null"), op)
    f.define(op.result, result)


def _number_to_f64(f: FunctionLowering, op: Op) -> None:
    number = f.name(op.operands[0])
    is_float, other, is_int, joined = (f.fresh("n") for _ in range(4))
    actual = f.load("ptr", number, f.layout["object.ob_type"])
    test = f.emit(f"icmp eq ptr {actual}, {f.row('type:float')}")
    f.line(f"br i1 {test}, label %{is_float}, label %{other}")
    f.open(is_float)
    value = f.load("double", number, f.layout["float.ob_fval"])
    f.line(f"br label %{joined}")
    f.open(other)
    f.guard(f.emit(f"icmp eq ptr {actual}, {f.row('type:int')}"), op)
    tag = f.load("i64", number, f.layout["int.lv_tag"])
    f.guard(f.emit(f"icmp ult i64 {tag}, {f.layout['int.compact_limit']}"), op)
    digit = f.emit(f"zext i32 {f.load('i32', number, f.layout['int.ob_digit'])} to i64")
    signed = f.emit(f"mul i64 {digit}, {f.emit(f'sub i64 1, {f.emit(f"and i64 {tag}, 3")}')}")
    converted = f.emit(f"sitofp i64 {signed} to double")
    is_int = f.label
    f.line(f"br label %{joined}")
    f.open(joined)
    f.define(
        op.result, f.emit(f"phi double [ {value}, %{is_float} ], [ {converted}, %{is_int} ]")
    )


def _float_from_int(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.emit(f"sitofp i64 {f.name(op.operands[0])} to double"))


def _int_overflow(intrinsic: str) -> Lowering:
    def lower(f: FunctionLowering, op: Op) -> None:
        left, right = map(f.name, op.operands)
        pair = f.emit(
            f"call {{i64, i1}} @llvm.{intrinsic}.with.overflow.i64(i64 {left}, i64 {right})"
        )
        overflow = f.emit(f"extractvalue {{i64, i1}} {pair}, 1")
        f.guard(f.emit(f"xor i1 {overflow}, true"), op)
        f.define(op.result, f.emit(f"extractvalue {{i64, i1}} {pair}, 0"))

    return lower


def _int_binary(instruction: str) -> Lowering:
    def lower(f: FunctionLowering, op: Op) -> None:
        left, right = map(f.name, op.operands)
        f.define(op.result, f.emit(f"{instruction} i64 {left}, {right}"))

    return lower


def _guard_divisor(f: FunctionLowering, op: Op) -> None:
    """Neither 0 (an exception) nor -1 (the one quotient that may overflow)."""
    divisor = f.name(op.operands[1])
    plus_one = f.emit(f"add i64 {divisor}, 1")
    f.guard(f.emit(f"icmp ugt i64 {plus_one}, 1"), op)


def _int_floordiv(f: FunctionLowering, op: Op) -> None:
    _guard_divisor(f, op)
    left, right = map(f.name, op.operands)
    quotient = f.emit(f"sdiv i64 {left}, {right}")
    adjust = f.emit(f"sext i1 {_rounds_towards_zero(f, left, right)} to i64")
    f.define(op.result, f.emit(f"add i64 {quotient}, {adjust}"))


def _int_mod(f: FunctionLowering, op: Op) -> None:
    _guard_divisor(f, op)
    left, right = map(f.name, op.operands)
    remainder = f.emit(f"srem i64 {left}, {right}")
    adjust = f.emit(f"select i1 {_rounds_towards_zero(f, left, right)}, i64 {right}, i64 0")
    f.define(op.result, f.emit(f"add i64 {remainder}, {adjust}"))


def _rounds_towards_zero(f: FunctionLowering, left: str, right: str) -> str:
    """Whether the machine's quotient is one above Python's: signs differ, and a remainder."""
    remainder = f.emit(f"srem i64 {left}, {right}")
    signs = f.emit(f"xor i64 {remainder}, {right}")
    differ = f.emit(f"icmp slt i64 {signs}, 0")
    inexact = f.emit(f"icmp ne i64 {remainder}, 0")
    return f.emit(f"and i1 {differ}, {inexact}")


def _int_lshift(f: FunctionLowering, op: Op) -> None:
    """The shift is below 64, and shifting back gives the number."""
    left, right = map(f.name, op.operands)
    f.guard(f.emit(f"icmp ult i64 {right}, 64"), op)
    shifted = f.emit(f"shl i64 {left}, {right}")
    back = f.emit(f"ashr i64 {shifted}, {right}")
    f.guard(f.emit(f"icmp eq i64 {back}, {left}"), op)
    f.define(op.result, shifted)


def _int_rshift(f: FunctionLowering, op: Op) -> None:
    left, right = map(f.name, op.operands)
    f.guard(f.emit(f"icmp ult i64 {right}, 64"), op)
    f.define(op.result, f.emit(f"ashr i64 {left}, {right}"))


def _int_neg(f: FunctionLowering, op: Op) -> None:
    number = f.name(op.operands[0])
    f.guard(f.emit(f"icmp ne i64 {number}, {_INT64_MIN}"), op)
    f.define(op.result, f.emit(f"sub i64 0, {number}"))


def _int_invert(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.emit(f"xor i64 {f.name(op.operands[0])}, -1"))


def _bool_not(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.emit(f"xor i1 {f.name(op.operands[0])}, true"))


def _box_f64(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.call("dx_new_float", "ptr", f"double {f.name(op.operands[0])}"))


def _box_i64(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.call("dx_new_int", "ptr", f"i64 {f.name(op.operands[0])}"))


def _box_maybe(helper: str, type_: str) -> Lowering:
    def lower(f: FunctionLowering, op: Op) -> None:
        value, flag = map(f.name, op.operands)
        wide = f.emit(f"zext i1 {flag} to i32")
        f.define(op.result, f.call(helper, "ptr", f"{type_} {value}", f"i32 {wide}"))

    return lower


def _box_i1(f: FunctionLowering, op: Op) -> None:
    true, false = f.row("object:True"), f.row("object:False")
    name = f.emit(f"select i1 {f.name(op.operands[0])}, ptr {true}, ptr {false}")
    f.define(op.result, name)


def _unbox_f64(f: FunctionLowering, op: Op) -> None:
    name = f.load("double", f.name(op.operands[0]), f.layout["float.ob_fval"])
    f.define(op.result, name)


def _unbox_i64(f: FunctionLowering, op: Op) -> None:
    """One digit inline; more digits by a helper, which gives the minimum if it is too big."""
    number = f.name(op.operands[0])
    tag = f.load("i64", number, f.layout["int.lv_tag"])
    compact, big, joined = f.fresh("n"), f.fresh("n"), f.fresh("n")
    is_compact = f.emit(f"icmp ult i64 {tag}, {f.layout['int.compact_limit']}")
    f.line(f"br i1 {is_compact}, label %{compact}, label %{big}, !prof !1")
    f.open(compact)
    digit = f.emit(f"zext i32 {f.load('i32', number, f.layout['int.ob_digit'])} to i64")
    sign = f.emit(f"sub i64 1, {f.emit(f'and i64 {tag}, 3')}")
    small = f.emit(f"mul i64 {digit}, {sign}")
    f.line(f"br label %{joined}")
    f.open(big)
    large = f.call("dx_int_value", "i64", f"ptr {number}")
    f.guard(f.emit(f"icmp ne i64 {large}, {_INT64_MIN}"), op)
    big = f.label
    f.line(f"br label %{joined}")
    f.open(joined)
    f.define(op.result, f.emit(f"phi i64 [ {small}, %{compact} ], [ {large}, %{big} ]"))


def _unbox_i1(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.emit(f"icmp eq ptr {f.name(op.operands[0])}, {f.row('object:True')}"))


NUMBER_LOWERINGS: Final[dict[str, Lowering]] = {
    "const.f64": _const_f64,
    "const.i64": _const_int,
    "const.i1": _const_int,
    "box.f64": _box_f64,
    "box.i64": _box_i64,
    "box.maybe_f64": _box_maybe("dx_maybe_float", "double"),
    "box.maybe_i64": _box_maybe("dx_maybe_int", "i64"),
    "box.i1": _box_i1,
    "unbox.f64": _unbox_f64,
    "unbox.i64": _unbox_i64,
    "unbox.i1": _unbox_i1,
    "float.add": _float_binary("fadd"),
    "float.sub": _float_binary("fsub"),
    "float.mul": _float_binary("fmul"),
    "float.div": _float_div,
    "float.pow": _float_pow,
    "float.neg": _float_neg,
    "float.abs": _float_abs,
    "float.sqrt": _float_sqrt,
    "float.math": _float_math,
    "int.truediv": _int_truediv,
    "number.to_f64": _number_to_f64,
    "number.arithmetic": _number_arithmetic,
    "float.from_int": _float_from_int,
    **{
        f"float.{name}": _compare(f"fcmp {condition}", "double")
        for name, condition in {
            "lt": "olt",
            "le": "ole",
            "gt": "ogt",
            "ge": "oge",
            "eq": "oeq",
            "ne": "une",
        }.items()
    },
    "int.add": _int_overflow("sadd"),
    "int.sub": _int_overflow("ssub"),
    "int.mul": _int_overflow("smul"),
    "int.floordiv": _int_floordiv,
    "int.mod": _int_mod,
    "int.lshift": _int_lshift,
    "int.rshift": _int_rshift,
    "int.neg": _int_neg,
    "int.invert": _int_invert,
    "int.and": _int_binary("and"),
    "int.or": _int_binary("or"),
    "int.xor": _int_binary("xor"),
    **{
        f"int.{name}": _compare(f"icmp {condition}", "i64")
        for name, condition in {
            "lt": "slt",
            "le": "sle",
            "gt": "sgt",
            "ge": "sge",
            "eq": "eq",
            "ne": "ne",
        }.items()
    },
    "bool.not": _bool_not,
}
