"""Each opcode of the host is compiled, or interpreted by decision; none is forgotten."""

from __future__ import annotations

import dis
import opcode
import types
from pathlib import Path

from dx_py.ir.bytecode import read_instructions
from dx_py.ir.interpreted_opcodes import INTERPRETED
from dx_py.ir.ssa_construction import HANDLERS


def test_every_opcode_is_compiled_or_interpreted_by_decision():
    names = {name for name in opcode.opmap if not name.startswith("INSTRUMENTED_")}
    assert names == HANDLERS.keys() | INTERPRETED.keys()
    assert not HANDLERS.keys() & INTERPRETED.keys()


def test_instrumented_forms_stand_for_base_opcodes():
    prefix = "INSTRUMENTED_"
    forms = {name.removeprefix(prefix) for name in opcode.opmap if name.startswith(prefix)}
    assert forms - {"INSTRUCTION", "LINE"} <= set(opcode.opmap)


def test_code_is_read_as_base_opcodes_whatever_the_interpreter_made_of_it():
    def warm(n):
        t = 0
        for i in range(n):
            t = t + i
        return t

    warm(1000)
    specialized = {i.opname for i in dis.get_instructions(warm, adaptive=True)}
    assert specialized - set(opcode.opmap)
    assert {i.opcode for i in read_instructions(warm.__code__)} <= set(opcode.opmap)


def test_most_instructions_of_the_library_are_compiled():
    counts = {True: 0, False: 0}

    def count(code):
        for instruction in read_instructions(code):
            counts[instruction.opcode in HANDLERS] += 1
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                count(constant)

    for path in sorted(Path(types.__file__).parent.glob("[a-c]*.py")):
        count(compile(path.read_bytes(), path.name, "exec"))
    assert counts[True] > 2 * counts[False]
