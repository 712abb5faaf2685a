"""Leaving blocks by `break`, `continue` and `return`: what each block has to do on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dx_py.frontend.lowering.constants import AWAIT_EXIT
from dx_py.frontend.lowering.frame_block import FrameBlock, FrameBlockKind
from dx_py.frontend.lowering.names import delete_name, store_name
from dx_py.frontend.lowering.suspension import await_top
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.ir.code_unit import NO_SPAN, Span

_LOOPS = (FrameBlockKind.WHILE_LOOP, FrameBlockKind.FOR_LOOP)


@contextmanager
def inside(unit: Unit, block: FrameBlock) -> Iterator[None]:
    unit.frame_blocks.append(block)
    yield
    unit.frame_blocks.pop()


def unwind(
    unit: Unit, span: Span, *, keep_top: bool, to_loop: bool
) -> tuple[FrameBlock | None, Span]:
    """Leave every block, or those inside the innermost loop.

    ``keep_top``: the top of the stack is a value to return. Returns that loop, and the
    place of what follows: none after statements that seem to run last.
    """
    left: list[FrameBlock] = []
    loop: FrameBlock | None = None
    while unit.frame_blocks:
        block = unit.frame_blocks[-1]
        if to_loop and block.kind in _LOOPS:
            loop = block
            break
        left.append(unit.frame_blocks.pop())
        span = leave(unit, block, span, keep_top=keep_top)
    unit.frame_blocks.extend(reversed(left))
    return loop, span


def leave(unit: Unit, block: FrameBlock, span: Span, *, keep_top: bool) -> Span:
    match block.kind:
        case FrameBlockKind.FOR_LOOP | FrameBlockKind.VALUE:
            _drop(unit, span, keep_top)
        case FrameBlockKind.TRY:
            unit.emit("POP_BLOCK", 0, span)
        case FrameBlockKind.FINALLY_BODY:
            _leave_finally_body(unit, block, span, keep_top)
            return NO_SPAN
        case FrameBlockKind.FINALLY_END:
            _drop(unit, span, keep_top)
            _swap_below(unit, span, keep_top)
            unit.emit("POP_BLOCK", 0, span)
            unit.emit("POP_EXCEPT", 0, span)
        case FrameBlockKind.WITH | FrameBlockKind.ASYNC_WITH:
            _leave_with(unit, block, keep_top)
            return NO_SPAN
        case FrameBlockKind.HANDLER_BODY:
            _leave_handler(unit, block, span, keep_top)
        case _:
            pass
    return span


def _drop(unit: Unit, span: Span, keep_top: bool) -> None:
    """Drop the value under the one to keep."""
    _swap_below(unit, span, keep_top)
    unit.emit("POP_TOP", 0, span)


def _swap_below(unit: Unit, span: Span, keep_top: bool) -> None:
    if keep_top:
        unit.emit("SWAP", 2, span)


def _leave_finally_body(unit: Unit, block: FrameBlock, span: Span, keep_top: bool) -> None:
    unit.emit("POP_BLOCK", 0, span)
    if keep_top:
        with inside(unit, FrameBlock(FrameBlockKind.VALUE)):
            unit.visit_all(block.finally_body)
    else:
        unit.visit_all(block.finally_body)


def _leave_with(unit: Unit, block: FrameBlock, keep_top: bool) -> None:
    assert block.statement is not None
    span = span_of(block.statement)
    unit.emit("POP_BLOCK", 0, span)
    _swap_below(unit, span, keep_top)
    call_exit_without_exception(unit, span)
    if block.kind is FrameBlockKind.ASYNC_WITH:
        await_top(unit, span, whom=AWAIT_EXIT)
    unit.emit("POP_TOP", 0, span)


def call_exit_without_exception(unit: Unit, span: Span) -> None:
    """`__exit__(None, None, None)`."""
    for _ in range(3):
        unit.load_constant(None, span)
    unit.emit("CALL", 2, span)


def _leave_handler(unit: Unit, block: FrameBlock, span: Span, keep_top: bool) -> None:
    if block.name is not None:
        unit.emit("POP_BLOCK", 0, span)
    _swap_below(unit, span, keep_top)
    unit.emit("POP_BLOCK", 0, span)
    unit.emit("POP_EXCEPT", 0, span)
    if block.name is not None:
        unbind(unit, block.name, span)


def unbind(unit: Unit, name: str, span: Span) -> None:
    """End the name of an `except` clause, bound by then or not."""
    unit.load_constant(None, span)
    store_name(unit, name, span)
    delete_name(unit, name, span)
