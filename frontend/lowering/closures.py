"""The function objects made of nested units."""

from __future__ import annotations

from dx_py.frontend.lowering.constants import HAS_CLOSURE
from dx_py.frontend.lowering.unit import Unit, UnitKind
from dx_py.frontend.symbols.scope import Binding
from dx_py.ir.code_unit import NO_SPAN, CodeUnit, Span


def make_closure(unit: Unit, code: CodeUnit, flags: int, span: Span) -> None:
    """A function of `code`, with the cells of its free variables."""
    if code.free:
        for name in code.free:
            unit.emit("LOAD_CLOSURE", _cell_index(unit, name), span)
        unit.emit("BUILD_TUPLE", len(code.free), span)
        flags |= HAS_CLOSURE
    unit.load_constant(code, span)
    unit.emit("MAKE_FUNCTION", flags, span)


def _cell_index(unit: Unit, name: str) -> int:
    if unit.kind is UnitKind.CLASS and name in ("__class__", "__classdict__"):
        return unit.cells[name]
    binding = unit.bindings.get(name)
    if binding is Binding.CELL:
        return unit.cells[name]
    return unit.free[name]


def return_none(unit: Unit) -> None:
    """What falls off the end returns None."""
    unit.load_constant(None, NO_SPAN)
    unit.emit("RETURN_VALUE", 0, NO_SPAN)
