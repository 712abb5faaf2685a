"""A build graph: rules, edges and pools, in ninja's words, checked before it is written."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dx_py.artifacts.errors import DxError


class GraphError(DxError):
    """A graph that ninja could not run, or would run otherwise than meant."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name`` in a command: a variable of the edge, or ninja's own ``in`` and ``out``."""

    name: str


#: A word of a command line, passed to the program as it is, or a variable's words.
Word = str | Variable


@dataclass(frozen=True, slots=True)
class Pool:
    """At most ``depth`` edges of the rules in this pool run at once."""

    name: str
    depth: int


@dataclass(frozen=True, slots=True)
class Rule:
    """How outputs are made from inputs.

    ``restat``: the command leaves outputs alone that would not change, and what depends on
    them does not run then. ``generator``: the command writes the graph itself.
    ``inputs_file``: the inputs' names are written there, one a line, for command lines
    longer than a system allows. ``depfile`` is read once the command has written it.
    """

    name: str
    command: tuple[Word, ...]
    description: str = ""
    depfile: str = ""
    inputs_file: str = ""
    pool: Pool | None = None
    restat: bool = False
    generator: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """One run of a rule. Paths have ``/`` between their parts.

    ``inputs`` are ``$in``; ``implicit`` inputs also make the outputs dirty; ``order_only``
    ones are built first and do not.
    """

    rule: Rule
    outputs: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    implicit: tuple[str, ...] = ()
    order_only: tuple[str, ...] = ()
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges in the order they are written. Invariants (``check``): an output has one
    producer, an edge has an output, nothing depends on itself, and rules or pools of one
    name are equal.
    """

    edges: tuple[Edge, ...]
    defaults: tuple[str, ...] = ()
    build_folder: str = ""

    def rules(self) -> list[Rule]:
        return _by_name(edge.rule for edge in self.edges)

    def pools(self) -> list[Pool]:
        return _by_name(rule.pool for rule in self.rules() if rule.pool)

    def check(self) -> None:
        """Raises GraphError for the first invariant that does not hold."""
        producers = self._producers()
        for default in self.defaults:
            if canonical(default) not in producers:
                raise GraphError(f"nothing produces the default '{default}'")
        _check_acyclic(producers)

    def _producers(self) -> dict[str, Edge]:
        producers: dict[str, Edge] = {}
        for edge in self.edges:
            if not edge.outputs:
                raise GraphError(f"an edge of rule '{edge.rule.name}' has no output")
            for output in map(canonical, edge.outputs):
                if output in producers:
                    raise GraphError(f"multiple producers of '{output}'")
                producers[output] = edge
        return producers


def canonical(path: str) -> str:
    """The path as ninja compares it: ``a//./b`` and ``a/c/../b`` are ``a/b``."""
    # POSIX leaves two leading slashes to the system; ninja does not.
    normal = posixpath.normpath(path)
    return normal[1:] if normal.startswith("//") else normal


def _by_name[T: (Rule, Pool)](items: Iterable[T]) -> list[T]:
    found: dict[str, T] = {}
    for item in items:
        if found.setdefault(item.name, item) != item:
            raise GraphError(f"two different {type(item).__name__.lower()}s '{item.name}'")
    return list(found.values())


def _check_acyclic(producers: Mapping[str, Edge]) -> None:
    """Depth first (Cormen et al., 22.4): a path met again while it is open is a cycle."""
    closed: set[str] = set()
    for start in producers:
        open_paths: dict[str, Iterator[str]] = {start: _needs(start, producers)}
        while open_paths:
            path, needed = next(reversed(open_paths.items()))
            for need in needed:
                if need in open_paths:
                    raise GraphError(f"'{need}' depends on itself")
                if need in producers and need not in closed:
                    open_paths[need] = _needs(need, producers)
                    break
            else:
                del open_paths[path]
                closed.add(path)


def _needs(path: str, producers: Mapping[str, Edge]) -> Iterator[str]:
    edge = producers[path]
    return map(canonical, (*edge.inputs, *edge.implicit, *edge.order_only))
