"""What a parser makes of a source, in a form in which two parsers can be compared."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

CASES = Path(__file__).with_name("cases")

#: What parsers raise for a text they refuse.
REFUSALS = (SyntaxError, RecursionError, MemoryError, UnicodeError, ValueError)

type Source = str | bytes
type Parser = Callable[[Source, str], ast.AST]


def cases(name: str) -> list[Source]:
    lines = (CASES / name).read_text(encoding="ascii").splitlines()
    return [ast.literal_eval(line) for line in lines if not line.startswith("#")]


def host(source: Source, mode: str = "exec", flags: int = 0) -> ast.AST:
    flags |= ast.PyCF_ONLY_AST
    return compile(source, "<unknown>", mode, flags, dont_inherit=True)


def outcome(parser: Parser, source: Source, mode: str = "exec") -> str:
    """The dump of the tree with all positions, or "refused"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dump(parser(source, mode))
        except REFUSALS:
            return "refused"


def dump(tree: ast.AST) -> str:
    """``ast.dump`` with positions; on another patch release than 3.12.1, without those inside
    f-strings, where the releases differ."""
    if sys.version_info[:3] != (3, 12, 1):
        tree = _NormaliseFStrings().visit(tree)
    return ast.dump(tree, include_attributes=True)


class _NormaliseFStrings(ast.NodeTransformer):
    """Texts lose their positions, and empty ones go."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        self.generic_visit(node)
        node.values = [part for part in node.values if _text(part) != ""]
        for part in ast.walk(node):
            if isinstance(part, (ast.JoinedStr, ast.FormattedValue, ast.Constant)):
                part.lineno = part.end_lineno = node.lineno
                part.col_offset = part.end_col_offset = 0
        return node


def _text(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None
