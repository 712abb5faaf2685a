"""Where a frame suspends: `yield`, `yield from` and `await`, given the value on the stack."""

from __future__ import annotations

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.unit import Unit, UnitKind
from dx_py.ir.code_unit import NO_SPAN, Instr, Span


def yield_top(unit: Unit, span: Span) -> None:
    if unit.scope.is_generator and unit.scope.is_coroutine:
        unit.emit("CALL_INTRINSIC_1", c.WRAP_ASYNC_VALUE, span)
    unit.emit("YIELD_VALUE", 0, span)
    unit.emit("RESUME", c.AFTER_YIELD, span)


def yield_from_top(unit: Unit, span: Span, *, resume: int) -> None:
    """Pass on what the iterator on the stack yields, and leave its result."""
    unit.load_constant(None, span)
    send, fail, done = unit.labels(3)
    unit.place(send)
    unit.jump("SEND", done, span)
    # StopIteration can come out of the yield by close() or throw() only.
    unit.jump("SETUP_FINALLY", fail, span)
    unit.emit("YIELD_VALUE", 0, span)
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.emit("RESUME", resume, span)
    unit.jump("JUMP_NO_INTERRUPT", send, span)
    unit.place(fail)
    unit.emit("CLEANUP_THROW", 0, span)
    unit.place(done)
    unit.emit("END_SEND", 0, span)


def await_top(unit: Unit, span: Span, *, whom: int) -> None:
    """Await the result of `__aenter__` or `__aexit__`."""
    unit.emit("GET_AWAITABLE", whom, span)
    yield_from_top(unit, span, resume=c.AFTER_AWAIT)


def turn_stop_iteration_into_error(unit: Unit) -> None:
    """Make StopIteration out of the whole unit a RuntimeError (PEP 479)."""
    handler = unit.label()
    unit.code.blocks[0].instrs.insert(0, Instr("SETUP_CLEANUP", 0, NO_SPAN, handler))
    unit.load_constant(None, NO_SPAN)
    unit.emit("RETURN_VALUE", 0, NO_SPAN)
    unit.place(handler)
    unit.emit("CALL_INTRINSIC_1", c.STOP_ITERATION_ERROR, NO_SPAN)
    unit.emit("RERAISE", 1, NO_SPAN)


def suspends_module(unit: Unit) -> None:
    """`async for` and `async with` make a module a coroutine, where it may be one."""
    if unit.program.top_level_await and unit.kind is UnitKind.MODULE:
        unit.scope.is_coroutine = True
