"""A TypeError of an operator or a subscript: what the operands are."""

from __future__ import annotations

import ast
import reprlib
from collections.abc import Callable, Iterator
from types import ModuleType


def rule(load: Callable[[str], ModuleType]) -> Callable[[TypeError], Iterator[str]]:
    expression = load("failing_expression")

    def hints(error: TypeError) -> Iterator[str]:
        node, scope = expression.of(error)
        described = []
        for operand in _operands(node):
            found = expression.value(operand, scope)
            if found is not expression.UNKNOWN and not isinstance(operand, ast.Constant):
                described.append(f"'{ast.unparse(operand)}' is {_shown(found)}")
        if described:
            yield "; ".join(described)
        yield from _conversion(str(error))

    return hints


def _operands(node: ast.expr | None) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Compare(left=left, comparators=rest):
            return [left, *rest]
        case ast.Subscript(value=owner, slice=index):
            return [owner, index]
        case ast.Call(func=function):
            return [function]
    return []


def _shown(value: object) -> str:
    """Value and type; of classes of the program's own only the type, for their repr is code."""
    kind = type(value).__name__
    if value is None:
        return "None"
    if type(value).__module__ == "builtins" and kind not in ("function", "type", "module"):
        return f"{reprlib.repr(value)} ({kind})"
    return f"of type '{kind}'"


def _conversion(message: str) -> Iterator[str]:
    if "can only concatenate str" in message or "+: 'int' and 'str'" in message:
        yield "convert one of them: str(...) joins text, int(...) adds numbers"
    elif "'NoneType' object" in message:
        yield "a function without a return statement gives None"
