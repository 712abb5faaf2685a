"""What compiling a tree comes to: code or an exception, and the warnings in order."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from types import CodeType

from dx_py.backend.bytecode.compile_tree import compile_tree
from tests.lowering.code_comparison import differences

_PLACE = ("filename", "lineno", "offset", "text", "end_lineno", "end_offset")
_MODES: dict[type[ast.mod], str] = {
    ast.Module: "exec",
    ast.Interactive: "single",
    ast.Expression: "eval",
}

type Outcome = tuple[CodeType | tuple[object, ...], list[tuple[str, str, int]]]


def host_outcome(
    tree: ast.mod, filename: str = "case.py", *, optimize: int = 0, flags: int = 0
) -> Outcome:
    mode = _MODES[type(tree)]
    return _outcome(lambda: compile(tree, filename, mode, flags, True, optimize))


def our_outcome(
    tree: ast.mod, filename: str = "case.py", *, optimize: int = 0, flags: int = 0
) -> Outcome:
    """Uses the tree up."""
    return _outcome(lambda: compile_tree(tree, filename, optimize=optimize, flags=flags))


def _outcome(make: Callable[[], CodeType]) -> Outcome:
    result: CodeType | tuple[object, ...]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = make()
        except Exception as error:
            places = [getattr(error, name, None) for name in _PLACE]
            result = (type(error), *map(repr, error.args), places)
    return result, [(w.category.__name__, str(w.message), _line(w)) for w in caught]


def _line(warning: warnings.WarningMessage) -> int:
    """Folding warns whoever compiles: here, on another line for each compiler."""
    return 0 if warning.filename == __file__ else warning.lineno


def outcome_differences(mine: Outcome, theirs: Outcome) -> Iterator[tuple[str, str]]:
    ours, host = mine[0], theirs[0]
    if isinstance(ours, CodeType) and isinstance(host, CodeType):
        yield from differences(ours, host)
    elif ours != host:
        yield "outcome", f"{ours} is not {host}"
    if mine[1] != theirs[1]:
        yield "warnings", f"{mine[1]} is not {theirs[1]}"


def compared(tree: ast.mod, *, optimize: int = 0, flags: int = 0) -> list[tuple[str, str]]:
    """Where we differ from the host on a tree, which is used up."""
    theirs = host_outcome(tree, optimize=optimize, flags=flags)
    mine = our_outcome(tree, optimize=optimize, flags=flags)
    return list(outcome_differences(mine, theirs))
