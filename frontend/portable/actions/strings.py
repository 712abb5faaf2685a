"""String literals, f-strings and their replacement fields."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

from dx_py.frontend.portable.actions.lists import Mark
from dx_py.frontend.portable.actions.targets import start_of
from dx_py.frontend.portable.escapes import BadEscape, decode_bytes, decode_string
from dx_py.frontend.portable.source import Source
from dx_py.frontend.portable.tokens import Opening, Span, refuse, utf8

_LITERAL = re.compile(r"(\w*)(\"\"\"|'''|\"|')")
#: The lexer warns of these, where it meets them.
_BRACES = ("'\\{'", "'\\}'")
_COMMENT = re.compile(r"#[^\n]*")

Conversion = tuple[int, Mark]
Spec = tuple[ast.JoinedStr, Mark]


def string_constant(source: Source, text: str, span: Span) -> ast.Constant:
    opening = _LITERAL.match(text)
    assert opening is not None, f"not a literal: {text!r}"
    prefix, quote = opening.groups()
    body = text[opening.end() : -len(quote)]
    value = _value(source, prefix.lower(), body, span)
    return _constant(value, "u" if prefix == "u" else None, span)


def string_text(source: Source, middle: tuple[str, bool], span: Span) -> ast.Constant:
    text, is_raw = middle
    if not is_raw:
        text = _decoded(source, text, span, told=_BRACES)
    return _constant(text, None, span)


def _value(source: Source, prefix: str, body: str, span: Span) -> str | bytes:
    if "b" in prefix:
        if not body.isascii():
            raise refuse("bytes can only contain ASCII literal characters", *span)
        return body.encode("ascii") if "r" in prefix else _decoded_bytes(source, body, span)
    return body if "r" in prefix else _decoded(source, body, span)


def _decoded(source: Source, text: str, span: Span, told: tuple[str, ...] = ()) -> str:
    """Escapes whose warnings end with one of ``told`` have been reported."""

    def warn(message: str) -> None:
        if not message.endswith(told):
            _warn(source, message, span)

    try:
        return decode_string(text, warn)
    except BadEscape as error:
        raise refuse(str(error), *span) from None


def _decoded_bytes(source: Source, text: str, span: Span) -> bytes:
    try:
        return decode_bytes(text, lambda message: _warn(source, message, span))
    except BadEscape as error:
        raise refuse(str(error), *span) from None


def _warn(source: Source, message: str, span: Span) -> None:
    source.warnings.append((span.start, message))


def _constant(value: str | bytes, kind: str | None, span: Span) -> ast.Constant:
    (line, column), (end_line, end_column) = span
    return ast.Constant(
        value,
        kind,
        lineno=line,
        col_offset=column,
        end_lineno=end_line,
        end_col_offset=end_column,
    )


def concatenated(parts: list[ast.expr]) -> ast.expr:
    if len(parts) == 1 and isinstance(parts[0], ast.Constant):
        return parts[0]
    is_bytes = [isinstance(p, ast.Constant) and isinstance(p.value, bytes) for p in parts]
    if any(is_bytes) and not all(is_bytes):
        raise refuse("cannot mix bytes and nonbytes literals", *_around(parts))
    if all(isinstance(part, ast.Constant) for part in parts):
        return _joined([part for part in parts if isinstance(part, ast.Constant)])
    return _placed(ast.JoinedStr(_folded(_spliced(parts))), _around(parts))


def flattened(parts: list[ast.expr]) -> list[ast.expr]:
    """A format of one text that stands for nothing has no parts; beside others it stays."""
    if len(parts) == 1 and not _says_something(parts[0]):
        return []
    flat: list[ast.expr] = []
    for part in parts:
        flat.extend(part.values if isinstance(part, ast.JoinedStr) else [part])
    return flat


def _spliced(parts: list[ast.expr]) -> list[ast.expr]:
    """All parts of adjacent literals; fields with ``=`` are nested one level deeper."""
    flat: list[ast.expr] = []
    for part in parts:
        inner = flattened(part.values) if isinstance(part, ast.JoinedStr) else None
        flat.extend([part] if inner is None else filter(_says_something, inner))
    return flat


def _says_something(part: ast.expr) -> bool:
    """Text that stands for nothing, as a joined line does, leaves no trace in an f-string."""
    return not isinstance(part, ast.Constant) or part.value != ""


def _folded(parts: Iterable[ast.expr]) -> list[ast.expr]:
    """Neighbouring texts become one constant; empty ones vanish."""
    folded: list[ast.expr] = []
    run: list[ast.Constant] = []
    for part in parts:
        if isinstance(part, ast.Constant):
            run.append(part)
            continue
        folded += _run_constant(run)
        folded.append(part)
        run = []
    return folded + _run_constant(run)


def _run_constant(run: list[ast.Constant]) -> list[ast.expr]:
    constant = _joined(run) if len(run) > 1 else run[0] if run else None
    return [constant] if constant is not None and constant.value else []


def _joined(constants: list[ast.Constant]) -> ast.Constant:
    values: list[Any] = [constant.value for constant in constants]
    value = type(values[0])().join(values)
    return _constant(value, constants[0].kind, _around(constants))


def _around(nodes: list[Any]) -> Span:
    last = nodes[-1]
    return Span(start_of(nodes[0]), (last.end_lineno, last.end_col_offset))


def _placed(node: ast.JoinedStr, span: Span) -> ast.JoinedStr:
    (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset) = span
    return node


def conversion(name: str, bang: Span, span: Span) -> int:
    if bang.end != span.start:
        raise refuse(
            "f-string: conversion type must come right after the exclamanation mark", *span
        )
    if name not in ("s", "r", "a"):
        message = f"f-string: invalid conversion character {name!r}: expected 's', 'r', or 'a'"
        raise refuse(message, *span)
    return ord(name)


def replacement_field(
    source: Source,
    value: ast.expr,
    debug: int,
    converted: Conversion | None,
    spec: Spec | None,
    opening: Opening | int,
    closing: Mark,
    span: Span,
) -> ast.expr:
    """``{value!r:spec}``; with ``=`` in a ``JoinedStr`` beside its text, spliced in later."""
    letter = converted[0] if converted else -1
    if debug and not converted and not spec:
        letter = ord("r")
    (line, column), (end_line, end_column) = span
    formatted = ast.FormattedValue(
        value,
        letter,
        spec[0] if spec else None,
        lineno=line,
        col_offset=column,
        end_lineno=end_line,
        end_col_offset=end_column,
    )
    if not debug:
        return formatted
    end = (converted or spec or (None, closing))[1]
    label = _label(source, opening, end.offset, Span((line, column + 1), end.place))
    return _placed(ast.JoinedStr([label, formatted]), Span(span.start, end.place))


def _label(source: Source, opening: Opening | int, end: int, span: Span) -> ast.Constant:
    """What `=` shows. A brace that opens no field of its own, in a broken format, is an int."""
    if isinstance(opening, int):
        opening = Opening(opening, is_raw=True)
    text = _expression_text(source, opening.offset + 1, end)
    return _constant(text if opening.is_raw else _decoded(source, text, span), None, span)


def _expression_text(source: Source, start: int, end: int) -> str:
    return utf8(_COMMENT.sub("", source.text[start:end]))


def interpolation(
    source: Source,
    value: ast.expr,
    debug: int,
    converted: Conversion | None,
    spec: Spec | None,
    opening: Opening | int,
    closing: Mark,
    span: Span,
) -> ast.expr:
    """A template's field. Hosts before 3.14 have no node for it."""
    raise refuse("t-strings are only supported in Python 3.14 and greater", *span)
