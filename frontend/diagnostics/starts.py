"""Reading a whole input in each of the modes that `compile` knows."""

from __future__ import annotations

from dx_py.frontend.diagnostics import compound_statements, expressions
from dx_py.frontend.diagnostics.reader import Reader, Unexpected
from dx_py.frontend.diagnostics.search import ReadStart
from dx_py.frontend.diagnostics.tokens import TokenKind

_MULTIPLE = "multiple statements found while compiling a single statement"


def _expression_input(r: Reader) -> None:
    expressions.expression(r)
    while r.accept(",") and expressions.starts_expression(r):
        expressions.expression(r)
    while r.at_kind(TokenKind.NEWLINE):
        r.advance()
    _end(r)


def _single_input(r: Reader) -> None:
    if r.at_kind(TokenKind.END):
        raise Unexpected
    if r.at_kind(TokenKind.NEWLINE):
        r.advance()
    elif not compound_statements.statement(r):
        _refuse_more(r)
    if r.at_kind(TokenKind.NEWLINE):
        r.advance()
    _end(r)


def _refuse_more(r: Reader) -> None:
    """What follows a simple statement need not even be made of tokens."""
    if r.index == len(r.tokens) or r.tokens[r.index].kind is not TokenKind.END:
        with r.aloud():
            r.explain(_MULTIPLE, r.index - 1)


def _end(r: Reader) -> None:
    if not r.at_kind(TokenKind.END):
        raise Unexpected


STARTS: dict[str, ReadStart] = {
    "exec": compound_statements.file,
    "eval": _expression_input,
    "single": _single_input,
}
