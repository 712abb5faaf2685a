"""Functions and lambdas."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.annotations import signature_annotations
from dx_py.frontend.lowering.closures import make_closure, return_none
from dx_py.frontend.lowering.names import store_name
from dx_py.frontend.lowering.suspension import turn_stop_iteration_into_error
from dx_py.frontend.lowering.type_parameters import type_parameters
from dx_py.frontend.lowering.unit import Unit, UnitKind, span_of
from dx_py.frontend.symbols.mangling import mangle
from dx_py.ir.code_unit import NO_SPAN, CodeUnit, Span

type Function = ast.FunctionDef | ast.AsyncFunctionDef

_VARARGS, _VARKEYWORDS = 0x4, 0x8


def function(unit: Unit, node: Function) -> None:
    unit.visit_all(node.decorator_list)
    first_line = first_line_of(node)
    if node.type_params:
        _generic_function(unit, node, first_line)
    else:
        flags = _defaults(unit, node.args, span_of(node))
        _annotated_function(unit, node, flags, first_line)
    apply_decorators(unit, node.decorator_list)
    store_name(unit, node.name, span_of(node))


def first_line_of(node: Function | ast.ClassDef) -> int:
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def apply_decorators(unit: Unit, decorators: Sequence[ast.expr]) -> None:
    for decorator in reversed(decorators):
        unit.emit("CALL", 0, span_of(decorator))


def _generic_function(unit: Unit, node: Function, first_line: int) -> None:
    """A function that makes the type parameters, then the function, is called at once."""
    span = span_of(node)
    unit.emit("PUSH_NULL", 0, span)
    flags = _defaults(unit, node.args, span)
    given = (flags & c.HAS_DEFAULTS) + bool(flags & c.HAS_KEYWORD_DEFAULTS)
    if given == 2:
        unit.emit("SWAP", 2, span)
    scope = unit.program.symbols.type_parameter_scopes[node]
    name = f"<generic parameters of {node.name}>"
    inner = unit.child(UnitKind.TYPE_PARAMETERS, scope, name, first_line)
    type_parameters(inner, node.type_params)
    for index in range(given):
        inner.emit("LOAD_FAST", index, span)
    _annotated_function(inner, node, flags, first_line)
    inner.emit("SWAP", 2, span)
    inner.emit("CALL_INTRINSIC_2", c.SET_TYPE_PARAMETERS, span)
    inner.code.argument_count = given
    inner.emit("RETURN_VALUE", 0, NO_SPAN)
    make_closure(unit, inner.finish(), 0, span)
    if given:
        unit.emit("SWAP", given + 1, span)
    unit.emit("CALL", given, span)


def _annotated_function(unit: Unit, node: Function, flags: int, first_line: int) -> None:
    span = span_of(node)
    if signature_annotations(unit, node.args, node.returns, span):
        flags |= c.HAS_ANNOTATIONS
    make_closure(unit, _function_unit(unit, node, first_line), flags, span)


def _defaults(unit: Unit, arguments: ast.arguments, span: Span) -> int:
    """Push the defaults; returns which there are."""
    flags = 0
    if arguments.defaults:
        unit.visit_all(arguments.defaults)
        unit.emit("BUILD_TUPLE", len(arguments.defaults), span)
        flags |= c.HAS_DEFAULTS
    if _keyword_defaults(unit, arguments, span):
        flags |= c.HAS_KEYWORD_DEFAULTS
    return flags


def _keyword_defaults(unit: Unit, arguments: ast.arguments, span: Span) -> bool:
    names = []
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            names.append(mangle(argument.arg, unit.class_name))
            unit.visit(default)
    if names:
        unit.load_constant(tuple(names), span)
        unit.emit("BUILD_CONST_KEY_MAP", len(names), span)
    return bool(names)


def _function_unit(unit: Unit, node: Function, first_line: int) -> CodeUnit:
    is_async = isinstance(node, ast.AsyncFunctionDef)
    kind = UnitKind.ASYNC_FUNCTION if is_async else UnitKind.FUNCTION
    scope = unit.program.symbols.scopes[node]
    inner = unit.child(kind, scope, node.name, first_line)
    docstring = docstring_of(node.body) if unit.program.optimize < 2 else None
    inner.constant(docstring)
    _count_parameters(inner.code, node.args)
    inner.visit_all(node.body if docstring is None else node.body[1:])
    if scope.is_coroutine or scope.is_generator:
        turn_stop_iteration_into_error(inner)
    return_none(inner)
    return inner.finish()


def docstring_of(body: Sequence[ast.stmt]) -> str | None:
    match body:
        case [ast.Expr(value=ast.Constant(value=str() as text)), *_]:
            return text
        case _:
            return None


def _count_parameters(code: CodeUnit, arguments: ast.arguments) -> None:
    code.argument_count = len(arguments.posonlyargs) + len(arguments.args)
    code.positional_only_count = len(arguments.posonlyargs)
    code.keyword_only_count = len(arguments.kwonlyargs)
    code.flags |= _VARARGS if arguments.vararg else 0
    code.flags |= _VARKEYWORDS if arguments.kwarg else 0


def function_literal(unit: Unit, node: ast.Lambda) -> None:
    span = span_of(node)
    flags = _defaults(unit, node.args, span)
    scope = unit.program.symbols.scopes[node]
    inner = unit.child(UnitKind.LAMBDA, scope, "<lambda>", node.lineno)
    # The first constant would be a docstring.
    inner.constant(None)
    _count_parameters(inner.code, node.args)
    inner.visit(node.body)
    if scope.is_generator:
        inner.emit("RETURN_VALUE", 0, NO_SPAN)
    else:
        inner.emit("RETURN_VALUE", 0, (node.lineno, node.lineno, 0, 0))
        return_none(inner)
    make_closure(unit, inner.finish(), flags, span)
