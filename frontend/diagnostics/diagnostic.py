"""One thing wrong with a source text: what, where, and what would be right."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Category(Enum):
    """The class that the host raises or warns with."""

    SYNTAX_ERROR = "SyntaxError"
    INDENTATION_ERROR = "IndentationError"
    TAB_ERROR = "TabError"
    SYNTAX_WARNING = "SyntaxWarning"
    DEPRECATION_WARNING = "DeprecationWarning"

    @property
    def is_error(self) -> bool:
        return self.value.endswith("Error")


class Phase(Enum):
    """Who finds the fault; the host counts columns by phase: characters, then bytes."""

    LEXER = "lexer"
    PARSER = "parser"
    SYMBOLS = "symbols"
    COMPILER = "compiler"

    @property
    def columns_in_bytes(self) -> bool:
        return self in (Phase.SYMBOLS, Phase.COMPILER)


@dataclass(frozen=True, slots=True)
class Span:
    """Lines from 1, columns in UTF-8 bytes from 0, as in `ast`; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class HostPlace(NamedTuple):
    """`lineno`, `offset`, `end_lineno` and `end_offset` of a SyntaxError."""

    line: int
    offset: int | None
    end_line: int | None
    end_offset: int | None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`hints` say what to do; `expected` names what could stand at the place instead.

    `host` holds the numbers of the host's exception where they are not those of the span.
    """

    message: str
    span: Span
    category: Category
    phase: Phase
    host: HostPlace | None = None
    hints: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


type Located = ast.stmt | ast.expr | ast.arg | ast.alias | ast.keyword | ast.pattern
type AnyLocated = Located | ast.excepthandler | ast.type_param


def span_of(node: AnyLocated) -> Span:
    """The node's own place; a tree made by hand may lack ends, which then equal the start."""
    end_line = node.lineno if node.end_lineno is None else node.end_lineno
    end_column = node.col_offset if node.end_col_offset is None else node.end_col_offset
    return Span(node.lineno, node.col_offset, end_line, end_column)
