"""``dx-py bisect`` finds the function, and the pass, that changes what a program does."""

from __future__ import annotations

import sys

import pytest

from dx_py.artifacts.errors import DxError
from dx_py.driver.bisect import Run, bisect, first, main

#: A worker whose pass ``cse`` makes a difference of each sum in the function ``spoiled``.
WORKER = """\
#!/bin/sh
exec {python} -I -c 'import sys
from dx_py.passes.common_subexpressions import CommonSubexpressions as Pass
right = Pass.apply
def apply(self, function):
    changed = right(self, function)
    for op in function.ops():
        if function.name == "spoiled" and op.opcode == "float.add":
            op.opcode, changed = "float.sub", True
    return changed
Pass.apply = apply
exec(sys.argv[1])' "$3"
"""
PROGRAM = """
def fine(x):
    return x + 0.5

def spoiled(x):
    return x + 1.5

def other(x):
    return x * 2.0

for i in range(5):
    print(fine(i + 0.5), spoiled(i + 0.25), other(i + 0.125))
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    worker = tmp_path / "worker"
    worker.write_text(WORKER.format(python=sys.executable), encoding="utf-8")
    worker.chmod(0o700)
    monkeypatch.setenv("DX_WORKER_PYTHON", str(worker))
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_an_injected_bug_is_found(program, capsys):
    assert main(["--python", sys.executable, str(program)]) == 1
    function, pass_ = capsys.readouterr().out.splitlines()
    assert function.endswith(f"spoils it: spoiled in {program}, line 5")
    assert pass_.endswith("spoils it: cse")


class Program:
    """One whose third function is spoiled, by the ``culprit``-th pass."""

    def __init__(self, culprit):
        self.culprit = culprit
        self.asked = []

    def __call__(self, settings):
        self.asked.append(dict(settings))
        if settings["DX_JIT"] == "0":
            return Run((0, b"right"), [])
        limit = int(settings.get("DX_JIT_LIMIT", 8))
        passes = int(settings.get("DX_OPT_BISECT", 100))
        is_bad = limit > 3 or (limit == 3 and passes >= self.culprit)
        names = [f"f{number}" for number in range(1, 9)]
        return Run((0, b"wrong" if is_bad else b"right"), names[:limit])


@pytest.mark.parametrize(
    ("culprit", "expected"),
    [(0, "SSA construction or lowering"), (1, "pass 1 of"), (5, "pass 5 of")],
)
def test_functions_then_passes_are_halved(culprit, expected):
    told = []
    assert bisect(Program(culprit), told.append) == 1
    assert told[0] == "function 3 of 8 spoils it: f3"
    assert expected in told[1]


def test_a_program_that_is_right_is_said_to_be():
    told = []
    assert bisect(lambda settings: Run((0, b""), ["f"]), told.append) == 0
    assert told == ["1 functions have native code, and nothing is different"]


def test_a_program_that_varies_is_refused():
    outcomes = iter(range(10))
    with pytest.raises(DxError, match="whenever it is run"):
        bisect(lambda settings: Run((next(outcomes), b""), []), print)


@pytest.mark.parametrize("boundary", range(1, 9))
def test_the_first_bad_number_is_found(boundary):
    assert first(8, lambda n: n >= boundary) == boundary
    assert first(boundary - 1, lambda n: n >= boundary) is None
