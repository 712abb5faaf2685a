"""The host's symbol tables and ours in one shape."""

from __future__ import annotations

import ast
import symtable
from typing import Any

from dx_py.frontend.semantics.future import future_features
from dx_py.frontend.symbols.analysis import analyse_symbols
from dx_py.frontend.symbols.scope import Scope

_BINDING_SHIFT = 12


def host_table(source: bytes | str) -> Any:
    """Raises the host's SyntaxError."""
    return _host_scope(symtable.symtable(source, "<test>", "exec")._table)


def our_table(source: bytes | str) -> Any:
    tree = ast.parse(source)
    postponed = future_features(tree).postpones_annotations
    analysis = analyse_symbols(tree, future_annotations=postponed)
    assert not analysis.diagnostics
    return our_scope(analysis.module)


def _host_scope(entry: Any) -> Any:
    children = [_host_scope(child) for child in entry.children]
    nested = bool(entry.nested)
    row = (entry.type, entry.name, entry.lineno, nested, entry.varnames)
    return (*row, dict(entry.symbols), children)


def our_scope(scope: Scope) -> Any:
    symbols = {
        name: int(symbol.uses) | int(symbol.binding) << _BINDING_SHIFT
        for name, symbol in scope.symbols.items()
    }
    children = [our_scope(child) for child in scope.children]
    row = (int(scope.kind), scope.name, scope.line, scope.nested, scope.parameters)
    return (*row, symbols, children)
