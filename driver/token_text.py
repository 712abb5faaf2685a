"""The tokens of a source as text, one a line: place, terminal of the grammar, source text.

1:0-1:3         DEF             def
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dx_py.frontend.encoding import to_utf8
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.portable.lexer import tokenize
from dx_py.frontend.portable.tokens import Dialect, Position
from dx_py.frontend.portable.vocabulary import vocabulary

_LINE_BREAK = re.compile(rb"\r\n?")


def token_lines(source: bytes, filename: str) -> Iterator[str]:
    """Of a source that parses. Columns are bytes of UTF-8, as in trees."""
    text = _LINE_BREAK.sub(b"\n", to_utf8(source, filename=filename))
    if not text.endswith(b"\n"):
        text += b"\n"
    grammar = read_grammar()
    tokens = tokenize(text, vocabulary(grammar), "EXEC", Dialect())
    lines = text.splitlines(keepends=True)
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
        place = f"{start[0]}:{start[1]}-{end[0]}:{end[1]}"
        yield f"{place:16}{grammar.terminals[kind]:16}{_between(lines, start, end)}".rstrip()


def _between(lines: list[bytes], start: Position, end: Position) -> str:
    """The text from one position to another, quoted unless it is within a line."""
    if start[0] == end[0]:
        data = b"".join(lines[start[0] - 1 : start[0]])[start[1] : end[1]]
    else:
        first, *between = lines[start[0] - 1 : end[0] - 1]
        last = b"".join(lines[end[0] - 1 : end[0]])[: end[1]]
        data = first[start[1] :] + b"".join(between) + last
    text = data.decode("utf-8", "replace")
    return text if text.isprintable() else repr(text)
