"""Type parameters and `type` statements (PEP 695)."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.closures import make_closure, return_none
from dx_py.frontend.lowering.names import store_name
from dx_py.frontend.lowering.unit import Unit, UnitKind, span_of
from dx_py.ir.code_unit import NO_SPAN

_OTHER_PARAMETERS: dict[type[ast.type_param], int] = {
    ast.ParamSpec: c.PARAM_SPEC,
    ast.TypeVarTuple: c.TYPE_VAR_TUPLE,
}


def type_parameters(unit: Unit, parameters: Sequence[ast.type_param]) -> None:
    """Bind each, and leave a tuple of all."""
    for parameter in parameters:
        unit.visit(parameter)
    unit.emit("BUILD_TUPLE", len(parameters), span_of(parameters[0]))


def type_variable(unit: Unit, node: ast.TypeVar) -> None:
    span = span_of(node)
    unit.load_constant(node.name, span)
    if node.bound is None:
        unit.emit("CALL_INTRINSIC_1", c.TYPE_VAR, span)
    else:
        _lazy_bound(unit, node, node.bound)
        is_tuple = isinstance(node.bound, ast.Tuple)
        kind = c.TYPE_VAR_WITH_CONSTRAINTS if is_tuple else c.TYPE_VAR_WITH_BOUND
        unit.emit("CALL_INTRINSIC_2", kind, span)
    unit.emit("COPY", 1, span)
    store_name(unit, node.name, span)


def _lazy_bound(unit: Unit, node: ast.TypeVar, bound: ast.expr) -> None:
    scope = unit.program.symbols.scopes[node]
    inner = unit.child(UnitKind.TYPE_PARAMETERS, scope, node.name, node.lineno)
    inner.visit(bound)
    inner.emit("RETURN_VALUE", 0, span_of(node))
    return_none(inner)
    make_closure(unit, inner.finish(), 0, span_of(node))


def other_type_parameter(unit: Unit, node: ast.TypeVarTuple | ast.ParamSpec) -> None:
    span = span_of(node)
    unit.load_constant(node.name, span)
    unit.emit("CALL_INTRINSIC_1", _OTHER_PARAMETERS[type(node)], span)
    unit.emit("COPY", 1, span)
    store_name(unit, node.name, span)


def type_alias(unit: Unit, node: ast.TypeAlias) -> None:
    span, name = span_of(node), node.name.id
    if node.type_params:
        _generic_alias(unit, node)
    else:
        unit.load_constant(name, span)
        unit.load_constant(None, span)
        _lazy_alias(unit, node)
    store_name(unit, name, span)


def _generic_alias(unit: Unit, node: ast.TypeAlias) -> None:
    span, name = span_of(node), node.name.id
    unit.emit("PUSH_NULL", 0, span)
    scope = unit.program.symbols.type_parameter_scopes[node]
    inner = unit.child(
        UnitKind.TYPE_PARAMETERS, scope, f"<generic parameters of {name}>", node.lineno
    )
    inner.load_constant(name, span)
    type_parameters(inner, node.type_params)
    _lazy_alias(inner, node)
    inner.emit("RETURN_VALUE", 0, NO_SPAN)
    make_closure(unit, inner.finish(), 0, span)
    unit.emit("CALL", 0, span)


def _lazy_alias(unit: Unit, node: ast.TypeAlias) -> None:
    """From the name and the parameters on the stack."""
    span = span_of(node)
    scope = unit.program.symbols.scopes[node]
    inner = unit.child(UnitKind.FUNCTION, scope, node.name.id, node.lineno)
    # The first constant would be a docstring.
    inner.constant(None)
    inner.visit(node.value)
    inner.emit("RETURN_VALUE", 0, span)
    make_closure(unit, inner.finish(), 0, span)
    unit.emit("BUILD_TUPLE", 3, span)
    unit.emit("CALL_INTRINSIC_1", c.TYPE_ALIAS, span)
