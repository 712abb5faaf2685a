"""Machine form of the ops on a generator's frame, which is what its code is entered with.

Its second argument is the frame in the place of the function, its third the frame's locals.
"""

from __future__ import annotations

from typing import Final

from dx_py.backend.llvm.lowering import FunctionLowering, Lowering
from dx_py.ir.core import Op

#: Of ``stacktop`` while the interpreter, or native code, runs the frame.
_RUNNING: Final = -1


def _instruction(f: FunctionLowering, op: Op) -> str:
    """The address of the instruction that the attribute counts to."""
    start = f.layout["code.co_code_adaptive"]
    return f.address(f.row("code:0"), start + 2 * op.int_attr("pc"))


def _resumes(f: FunctionLowering, op: Op) -> None:
    last = f.load("ptr", "%func", f.layout["frame.prev_instr"])
    f.define(op.result, f.emit(f"icmp eq ptr {last}, {_instruction(f, op)}"))


def _take(f: FunctionLowering, op: Op) -> None:
    f.store("i32", str(_RUNNING), "%func", f.layout["frame.stacktop"])


def _load(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.load("ptr", "%args", 8 * op.int_attr("index")))


def _bound(f: FunctionLowering, op: Op) -> None:
    f.define(op.result, f.name(op.operands[0]))


def _end(f: FunctionLowering, op: Op) -> None:
    kept = f.load("ptr", "%func", f.layout["frame.frame_obj"])
    f.guard(f.emit(f"icmp eq ptr {kept}, null"), op)
    f.call("dx_generator_end", "void", "ptr %ts", "ptr %func")


def _yield(f: FunctionLowering, op: Op) -> None:
    value, *slots = map(f.name, op.operands)
    for index, slot in enumerate(slots):
        f.store("ptr", slot, "%args", 8 * index)
    f.store("i32", str(len(slots)), "%func", f.layout["frame.stacktop"])
    f.store("ptr", _instruction(f, op), "%func", f.layout["frame.prev_instr"])
    f.line(f"ret ptr {value}")


def _interpret(f: FunctionLowering, op: Op) -> None:
    f.line(f"ret ptr {f.call('dx_generator_interpret', 'ptr', 'ptr %ts', 'ptr %func')}")


FRAME_LOWERINGS: Final[dict[str, Lowering]] = {
    "frame.resumes": _resumes,
    "frame.take": _take,
    "frame.load": _load,
    "frame.bound": _bound,
    "frame.end": _end,
    "frame.yield": _yield,
    "frame.interpret": _interpret,
}
