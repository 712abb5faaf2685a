"""`import` and `from ... import`."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.constants import IMPORT_STAR
from dx_py.frontend.lowering.names import store_name
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.ir.code_unit import Span


def import_statement(unit: Unit, node: ast.Import) -> None:
    span = span_of(node)
    for alias in node.names:
        unit.load_constant(0, span)
        unit.load_constant(None, span)
        unit.emit_named("IMPORT_NAME", alias.name, span)
        first, *rest = alias.name.split(".")
        if alias.asname is None:
            store_name(unit, first, span)
        else:
            _store_innermost(unit, rest, alias.asname, span)


def _store_innermost(unit: Unit, rest: list[str], name: str, span: Span) -> None:
    """`import a.b.c as name`: from the package `a` to its part."""
    for index, part in enumerate(rest):
        unit.emit_named("IMPORT_FROM", part, span)
        if index < len(rest) - 1:
            unit.emit("SWAP", 2, span)
            unit.emit("POP_TOP", 0, span)
    store_name(unit, name, span)
    if rest:
        unit.emit("POP_TOP", 0, span)


def from_import_statement(unit: Unit, node: ast.ImportFrom) -> None:
    span = span_of(node)
    unit.load_constant(node.level or 0, span)
    unit.load_constant(tuple(alias.name for alias in node.names), span)
    unit.emit_named("IMPORT_NAME", node.module or "", span)
    for alias in node.names:
        if alias.name == "*":
            unit.emit("CALL_INTRINSIC_1", IMPORT_STAR, span)
            break
        unit.emit_named("IMPORT_FROM", alias.name, span)
        store_name(unit, alias.asname or alias.name, span)
    unit.emit("POP_TOP", 0, span)
