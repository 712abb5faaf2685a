"""Simple statements, and sequences of statements."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.annotations import annotation
from dx_py.frontend.lowering.conditions import jump_if
from dx_py.frontend.lowering.constants import BINARY_OPERATORS, IN_PLACE, PRINT
from dx_py.frontend.lowering.expressions import (
    attribute_span,
    is_plain_slice,
    load_attribute,
    slice_bounds,
)
from dx_py.frontend.lowering.names import load_name, store_name
from dx_py.frontend.lowering.unit import Unit, UnitKind, span_of
from dx_py.frontend.lowering.unwinding import leave, unwind
from dx_py.frontend.symbols.mangling import mangle
from dx_py.ir.code_unit import NO_SPAN


def expression_statement(unit: Unit, node: ast.Expr) -> None:
    span = span_of(node)
    if unit.program.is_interactive and unit.kind is UnitKind.MODULE:
        unit.visit(node.value)
        unit.emit("CALL_INTRINSIC_1", PRINT, span)
    elif isinstance(node.value, ast.Constant):
        unit.emit("NOP", 0, span)
        return
    else:
        unit.visit(node.value)
    unit.emit("POP_TOP", 0, NO_SPAN)


def pass_statement(unit: Unit, node: ast.Pass) -> None:
    unit.emit("NOP", 0, span_of(node))


def declaration(unit: Unit, node: ast.Global | ast.Nonlocal) -> None:
    """`global` and `nonlocal` are the symbol table's business."""


def assignment(unit: Unit, node: ast.Assign) -> None:
    unit.visit(node.value)
    *first, last = node.targets
    for target in first:
        unit.emit("COPY", 1, span_of(node))
        unit.visit(target)
    unit.visit(last)


def delete(unit: Unit, node: ast.Delete) -> None:
    unit.visit_all(node.targets)


def augmented_assignment(unit: Unit, node: ast.AugAssign) -> None:
    operator = BINARY_OPERATORS[type(node.op)] + IN_PLACE
    match node.target:
        case ast.Name() as target:
            _augment_name(unit, node, target, operator)
        case ast.Attribute() as target:
            _augment_attribute(unit, node, target, operator)
        case ast.Subscript() as target:
            _augment_subscript(unit, node, target, operator)


def _augment_name(unit: Unit, node: ast.AugAssign, target: ast.Name, operator: int) -> None:
    load_name(unit, target.id, span_of(target))
    unit.visit(node.value)
    unit.emit("BINARY_OP", operator, span_of(node))
    store_name(unit, target.id, span_of(target))


def _augment_attribute(
    unit: Unit, node: ast.AugAssign, target: ast.Attribute, operator: int
) -> None:
    span = span_of(target)
    unit.visit(target.value)
    unit.emit("COPY", 1, span)
    span = attribute_span(span, target)
    load_attribute(unit, target.attr, span)
    unit.visit(node.value)
    unit.emit("BINARY_OP", operator, span_of(node))
    unit.emit("SWAP", 2, span)
    unit.emit_named("STORE_ATTR", target.attr, span)


def _augment_subscript(
    unit: Unit, node: ast.AugAssign, target: ast.Subscript, operator: int
) -> None:
    span, is_slice = span_of(target), is_plain_slice(target.slice)
    unit.visit(target.value)
    if is_slice:
        slice_bounds(unit, target.slice)
    else:
        unit.visit(target.slice)
    kept = 3 if is_slice else 2
    for _ in range(kept):
        unit.emit("COPY", kept, span)
    unit.emit("BINARY_SLICE" if is_slice else "BINARY_SUBSCR", 0, span)
    unit.visit(node.value)
    unit.emit("BINARY_OP", operator, span_of(node))
    for depth in range(kept + 1, 1, -1):
        unit.emit("SWAP", depth, span)
    unit.emit("STORE_SLICE" if is_slice else "STORE_SUBSCR", 0, span)


def annotated_assignment(unit: Unit, node: ast.AnnAssign) -> None:
    target = node.target
    if node.value is not None:
        unit.visit(node.value)
        unit.visit(target)
    if isinstance(target, ast.Name):
        if node.simple and _keeps_annotations(unit):
            _keep_annotation(unit, node, target)
    elif node.value is None:
        _evaluate_target(unit, target)
    if not node.simple and _keeps_annotations(unit) and not unit.program.future_annotations:
        _evaluate(unit, node.annotation)


def _keeps_annotations(unit: Unit) -> bool:
    return unit.kind in (UnitKind.MODULE, UnitKind.CLASS)


def _keep_annotation(unit: Unit, node: ast.AnnAssign, target: ast.Name) -> None:
    span = span_of(node)
    annotation(unit, node.annotation)
    unit.emit_named("LOAD_NAME", "__annotations__", span)
    unit.load_constant(mangle(target.id, unit.class_name), span)
    unit.emit("STORE_SUBSCR", 0, span)


def _evaluate_target(unit: Unit, target: ast.Attribute | ast.Subscript) -> None:
    """A target without a value is evaluated, but for the last step."""
    _evaluate(unit, target.value)
    if isinstance(target, ast.Subscript):
        _evaluate_index(unit, target.slice)


def _evaluate_index(unit: Unit, index: ast.expr) -> None:
    match index:
        case ast.Slice():
            for bound in (index.lower, index.upper, index.step):
                if bound is not None:
                    _evaluate(unit, bound)
        case ast.Tuple():
            for item in index.elts:
                _evaluate_index(unit, item)
        case _:
            _evaluate(unit, index)


def _evaluate(unit: Unit, node: ast.expr) -> None:
    unit.visit(node)
    unit.emit("POP_TOP", 0, span_of(node))


def return_statement(unit: Unit, node: ast.Return) -> None:
    span, value = span_of(node), node.value
    is_computed = value is not None and not isinstance(value, ast.Constant)
    if value is not None:
        if is_computed:
            unit.visit(value)
        else:
            # Its own line is traced.
            span = span_of(value)
            unit.emit("NOP", 0, span)
    if value is None or value.lineno != node.lineno:
        span = span_of(node)
        unit.emit("NOP", 0, span)
    _, span = unwind(unit, span, keep_top=is_computed, to_loop=False)
    if not is_computed:
        unit.load_constant(value.value if isinstance(value, ast.Constant) else None, span)
    unit.emit("RETURN_VALUE", 0, span)


def break_statement(unit: Unit, node: ast.Break) -> None:
    span = span_of(node)
    unit.emit("NOP", 0, span)
    loop, span = unwind(unit, span, keep_top=False, to_loop=True)
    assert loop is not None
    assert loop.end is not None
    span = leave(unit, loop, span, keep_top=False)
    unit.jump("JUMP", loop.end, span)


def continue_statement(unit: Unit, node: ast.Continue) -> None:
    span = span_of(node)
    unit.emit("NOP", 0, span)
    loop, span = unwind(unit, span, keep_top=False, to_loop=True)
    assert loop is not None
    assert loop.start is not None
    unit.jump("JUMP", loop.start, span)


def raise_statement(unit: Unit, node: ast.Raise) -> None:
    count = 0
    for value in (node.exc, node.cause):
        if value is not None:
            unit.visit(value)
            count += 1
    unit.emit("RAISE_VARARGS", count, span_of(node))


def assert_statement(unit: Unit, node: ast.Assert) -> None:
    if unit.program.optimize:
        return
    span, end = span_of(node), unit.label()
    jump_if(unit, node.test, end, condition=True)
    unit.emit("LOAD_ASSERTION_ERROR", 0, span)
    if node.msg is not None:
        unit.visit(node.msg)
        unit.emit("CALL", 0, span)
    unit.emit("RAISE_VARARGS", 1, span)
    unit.place(end)
