"""`super().name` and `super(cls, self).name`, which need no super object."""

from __future__ import annotations

import ast

from dx_py.frontend.lowering.names import load_name
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.symbols.scope import Binding


def names_super(unit: Unit, node: ast.Attribute) -> bool:
    """Whether the attribute is read from a plain call of the builtin `super`."""
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(node.ctx, ast.Load):
        return False
    if node.attr == "__class__":  # of the super object itself
        return False
    function = call.func
    if not isinstance(function, ast.Name) or function.id != "super" or call.keywords:
        return False
    if unit.bindings.get("super") is not Binding.GLOBAL_IMPLICIT or _is_module_name(unit):
        return False
    return _takes_arguments(unit, call.args)


def _is_module_name(unit: Unit) -> bool:
    return "super" in unit.program.symbols.module.symbols and (
        unit.program.symbols.module.symbols["super"].binding is not Binding.UNRESOLVED
    )


def _takes_arguments(unit: Unit, arguments: list[ast.expr]) -> bool:
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        return False
    if len(arguments) == 2:
        return True
    if arguments or unit.code.argument_count + unit.code.positional_only_count == 0:
        return False
    return unit.bindings.get("__class__") is Binding.FREE


def load_super_arguments(unit: Unit, call: ast.expr) -> None:
    """Pushes `super`, the class and the object."""
    assert isinstance(call, ast.Call)
    span = span_of(call)
    load_name(unit, "super", span_of(call.func))
    if call.args:
        unit.visit_all(call.args)
        return
    unit.emit("LOAD_DEREF", unit.free["__class__"], span)
    load_name(unit, next(iter(unit.variables)), span)
