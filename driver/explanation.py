"""The text of ``dx-py explain``, from what is known of one function."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

from dx_py.driver.compile_worker import feedback_of, read_program
from dx_py.driver.profile import Profile, Profiled
from dx_py.ir.bytecode import Instruction, build_code_blocks, read_instructions
from dx_py.ir.environment import Program, Routine
from dx_py.ir.feedback import Feedback
from dx_py.ir.interpreted_opcodes import INTERPRETED
from dx_py.ir.ssa_construction import HANDLERS, UnsupportedError, check_supported

#: Rows of the address table that are assumptions, and what they say.
_ASSUMPTIONS: Final[Mapping[str, str]] = {
    "global": "global '{}' stays what it is",
    "builtin": "builtin '{}' is shadowed by no global",
    "member": "attribute of {} stays what it is",
    "attribute": "instances have the attribute as they did: {}",
    "storage": "instances store the attribute as they did: {}",
    "field": "instances have the attribute themselves: {}",
    "key_count": "no instance hides the name: {}",
    "expect": "{}",
}
_MAX_CLASSES: Final = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """``stored``: a unit or a reason, and the samples it was made from; None: nothing."""

    code: CodeType
    profile: Profile | None
    profiled: Profiled | None
    stored: tuple[object, bytes] | None

    @property
    def unit(self) -> tuple[Any, ...] | None:
        unit = self.stored[0] if self.stored else None
        return unit if isinstance(unit, tuple) else None

    @property
    def refusal(self) -> str:
        if self.stored is not None and isinstance(self.stored[0], str):
            return self.stored[0]
        return self.profiled.refusal if self.profiled and not self.unit else ""

    @property
    def feedback(self) -> Feedback:
        if self.profiled is not None and self.profiled.description is not None:
            return read_program(self.profiled.description).routines[0].feedback
        if self.stored is not None and self.stored[1]:
            return feedback_of(marshal.loads(self.stored[1])[0])
        return Feedback()

    @property
    def program(self) -> Program:
        if self.profiled is not None and self.profiled.description is not None:
            return read_program(self.profiled.description)
        return Program((Routine(self.code),))


def explain(evidence: Evidence) -> Iterator[str]:
    """Lines; the first is the verdict."""
    code = evidence.code
    yield f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}: {_verdict(evidence)}"
    yield from _section("stays interpreted because of", _obstacles(evidence))
    yield from _section("specialised on", _specialised(evidence))
    yield from _section("has inlined", _inlined(evidence))
    yield from _section("assumes", _assumptions(evidence))
    yield from _section("left native code at", _failed_guards(evidence))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = [*lines]
    if found:
        yield f"  {title}"
        yield from (f"    {line}" for line in found)


def _verdict(evidence: Evidence) -> str:
    if evidence.unit is not None:
        return f"native code, {len(evidence.unit[0]):,} bytes{_counts(evidence)}"
    if evidence.refusal:
        return f"interpreted: {evidence.refusal}"
    if evidence.profiled is None:
        return "interpreted: it was never hot in a run that the store or the profile knows"
    return "interpreted: not compiled before the run ended"


def _counts(evidence: Evidence) -> str:
    counters = evidence.profiled.counters if evidence.profiled else None
    if counters is None:
        return ""
    exits = sum(times for *_, times in counters.failed)
    natively = max(counters.entries - exits - counters.raises, 0)
    share = f"{100 * natively / counters.entries:.1f} % of" if counters.entries else "0 of"
    return (
        f"; {share} {counters.entries:,} calls ended in it"
        f" ({exits:,} exits, {counters.raises:,} exceptions)"
    )


def _obstacles(evidence: Evidence) -> Iterator[str]:
    """Constructs that native code does not handle, by line; only where there is none."""
    if evidence.unit is not None:
        return
    try:
        check_supported(evidence.code)
    except UnsupportedError as error:
        yield f"line {evidence.code.co_firstlineno}: {error}"
    counts = evidence.feedback.counts
    # Handlers are not among the blocks: the interpreter runs those of any function.
    blocks = build_code_blocks(evidence.code).values()
    reached = {instruction.pc for block in blocks for instruction in block.instructions}
    for line, instruction in _lined(evidence.code):
        if instruction.pc in reached and instruction.opcode not in HANDLERS:
            why = INTERPRETED.get(instruction.opcode, "not known to the native tier")
            yield f"line {line}: {instruction.opcode}{_times(counts, instruction)}: {why}"


def _times(counts: Mapping[int, int], instruction: Instruction) -> str:
    if not counts:
        return ""
    times = counts.get(instruction.pc, 0)
    return f" (sampled {times} times)" if times else " (never ran)"


def _lined(code: CodeType) -> Iterator[tuple[int, Instruction]]:
    positions = [*code.co_positions()]
    for instruction in read_instructions(code):
        yield positions[instruction.pc][0] or 0, instruction


def _specialised(evidence: Evidence) -> Iterator[str]:
    """The classes that operands had, instruction by instruction."""
    classes = evidence.feedback.classes
    for line, instruction in _lined(evidence.code):
        operands = classes.get(instruction.pc, ())
        if operands and any(operands):
            shown = ", ".join(_classes(operand) for operand in operands)
            yield f"line {line}: {instruction.opcode}: {shown}"


def _classes(operand: tuple[str, ...]) -> str:
    if "*" in operand or len(operand) > _MAX_CLASSES:
        return "many classes"
    return " or ".join(operand).replace("?", "unnamed") or "nothing"


def _inlined(evidence: Evidence) -> Iterator[str]:
    if evidence.unit is None:
        return
    for path in evidence.unit[4][1:]:
        if path is not None:
            yield " ".join(map(str, path))


def _assumptions(evidence: Evidence) -> Iterator[str]:
    if evidence.unit is None:
        return
    for row in evidence.unit[2]:
        kind, _, rest = row.partition(":")
        if kind in ("global", "builtin"):
            rest = rest.partition(":")[2]
        if kind == "type" and ":" in rest:
            yield f"class {rest} is not changed"
        elif kind in _ASSUMPTIONS:
            yield _ASSUMPTIONS[kind].format(rest)


def _failed_guards(evidence: Evidence) -> Iterator[str]:
    counters = evidence.profiled.counters if evidence.profiled else None
    if counters is None:
        return
    program = evidence.program
    for opcode, routine, pc, times in sorted(counters.failed, key=lambda site: -site[3]):
        yield f"{_place(program, routine, pc)}: {opcode}: {times:,} times"


def _place(program: Program, number: int, pc: int) -> str:
    if number >= len(program.routines):
        return f"routine {number}, instruction {pc}"
    code = program.routines[number].code
    positions = [*code.co_positions()]
    line = positions[pc][0] if pc < len(positions) else None
    place = f"line {line or code.co_firstlineno}"
    return place if number == 0 else f"{code.co_qualname}, {place}"
