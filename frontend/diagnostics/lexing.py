"""From source text to the tokens that the diagnosing parser reads, placed as the host's are.

The lexer of the pure Python front end does the work; here its tokens get their texts, and the
tokens without text get the places that the host's lexer gives them: NEWLINE at the comment or
the line break, INDENT and DEDENT where the next line's text begins.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from dx_py.frontend.diagnostics.diagnostic import Span
from dx_py.frontend.diagnostics.host_lexer import lexer_diagnostic
from dx_py.frontend.diagnostics.host_numbers import number_problem
from dx_py.frontend.diagnostics.tokens import (
    LexedSource,
    Token,
    TokenKind,
    set_depths,
    word_kind,
)
from dx_py.frontend.grammar.reader import read_grammar
from dx_py.frontend.portable.lexer import readable_tokens
from dx_py.frontend.portable.tokens import Dialect, Refusal, Tokens, refuse
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
_UNKNOWN = ("$", "?", "`", "!")
_MAX_UNKNOWN = 20
_GENERIC = "invalid syntax"


def lex(text: bytes, mode: str = "EXEC") -> LexedSource:
    """Tokens of UTF-8 `text` whose line breaks are newlines; `mode` as EXEC, EVAL, SINGLE."""
    found, refusal = _read_past_unknown(text, mode)
    lines = text.split(b"\n")
    tokens = _tokens(found, lines)
    refusal = _cut_at_touching_name(tokens, lines) or refusal
    if refusal is not None and refusal.kind is not SyntaxError:
        _drop_dedents(tokens)
    _place_marks(tokens, lines, refusal)
    set_depths(tokens)
    error = None if refusal is None else lexer_diagnostic(refusal, tokens, lines)
    last_line = max(1, len(lines) - (not lines[-1]))
    return LexedSource(tokens, error, found.kinds[0], last_line)


def _cut_at_touching_name(tokens: list[Token], lines: list[bytes]) -> Refusal | None:
    """A name right after a number, as in `1format`, is no token to the host."""
    for index, (number, name) in enumerate(pairwise(tokens)):
        if number.kind is not TokenKind.NUMBER or name.kind is not TokenKind.NAME:
            continue
        place = number.span
        touching = (place.end_line, place.end_column) == (name.span.line, name.span.column)
        text = lines[place.line - 1].decode("latin-1")
        problem = number_problem(text, place.column) if touching else None
        if problem is not None:
            del tokens[index:]
            return refuse(problem.message, (place.line, place.column))
    return None


def _drop_dedents(tokens: list[Token]) -> None:
    """The host's lexer refuses a line's indentation before it makes tokens of it."""
    while tokens and tokens[-1].kind is TokenKind.DEDENT:
        tokens.pop()


def _read_past_unknown(text: bytes, mode: str) -> tuple[Tokens, Refusal | None]:
    """A character that begins no token, such as `$`, is one to the host, which reads on.

    It is read as a comma; `_tokens` takes the text of each token from the source, and finds
    that this one is none.
    """
    for _ in range(_MAX_UNKNOWN):
        found, refusal = readable_tokens(text, _vocabulary(), mode, Dialect())
        if refusal is None or refusal.message != _GENERIC:
            break
        line, column = refusal.span.start
        index = sum(len(before) + 1 for before in text.split(b"\n")[: line - 1]) + column
        text = text[:index] + b"," + text[index + 1 :]
    return found, refusal


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
        if token.text in _UNKNOWN:
            token.terminal = _NO_TERMINAL
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


def _place_marks(tokens: list[Token], lines: list[bytes], refusal: Refusal | None) -> None:
    following: Token | None = None
    for token in reversed(tokens):
        if token.kind is TokenKind.NEWLINE:
            token.span = _line_end(token.span, lines)
        elif token.kind in _UNPLACED:
            token.span = _before(following, lines, refusal)
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


def _before(following: Token | None, lines: list[bytes], refusal: Refusal | None) -> Span:
    """Where the next token begins, or would; after the last line at the end of the text."""
    if following is not None:
        line, column = following.span.line, following.span.column
    elif refusal is not None:
        line = refusal.span.start[0]
        column = len(lines[line - 1]) - len(lines[line - 1].lstrip(_BLANKS))
    else:
        line = max(1, len(lines) - (not lines[-1]))
        column = len(lines[line - 1]) + 1
    return Span(line, column, line, column)
