"""One code object with its feedback to native code: all stages in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dx_py.backend.llvm.codegen import emit_object
from dx_py.backend.llvm.linker import Blob, link
from dx_py.backend.llvm.lower_generic import GENERIC_LOWERINGS
from dx_py.backend.llvm.lower_instances import INSTANCE_LOWERINGS
from dx_py.backend.llvm.lower_numbers import NUMBER_LOWERINGS
from dx_py.backend.llvm.lower_objects import OBJECT_LOWERINGS
from dx_py.backend.llvm.lowering import LoweredFunction, lower_function
from dx_py.ir.core import Function
from dx_py.ir.environment import Program
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa
from dx_py.passes.pass_manager import Observer, PassManager
from dx_py.passes.pipeline import native_passes, routine_passes

LOWERINGS: Final = NUMBER_LOWERINGS | OBJECT_LOWERINGS | INSTANCE_LOWERINGS | GENERIC_LOWERINGS


#: What an instruction costs interpreted, and natively where it stayed generic: in the same
#: unit, measured on whole programs. Where Python code may run, frames are built for it.
INTERPRETED_COST: Final = 10
NATIVE_COST: Final = 2
GENERIC_COST: Final = 110
QUIET_COST: Final = 25
#: To get in and out, where the interpreter would go on in its own loop.
ENTRY_COST: Final = 30
#: Native code must cost at most this part of what interpreting costs.
MAX_COST: Final = 0.7
QUIET_OPS: Final = frozenset(
    {
        "py.call_quiet",
        "py.build_tuple",
        "py.build_list",
        "py.load_global",
        "py.load_method",
        "py.list_append",
        "py.get_iter",
        "py.for_iter",
        "py.unary_not",
        "py.truth",
        "py.binary_slice",
    }
)


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
    program: Program,
    *,
    observers: Sequence[Observer] = (),
    verify_each: bool = True,
    stop_after: int | None = None,
) -> Function:
    """Optimised SSA of routine 0; raises UnsupportedError for what stays interpreted.

    ``verify_each`` and ``stop_after``: as of the pass manager.
    """

    def body(number: int) -> Function | None:
        """Of a callee; None for one that stays interpreted."""
        try:
            callee = _construct(program, number)
        except UnsupportedError:
            return None
        PassManager(routine_passes(program, number), verify_each=verify_each).run(callee)
        return callee

    function = _construct(program, 0)
    passes = native_passes(program, body)
    PassManager(
        passes, verify_each=verify_each, observers=observers, stop_after=stop_after
    ).run(function)
    return function


def _construct(program: Program, number: int) -> Function:
    routine = program.routines[number]
    return construct_ssa(routine.code, routine.feedback, number=number)


def compile_function(
    program: Program,
    target: Target,
    *,
    stress: bool = False,
    eager: bool = True,
    verify_each: bool = True,
    stop_after: int | None = None,
) -> NativeFunction:
    """Native code of the program's routine 0.

    Raises UnsupportedError or NoLoweringError for what stays interpreted. Unless ``eager``,
    that is also a function that would hardly be faster.
    """
    function = optimize(program, verify_each=verify_each, stop_after=stop_after)
    if not eager and _cost(function, program) > MAX_COST:
        raise UnsupportedError("mostly generic operations")
    lowered = lower_function(function, target.layout, LOWERINGS, stress=stress)
    object_ = emit_object(lowered.text, machine=target.machine, cpu=target.cpu)
    return NativeFunction(link(object_, machine=target.machine), lowered)


def _cost(function: Function, program: Program) -> float:
    """What native code costs, as a part of what interpreting the same does, by the samples."""
    costs: dict[tuple[int, int], int] = {}
    for op in function.ops():
        if op.opcode.startswith("py.") and op.state:
            place = op.state.code, op.state.pc
            cost = QUIET_COST if op.opcode in QUIET_OPS else GENERIC_COST
            costs[place] = max(costs.get(place, 0), cost)
    counts = [routine.feedback.counts for routine in program.routines]
    # Of an inlined routine other callers were sampled, too: take what this one can have done.
    codes = {op.state.code for op in function.ops() if op.state}
    total = sum(sum(counts[code].values()) for code in codes)
    generic = sum(cost * counts[code].get(pc, 0) for (code, pc), cost in costs.items())
    entries = ENTRY_COST * counts[0].get(min(counts[0], default=0), 0)
    return (generic + entries + NATIVE_COST * total) / max(INTERPRETED_COST * total, 1)
