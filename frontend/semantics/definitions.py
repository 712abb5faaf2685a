"""Checks of functions, classes, type aliases and lambdas, each code object in its own unit."""

from __future__ import annotations

import ast

from dx_py.frontend.semantics.checker import Checker, UnitKind
from dx_py.frontend.semantics.expressions import repeated_keywords
from dx_py.frontend.symbols.walk import Visits, present

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def function(checker: Checker, node: Function) -> Visits:
    _check_parameters(checker, node.args)
    yield from node.decorator_list
    yield from node.args.defaults
    yield from present(node.args.kw_defaults)
    yield from node.type_params
    if not checker.options.future_annotations:
        yield from _annotations(node)
    is_async = isinstance(node, ast.AsyncFunctionDef)
    with checker.enter(UnitKind.ASYNC_FUNCTION if is_async else UnitKind.FUNCTION, node):
        yield from node.body
    checker.check_binding(node.name, node)


def _check_parameters(checker: Checker, arguments: ast.arguments) -> None:
    named = [*arguments.posonlyargs, *arguments.args]
    for parameter in (*named, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg):
        if parameter is not None:
            checker.check_binding(parameter.arg, parameter)


def _annotations(node: Function) -> Visits:
    """`*args: *Types` is the one annotation that may be starred."""
    arguments = node.args
    parameters = [*arguments.posonlyargs, *arguments.args]
    for parameter in (*parameters, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg):
        match parameter and parameter.annotation:
            case None:
                continue
            case ast.Starred(value=inner):
                yield inner
            case plain:
                yield plain
    if node.returns is not None:
        yield node.returns


def function_literal(checker: Checker, node: ast.Lambda) -> Visits:
    _check_parameters(checker, node.args)
    yield from node.args.defaults
    yield from present(node.args.kw_defaults)
    with checker.enter(UnitKind.LAMBDA, node):
        yield node.body


def class_definition(checker: Checker, node: ast.ClassDef) -> Visits:
    yield from node.decorator_list
    yield from node.type_params
    with checker.enter(UnitKind.CLASS, node):
        yield from node.body
    repeated_keywords(checker, node.keywords)
    for base in node.bases:
        yield base.value if isinstance(base, ast.Starred) else base
    yield from node.keywords
    checker.check_binding(node.name, node)


def type_alias(checker: Checker, node: ast.TypeAlias) -> Visits:
    yield from node.type_params
    with checker.enter(UnitKind.ANNOTATION, node):
        yield node.value
    checker.check_binding(node.name.id, node)


def type_variable(checker: Checker, node: ast.TypeVar) -> Visits:
    if node.bound is not None:
        with checker.enter(UnitKind.ANNOTATION, node):
            yield node.bound
    checker.check_binding(node.name, node)


def other_type_parameter(checker: Checker, node: ast.TypeVarTuple | ast.ParamSpec) -> Visits:
    checker.check_binding(node.name, node)
    return ()
