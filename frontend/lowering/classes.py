"""Class statements and the bodies of classes and modules."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dx_py.frontend.lowering import constants as c
from dx_py.frontend.lowering.calls import call_top
from dx_py.frontend.lowering.closures import make_closure, return_none
from dx_py.frontend.lowering.functions import (
    apply_decorators,
    docstring_of,
    first_line_of,
)
from dx_py.frontend.lowering.names import load_name, store_name
from dx_py.frontend.lowering.type_parameters import type_parameters
from dx_py.frontend.lowering.unit import Unit, UnitKind, span_of
from dx_py.ir.code_unit import NO_SPAN, CodeUnit, Span


def class_definition(unit: Unit, node: ast.ClassDef) -> None:
    unit.visit_all(node.decorator_list)
    first_line = first_line_of(node)
    if node.type_params:
        _generic_class(unit, node, first_line)
    else:
        _class(unit, node, node.bases, first_line)
    apply_decorators(unit, node.decorator_list)
    store_name(unit, node.name, span_of(node))


def _class(unit: Unit, node: ast.ClassDef, bases: Sequence[ast.expr], first_line: int) -> None:
    """`__build_class__(body, name, *bases, **keywords)`."""
    _load_builder(unit, node, first_line)
    call_top(unit, 2, bases, node.keywords, span_of(node))


def _load_builder(unit: Unit, node: ast.ClassDef, first_line: int) -> None:
    span = span_of(node)
    body_unit = _class_unit(unit, node, first_line)
    unit.emit("PUSH_NULL", 0, span)
    unit.emit("LOAD_BUILD_CLASS", 0, span)
    make_closure(unit, body_unit, 0, span)
    unit.load_constant(node.name, span)


def _generic_class(unit: Unit, node: ast.ClassDef, first_line: int) -> None:
    """A function that makes the type parameters, then the class, is called at once."""
    span = span_of(node)
    unit.emit("PUSH_NULL", 0, span)
    # In 3.12 the names that follow in this unit are mangled as in the class, too.
    unit.class_name = node.name
    scope = unit.program.symbols.type_parameter_scopes[node]
    name = f"<generic parameters of {node.name}>"
    inner = unit.child(UnitKind.TYPE_PARAMETERS, scope, name, first_line)
    type_parameters(inner, node.type_params)
    store_name(inner, ".type_params", span)
    _load_builder(inner, node, first_line)
    load_name(inner, ".type_params", span)
    inner.emit("CALL_INTRINSIC_1", c.SUBSCRIPT_GENERIC, span)
    store_name(inner, ".generic_base", span)
    base = ast.copy_location(ast.Name(".generic_base", ast.Load()), node)
    call_top(inner, 2, [*node.bases, base], node.keywords, span)
    inner.emit("RETURN_VALUE", 0, NO_SPAN)
    make_closure(unit, inner.finish(), 0, span)
    unit.emit("CALL", 0, span)


def _class_unit(unit: Unit, node: ast.ClassDef, first_line: int) -> CodeUnit:
    scope = unit.program.symbols.scopes[node]
    inner = unit.child(UnitKind.CLASS, scope, node.name, first_line)
    inner.class_name = node.name
    span = (first_line, first_line, 0, 0)
    _name_class(inner, node, span)
    if scope.needs_class_dict:
        inner.emit("LOAD_LOCALS", 0, span)
        inner.emit("STORE_DEREF", inner.cells["__classdict__"], span)
    body(inner, node.body, span)
    _return_class_cell(inner)
    return inner.finish()


def _name_class(unit: Unit, node: ast.ClassDef, span: Span) -> None:
    load_name(unit, "__name__", span)
    store_name(unit, "__module__", span)
    unit.load_constant(unit.code.qualified_name, span)
    store_name(unit, "__qualname__", span)
    if node.type_params:
        load_name(unit, ".type_params", span)
        store_name(unit, "__type_params__", span)


def _return_class_cell(unit: Unit) -> None:
    """The cell that `super()` and `__class__` read is filled by the metaclass."""
    if unit.scope.needs_class_dict:
        unit.emit("LOAD_CLOSURE", unit.cells["__classdict__"], NO_SPAN)
        store_name(unit, "__classdictcell__", NO_SPAN)
    if unit.scope.needs_class_cell:
        unit.emit("LOAD_CLOSURE", unit.cells["__class__"], NO_SPAN)
        unit.emit("COPY", 1, NO_SPAN)
        store_name(unit, "__classcell__", NO_SPAN)
    else:
        unit.load_constant(None, NO_SPAN)
    unit.emit("RETURN_VALUE", 0, NO_SPAN)
    return_none(unit)


def body(unit: Unit, statements: Sequence[ast.stmt], span: Span) -> None:
    """Of a module or a class: its annotations, its docstring, its statements."""
    if unit.kind is UnitKind.MODULE and statements:
        span = span_of(statements[0])
    if annotates(statements):
        unit.emit("SETUP_ANNOTATIONS", 0, span)
    docstring = docstring_of(statements)
    if docstring is not None and unit.program.optimize < 2:
        first = statements[0]
        assert isinstance(first, ast.Expr)
        unit.visit(first.value)
        store_name(unit, "__doc__", NO_SPAN)
        statements = statements[1:]
    unit.visit_all(statements)


def annotates(statements: Sequence[ast.stmt]) -> bool:
    """Whether a variable is annotated, in the statements or in blocks of them."""
    for statement in statements:
        match statement:
            case ast.AnnAssign():
                return True
            case ast.For() | ast.AsyncFor() | ast.While() | ast.If():
                found = annotates(statement.body) or annotates(statement.orelse)
            case ast.With() | ast.AsyncWith():
                found = annotates(statement.body)
            case ast.Try() | ast.TryStar():
                found = _try_annotates(statement)
            case ast.Match():
                found = any(annotates(case.body) for case in statement.cases)
            case _:
                continue
        if found:
            return True
    return False


def _try_annotates(node: ast.Try | ast.TryStar) -> bool:
    if any(annotates(part) for part in (node.body, node.finalbody, node.orelse)):
        return True
    return any(annotates(handler.body) for handler in node.handlers)
