"""Visiting a tree in evaluation order without recursion.

A visitor of a node class is a generator function of a context and the node; it yields the nodes
to visit, and what stands between two `yield`s happens between the two visits. Nodes without
a visitor have their children visited in the order of their fields.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping

type Visits = Iterable[ast.AST]
type Visitor[C] = Callable[[C, ast.AST], Visits]
type Visitors[C] = Mapping[type[ast.AST], Callable[..., Visits]]

# Nodes that carry no names and no nodes that do.
_LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)


def walk[C](context: C, root: ast.AST, visitors: Visitors[C]) -> None:
    stack: list[Iterator[ast.AST]] = [iter((root,))]
    while stack:
        for node in stack[-1]:
            visitor = visitors.get(type(node))
            visits = children(node) if visitor is None else visitor(context, node)
            stack.append(iter(visits))
            break
        else:
            stack.pop()


def children(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from present(value)
        elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
            yield value


def present(nodes: Iterable[ast.AST | None]) -> Iterator[ast.AST]:
    """The nodes of a list that marks absent ones by None (dict keys, defaults)."""
    for node in nodes:
        if isinstance(node, ast.AST) and not isinstance(node, _LEAVES):
            yield node
