"""A cursor over tokens for a parser that looks for the reason of an error.

The parser runs only after the real one has refused the source, and twice, as the host's does:
first `quiet`, to find the token at which nothing fits any more, then in search of a reason. It
stops in one of three ways: `Explained`, with a reason; `Unexpected`, at a token that nothing
can be made of; `Unreadable`, where the lexer has stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from dx_py.frontend.diagnostics.diagnostic import (
    Category,
    Diagnostic,
    HostPlace,
    Phase,
    Span,
)
from dx_py.frontend.diagnostics.tokens import Token, TokenKind

# A look at a token is a step; reading straight on takes some dozens for each.
_STEPS_PER_TOKEN = 500


class Explained(Exception):  # noqa: N818 - a found reason ends the search
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Unexpected(Exception):  # noqa: N818
    """The token at the reader's `furthest` has no place there."""


class GaveUp(Exception):  # noqa: N818
    """The source makes the parser go back too often: reasons must not take longer than that."""


class Unreadable(Exception):  # noqa: N818
    """The parser asks for a token that the lexer could not make."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the source that was read: tokens `first` up to, not including, `end`.

    `kind` is the host's name for it in messages; `items` are the parts a target may be made
    of. `is_operand` tells whether it binds strongly enough to be compared as it stands.
    """

    kind: str
    first: int
    end: int
    items: tuple[Part, ...] = ()
    is_operand: bool = True


def host_place(token: Token) -> HostPlace | None:
    """Tokens that have no text have no end for the host, and begin where its lexer stands."""
    if token.kind not in (TokenKind.INDENT, TokenKind.DEDENT, TokenKind.END):
        return None
    return HostPlace(token.span.line, token.span.column, token.span.line, -1)


class Reader:
    """`furthest` is the last token read so far: a second reader starts from the first's."""

    def __init__(self, tokens: Sequence[Token], *, quiet: bool, furthest: int = 0) -> None:
        self.tokens = tokens
        self.index = 0
        self.furthest = furthest
        self.quiet = quiet
        self._settled: set[int] = set()
        self._steps_left = _STEPS_PER_TOKEN * (len(tokens) + 1)

    @property
    def token(self) -> Token:
        if self.index == len(self.tokens):
            raise Unreadable
        self.furthest = max(self.furthest, self.index)
        self._steps_left -= 1
        if self._steps_left < 0:
            raise GaveUp
        return self.tokens[self.index]

    def ahead(self, distance: int = 1) -> Token:
        """A later token; looking at it does not count as having read that far."""
        return self.tokens[min(self.index + distance, len(self.tokens) - 1)]

    def at(self, *symbols: str) -> bool:
        return self.token.symbol in symbols

    def at_kind(self, *kinds: TokenKind) -> bool:
        return self.token.kind in kinds

    def at_word(self, text: str) -> bool:
        """A name that may be a soft keyword."""
        return self.token.kind is TokenKind.NAME and self.token.text == text

    def advance(self) -> int:
        """Pass the token; returns its index."""
        self.index += 1
        return self.index - 1

    def accept(self, *symbols: str) -> bool:
        if not self.at(*symbols):
            return False
        self.index += 1
        return True

    def expect(self, *symbols: str) -> int:
        if not self.at(*symbols):
            raise Unexpected
        return self.advance()

    def expect_kind(self, kind: TokenKind) -> int:
        if self.token.kind is not kind:
            raise Unexpected
        return self.advance()

    def part(
        self, kind: str, first: int, items: tuple[Part, ...] = (), *, is_operand: bool = True
    ) -> Part:
        """What was read since `first`."""
        return Part(kind, first, self.index, items, is_operand)

    def attempt[T](self, read: Callable[[Reader], T]) -> T | None:
        """`read`, or None and the old place if it does not fit; explanations come through."""
        start = self.index
        try:
            return read(self)
        except Unexpected:
            self.index = start
            return None

    def attempt_after(self, read: Callable[[Reader], object]) -> bool:
        """Pass the token and read what must follow it; if that does not fit, do neither."""
        self.index += 1
        if self.attempt(read) is None:
            self.index -= 1
            return False
        return True

    def is_settled(self) -> bool:
        """Whether an expression here was looked at before: the host remembers what it read.

        So it asks for no reason a second time, not even inside.
        """
        if self.quiet:
            self._settled.add(self.index)
        return not self.quiet and self.index in self._settled

    def read_quietly[T](self, read: Callable[[Reader], T]) -> T:
        with self._silence():
            return read(self)

    def look[T](self, read: Callable[[Reader], T]) -> tuple[T, int] | None:
        """What would be read here, and up to where; without explanations, without moving."""
        start = self.index
        with self._silence():
            found = self.attempt(read)
        end, self.index = self.index, start
        return None if found is None else (found, end)

    @contextmanager
    def aloud(self) -> Iterator[None]:
        """For what the host refuses in its first pass already."""
        before, self.quiet = self.quiet, False
        try:
            yield
        finally:
            self.quiet = before

    @contextmanager
    def _silence(self) -> Iterator[None]:
        before, self.quiet = self.quiet, True
        try:
            yield
        finally:
            self.quiet = before

    # ---- Explanations: each raises `Explained`, or `Unexpected` while the reader is quiet.

    def explain(self, message: str, first: int, last: int | None = None) -> NoReturn:
        """An error that spans the tokens `first` to `last`, both included."""
        start = self.tokens[first].span
        end = self.tokens[first if last is None else last].span
        self.explain_span(message, Span(start.line, start.column, end.end_line, end.end_column))

    def explain_part(self, message: str, part: Part) -> NoReturn:
        self.explain(message, part.first, part.end - 1)

    def explain_here(self, message: str) -> NoReturn:
        """An error at the last token that the host has read."""
        token = self.tokens[self.furthest]
        self.explain_span(message, token.span, host=host_place(token))

    def explain_from(self, message: str, first: int) -> NoReturn:
        """An error from a token on; the host ends it where its lexer stands."""
        start = self.tokens[first].span
        end = self.tokens[self.furthest].span
        span = Span(start.line, start.column, end.end_line, end.end_column)
        host = HostPlace(start.line, start.column + 1, end.end_line, end.end_column)
        self.explain_span(message, span, host=host)

    def explain_indentation(self, message: str) -> NoReturn:
        token = self.tokens[self.furthest]
        category = Category.INDENTATION_ERROR
        self.explain_span(message, token.span, category, host_place(token))

    def explain_span(
        self,
        message: str,
        span: Span,
        category: Category = Category.SYNTAX_ERROR,
        host: HostPlace | None = None,
    ) -> NoReturn:
        if self.quiet:
            raise Unexpected
        raise Explained(Diagnostic(message, span, category, Phase.PARSER, host=host))
