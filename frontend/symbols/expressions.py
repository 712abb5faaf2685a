"""How expressions use names: reads, stores, `:=`, comprehensions, `yield` and `await`."""

from __future__ import annotations

import ast

from dx_py.frontend.symbols.annotations import (
    refuse_in_annotations,
    refuse_in_class_annotations,
)
from dx_py.frontend.symbols.collector import Collector
from dx_py.frontend.symbols.scope import Comprehension, Scope, ScopeKind, Use
from dx_py.frontend.symbols.walk import Visits

type AnyComprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_COMPREHENSIONS: dict[type[ast.expr], tuple[str, Comprehension, str]] = {
    ast.ListComp: ("listcomp", Comprehension.LIST, "list comprehension"),
    ast.SetComp: ("setcomp", Comprehension.SET, "set comprehension"),
    ast.DictComp: ("dictcomp", Comprehension.DICT, "dict comprehension"),
    ast.GeneratorExp: ("genexpr", Comprehension.GENERATOR, "generator expression"),
}
_COMPREHENSION_NAMES = {kind: words for _, kind, words in _COMPREHENSIONS.values()}

# Scopes that a `:=` inside a comprehension would have to bind a name in, and cannot.
_NO_TARGET_SCOPE = {
    ScopeKind.CLASS: "a class body",
    ScopeKind.TYPE_VAR_BOUND: "a TypeVar bound",
    ScopeKind.TYPE_ALIAS: "a type alias",
    ScopeKind.TYPE_PARAMETERS: "the definition of a generic",
}

_ITERATED = Use.ITERATION | Use.LOCAL


def name(collector: Collector, node: ast.Name) -> Visits:
    is_read = isinstance(node.ctx, ast.Load)
    collector.add(node.id, Use.READ if is_read else Use.LOCAL, node)
    if is_read and node.id == "super" and collector.scope.kind.is_function_like:
        collector.add("__class__", Use.READ, node)
    return ()


def comprehension(collector: Collector, node: AnyComprehension) -> Visits:
    """The first iterable belongs to the scope outside, everything else to a new one."""
    refuse_in_class_annotations(collector, "comprehension", node)
    scope_name, kind, _ = _COMPREHENSIONS[type(node)]
    first, *rest = node.generators
    collector.iterable_depth += 1
    yield first.iter
    collector.iterable_depth -= 1
    with collector.enter(ScopeKind.FUNCTION, scope_name, node) as scope:
        scope.comprehension = kind
        scope.is_coroutine = bool(first.is_async)
        collector.add(".0", Use.PARAMETER, node)
        yield from _iteration_target(collector, first)
        yield from first.ifs
        yield from rest
        if isinstance(node, ast.DictComp):
            yield node.value
            yield node.key
        else:
            yield node.elt
        scope.is_generator = kind is Comprehension.GENERATOR
    if scope.is_coroutine and kind is not Comprehension.GENERATOR:
        collector.scope.is_coroutine = True


def further_clause(collector: Collector, node: ast.comprehension) -> Visits:
    """Any `for` of a comprehension but the first."""
    yield from _iteration_target(collector, node)
    collector.iterable_depth += 1
    yield node.iter
    collector.iterable_depth -= 1
    yield from node.ifs
    if node.is_async:
        collector.scope.is_coroutine = True


def _iteration_target(collector: Collector, node: ast.comprehension) -> Visits:
    collector.in_iteration_target = True
    yield node.target
    collector.in_iteration_target = False


def named_expression(collector: Collector, node: ast.NamedExpr) -> Visits:
    refuse_in_annotations(collector, "named expression", node)
    if collector.iterable_depth:
        collector.report(
            "assignment expression cannot be used in a comprehension iterable expression", node
        )
    if collector.scope.comprehension:
        _bind_outside_comprehensions(collector, node)
    yield node.value
    yield node.target


def _bind_outside_comprehensions(collector: Collector, node: ast.NamedExpr) -> None:
    """`:=` binds in the scope that holds the outermost comprehension (PEP 572)."""
    target = node.target
    for scope in reversed(collector.stack):
        if scope.comprehension:
            if _ITERATED in scope.uses(target.id):
                collector.report(
                    "assignment expression cannot rebind comprehension iteration variable"
                    f" '{target.id}'",
                    target,
                )
                return
        elif scope.kind in (ScopeKind.FUNCTION, ScopeKind.MODULE):
            _bind_in(collector, scope, target)
            return
        else:
            collector.report(_no_target_message(scope.kind), target)
            return


def _no_target_message(kind: ScopeKind) -> str:
    """The host says "within" for generics, "in" for the others."""
    start = "assignment expression within a comprehension cannot be used"
    word = "within" if kind is ScopeKind.TYPE_PARAMETERS else "in"
    return f"{start} {word} {_NO_TARGET_SCOPE[kind]}"


def _bind_in(collector: Collector, outer: Scope, target: ast.Name) -> None:
    in_module = outer.kind is ScopeKind.MODULE
    is_global = in_module or bool(outer.uses(target.id) & Use.GLOBAL)
    collector.add(target.id, Use.GLOBAL if is_global else Use.NONLOCAL, target)
    collector.direct(target.id, target)
    collector.add_to(outer, target.id, Use.GLOBAL if in_module else Use.LOCAL, target)


def yielding(collector: Collector, node: ast.Yield | ast.YieldFrom) -> Visits:
    refuse_in_annotations(collector, "yield expression", node)
    if node.value is not None:
        yield node.value
    collector.scope.is_generator = True
    kind = collector.scope.comprehension
    if kind:
        collector.report(f"'yield' inside {_COMPREHENSION_NAMES[kind]}", node)


def awaiting(collector: Collector, node: ast.Await) -> Visits:
    refuse_in_annotations(collector, "await expression", node)
    yield node.value
    collector.scope.is_coroutine = True
