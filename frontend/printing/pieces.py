"""What a printing rule yields, and the table of rules.

A rule is a generator: it yields the text of its node in order, as pieces. A piece is a string
(printed as it is), an `Operand` (an expression or pattern at a place that binds with a certain
strength), a node without such a place (statements, parameters, clauses), or a `Layout` mark.
The writer keeps the suspended generators on a stack of its own, so the depth of a tree is not
bounded by Python's recursion limit.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, IntEnum, auto
from typing import NamedTuple


class Level(IntEnum):
    """Binding strength, weakest first: of a node, and the least one that a place admits."""

    YIELD = auto()
    TUPLE = auto()
    NAMED = auto()  # an unparenthesised `:=` fits where the place asks for exactly this
    TEST = auto()  # conditional expression, lambda
    OR = auto()
    AND = auto()
    NOT = auto()
    COMPARISON = auto()
    BIT_OR = auto()
    BIT_XOR = auto()
    BIT_AND = auto()
    SHIFT = auto()
    SUM = auto()
    TERM = auto()
    FACTOR = auto()
    POWER = auto()
    AWAIT = auto()
    PRIMARY = auto()
    ATOM = auto()


class PatternLevel(IntEnum):
    """Binding strength of patterns, weakest first."""

    AS = auto()
    OR = auto()
    CLOSED = auto()


class Operand(NamedTuple):
    """`node` at a place that needs parentheses around anything weaker than `level`."""

    node: ast.expr | ast.pattern
    level: Level | PatternLevel


class Layout(Enum):
    """Marks that are no text of their own."""

    NEWLINE = auto()  # start a line at the current indentation
    BLANK_LINE = auto()  # leave one line empty, unless at the start of a block
    SAME_LINE = auto()  # the next statement follows on this line
    INDENT = auto()
    DEDENT = auto()
    FIELD = auto()  # open an f-string field: "{", kept apart from a "{" that follows


type Piece = str | Operand | ast.AST | Layout
type Pieces = Iterator[Piece]
type Rule = Callable[..., Pieces]

RULES: dict[type[ast.AST], Rule] = {}


def prints[R: Rule](*kinds: type[ast.AST]) -> Callable[[R], R]:
    """Enter the decorated function in `RULES` for these node classes."""

    def enter(rule: R) -> R:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return enter


def separated(pieces: Sequence[Piece], separator: Piece = ", ") -> Pieces:
    for index, piece in enumerate(pieces):
        if index:
            yield separator
        yield piece


def operands(nodes: Sequence[ast.expr], level: Level) -> list[Piece]:
    return [Operand(node, level) for node in nodes]
