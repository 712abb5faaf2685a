"""A diagnostic as text for a terminal: message, place, the line with a caret below, advice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dx_py.frontend.diagnostics.diagnostic import Diagnostic, Span

TAB_WIDTH = 8
# More alternatives than this say nothing.
_MAX_EXPECTED = 6

_BOLD, _RED, _YELLOW, _BLUE, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class _Style:
    """Marks around words; none where the output is no terminal."""

    colour: bool

    def __call__(self, text: str, *codes: str) -> str:
        return f"{''.join(codes)}{text}{_PLAIN}" if self.colour else text


def render(diagnostic: Diagnostic, text: bytes, filename: str, *, colour: bool) -> str:
    """Several lines without a newline at the end; `text` is the source in UTF-8."""
    return "\n".join(_lines(diagnostic, text.split(b"\n"), filename, _Style(colour)))


def _lines(
    diagnostic: Diagnostic, source: list[bytes], filename: str, style: _Style
) -> Iterator[str]:
    span = diagnostic.span
    margin = " " * len(str(span.line))
    bar = style("|", _BLUE)
    yield _headline(diagnostic, style)
    line = source[span.line - 1] if span.line <= len(source) else b""
    column = len(line[: span.column].decode("utf-8", "replace")) + 1
    yield f"{margin}{style('-->', _BLUE)} {filename}:{span.line}:{column}"
    yield f"{margin} {bar}"
    yield f"{style(str(span.line), _BLUE)} {bar} {_shown(line)}".rstrip()
    yield f"{margin} {bar} {style(_carets(line, span), _RED, _BOLD)}"
    for note in _notes(diagnostic):
        yield f"{margin} {style('=', _BLUE)} {note}"


def _headline(diagnostic: Diagnostic, style: _Style) -> str:
    is_error = diagnostic.category.is_error
    label = style(diagnostic.category.value, _RED if is_error else _YELLOW, _BOLD)
    return f"{label}: {style(diagnostic.message, _BOLD)}"


def _notes(diagnostic: Diagnostic) -> Iterator[str]:
    for hint in diagnostic.hints:
        yield f"hint: {hint}"
    if 0 < len(diagnostic.expected) <= _MAX_EXPECTED and not diagnostic.hints:
        yield f"expected {_alternatives(diagnostic.expected)}"


def _alternatives(words: tuple[str, ...]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace").expandtabs(TAB_WIDTH)


def _carets(line: bytes, span: Span) -> str:
    """At least one, and none beyond the line where the place goes on below it."""
    start = _width(line[: span.column])
    end_column = span.end_column if span.end_line == span.line else len(line)
    return " " * start + "^" * max(1, _width(line[:end_column]) - start)


def _width(prefix: bytes) -> int:
    """Columns of a terminal that the text takes up."""
    return sum(map(_character_width, _shown(prefix)))


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
