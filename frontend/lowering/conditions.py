"""Comparisons, `and`, `or`, conditional expressions, and jumps on a condition."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.constants import COMPARISONS
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.ir.code_unit import NO_SPAN, Block, Span


def compare_operator(unit: Unit, operator: ast.cmpop, span: Span) -> None:
    opcode, arg = COMPARISONS[type(operator)]
    unit.emit(opcode, arg, span)


def comparison(unit: Unit, node: ast.Compare) -> None:
    span = span_of(node)
    if len(node.ops) == 1:
        unit.visit(node.left)
        unit.visit(node.comparators[0])
        compare_operator(unit, node.ops[0], span)
        return
    cleanup = unit.label()
    unit.visit(node.left)
    _compare_but_last(unit, node, span, cleanup, keep_result=True)
    compare_operator(unit, node.ops[-1], span)
    end = unit.label()
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(cleanup)
    unit.emit("SWAP", 2, span)
    unit.emit("POP_TOP", 0, span)
    unit.place(end)


def _compare_but_last(
    unit: Unit, node: ast.Compare, span: Span, cleanup: Block, *, keep_result: bool
) -> None:
    """Each operand is evaluated once; a false result leaves for `cleanup` with the operand."""
    for operator, operand in zip(node.ops[:-1], node.comparators, strict=False):
        unit.visit(operand)
        unit.emit("SWAP", 2, span)
        unit.emit("COPY", 2, span)
        compare_operator(unit, operator, span)
        if keep_result:
            unit.emit("COPY", 1, span)
        unit.jump("POP_JUMP_IF_FALSE", cleanup, span)
        if keep_result:
            unit.emit("POP_TOP", 0, span)
    unit.visit(node.comparators[-1])


def boolean_operation(unit: Unit, node: ast.BoolOp) -> None:
    span = span_of(node)
    opcode = "POP_JUMP_IF_FALSE" if isinstance(node.op, ast.And) else "POP_JUMP_IF_TRUE"
    end = unit.label()
    *first, last = node.values
    for value in first:
        unit.visit(value)
        unit.emit("COPY", 1, span)
        unit.jump(opcode, end, span)
        unit.emit("POP_TOP", 0, span)
    unit.visit(last)
    unit.place(end)


def conditional(unit: Unit, node: ast.IfExp) -> None:
    end, otherwise = unit.labels(2)
    jump_if(unit, node.test, otherwise, condition=False)
    unit.visit(node.body)
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(otherwise)
    unit.visit(node.orelse)
    unit.place(end)


def jump_if(unit: Unit, node: ast.expr, target: Block, *, condition: bool) -> None:
    """Jump to `target` if `node` is as true as `condition` says, else go on."""
    match node:
        case ast.UnaryOp(op=ast.Not()):
            jump_if(unit, node.operand, target, condition=not condition)
        case ast.BoolOp():
            _jump_if_any(unit, node, target, condition)
        case ast.IfExp():
            _jump_if_either(unit, node, target, condition)
        case ast.Compare(ops=[_, _, *_]):
            _jump_if_compared(unit, node, target, condition)
        case _:
            unit.visit(node)
            unit.jump(_jump_opcode(condition), target, span_of(node))


def _jump_opcode(condition: bool) -> str:
    return "POP_JUMP_IF_TRUE" if condition else "POP_JUMP_IF_FALSE"


def _jump_if_any(unit: Unit, node: ast.BoolOp, target: Block, condition: bool) -> None:
    decides = isinstance(node.op, ast.Or)
    decided = target if decides == condition else unit.label()
    *first, last = node.values
    for value in first:
        jump_if(unit, value, decided, condition=decides)
    jump_if(unit, last, target, condition=condition)
    if decided is not target:
        unit.place(decided)


def _jump_if_either(unit: Unit, node: ast.IfExp, target: Block, condition: bool) -> None:
    end, otherwise = unit.labels(2)
    jump_if(unit, node.test, otherwise, condition=False)
    jump_if(unit, node.body, target, condition=condition)
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(otherwise)
    jump_if(unit, node.orelse, target, condition=condition)
    unit.place(end)


def _jump_if_compared(unit: Unit, node: ast.Compare, target: Block, condition: bool) -> None:
    unit.announce(node)
    span = span_of(node)
    cleanup = unit.label()
    unit.visit(node.left)
    _compare_but_last(unit, node, span, cleanup, keep_result=False)
    compare_operator(unit, node.ops[-1], span)
    unit.jump(_jump_opcode(condition), target, span)
    end = unit.label()
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(cleanup)
    unit.emit("POP_TOP", 0, span)
    if not condition:
        unit.jump("JUMP", target, NO_SPAN)
    unit.place(end)
