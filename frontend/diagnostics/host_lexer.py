"""The host's words and places for what a lexer refuses: it counts in its own ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dx_py.frontend.diagnostics.diagnostic import (
    Category,
    Diagnostic,
    HostPlace,
    Phase,
    Span,
)
from dx_py.frontend.diagnostics.host_numbers import number_problem
from dx_py.frontend.diagnostics.tokens import Token, TokenKind
from dx_py.frontend.portable.tokens import Refusal

_NUMBER = re.compile(r"invalid (\w+|digit '.' in \w+) literal|leading zeros")
_TEXT_STARTS = (TokenKind.FSTRING_START, TokenKind.FSTRING_MIDDLE)
_TAKEN_WHEN_TOO_DEEP = {
    "too many nested f-strings": 2,
    "f-string: expressions nested too deeply": 0,
}
UNCLOSED = "was never closed"
_MISSING_BRACE = "f-string: expecting '}'"


def is_raised_by_lexer(error: Diagnostic) -> bool:
    """Not by the parser, to which the host's lexer leaves some errors: these have no end."""
    return error.host is None or error.host.end_offset is None or error.host.end_offset > 0


def unclosed(bracket: Token) -> Diagnostic:
    span = bracket.span
    host = HostPlace(span.line, span.column + 1, span.line, 0)
    message = f"'{bracket.text}' {UNCLOSED}"
    return Diagnostic(message, span, Category.SYNTAX_ERROR, Phase.LEXER, host=host)


def lexer_diagnostic(
    refusal: Refusal, tokens: Sequence[Token], lines: Sequence[bytes]
) -> Diagnostic:
    span = Span(*refusal.span.start, *refusal.span.end)
    category = Category(refusal.kind.__name__)
    plain = Diagnostic(refusal.message, span, category, Phase.LEXER)
    if _NUMBER.match(refusal.message):
        return _number(plain, lines)
    if category is not Category.SYNTAX_ERROR:
        return _indentation(plain, lines)
    return _string(_bracket(_end(_nesting(plain), lines), tokens), tokens, lines)


def _nesting(found: Diagnostic) -> Diagnostic:
    """The host's lexer stands after a prefix and a quote, and before a brace."""
    taken = _TAKEN_WHEN_TOO_DEEP.get(found.message)
    if taken is None:
        return found
    line, offset = found.span.line, found.span.column + taken
    return replace(found, host=HostPlace(line, offset, line, offset))


def _number(found: Diagnostic, lines: Sequence[bytes]) -> Diagnostic:
    """Numbers are ASCII, so columns in bytes serve in the text read as Latin-1."""
    span = found.span
    problem = number_problem(lines[span.line - 1].decode("latin-1"), span.column)
    if problem is None:
        return found
    first = span.column + 1 if problem.is_range else problem.end
    host = HostPlace(span.line, first, span.line, problem.end)
    place = Span(span.line, span.column, span.line, problem.end)
    return replace(found, message=problem.message, span=place, host=host)


def _indentation(found: Diagnostic, lines: Sequence[bytes]) -> Diagnostic:
    line = found.span.line
    if found.category is Category.TAB_ERROR:
        return replace(found, host=HostPlace(line, 1, line, 0))
    return replace(found, host=HostPlace(line, len(lines[line - 1]) + 1, line, -1))


def _end(found: Diagnostic, lines: Sequence[bytes]) -> Diagnostic:
    """What concerns backslashes at the ends of lines."""
    line, column = found.span.line, found.span.column
    if found.message == "unexpected EOF while parsing":
        last = line - 1
        end = len(lines[last - 1])
        place = Span(last, end, last, end)
        return replace(found, span=place, host=HostPlace(last, end + 1, last, -1))
    if found.message.startswith("unexpected character after"):
        return replace(found, host=HostPlace(line, column + 1, line, 0))
    return found


def _bracket(found: Diagnostic, tokens: Sequence[Token]) -> Diagnostic:
    brackets = open_brackets(tokens)
    # The former stands for a text that ends inside a field.
    if found.message == _MISSING_BRACE or found.message.endswith(UNCLOSED):
        return unclosed(tokens[brackets[-1]])
    is_mismatch = found.message.startswith("closing parenthesis")
    if is_mismatch and brackets and _opens_field(tokens, brackets[-1]):
        closing = found.message.split("'")[1]
        return replace(found, message=f"f-string: unmatched '{closing}'")
    return found


def open_brackets(tokens: Sequence[Token]) -> list[int]:
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind is TokenKind.OPERATOR and token.text in "([{":
            opened.append(index)
        elif token.kind is TokenKind.OPERATOR and token.text in ")]}" and opened:
            opened.pop()
    return opened


def _opens_field(tokens: Sequence[Token], index: int) -> bool:
    """Whether a brace follows an f-string's text rather than an expression's."""
    if tokens[index].text != "{":
        return False
    before = tokens[index - 1]
    return before.kind in _TEXT_STARTS or (
        before.text == "}" and before.span.end_column == tokens[index].span.column
    )


def _string(found: Diagnostic, tokens: Sequence[Token], lines: Sequence[bytes]) -> Diagnostic:
    if not found.message.startswith("unterminated"):
        return found
    line, column = found.span.line, found.span.column
    quoted = lines[line - 1][column:].decode("latin-1")
    outer = _open_fstring(tokens)
    if outer is not None and re.match(rf"{_quote(outer.text)}(?!['\"])", quoted):
        return replace(found, message=_MISSING_BRACE)
    last = len(lines) - (not lines[-1])
    words, _, number = found.message.rpartition("line ")
    detected = min(int(number.rstrip(")")), last)
    return replace(found, message=f"{words}line {detected})")


def _open_fstring(tokens: Sequence[Token]) -> Token | None:
    opened: list[Token] = []
    for token in tokens:
        if token.kind is TokenKind.FSTRING_START:
            opened.append(token)
        elif token.kind is TokenKind.FSTRING_END:
            opened.pop()
    return opened[-1] if opened else None


def _quote(start: str) -> str:
    """The quotes of an f-string's first token."""
    return start.lstrip("fFrR")
