"""From source text to the tokens that the diagnosing parser reads, placed as the host's are.

The lexer of the pure Python front end does the work; here its tokens get their texts, and the
tokens without text get the places that the host's lexer gives them: NEWLINE at the comment or
the line break, INDENT and DEDENT where the next line's text begins.
"""

from __future__ import annotations

from functools import cache

from dx_py.frontend.diagnostics.diagnostic import Span
from dx_py.frontend.diagnostics.host_lexer import lexer_diagnostic
from dx_py.frontend.diagnostics.tokens import (
    LexedSource,
    Token,
    TokenKind,
    set_depths,
    word_kind,
)
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.portable.lexer import readable_tokens
from dx_py.frontend.portable.tokens import Refusal, Tokens
from dx_py.frontend.portable.vocabulary import Vocabulary, vocabulary

_NAMED = {
    "NUMBER": TokenKind.NUMBER,
    "STRING": TokenKind.STRING,
    "FSTRING_START": TokenKind.FSTRING_START,
    "FSTRING_MIDDLE": TokenKind.FSTRING_MIDDLE,
    "FSTRING_END": TokenKind.FSTRING_END,
    "NEWLINE": TokenKind.NEWLINE,
    "INDENT": TokenKind.INDENT,
    "DEDENT": TokenKind.DEDENT,
    "ENDMARKER": TokenKind.END,
}
_UNPLACED = (TokenKind.INDENT, TokenKind.DEDENT, TokenKind.END)
_BLANKS = b" \t\f"
_NO_TERMINAL = -1
_GENERIC = "invalid syntax"


def lex(text: bytes, mode: str = "EXEC") -> LexedSource:
    """Tokens of UTF-8 `text` whose line breaks are newlines; `mode` as EXEC, EVAL, SINGLE."""
    found, refusal = readable_tokens(text, _vocabulary(), mode, templates=False)
    lines = text.split(b"\n")
    tokens = _tokens(found, lines)
    if refusal is not None and refusal.message == _GENERIC:
        tokens.append(_unknown_token(refusal, lines))
        refusal = None
    _place_marks(tokens, lines)
    set_depths(tokens)
    error = None if refusal is None else lexer_diagnostic(refusal, tokens, lines)
    last_line = max(1, len(lines) - (not lines[-1]))
    return LexedSource(tokens, error, found.kinds[0], last_line)


@cache
def _vocabulary() -> Vocabulary:
    return vocabulary(read_grammar())


def _tokens(found: Tokens, lines: list[bytes]) -> list[Token]:
    names = list(_vocabulary().kinds)
    rows = list(zip(found.kinds, found.starts, found.ends, strict=True))
    tokens: list[Token] = []
    for kind, start, end in rows[1:]:
        span = Span(*start, *end)
        token = Token(*_kind_and_text(names[kind], _slice(lines, span)), span, kind)
        if tokens and _is_diamond(tokens[-1], token):
            first = tokens.pop().span
            span = Span(first.line, first.column, span.end_line, span.end_column)
            token = Token(TokenKind.OPERATOR, "<>", span, _NO_TERMINAL)
        tokens.append(token)
    return tokens


def _is_diamond(left: Token, right: Token) -> bool:
    """`<>` is one token to the host, which then refuses it."""
    touching = left.span.end_column == right.span.column
    return left.symbol == "<" and right.symbol == ">" and touching


def _kind_and_text(name: str, text: str) -> tuple[TokenKind, str]:
    kind = _NAMED.get(name)
    if kind is not None:
        return kind, text
    return (word_kind(text) if text[:1].isidentifier() else TokenKind.OPERATOR), text


def _slice(lines: list[bytes], span: Span) -> str:
    if span.line == span.end_line:
        text = lines[span.line - 1][span.column : span.end_column]
    else:
        first, *middle, last = lines[span.line - 1 : span.end_line]
        text = b"\n".join([first[span.column :], *middle, last[: span.end_column]])
    return text.decode("utf-8", "replace")


def _unknown_token(refusal: Refusal, lines: list[bytes]) -> Token:
    """A character that begins no token is one to the host's lexer, and fits nowhere."""
    span = Span(*refusal.span.start, *refusal.span.end)
    return Token(TokenKind.OPERATOR, _slice(lines, span), span, _NO_TERMINAL)


def _place_marks(tokens: list[Token], lines: list[bytes]) -> None:
    following: Token | None = None
    for token in reversed(tokens):
        if token.kind is TokenKind.NEWLINE:
            token.span = _line_end(token.span, lines)
        elif token.kind in _UNPLACED:
            token.span = _before(following, lines)
        if token.kind not in _UNPLACED:
            following = token


def _line_end(span: Span, lines: list[bytes]) -> Span:
    """From the comment or the line break to the end of the line, past joined lines."""
    number, column = span.line, span.column
    while lines[number - 1][column:].strip(_BLANKS) == b"\\":
        number, column = number + 1, 0
    line = lines[number - 1]
    rest = line[column:]
    start = column + len(rest) - len(rest.lstrip(_BLANKS))
    return Span(number, start, number, len(line) + 1)


def _before(following: Token | None, lines: list[bytes]) -> Span:
    """Where the next token begins; after the last line at the end of the text."""
    if following is not None:
        line, column = following.span.line, following.span.column
    else:
        line = max(1, len(lines) - (not lines[-1]))
        column = len(lines[line - 1]) + 1
    return Span(line, column, line, column)
