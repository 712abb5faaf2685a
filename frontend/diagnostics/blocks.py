"""Reading what headers and blocks have in common."""

from __future__ import annotations

from dx_py.frontend.diagnostics import compound_statements, simple_statements
from dx_py.frontend.diagnostics.reader import Reader
from dx_py.frontend.diagnostics.tokens import TokenKind


def block(r: Reader, owner: str, keyword: int) -> None:
    """After the colon: the rest of the line, or lines further in."""
    if not r.at_kind(TokenKind.NEWLINE):
        simple_statements.simple_statements(r)
        return
    r.advance()
    expect_indent(r, owner, keyword)
    while not r.at_kind(TokenKind.DEDENT):
        if r.at_kind(TokenKind.END):
            return
        compound_statements.statement(r)
    r.advance()


def expect_indent(r: Reader, owner: str, keyword: int) -> None:
    if not r.at_kind(TokenKind.INDENT):
        line = r.tokens[keyword].span.line
        r.explain_indentation(f"expected an indented block after {owner} on line {line}")
    r.expect_kind(TokenKind.INDENT)


def header_colon(r: Reader) -> None:
    """At the end of a header; that the line ends without one has its own message."""
    if r.at_kind(TokenKind.NEWLINE):
        r.explain_here("expected ':'")
    r.expect(":")


def forced(r: Reader, symbol: str) -> None:
    """The host asks for some symbols by name at once, without looking for other reasons."""
    if not r.at(symbol):
        with r.aloud():
            r.explain(f"expected '{symbol}'", r.index)
    r.advance()


def else_block(r: Reader) -> None:
    if r.at("else"):
        keyword = r.advance()
        forced(r, ":")
        block(r, "'else' statement", keyword)
