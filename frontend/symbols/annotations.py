"""Scopes of annotations, and what may not stand in them."""

from __future__ import annotations

import ast

from dx_py.frontend.symbols.collector import Collector
from dx_py.frontend.symbols.scope import ScopeKind
from dx_py.frontend.symbols.walk import Visits

_WHERE = {
    ScopeKind.ANNOTATION: "an annotation",
    ScopeKind.TYPE_VAR_BOUND: "a TypeVar bound",
    ScopeKind.TYPE_ALIAS: "a type alias",
    ScopeKind.TYPE_PARAMETERS: "the definition of a generic",
}


def annotation(collector: Collector, node: ast.expr) -> Visits:
    """Of a variable or a return value; a scope of its own where annotations are postponed."""
    if not collector.future_annotations:
        yield node
        return
    with collector.enter(ScopeKind.ANNOTATION, "_annotation", node):
        yield node


def signature_annotations(
    collector: Collector, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Visits:
    """Of all parameters, then of the result."""
    notes = _parameter_annotations(node.args)
    if collector.future_annotations:
        with collector.enter(ScopeKind.ANNOTATION, "_annotation", node):
            yield from notes
    else:
        yield from notes
    if node.returns is not None:
        yield from annotation(collector, node.returns)


def _parameter_annotations(arguments: ast.arguments) -> list[ast.expr]:
    lone = [item for item in (arguments.vararg, arguments.kwarg) if item is not None]
    ordered = [*arguments.posonlyargs, *arguments.args, *lone, *arguments.kwonlyargs]
    return [item.annotation for item in ordered if item.annotation is not None]


def refuse_in_annotations(collector: Collector, what: str, node: ast.expr) -> None:
    """Report an expression that would have to run in a scope that is evaluated lazily."""
    where = _WHERE.get(collector.scope.kind)
    if where is not None:
        collector.report(f"{what} cannot be used within {where}", node)


def refuse_in_class_annotations(collector: Collector, what: str, node: ast.expr) -> None:
    """Report a function scope in a PEP 695 scope of a class body, which 3.12 cannot compile."""
    if collector.scope.sees_class:
        collector.report(f"Cannot use {what} in annotation scope within class scope", node)
