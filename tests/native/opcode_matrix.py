"""The opcode matrix: what becomes of each opcode of the host, and the tests that have it.

    python -m tests.native.opcode_matrix > docs/native/opcodes.md

A test has an opcode if a function defined in it, or a program it holds as text, has it.
"""

from __future__ import annotations

import ast
import opcode
import sys
import types
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from dx_py.ir.bytecode import read_instructions
from dx_py.ir.interpreted_opcodes import INTERPRETED
from dx_py.ir.ssa_construction import HANDLERS

from .opcode_examples import EXAMPLES

HERE = Path(__file__).parent
MAX_TESTS = 4
#: Fixtures that compile.
COMPILERS = frozenset({"native", "either"})
#: No interpreter meets them: prefixes, what only the compiler has, what is never dispatched.
NEVER_MET = frozenset(
    name for name, why in INTERPRETED.items() if why.startswith("is never interpreted")
)
HEAD = """\
# Opcodes

What becomes of each instruction of CPython 3.12 in the native tier. *Compiled* ones have a
handler in `ir/ssa_construction.py`; the others stay interpreted by decision, and with them
functions that often run them. Made by `make docs` from the tables and tests.

| opcode | state | tests |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    opcode: str
    state: str
    tests: tuple[str, ...]


def opcodes() -> list[str]:
    """Instrumented forms stand for their base opcode."""
    return sorted(name for name in opcode.opmap if not name.startswith("INSTRUMENTED_"))


def rows() -> list[Row]:
    covered = coverage()
    return [Row(name, _state(name), tuple(covered[name])) for name in opcodes()]


def _state(name: str) -> str:
    if name in HANDLERS:
        return "compiled"
    return f"interpreted: {INTERPRETED.get(name, 'not known to the native tier')}"


def coverage() -> dict[str, list[str]]:
    """Opcode -> tests, that of its example first."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in EXAMPLES:
        found[name].append(f"test_opcodes.py[{name}]")
    for path in sorted(HERE.glob("test_*.py")):
        module = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        for test in module.co_consts:
            if isinstance(test, types.CodeType) and _is_native(test):
                for name in sorted(_opcodes_in(test)):
                    found[name].append(f"{path.name}::{test.co_name}")
    return found


def _is_native(test: types.CodeType) -> bool:
    """Whether it is a test, of functions that it has compiled."""
    arguments = test.co_varnames[: test.co_argcount]
    return test.co_name.startswith("test_") and not COMPILERS.isdisjoint(arguments)


def _opcodes_in(test: types.CodeType) -> set[str]:
    """Of the functions and programs in a test, not of the test itself."""
    found = set()
    for constant in test.co_consts:
        code = _program(constant) if isinstance(constant, str) else constant
        if isinstance(code, types.CodeType):
            found |= {instruction.opcode for instruction in read_instructions(code)}
            found |= _opcodes_in(code)
    return found


def _program(text: str) -> types.CodeType | None:
    if "\n" not in text:
        return None
    try:
        return compile(ast.parse(text), "<text>", "exec")
    except (SyntaxError, ValueError):
        return None


def main() -> None:
    lines = (
        f"| `{row.opcode}` | {row.state} | {', '.join(row.tests[:MAX_TESTS])} |\n"
        for row in rows()
    )
    sys.stdout.write(HEAD + "".join(lines))


if __name__ == "__main__":
    main()
