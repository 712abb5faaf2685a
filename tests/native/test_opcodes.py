"""Each opcode of the host: compiled, or interpreted by decision, with the same outcome."""

from __future__ import annotations

import types

import pytest

from dx_py.backend.llvm.lowering import NoLoweringError
from dx_py.ir.bytecode import build_code_blocks, read_instructions
from dx_py.ir.interpreted_opcodes import INTERPRETED
from dx_py.ir.ssa_construction import HANDLERS, UnsupportedError

from .opcode_examples import EXAMPLES, example
from .opcode_matrix import NEVER_MET, opcodes, rows

pytest.importorskip("llvmlite")


def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def function_of(name):
    scope = {"__name__": "opcode_example"}
    exec(compile(example(name), f"<{name}>", "exec"), scope)
    return scope["f"]


def outcome(function):
    try:
        return repr(function(3, 2.5, [1, 2, 3]))
    except Exception as error:
        return type(error), str(error), error.__traceback__.tb_next.tb_lineno


def reached(code):
    blocks = build_code_blocks(code).values()
    return {instruction.opcode for block in blocks for instruction in block.instructions}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_opcode_does_is_what_the_host_does(native, name):
    function = function_of(name)
    found = {i.opcode for code in codes(function.__code__) for i in read_instructions(code)}
    assert name in found
    expected = outcome(function)
    calls = [(3, 2.5, [1, 2, 3])] * 2
    try:
        compiled = native.compile(function, *calls)
    except (UnsupportedError, NoLoweringError):
        assert name in INTERPRETED or not reached(function.__code__) <= HANDLERS.keys()
    else:
        assert outcome(compiled) == expected
        assert native.entries(compiled) == 1


def test_an_opcode_with_a_handler_is_compiled_where_it_is_alone():
    found = ((name, codes(function_of(name).__code__)) for name in EXAMPLES)
    # Those of generators are in a function inside.
    alone = {
        name
        for name, nested in found
        if any(name in reached(code) <= HANDLERS.keys() for code in nested)
    }
    assert HANDLERS.keys() <= alone


def test_every_opcode_has_an_example_or_is_never_met():
    assert set(opcodes()) == EXAMPLES.keys() | NEVER_MET
    assert not EXAMPLES.keys() & NEVER_MET


def test_every_row_of_the_matrix_says_what_becomes_of_the_opcode():
    found = {row.opcode: row for row in rows()}
    assert set(found) == set(opcodes())
    assert found["BINARY_OP"].state == "compiled"
    assert len(found["BINARY_OP"].tests) > 4
    assert found["IMPORT_NAME"].state.startswith("interpreted: names of classes and modules")
    assert all(row.tests for row in found.values() if row.opcode not in NEVER_MET)
