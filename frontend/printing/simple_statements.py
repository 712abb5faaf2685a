"""Printing rules of the statements that hold no block."""

from __future__ import annotations

import ast

from dx_py.frontend.printing.blocks import type_comment
from dx_py.frontend.printing.pieces import (
    Layout,
    Level,
    Operand,
    Pieces,
    operands,
    prints,
    separated,
)
from dx_py.frontend.printing.precedence import BINARY


@prints(ast.Expr)
def expression_statement(node: ast.Expr) -> Pieces:
    yield Layout.NEWLINE
    yield Operand(node.value, Level.YIELD)


@prints(ast.Assign)
def assignment(node: ast.Assign) -> Pieces:
    yield Layout.NEWLINE
    for target in node.targets:
        yield Operand(target, Level.TUPLE)
        yield " = "
    yield Operand(node.value, Level.YIELD)
    yield type_comment(node)


@prints(ast.AugAssign)
def augmented_assignment(node: ast.AugAssign) -> Pieces:
    yield Layout.NEWLINE
    yield Operand(node.target, Level.PRIMARY)
    yield f" {BINARY[type(node.op)][0]}= "
    yield Operand(node.value, Level.YIELD)


@prints(ast.AnnAssign)
def annotated_assignment(node: ast.AnnAssign) -> Pieces:
    yield Layout.NEWLINE
    enclosed = isinstance(node.target, ast.Name) and not node.simple
    yield "(" if enclosed else ""
    yield Operand(node.target, Level.PRIMARY)
    yield "): " if enclosed else ": "
    yield Operand(node.annotation, Level.TEST)
    if node.value is not None:
        yield " = "
        yield Operand(node.value, Level.YIELD)


@prints(ast.Return)
def return_statement(node: ast.Return) -> Pieces:
    yield Layout.NEWLINE
    yield "return"
    if node.value is not None:
        yield " "
        yield Operand(node.value, Level.TUPLE)


@prints(ast.Delete)
def delete_statement(node: ast.Delete) -> Pieces:
    yield Layout.NEWLINE
    yield "del "
    yield from separated(operands(node.targets, Level.PRIMARY))


@prints(ast.Raise)
def raise_statement(node: ast.Raise) -> Pieces:
    yield Layout.NEWLINE
    yield "raise"
    if node.exc is not None:
        yield " "
        yield Operand(node.exc, Level.TEST)
    if node.cause is not None:
        yield " from "
        yield Operand(node.cause, Level.TEST)


@prints(ast.Assert)
def assert_statement(node: ast.Assert) -> Pieces:
    yield Layout.NEWLINE
    yield "assert "
    yield Operand(node.test, Level.TEST)
    if node.msg is not None:
        yield ", "
        yield Operand(node.msg, Level.TEST)


@prints(ast.Pass)
def pass_statement(node: ast.Pass) -> Pieces:
    yield from _words("pass")


@prints(ast.Break)
def break_statement(node: ast.Break) -> Pieces:
    yield from _words("break")


@prints(ast.Continue)
def continue_statement(node: ast.Continue) -> Pieces:
    yield from _words("continue")


@prints(ast.Global)
def global_statement(node: ast.Global) -> Pieces:
    yield from _words(f"global {', '.join(node.names)}")


@prints(ast.Nonlocal)
def nonlocal_statement(node: ast.Nonlocal) -> Pieces:
    yield from _words(f"nonlocal {', '.join(node.names)}")


def _words(text: str) -> Pieces:
    yield Layout.NEWLINE
    yield text


@prints(ast.Import)
def import_statement(node: ast.Import) -> Pieces:
    yield Layout.NEWLINE
    yield "import "
    yield from separated(node.names)


@prints(ast.ImportFrom)
def from_import_statement(node: ast.ImportFrom) -> Pieces:
    yield Layout.NEWLINE
    yield f"from {'.' * (node.level or 0)}{node.module or ''} import "
    yield from separated(node.names)


@prints(ast.alias)
def imported_name(node: ast.alias) -> Pieces:
    yield node.name
    if node.asname is not None:
        yield f" as {node.asname}"
