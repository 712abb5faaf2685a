"""`"%s is %5.2r" % (a, b)` as the f-string `f"{a!s} is {b!r:5.2}"`.

Only `%s`, `%r` and `%a` with flags, width and precision, one for each item of a tuple without
stars; for anything else the operator stays. Of the flags, `-` alone means something for text.
"""

from __future__ import annotations

import ast
import re

# A width or precision of three digits is left to run time.
_FIELD = re.compile(
    r"%(?:(?P<percent>%)|(?P<flags>[-+ #0]*)(?P<width>[0-9]*)"
    r"(?:\.(?P<precision>[0-9]*))?(?P<kind>.))",
    re.DOTALL,
)
_MAX_DIGITS = 2
_KINDS = "sra"


def joined_string(node: ast.BinOp) -> ast.JoinedStr | None:
    """None where the host leaves the operator."""
    left, right = node.left, node.right
    if not isinstance(left, ast.Constant) or not isinstance(left.value, str):
        return None
    if not isinstance(right, ast.Tuple):
        return None
    if any(isinstance(item, ast.Starred) for item in right.elts):
        return None
    values = _pieces(left.value, right.elts)
    return None if values is None else ast.copy_location(ast.JoinedStr(values), node)


def _pieces(text: str, items: list[ast.expr]) -> list[ast.expr] | None:
    pieces: list[ast.expr] = []
    remaining = iter(items)
    position, literal = 0, ""
    while (start := text.find("%", position)) >= 0:
        literal += text[position:start]
        match = _FIELD.match(text, start)
        if match is None:
            return None
        position = match.end()
        if match["percent"]:
            literal += "%"
            continue
        item = next(remaining, None)
        field = None if item is None else _field(match, item)
        if field is None:
            return None
        pieces += _literal(literal)
        pieces.append(field)
        literal = ""
    if next(remaining, None) is not None:
        return None
    return pieces + _literal(literal + text[position:])


def _literal(text: str) -> list[ast.expr]:
    return [_unplaced(text)] if text else []


def _unplaced(text: str) -> ast.Constant:
    """The host gives these constants no place."""
    return ast.Constant(text, lineno=-1, end_lineno=-1, col_offset=-1, end_col_offset=-1)


def _field(match: re.Match[str], item: ast.expr) -> ast.FormattedValue | None:
    kind, width, precision = match["kind"], match["width"], match["precision"]
    if kind not in _KINDS or max(len(width), len(precision or "")) > _MAX_DIGITS:
        return None
    spec = _spec(width, precision, is_left="-" in match["flags"])
    format_spec = _unplaced(spec) if spec else None
    return ast.copy_location(ast.FormattedValue(item, ord(kind), format_spec), item)


def _spec(width: str, precision: str | None, *, is_left: bool) -> str:
    """`%5s` aligns to the right, which format() does not by itself with text."""
    align = ">" if width and not is_left else ""
    digits = "" if precision is None else f".{int(precision or 0)}"
    return f"{align}{width}{digits}"
