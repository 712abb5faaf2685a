"""A finding as the exception that the host raises."""

from __future__ import annotations

from dx_py.frontend.diagnostics.diagnostic import Category, Diagnostic, HostPlace, Phase, Span
from dx_py.frontend.diagnostics.host_lexer import is_raised_by_lexer
from dx_py.frontend.diagnostics.search import Finding

_CLASSES: dict[Category, type[SyntaxError]] = {
    Category.SYNTAX_ERROR: SyntaxError,
    Category.INDENTATION_ERROR: IndentationError,
    Category.TAB_ERROR: TabError,
}


def host_error(
    finding: Finding, text: bytes, filename: str, *, parser_counts_bytes: bool
) -> SyntaxError:
    """`text` is the source in UTF-8, its line breaks newlines.

    The host's parser counts characters only where it knows of an encoding: in a `str`, and in
    bytes with a mark or a declaration. Its lexer always does.
    """
    diagnostic = finding.diagnostic
    lines = text.split(b"\n")
    place = host_numbers(diagnostic)
    shown = _shown_line(finding, place, lines)
    if not parser_counts_bytes or _is_by_lexer(diagnostic):
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
    if _is_by_lexer(finding.diagnostic) or number < finding.last_line or number >= len(lines):
        return shown
    first = _joined_from(finding, lines, number)
    return b"\n".join([*lines[first - 1 : number], b""]).decode("utf-8", "replace")


def _is_by_lexer(diagnostic: Diagnostic) -> bool:
    return diagnostic.phase is Phase.LEXER and is_raised_by_lexer(diagnostic)


def _joined_from(finding: Finding, lines: list[bytes], number: int) -> int:
    spans = [token.span for token in finding.source.tokens]
    long = [span for span in spans if span.line < span.end_line]
    starts = {line: span.line for span in long for line in _lines_after_first(span)}
    ends = {span.end_line: span.end_column for span in spans}
    while number > 1:
        if number in starts:
            number = starts[number]
        elif number - 1 in ends and _goes_on(lines[number - 2][ends[number - 1] :]):
            number -= 1
        else:
            break
    return number


def _goes_on(rest: bytes) -> bool:
    """Whether a line whose last token is followed by `rest` is joined to the next."""
    return rest.strip(b" \t\f") == b"\\"


def _lines_after_first(span: Span) -> range:
    return range(span.line + 1, span.end_line + 1)
