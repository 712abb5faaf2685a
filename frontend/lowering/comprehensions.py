"""Comprehensions: generator expressions as functions, the others inlined (PEP 709)."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.closures import make_closure, return_none
from dx_py.frontend.lowering.conditions import jump_if
from dx_py.frontend.lowering.inlining import inlined_names
from dx_py.frontend.lowering.suspension import (
    turn_stop_iteration_into_error,
    yield_from_top,
    yield_top,
)
from dx_py.frontend.lowering.unit import Unit, UnitKind, span_of
from dx_py.frontend.symbols.inlining import is_inlined
from dx_py.frontend.symbols.scope import Scope
from dx_py.ir.code_unit import NO_SPAN, Block, Span

type AnyComprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of comprehension is called and made with."""

    name: str
    build: str
    add: str


_SHAPES: dict[type[ast.expr], Shape] = {
    ast.ListComp: Shape("<listcomp>", "BUILD_LIST", "LIST_APPEND"),
    ast.SetComp: Shape("<setcomp>", "BUILD_SET", "SET_ADD"),
    ast.DictComp: Shape("<dictcomp>", "BUILD_MAP", "MAP_ADD"),
    ast.GeneratorExp: Shape("<genexpr>", "", ""),
}


def comprehension(unit: Unit, node: AnyComprehension) -> None:
    scope = unit.program.symbols.scopes[node]
    if is_inlined(scope, unit.scope):
        _inlined(unit, node, scope)
    else:
        _as_function(unit, node, scope)


def _inlined(unit: Unit, node: AnyComprehension, scope: Scope) -> None:
    """The names that it binds are put aside, and back afterwards, whatever happens."""
    span = span_of(node)
    _outermost_iterator(unit, node)
    with inlined_names(unit, scope, span):
        unit.emit(_SHAPES[type(node)].build, 0, span)
        unit.emit("SWAP", 2, span)
        _Clauses(unit, node).lower(0, 1, iterator_on_stack=True)


def _outermost_iterator(unit: Unit, node: AnyComprehension) -> None:
    first = node.generators[0]
    unit.visit(first.iter)
    unit.emit("GET_AITER" if first.is_async else "GET_ITER", 0, span_of(node))


def _as_function(unit: Unit, node: AnyComprehension, scope: Scope) -> None:
    span, shape = span_of(node), _SHAPES[type(node)]
    inner = unit.child(UnitKind.COMPREHENSION, scope, shape.name, node.lineno)
    inner.code.argument_count = 1
    if shape.build:
        inner.emit(shape.build, 0, span)
    _Clauses(inner, node).lower(0, 0, iterator_on_stack=False)
    if isinstance(node, ast.GeneratorExp):
        turn_stop_iteration_into_error(inner)
    else:
        inner.emit("RETURN_VALUE", 0, _element_span(node))
    return_none(inner)
    make_closure(unit, inner.finish(), 0, span)
    _outermost_iterator(unit, node)
    unit.emit("CALL", 0, span)
    if scope.is_coroutine and shape.build:
        unit.emit("GET_AWAITABLE", c.AWAIT_EXPRESSION, span)
        yield_from_top(unit, span, resume=c.AFTER_AWAIT)


def _element_span(node: AnyComprehension) -> Span:
    return span_of(node.key if isinstance(node, ast.DictComp) else node.elt)


@dataclass(frozen=True, slots=True)
class _Clauses:
    """The loops, each inside the one before; ``depth`` counts their iterators on the stack."""

    unit: Unit
    node: AnyComprehension

    def lower(self, index: int, depth: int, *, iterator_on_stack: bool) -> None:
        clause = self.node.generators[index]
        if clause.is_async:
            self._lower_async(clause, index, depth, iterator_on_stack)
        else:
            self._lower_sync(clause, index, depth, iterator_on_stack)

    def _lower_sync(
        self, clause: ast.comprehension, index: int, depth: int, iterator_on_stack: bool
    ) -> None:
        unit, span = self.unit, span_of(self.node)
        start, skipped, exhausted = unit.labels(3)
        loops = True
        if index == 0:
            if not iterator_on_stack:
                unit.emit("LOAD_FAST", 0, span)
                depth += 1
        elif (single := _only_item(clause.iter)) is not None:
            # `for y in [f(x)]` is an assignment.
            unit.visit(single)
            loops = False
        else:
            unit.visit(clause.iter)
            unit.emit("GET_ITER", 0, span)
            depth += 1
        if loops:
            unit.place(start)
            unit.jump("FOR_ITER", exhausted, span)
        unit.visit(clause.target)
        last = self._filtered_element(clause, index, depth, skipped)
        unit.place(skipped)
        if loops:
            unit.jump("JUMP", start, last)
            unit.place(exhausted)
            unit.emit("END_FOR", 0, NO_SPAN)

    def _lower_async(
        self, clause: ast.comprehension, index: int, depth: int, iterator_on_stack: bool
    ) -> None:
        unit, span = self.unit, span_of(self.node)
        start, exhausted, skipped = unit.labels(3)
        if index == 0:
            if not iterator_on_stack:
                unit.emit("LOAD_FAST", 0, span)
                depth += 1
        else:
            unit.visit(clause.iter)
            unit.emit("GET_AITER", 0, span)
            depth += 1
        unit.place(start)
        unit.jump("SETUP_FINALLY", exhausted, span)
        unit.emit("GET_ANEXT", 0, span)
        yield_from_top(unit, span, resume=c.AFTER_AWAIT)
        unit.emit("POP_BLOCK", 0, span)
        unit.visit(clause.target)
        last = self._filtered_element(clause, index, depth, skipped)
        unit.place(skipped)
        unit.jump("JUMP", start, last)
        unit.place(exhausted)
        unit.emit("END_ASYNC_FOR", 0, span)

    def _filtered_element(
        self, clause: ast.comprehension, index: int, depth: int, skipped: Block
    ) -> Span:
        """The conditions, then the next loop or the element; returns the place of its end."""
        for condition in clause.ifs:
            jump_if(self.unit, condition, skipped, condition=False)
        if index + 1 < len(self.node.generators):
            self.lower(index + 1, depth, iterator_on_stack=False)
            return _element_span(self.node)
        return self._element(depth + 1)

    def _element(self, depth: int) -> Span:
        unit, node = self.unit, self.node
        if isinstance(node, ast.DictComp):
            unit.visit(node.key)
            unit.visit(node.value)
            line, _, column, _ = span_of(node.key)
            _, last, _, end = span_of(node.value)
            span = (line, last, column, end)
        else:
            unit.visit(node.elt)
            span = span_of(node.elt)
        if isinstance(node, ast.GeneratorExp):
            yield_top(unit, span)
            unit.emit("POP_TOP", 0, span)
        else:
            unit.emit(_SHAPES[type(node)].add, depth, span)
        return span


def _only_item(node: ast.expr) -> ast.expr | None:
    """Of a display with one item."""
    match node:
        case ast.List(elts=[item]) | ast.Tuple(elts=[item]):
            return None if isinstance(item, ast.Starred) else item
        case _:
            return None
