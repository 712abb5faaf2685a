"""Reading `try` with its handlers, of which there are two kinds that do not mix."""

from __future__ import annotations

from dx_py.frontend.diagnostics import blocks, expressions
from dx_py.frontend.diagnostics.reader import Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind

_BOTH_EXCEPTS = "cannot have both 'except' and 'except*' on the same 'try'"


def try_statement(r: Reader) -> None:
    keyword = r.expect("try")
    blocks.forced(r, ":")
    blocks.block(r, "'try' statement", keyword)
    if not r.at("except", "finally"):
        r.explain_here("expected 'except' or 'finally' block")
    _handlers(r)
    blocks.else_block(r)
    if r.at("finally"):
        keyword = r.advance()
        blocks.forced(r, ":")
        blocks.block(r, "'finally' statement", keyword)


def _handlers(r: Reader) -> None:
    starred: bool | None = None
    while r.at("except"):
        is_star = r.ahead().symbol == "*"
        if starred is not None and starred is not is_star:
            _refuse_both(r, is_star=is_star)
        starred = is_star
        _handler(r)


def _refuse_both(r: Reader, *, is_star: bool) -> None:
    keyword = r.index
    if r.look(_handler_header) is not None:
        r.explain(_BOTH_EXCEPTS, keyword, keyword + is_star)
    _handler(r)
    raise Unexpected


def _handler_header(r: Reader) -> bool:
    r.expect("except")
    is_star = r.accept("*")
    if is_star or not r.at(":"):
        expressions.expression(r)
        if r.accept("as"):
            r.expect_kind(TokenKind.NAME)
    r.expect(":")
    return True


def _handler(r: Reader) -> None:
    keyword = r.expect("except")
    is_star = r.accept("*")
    if is_star and (r.at(":") or r.at_kind(TokenKind.NEWLINE)):
        r.explain_here("expected one or more exception types")
    if is_star or not (r.at(":") or r.at_kind(TokenKind.NEWLINE)):
        _exception_types(r)
    blocks.header_colon(r)
    blocks.block(r, "'except*' statement" if is_star else "'except' statement", keyword)


def _exception_types(r: Reader) -> None:
    first = r.index
    expressions.expression(r)
    if r.at(","):
        _refuse_unparenthesised(r, first)
    if r.accept("as"):
        r.expect_kind(TokenKind.NAME)


def _refuse_unparenthesised(r: Reader, first: int) -> None:
    if r.quiet:
        raise Unexpected
    r.expect(",")
    expressions.star_expressions(r)
    if r.accept("as"):
        r.expect_kind(TokenKind.NAME)
    if r.at(":"):
        r.explain_from("multiple exception types must be parenthesized", first)
    raise Unexpected
