"""Passes on textual IR: each case of ``golden/*.dxt`` gives its recorded output.

``DX_BLESS=1`` in the environment rewrites the outputs; read them before committing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from dx_py.ir.environment import Entity, Program, Routine
from dx_py.ir.parser import parse_function
from dx_py.ir.printer import format_function
from dx_py.ir.verifier import verify
from dx_py.passes.pass_manager import PassManager
from dx_py.passes.pipeline import native_passes

GOLDEN = Path(__file__).parent / "golden"
#: Of no instruction: the cases have no code object, only ops.
ROUTINE = Routine(compile("", "cases", "exec"), globals={"range": Entity("builtin", "range")})
PASSES = {p.name: p for p in native_passes(Program((ROUTINE,)), lambda number: None)}


@dataclass(frozen=True)
class Case:
    file: Path
    name: str
    passes: list[str]
    source: str
    expected: str


def read_cases(file):
    for part in file.read_text(encoding="utf-8").split("case: ")[1:]:
        head, rest = part.split("--- input\n")
        source, expected = rest.split("--- output\n")
        name, passes = head.strip().split("\npasses: ")
        yield Case(file, name, passes.split(", "), source, expected.rstrip("\n") + "\n")


CASES = [case for file in sorted(GOLDEN.glob("*.dxt")) for case in read_cases(file)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_output_is_as_recorded(case):
    function = parse_function(case.source)
    PassManager([PASSES[name] for name in case.passes]).run(function)
    verify(function, "at the end of a case")
    text = format_function(function)
    assert format_function(parse_function(text)) == text
    if os.environ.get("DX_BLESS"):
        old = case.file.read_text(encoding="utf-8")
        recorded = f"{case.source}--- output\n{case.expected}"
        case.file.write_text(
            old.replace(recorded.rstrip("\n"), f"{case.source}--- output\n{text}".rstrip("\n")),
            encoding="utf-8",
        )
    else:
        assert text == case.expected
