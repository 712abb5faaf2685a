"""The grammar's actions as Python functions, one for each production that is not a unit.

A reduction ``(values, starts, ends, source) -> value`` reads the tops of the parser's stacks.
It is generated as source text from the action tree, because interpreting the tree would
cost more than building the nodes does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from dx_py.frontend.grammar import actions as language
from dx_py.frontend.grammar.nodes import NodeClass
from dx_py.frontend.grammar.reader import Grammar, Production
from dx_py.frontend.portable.actions import (
    lists,
    parameters,
    patterns,
    statements,
    strings,
    targets,
)
from dx_py.frontend.portable.source import Source
from dx_py.frontend.portable.tokens import Position, Span

Reduction = Callable[[list[Any], list[Position], list[Position], Source], Any]

MODULES = (lists, parameters, patterns, statements, strings, targets)

#: Action functions that are given the ``Source`` first.
_WITH_SOURCE = frozenset(
    {
        "interpolation",
        "parenthesised",
        "replacement_field",
        "string_constant",
        "string_text",
        "with_items",
    }
)
_POSITION = "lineno=sl, col_offset=sc, end_lineno=el, end_col_offset=ec"


def reductions(grammar: Grammar) -> Sequence[Reduction | None]:
    """In the order of the grammar's productions; ``None`` for units."""
    writer = _Writer({node.name: node for node in grammar.nodes})
    names = [writer.define(number, p) for number, p in enumerate(grammar.productions, 1)]
    namespace = _namespace()
    exec(compile(writer.text(), "<reductions>", "exec"), namespace)
    return [namespace[name] if name else None for name in names]


def _namespace() -> dict[str, Any]:
    functions = {
        name: getattr(module, name)
        for module in MODULES
        for name in language.FUNCTIONS
        if hasattr(module, name)
    }
    operators = {f"op_{name}": getattr(ast, name)() for name in _operator_names()}
    contexts = {"op_Load": targets.LOAD, "op_Store": targets.STORE, "op_Del": targets.DEL}
    return {"ast": ast, "Span": Span, **functions, **operators, **contexts}


def _operator_names() -> list[str]:
    bases = (ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    return sorted(kind.__name__ for base in bases for kind in base.__subclasses__())


class _Writer:
    def __init__(self, nodes: dict[str, NodeClass]) -> None:
        self.nodes = nodes
        self.lines: list[str] = []

    def text(self) -> str:
        return "\n".join(self.lines)

    def define(self, number: int, production: Production) -> str | None:
        if production.is_unit:
            return None
        size = len(production.symbols)
        expression = self.expression(production.action, size)
        self.lines.append(f"def r{number}(v, s, e, source):")
        if _POSITION in expression:
            self.lines += [f"  sl, sc = s[{-size}]; el, ec = e[-1]"]
        self.lines.append(f"  return {expression}")
        return f"r{number}"

    def expression(self, action: language.Action, size: int) -> str:
        match action:
            case language.Symbol(number):
                return f"v[{number - size - 1}]"
            case language.Span():
                return self.span(action, size)
            case language.Literal(value):
                return "Ellipsis" if value is Ellipsis else repr(value)
            case language.Operator(name):
                return f"op_{name}"
            case language.NewList(items):
                return f"[{self.sequence(items, size)}]"
            case language.Apply(name, arguments):
                source = "source, " if name in _WITH_SOURCE else ""
                return f"{name}({source}{self.sequence(arguments, size)})"
            case language.NewNode():
                return self.node(action, size)

    def span(self, action: language.Span, size: int) -> str:
        if action.number is None:
            return f"Span(s[{-size}], e[-1])"
        place = action.number - size - 1
        return f"Span(s[{place}], e[{place}])"

    def sequence(self, items: Sequence[language.Action], size: int) -> str:
        return ", ".join(self.expression(item, size) for item in items)

    def node(self, action: language.NewNode, size: int) -> str:
        shape = self.nodes[action.name]
        kept = len(getattr(ast, action.name)._fields) if hasattr(ast, action.name) else 0
        fields = "".join(f"{self.expression(field, size)}, " for field in action.fields[:kept])
        if not shape.has_position:
            return f"ast.{action.name}({fields})"
        if action.at is None:
            return f"ast.{action.name}({fields}{_POSITION})"
        place = action.at - size - 1
        there = (
            f"lineno=s[{place}][0], col_offset=s[{place}][1], "
            f"end_lineno=e[{place}][0], end_col_offset=e[{place}][1]"
        )
        return f"ast.{action.name}({fields}{there})"
