"""Code-level IR as an artifact and as text."""

from __future__ import annotations

import ast

import pytest

from dx_py.artifacts.artifact import decode, encode
from dx_py.backend.bytecode.assembler import assemble
from dx_py.backend.bytecode.compile_tree import compile_tree
from dx_py.frontend.lowering.module import CompileOptions, lower_tree
from dx_py.ir.code_codec import code_artifact, from_payload
from dx_py.ir.code_text import format_unit
from tests.lowering.cases_file import read_cases
from tests.lowering.code_comparison import differences


def lowered(source):
    return lower_tree(ast.parse(source), "case.py", CompileOptions())


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("source", list(read_cases()))
def test_an_artifact_gives_the_same_code(source):
    data = encode(code_artifact(lowered(source)))
    ours = assemble(from_payload(decode(data).payload), "case.py")
    assert list(differences(ours, compile_tree(ast.parse(source), "case.py"))) == []


def test_text_names_what_instructions_are_about():
    text = format_unit(lowered("def f(a):\n    if a: return a.b\n"))
    assert "LOAD_CONST 0 (unit f)" in text
    assert "LOAD_FAST 0 (a)" in text
    assert "LOAD_ATTR 0 (b)" in text
    assert "POP_JUMP_IF_FALSE L1" in text


def test_text_shows_places():
    line = next(row for row in format_unit(lowered("x = 1")).splitlines() if "STORE" in row)
    assert line.endswith("1:0-1:1")


def test_artifacts_do_not_depend_on_the_order_of_sets():
    first = encode(code_artifact(lowered("x in {1, 'a', 2.5, (3, b'c')}")))
    second = encode(code_artifact(lowered("x in {1, 'a', 2.5, (3, b'c')}")))
    assert first == second
