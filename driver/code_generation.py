"""Code of a tree by our own code generator, or by the host's where ours has a defect."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any, Final

from dx_py.backend.bytecode.compile_tree import compile_tree
from dx_py.driver.internal_error import OWN_ERRORS, InternalError, description
from dx_py.frontend.lowering.module import CompileOptions

STAGE: Final = "codegen"
_MODES: Final[dict[type[ast.AST], str]] = {
    ast.Module: "exec",
    ast.Interactive: "single",
    ast.Expression: "eval",
}


def generate_code(
    make_tree: Callable[[], Any],
    filename: str,
    *,
    optimize: int,
    flags: int = 0,
    strict: bool = False,
) -> CodeType:
    """As ``compile`` of the tree that ``make_tree`` gives, anew whenever it is called; with
    level 3 besides.

    A defect is told in one line on the standard error; it raises InternalError if ``strict``.
    """
    try:
        return compile_tree(make_tree(), filename, optimize=optimize, flags=flags)
    except OWN_ERRORS:
        raise
    except Exception as error:
        problem = description(STAGE, error)
        if strict:
            raise InternalError(problem) from error
        sys.stderr.write(f"dx-py: {problem}; the interpreter's compiler takes its place\n")
    # The first tree may be half changed.
    tree = make_tree()
    level = CompileOptions(optimize).host_level
    code: CodeType = compile(tree, filename, _MODES[type(tree)], flags, True, level)
    return code
