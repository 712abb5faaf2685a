"""Scopes as the payload of an artifact of kind `symbols`, and back.

The tree of scopes is a flat list, parents before children, so that its depth costs the reader
no recursion. Symbols are triples of name, `Use` and `Binding`, in order of first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dx_py.artifacts.artifact import Artifact
from dx_py.frontend.symbols.scope import Binding, Comprehension, Scope, ScopeKind, Symbol, Use

KIND = "symbols"
SCHEMA = 1

_NO_PARENT = -1
_FLAGS = (
    "nested",
    "sees_class",
    "is_generator",
    "is_coroutine",
    "has_free",
    "needs_class_cell",
    "needs_class_dict",
)


def symbols_artifact(module: Scope) -> Artifact:
    return Artifact(KIND, SCHEMA, to_payload(module))


def to_payload(module: Scope) -> dict[str, Any]:
    scopes: list[dict[str, Any]] = []
    pending = [(module, _NO_PARENT)]
    while pending:
        scope, parent = pending.pop()
        index = len(scopes)
        scopes.append(_scope_payload(scope, parent))
        pending += [(child, index) for child in reversed(scope.children)]
    return {"scopes": scopes}


def _scope_payload(scope: Scope, parent: int) -> dict[str, Any]:
    return {
        "kind": int(scope.kind),
        "name": scope.name,
        "line": scope.line,
        "column": scope.column,
        "parent": parent,
        "comprehension": int(scope.comprehension),
        "parameters": list(scope.parameters),
        "symbols": [
            [name, int(symbol.uses), int(symbol.binding)]
            for name, symbol in scope.symbols.items()
        ],
        "flags": [name for name in _FLAGS if getattr(scope, name)],
    }


def from_payload(payload: Mapping[str, Any]) -> Scope:
    scopes: list[Scope] = []
    for entry in payload["scopes"]:
        scope = _scope_from(entry)
        if entry["parent"] != _NO_PARENT:
            scopes[entry["parent"]].children.append(scope)
        scopes.append(scope)
    return scopes[0]


def _scope_from(entry: Mapping[str, Any]) -> Scope:
    scope = Scope(
        kind=ScopeKind(entry["kind"]),
        name=entry["name"],
        line=entry["line"],
        column=entry["column"],
        nested="nested" in entry["flags"],
        comprehension=Comprehension(entry["comprehension"]),
        parameters=list(entry["parameters"]),
        symbols={
            name: Symbol(Use(uses), Binding(binding))
            for name, uses, binding in entry["symbols"]
        },
    )
    for name in entry["flags"]:
        setattr(scope, name, True)
    return scope
