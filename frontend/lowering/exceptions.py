"""`try` with `except`, `except*`, `else` and `finally`."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.constants import PREPARE_RERAISE_STAR
from dx_py.frontend.lowering.frame_block import FrameBlock, FrameBlockKind
from dx_py.frontend.lowering.names import store_name
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.lowering.unwinding import inside, unbind
from dx_py.frontend.lowering.with_statements import pop_exception_and_reraise
from dx_py.ir.code_unit import NO_SPAN, Block

type AnyTry = ast.Try | ast.TryStar


def try_statement(unit: Unit, node: AnyTry) -> None:
    if node.finalbody:
        _try_finally(unit, node)
    else:
        _try_except(unit, node)


def _try_finally(unit: Unit, node: AnyTry) -> None:
    """The `finally` statements stand twice: after the body, and as a handler."""
    body, failed, done, cleanup = unit.labels(4)
    unit.jump("SETUP_FINALLY", failed, span_of(node))
    unit.place(body)
    final = FrameBlock(FrameBlockKind.FINALLY_BODY, finally_body=tuple(node.finalbody))
    with inside(unit, final):
        if node.handlers:
            _try_except(unit, node)
        else:
            unit.visit_all(node.body)
        unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.visit_all(node.finalbody)
    unit.jump("JUMP", done, NO_SPAN)
    unit.place(failed)
    with inside(unit, FrameBlock(FrameBlockKind.FINALLY_END)):
        unit.jump("SETUP_CLEANUP", cleanup, NO_SPAN)
        unit.emit("PUSH_EXC_INFO", 0, NO_SPAN)
        unit.visit_all(node.finalbody)
        unit.emit("RERAISE", 0, NO_SPAN)
    unit.place(cleanup)
    pop_exception_and_reraise(unit)
    unit.place(done)


def _try_except(unit: Unit, node: AnyTry) -> None:
    if isinstance(node, ast.TryStar):
        _try_except_star(unit, node)
    else:
        _try_except_plain(unit, node)


def _guarded_body(unit: Unit, node: AnyTry, body: Block, handlers: Block) -> None:
    unit.jump("SETUP_FINALLY", handlers, span_of(node))
    unit.place(body)
    with inside(unit, FrameBlock(FrameBlockKind.TRY)):
        unit.visit_all(node.body)
    unit.emit("POP_BLOCK", 0, NO_SPAN)


def _open_handlers(unit: Unit, handlers: Block, cleanup: Block) -> None:
    unit.place(handlers)
    unit.jump("SETUP_CLEANUP", cleanup, NO_SPAN)
    unit.emit("PUSH_EXC_INFO", 0, NO_SPAN)


def _try_except_plain(unit: Unit, node: ast.Try) -> None:
    body, handlers, end, cleanup = unit.labels(4)
    _guarded_body(unit, node, body, handlers)
    unit.visit_all(node.orelse)
    unit.jump("JUMP", end, NO_SPAN)
    _open_handlers(unit, handlers, cleanup)
    with inside(unit, FrameBlock(FrameBlockKind.HANDLER)):
        for handler in node.handlers:
            _except_clause(unit, handler, end)
    unit.emit("RERAISE", 0, NO_SPAN)
    unit.place(cleanup)
    pop_exception_and_reraise(unit)
    unit.place(end)


def _except_clause(unit: Unit, handler: ast.ExceptHandler, end: Block) -> None:
    span, following = span_of(handler), unit.label()
    if handler.type is not None:
        unit.visit(handler.type)
        unit.emit("CHECK_EXC_MATCH", 0, span)
        unit.jump("POP_JUMP_IF_FALSE", following, span)
    if handler.name is None:
        unit.emit("POP_TOP", 0, span)
        unit.place(unit.label())
        with inside(unit, FrameBlock(FrameBlockKind.HANDLER_BODY)):
            unit.visit_all(handler.body)
        unit.emit("POP_BLOCK", 0, NO_SPAN)
        unit.emit("POP_EXCEPT", 0, NO_SPAN)
        unit.jump("JUMP", end, NO_SPAN)
    else:
        _named_clause(unit, handler, handler.name, end)
    unit.place(following)


def _named_clause(unit: Unit, handler: ast.ExceptHandler, name: str, end: Block) -> None:
    """The name is unbound at the end of the clause, however that is reached."""
    span, (failed, body) = span_of(handler), unit.labels(2)
    store_name(unit, name, span)
    _clause_body(unit, handler, body, failed)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.emit("POP_EXCEPT", 0, NO_SPAN)
    unbind(unit, name, NO_SPAN)
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(failed)
    unbind(unit, name, NO_SPAN)
    unit.emit("RERAISE", 1, NO_SPAN)


def _clause_body(unit: Unit, handler: ast.ExceptHandler, body: Block, failed: Block) -> None:
    unit.jump("SETUP_CLEANUP", failed, span_of(handler))
    unit.place(body)
    with inside(unit, FrameBlock(FrameBlockKind.HANDLER_BODY, name=handler.name)):
        unit.visit_all(handler.body)


def _try_except_star(unit: Unit, node: ast.TryStar) -> None:
    """Each clause takes its part of the group; what is left and what is raised goes on.

    The stack during a clause: the original group, a list of what clauses raised, the rest.
    """
    body, handlers, otherwise, end, cleanup, reraise = unit.labels(6)
    _guarded_body(unit, node, body, handlers)
    unit.jump("JUMP", otherwise, NO_SPAN)
    _open_handlers(unit, handlers, cleanup)
    with inside(unit, FrameBlock(FrameBlockKind.STAR_HANDLER)):
        for index, handler in enumerate(node.handlers):
            if index == 0:
                unit.emit("BUILD_LIST", 0, span_of(handler))
                unit.emit("COPY", 2, span_of(handler))
            _star_clause(unit, handler)
        unit.emit("LIST_APPEND", 1, NO_SPAN)
        unit.jump("JUMP", reraise, NO_SPAN)
    unit.place(reraise)
    _reraise_star(unit, end)
    unit.place(cleanup)
    pop_exception_and_reraise(unit)
    unit.place(otherwise)
    unit.visit_all(node.orelse)
    unit.place(end)


def _star_clause(unit: Unit, handler: ast.ExceptHandler) -> None:
    span = span_of(handler)
    following, raised, no_match = unit.labels(3)
    if handler.type is not None:
        unit.visit(handler.type)
        unit.emit("CHECK_EG_MATCH", 0, span)
        unit.emit("COPY", 1, span)
        unit.jump("POP_JUMP_IF_NONE", no_match, span)
    failed, body = unit.labels(2)
    if handler.name is None:
        unit.emit("POP_TOP", 0, span)
    else:
        store_name(unit, handler.name, span)
    _clause_body(unit, handler, body, failed)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    if handler.name is not None:
        unbind(unit, handler.name, NO_SPAN)
    unit.jump("JUMP", following, NO_SPAN)
    unit.place(failed)
    if handler.name is not None:
        unbind(unit, handler.name, NO_SPAN)
    unit.emit("LIST_APPEND", 3, NO_SPAN)
    unit.emit("POP_TOP", 0, NO_SPAN)
    unit.jump("JUMP", raised, NO_SPAN)
    unit.place(following)
    # Holds the line of what comes before.
    unit.emit("NOP", 0, NO_SPAN)
    unit.jump("JUMP", raised, NO_SPAN)
    unit.place(no_match)
    unit.emit("POP_TOP", 0, span)
    unit.place(raised)


def _reraise_star(unit: Unit, end: Block) -> None:
    reraise = unit.label()
    unit.emit("CALL_INTRINSIC_2", PREPARE_RERAISE_STAR, NO_SPAN)
    unit.emit("COPY", 1, NO_SPAN)
    unit.jump("POP_JUMP_IF_NOT_NONE", reraise, NO_SPAN)
    unit.emit("POP_TOP", 0, NO_SPAN)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.emit("POP_EXCEPT", 0, NO_SPAN)
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(reraise)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.emit("SWAP", 2, NO_SPAN)
    unit.emit("POP_EXCEPT", 0, NO_SPAN)
    unit.emit("RERAISE", 0, NO_SPAN)
