"""Which names a module binds, wherever in it, and how often.

A name that is bound once, by a statement of the module itself, means the same in every
function after that statement: no parameter, loop or import of the same name can be meant.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

#: Nodes that bind the identifier in this field, if it is not None.
_NAMED: dict[type[ast.AST], str] = {
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.arg: "arg",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
    ast.TypeVar: "name",
    ast.ParamSpec: "name",
    ast.TypeVarTuple: "name",
}
STAR = "*"


def count_bindings(tree: ast.mod) -> Counter[str]:
    """Identifier -> how many nodes bind, delete or declare it; `*` for star imports."""
    return Counter(name for node in ast.walk(tree) for name in _bound_by(node))


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case ast.Global() | ast.Nonlocal():
            yield from node.names
        case _:
            name = getattr(node, _NAMED.get(type(node), ""), None)
            if name is not None:
                yield name
