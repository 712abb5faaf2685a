"""A finding as the exception that the host raises, columns counted in characters."""

from __future__ import annotations

from dx_py.frontend.diagnostics.diagnostic import Category, Diagnostic, HostPlace, Phase, Span
from dx_py.frontend.diagnostics.host_lexer import is_raised_by_lexer
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
    shown = _shown_line(finding, place, lines)
    place = place._replace(
        offset=_in_characters(shown, place.offset),
        end_offset=_in_characters(shown, place.end_offset),
    )
    details = (filename, place.line, place.offset, shown, place.end_line, place.end_offset)
    return _CLASSES[diagnostic.category](diagnostic.message, details)


def host_numbers(diagnostic: Diagnostic) -> HostPlace:
    """Line, offset, end line and end offset, columns in bytes from one."""
    if diagnostic.host is not None:
        return diagnostic.host
    span = diagnostic.span
    return HostPlace(span.line, span.column + 1, span.end_line, span.end_column + 1)


def _in_characters(shown: str, offset: int | None) -> int | None:
    """The host reads every column in the text it shows, those of later lines too.

    Offsets of zero and less are marks, not columns.
    """
    raw = shown.encode("utf-8", "replace")
    if offset is None or offset <= 0:
        return offset
    if offset > len(raw):
        return len(shown) + 1
    return len(raw[: offset - 1].decode("utf-8", "replace")) + 1


def _shown_line(finding: Finding, place: HostPlace, lines: list[bytes]) -> str:
    """With its line break where the host's parser raises on the line its lexer is at.

    That text goes back to where the lexer last began anew: before a token of several lines.
    """
    number = place.line
    line = lines[number - 1] if number <= len(lines) else b""
    shown = line.decode("utf-8", "replace")
    by_lexer = finding.diagnostic.phase is Phase.LEXER and is_raised_by_lexer(
        finding.diagnostic
    )
    if by_lexer or number < finding.last_line or number >= len(lines):
        return shown
    first = _joined_from(finding, lines, number)
    return b"\n".join([*lines[first - 1 : number], b""]).decode("utf-8", "replace")


def _joined_from(finding: Finding, lines: list[bytes], number: int) -> int:
    tokens = [t.span for t in finding.source.tokens if t.span.line < t.span.end_line]
    starts = {line: span.line for span in tokens for line in _lines_after_first(span)}
    while number > 1:
        if number in starts:
            number = starts[number]
        elif _goes_on(lines[number - 2]):
            number -= 1
        else:
            break
    return number


def _goes_on(line: bytes) -> bool:
    """Whether text ends in a backslash; after nothing but blanks it starts no token."""
    return line.endswith(b"\\") and line[:-1].strip() != b""


def _lines_after_first(span: Span) -> range:
    return range(span.line + 1, span.end_line + 1)
