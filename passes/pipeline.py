"""The order of the passes, and why it is this one."""

from __future__ import annotations

from dx_py.ir.environment import Program
from dx_py.passes.assumption_guards import AssumptionGuards
from dx_py.passes.box_sinking import BoxSinking
from dx_py.passes.common_subexpressions import CommonSubexpressions
from dx_py.passes.dead_code_elimination import DeadCodeElimination
from dx_py.passes.exit_sharing import ExitSharing
from dx_py.passes.inlining import Body, CallDispatch, Inlining
from dx_py.passes.known_fields import KnownFields
from dx_py.passes.list_stores import ListStores
from dx_py.passes.parameter_unboxing import ParameterUnboxing
from dx_py.passes.pass_manager import Pass
from dx_py.passes.polymorphism import Polymorphism
from dx_py.passes.refcount_insertion import RefcountInsertion
from dx_py.passes.simplification import Simplification
from dx_py.passes.specialization import Specialization
from dx_py.passes.state_unboxing import StateUnboxing


def routine_passes(program: Program, number: int) -> list[Pass]:
    """Those that read a routine's feedback: it is by the routine's own instructions."""
    return [
        # Before specialization, which has one class an operand.
        Polymorphism(program, number),
        Specialization(program, number),
        # After it: only then are the callees constants.
        CallDispatch(),
    ]


def native_passes(program: Program, body: Body) -> list[Pass]:
    """The passes of the native tier for the program's routine 0.

    ``body`` gives the SSA of another routine after ``routine_passes``.
    """
    return [
        *routine_passes(program, 0),
        # Before all that sees values only within one function.
        Inlining(program, body),
        # After it: what needed no assumption needs no check of one.
        AssumptionGuards(),
        # Before simplification: what a guard establishes below it removes the guards there.
        CommonSubexpressions(),
        Simplification(),
        # After types are known; before drops go, of which it types some. What was checked after
        # those needs no check, and what was loaded once is one value.
        KnownFields(),
        AssumptionGuards(),
        CommonSubexpressions(),
        Simplification(),
        # Before unboxing parameters: a drop of a number is no reason to keep it as an object.
        DeadCodeElimination(),
        ParameterUnboxing(),
        # After the parameters are machine values: what is left in states is read from lists.
        StateUnboxing(),
        # Both leave unboxes of boxes, and unboxes twice.
        Simplification(),
        CommonSubexpressions(),
        # While the box still has its one use; afterwards it is often virtual.
        ListStores(),
        # Before the boxes sink: a shared exit needs fewer of them.
        ExitSharing(),
        DeadCodeElimination(),
        BoxSinking(),
        # Last: it fixes the order of effects and the lifetime of each object.
        RefcountInsertion(),
    ]
