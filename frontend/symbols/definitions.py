"""Scopes of functions, classes, lambdas, type parameters and type aliases."""

from __future__ import annotations

import ast

from dx_py.frontend.symbols.annotations import (
    refuse_in_class_annotations,
    signature_annotations,
)
from dx_py.frontend.symbols.collector import Collector
from dx_py.frontend.symbols.scope import ScopeKind, Use
from dx_py.frontend.symbols.walk import Visits, present

type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Generic = Function | ast.ClassDef | ast.TypeAlias


def function(collector: Collector, node: Function) -> Visits:
    collector.add(node.name, Use.LOCAL, node)
    yield from _defaults(node.args)
    yield from node.decorator_list
    if not node.type_params:
        yield from _function_itself(collector, node)
        return
    with collector.enter(ScopeKind.TYPE_PARAMETERS, node.name, node):
        _open_type_parameters(collector, node)
        # Present with and without defaults: the host tests for the list, not for its length.
        collector.add(".defaults", Use.PARAMETER, node)
        if any(node.args.kw_defaults):
            collector.add(".kwdefaults", Use.PARAMETER, node)
        yield from node.type_params
        yield from _function_itself(collector, node)


def _function_itself(collector: Collector, node: Function) -> Visits:
    yield from signature_annotations(collector, node)
    with collector.enter(ScopeKind.FUNCTION, node.name, node) as scope:
        scope.is_coroutine = isinstance(node, ast.AsyncFunctionDef)
        _parameters(collector, node.args)
        yield from node.body


def function_literal(collector: Collector, node: ast.Lambda) -> Visits:
    refuse_in_class_annotations(collector, "lambda", node)
    yield from _defaults(node.args)
    with collector.enter(ScopeKind.FUNCTION, "lambda", node):
        _parameters(collector, node.args)
        yield node.body


def _defaults(arguments: ast.arguments) -> Visits:
    yield from arguments.defaults
    yield from present(arguments.kw_defaults)


def _parameters(collector: Collector, arguments: ast.arguments) -> None:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for parameter in (*named, arguments.vararg, arguments.kwarg):
        if parameter is not None:
            collector.add(parameter.arg, Use.PARAMETER, parameter)


def class_definition(collector: Collector, node: ast.ClassDef) -> Visits:
    collector.add(node.name, Use.LOCAL, node)
    yield from node.decorator_list
    outer_class = collector.class_name
    if node.type_params:
        with collector.enter(ScopeKind.TYPE_PARAMETERS, node.name, node):
            _open_type_parameters(collector, node)
            collector.class_name = node.name
            _generic_class(collector, node)
            yield from node.type_params
            yield from _class_itself(collector, node)
        # 3.12 forgets the outer class here: the names that follow are mangled as in this one.
        collector.class_name = node.name
    else:
        yield from _class_itself(collector, node)
        collector.class_name = outer_class


def _generic_class(collector: Collector, node: ast.ClassDef) -> None:
    """The names under which the compiler keeps the parameters and `Generic[...]`."""
    for name in (".type_params", ".generic_base"):
        collector.add(name, Use.LOCAL | Use.READ, node)


def _class_itself(collector: Collector, node: ast.ClassDef) -> Visits:
    yield from node.bases
    yield from node.keywords
    with collector.enter(ScopeKind.CLASS, node.name, node):
        collector.class_name = node.name
        if node.type_params:
            collector.add("__type_params__", Use.LOCAL, node)
            collector.add(".type_params", Use.READ, node)
        yield from node.body


def _open_type_parameters(collector: Collector, node: Generic) -> None:
    _see_class(collector, node, collector.stack[-2].kind is ScopeKind.CLASS)


def _see_class(
    collector: Collector, node: Generic | ast.TypeVar | ast.expr, visible: bool
) -> None:
    """Let the scope just entered read the namespace of the class body around it."""
    collector.scope.sees_class = visible
    if visible:
        collector.add("__classdict__", Use.READ, node)


def type_alias(collector: Collector, node: ast.TypeAlias) -> Visits:
    yield node.name
    in_class = collector.scope.kind is ScopeKind.CLASS
    if not node.type_params:
        yield from _alias_value(collector, node, in_class=in_class)
        return
    with collector.enter(ScopeKind.TYPE_PARAMETERS, _alias_name(node), node):
        _open_type_parameters(collector, node)
        yield from node.type_params
        yield from _alias_value(collector, node, in_class=in_class)


def _alias_value(collector: Collector, node: ast.TypeAlias, *, in_class: bool) -> Visits:
    with collector.enter(ScopeKind.TYPE_ALIAS, _alias_name(node), node):
        _see_class(collector, node.value, in_class)
        yield node.value


def _alias_name(node: ast.TypeAlias) -> str:
    return node.name.id


def type_variable(collector: Collector, node: ast.TypeVar) -> Visits:
    collector.add(node.name, Use.TYPE_PARAMETER | Use.LOCAL, node)
    if node.bound is None:
        return
    in_class = collector.scope.sees_class
    with collector.enter(ScopeKind.TYPE_VAR_BOUND, node.name, node):
        _see_class(collector, node.bound, in_class)
        yield node.bound


def other_type_parameter(
    collector: Collector, node: ast.TypeVarTuple | ast.ParamSpec
) -> Visits:
    collector.add(node.name, Use.TYPE_PARAMETER | Use.LOCAL, node)
    return ()
