"""`match` statements: each pattern tests the value on top of the stack and takes it.

Captured values stay on the stack until the whole pattern has matched; then names are stored.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.conditions import jump_if
from dx_py.frontend.lowering.displays import unpack
from dx_py.frontend.lowering.names import store_name
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.ir.code_unit import NO_SPAN, Block, Span

_SUBTRACT = c.BINARY_OPERATORS[ast.Sub]


def match_statement(unit: Unit, node: ast.Match) -> None:
    unit.visit(node.subject)
    end = unit.label()
    *_, last = node.cases
    # A last `case _` needs no copy of the subject, nor a test.
    has_default = is_wildcard(last.pattern) and len(node.cases) > 1
    tested = node.cases[:-1] if has_default else node.cases
    for case in tested:
        _tested_case(unit, case, end, keeps_subject=case is not tested[-1])
    if has_default:
        _default_case(unit, last, end)
    unit.place(end)


def _tested_case(unit: Unit, case: ast.match_case, end: Block, *, keeps_subject: bool) -> None:
    span = span_of(case.pattern)
    if keeps_subject:
        unit.emit("COPY", 1, span)
    matcher = Matcher(unit)
    matcher.match(case.pattern)
    for name in matcher.stores:
        store_name(unit, name, span)
    if case.guard is not None:
        jump_if(unit, case.guard, matcher.failure_after(0), condition=False)
    if keeps_subject:
        unit.emit("POP_TOP", 0, span)
    unit.visit_all(case.body)
    unit.jump("JUMP", end, NO_SPAN)
    matcher.place_failures(span)


def _default_case(unit: Unit, case: ast.match_case, end: Block) -> None:
    # The line is traced although there is nothing to test.
    unit.emit("NOP", 0, span_of(case.pattern))
    if case.guard is not None:
        jump_if(unit, case.guard, end, condition=False)
    unit.visit_all(case.body)


def is_wildcard(pattern: ast.pattern) -> bool:
    """`_`, which matches everything and binds nothing."""
    return isinstance(pattern, ast.MatchAs) and pattern.name is None


class Matcher:
    """One pattern being lowered.

    ``stores`` are the names captured so far, their values on the stack; ``on_top`` counts the
    values above those. ``failures[n]`` is where n values are popped on the way to failure.
    """

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.stores: list[str] = []
        self.on_top = 0
        self.failures: list[Block] = []

    def match(self, node: ast.pattern) -> None:
        """Take the value on top, or jump to failure."""
        match node:
            case ast.MatchValue():
                self._value(node)
            case ast.MatchSingleton():
                self._singleton(node)
            case ast.MatchSequence():
                self._sequence(node)
            case ast.MatchMapping():
                self._mapping(node)
            case ast.MatchClass():
                self._class(node)
            case ast.MatchStar():
                self._store(node.name, span_of(node))
            case ast.MatchAs():
                self._as(node)
            case ast.MatchOr():
                self._or(node)

    # Failure

    def failure_after(self, pops: int) -> Block:
        while len(self.failures) <= pops:
            self.failures.append(self.unit.label())
        return self.failures[pops]

    def _fail(self, opcode: str, span: Span) -> None:
        """Jump to where everything of this pattern is popped."""
        target = self.failure_after(self.on_top + len(self.stores))
        self.unit.jump(opcode, target, span)

    def place_failures(self, span: Span) -> None:
        """Where control arrives after a failure, the most to pop first."""
        while self.failures:
            self.unit.place(self.failures.pop())
            if self.failures:
                self.unit.emit("POP_TOP", 0, span)

    # Captures

    def _store(self, name: str | None, span: Span) -> None:
        if name is None:
            self.unit.emit("POP_TOP", 0, span)
            return
        self._rotate(self.on_top + len(self.stores) + 1, span)
        self.stores.append(name)

    def _rotate(self, count: int, span: Span) -> None:
        """The top goes under the ``count - 1`` values below it."""
        for depth in range(count, 1, -1):
            self.unit.emit("SWAP", depth, span)

    def _as(self, node: ast.MatchAs) -> None:
        span = span_of(node)
        if node.pattern is not None:
            self.on_top += 1
            self.unit.emit("COPY", 1, span)
            self.match(node.pattern)
            self.on_top -= 1
        self._store(node.name, span)

    # Values

    def _value(self, node: ast.MatchValue) -> None:
        span = span_of(node)
        self.unit.visit(node.value)
        self.unit.emit("COMPARE_OP", c.EQUAL, span)
        self._fail("POP_JUMP_IF_FALSE", span)

    def _singleton(self, node: ast.MatchSingleton) -> None:
        span = span_of(node)
        self.unit.load_constant(node.value, span)
        self.unit.emit("IS_OP", 0, span)
        self._fail("POP_JUMP_IF_FALSE", span)

    # Sequences

    def _sequence(self, node: ast.MatchSequence) -> None:
        span, patterns = span_of(node), node.patterns
        star = next((i for i, p in enumerate(patterns) if isinstance(p, ast.MatchStar)), -1)
        self.on_top += 1
        self.unit.emit("MATCH_SEQUENCE", 0, span)
        self._fail("POP_JUMP_IF_FALSE", span)
        if star < 0:
            self._check_length(len(patterns), c.EQUAL, span)
        elif len(patterns) > 1:
            self._check_length(len(patterns) - 1, c.GREATER_OR_EQUAL, span)
        self.on_top -= 1
        if all(is_wildcard(p) or _is_star_wildcard(p) for p in patterns):
            self.unit.emit("POP_TOP", 0, span)
        elif star >= 0 and _is_star_wildcard(patterns[star]):
            self._match_by_index(patterns, star, span)
        else:
            unpack(self.unit, patterns, span)
            self._match_each(patterns)

    def _check_length(self, length: int, comparison: int, span: Span) -> None:
        self.unit.emit("GET_LEN", 0, span)
        self.unit.load_constant(length, span)
        self.unit.emit("COMPARE_OP", comparison, span)
        self._fail("POP_JUMP_IF_FALSE", span)

    def _match_each(self, patterns: Sequence[ast.pattern]) -> None:
        """Each takes one of the values on the stack."""
        self.on_top += len(patterns)
        for pattern in patterns:
            self.on_top -= 1
            self.match(pattern)

    def _match_by_index(self, patterns: Sequence[ast.pattern], star: int, span: Span) -> None:
        """Without unpacking what `*_` throws away; what follows is counted from the end."""
        unit = self.unit
        self.on_top += 1
        for index, pattern in enumerate(patterns):
            if is_wildcard(pattern) or index == star:
                continue
            unit.emit("COPY", 1, span)
            if index < star:
                unit.load_constant(index, span)
            else:
                unit.emit("GET_LEN", 0, span)
                unit.load_constant(len(patterns) - index, span)
                unit.emit("BINARY_OP", _SUBTRACT, span)
            unit.emit("BINARY_SUBSCR", 0, span)
            self.match(pattern)
        self.on_top -= 1
        unit.emit("POP_TOP", 0, span)

    # Mappings

    def _mapping(self, node: ast.MatchMapping) -> None:
        span, unit, size = span_of(node), self.unit, len(node.keys)
        self.on_top += 1
        unit.emit("MATCH_MAPPING", 0, span)
        self._fail("POP_JUMP_IF_FALSE", span)
        if not size and node.rest is None:
            self.on_top -= 1
            unit.emit("POP_TOP", 0, span)
            return
        if size:
            self._check_length(size, c.GREATER_OR_EQUAL, span)
        unit.visit_all(node.keys)
        unit.emit("BUILD_TUPLE", size, span)
        unit.emit("MATCH_KEYS", 0, span)
        # The keys and the values, or None, above the subject.
        self.on_top += 2
        self._check_not_none(span)
        unit.emit("UNPACK_SEQUENCE", size, span)
        self.on_top -= 1
        self._match_each(node.patterns)
        self.on_top -= 2
        if node.rest is None:
            unit.emit("POP_TOP", 0, span)
            unit.emit("POP_TOP", 0, span)
        else:
            self._store_rest(node.rest, size, span)

    def _check_not_none(self, span: Span) -> None:
        self.unit.emit("COPY", 1, span)
        self.unit.load_constant(None, span)
        self.unit.emit("IS_OP", 1, span)
        self._fail("POP_JUMP_IF_FALSE", span)

    def _store_rest(self, name: str, size: int, span: Span) -> None:
        """A copy of the subject without the keys."""
        unit = self.unit
        unit.emit("BUILD_MAP", 0, span)
        unit.emit("SWAP", 3, span)
        unit.emit("DICT_UPDATE", 2, span)
        unit.emit("UNPACK_SEQUENCE", size, span)
        for depth in range(size + 1, 1, -1):
            unit.emit("COPY", depth, span)
            unit.emit("SWAP", 2, span)
            unit.emit("DELETE_SUBSCR", 0, span)
        self._store(name, span)

    # Classes

    def _class(self, node: ast.MatchClass) -> None:
        span, unit = span_of(node), self.unit
        patterns = [*node.patterns, *node.kwd_patterns]
        unit.visit(node.cls)
        unit.load_constant(tuple(node.kwd_attrs), span)
        unit.emit("MATCH_CLASS", len(node.patterns), span)
        self.on_top += 1
        self._check_not_none(span)
        unit.emit("UNPACK_SEQUENCE", len(patterns), span)
        self.on_top += len(patterns) - 1
        for pattern in patterns:
            self.on_top -= 1
            if is_wildcard(pattern):
                unit.emit("POP_TOP", 0, span)
            else:
                self.match(pattern)

    # Alternatives

    def _or(self, node: ast.MatchOr) -> None:
        span, unit = span_of(node), self.unit
        end = unit.label()
        names: list[str] | None = None
        for pattern in node.patterns:
            unit.emit("COPY", 1, span_of(pattern))
            alternative = Matcher(unit)
            alternative.match(pattern)
            if names is None:
                names = alternative.stores
            else:
                alternative.reorder(names, span_of(pattern))
            unit.jump("JUMP", end, span_of(pattern))
            alternative.place_failures(span_of(pattern))
        assert names is not None
        unit.emit("POP_TOP", 0, span)
        self._fail("JUMP", span)
        unit.place(end)
        self._take_over(names, span)
        unit.emit("POP_TOP", 0, span)

    def reorder(self, names: Sequence[str], span: Span) -> None:
        """Bring the captured values in the order in which another alternative has them."""
        for place in reversed(range(len(names))):
            index = self.stores.index(names[place])
            if index == place:
                continue
            count = index + 1
            rotated, rest = self.stores[:count], self.stores[count:]
            gap = place - index
            self.stores = rest[:gap] + rotated + rest[gap:]
            for _ in range(count):
                self._rotate(place + 1, span)

    def _take_over(self, names: Sequence[str], span: Span) -> None:
        """The alternatives' captures go below the subject's copy and what is above it."""
        depth = len(names) + 1 + self.on_top + len(self.stores)
        for name in names:
            self._rotate(depth, span)
            self.stores.append(name)


def _is_star_wildcard(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchStar) and pattern.name is None
