"""Operators and contexts as roots of their own: `unparse` takes any node."""

from __future__ import annotations

import ast

from dx_py.frontend.printing.pieces import Pieces, prints
from dx_py.frontend.printing.precedence import BINARY, BOOLEAN, COMPARISON, UNARY


@prints(ast.operator)
def binary_operator(node: ast.operator) -> Pieces:
    yield BINARY[type(node)][0]


@prints(ast.unaryop)
def unary_operator(node: ast.unaryop) -> Pieces:
    yield UNARY[type(node)][0].strip()


@prints(ast.boolop)
def boolean_operator(node: ast.boolop) -> Pieces:
    yield BOOLEAN[type(node)][0]


@prints(ast.cmpop)
def comparison_operator(node: ast.cmpop) -> Pieces:
    yield COMPARISON[type(node)]


@prints(ast.expr_context, ast.type_ignore)
def no_text(node: ast.expr_context | ast.type_ignore) -> Pieces:
    yield ""
