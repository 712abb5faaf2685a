"""A finding as the exception that the host raises, columns counted in characters."""

from __future__ import annotations

from dx_py.frontend.diagnostics.diagnostic import Category, Diagnostic, HostPlace, Phase
from dx_py.frontend.diagnostics.search import Finding

_CLASSES: dict[Category, type[SyntaxError]] = {
    Category.SYNTAX_ERROR: SyntaxError,
    Category.INDENTATION_ERROR: IndentationError,
    Category.TAB_ERROR: TabError,
}


def host_error(finding: Finding, text: bytes, filename: str) -> SyntaxError:
    """`text` is the source in UTF-8, its line breaks newlines."""
    diagnostic = finding.diagnostic
    lines = text.split(b"\n")
    place = host_numbers(diagnostic)
    place = place._replace(
        offset=_in_characters(lines, place.line, place.offset),
        end_offset=_in_characters(lines, place.end_line, place.end_offset),
    )
    shown = _shown_line(finding, place, lines)
    details = (filename, place.line, place.offset, shown, place.end_line, place.end_offset)
    return _CLASSES[diagnostic.category](diagnostic.message, details)


def host_numbers(diagnostic: Diagnostic) -> HostPlace:
    """Line, offset, end line and end offset, columns in bytes from one."""
    if diagnostic.host is not None:
        return diagnostic.host
    span = diagnostic.span
    return HostPlace(span.line, span.column + 1, span.end_line, span.end_column + 1)


def _in_characters(lines: list[bytes], line: int | None, offset: int | None) -> int | None:
    """Offsets of zero and less are marks, not columns."""
    if line is None or offset is None or offset <= 0 or line > len(lines):
        return offset
    column = offset - 1
    raw = lines[line - 1]
    return len(raw[:column].decode("utf-8", "replace")) + 1 + max(0, column - len(raw))


def _shown_line(finding: Finding, place: HostPlace, lines: list[bytes]) -> str:
    """With its line break where the host's parser raises on the line its lexer is at."""
    line = lines[place.line - 1] if place.line <= len(lines) else b""
    shown = line.decode("utf-8", "replace")
    raised_by_lexer = (
        finding.diagnostic.phase is Phase.LEXER
        and place.end_offset is not None
        and place.end_offset > 0
    )
    if raised_by_lexer or place.line < finding.last_line or place.line >= len(lines):
        return shown
    return f"{shown}\n"
