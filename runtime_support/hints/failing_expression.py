"""The expression at which an exception was raised, and values in it that are safe to know.

CPython keeps the position of every instruction: the source between them is parsed again.
Nothing of the program's runs: only names, constants, and items of real lists, tuples and
dictionaries are evaluated.
"""

from __future__ import annotations

import ast
import builtins
import linecache
from itertools import islice
from types import FrameType, TracebackType

type Scope = dict[str, object]

#: What ``value`` gives for an expression it does not evaluate.
UNKNOWN = object()


def of(error: BaseException) -> tuple[ast.expr | None, Scope]:
    """The expression and the names it sees, innermost frame; None if it is not to be had."""
    traceback = error.__traceback__
    if traceback is None:
        return None, {}
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    text = _source(traceback)
    try:
        node = ast.parse(f"({text})", mode="eval").body if text else None
    except SyntaxError:
        node = None
    return node, _scope(traceback.tb_frame)


def value(node: ast.AST | None, scope: Scope) -> object:
    match node:
        case ast.Constant(value=constant):
            return constant
        case ast.Name(id=name):
            return scope.get(name, UNKNOWN)
        case ast.Subscript(value=owner, slice=index):
            return _item(value(owner, scope), value(index, scope))
    return UNKNOWN


def _item(owner: object, index: object) -> object:
    try:
        if type(owner) in (list, tuple, dict) and type(index) in (int, str):
            return owner[index]  # type: ignore[index]
    except LookupError:
        pass
    return UNKNOWN


def _scope(frame: FrameType) -> Scope:
    return {**vars(builtins), **frame.f_globals, **frame.f_locals}


def _source(traceback: TracebackType) -> str:
    """The text of the instruction that failed."""
    code = traceback.tb_frame.f_code
    place = next(islice(code.co_positions(), traceback.tb_lasti // 2, None), None)
    if place is None or None in place:
        return ""
    line, end_line, column, end_column = (number or 0 for number in place)
    lines = [
        linecache.getline(code.co_filename, number).encode()
        for number in range(line, end_line + 1)
    ]
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    return b"".join(lines).decode("utf-8", "replace")
