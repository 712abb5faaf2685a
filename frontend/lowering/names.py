"""Loads, stores and deletions of names, by where each name lives."""

from __future__ import annotations

import ast
from enum import Enum, auto

from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.symbols.mangling import mangle
from dx_py.frontend.symbols.scope import Binding, ScopeKind
from dx_py.ir.code_unit import Instr, Span


class Storage(Enum):
    FAST = auto()
    CLOSURE = auto()
    GLOBAL = auto()
    NAME = auto()


_STORES = {
    Storage.FAST: "STORE_FAST",
    Storage.CLOSURE: "STORE_DEREF",
    Storage.GLOBAL: "STORE_GLOBAL",
    Storage.NAME: "STORE_NAME",
}
_DELETES = {
    Storage.FAST: "DELETE_FAST",
    Storage.CLOSURE: "DELETE_DEREF",
    Storage.GLOBAL: "DELETE_GLOBAL",
    Storage.NAME: "DELETE_NAME",
}


def name(unit: Unit, node: ast.Name) -> None:
    context = type(node.ctx)
    if context is ast.Load:
        load_name(unit, node.id, span_of(node))
    elif context is ast.Store:
        store_name(unit, node.id, span_of(node))
    else:
        delete_name(unit, node.id, span_of(node))


def store_name(unit: Unit, name: str, span: Span) -> None:
    storage, index = _storage(unit, mangle(name, unit.class_name))
    unit.instrs.append(Instr(_STORES[storage], index, span))


def delete_name(unit: Unit, name: str, span: Span) -> None:
    storage, index = _storage(unit, mangle(name, unit.class_name))
    unit.instrs.append(Instr(_DELETES[storage], index, span))


def load_name(unit: Unit, name: str, span: Span) -> None:
    mangled = mangle(name, unit.class_name) if name.startswith("__") else name
    storage, index = _storage(unit, mangled)
    if storage is Storage.FAST:
        unit.instrs.append(Instr("LOAD_FAST", index, span))
    elif storage is Storage.GLOBAL:
        _load_global(unit, mangled, index, span)
    elif storage is Storage.CLOSURE:
        _load_closure_variable(unit, index, span)
    elif unit.inlined_depth and unit.scope.kind is ScopeKind.CLASS:
        # An inlined comprehension does not see the class body's names.
        unit.emit("LOAD_GLOBAL", index << 1, span)
    else:
        unit.instrs.append(Instr("LOAD_NAME", index, span))


def _load_global(unit: Unit, mangled: str, index: int, span: Span) -> None:
    is_implicit = unit.bindings.get(mangled) is Binding.GLOBAL_IMPLICIT
    if unit.scope.sees_class and is_implicit:
        _load_class_namespace(unit, span)
        unit.emit("LOAD_FROM_DICT_OR_GLOBALS", index, span)
    else:
        unit.instrs.append(Instr("LOAD_GLOBAL", index << 1, span))


def _load_closure_variable(unit: Unit, index: int, span: Span) -> None:
    """Class bodies, and annotation scopes in them, look into the class namespace first."""
    if unit.scope.kind is ScopeKind.CLASS and not unit.inlined_depth:
        unit.emit("LOAD_LOCALS", 0, span)
        unit.emit("LOAD_FROM_DICT_OR_DEREF", index, span)
    elif unit.scope.sees_class:
        _load_class_namespace(unit, span)
        unit.emit("LOAD_FROM_DICT_OR_DEREF", index, span)
    else:
        unit.emit("LOAD_DEREF", index, span)


def _load_class_namespace(unit: Unit, span: Span) -> None:
    unit.emit("LOAD_DEREF", unit.free["__classdict__"], span)


def _storage(unit: Unit, mangled: str) -> tuple[Storage, int]:
    """Where a name lives, and its number there, given at its first use."""
    binding = unit.bindings.get(mangled)
    if binding is Binding.LOCAL:
        if unit.is_function_like or unit.hidden.get(mangled):
            return Storage.FAST, unit.variable(mangled)
    elif binding is Binding.GLOBAL_IMPLICIT:
        if unit.is_function_like:
            return Storage.GLOBAL, unit.name(mangled)
    elif binding is Binding.FREE or binding is Binding.CELL:
        return Storage.CLOSURE, unit.closure_index(mangled, binding)
    elif binding is Binding.GLOBAL_EXPLICIT:
        return Storage.GLOBAL, unit.name(mangled)
    return Storage.NAME, unit.name(mangled)
