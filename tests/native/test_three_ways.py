"""Random programs behave the same as the host's bytecode, as ours, and as machine code of ours.

``DX_BEHAVIOUR=N`` runs N programs instead of a few (`make fuzz-behaviour`). The machine code is
made from our own code object. Functions that the native tier leaves to the interpreter are
compared as bytecode only; `test_most_programs_become_machine_code` keeps them few.
"""

from __future__ import annotations

import ast
import os
from copy import deepcopy

import pytest

from dx_py.backend.bytecode.compile_tree import compile_tree
from tests.native.test_fuzz import COMPARE, Writer, outcome

PROGRAMS = int(os.environ.get("DX_BEHAVIOUR", "24"))
SEEN = (3, 2.5, [1.0, 2.0, 3.0, 4.0])
CALLS = (
    SEEN,
    (2.5, 3, [1, 2, 3, 4]),
    (7, 2, [1.5, 2, "s"]),
    (2**62, 5, [0.5] * 4),
    (True, 0, [1.0]),
    (0.0, -1.5, []),
    ("s", 3, [None, 1.0, 2.0]),
)


class WiderWriter(Writer):
    """Also what is lowered in ways of its own: loops with else, finally, match, displays."""

    def statement(self, depth):
        choose = self.random.random()
        kinds = [
            kind for start, kind in self.KINDS if choose < start and (depth < 4 or start < 0.2)
        ]
        if kinds:
            kinds[0](self, "    " * depth, depth)
        else:
            super().statement(depth)

    def augmented(self, indent, depth):
        name = self.random.choice(self.names)
        operator = self.random.choice(("+", "-", "*"))
        self.lines.append(f"{indent}{name} {operator}= {self.expression()}")
        self.lines.append(f"{indent}{name} = {name} % 10007")

    def chosen(self, indent, depth):
        one, two, three = (self.expression() for _ in range(3))
        first, second = (self.random.choice(COMPARE) for _ in range(2))
        test = self.random.choice(
            (f"{one} {first} {two} {second} {three}", f"not {one} or {two}", f"{one} and {two}")
        )
        name = self.random.choice(self.names)
        self.lines.append(f"{indent}{name} = {one} % 11 if {test} else {three} % 13")

    def unpacked(self, indent, depth):
        self.lines.append(f"{indent}a, b = {self.expression()} % 17, {self.expression()} % 19")

    def repeated(self, indent, depth):
        counter = f"n{len(self.lines)}"
        self.lines.append(f"{indent}{counter} = {self.random.randint(0, 5)}")
        self.lines.append(f"{indent}while {counter} > 0:")
        self.lines.append(f"{indent}    {counter} -= 1")
        for _ in range(self.random.randint(1, 2)):
            self.statement(depth + 1)
        leave = self.random.choice(("break", "continue", "pass"))
        self.lines.append(f"{indent}    if {self.expression()} > {self.expression()}: {leave}")
        self.lines.append(f"{indent}else:")
        self.statement(depth + 1)

    def finished(self, indent, depth):
        self.block(f"{indent}try:", depth)
        self.lines.append(f"{indent}finally:")
        self.statement(depth + 1)

    def matched(self, indent, depth):
        self.lines.append(f"{indent}match {self.expression()}:")
        for pattern in ("0 | 1", "-1", "_"):
            self.lines.append(f"{indent}    case {pattern}:")
            self.statement(depth + 2)

    def comprehended(self, indent, depth):
        self.lines.append(f"{indent}xs = [{self.expression()} % 101 for a in xs if a]")

    #: Up to which part of 1 each is chosen; what is left is the other writer's.
    KINDS = (
        (0.08, augmented),
        (0.16, chosen),
        (0.19, unpacked),
        (0.25, repeated),
        (0.29, finished),
        (0.31, matched),
        (0.33, comprehended),
    )


def function_of(code):
    namespace = {}
    exec(code, namespace)
    return namespace["f"]


def natively(native, function):
    """None where the native tier leaves the function to the interpreter."""
    from dx_py.backend.llvm.lowering import NoLoweringError
    from dx_py.ir.ssa_construction import UnsupportedError

    try:
        # Samples are calls: they change what they are given.
        return native.compile(function, deepcopy(SEEN), deepcopy(SEEN))
    except (UnsupportedError, NoLoweringError):
        return None


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_random_program_behaves_the_same_three_ways(native, seed):
    source = WiderWriter(seed).function()
    name = f"program-{seed}"
    host = function_of(compile(source, name, "exec"))
    ours = function_of(compile_tree(ast.parse(source), name))
    expected = [outcome(host, *arguments) for arguments in CALLS]
    assert [outcome(ours, *arguments) for arguments in CALLS] == expected, source
    machine = natively(native, ours)
    if machine is not None:
        assert [outcome(machine, *arguments) for arguments in CALLS] == expected, source


def test_most_programs_become_machine_code(native):
    sources = [WiderWriter(seed).function() for seed in range(8)]
    functions = [function_of(compile_tree(ast.parse(source), "program")) for source in sources]
    assert sum(natively(native, function) is not None for function in functions) > 6
