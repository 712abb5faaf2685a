"""f-strings as PEP 701 reads them: fields may hold any quote and any escape.

One `JoinedStr` becomes one f-string, except around constants of kind "u": that prefix cannot be
joined with "f", so such a constant stands as a string of its own beside it.
"""

from __future__ import annotations

import ast
import re
from itertools import groupby

from dx_py.frontend.printing.literals import escape, numeric_escape, string_text
from dx_py.frontend.printing.pieces import Layout, Level, Operand, Pieces, prints

QUOTE = "'"
_NO_CONVERSION = -1


@prints(ast.JoinedStr)
def joined_string(node: ast.JoinedStr) -> Pieces:
    runs = [(kind, list(parts)) for kind, parts in groupby(node.values, _has_kind)]
    if all(kind for kind, _ in runs):
        runs.append((False, []))
    for index, (kind, parts) in enumerate(runs):
        if index:
            yield " "
        yield from _prefixed_strings(parts) if kind else _single_fstring(parts)


def _has_kind(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.kind is not None


def _prefixed_strings(parts: list[ast.expr]) -> Pieces:
    texts = (string_text(_literal(part), "u") for part in parts)
    yield " ".join(texts)


def _single_fstring(parts: list[ast.expr]) -> Pieces:
    yield f"f{QUOTE}"
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            yield from field(part)
        else:
            yield escape(_literal(part), QUOTE).replace("{", "{{").replace("}", "}}")
    yield QUOTE


def _literal(part: ast.expr) -> str:
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return part.value
    raise ValueError(f"{type(part).__name__} in an f-string: only strings and fields fit")


@prints(ast.FormattedValue)
def formatted_value(node: ast.FormattedValue) -> Pieces:
    """A field outside an f-string: no parser makes one, transformers do."""
    yield f"f{QUOTE}"
    yield from field(node)
    yield QUOTE


def field(node: ast.FormattedValue) -> Pieces:
    yield Layout.FIELD
    # A bare lambda, conditional or `:=` would end at its colon.
    yield Operand(node.value, Level.OR)
    if node.conversion != _NO_CONVERSION:
        yield f"!{chr(node.conversion)}"
    if node.format_spec is not None:
        yield ":"
        yield from format_spec(node.format_spec)
    yield "}"


def format_spec(spec: ast.expr) -> Pieces:
    """Doubled braces mean nothing in a format spec, so literal ones are escaped by number."""
    for part in spec.values if isinstance(spec, ast.JoinedStr) else [spec]:
        if isinstance(part, ast.FormattedValue):
            yield from field(part)
        else:
            text = escape(_literal(part), QUOTE)
            yield re.sub("[{}]", lambda brace: numeric_escape(brace[0]), text)
