"""Printing rules of expressions."""

from __future__ import annotations

import ast

from dx_py.frontend.printing import precedence
from dx_py.frontend.printing.literals import constant_text, string_text
from dx_py.frontend.printing.pieces import (
    Level,
    Operand,
    Piece,
    Pieces,
    operands,
    prints,
    separated,
)


@prints(ast.Name)
def name(node: ast.Name) -> Pieces:
    yield node.id


@prints(ast.Constant)
def constant(node: ast.Constant) -> Pieces:
    if isinstance(node.value, str):
        yield string_text(node.value, node.kind or "")
    else:
        yield constant_text(node.value)


@prints(ast.BinOp)
def binary_operation(node: ast.BinOp) -> Pieces:
    symbol, level = precedence.BINARY[type(node.op)]
    if level is Level.POWER:  # groups to the right, and takes a signed exponent
        yield Operand(node.left, Level.AWAIT)
        yield f" {symbol} "
        yield Operand(node.right, Level.FACTOR)
    else:
        yield Operand(node.left, level)
        yield f" {symbol} "
        yield Operand(node.right, Level(level + 1))


@prints(ast.UnaryOp)
def unary_operation(node: ast.UnaryOp) -> Pieces:
    symbol, level = precedence.UNARY[type(node.op)]
    yield symbol
    yield Operand(node.operand, level)


@prints(ast.BoolOp)
def boolean_operation(node: ast.BoolOp) -> Pieces:
    word, level = precedence.BOOLEAN[type(node.op)]
    yield from separated(operands(node.values, Level(level + 1)), f" {word} ")


@prints(ast.Compare)
def comparison(node: ast.Compare) -> Pieces:
    yield Operand(node.left, Level.BIT_OR)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        yield f" {precedence.COMPARISON[type(operator)]} "
        yield Operand(right, Level.BIT_OR)


@prints(ast.NamedExpr)
def named_expression(node: ast.NamedExpr) -> Pieces:
    yield Operand(node.target, Level.ATOM)
    yield " := "
    yield Operand(node.value, Level.TEST)


@prints(ast.IfExp)
def conditional(node: ast.IfExp) -> Pieces:
    yield Operand(node.body, Level.OR)
    yield " if "
    yield Operand(node.test, Level.OR)
    yield " else "
    yield Operand(node.orelse, Level.TEST)


@prints(ast.Lambda)
def function_literal(node: ast.Lambda) -> Pieces:
    arguments = node.args
    empty = not (
        arguments.posonlyargs
        or arguments.args
        or arguments.vararg
        or arguments.kwonlyargs
        or arguments.kwarg
    )
    yield "lambda" if empty else "lambda "
    yield arguments
    yield ": "
    yield Operand(node.body, Level.TEST)


@prints(ast.Yield)
def yield_value(node: ast.Yield) -> Pieces:
    yield "yield"
    if node.value is not None:
        yield " "
        yield Operand(node.value, Level.TUPLE)


@prints(ast.YieldFrom)
def yield_from(node: ast.YieldFrom) -> Pieces:
    yield "yield from "
    yield Operand(node.value, Level.TEST)


@prints(ast.Await)
def await_value(node: ast.Await) -> Pieces:
    yield "await "
    yield Operand(node.value, Level.PRIMARY)


@prints(ast.Starred)
def starred(node: ast.Starred) -> Pieces:
    yield "*"
    yield Operand(node.value, Level.BIT_OR)


@prints(ast.Attribute)
def attribute(node: ast.Attribute) -> Pieces:
    yield Operand(node.value, Level.PRIMARY)
    yield f".{node.attr}"


@prints(ast.Call)
def call(node: ast.Call) -> Pieces:
    yield Operand(node.func, Level.PRIMARY)
    match node.args, node.keywords:
        case [ast.GeneratorExp()], []:  # its own parentheses are the call's
            yield Operand(node.args[0], Level.ATOM)
        case _:
            yield "("
            yield from call_arguments(node.args, node.keywords)
            yield ")"


def call_arguments(positional: list[ast.expr], keywords: list[ast.keyword]) -> Pieces:
    """Of a call or of a class statement, without the parentheses."""
    yield from separated([*operands(positional, Level.NAMED), *keywords])


@prints(ast.keyword)
def keyword_argument(node: ast.keyword) -> Pieces:
    yield "**" if node.arg is None else f"{node.arg}="
    yield Operand(node.value, Level.TEST)


@prints(ast.Subscript)
def subscript(node: ast.Subscript) -> Pieces:
    yield Operand(node.value, Level.PRIMARY)
    yield "["
    if isinstance(node.slice, ast.Tuple) and node.slice.elts:
        yield from tuple_items(node.slice)
    else:
        yield Operand(node.slice, Level.NAMED)
    yield "]"


@prints(ast.Slice)
def slice_bounds(node: ast.Slice) -> Pieces:
    if node.lower is not None:
        yield Operand(node.lower, Level.TEST)
    yield ":"
    if node.upper is not None:
        yield Operand(node.upper, Level.TEST)
    if node.step is not None:
        yield ":"
        yield Operand(node.step, Level.TEST)


@prints(ast.Tuple)
def tuple_display(node: ast.Tuple) -> Pieces:
    if node.elts:
        yield from tuple_items(node)
    else:
        yield "()"


def tuple_items(node: ast.Tuple) -> Pieces:
    """The items without parentheses; inside them or not, `:=` is parenthesised anew."""
    yield from separated(operands(node.elts, Level.TEST))
    if len(node.elts) == 1:
        yield ","


@prints(ast.List)
def list_display(node: ast.List) -> Pieces:
    yield from enclosed("[", operands(node.elts, Level.NAMED), "]")


@prints(ast.Set)
def set_display(node: ast.Set) -> Pieces:
    """No literal is an empty set; transformers make such nodes."""
    items = operands(node.elts, Level.NAMED)
    yield from enclosed("{", items or ["*()"], "}")


@prints(ast.Dict)
def dict_display(node: ast.Dict) -> Pieces:
    yield "{"
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        yield ", " if index else ""
        if key is None:
            yield "**"
            yield Operand(value, Level.BIT_OR)
        else:
            yield Operand(key, Level.TEST)
            yield ": "
            yield Operand(value, Level.TEST)
    yield "}"


def enclosed(opening: str, items: list[Piece], closing: str) -> Pieces:
    yield opening
    yield from separated(items)
    yield closing


@prints(ast.ListComp)
def list_comprehension(node: ast.ListComp) -> Pieces:
    yield from comprehended("[", node, "]")


@prints(ast.SetComp)
def set_comprehension(node: ast.SetComp) -> Pieces:
    yield from comprehended("{", node, "}")


@prints(ast.GeneratorExp)
def generator_expression(node: ast.GeneratorExp) -> Pieces:
    yield from comprehended("(", node, ")")


def comprehended(
    opening: str, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, closing: str
) -> Pieces:
    yield opening
    yield Operand(node.elt, Level.NAMED)
    yield from node.generators
    yield closing


@prints(ast.DictComp)
def dict_comprehension(node: ast.DictComp) -> Pieces:
    yield "{"
    yield Operand(node.key, Level.TEST)
    yield ": "
    yield Operand(node.value, Level.TEST)
    yield from node.generators
    yield "}"


@prints(ast.comprehension)
def comprehension_clause(node: ast.comprehension) -> Pieces:
    yield " async for " if node.is_async else " for "
    yield Operand(node.target, Level.TUPLE)
    yield " in "
    yield Operand(node.iter, Level.OR)
    for condition in node.ifs:
        yield " if "
        yield Operand(condition, Level.OR)
