"""`with` and `async with`."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.constants import AWAIT_ENTER, AWAIT_EXIT
from dx_py.frontend.lowering.frame_block import FrameBlock, FrameBlockKind
from dx_py.frontend.lowering.suspension import await_top, suspends_module
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.lowering.unwinding import call_exit_without_exception, inside
from dx_py.ir.code_unit import NO_SPAN, Block, Span

type With = ast.With | ast.AsyncWith


def with_statement(unit: Unit, node: With) -> None:
    _with_item(unit, node, 0)


def _with_item(unit: Unit, node: With, index: int) -> None:
    """One context manager around the next, the last around the body."""
    item, span = node.items[index], span_of(node)
    is_async = isinstance(node, ast.AsyncWith)
    if is_async:
        suspends_module(unit)
    body, failed, done, cleanup = unit.labels(4)
    unit.visit(item.context_expr)
    _enter(unit, span, is_async=is_async)
    unit.jump("SETUP_WITH", failed, span)
    unit.place(body)
    kind = FrameBlockKind.ASYNC_WITH if is_async else FrameBlockKind.WITH
    with inside(unit, FrameBlock(kind, statement=node)):
        if item.optional_vars is None:
            unit.emit("POP_TOP", 0, span)
        else:
            unit.visit(item.optional_vars)
        if index + 1 < len(node.items):
            _with_item(unit, node, index + 1)
        else:
            unit.visit_all(node.body)
    # In an `async with` the end of the body is a place of the statement.
    unit.emit("POP_BLOCK", 0, span if is_async else NO_SPAN)
    call_exit_without_exception(unit, span)
    if is_async:
        await_top(unit, span, whom=AWAIT_EXIT)
    unit.emit("POP_TOP", 0, span)
    unit.jump("JUMP", done, span)
    unit.place(failed)
    _exit_with_exception(unit, span, cleanup, is_async=is_async)
    unit.place(done)


def _enter(unit: Unit, span: Span, *, is_async: bool) -> None:
    if is_async:
        unit.emit("BEFORE_ASYNC_WITH", 0, span)
        await_top(unit, span, whom=AWAIT_ENTER)
    else:
        unit.emit("BEFORE_WITH", 0, span)


def _exit_with_exception(unit: Unit, span: Span, cleanup: Block, *, is_async: bool) -> None:
    """`__exit__` with the exception; what it returns decides whether that goes on."""
    suppressed, done = unit.labels(2)
    unit.jump("SETUP_CLEANUP", cleanup, span)
    unit.emit("PUSH_EXC_INFO", 0, span)
    unit.emit("WITH_EXCEPT_START", 0, span)
    if is_async:
        await_top(unit, span, whom=AWAIT_EXIT)
    unit.jump("POP_JUMP_IF_TRUE", suppressed, NO_SPAN)
    unit.emit("RERAISE", 2, NO_SPAN)
    unit.place(suppressed)
    unit.emit("POP_TOP", 0, NO_SPAN)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.emit("POP_EXCEPT", 0, NO_SPAN)
    unit.emit("POP_TOP", 0, NO_SPAN)
    unit.emit("POP_TOP", 0, NO_SPAN)
    unit.jump("JUMP", done, NO_SPAN)
    unit.place(cleanup)
    pop_exception_and_reraise(unit)
    unit.place(done)


def pop_exception_and_reraise(unit: Unit) -> None:
    """An exception inside a handler: forget the handled one and go on with the new one."""
    unit.emit("COPY", 3, NO_SPAN)
    unit.emit("POP_EXCEPT", 0, NO_SPAN)
    unit.emit("RERAISE", 1, NO_SPAN)
