"""Random functions, natively and interpreted: results, exceptions and tracebacks are equal.

``DX_FUZZ=N`` runs N programs instead of a few, from ``DX_FUZZ_FIRST`` on; each is its seed's,
so a failure repeats.
"""

from __future__ import annotations

import os
import random
import traceback

import pytest

PROGRAMS = int(os.environ.get("DX_FUZZ", "30"))
FIRST = int(os.environ.get("DX_FUZZ_FIRST", "0"))
VALUES = ("1", "2", "-3", "7", "0", "1.5", "-0.25", "2.0", "True", "2**62", "'s'", "None")
BINARY = ("+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>")
COMPARE = ("<", "<=", "==", "!=", ">", ">=")


class Writer:
    """A function of a, b (numbers, mostly) and xs (a list), with loops that end."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = ["a", "b"]
        self.lines = []

    def function(self):
        for _ in range(self.random.randint(3, 7)):
            self.statement(1)
        kept = ", ".join(self.names)
        return "\n".join(["def f(a, b, xs):", *self.lines, f"    return {kept}, xs"])

    def expression(self, depth=0):
        pick = self.random.random()
        if depth > 2 or pick < 0.45:
            return self.random.choice(self.names)
        if pick < 0.6:
            return self.random.choice(VALUES[:8])
        if pick < 0.67:
            return f"xs[{self.random.randint(-2, 3)}]"
        if pick < 0.72:
            return f"-{self.expression(depth + 1)}"
        operator = self.random.choice(BINARY[:6] if pick < 0.95 else BINARY)
        left, right = self.expression(depth + 1), self.expression(depth + 1)
        if operator in ("**", "<<"):
            left, right = f"({left} % 100)", self.random.choice(("2", "3", "-1"))
        return f"({left} {operator} {right})"

    def assigned(self, depth):
        """In loops numbers must stay small, or the interpreter alone takes for ever."""
        return self.expression() if depth == 1 else f"{self.expression()} % 10007"

    def statement(self, depth):
        indent = "    " * depth
        kind = self.random.random()
        if kind < 0.45 or depth > 3:
            name = self.random.choice(["a", "b", "c", "d"])
            self.lines.append(f"{indent}{name} = {self.assigned(depth)}")
            if name not in self.names and depth == 1:
                self.names.append(name)
        elif kind < 0.55:
            index = self.random.randint(-2, 2)
            self.lines.append(f"{indent}xs[{index}] = {self.assigned(depth)}")
        elif kind < 0.75:
            operator = self.random.choice(COMPARE)
            test = f"{self.expression()} {operator} {self.expression()}"
            self.block(f"{indent}if {test}:", depth)
        elif kind < 0.85:
            self.block(f"{indent}for i in range({self.random.randint(0, 6)}):", depth)
        elif kind < 0.93:
            self.block(f"{indent}for x in xs:", depth)
        else:
            self.block(f"{indent}try:", depth)
            self.lines.append(f"{indent}except (TypeError, ZeroDivisionError):")
            self.lines.append(f"{indent}    a = 0.5")

    def block(self, head, depth):
        self.lines.append(head)
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth + 1)


def outcome(function, a, b, xs):
    xs = list(xs)
    try:
        return repr(function(a, b, xs))
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[1:]
        return type(error), str(error), [(f.name, f.lineno, f.colno) for f in frames], repr(xs)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_a_random_function_does_what_the_interpreter_does(either, seed):
    source = Writer(seed).function()
    namespace = {}
    exec(compile(source, f"program-{seed}", "exec"), namespace)
    function = namespace["f"]
    seen = (3, 2.5, [1.0, 2.0, 3.0, 4.0])
    others = [seen, (2.5, 3, [1, 2, 3, 4]), (7, 2, [1.5, 2, "s"]), (2**62, 5, [0.5] * 4)]
    others += [(True, 0, [1.0]), (0.0, -1.5, []), ("s", 3, [None, 1.0, 2.0])]
    compiled = either.compile(function, seen, seen)
    for arguments in others:
        assert outcome(compiled, *arguments) == outcome(function, *arguments), source
