"""Whether native code would be faster: a table of costs, weighted by the samples.

What is estimated wrongly is measured later, call by call, and given up (decision 0411); but a
function that loops long is called too seldom for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from types import CodeType
from typing import Final

from dx_py.ir.bytecode import read_instructions
from dx_py.ir.core import Function, Op, Value
from dx_py.ir.environment import Program, Routine
from dx_py.passes.specialization_rules import constant_slots

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
        "py.send",
        "py.unary_not",
        "py.truth",
        "py.binary_slice",
        "py.build_slice",
        "py.build_string",
        "py.build_const_map",
        "py.list_to_tuple",
        "py.make_function",
        "py.format",
        "py.list_extend",
        "py.set_add",
        "py.map_add",
        "py.store_global",
        "py.load_super_method",
        "py.unpack_ex",
    }
)
#: Quiet too, where all operands that were sampled had these classes.
QUIET_OPERANDS: Final[Mapping[str, frozenset[str]]] = {
    "py.contains": frozenset({"int", "str", "float", "bool", "NoneType", "dict", "set"}),
    "py.binary_subscr": frozenset({"int", "str", "float", "bytes", "dict"}),
    "py.store_subscr": frozenset({"int", "str", "float", "bool", "NoneType", "dict"}),
    "py.binary_op": frozenset({"int", "str", "float", "bool"}),
    "py.compare_op": frozenset({"int", "str", "float", "bool", "NoneType"}),
}
#: A call of a function that the compiler knows, and that mostly has native code itself.
KNOWN_CALL_COST: Final = 40
#: Of a function in C: many run no Python code for the arguments they get.
BUILTIN_CALL_COST: Final = 60
#: What is in a loop is taken to run that many times as often as what is around it.
LOOP_WEIGHT: Final = 6
_BUILTINS: Final = frozenset({"builtin_function_or_method", "method_descriptor"})


def sample_weights(routine: Routine) -> Mapping[int, int]:
    """How often each instruction runs, by pc.

    An instruction is sampled a limited number of times only: of those that reached about that,
    the ones in inner loops ran more often, nobody knows how much.
    """
    counts = routine.feedback.counts
    limit = max(counts.values(), default=0)
    depths = loop_depths(routine.code)
    return {
        pc: count * LOOP_WEIGHT ** depths.get(pc, 0) if 2 * count > limit else count
        for pc, count in counts.items()
    }


def loop_depths(code: CodeType) -> Mapping[int, int]:
    """In how many loops an instruction is: between a jump back and where it goes."""
    instructions = read_instructions(code)
    loops = [
        (i.target, i.pc)
        for i in instructions
        if i.opcode.startswith("JUMP_BACKWARD") and i.target is not None
    ]
    return {i.pc: sum(start <= i.pc <= end for start, end in loops) for i in instructions}


@dataclass(slots=True)
class CostModel:
    """``body``: a routine's own SSA, specialised; None for one that stays interpreted."""

    program: Program
    body: Callable[[int], Function | None]
    _natives: dict[int, bool] = field(default_factory=dict)

    def pays(self, function: Function, number: int) -> bool:
        """Of the routine ``number``, of which ``function`` is the code to be."""
        self._natives[number] = True
        return self._cost(function, number) <= MAX_COST

    def _is_native(self, number: int) -> bool:
        if number not in self._natives:
            # Of those that call each other, the one that is asked for first is assumed to be.
            self._natives[number] = True
            body = self.body(number)
            self._natives[number] = body is not None and self.pays(body, number)
        return self._natives[number]

    def _cost(self, function: Function, number: int) -> float:
        """What native code costs, as a part of what interpreting the same does."""
        costs: dict[tuple[int, int], int] = {}
        natives = self._native_callees(function)
        for op in function.ops():
            if op.opcode.startswith("py.") and op.state:
                place = op.state.code, op.state.pc
                costs[place] = max(costs.get(place, 0), self._cost_of(op, natives))
        counts = [sample_weights(routine) for routine in self.program.routines]
        # Of an inlined routine other callers were sampled, too: take what this can have done.
        codes = {op.state.code for op in function.ops() if op.state}
        total = sum(sum(counts[code].values()) for code in codes)
        generic = sum(cost * counts[code].get(pc, 0) for (code, pc), cost in costs.items())
        calls = counts[number].get(min(counts[number], default=0), 0)
        entries = 0 if function.owns_arguments else ENTRY_COST * calls
        return (generic + entries + NATIVE_COST * total) / max(INTERPRETED_COST * total, 1)

    def _native_callees(self, function: Function) -> set[Value]:
        """Constants that are functions with native code of their own."""
        slots = constant_slots([*function.ops()])
        entities = ((value, self.program.entity(slot)) for value, slot in slots.items())
        return {
            value
            for value, entity in entities
            if entity and entity.routine >= 0 and self._is_native(entity.routine)
        }

    def _cost_of(self, op: Op, natives: Set[Value]) -> int:
        assert op.state is not None
        if op.opcode == "py.call" and not natives.isdisjoint(op.operands[:2]):
            return KNOWN_CALL_COST
        feedback = self.program.routines[op.state.code].feedback
        operands = feedback.classes.get(op.state.pc, ())
        seen = {cls for classes in operands for cls in classes}
        if op.opcode == "py.call" and any(cls in _BUILTINS for c in operands[:2] for cls in c):
            return BUILTIN_CALL_COST
        plain = bool(seen) and seen <= QUIET_OPERANDS.get(op.opcode, frozenset())
        return QUIET_COST if plain or op.opcode in QUIET_OPS else GENERIC_COST
