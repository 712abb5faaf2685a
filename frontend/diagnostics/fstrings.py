"""Reading adjacent string literals and the fields of f-strings."""

from __future__ import annotations

from typing import NoReturn

from dx_py.frontend.diagnostics import expressions
from dx_py.frontend.diagnostics.reader import Part, Reader
from dx_py.frontend.diagnostics.string_literals import (
    is_bytes,
    literal_problem,
    text_problem,
)
from dx_py.frontend.diagnostics.tokens import TokenKind

_CONVERSIONS = ("s", "r", "a")


def strings(r: Reader) -> Part:
    first = r.index
    kinds: set[str] = set()
    while r.at_kind(TokenKind.STRING, TokenKind.FSTRING_START):
        if r.at_kind(TokenKind.FSTRING_START):
            _fstring(r)
            kinds.add("formatted")
        else:
            kinds.add("bytes" if is_bytes(r.token.text) else "text")
            r.advance()
    _check_literals(r, first)
    if "bytes" in kinds and len(kinds) > 1:
        with r.aloud():
            r.explain_here("cannot mix bytes and nonbytes literals")
    return r.part("f-string expression" if "formatted" in kinds else "literal", first)


def _check_literals(r: Reader, first: int) -> None:
    """The host evaluates literals as it reads them, in both of its passes."""
    for index in range(first, r.index):
        token = r.tokens[index]
        if token.kind is TokenKind.STRING:
            problem = literal_problem(token.text)
            if problem is not None:
                with r.aloud():
                    r.explain(problem, index)


def _fstring(r: Reader) -> None:
    first = r.expect_kind(TokenKind.FSTRING_START)
    _middle(r)
    end = r.expect_kind(TokenKind.FSTRING_END)
    if "r" in r.tokens[first].text.lower():
        return
    for token in r.tokens[first:end]:
        problem = token.kind is TokenKind.FSTRING_MIDDLE and text_problem(token.text)
        if problem:
            with r.aloud():
                r.explain(problem, end)


def _middle(r: Reader) -> None:
    while True:
        if r.at_kind(TokenKind.FSTRING_MIDDLE):
            r.advance()
        elif r.at("{"):
            _field(r)
        else:
            return


def _field(r: Reader) -> None:
    r.expect("{")
    if r.at("=", "!", ":", "}"):
        symbol = r.token.symbol
        _explain_next(r, f"valid expression required before '{symbol}'")
    if r.attempt(expressions.yield_or_star_expressions) is None:
        _explain_next(r, "expecting a valid expression after '{'")
    if not r.at("=", "!", ":", "}"):
        _explain_next(r, "expecting '=', or '!', or ':', or '}'")
    if r.accept("=") and not r.at("!", ":", "}"):
        _explain_next(r, "expecting '!', or ':', or '}'")
    if r.at("!"):
        _conversion(r)
    if r.accept(":"):
        _middle(r)
        if not r.at("}"):
            _explain_next(r, "expecting '}', or format specs")
    if not r.at("}"):
        _explain_next(r, "expecting '}'")
    r.expect("}")


def _conversion(r: Reader) -> None:
    mark = r.expect("!")
    if r.at(":", "}"):
        _explain_next(r, "missing conversion character")
    if not r.at_kind(TokenKind.NAME):
        _explain_next(r, "invalid conversion character")
    name = r.advance()
    if r.tokens[name].span.column != r.tokens[mark].span.end_column:
        message = "f-string: conversion type must come right after the exclamanation mark"
        r.explain(message, mark, name)
    text = r.tokens[name].text
    if text not in _CONVERSIONS:
        message = f"f-string: invalid conversion character '{text}': expected 's', 'r', or 'a'"
        r.explain(message, name)
    if not r.at(":", "}"):
        _explain_next(r, "expecting ':' or '}'")


def _explain_next(r: Reader, message: str) -> NoReturn:
    """An error at the token that comes next."""
    r.explain(f"f-string: {message}", r.index)
