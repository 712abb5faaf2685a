"""Machine forms of what is done with arrays of the standard library's module ``array``."""

from __future__ import annotations

from typing import Final

from dx_py.backend.llvm.lower_objects import checked_index
from dx_py.backend.llvm.lowering import FunctionLowering, Lowering
from dx_py.ir.core import Op
from dx_py.ir.types import INT_ARRAYS

_WORD: Final = 64


def _guard_typecode(f: FunctionLowering, op: Op) -> None:
    descriptor = f.load("ptr", f.name(op.operands[0]), f.layout["array.descriptor"])
    code = f.emit(f"load i8, ptr {descriptor}")
    f.guard(f.emit(f"icmp eq i8 {code}, {ord(op.text_attr('cls')[-1])}"), op)


def _place(f: FunctionLowering, op: Op, type_: str) -> str:
    index = checked_index(f, op)
    items = f.load("ptr", f.name(op.operands[0]), f.layout["array.items"])
    return f.emit(f"getelementptr {type_}, ptr {items}, i64 {index}")


def _get_f64(f: FunctionLowering, op: Op) -> None:
    if op.text_attr("cls") == "array.d":
        f.define(op.result, f.emit(f"load double, ptr {_place(f, op, 'double')}"))
        return
    single = f.emit(f"load float, ptr {_place(f, op, 'float')}")
    f.define(op.result, f.emit(f"fpext float {single} to double"))


def _set_f64(f: FunctionLowering, op: Op) -> None:
    number = f.name(op.operands[2])
    if op.text_attr("cls") == "array.d":
        f.line(f"store double {number}, ptr {_place(f, op, 'double')}")
        return
    place = _place(f, op, "float")
    f.line(f"store float {f.emit(f'fptrunc double {number} to float')}, ptr {place}")


def _get_i64(f: FunctionLowering, op: Op) -> None:
    bits, signed = INT_ARRAYS[op.text_attr("cls")]
    number = f.emit(f"load i{bits}, ptr {_place(f, op, f'i{bits}')}")
    if bits < _WORD:
        number = f.emit(f"{'sext' if signed else 'zext'} i{bits} {number} to i64")
    f.define(op.result, number)


def _set_i64(f: FunctionLowering, op: Op) -> None:
    """A number that does not fit is the interpreter's to refuse."""
    bits, signed = INT_ARRAYS[op.text_attr("cls")]
    number, place = f.name(op.operands[2]), _place(f, op, f"i{bits}")
    if bits < _WORD:
        short = f.emit(f"trunc i64 {number} to i{bits}")
        back = f.emit(f"{'sext' if signed else 'zext'} i{bits} {short} to i64")
        f.guard(f.emit(f"icmp eq i64 {back}, {number}"), op)
        number = short
    f.line(f"store i{bits} {number}, ptr {place}")


ARRAY_LOWERINGS: Final[dict[str, Lowering]] = {
    "guard.typecode": _guard_typecode,
    "array.get_f64": _get_f64,
    "array.set_f64": _set_f64,
    "array.get_i64": _get_i64,
    "array.set_i64": _set_i64,
}
