"""Warnings about literals used as what they cannot be; the first suspect is a missing comma."""

from __future__ import annotations

import ast

from dx_py.frontend.semantics.checker import Checker

_TYPES: dict[type[ast.expr], str] = {
    ast.Tuple: "tuple",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.GeneratorExp: "generator",
    ast.Lambda: "function",
    ast.JoinedStr: "str",
    ast.FormattedValue: "str",
}
_SUBSCRIPTABLE = ("dict", "tuple", "list", "str", "bytes")
_INDEXED_BY_NUMBER = ("tuple", "list", "str", "bytes")
_INTEGERS = ("int", "bool")
_SINGLETONS = ("NoneType", "bool", "ellipsis")


def check_called(checker: Checker, call: ast.Call) -> None:
    kind = _type_name(call.func)
    if kind is not None and kind != "function":
        message = f"'{kind}' object is not callable; perhaps you missed a comma?"
        checker.warn(message, call.func, call)


def check_subscripted(checker: Checker, subscript: ast.Subscript) -> None:
    kind = _type_name(subscript.value)
    if kind is not None and kind not in _SUBSCRIPTABLE:
        message = f"'{kind}' object is not subscriptable; perhaps you missed a comma?"
        checker.warn(message, subscript.value, subscript)


def check_index(checker: Checker, subscript: ast.Subscript) -> None:
    kind, given = _type_name(subscript.value), _type_name(subscript.slice)
    if kind not in _INDEXED_BY_NUMBER or given is None or given in _INTEGERS:
        return
    checker.warn(
        f"{kind} indices must be integers or slices, not {given}; perhaps you missed a comma?",
        subscript.value,
        subscript,
    )


def check_identity(checker: Checker, node: ast.Compare) -> None:
    """Whether two equal literals are one object is the implementation's choice."""
    operands = [node.left, *node.comparators]
    for index, operator in enumerate(node.ops):
        if not isinstance(operator, ast.Is | ast.IsNot):
            continue
        # The host judges by the left operand first.
        kind = _compared_literal(operands[index]) or _compared_literal(operands[index + 1])
        if kind is not None:
            words = ("is", "==") if isinstance(operator, ast.Is) else ("is not", "!=")
            message = f'"{words[0]}" with \'{kind}\' literal. Did you mean "{words[1]}"?'
            checker.warn(message, node, node)
            return


def _compared_literal(node: ast.expr) -> str | None:
    constant = constant_type(node)
    return None if constant in _SINGLETONS else constant


def _type_name(node: ast.expr) -> str | None:
    return _TYPES.get(type(node)) or constant_type(node)


def constant_type(node: ast.expr) -> str | None:
    """The type of what the compiler folds to a constant; None for all else."""
    match node:
        case ast.Constant(value):
            return type(value).__name__
        case ast.UnaryOp(ast.Not(), operand):
            return "bool" if constant_type(operand) else None
        case ast.UnaryOp(_, ast.Constant(bool() | int())):
            return "int"
        case ast.UnaryOp(ast.UAdd() | ast.USub(), ast.Constant(float() | complex() as value)):
            return type(value).__name__
        case ast.Tuple(elts=items) if all(constant_type(item) for item in items):
            return "tuple"
        case _:
            return None
