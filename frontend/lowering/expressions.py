"""Expressions that are neither calls, displays, conditions nor comprehensions."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.supers import load_super_arguments, names_super
from dx_py.frontend.lowering.suspension import yield_from_top, yield_top
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.ir.code_unit import Instr, Span

_UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.Invert: ("UNARY_INVERT", 0),
    ast.Not: ("UNARY_NOT", 0),
    ast.UAdd: ("CALL_INTRINSIC_1", c.UNARY_POSITIVE),
    ast.USub: ("UNARY_NEGATIVE", 0),
}
_CONVERSIONS = {-1: 0, ord("s"): 1, ord("r"): 2, ord("a"): 3}
_HAS_FORMAT = 4


def constant(unit: Unit, node: ast.Constant) -> None:
    unit.instrs.append(Instr("LOAD_CONST", unit.constant(node.value), span_of(node)))


def binary_operation(unit: Unit, node: ast.BinOp) -> None:
    unit.visit(node.left)
    unit.visit(node.right)
    unit.emit("BINARY_OP", c.BINARY_OPERATORS[type(node.op)], span_of(node))


def unary_operation(unit: Unit, node: ast.UnaryOp) -> None:
    unit.visit(node.operand)
    opcode, arg = _UNARY[type(node.op)]
    unit.emit(opcode, arg, span_of(node))


def named_expression(unit: Unit, node: ast.NamedExpr) -> None:
    unit.visit(node.value)
    unit.emit("COPY", 1, span_of(node))
    unit.visit(node.target)


def attribute(unit: Unit, node: ast.Attribute) -> None:
    if names_super(unit, node):
        load_super_arguments(unit, node.value)
        _load_super_attribute(unit, node)
        return
    unit.visit(node.value)
    span = attribute_span(span_of(node), node)
    context = type(node.ctx)
    if context is ast.Load:
        load_attribute(unit, node.attr, span)
    elif context is ast.Store:
        unit.emit_named("STORE_ATTR", node.attr, span)
    else:
        unit.emit_named("DELETE_ATTR", node.attr, span)


def load_attribute(unit: Unit, name: str, span: Span) -> None:
    unit.emit_named("LOAD_ATTR", name, span)
    unit.instrs[-1].arg <<= 1


def load_method(unit: Unit, name: str, span: Span) -> None:
    """The attribute, and below it the object if it is a method."""
    load_attribute(unit, name, span)
    unit.instrs[-1].arg |= 1


def _load_super_attribute(unit: Unit, node: ast.Attribute) -> None:
    assert isinstance(node.value, ast.Call)
    has_arguments = bool(node.value.args)
    unit.emit_named("LOAD_SUPER_ATTR", node.attr, span_of(node))
    instr = unit.instrs[-1]
    instr.arg = instr.arg << 2 | has_arguments << 1
    # The line of the name is traced.
    unit.emit("NOP", 0, attribute_span(span_of(node), node))


def attribute_span(span: Span, node: ast.Attribute) -> Span:
    """Of an attribute on a later line than its object: the line of its name."""
    line, last, column, end = span
    named_line, named_end = node.end_lineno, node.end_col_offset
    assert named_line is not None
    assert named_end is not None
    if line == named_line:
        return span
    length = len(node.attr)
    column, end = (named_end - length, end) if length <= named_end else (-1, -1)
    last = max(named_line, last)
    return named_line, last, column, max(column, end) if last == named_line else end


def subscript(unit: Unit, node: ast.Subscript) -> None:
    context = type(node.ctx)
    unit.visit(node.value)
    index = node.slice
    if is_plain_slice(index) and context is not ast.Del:
        slice_bounds(unit, index)
        opcode = "BINARY_SLICE" if context is ast.Load else "STORE_SLICE"
    else:
        unit.visit(index)
        opcode = _SUBSCRIPTS[context]
    unit.emit(opcode, 0, span_of(node))


_SUBSCRIPTS: dict[type[ast.expr_context], str] = {
    ast.Load: "BINARY_SUBSCR",
    ast.Store: "STORE_SUBSCR",
    ast.Del: "DELETE_SUBSCR",
}


def is_plain_slice(node: ast.expr) -> bool:
    """A slice without a step."""
    return isinstance(node, ast.Slice) and node.step is None


def slice_expression(unit: Unit, node: ast.Slice) -> None:
    unit.emit("BUILD_SLICE", slice_bounds(unit, node), span_of(node))


def slice_bounds(unit: Unit, node: ast.expr) -> int:
    """Pushes the bounds and the step if there is one; returns how many values."""
    assert isinstance(node, ast.Slice)
    for bound in (node.lower, node.upper):
        if bound is None:
            unit.load_constant(None, span_of(node))
        else:
            unit.visit(bound)
    if node.step is None:
        return 2
    unit.visit(node.step)
    return 3


def joined_string(unit: Unit, node: ast.JoinedStr) -> None:
    span, count = span_of(node), len(node.values)
    if count > c.STACK_LIMIT:
        _join_long(unit, node, span)
        return
    unit.visit_all(node.values)
    if count != 1:
        unit.emit("BUILD_STRING", count, span)


def _join_long(unit: Unit, node: ast.JoinedStr, span: Span) -> None:
    """Many pieces are joined by ``"".join`` on a list."""
    unit.load_constant("", span)
    load_method(unit, "join", span)
    unit.emit("BUILD_LIST", 0, span)
    for piece in node.values:
        unit.visit(piece)
        unit.emit("LIST_APPEND", 1, span)
    unit.emit("CALL", 1, span)


def formatted_value(unit: Unit, node: ast.FormattedValue) -> None:
    unit.visit(node.value)
    arg = _CONVERSIONS[node.conversion]
    if node.format_spec is not None:
        unit.visit(node.format_spec)
        arg |= _HAS_FORMAT
    unit.emit("FORMAT_VALUE", arg, span_of(node))


def yield_value(unit: Unit, node: ast.Yield) -> None:
    span = span_of(node)
    if node.value is None:
        unit.load_constant(None, span)
    else:
        unit.visit(node.value)
    yield_top(unit, span)


def yield_from(unit: Unit, node: ast.YieldFrom) -> None:
    span = span_of(node)
    unit.visit(node.value)
    unit.emit("GET_YIELD_FROM_ITER", 0, span)
    yield_from_top(unit, span, resume=c.AFTER_YIELD_FROM)


def await_value(unit: Unit, node: ast.Await) -> None:
    span = span_of(node)
    unit.visit(node.value)
    unit.emit("GET_AWAITABLE", c.AWAIT_EXPRESSION, span)
    yield_from_top(unit, span, resume=c.AFTER_AWAIT)


def starred(unit: Unit, node: ast.Starred) -> None:
    """Only as the target of an unpacking; what takes stars elsewhere visits their value."""
    if isinstance(node.ctx, ast.Store):
        unit.visit(node.value)
