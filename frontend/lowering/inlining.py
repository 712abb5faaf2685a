"""Names of an inlined comprehension inside the frame around it (PEP 709).

What the comprehension binds has fast slots while it runs, whatever the names mean outside; the
values that the slots held before wait on the stack, under the iterator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dx_py.frontend.lowering.unit import Unit
from dx_py.frontend.symbols.scope import Binding, Scope, ScopeKind, Symbol, Use
from dx_py.ir.code_unit import NO_SPAN, Span


@contextmanager
def inlined_names(unit: Unit, scope: Scope, span: Span) -> Iterator[None]:
    """With the iterator on top of the stack before, and the result after."""
    in_class = unit.scope.kind is ScopeKind.CLASS and not unit.inlined_depth
    unit.inlined_depth += 1
    overridden: dict[str, Binding | None] = {}
    hidden: list[str] = []
    saved: list[str] = []
    for name, symbol in scope.symbols.items():
        # In a class body every name it uses means something else.
        if not (in_class or _binds(symbol)):
            continue
        if not unit.is_function_like and not unit.hidden.get(name):
            unit.hidden[name] = True
            hidden.append(name)
        outside = unit.bindings.get(name)
        if symbol.binding is not outside and not _stays_free(symbol, outside):
            overridden[name] = outside
            unit.bindings[name] = symbol.binding
        _save(unit, name, symbol, outside, span)
        saved.append(name)
    yield from _with_saved(unit, saved, span)
    unit.inlined_depth -= 1
    for name, outside in overridden.items():
        if outside is None:
            del unit.bindings[name]
        else:
            unit.bindings[name] = outside
    unit.hidden.update(dict.fromkeys(hidden, False))


def _stays_free(symbol: Symbol, outside: Binding | None) -> bool:
    """A cell in the comprehension that is a free variable outside uses the latter's slot."""
    return symbol.binding is Binding.CELL and outside is Binding.FREE


def _binds(symbol: Symbol) -> bool:
    return bool(symbol.uses & Use.LOCAL) and not symbol.uses & Use.NONLOCAL


def _save(unit: Unit, name: str, symbol: Symbol, outside: Binding | None, span: Span) -> None:
    unit.emit("LOAD_FAST_AND_CLEAR", unit.variable(name), span)
    if symbol.binding is Binding.CELL:
        cells = unit.free if _stays_free(symbol, outside) else unit.cells
        unit.emit("MAKE_CELL", cells[name], span)


def _with_saved(unit: Unit, saved: list[str], span: Span) -> Iterator[None]:
    if not saved:
        yield
        return
    cleanup, end = unit.labels(2)
    unit.emit("SWAP", len(saved) + 1, span)
    unit.jump("SETUP_FINALLY", cleanup, span)
    yield
    unit.emit("POP_BLOCK", 0, NO_SPAN)
    unit.jump("JUMP", end, NO_SPAN)
    unit.place(cleanup)
    # The unfinished result is under the exception.
    unit.emit("SWAP", 2, NO_SPAN)
    unit.emit("POP_TOP", 0, NO_SPAN)
    _restore(unit, saved, span)
    unit.emit("RERAISE", 0, NO_SPAN)
    unit.place(end)
    _restore(unit, saved, span)


def _restore(unit: Unit, saved: list[str], span: Span) -> None:
    unit.emit("SWAP", len(saved) + 1, span)
    for name in reversed(saved):
        unit.emit("STORE_FAST_MAYBE_NULL", unit.variable(name), span)
