"""Runs printing rules and lays out the text they yield."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dx_py.frontend.printing.pieces import RULES, Layout, Operand, Piece, Pieces
from dx_py.frontend.printing.precedence import needs_parentheses

INDENTATION = "    "


class Writer:
    """Turns the pieces of one tree into text; used once."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._depth = 0
        self._blank_wanted = False
        self._same_line = False
        self._field_open = False

    def write(self, root: Piece) -> str:
        """Expand pieces depth first, the unfinished rules on a stack."""
        stack: list[Iterator[Piece]] = [iter([root])]
        while stack:
            for piece in stack[-1]:
                if isinstance(piece, str):
                    self._put(piece)
                elif isinstance(piece, Layout):
                    self._lay_out(piece)
                else:
                    stack.append(expand(piece))
                    break
            else:
                stack.pop()
        return "".join(self._text)

    def _put(self, text: str) -> None:
        if self._field_open and text:
            self._field_open = False
            if text.startswith("{"):
                self._text.append(" ")
        self._text.append(text)

    def _lay_out(self, mark: Layout) -> None:
        match mark:
            case Layout.NEWLINE:
                self._start_line()
            case Layout.BLANK_LINE:
                self._blank_wanted = True
            case Layout.SAME_LINE:
                self._same_line = True
            case Layout.INDENT:
                self._depth += 1
                self._blank_wanted = False
            case Layout.DEDENT:
                self._depth -= 1
            case Layout.FIELD:
                self._put("{")
                self._field_open = True

    def _start_line(self) -> None:
        if self._same_line:
            self._same_line = False
            self._text.append("; ")
            return
        if self._text:
            self._text.append("\n\n" if self._blank_wanted else "\n")
        self._blank_wanted = False
        self._text.append(INDENTATION * self._depth)


def expand(piece: Operand | ast.AST) -> Pieces:
    """The pieces of a node, in parentheses where its place asks for them."""
    if not isinstance(piece, Operand):
        return rule_of(piece)
    if needs_parentheses(piece):
        return _parenthesised(piece.node)
    return rule_of(piece.node)


def _parenthesised(node: ast.AST) -> Pieces:
    yield "("
    yield from rule_of(node)
    yield ")"


def rule_of(node: ast.AST) -> Pieces:
    try:
        return RULES[type(node)](node)
    except KeyError:
        return _rule_of_base(node)


def _rule_of_base(node: ast.AST) -> Pieces:
    """The rule of a class that `node`'s class derives from, for users' own node classes."""
    for base in type(node).__mro__:
        if base in RULES:
            return RULES[base](node)
    raise TypeError(f"cannot unparse {type(node).__name__!r}: not a node of Python 3.12's ast")
