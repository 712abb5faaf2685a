"""Random programs of classes, calls, exceptions, generators and finalizers, by seed.

A program's ``main`` takes numbers, a list and two objects. What can be seen of it goes into
``seen``: ``look`` writes down the frames of its callers with their lines and locals.
"""

from __future__ import annotations

import random
import sys
import traceback
import warnings
from types import FunctionType, ModuleType

HEAD = """
import sys
import warnings

seen = []


def shape(value, depth=0):
    if isinstance(value, (A, S)) and depth < 2:
        names = sorted(getattr(value, "__dict__", ("x", "y")))
        held = [(name, shape(getattr(value, name, None), depth + 1)) for name in names]
        return type(value).__name__, held
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [shape(item, depth + 1) for item in value]
    return repr(value) if isinstance(value, (int, float, str)) else type(value).__name__


def look(*values):
    frame, found = sys._getframe(1), []
    while frame is not None and frame.f_globals is globals():
        held = frame.f_locals
        names = sorted((name, shape(value)) for name, value in held.items())
        # The frame's copy would keep the locals for as long as the frame object lives.
        held.clear()
        found.append((frame.f_code.co_name, frame.f_lineno, names))
        frame = frame.f_back
    seen.append((shape(values), found))
    return values[0] if values else 0


def warn(value):
    warnings.warn(f"{value}", stacklevel=2)
    return value


class Finalized:
    def __init__(self, number):
        self.number = number

    def __del__(self):
        look(self.number)


def numbers(n, start):
    for i in range(n):
        yield start + i
        start = start * 2 % 1009
"""

BINARY = ("+", "-", "*", "//", "%", "/")
COMPARE = ("<", "<=", "==", "!=", ">", ">=")
CAUGHT = ("TypeError", "ZeroDivisionError", "(ValueError, AttributeError)", "IndexError")


class Writer:
    """Writes one program. ``level`` numbers the routines: each calls those before it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = [HEAD]
        self.names = []
        self.calls = []
        self.in_loop = False

    def program(self):
        self.cls("A", "object", ["tell", "change"])
        self.cls("B", "A", ["tell"])
        self.lines.append(
            "class S:\n    __slots__ = ('x', 'y')\n\n    def __init__(self, x, y=2):\n"
            "        self.x = x\n        self.y = y\n\n    def tell(self, k):\n"
            "        return self.x * k\n\n    def change(self, k):\n        self.x = k\n"
        )
        for name in ("first", "second"):
            self.routine(name, ["a", "b", "o"], 1, "")
            self.calls.append(f"{name}({{}}, {{}}, o)")
        self.routine("main", ["a", "b", "xs", "o", "q"], 1, "", size=(4, 8))
        return "\n".join(self.lines)

    def cls(self, name, base, methods):
        self.lines.append(f"class {name}({base}):")
        if base == "object":
            self.lines.append("    scale = 3\n\n    def __init__(self, x, y=1):")
            self.lines.append("        self.x = x\n        self.y = y\n")
            self.lines.append("    @property\n    def p(self):\n        return self.x\n")
            self.lines.append("    def __add__(self, other):\n        return self.x + 1\n")
        for method in methods:
            self.routine(method, ["self", "k"], 1, "    ", owner="self")

    def routine(self, name, parameters, depth, indent, *, size=(1, 3), owner="o"):
        self.names = [p for p in parameters if p not in ("self", "o", "q", "xs")]
        self.owner, self.has_list = owner, "xs" in parameters
        self.parameters = parameters
        self.lines.append(f"{indent}def {name}({', '.join(parameters)}):")
        self.indent = indent
        for _ in range(self.random.randint(*size)):
            self.statement(depth)
        shown = ", ".join(self.names)
        returned = f"{self.names[0]}" if name != "main" else f"{shown}, xs, o.x"
        self.lines.append(f"{indent}    return {returned}\n")

    def expression(self, depth=0):
        pick = self.random.random()
        if depth > 1 or pick < 0.35:
            return self.random.choice(self.names)
        if pick < 0.5:
            return self.random.choice(("1", "2", "-3", "0", "1.5", "7", "True"))
        if pick < 0.62:
            return f"{self.owner}.{self.random.choice('xxyp')}"
        if pick < 0.67 and self.has_list:
            return f"xs[{self.random.randint(-2, 3)}]"
        if pick < 0.72:
            return f"look({self.expression(depth + 1)})"
        if pick < 0.8 and self.calls:
            call = self.random.choice(self.calls)
            return call.format(self.expression(depth + 1), self.expression(depth + 1))
        if pick < 0.86 and self.owner != "self":
            receiver = self.random.choice("oq" if self.has_list else "o")
            return f"{receiver}.tell({self.expression(depth + 1)})"
        operator = self.random.choice(BINARY)
        return f"({self.expression(depth + 1)} {operator} {self.expression(depth + 1)})"

    def small(self):
        return f"{self.expression()} % 1009"

    def statement(self, depth):
        indent = self.indent + "    " * depth
        add = self.lines.append
        kind = self.random.random()
        if kind < 0.3 or depth > 3:
            name = self.random.choice([*self.names, "c"])
            add(f"{indent}{name} = {self.small()}")
            if depth == 1 and name not in self.names:
                self.names.append(name)
        elif kind < 0.42:
            add(f"{indent}{self.owner}.{self.random.choice('xxyz')} = {self.small()}")
        elif kind < 0.47 and self.has_list:
            add(f"{indent}xs[{self.random.randint(-2, 2)}] = {self.small()}")
        elif kind < 0.52:
            made = self.random.choice(("A(1, {})", "B({})", "S({})", "Finalized({})"))
            add(f"{indent}t = {made.format(self.small())}")
            add(f"{indent}{self.random.choice(('t = None', 'del t', 'look(1)', 't = [t]'))}")
        elif kind < 0.57:
            add(f"{indent}{self.random.choice(('look({})', 'warn({})')).format(self.names[0])}")
        elif kind < 0.61 and self.owner != "self":
            add(f"{indent}o.change({self.small()})")
        elif kind < 0.72:
            test = f"{self.expression()} {self.random.choice(COMPARE)} {self.expression()}"
            self.block(f"{indent}if {test}:", depth)
        elif kind < 0.8:
            self.block(f"{indent}for i in range({self.random.randint(0, 5)}):", depth)
        elif kind < 0.85:
            self.block(f"{indent}for v in numbers({self.random.randint(1, 4)}, 3):", depth)
        elif kind < 0.89 and self.has_list:
            self.block(f"{indent}for v in xs:", depth)
        elif kind < 0.93:
            add(f"{indent}if {self.names[0]} == {self.random.randint(0, 3)}:")
            add(f"{indent}    raise ValueError({self.names[0]})")
        else:
            self.block(f"{indent}try:", depth)
            add(f"{indent}except {self.random.choice(CAUGHT)} as error:")
            add(f"{indent}    look(type(error).__name__)")
            if self.random.random() < 0.4:
                add(f"{indent}finally:")
                add(f"{indent}    look(2)")

    def block(self, head, depth):
        self.lines.append(head)
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth + 1)


class Program:
    """A written program as a module that classes and functions are found in."""

    def __init__(self, seed):
        self.source = Writer(seed).program()
        self.module = ModuleType(f"fuzzed_{seed}")
        sys.modules[self.module.__name__] = self.module
        exec(compile(self.source, f"fuzzed-{seed}", "exec"), self.module.__dict__)

    def close(self):
        del sys.modules[self.module.__name__]

    def routines(self):
        """Those whose native code is under test, callees first."""
        module = self.module
        methods = [
            member
            for cls in (module.A, module.B, module.S)
            for member in vars(cls).values()
            if type(member) is FunctionType
        ]
        return [*methods, module.A.p.fget, module.first, module.second, module.main]

    def arguments(self, case):
        """Of one call; the first cases are those that are sampled."""
        m = self.module
        cases = (
            lambda: (3, 2.5, [1, 2, 3, 4], m.A(2, 3), m.B(4)),
            lambda: (5, 1, [1, 2, 3, 4], m.B(1, 5), m.A(4, 7)),
            lambda: (2.5, 3, [1.0, 2, "s"], m.A(1.5), m.S(2)),
            lambda: (2**62, 5, [0.5] * 4, m.S(3), m.A(0, 0)),
            lambda: (True, 0, [1], m.A("s"), m.A(None)),
            lambda: (0, -1.5, [], m.B(0, 0), m.B(2**70)),
        )
        return cases[case]()

    CASES = 6

    def outcome(self, case):
        """What a call does, as far as anybody can tell."""
        arguments = self.arguments(case)
        seen = self.module.seen
        seen.clear()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            before = [sys.getrefcount(argument) for argument in arguments[2:]]
            ended = self._call(arguments)
            after = [sys.getrefcount(argument) for argument in arguments[2:]]
        shape = self.module.shape
        return (
            ended,
            [a - b for a, b in zip(after, before, strict=True)],
            [shape(argument) for argument in arguments],
            [(str(w.message), w.lineno) for w in warned],
            list(seen),
        )

    def _call(self, arguments):
        try:
            return self.module.shape(self.module.main(*arguments))
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)[1:]
            places = [(f.name, f.lineno, f.end_lineno, f.colno, f.end_colno) for f in frames]
            return type(error).__name__, str(error), places
