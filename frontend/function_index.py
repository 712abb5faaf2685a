"""Where each code object's subtree stands in an AST artifact, by qualified name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """One function, lambda, class or generator expression.

    ``first_line`` is the code object's ``co_firstlineno`` (that of the first decorator),
    ``line`` the node's own; ``tree[start:end]`` are its bytes. Names are lexical: a function
    declared ``global`` keeps the prefix of the function around it.
    """

    name: str
    first_line: int
    line: int
    start: int
    end: int

    def to_list(self) -> list[object]:
        return [self.name, self.first_line, self.line, self.start, self.end]


#: The field of a scope that is evaluated inside it; the others belong to the enclosing scope.
_INNER_FIELDS: dict[type[ast.AST], str] = {
    ast.FunctionDef: "body",
    ast.AsyncFunctionDef: "body",
    ast.ClassDef: "body",
    ast.Lambda: "body",
    ast.GeneratorExp: "elt",
}


@dataclass(slots=True)
class Scopes:
    """Collects entries in the order in which their nodes begin."""

    entries: list[FunctionEntry] = field(default_factory=list)
    _prefix: str = ""

    def add(self, node: ast.AST, start: int) -> tuple[int, str, str] | None:
        """A mark for ``inside`` and ``close``, or None if ``node`` is no scope."""
        inner = _INNER_FIELDS.get(type(node))
        if inner is None:
            return None
        name = self._prefix + _own_name(node)
        line: int = node.lineno  # type: ignore[attr-defined]
        self.entries.append(FunctionEntry(name, _first_line(node), line, start, 0))
        suffix = "." if isinstance(node, ast.ClassDef) else ".<locals>."
        return len(self.entries) - 1, inner, name + suffix

    @contextmanager
    def inside(self, scope: tuple[int, str, str] | None, field_name: str) -> Iterator[None]:
        """While the field is written, names have the scope's prefix if the field is inner."""
        outer = self._prefix
        if scope is not None and scope[1] == field_name:
            self._prefix = scope[2]
        yield
        self._prefix = outer

    def close(self, scope: tuple[int, str, str], end: int) -> None:
        self.entries[scope[0]] = replace(self.entries[scope[0]], end=end)


def _own_name(node: ast.AST) -> str:
    match node:
        case ast.Lambda():
            return "<lambda>"
        case ast.GeneratorExp():
            return "<genexpr>"
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return name
    raise TypeError(f"{type(node).__name__} is no scope")


def _first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first: int = (decorators[0] if decorators else node).lineno  # type: ignore[attr-defined]
    return first
