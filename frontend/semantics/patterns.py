"""Checks of `match`: names bound once, the same names in alternatives, no dead cases."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from dx_py.frontend.semantics.checker import Checker
from dx_py.frontend.symbols.walk import Visits


def match_statement(checker: Checker, node: ast.Match) -> Visits:
    yield node.subject
    last = len(node.cases) - 1
    for index, case in enumerate(node.cases):
        final = case.guard is not None or index == last
        _PatternCheck(checker).check(case.pattern, may_be_irrefutable=final)
        yield from _values(case.pattern)
        if case.guard is not None:
            yield case.guard
        yield from case.body


def _values(pattern: ast.pattern) -> Visits:
    """The expressions in a pattern."""
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchValue):
            yield node.value
        elif isinstance(node, ast.MatchMapping):
            yield from node.keys
        elif isinstance(node, ast.MatchClass):
            yield node.cls


class _PatternCheck:
    """One case's pattern; `bound` is every name it has bound so far."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.bound: set[str] = set()

    def check(self, node: ast.pattern, *, may_be_irrefutable: bool) -> None:
        match node:
            case ast.MatchAs(pattern=None):
                self._capture(node, may_be_irrefutable)
            case ast.MatchAs(pattern=ast.pattern() as inner):
                self.check(inner, may_be_irrefutable=may_be_irrefutable)
                self._bind(node.name, node)
            case ast.MatchValue(value=ast.JoinedStr() as value):
                message = "patterns may only match literals and attribute lookups"
                self.checker.report(message, value)
            case ast.MatchStar():
                self._bind(node.name, node)
            case ast.MatchOr():
                self._alternatives(node, may_be_irrefutable)
            case ast.MatchSequence():
                self._sequence(node)
            case ast.MatchMapping():
                self._mapping(node)
            case ast.MatchClass():
                self._class(node)

    def _parts(self, nodes: Iterable[ast.pattern]) -> None:
        for node in nodes:
            self.check(node, may_be_irrefutable=True)

    def _capture(self, node: ast.MatchAs, may_be_irrefutable: bool) -> None:
        if not may_be_irrefutable:
            what = "wildcard" if node.name is None else f"name capture '{node.name}'"
            self.checker.report(f"{what} makes remaining patterns unreachable", node)
        self._bind(node.name, node)

    def _bind(self, name: str | None, node: ast.pattern) -> None:
        if name is None:
            return
        self.checker.check_binding(name, node)
        if name in self.bound:
            self.checker.report(f"multiple assignments to name '{name}' in pattern", node)
        self.bound.add(name)

    def _alternatives(self, node: ast.MatchOr, may_be_irrefutable: bool) -> None:
        outer, self.bound = self.bound, set()
        first: set[str] | None = None
        for index, alternative in enumerate(node.patterns, start=1):
            self.bound = set()
            final = may_be_irrefutable and index == len(node.patterns)
            self.check(alternative, may_be_irrefutable=final)
            if first is None:
                first = self.bound
            elif first != self.bound:
                self.checker.report("alternative patterns bind different names", node)
        self.bound = outer
        for name in sorted(first or ()):
            self._bind(name, node)

    def _sequence(self, node: ast.MatchSequence) -> None:
        if sum(isinstance(item, ast.MatchStar) for item in node.patterns) > 1:
            self.checker.report("multiple starred names in sequence pattern", node)
        self._parts(node.patterns)

    def _mapping(self, node: ast.MatchMapping) -> None:
        seen: set[object] = set()
        for key in node.keys:
            if isinstance(key, ast.Attribute):
                continue
            if isinstance(key, ast.JoinedStr):
                message = "mapping pattern keys may only match literals and attribute lookups"
                self.checker.report(message, node)
                continue
            value = _literal(key)
            if value in seen:
                self.checker.report(f"mapping pattern checks duplicate key ({value!r})", node)
            seen.add(value)
        self._parts(node.patterns)
        self._bind(node.rest, node)

    def _class(self, node: ast.MatchClass) -> None:
        seen: set[str] = set()
        for name, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
            self.checker.check_binding(name, pattern)
            if name in seen:
                message = f"attribute name repeated in class pattern: {name}"
                self.checker.report(message, pattern)
            seen.add(name)
        self._parts(node.patterns)
        self._parts(node.kwd_patterns)


def _literal(node: ast.expr) -> object:
    """The value of a key: a constant, a signed number, or a complex sum."""
    match node:
        case ast.Constant(value):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() | complex() as number)):
            return -number
        case ast.BinOp(left, operator, ast.Constant(complex() as imaginary)):
            real = _literal(left)
            assert isinstance(real, int | float)
            return real - imaginary if isinstance(operator, ast.Sub) else real + imaginary
        case _:
            return node
