"""Reading the parameters of functions and lambdas, whose order is part of the syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from dx_py.frontend.diagnostics import expressions, operands
from dx_py.frontend.diagnostics.reader import Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind


@dataclass(slots=True)
class _Signature:
    """`closing` ends the list; `words` name it in messages."""

    closing: str
    words: str
    annotated: bool
    slash: bool = False
    star: bool = False
    default: bool = False  # a positional parameter has one


def function_parameters(r: Reader) -> None:
    _read(r, _Signature(")", "Function", annotated=True))


def lambda_parameters(r: Reader) -> None:
    _read(r, _Signature(":", "Lambda expression", annotated=False))


def _read(r: Reader, s: _Signature) -> None:
    is_first = True
    while not r.at(s.closing):
        match r.token.symbol:
            case "/":
                _slash(r, s, is_first=is_first)
            case "*":
                _star(r, s)
            case "**":
                _double_star(r, s)
            case "(":
                _parenthesised(r, s)
            case _:
                _plain(r, s)
        is_first = False
        if not r.accept(","):
            return


def _slash(r: Reader, s: _Signature, *, is_first: bool) -> None:
    if is_first and r.ahead().symbol == ",":
        r.explain("at least one argument must precede /", r.index)
    if s.slash:
        r.explain("/ may appear only once", r.index)
    if s.star:
        r.explain("/ must be ahead of *", r.index)
    if is_first:
        raise Unexpected
    s.slash = True
    r.advance()
    if r.at("*"):
        r.explain("expected comma between / and *", r.index)


def _star(r: Reader, s: _Signature) -> None:
    if s.star:
        star = r.advance()
        if r.at_kind(TokenKind.NAME) or r.at(","):
            r.explain("* argument may appear only once", star)
        raise Unexpected
    s.star = True
    star = r.advance()
    if r.at(s.closing) or (r.at(",") and r.ahead().symbol in (s.closing, "**")):
        _explain_bare_star(r, s, star)
    if r.at(","):
        return
    starred = _name(r, s, may_star=True)
    if r.at("=") and not starred:
        r.explain("var-positional argument cannot have default value", r.index)


def _explain_bare_star(r: Reader, s: _Signature, star: int) -> NoReturn:
    """The host points at the star of a function, and at the token after a lambda's."""
    message = "named arguments must follow bare *"
    if s.annotated:
        r.explain(message, star)
    r.explain_here(message)


def _double_star(r: Reader, s: _Signature) -> None:
    r.expect("**")
    _name(r, s)
    if r.at("="):
        r.explain("var-keyword argument cannot have default value", r.index)
    if not r.accept(",") or r.at(s.closing):
        r.index -= r.tokens[r.index - 1].symbol == ","
        return
    start = r.index
    message = "arguments cannot follow var-keyword argument"
    if r.at("*", "**", "/"):
        r.explain(message, r.index)
    elif r.at_kind(TokenKind.NAME):
        _name(r, s)
        r.explain(message, start, r.index - 1)
    raise Unexpected


def _plain(r: Reader, s: _Signature) -> None:
    first = r.index
    _name(r, s)
    if r.at("="):
        _default(r, s)
        s.default = s.default or not s.star
    elif s.default and not s.star and r.at(",", s.closing):
        _read_on(r)
        message = "parameter without a default follows parameter with a default"
        r.explain(message, first, r.index - 1)


def _read_on(r: Reader) -> None:
    """The host looks for a type comment behind a comma."""
    if r.accept(","):
        r.at_kind(TokenKind.NEWLINE)
        r.index -= 1


def _default(r: Reader, s: _Signature) -> None:
    equals = r.expect("=")
    if r.at(s.closing, ","):
        r.explain("expected default value expression", equals)
    expressions.expression(r)


def _name(r: Reader, s: _Signature, *, may_star: bool = False) -> bool:
    """A name with its annotation; whether that is a starred one."""
    r.expect_kind(TokenKind.NAME)
    if not s.annotated or not r.accept(":"):
        return False
    if may_star and r.at("*"):
        expressions.starred(r, operands.bitwise_or)
        return True
    expressions.expression(r)
    return False


def _parenthesised(r: Reader, s: _Signature) -> None:
    """`def f(a, (b, c))` was Python 2."""
    if r.quiet or s.star:
        raise Unexpected
    first = r.expect("(")
    while r.at_kind(TokenKind.NAME):
        r.advance()
        if not r.accept(","):
            break
    if r.index > first + 1 and r.at(")") and not s.default:
        r.explain(f"{s.words} parameters cannot be parenthesized", first, r.index)
    raise Unexpected
