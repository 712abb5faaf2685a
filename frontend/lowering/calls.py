"""Calls: methods and `super` without an intermediate object, keywords, `*` and `**`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dx_py.frontend.lowering.constants import STACK_LIMIT
from dx_py.frontend.lowering.displays import TUPLE, collect
from dx_py.frontend.lowering.expressions import attribute_span, load_method
from dx_py.frontend.lowering.supers import load_super_arguments, names_super
from dx_py.frontend.lowering.unit import Unit, span_of
from dx_py.frontend.symbols.scope import Use
from dx_py.ir.code_unit import NO_SPAN, Span


def call(unit: Unit, node: ast.Call) -> None:
    function = node.func
    if isinstance(function, ast.Attribute) and _is_method_call(unit, node, function):
        _call_method(unit, node, function)
        return
    unit.emit("PUSH_NULL", 0, span_of(function))
    unit.visit(function)
    call_top(unit, 0, node.args, node.keywords, span_of(node))


def _is_method_call(unit: Unit, node: ast.Call, function: ast.Attribute) -> bool:
    """Not for what an import binds: functions of modules have no object to pass."""
    if _is_imported(unit, function.value):
        return False
    keywords = len(node.keywords)
    if len(node.args) + keywords + bool(keywords) >= STACK_LIMIT:
        return False
    return _is_plain(node.args, node.keywords)


def _is_imported(unit: Unit, node: ast.expr) -> bool:
    if not isinstance(node, ast.Name):
        return False
    return bool(unit.program.symbols.module.uses(node.id) & Use.IMPORT)


def _is_plain(arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> bool:
    """Whether there is neither `*` nor `**`."""
    for argument in arguments:
        if type(argument) is ast.Starred:
            return False
    return all(keyword.arg is not None for keyword in keywords) if keywords else True


def _call_method(unit: Unit, node: ast.Call, function: ast.Attribute) -> None:
    span = span_of(function)
    if names_super(unit, function):
        load_super_arguments(unit, function.value)
        _load_super_method(unit, function, span)
        span = attribute_span(span, function)
        # The line of the method's name is traced.
        unit.emit("NOP", 0, span)
    else:
        unit.visit(function.value)
        span = attribute_span(span, function)
        load_method(unit, function.attr, span)
    unit.visit_all(node.args)
    if node.keywords:
        _keyword_values(unit, node.keywords, span)
    span = attribute_span(span_of(node), function)
    unit.emit("CALL", len(node.args) + len(node.keywords), span)


def _load_super_method(unit: Unit, function: ast.Attribute, span: Span) -> None:
    assert isinstance(function.value, ast.Call)
    unit.emit_named("LOAD_SUPER_ATTR", function.attr, span)
    instr = unit.instrs[-1]
    instr.arg = instr.arg << 2 | bool(function.value.args) << 1 | 1


def _keyword_values(unit: Unit, keywords: Sequence[ast.keyword], span: Span) -> None:
    unit.visit_all(keyword.value for keyword in keywords)
    names = tuple(keyword.arg for keyword in keywords)
    unit.emit("KW_NAMES", unit.constant(names), span)


def call_top(
    unit: Unit,
    pushed: int,
    arguments: Sequence[ast.expr],
    keywords: Sequence[ast.keyword],
    span: Span,
) -> None:
    """Call what is on the stack; its first ``pushed`` arguments are there too."""
    fits = len(arguments) + len(keywords) * 2 + pushed <= STACK_LIMIT
    if not fits or not _is_plain(arguments, keywords):
        _call_unpacked(unit, pushed, arguments, keywords, span)
        return
    unit.visit_all(arguments)
    if keywords:
        _keyword_values(unit, keywords, span)
    unit.emit("CALL", pushed + len(arguments) + len(keywords), span)


def _call_unpacked(
    unit: Unit,
    pushed: int,
    arguments: Sequence[ast.expr],
    keywords: Sequence[ast.keyword],
    span: Span,
) -> None:
    """Gather a tuple and a dictionary of arguments."""
    first = arguments[0] if arguments else None
    if not pushed and len(arguments) == 1 and isinstance(first, ast.Starred):
        unit.visit(first.value)
    else:
        collect(unit, TUPLE, arguments, span, pushed=pushed)
    if keywords:
        _keyword_dict(unit, keywords, span)
    unit.emit("CALL_FUNCTION_EX", bool(keywords), span)


def _keyword_dict(unit: Unit, keywords: Sequence[ast.keyword], span: Span) -> None:
    has_dict, run = False, 0
    for index, keyword in enumerate(keywords):
        if keyword.arg is not None:
            run += 1
            continue
        if run:
            has_dict = _merge_keywords(unit, keywords[index - run : index], span, has_dict)
            run = 0
        if not has_dict:
            unit.emit("BUILD_MAP", 0, span)
            has_dict = True
        unit.visit(keyword.value)
        unit.emit("DICT_MERGE", 1, span)
    if run:
        _merge_keywords(unit, keywords[-run:], span, has_dict)


def _merge_keywords(
    unit: Unit, keywords: Sequence[ast.keyword], span: Span, has_dict: bool
) -> bool:
    _build_keywords(unit, keywords, span)
    if has_dict:
        unit.emit("DICT_MERGE", 1, span)
    return True


def _build_keywords(unit: Unit, keywords: Sequence[ast.keyword], span: Span) -> None:
    count = len(keywords)
    is_big = count * 2 > STACK_LIMIT
    if count > 1 and not is_big:
        unit.visit_all(keyword.value for keyword in keywords)
        unit.load_constant(tuple(keyword.arg for keyword in keywords), span)
        unit.emit("BUILD_CONST_KEY_MAP", count, span)
        return
    if is_big:
        unit.emit("BUILD_MAP", 0, NO_SPAN)
    for keyword in keywords:
        unit.load_constant(keyword.arg, span)
        unit.visit(keyword.value)
        if is_big:
            unit.emit("MAP_ADD", 1, NO_SPAN)
    if not is_big:
        unit.emit("BUILD_MAP", count, span)
