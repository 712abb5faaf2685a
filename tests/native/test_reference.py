"""The meaning of SSA, by ``ir/interpreter``: what the host does, before and after each pass."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import types
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dx_py.driver.compile_worker import read_program
from dx_py.ir.bytecode import read_instructions
from dx_py.ir.feedback import Feedback
from dx_py.ir.interpreter import interpret
from dx_py.ir.opcodes import OPCODES
from dx_py.ir.resumption import NULL, resume
from dx_py.ir.semantics import SEMANTICS
from dx_py.ir.ssa_construction import UnsupportedError, construct_ssa
from dx_py.passes.pass_manager import PassManager
from dx_py.passes.pipeline import native_passes, routine_passes
from dx_py.runtime_support import native_program

EXAMPLES = int(os.environ.get("DX_REFERENCE", "25"))

PRELUDE = """
import math

class Pair:
    scale = 2
    def __init__(self, x, y=1):
        self.x = x
        self.y = y
    def sum(self):
        return self.x + self.y
    @property
    def twice(self):
        return self.x * self.scale

class Other(Pair):
    def sum(self):
        return self.x - self.y

def helper(a, b=2):
    return a * b - 1

def pick(items, i):
    return items[i % 3]
"""
NAMES = ("a", "b", "n")
OPERATORS = ("+", "-", "*", "/", "//", "%", "&", "|", "<<", ">>", "**")
CONDITIONS = ("<", "<=", "==", "!=", ">", ">=")


class Writer:
    """A function of a, b (numbers), n (a small int), xs (a list), p, q (Pairs)."""

    def __init__(self, draw):
        self.draw = draw
        self.lines = []

    def one_of(self, *choices):
        return self.draw(st.sampled_from(choices))

    def source(self):
        for _ in range(self.draw(st.integers(2, 6))):
            self.statement(1)
        body = "\n".join(self.lines)
        return (
            f"{PRELUDE}\ndef f(a, b, n, xs, p, q):\n    t = 0\n{body}\n    return t, a, b, xs"
        )

    def expression(self, depth=0):
        if depth > 2:
            return self.one_of("a", "b", "n", "t", "1", "2.5", "-3")
        match self.draw(st.integers(0, 13)):
            case 0 | 1 | 2 | 3 | 4:
                return self.one_of("a", "b", "n", "t", "1", "2.5", "-3", "True", "2 ** 62")
            case 5 | 6 | 7:
                return self.binary(depth)
            case 8:
                return f"{self.one_of('p', 'q')}.{self.one_of('x', 'y', 'twice', 'sum()')}"
            case 9:
                return f"helper({self.expression(depth + 1)})"
            case 10:
                return f"xs[{self.one_of('0', '1', '-1', 'n')}]"
            case 11:
                return f"pick(({self.expression(depth + 1)}, b, n), n)"
            case 12:
                return f"abs({self.expression(depth + 1)})"
            case _:
                return f"Pair({self.expression(depth + 1)}).sum()"

    def binary(self, depth):
        operator = self.one_of(*OPERATORS)
        left, right = self.expression(depth + 1), self.expression(depth + 1)
        if operator in ("<<", ">>", "**"):
            return f"({left} % 50 {operator} 3)"
        return f"({left} {operator} {right})"

    def condition(self):
        left, right = self.expression(1), self.expression(1)
        return f"{left} {self.one_of(*CONDITIONS)} {right}"

    def statement(self, depth):
        indent = "    " * depth
        match self.draw(st.integers(0, 9)):
            case 0 | 1 | 2:
                self.lines.append(f"{indent}{self.one_of('t', 'a', 'b')} = {self.expression()}")
            case 3:
                self.lines.append(f"{indent}t += {self.expression()}")
            case 4:
                field = self.one_of("p.x", "q.y", "xs[0]", "xs[-1]")
                self.lines.append(f"{indent}{field} = {self.expression()}")
            case 5 if depth < 3:
                self.block(f"if {self.condition()}:", depth)
            case 6 if depth < 3:
                self.block(f"for i in range({self.one_of('n', '3')}):", depth)
            case 7 if depth < 3:
                self.block("for x in xs:", depth)
            case 8 if depth < 3:
                self.block("try:", depth)
                self.lines.append(f"{indent}except (TypeError, ArithmeticError, IndexError):")
                self.lines.append(f"{indent}    t = 0.5")
            case _:
                self.lines.append(f"{indent}t = p.sum() + q.sum()")

    def block(self, head, depth):
        self.lines.append("    " * depth + head)
        for _ in range(self.draw(st.integers(1, 2))):
            self.statement(depth + 1)


@st.composite
def programs(draw):
    return Writer(draw).source()


#: a, b, n, xs, x of p, x of q. The first is what the samples are taken from.
ARGUMENTS = (
    (3, 2.5, 2, (1.0, 2.0, 3.0), 4, 1),
    (7, 0.5, 3, (1, 2, 3), 2, 2.5),
    (2.5, 3, 1, (1.5, "s", 3), 2**62, 1),
    (True, 0, 0, (), "s", None),
    (2**63, -1, 2, (None, 1.0), 0, 0),
)


def outcome(call, scope, row):
    a, b, n, xs, x, y = row
    xs, p, q = list(xs), scope["Pair"](x), scope["Other"](y)
    try:
        result = call(a, b, n, xs, p, q)
    except Exception as error:
        result = type(error), str(error)
    return repr((result, xs, vars(p), vars(q)))


class Checker:
    """An observer: after each pass the function must still do what the host does."""

    def __init__(self, functions, scope, rows, source):
        self.functions, self.scope, self.rows, self.source = functions, scope, rows, source
        self.expected = [outcome(functions[0], scope, row) for row in rows]

    def check(self, when, function):
        for row, expected in zip(self.rows, self.expected, strict=True):
            seen = outcome(partial(self.interpret, function), self.scope, row)
            assert seen == expected, f"{when}, of {row}:\n{self.source}"

    def interpret(self, function, *arguments):
        return interpret(function, self.functions, arguments)

    def after_pass(self, index, pass_, function, *, changed, seconds):
        if changed:
            self.check(f"after {pass_.name}", function)


def described(native, function):
    """The program around a sampled function, and the function of each of its routines."""
    gathering = native_program.Gathering(native.core)
    gathering.add(function, ())
    done = 0
    while done < len(gathering.functions):
        gathering.look_into(done)
        done += 1
    return read_program(gathering.result()), gathering.functions


def body_of(program):
    def body(number):
        routine = program.routines[number]
        try:
            callee = construct_ssa(routine.code, routine.feedback, number=number)
        except UnsupportedError:
            return None
        PassManager(routine_passes(program, number)).run(callee)
        return callee

    return body


MODULE = "tests_native_reference"


@pytest.fixture
def module(monkeypatch):
    """A module of the name under which classes of the programs are found."""
    made = types.ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, made)
    return made


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(source=programs())
def test_ssa_means_what_the_host_does_before_and_after_each_pass(native, module, source):
    scope = vars(module)
    scope.clear()
    scope["__name__"] = MODULE
    exec(compile(source, "program", "exec"), scope)
    function = scope["f"]
    called = [scope["helper"], scope["pick"]]
    called += [scope["Pair"].__init__, scope["Pair"].sum, scope["Other"].sum]
    called.append(scope["Pair"].twice.fget)

    def run():
        for _ in range(2):
            outcome(function, scope, ARGUMENTS[0])

    with native.sampling([function, *called]):
        run()
    program, functions = described(native, function)
    checker = Checker(functions, scope, ARGUMENTS, source)
    routine = program.routines[0]
    checker.check("before all samples", construct_ssa(routine.code, Feedback()))
    with contextlib.suppress(UnsupportedError):
        ssa = construct_ssa(routine.code, routine.feedback)
        checker.check("before all passes", ssa)
        PassManager(native_passes(program, body_of(program)), observers=[checker]).run(ssa)


def test_every_opcode_has_a_meaning():
    terminators = {name for name, spec in OPCODES.items() if spec.terminator}
    assert SEMANTICS.keys() | terminators == OPCODES.keys()
    assert not SEMANTICS.keys() & terminators


def test_the_rest_of_a_function_runs_from_any_instruction():
    def f(a, b):
        c = a + b
        return c * 2

    store = next(i.pc for i in read_instructions(f.__code__) if i.opcode == "STORE_FAST")
    assert resume(f, store, [1, 2, NULL], [40]) == 80


def test_an_exception_at_an_instruction_finds_its_handlers():
    def f(xs):
        total = 0
        for x in xs:
            try:
                total += x.missing
            except AttributeError as error:
                total += len(str(error))
        return total

    ssa = construct_ssa(f.__code__, Feedback())
    assert interpret(ssa, [f], [[1, 2]]) == f([1, 2])


def test_an_exception_comes_from_the_function():
    def f(x):
        y = x
        return y.missing

    ssa = construct_ssa(f.__code__, Feedback())
    with pytest.raises(AttributeError) as caught:
        interpret(ssa, [f], [1])
    assert traceback.extract_tb(caught.tb)[-1].name == "f"
