"""The host's first error, from the tokens of a source that does not parse.

The order is the host's. What the lexer could not read wins where the parser came to ask for it.
Otherwise the parser's reason counts, unless the rest of the source holds something unreadable
or a bracket that is opened on an earlier line and never closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dx_py.frontend.diagnostics import compound_statements
from dx_py.frontend.diagnostics.diagnostic import Category, Diagnostic, Phase
from dx_py.frontend.diagnostics.host_lexer import (
    UNCLOSED,
    is_raised_by_lexer,
    open_brackets,
    unclosed,
)
from dx_py.frontend.diagnostics.reader import (
    Explained,
    GaveUp,
    Reader,
    Unexpected,
    Unreadable,
    host_place,
)
from dx_py.frontend.diagnostics.tokens import LexedSource, Token, TokenKind

GENERIC = "invalid syntax"

type ReadStart = Callable[[Reader], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """`index` is the token of `source` at which nothing fits any more.

    `last_line` is the one that the host's lexer had come to when it raised.
    """

    diagnostic: Diagnostic
    index: int
    source: LexedSource
    last_line: int


def find_error(
    source: LexedSource, read: ReadStart = compound_statements.file
) -> Finding | None:
    """None if everything up to the end, or up to what the lexer could not read, is in order."""
    try:
        return _find_error(source, read)
    except (RecursionError, GaveUp):  # nested deeper than this parser follows
        return _unreadable(source, len(source.tokens) - 1)


def _find_error(source: LexedSource, read: ReadStart) -> Finding | None:
    first = Reader(source.tokens, quiet=True)
    try:
        read(first)
    except Unreadable:
        return _unreadable(source, first.furthest)
    except Explained as found:
        return _unless_unreadable(source, first, found.diagnostic, first.furthest)
    except Unexpected:
        return _search(source, read, first)
    return None


def _search(source: LexedSource, read: ReadStart, first: Reader) -> Finding | None:
    index = first.furthest
    generic = _generic(first)
    second = Reader(source.tokens, quiet=False, furthest=index)
    try:
        read(second)
    except Unreadable:
        return _unreadable(source, second.furthest)
    except Explained as found:
        return _unless_unreadable(source, second, found.diagnostic, index)
    except Unexpected:
        pass
    if generic.category is Category.INDENTATION_ERROR:
        return Finding(generic, index, source, generic.span.line)
    return _unless_unreadable(source, second, generic, index)


def _generic(reader: Reader) -> Diagnostic:
    token = reader.tokens[reader.furthest]
    message, category = GENERIC, Category.SYNTAX_ERROR
    if token.kind in (TokenKind.INDENT, TokenKind.DEDENT):
        message = f"unexpected {'indent' if token.kind is TokenKind.INDENT else 'unindent'}"
        category = Category.INDENTATION_ERROR
    return Diagnostic(message, token.span, category, Phase.PARSER, host=host_place(token))


def _unless_unreadable(
    source: LexedSource, reader: Reader, found: Diagnostic, index: int
) -> Finding | None:
    last = reader.tokens[reader.furthest].span
    error = source.error and _overriding(source.error, source.tokens, last.line)
    if error is not None:
        return _unreadable(replace(source, error=error), index)
    return Finding(found, index, source, last.end_line)


def _overriding(error: Diagnostic, tokens: Sequence[Token], line: int) -> Diagnostic | None:
    """The lexer's error that wins over one that the parser found at `line`, if any.

    The host goes on to the end of the source, but sees only what its lexer raises itself, and
    brackets; an error inside an f-string does not count.
    """
    brackets = open_brackets(tokens)
    if not is_raised_by_lexer(error):
        opened = tokens[brackets[-1]] if brackets else None
        return unclosed(opened) if opened and line > opened.span.line else None
    starts = sum(token.kind is TokenKind.FSTRING_START for token in tokens)
    ends = sum(token.kind is TokenKind.FSTRING_END for token in tokens)
    return error if starts == ends else None


def _unreadable(source: LexedSource, index: int) -> Finding | None:
    error = source.error
    if error is None:
        return None
    last_line = source.last_line if error.message.endswith(UNCLOSED) else error.span.line
    return Finding(error, index, source, last_line)
