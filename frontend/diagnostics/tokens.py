"""Tokens as the diagnosing parser reads them, whichever lexer made them."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from dx_py.frontend.diagnostics.diagnostic import Diagnostic, Span

_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
# Words that are keywords in some places and names in all others.
SOFT_KEYWORDS = frozenset(keyword.softkwlist)


class TokenKind(Enum):
    NAME = auto()
    KEYWORD = auto()
    OPERATOR = auto()
    NUMBER = auto()
    STRING = auto()
    FSTRING_START = auto()
    FSTRING_MIDDLE = auto()
    FSTRING_END = auto()
    NEWLINE = auto()
    INDENT = auto()
    DEDENT = auto()
    END = auto()


@dataclass(slots=True)
class Token:
    """`terminal` is the grammar's number; `depth` counts the brackets open after the token."""

    kind: TokenKind
    text: str
    span: Span
    terminal: int
    depth: int = 0

    @property
    def symbol(self) -> str:
        """The text of an operator or keyword; empty for all else."""
        return self.text if self.kind in (TokenKind.OPERATOR, TokenKind.KEYWORD) else ""


@dataclass(frozen=True, slots=True)
class LexedSource:
    """Every token up to the end, or up to the first that cannot be read.

    `start` is the terminal that tells the grammar the mode; lines count from one.
    """

    tokens: Sequence[Token]
    error: Diagnostic | None
    start: int
    last_line: int


def word_kind(text: str) -> TokenKind:
    return TokenKind.KEYWORD if keyword.iskeyword(text) else TokenKind.NAME


def set_depths(tokens: Sequence[Token]) -> None:
    depth = 0
    for token in tokens:
        if token.kind is TokenKind.OPERATOR:
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        token.depth = depth
