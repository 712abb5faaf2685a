"""Several errors in one run: mend the line of each, and look for the next.

A mended line keeps what the lines around it need: a header stays a header, a clause of `try`
stays one. Nothing is mended where the lexer could not go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dx_py.frontend.diagnostics.automaton import automaton
from dx_py.frontend.diagnostics.diagnostic import Phase
from dx_py.frontend.diagnostics.search import Finding, ReadStart, find_error
from dx_py.frontend.diagnostics.tokens import LexedSource, Token, TokenKind, word_kind

_MARKS = (TokenKind.NEWLINE, TokenKind.INDENT, TokenKind.DEDENT)
# What stands in for a broken header that begins with the word.
_HEADERS = {
    "try": "try :",
    "except": "except :",
    "finally": "finally :",
    "else": "else :",
    "elif": "elif x :",
    "case": "case _ :",
    "def": "def x ( ) :",
    "class": "class x :",
}
_ANY_HEADER = "if x :"


def find_errors(source: LexedSource, read: ReadStart, limit: int) -> list[Finding]:
    """At most `limit` errors; the first is the host's."""
    found: list[Finding] = []
    while len(found) < limit:
        finding = find_error(source, read)
        if finding is None or not _is_news(finding, found):
            return found
        found.append(finding)
        if finding.diagnostic.phase is Phase.LEXER:
            return found
        mended = _mended(source.tokens, finding)
        if mended is None:
            return found
        source = replace(source, tokens=mended)
    return found


def _is_news(finding: Finding, found: Sequence[Finding]) -> bool:
    """Not what an earlier error led to: further down, and on another line."""
    return not found or finding.diagnostic.span.line > found[-1].diagnostic.span.line


def _mended(tokens: Sequence[Token], finding: Finding) -> list[Token] | None:
    """None where the line has no end: a bracket in it is never closed."""
    message = finding.diagnostic.message
    at = finding.index
    if message.startswith("expected an indented block"):
        return _insert(tokens, at, "INDENT pass NEWLINE DEDENT")
    if message.startswith("expected 'except'"):
        return _insert(tokens, at, "finally : pass NEWLINE")
    if message == "unexpected indent":
        return _without_block(tokens, at)
    return _without_line(tokens, min(at, len(tokens) - 1))


def _insert(tokens: Sequence[Token], at: int, text: str) -> list[Token]:
    return [*tokens[:at], *_tokens(text, tokens[at]), *tokens[at:]]


def _tokens(text: str, place: Token) -> list[Token]:
    return [_token(word, place) for word in text.split()]


def _token(word: str, place: Token) -> Token:
    terminal = automaton().terminal(word)
    if word in TokenKind.__members__:
        return Token(TokenKind[word], "", place.span, terminal)
    kind = word_kind(word) if word.isidentifier() else TokenKind.OPERATOR
    return Token(kind, word, place.span, terminal)


def _without_block(tokens: Sequence[Token], indent: int) -> list[Token]:
    """Take out an INDENT and the DEDENT that belongs to it."""
    depth = 0
    for index in range(indent, len(tokens)):
        depth += tokens[index].kind is TokenKind.INDENT
        depth -= tokens[index].kind is TokenKind.DEDENT
        if depth == 0:
            return [*tokens[:indent], *tokens[indent + 1 : index], *tokens[index + 1 :]]
    return [*tokens[:indent], *tokens[indent + 1 :]]


def _without_line(tokens: Sequence[Token], at: int) -> list[Token] | None:
    """Replace the logical line by one that says nothing."""
    start = end = at
    while start > 0 and tokens[start - 1].kind not in _MARKS:
        start -= 1
    while tokens[end].kind is not TokenKind.NEWLINE:
        end += 1
        if end == len(tokens):
            return None
    opens_block = end + 1 < len(tokens) and tokens[end + 1].kind is TokenKind.INDENT
    text = _HEADERS.get(tokens[start].text, _ANY_HEADER) if opens_block else "pass"
    return [*tokens[:start], *_tokens(text, tokens[start]), *tokens[end:]]
