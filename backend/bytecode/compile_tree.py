"""A tree to a code object: the whole way, as `compile()` goes it."""

from __future__ import annotations

import ast
from types import CodeType

from dx_py.backend.bytecode.assembler import assemble
from dx_py.frontend.lowering.module import CompileOptions, lower_tree


def compile_tree(
    tree: ast.mod, filename: str, *, optimize: int = 0, flags: int = 0
) -> CodeType:
    """Uses the tree up. Raises SyntaxError and gives warnings as the host's `compile`."""
    return assemble(lower_tree(tree, filename, CompileOptions(optimize, flags)), filename)
