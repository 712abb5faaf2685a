"""Printing rules of functions, classes, type aliases and their parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dx_py.frontend.printing.blocks import block, type_comment
from dx_py.frontend.printing.expressions import call_arguments
from dx_py.frontend.printing.pieces import (
    Layout,
    Level,
    Operand,
    Piece,
    Pieces,
    prints,
    separated,
)


@prints(ast.FunctionDef, ast.AsyncFunctionDef)
def function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Pieces:
    yield Layout.BLANK_LINE
    yield from _decorators(node.decorator_list)
    yield Layout.NEWLINE
    yield "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
    yield node.name
    yield from _type_parameters(node.type_params)
    yield "("
    yield node.args
    yield ")"
    if node.returns is not None:
        yield " -> "
        yield Operand(node.returns, Level.TEST)
    yield f":{type_comment(node)}"
    yield from block(node.body, docstring=True)
    yield Layout.BLANK_LINE


@prints(ast.ClassDef)
def class_definition(node: ast.ClassDef) -> Pieces:
    yield Layout.BLANK_LINE
    yield from _decorators(node.decorator_list)
    yield Layout.NEWLINE
    yield f"class {node.name}"
    yield from _type_parameters(node.type_params)
    if node.bases or node.keywords:
        yield "("
        yield from call_arguments(node.bases, node.keywords)
        yield ")"
    yield ":"
    yield from block(node.body, docstring=True)
    yield Layout.BLANK_LINE


def _decorators(nodes: list[ast.expr]) -> Pieces:
    for node in nodes:
        yield Layout.NEWLINE
        yield "@"
        yield Operand(node, Level.NAMED)


def _type_parameters(nodes: list[ast.type_param]) -> Pieces:
    if nodes:
        yield "["
        yield from separated(nodes)
        yield "]"


@prints(ast.TypeVar)
def type_variable(node: ast.TypeVar) -> Pieces:
    yield node.name
    if node.bound is not None:
        yield ": "
        yield Operand(node.bound, Level.TEST)


@prints(ast.TypeVarTuple)
def type_variable_tuple(node: ast.TypeVarTuple) -> Pieces:
    yield f"*{node.name}"


@prints(ast.ParamSpec)
def parameter_specification(node: ast.ParamSpec) -> Pieces:
    yield f"**{node.name}"


@prints(ast.TypeAlias)
def type_alias(node: ast.TypeAlias) -> Pieces:
    yield Layout.NEWLINE
    yield "type "
    yield Operand(node.name, Level.ATOM)
    yield from _type_parameters(node.type_params)
    yield " = "
    yield Operand(node.value, Level.TEST)


@prints(ast.arguments)
def parameters(node: ast.arguments) -> Pieces:
    """On one line, or one to a line where type comments end them."""
    items = list(_parameter_items(node))
    broken = any(comment for _, comment in items)
    for index, (pieces, comment) in enumerate(items, start=1):
        if broken:
            yield Layout.NEWLINE
        yield from pieces
        if index < len(items):
            yield "," if broken else ", "
        if comment:
            yield f"  # type: {comment}"
    if broken:
        yield Layout.NEWLINE


def _parameter_items(node: ast.arguments) -> Iterator[tuple[list[Piece], str | None]]:
    """Each parameter with its type comment, the bare `/` and `*` among them."""
    positional = node.posonlyargs + node.args
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
    defaults += node.defaults
    for index, (parameter, default) in enumerate(zip(positional, defaults, strict=True), 1):
        yield _parameter(parameter, default)
        if index == len(node.posonlyargs):
            yield ["/"], None
    if node.vararg is not None:
        yield ["*", node.vararg], node.vararg.type_comment
    elif node.kwonlyargs:
        yield ["*"], None
    for parameter, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        yield _parameter(parameter, default)
    if node.kwarg is not None:
        yield ["**", node.kwarg], node.kwarg.type_comment


def _parameter(node: ast.arg, default: ast.expr | None) -> tuple[list[Piece], str | None]:
    pieces: list[Piece] = [node]
    if default is not None:
        pieces += ["=" if node.annotation is None else " = ", Operand(default, Level.TEST)]
    return pieces, node.type_comment


@prints(ast.arg)
def parameter_name(node: ast.arg) -> Pieces:
    yield node.arg
    if node.annotation is not None:
        yield ": "
        yield Operand(node.annotation, Level.TEST)
