"""`from __future__` imports: which features a file asks for, and where it asks too late."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from dx_py.frontend.diagnostics.diagnostic import (
    Category,
    Diagnostic,
    HostPlace,
    Phase,
    span_of,
)

_JOKE = "braces"


@dataclass(frozen=True, slots=True)
class FutureFeatures:
    """`statements` are the imports that count: those before any other statement."""

    names: frozenset[str]
    statements: tuple[ast.ImportFrom, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def postpones_annotations(self) -> bool:
        return "annotations" in self.names


def future_features(tree: ast.mod) -> FutureFeatures:
    body = tree.body if isinstance(tree, ast.Module | ast.Interactive) else []
    statements = tuple(_opening_imports(body))
    asked = [(statement, alias.name) for statement in statements for alias in statement.names]
    known = __future__.all_feature_names
    problems = tuple(
        _unknown_feature(statement, name) for statement, name in asked if name not in known
    )
    return FutureFeatures(frozenset(name for _, name in asked), statements, problems)


def is_future_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _opening_imports(body: Sequence[ast.stmt]) -> list[ast.ImportFrom]:
    """Only a docstring and other such imports may stand before one."""
    found: list[ast.ImportFrom] = []
    for index, statement in enumerate(body):
        match statement:
            case ast.ImportFrom(module="__future__"):
                found.append(statement)
            case ast.Expr(ast.Constant(str())) if index == 0:
                continue
            case _:
                break
    return found


def _unknown_feature(statement: ast.ImportFrom, name: str) -> Diagnostic:
    message = "not a chance" if name == _JOKE else f"future feature {name} is not defined"
    line = statement.lineno
    host = HostPlace(line, statement.col_offset + 1, line, None)
    return Diagnostic(
        message, span_of(statement), Category.SYNTAX_ERROR, Phase.SYMBOLS, host=host
    )
