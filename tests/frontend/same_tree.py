"""Equality of syntax trees, as strict as comparing ``ast.dump`` and much faster."""

from __future__ import annotations

import ast

POSITIONS = frozenset({"lineno", "col_offset", "end_lineno", "end_col_offset"})
#: Constants that are the same whenever they are equal, their types being one.
_PLAIN = frozenset({str, bytes, int, bool, type(None), type(...)})


def same_tree(one: object, other: object, *, positions: bool = True) -> bool:
    """Whether both have the same nodes, fields, constants and, if asked for, positions."""
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is list:
        return _same_lists(one, other, positions)  # type: ignore[arg-type]
    if isinstance(one, ast.AST):
        return _same_nodes(one, other, positions)  # type: ignore[arg-type]
    # Unequal floats may look equal, and equal ones differ: nan, -0.0.
    return one == other if kind in _PLAIN else repr(one) == repr(other)


def _same_lists(ones: list[object], others: list[object], positions: bool) -> bool:
    if len(ones) != len(others):
        return False
    pairs = zip(ones, others, strict=True)
    return all(same_tree(one, other, positions=positions) for one, other in pairs)


def _same_nodes(one: ast.AST, other: ast.AST, positions: bool) -> bool:
    ours, theirs = vars(one), vars(other)
    if ours.keys() != theirs.keys():
        return False
    for name, value in ours.items():
        if name in POSITIONS:
            if positions and value != theirs[name]:
                return False
        elif not same_tree(value, theirs[name], positions=positions):
            return False
    return True
