"""One code object with its feedback to native code: all stages in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Final

from dx_py.backend.llvm.codegen import emit_object
from dx_py.backend.llvm.linker import Blob, link
from dx_py.backend.llvm.lower_generic import GENERIC_LOWERINGS
from dx_py.backend.llvm.lower_numbers import NUMBER_LOWERINGS
from dx_py.backend.llvm.lower_objects import OBJECT_LOWERINGS
from dx_py.backend.llvm.lowering import LoweredFunction, lower_function
from dx_py.ir.bytecode import read_instructions
from dx_py.ir.core import Function
from dx_py.ir.feedback import Feedback
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa
from dx_py.passes.pass_manager import Observer, PassManager
from dx_py.passes.pipeline import native_passes

LOWERINGS: Final = NUMBER_LOWERINGS | OBJECT_LOWERINGS | GENERIC_LOWERINGS


#: A generic op costs more natively than interpreted: it builds a frame.
MAX_GENERIC_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Target:
    """What the code is for: ``layout`` are offsets of the host's structs, from its core."""

    machine: str
    cpu: str
    layout: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class NativeFunction:
    """Loadable code, and what its guards' numbers stand for."""

    blob: Blob
    lowered: LoweredFunction


def optimize(
    code: CodeType,
    feedback: Feedback,
    builtins: frozenset[str],
    *,
    observers: Sequence[Observer] = (),
) -> Function:
    """Optimised SSA of a code object; raises UnsupportedError for what stays interpreted."""
    function = construct_ssa(code, feedback)
    starts = {i.pc: i.start for i in read_instructions(code)}
    PassManager(native_passes(feedback, starts, builtins), observers=observers).run(function)
    return function


def compile_function(
    code: CodeType,
    feedback: Feedback,
    builtins: frozenset[str],
    target: Target,
    *,
    stress: bool = False,
    eager: bool = True,
) -> NativeFunction:
    """Raises UnsupportedError or NoLoweringError for what stays interpreted.

    Unless ``eager``, that is also a function that would hardly be faster.
    """
    function = optimize(code, feedback, builtins)
    if not eager and _generic_share(function, feedback) > MAX_GENERIC_SHARE:
        raise UnsupportedError("mostly generic operations")
    lowered = lower_function(function, target.layout, LOWERINGS, stress=stress)
    object_ = emit_object(lowered.text, machine=target.machine, cpu=target.cpu)
    return NativeFunction(link(object_, machine=target.machine), lowered)


def _generic_share(function: Function, feedback: Feedback) -> float:
    """Of the samples of instructions, the part that is for what stayed generic."""
    generic = {op.state.pc for op in function.ops() if op.opcode.startswith("py.") and op.state}
    total = sum(feedback.counts.values())
    return sum(feedback.counts.get(pc, 0) for pc in generic) / max(total, 1)
