"""A tree to a code object: the whole way, as `compile()` goes it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

from dx_py.backend.bytecode.assembler import assemble
from dx_py.frontend.lowering.module import CompileOptions, lower_tree

_RECURSION_LIMIT = 30_000


def compile_tree(
    tree: ast.mod, filename: str, *, optimize: int = 0, flags: int = 0
) -> CodeType:
    """Uses the tree up. Raises SyntaxError and gives warnings as the host's `compile`."""
    with deep_recursion():
        unit = lower_tree(tree, filename, CompileOptions(optimize, flags))
        return assemble(unit, filename)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Trees nest deeper than Python's calls may: `1 + 1 + ...` is a level for each sign."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
