"""One code object with its feedback to native code: all stages in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dx_py.backend.llvm.codegen import emit_object
from dx_py.backend.llvm.cost_model import CostModel
from dx_py.backend.llvm.linker import Blob, link
from dx_py.backend.llvm.lower_arrays import ARRAY_LOWERINGS
from dx_py.backend.llvm.lower_containers import CONTAINER_LOWERINGS
from dx_py.backend.llvm.lower_frames import FRAME_LOWERINGS
from dx_py.backend.llvm.lower_generic import GENERIC_LOWERINGS
from dx_py.backend.llvm.lower_instances import INSTANCE_LOWERINGS
from dx_py.backend.llvm.lower_numbers import NUMBER_LOWERINGS
from dx_py.backend.llvm.lower_objects import OBJECT_LOWERINGS
from dx_py.backend.llvm.lowering import LoweredFunction, lower_function
from dx_py.ir.core import Function
from dx_py.ir.environment import LoopEntry, Program
from dx_py.ir.profile_sites import is_resumable
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa
from dx_py.passes.pass_manager import Observer, PassManager
from dx_py.passes.pipeline import native_passes, routine_passes

LOWERINGS: Final = {
    **NUMBER_LOWERINGS,
    **OBJECT_LOWERINGS,
    **ARRAY_LOWERINGS,
    **CONTAINER_LOWERINGS,
    **INSTANCE_LOWERINGS,
    **FRAME_LOWERINGS,
    **GENERIC_LOWERINGS,
}


class NotWorthItError(UnsupportedError):
    """Code that native code would hardly make faster, as far as it is known what it calls."""


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
    loop: LoopEntry | None = None,
) -> Function:
    """Optimised SSA of routine 0; raises UnsupportedError for what stays interpreted.

    ``verify_each`` and ``stop_after``: as of the pass manager. ``loop``: where it is entered.
    """
    function = _construct(program, 0, loop)
    passes = native_passes(program, body_of(program, verify_each=verify_each))
    PassManager(
        passes, verify_each=verify_each, observers=observers, stop_after=stop_after
    ).run(function)
    return function


def body_of(program: Program, *, verify_each: bool) -> Callable[[int], Function | None]:
    """A routine's specialised SSA, a new one each time; None for one that stays interpreted."""

    def body(number: int) -> Function | None:
        if is_resumable(program.routines[number].code):
            # A call makes a generator, and runs none of it.
            return None
        try:
            callee = _construct(program, number)
        except UnsupportedError:
            return None
        PassManager(routine_passes(program, number), verify_each=verify_each).run(callee)
        return callee

    return body


def _construct(program: Program, number: int, loop: LoopEntry | None = None) -> Function:
    routine = program.routines[number]
    return construct_ssa(routine.code, routine.feedback, number=number, loop=loop)


def compile_function(
    program: Program,
    target: Target,
    *,
    stress: bool = False,
    eager: bool = True,
    verify_each: bool = True,
    stop_after: int | None = None,
    loop: LoopEntry | None = None,
) -> NativeFunction:
    """Native code of the program's routine 0, from its start or from where a loop begins.

    Raises UnsupportedError or NoLoweringError for what stays interpreted. Unless ``eager``,
    that is also a function that would hardly be faster.
    """
    function = optimize(program, verify_each=verify_each, stop_after=stop_after, loop=loop)
    bodies = body_of(program, verify_each=verify_each)
    if not eager and not CostModel(program, bodies).pays(function, 0):
        raise NotWorthItError("mostly generic operations")
    lowered = lower_function(function, target.layout, LOWERINGS, stress=stress)
    object_ = emit_object(lowered.text, machine=target.machine, cpu=target.cpu)
    return NativeFunction(link(object_, machine=target.machine), lowered)
