"""Compare with the interpreter's own compiler.

usage: dxc verify PATH...

Each module is parsed and compiled by DX-Py and by the interpreter; trees are compared with all
positions, code objects field by field. The counts are printed, and each difference. Exit
status 1 if there is one.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import CodeType
from typing import Any, Final

from dx_py.artifacts import code_marshal
from dx_py.driver.command_line import CommandParser
from dx_py.driver.dxc.engines import default_jobs
from dx_py.driver.dxc.modules import find_modules
from dx_py.frontend.parser import parse
from dx_py.frontend.to_ast import to_ast

#: Verdict -> what the summary calls it. The first three are equal behaviour.
VERDICTS: Final = {
    "equal": "identical tree and code",
    "both reject": "rejected by both, with the same message and place",
    "messages": "rejected by both, with another message or place",
    "tree": "different tree",
    "code": "different code",
    "rejected": "rejected, but the interpreter accepts it",
    "accepted": "accepted, but the interpreter rejects it",
}
_GOOD: Final = ("equal", "both reject", "messages")
_FEW: Final = 40
_REJECTION = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Verdict:
    path: Path
    kind: str
    detail: str = ""


def main(arguments: list[str]) -> int:
    parser = CommandParser("dxc verify", __doc__ or "")
    parser.add_argument("paths", metavar="PATH", nargs="+")
    options = parser.parse(arguments)
    modules = find_modules([parser.existing(name) for name in options.paths])
    counts: Counter[str] = Counter()
    for verdict in verify_all([module.path for module in modules]):
        counts[verdict.kind] += 1
        if verdict.detail:
            print(f"{verdict.path}: {verdict.detail}")
    print(f"{len(modules):8,} modules")
    for kind, text in VERDICTS.items():
        if counts[kind] or kind == "equal":
            print(f"{counts[kind]:8,} {text}")
    return 0 if all(kind in _GOOD for kind in counts) else 1


def verify_all(paths: Sequence[Path]) -> Iterator[Verdict]:
    """In the order of the paths, by as many processes as there are cores."""
    if len(paths) < _FEW or default_jobs() == 1:
        yield from map(verify_file, paths)
        return
    with ProcessPoolExecutor(default_jobs(), get_context("spawn")) as pool:
        yield from pool.map(verify_file, paths, chunksize=8)


def verify_file(path: Path) -> Verdict:
    try:
        source = path.read_bytes()
    except OSError as error:
        return Verdict(path, "rejected", f"cannot be read: {error.strerror}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return verify_source(path, source)


def verify_source(path: Path, source: bytes) -> Verdict:
    theirs, ours = _host_tree(source), _our_tree(source)
    if isinstance(theirs, Exception) and isinstance(ours, Exception):
        same = _place(theirs) == _place(ours)
        detail = "" if same else f"{_place(ours)} where the interpreter says {_place(theirs)}"
        return Verdict(path, "both reject" if same else "messages", detail)
    if isinstance(theirs, Exception):
        return Verdict(path, "accepted", f"the interpreter rejects it: {theirs}")
    if isinstance(ours, Exception):
        return Verdict(path, "rejected", f"{type(ours).__name__}: {ours}")
    return _compare(path, ours, theirs)


def _compare(path: Path, ours: ast.AST, theirs: ast.AST) -> Verdict:
    if detail := _first_difference(_lines(ours), _lines(theirs)):
        return Verdict(path, "tree", detail)
    if _code(ours) != _code(theirs):
        return Verdict(path, "code", "the code objects differ")
    return Verdict(path, "equal")


def _host_tree(source: bytes) -> Any:  # noqa: ANN401
    try:
        return compile(source, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except _REJECTION as error:
        return error


def _our_tree(source: bytes) -> ast.AST | Exception:
    try:
        return to_ast(parse(source, filename="", mode="exec"))
    except _REJECTION as error:
        return error


def _lines(tree: ast.AST) -> list[str]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        return ast.dump(tree, include_attributes=True, indent=0).splitlines()
    finally:
        sys.setrecursionlimit(limit)


def _first_difference(ours: Iterable[str], theirs: Iterable[str]) -> str:
    for number, (our_line, their_line) in enumerate(zip(ours, theirs, strict=False), 1):
        if our_line != their_line:
            return f"line {number} of the tree is {our_line!r}, not {their_line!r}"
    return "" if len(list(ours)) == len(list(theirs)) else "one tree ends before the other"


def _code(tree: Any) -> bytes | str:  # noqa: ANN401
    """The code's bytes, or the host compiler's complaint about the tree."""
    try:
        code: CodeType = compile(tree, "", "exec", dont_inherit=True)
    except _REJECTION as error:
        return f"{type(error).__name__}: {_place(error)}"
    return code_marshal.dumps(code)


def _place(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__} {error.msg!r} at {error.lineno}:{error.offset}"
    return f"{type(error).__name__} {error}"
