"""What keeps a source from parsing, and the first of it as the host's exception."""

from __future__ import annotations

import re
from dataclasses import replace

from dx_py.frontend.diagnostics.diagnostic import Diagnostic
from dx_py.frontend.diagnostics.hints import expected, hints
from dx_py.frontend.diagnostics.host_error import host_error
from dx_py.frontend.diagnostics.lexing import lex
from dx_py.frontend.diagnostics.recovery import find_errors
from dx_py.frontend.diagnostics.search import find_error
from dx_py.frontend.diagnostics.starts import STARTS

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
    finding = find_error(lex(with_newlines(text), mode.upper()), read)
    if finding is None:
        return None
    # The host ends the last line of a file only.
    shown = with_newlines(text) if mode == "exec" else _LINE_BREAK.sub(b"\n", text)
    return host_error(finding, shown, filename, parser_counts_bytes=parser_counts_bytes)
