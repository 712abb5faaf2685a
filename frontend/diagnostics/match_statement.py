"""Reading `match`, which is a name wherever it is no keyword."""

from __future__ import annotations

from dx_py.frontend.diagnostics import blocks, expressions, patterns
from dx_py.frontend.diagnostics.reader import Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind


def match_statement(r: Reader) -> bool:
    """Whether the line is a `match` statement: the word is a name anywhere else."""
    keyword = r.advance()
    if r.attempt(_subject) is None or not (r.at(":") or r.at_kind(TokenKind.NEWLINE)):
        r.index = keyword
        return False
    if r.ahead().kind is not TokenKind.NEWLINE if r.at(":") else r.quiet:
        r.index = keyword
        return False
    blocks.header_colon(r)
    r.expect_kind(TokenKind.NEWLINE)
    blocks.expect_indent(r, "'match' statement", keyword)
    while not r.at_kind(TokenKind.DEDENT):
        _case(r)
    r.advance()
    return True


def _subject(r: Reader) -> bool:
    expressions.star_named_expressions(r)
    return True


def _case(r: Reader) -> None:
    if not r.at_word("case"):
        raise Unexpected
    keyword = r.advance()
    patterns.patterns(r)
    if r.accept("if"):
        expressions.named_expression(r)
    blocks.header_colon(r)
    blocks.block(r, "'case' statement", keyword)
