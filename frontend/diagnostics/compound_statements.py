"""Reading statements that hold blocks, and whole files."""

from __future__ import annotations

from dx_py.frontend.diagnostics import (
    blocks,
    definitions,
    expressions,
    match_statement,
    simple_statements,
    targets,
    try_statement,
)
from dx_py.frontend.diagnostics.reader import Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind


def file(r: Reader) -> None:
    while not r.at_kind(TokenKind.END):
        statement(r)


def statement(r: Reader) -> bool:
    """Whether it is a compound one; simple ones are read to the end of their line."""
    read = _STATEMENTS.get(r.token.symbol)
    if read is not None:
        read(r)
        return True
    if r.at_word("match") and match_statement.match_statement(r):
        return True
    simple_statements.simple_statements(r)
    return False


def _if(r: Reader) -> None:
    _tested_block(r, "if")
    while r.at("elif"):
        _tested_block(r, "elif")
    blocks.else_block(r)


def _tested_block(r: Reader, word: str) -> None:
    keyword = r.expect(word)
    expressions.named_expression(r)
    blocks.header_colon(r)
    blocks.block(r, f"'{word}' statement", keyword)


def _while(r: Reader) -> None:
    _tested_block(r, "while")
    blocks.else_block(r)


def _for(r: Reader) -> None:
    keyword = r.expect("for")
    targets.for_targets(r)
    r.expect("in")
    expressions.star_expressions(r)
    blocks.header_colon(r)
    blocks.block(r, "'for' statement", keyword)
    blocks.else_block(r)


def _with(r: Reader) -> None:
    keyword = r.expect("with")
    if r.attempt(_plain_with_items) is None:
        _bracketed_with_items(r)
    blocks.header_colon(r)
    blocks.block(r, "'with' statement", keyword)


def _plain_with_items(r: Reader) -> bool:
    _with_item(r)
    while r.accept(","):
        _with_item(r)
    if not r.at(":") and not r.at_kind(TokenKind.NEWLINE):
        raise Unexpected
    return True


def _bracketed_with_items(r: Reader) -> None:
    r.expect("(")
    _with_item(r)
    while r.accept(",") and not r.at(")"):
        _with_item(r)
    r.expect(")")


def _with_item(r: Reader) -> None:
    expressions.expression(r)
    if r.accept("as"):
        targets.as_target(r)


def _decorated(r: Reader) -> None:
    while r.accept("@"):
        expressions.named_expression(r)
        r.expect_kind(TokenKind.NEWLINE)
    if not r.at("def", "class", "async"):
        raise Unexpected
    statement(r)


def _async(r: Reader) -> None:
    r.expect("async")
    if not r.at("def", "for", "with"):
        raise Unexpected
    statement(r)


_STATEMENTS = {
    "if": _if,
    "while": _while,
    "for": _for,
    "with": _with,
    "try": try_statement.try_statement,
    "def": definitions.function,
    "class": definitions.class_definition,
    "@": _decorated,
    "async": _async,
}
