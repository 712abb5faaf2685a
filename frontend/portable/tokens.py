"""What a lexer of the portable or the reference front end makes: parallel lists of tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

Position = tuple[int, int]


class Span(NamedTuple):
    """Start and end; lines from one, columns in UTF-8 bytes from zero."""

    start: Position
    end: Position


class Opening(NamedTuple):
    """The brace that opens a replacement field; ``is_raw`` if `=` shows backslashes as they
    are."""

    offset: int
    is_raw: bool


Warning = tuple[Position, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is part of the language only if asked for.

    ``templates`` are those of Python 3.14, type comments those of PEP 484; with ``diamonds``
    ``<>`` replaces ``!=``, as PEP 401 has it.
    """

    templates: bool = False
    type_comments: bool = False
    diamonds: bool = False


@dataclass(slots=True)
class Tokens:
    """Terminal numbers, values and places of the tokens of one source text.

    ``text`` is the UTF-8 source decoded as Latin-1, so that an index is a byte offset. What a
    token's value is stands in docs/frontend/grammar.md. ``type_ignores`` holds lines and tags,
    ``warnings`` what was odd about single tokens.
    """

    text: str
    kinds: list[int] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    starts: list[Position] = field(default_factory=list)
    ends: list[Position] = field(default_factory=list)
    type_ignores: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)

    def add(self, kind: int, value: object, start: Position, end: Position) -> None:
        self.kinds.append(kind)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)

    def add_mark(self, kind: int) -> None:
        """A token without text stands at the end of the token before it."""
        place = self.ends[-1]
        self.add(kind, None, place, place)


class Refusal(Exception):  # noqa: N818 - not an error of the program that runs
    """The source is refused: ``message`` and the place, as the host's exception class ``kind``.

    Not a ``SyntaxError``: PLY's parser takes one that an action raises for a wish to recover.
    """

    def __init__(
        self, message: str, span: Span, *, kind: type[SyntaxError] = SyntaxError
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.kind = kind


def refuse(message: str, start: Position, end: Position | None = None) -> Refusal:
    return Refusal(message, Span(start, end or start))


def utf8(latin: str) -> str:
    """The text whose UTF-8 bytes ``latin`` shows one by one; ``UnicodeDecodeError`` if it has
    none."""
    return latin if latin.isascii() else latin.encode("latin-1").decode("utf-8")
