"""Operators on constants, with the host's limits on what is computed at compile time."""

from __future__ import annotations

import ast
import operator
import os
import warnings
from collections.abc import Callable
from typing import Any

_MAX_INT_BITS = 128
_MAX_COLLECTION = 256
_MAX_TEXT = 4096
_MAX_ITEMS = 1024

_ROOT = __file__.rpartition("frontend")[0]
#: Whoever calls the compiler is warned, as by the host's `compile`.
_OUR_FILES = tuple(f"{_ROOT}{folder}{os.sep}" for folder in ("frontend", "backend", "driver"))
_INVERTED_BOOL = (
    "Bitwise inversion '~' on bool is deprecated. This returns the bitwise inversion of the "
    "underlying int object and is usually not what you expect from negating a bool. "
    "Use the 'not' operator for boolean negation or ~int(x) if you really want the bitwise "
    "inversion of the underlying int."
)


class NotFoldedError(Exception):
    """The result is left to run time."""


def fold_binary(node: ast.operator, left: Any, right: Any) -> Any:  # noqa: ANN401
    """Raises NotFoldedError, or what the operation raises."""
    return _BINARY[type(node)](left, right)


def fold_unary(node: ast.unaryop, operand: Any) -> Any:  # noqa: ANN401
    """Raises what the operation raises."""
    return _UNARY[type(node)](operand)


def _invert(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, bool):
        warnings.warn(_INVERTED_BOOL, DeprecationWarning, skip_file_prefixes=_OUR_FILES)
        return ~int(value)
    return ~value


def _unfolded(left: object, right: object) -> Any:  # noqa: ANN401
    raise NotFoldedError


def _multiply(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, int) and isinstance(right, int):
        if left and right and left.bit_length() + right.bit_length() > _MAX_INT_BITS:
            raise NotFoldedError
    elif isinstance(left, int):
        _check_repetition(right, left)
    elif isinstance(right, int):
        _check_repetition(left, right)
    return left * right


def _check_repetition(value: object, count: int) -> None:
    """Of a sequence; numbers of other types have no limit."""
    if isinstance(value, str | bytes):
        if value and not 0 <= count <= _MAX_TEXT // len(value):
            raise NotFoldedError
    elif isinstance(value, tuple | frozenset) and value:
        if not 0 <= count <= _MAX_COLLECTION // len(value):
            raise NotFoldedError
        if count and _count_items(value, _MAX_ITEMS // count) < 0:
            raise NotFoldedError


def _count_items(value: object, limit: int) -> int:
    """What is left of the limit after all items of nested tuples; negative: none."""
    if isinstance(value, tuple | frozenset):
        limit -= len(value)
        for item in value:
            if limit < 0:
                break
            limit = _count_items(item, limit)
    return limit


def _power(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        bits = left.bit_length()
        if bits and (right.bit_length() > 64 or bits > _MAX_INT_BITS // right):
            raise NotFoldedError
    return left**right


def _shift_left(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, int) and isinstance(right, int) and left and right:
        bits = left.bit_length()
        if right < 0 or bits > _MAX_INT_BITS or right > _MAX_INT_BITS - bits:
            raise NotFoldedError
    return left << right


def _remainder(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, str | bytes):
        raise NotFoldedError
    return left % right


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
    ast.LShift: _shift_left,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.MatMult: _unfolded,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Invert: _invert,
    ast.Not: operator.not_,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
