"""Printing rules of modules, blocks and the compound statements that only hold blocks."""

from __future__ import annotations

import ast

from dx_py.frontend.printing.literals import docstring_text
from dx_py.frontend.printing.pieces import (
    Layout,
    Level,
    Operand,
    PatternLevel,
    Pieces,
    operands,
    prints,
    separated,
)


@prints(ast.Module)
def module(node: ast.Module) -> Pieces:
    """`# type: ignore` comments belong to lines, which are not kept: they are left out."""
    yield from statements(node.body, docstring=True)


@prints(ast.Interactive)
def interactive(node: ast.Interactive) -> Pieces:
    """Several statements of a prompt stand on one line."""
    yield from separated(node.body, Layout.SAME_LINE)


@prints(ast.Expression)
def expression(node: ast.Expression) -> Pieces:
    yield Operand(node.body, Level.TUPLE)


@prints(ast.FunctionType)
def function_type(node: ast.FunctionType) -> Pieces:
    yield "("
    yield from separated(operands(node.argtypes, Level.TEST))
    yield ") -> "
    yield Operand(node.returns, Level.TEST)


def block(body: list[ast.stmt], *, docstring: bool = False) -> Pieces:
    yield Layout.INDENT
    yield from statements(body, docstring=docstring)
    yield Layout.DEDENT


def statements(body: list[ast.stmt], *, docstring: bool) -> Pieces:
    match body:
        case [ast.Expr(ast.Constant(str(text), None)), *rest] if docstring:
            yield Layout.NEWLINE
            yield docstring_text(text)
            yield from rest
        case _:
            yield from body


def type_comment(
    node: ast.Assign
    | ast.For
    | ast.AsyncFor
    | ast.With
    | ast.AsyncWith
    | ast.FunctionDef
    | ast.AsyncFunctionDef,
) -> str:
    return f"  # type: {node.type_comment}" if node.type_comment else ""


@prints(ast.If)
def if_statement(node: ast.If) -> Pieces:
    """A chain of `elif`s is a loop here: each nests in the one before, thousands deep."""
    keyword = "if"
    while True:
        yield Layout.NEWLINE
        yield f"{keyword} "
        yield Operand(node.test, Level.NAMED)
        yield ":"
        yield from block(node.body)
        match node.orelse:
            case [ast.If() as node]:
                keyword = "elif"
            case _:
                break
    yield from _clause("else", node.orelse)


def _clause(heading: str, body: list[ast.stmt]) -> Pieces:
    """`heading:` and its block; nothing where the block is absent."""
    if body:
        yield Layout.NEWLINE
        yield f"{heading}:"
        yield from block(body)


@prints(ast.While)
def while_statement(node: ast.While) -> Pieces:
    yield Layout.NEWLINE
    yield "while "
    yield Operand(node.test, Level.NAMED)
    yield ":"
    yield from block(node.body)
    yield from _clause("else", node.orelse)


@prints(ast.For, ast.AsyncFor)
def for_statement(node: ast.For | ast.AsyncFor) -> Pieces:
    yield Layout.NEWLINE
    yield "async for " if isinstance(node, ast.AsyncFor) else "for "
    yield Operand(node.target, Level.TUPLE)
    yield " in "
    yield Operand(node.iter, Level.TUPLE)
    yield f":{type_comment(node)}"
    yield from block(node.body)
    yield from _clause("else", node.orelse)


@prints(ast.Try, ast.TryStar)
def try_statement(node: ast.Try | ast.TryStar) -> Pieces:
    yield from _clause("try", node.body)
    star = "*" if isinstance(node, ast.TryStar) else ""
    for handler in node.handlers:
        yield Layout.NEWLINE
        yield f"except{star}"
        yield handler
    yield from _clause("else", node.orelse)
    yield from _clause("finally", node.finalbody)


@prints(ast.ExceptHandler)
def except_handler(node: ast.ExceptHandler) -> Pieces:
    """What follows the keyword: only the statement knows which of the two it is."""
    if node.type is not None:
        yield " "
        yield Operand(node.type, Level.TEST)
    yield f" as {node.name}:" if node.name else ":"
    yield from block(node.body)


@prints(ast.With, ast.AsyncWith)
def with_statement(node: ast.With | ast.AsyncWith) -> Pieces:
    yield Layout.NEWLINE
    yield "async with " if isinstance(node, ast.AsyncWith) else "with "
    match node.items:
        # One pair of parentheses would enclose a list of items.
        case [ast.withitem(context_expr=ast.Tuple(elts=[_, *_]), optional_vars=None)]:
            yield "("
            yield node.items[0]
            yield ")"
        case _:
            yield from separated(node.items)
    yield f":{type_comment(node)}"
    yield from block(node.body)


@prints(ast.withitem)
def with_item(node: ast.withitem) -> Pieces:
    yield Operand(node.context_expr, Level.TEST)
    if node.optional_vars is not None:
        yield " as "
        yield Operand(node.optional_vars, Level.TEST)


@prints(ast.Match)
def match_statement(node: ast.Match) -> Pieces:
    yield Layout.NEWLINE
    yield "match "
    yield Operand(node.subject, Level.NAMED)
    yield ":"
    yield Layout.INDENT
    yield from node.cases
    yield Layout.DEDENT


@prints(ast.match_case)
def case_clause(node: ast.match_case) -> Pieces:
    yield Layout.NEWLINE
    yield "case "
    yield Operand(node.pattern, PatternLevel.AS)
    if node.guard is not None:
        yield " if "
        yield Operand(node.guard, Level.NAMED)
    yield ":"
    yield from block(node.body)
