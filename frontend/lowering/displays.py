"""Tuples, lists, sets and dictionaries, and assignment to several targets."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from dx_py.frontend.lowering.constants import LIST_TO_TUPLE, STACK_LIMIT
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.ir.code_unit import Span


@dataclass(frozen=True, slots=True)
class Display:
    """The instructions that make a collection; a tuple is made of a list."""

    build: str
    add: str
    extend: str
    is_tuple: bool = False


TUPLE = Display("BUILD_LIST", "LIST_APPEND", "LIST_EXTEND", is_tuple=True)
LIST = Display("BUILD_LIST", "LIST_APPEND", "LIST_EXTEND")
SET = Display("BUILD_SET", "SET_ADD", "SET_UPDATE")

# A display of fewer constants is built from them one by one.
_MIN_FOLDED = 3


def tuple_display(unit: Unit, node: ast.Tuple) -> None:
    _tuple_or_list(unit, node, TUPLE)


def list_display(unit: Unit, node: ast.List) -> None:
    _tuple_or_list(unit, node, LIST)


def set_display(unit: Unit, node: ast.Set) -> None:
    collect(unit, SET, node.elts, span_of(node), pushed=0)


def _tuple_or_list(unit: Unit, node: ast.Tuple | ast.List, display: Display) -> None:
    if isinstance(node.ctx, ast.Load):
        collect(unit, display, node.elts, span_of(node), pushed=0)
    elif isinstance(node.ctx, ast.Store):
        unpack(unit, node.elts, span_of(node))
        unit.visit_all(node.elts)
    else:
        unit.visit_all(node.elts)


def unpack(unit: Unit, targets: Sequence[ast.AST], span: Span) -> None:
    """Leave the items of the value on the stack, for each target one, the first on top."""
    count = len(targets)
    for index, target in enumerate(targets):
        if isinstance(target, ast.Starred | ast.MatchStar):
            unit.emit("UNPACK_EX", index | (count - index - 1) << 8, span)
            return
    unit.emit("UNPACK_SEQUENCE", count, span)


def collect(
    unit: Unit, display: Display, items: Sequence[ast.expr], span: Span, *, pushed: int
) -> None:
    """A collection of the ``pushed`` values on the stack and of ``items``."""
    count = len(items)
    if count >= _MIN_FOLDED and all(isinstance(item, ast.Constant) for item in items):
        _collect_constants(unit, display, items, span, pushed)
        return
    is_big = count + pushed > STACK_LIMIT
    if is_big or any(isinstance(item, ast.Starred) for item in items):
        _collect_one_by_one(unit, display, items, span, pushed, is_big=is_big)
        return
    unit.visit_all(items)
    opcode = "BUILD_TUPLE" if display.is_tuple else display.build
    unit.emit(opcode, count + pushed, span)


def _collect_constants(
    unit: Unit, display: Display, items: Sequence[ast.expr], span: Span, pushed: int
) -> None:
    values = tuple(item.value for item in items if isinstance(item, ast.Constant))
    if display.is_tuple and not pushed:
        unit.load_constant(values, span)
        return
    folded = frozenset(values) if display is SET else values
    unit.emit(display.build, pushed, span)
    unit.load_constant(folded, span)
    unit.emit(display.extend, 1, span)
    if display.is_tuple:
        unit.emit("CALL_INTRINSIC_1", LIST_TO_TUPLE, span)


def _collect_one_by_one(
    unit: Unit,
    display: Display,
    items: Sequence[ast.expr],
    span: Span,
    pushed: int,
    *,
    is_big: bool,
) -> None:
    is_built = is_big
    if is_built:
        unit.emit(display.build, pushed, span)
    for index, item in enumerate(items):
        if isinstance(item, ast.Starred):
            if not is_built:
                unit.emit(display.build, index + pushed, span)
                is_built = True
            unit.visit(item.value)
            unit.emit(display.extend, 1, span)
        else:
            unit.visit(item)
            if is_built:
                unit.emit(display.add, 1, span)
    if display.is_tuple:
        unit.emit("CALL_INTRINSIC_1", LIST_TO_TUPLE, span)


def dict_display(unit: Unit, node: ast.Dict) -> None:
    """Runs of `key: value`, each built apart where `**` or the stack's limit ends one."""
    span = span_of(node)
    has_dict, run = False, 0
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        if key is not None and run * 2 <= STACK_LIMIT:
            run += 1
            continue
        end = index if key is None else index + 1
        if run:
            has_dict = _merge_run(unit, node, end - run - (key is not None), end, has_dict)
            run = 0
        if key is None:
            has_dict = _merge_mapping(unit, value, span, has_dict)
    count = len(node.values)
    if run:
        has_dict = _merge_run(unit, node, count - run, count, has_dict)
    if not has_dict:
        unit.emit("BUILD_MAP", 0, span)


def _merge_mapping(unit: Unit, value: ast.expr, span: Span, has_dict: bool) -> bool:
    if not has_dict:
        unit.emit("BUILD_MAP", 0, span)
    unit.visit(value)
    unit.emit("DICT_UPDATE", 1, span)
    return True


def _merge_run(unit: Unit, node: ast.Dict, begin: int, end: int, has_dict: bool) -> bool:
    _build_run(unit, node, begin, end)
    if has_dict:
        unit.emit("DICT_UPDATE", 1, span_of(node))
    return True


def _build_run(unit: Unit, node: ast.Dict, begin: int, end: int) -> None:
    span, count = span_of(node), end - begin
    keys = [key for key in node.keys[begin:end] if key is not None]
    is_big = count * 2 > STACK_LIMIT
    if count > 1 and not is_big and all(isinstance(key, ast.Constant) for key in keys):
        unit.visit_all(node.values[begin:end])
        names = tuple(key.value for key in keys if isinstance(key, ast.Constant))
        unit.load_constant(names, span)
        unit.emit("BUILD_CONST_KEY_MAP", count, span)
        return
    if is_big:
        unit.emit("BUILD_MAP", 0, span)
    for key, value in zip(keys, node.values[begin:end], strict=True):
        unit.visit(key)
        unit.visit(value)
        if is_big:
            unit.emit("MAP_ADD", 1, span)
    if not is_big:
        unit.emit("BUILD_MAP", count, span)
