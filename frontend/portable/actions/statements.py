"""Statements and operations that a reduction reshapes."""

from __future__ import annotations

import ast
from typing import Any

from dx_py.frontend.portable.actions.targets import start_of
from dx_py.frontend.portable.source import Source
from dx_py.frontend.portable.tokens import Span

_ASYNC: dict[type[ast.AST], type[ast.AST]] = {
    ast.FunctionDef: ast.AsyncFunctionDef,
    ast.For: ast.AsyncFor,
    ast.With: ast.AsyncWith,
}


def with_items(source: Source, items: list[ast.withitem], span: Span) -> list[ast.withitem]:
    """``with (a, b):`` parses as one tuple, and means two context managers."""
    sole = items[0].context_expr
    if len(items) > 1 or items[0].optional_vars is not None or not isinstance(sole, ast.Tuple):
        return items
    if (sole.lineno, sole.col_offset) != span.start:
        return items
    stays = any(isinstance(e, ast.Starred) or source.is_bare_walrus(e) for e in sole.elts)
    return items if stays or not sole.elts else context_items(sole.elts)


def context_items(nodes: list[ast.expr]) -> list[ast.withitem]:
    return [ast.withitem(node, None) for node in nodes]


def parenthesised(source: Source, node: ast.expr) -> ast.expr:
    return source.parenthesise(node)


def async_form(node: ast.stmt, span: Span) -> ast.AST:
    fields: dict[str, Any] = vars(node) | dict(
        zip(("lineno", "col_offset"), span.start, strict=True)
    )
    return _ASYNC[type(node)](**fields)


def decorated(
    decorators: list[ast.expr], node: ast.FunctionDef | ast.ClassDef
) -> ast.FunctionDef | ast.ClassDef:
    node.decorator_list = decorators
    return node


def bool_operation(
    op: ast.boolop, left: ast.expr, right: ast.expr, left_span: Span, span: Span
) -> ast.BoolOp:
    (line, column), (end_line, end_column) = span
    chained = isinstance(left, ast.BoolOp) and left.op is op
    if isinstance(left, ast.BoolOp) and chained and start_of(left) == left_span.start:
        left.values.append(right)
        left.end_lineno, left.end_col_offset = end_line, end_column
        return left
    return ast.BoolOp(
        op,
        [left, right],
        lineno=line,
        col_offset=column,
        end_lineno=end_line,
        end_col_offset=end_column,
    )


def comparison_left(items: list[Any]) -> ast.expr:
    left: ast.expr = items[0]
    return left


def comparison_operators(items: list[Any]) -> list[ast.cmpop]:
    return items[1::2]


def comparators(items: list[Any]) -> list[ast.expr]:
    return items[2::2]
