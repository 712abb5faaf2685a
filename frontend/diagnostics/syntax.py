"""What keeps a source from parsing, and the first of it as the host's exception."""

from __future__ import annotations

import re
from dataclasses import replace

from dx_py.frontend.diagnostics.diagnostic import (
    Category,
    Diagnostic,
    HostPlace,
    Phase,
    Span,
)
from dx_py.frontend.diagnostics.hints import expected, hints
from dx_py.frontend.diagnostics.host_error import host_error
from dx_py.frontend.diagnostics.lexing import lex
from dx_py.frontend.diagnostics.recovery import find_errors
from dx_py.frontend.diagnostics.search import GENERIC, Finding, find_error
from dx_py.frontend.diagnostics.starts import STARTS
from dx_py.frontend.diagnostics.tokens import LexedSource, TokenKind

MAX_ERRORS = 10
# Larger sources get the parser's plain message: a reason costs memory for every token.
MAX_SIZE = 1 << 20
_LINE_BREAK = re.compile(rb"\r\n?")


def explain_syntax(text: bytes, mode: str, *, limit: int) -> list[Diagnostic]:
    """What keeps UTF-8 text from parsing; empty where this parser sees nothing wrong."""
    read = STARTS.get(mode)
    if read is None or not _is_readable(text):
        return []
    source = lex(with_newlines(text), mode.upper())
    return [
        replace(finding.diagnostic, hints=hints(finding), expected=expected(finding))
        for finding in find_errors(source, read, limit)
    ]


def _is_readable(text: bytes) -> bool:
    if b"\0" in text or len(text) > MAX_SIZE:
        return False
    try:
        text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def with_newlines(text: bytes) -> bytes:
    """The text as lexers read it: each line, the last one too, ended by one newline."""
    text = _LINE_BREAK.sub(b"\n", text)
    return text if not text or text.endswith(b"\n") else text + b"\n"


def explained_exception(
    text: bytes, mode: str, filename: str, *, parser_counts_bytes: bool
) -> SyntaxError | None:
    """What the host raises for UTF-8 text that does not parse; None if that is not known."""
    read = STARTS.get(mode)
    if read is None or not _is_readable(text):
        return None
    source = lex(with_newlines(text), mode.upper())
    finding = find_error(source, read)
    # The host ends the last line of a file only.
    shown = with_newlines(text) if mode == "exec" else _LINE_BREAK.sub(b"\n", text)
    if mode != "exec" and _is_at_open_end(finding, shown):
        finding = _open_end(source, shown)
    if finding is None:
        return None
    return host_error(finding, shown, filename, parser_counts_bytes=parser_counts_bytes)


def _is_at_open_end(finding: Finding | None, shown: bytes) -> bool:
    """Whether only the end is in the way: of an empty source, or of a line without a break.

    Nothing is found where a block at the prompt lacks the line break that would end it.
    """
    if finding is not None and finding.diagnostic.message != GENERIC:
        return False
    if not shown.strip(b"\n"):
        return True
    tokens = finding.source.tokens[finding.index :] if finding is not None else ()
    ends = (TokenKind.NEWLINE, TokenKind.END)
    return not shown.endswith(b"\n") and all(token.kind in ends for token in tokens)


def _open_end(source: LexedSource, shown: bytes) -> Finding:
    """The host gives no column to such an end."""
    line = shown.count(b"\n") + bool(shown.strip(b"\n"))
    host = HostPlace(line, 0, line, 0)
    place = Span(max(1, line), 0, max(1, line), 0)
    found = Diagnostic(GENERIC, place, Category.SYNTAX_ERROR, Phase.PARSER, host=host)
    return Finding(found, len(source.tokens) - 1, source, line)
