"""`if`, `while`, `for` and `async for`."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.conditions import jump_if
from dx_py.frontend.lowering.constants import AFTER_AWAIT
from dx_py.frontend.lowering.frame_block import FrameBlock, FrameBlockKind
from dx_py.frontend.lowering.suspension import suspends_module, yield_from_top
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.lowering.unwinding import inside
from dx_py.ir.code_unit import NO_SPAN


def if_statement(unit: Unit, node: ast.If) -> None:
    end = unit.label()
    otherwise = unit.label() if node.orelse else end
    jump_if(unit, node.test, otherwise, condition=False)
    unit.visit_all(node.body)
    if node.orelse:
        unit.jump("JUMP", end, NO_SPAN)
        unit.place(otherwise)
        unit.visit_all(node.orelse)
    unit.place(end)


def while_statement(unit: Unit, node: ast.While) -> None:
    """The condition stands again at the end, so that an iteration jumps once."""
    loop, body, end, exhausted = unit.labels(4)
    unit.place(loop)
    with inside(unit, FrameBlock(FrameBlockKind.WHILE_LOOP, loop, end)):
        jump_if(unit, node.test, exhausted, condition=False)
        unit.place(body)
        unit.visit_all(node.body)
        jump_if(unit, node.test, body, condition=True)
    unit.place(exhausted)
    unit.visit_all(node.orelse)
    unit.place(end)


def for_statement(unit: Unit, node: ast.For) -> None:
    start, body, exhausted, end = unit.labels(4)
    span = span_of(node)
    with inside(unit, FrameBlock(FrameBlockKind.FOR_LOOP, start, end)):
        unit.visit(node.iter)
        unit.emit("GET_ITER", 0, span)
        unit.place(start)
        unit.jump("FOR_ITER", exhausted, span)
        unit.place(body)
        unit.visit(node.target)
        unit.visit_all(node.body)
        unit.jump("JUMP", start, NO_SPAN)
        unit.place(exhausted)
        unit.emit("END_FOR", 0, NO_SPAN)
    unit.visit_all(node.orelse)
    unit.place(end)


def async_for_statement(unit: Unit, node: ast.AsyncFor) -> None:
    suspends_module(unit)
    start, exhausted, end = unit.labels(3)
    span = span_of(node)
    unit.visit(node.iter)
    unit.emit("GET_AITER", 0, span)
    unit.place(start)
    with inside(unit, FrameBlock(FrameBlockKind.FOR_LOOP, start, end)):
        # StopAsyncIteration ends the loop where `__anext__` raises it only.
        unit.jump("SETUP_FINALLY", exhausted, span)
        unit.emit("GET_ANEXT", 0, span)
        yield_from_top(unit, span, resume=AFTER_AWAIT)
        unit.emit("POP_BLOCK", 0, span)
        unit.visit(node.target)
        unit.visit_all(node.body)
        unit.jump("JUMP", start, NO_SPAN)
    unit.place(exhausted)
    unit.emit("END_ASYNC_FOR", 0, span_of(node.iter))
    unit.visit_all(node.orelse)
    unit.place(end)
