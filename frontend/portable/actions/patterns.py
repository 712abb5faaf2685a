"""Parts of ``match`` patterns."""

from __future__ import annotations

import ast

from dx_py.frontend.portable.actions.targets import refuse_node
from dx_py.frontend.portable.tokens import Span, refuse

ClassPattern = tuple[str | None, ast.pattern]


def wildcard_or_name(name: str) -> str | None:
    return None if name == "_" else name


def capture_name(name: str, span: Span) -> str:
    if name == "_":
        raise refuse("cannot use '_' as a target", *span)
    return name


def rest_name(name: str, span: Span) -> str:
    if name == "_":
        raise refuse("invalid syntax", *span)
    return name


def real_number(node: ast.expr) -> ast.expr:
    number = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(number, ast.Constant) and isinstance(number.value, complex):
        raise refuse_node("real number required in complex literal", node)
    return node


def imaginary_number(node: ast.Constant) -> ast.expr:
    if not isinstance(node.value, complex):
        raise refuse_node("imaginary number required in complex literal", node)
    return node


def positional_patterns(items: list[ClassPattern]) -> list[ast.pattern]:
    after_keyword = False
    for name, pattern in items:
        if name is None and after_keyword:
            raise refuse_node("positional patterns follow keyword patterns", pattern)
        after_keyword |= name is not None
    return [pattern for name, pattern in items if name is None]


def keyword_names(items: list[ClassPattern]) -> list[str]:
    return [name for name, _ in items if name is not None]


def keyword_patterns(items: list[ClassPattern]) -> list[ast.pattern]:
    return [pattern for name, pattern in items if name is not None]
