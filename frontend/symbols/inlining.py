"""Names of comprehensions that run inside the frame of the scope around them (PEP 709)."""

from __future__ import annotations

from dx_py.frontend.symbols.scope import (
    BOUND,
    Binding,
    Comprehension,
    Scope,
    ScopeKind,
    Symbol,
    Use,
)


def is_inlined(child: Scope, scope: Scope) -> bool:
    """Generator expressions keep their frame; so do comprehensions in annotation scopes that
    read a class namespace."""
    if child.comprehension in (Comprehension.NONE, Comprehension.GENERATOR):
        return False
    return not scope.sees_class


def inline_comprehension(
    scope: Scope, comprehension: Scope, free: set[str], cells: set[str]
) -> None:
    """Move names into `scope`; `free` loses those that `scope` itself binds.

    `cells` gains the names that need a cell although the scope around may not.
    """
    for name, symbol in comprehension.symbols.items():
        if symbol.uses & Use.PARAMETER:
            continue
        if symbol.binding is Binding.CELL or symbol.uses & Use.INLINED_CELL:
            cells.add(name)
        existing = scope.symbols.get(name)
        if existing is None:
            scope.symbols[name] = _moved(scope, name, symbol, free)
        elif _binds(scope, existing) and not _is_free_below(comprehension, name):
            free.discard(name)


def _binds(scope: Scope, symbol: Symbol) -> bool:
    return scope.kind is not ScopeKind.CLASS and bool(symbol.uses & BOUND)


def _moved(scope: Scope, name: str, symbol: Symbol, free: set[str]) -> Symbol:
    in_class = scope.kind is ScopeKind.CLASS
    if in_class and name == "__class__" and symbol.binding is Binding.FREE:
        free.discard(name)
        return Symbol(symbol.uses, Binding.GLOBAL_IMPLICIT)
    return Symbol(symbol.uses, symbol.binding)


def _is_free_below(scope: Scope, name: str) -> bool:
    return any(
        name in child.symbols and child.symbols[name].binding is Binding.FREE
        for child in scope.children
    )
