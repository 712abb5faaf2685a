"""Reading the patterns of `case`."""

from __future__ import annotations

from dx_py.frontend.diagnostics import expressions, fstrings
from dx_py.frontend.diagnostics.reader import Part, Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind


def patterns(r: Reader) -> None:
    """After `case`: one pattern, or several with commas."""
    _pattern_or_star(r)
    while r.accept(",") and not r.at(":", "if"):
        _pattern_or_star(r)


def _pattern_or_star(r: Reader) -> None:
    if r.accept("*"):
        r.expect_kind(TokenKind.NAME)
    else:
        pattern(r)


def pattern(r: Reader) -> Part:
    first = r.index
    _closed(r)
    while r.accept("|"):
        _closed(r)
    if r.accept("as"):
        _capture(r)
    return r.part("pattern", first)


def _capture(r: Reader) -> None:
    if r.at_word("_"):
        r.explain("cannot use '_' as a target", r.index)
    if r.at_kind(TokenKind.NAME) and r.ahead().symbol not in (".", "(", "="):
        r.advance()
        return
    if not r.at_kind(TokenKind.NAME):
        target = None if r.quiet else r.attempt(expressions.expression)
        if target is not None:
            r.explain_part("invalid pattern target", target)
    raise Unexpected


def _closed(r: Reader) -> None:
    match r.token.kind:
        case TokenKind.NUMBER:
            _number(r)
        case TokenKind.STRING | TokenKind.FSTRING_START:
            fstrings.strings(r)
        case TokenKind.NAME:
            _name_or_class(r)
        case _:
            _symbol(r)


def _symbol(r: Reader) -> None:
    match r.token.symbol:
        case "-":
            _number(r)
        case "None" | "True" | "False":
            r.advance()
        case "(":
            _sequence(r, ")")
        case "[":
            _sequence(r, "]")
        case "{":
            _mapping(r)
        case _:
            raise Unexpected


def _number(r: Reader) -> None:
    """`-1`, `2j` or `-1 + 2j`: a real part, then an imaginary one."""
    first = r.index
    r.accept("-")
    r.expect_kind(TokenKind.NUMBER)
    if not r.at("+", "-"):
        return
    operator = r.advance()
    r.expect_kind(TokenKind.NUMBER)
    if _is_imaginary(r.tokens[operator - 1].text):
        r.explain("real number required in complex literal", first, operator - 1)
    if not _is_imaginary(r.tokens[operator + 1].text):
        r.explain("imaginary number required in complex literal", operator + 1)


def _is_imaginary(number: str) -> bool:
    return number[-1] in "jJ"


def _sequence(r: Reader, closing: str) -> None:
    r.advance()
    while not r.at(closing):
        _pattern_or_star(r)
        if not r.accept(","):
            break
    r.expect(closing)


def _mapping(r: Reader) -> None:
    r.expect("{")
    while not r.at("}"):
        if r.accept("**"):
            if r.at_word("_"):
                raise Unexpected
            r.expect_kind(TokenKind.NAME)
            r.accept(",")
            break
        _closed(r)
        r.expect(":")
        pattern(r)
        if not r.accept(","):
            break
    r.expect("}")


def _name_or_class(r: Reader) -> None:
    r.expect_kind(TokenKind.NAME)
    while r.accept("."):
        r.expect_kind(TokenKind.NAME)
    if r.accept("("):
        _class_arguments(r)
        r.expect(")")


def _class_arguments(r: Reader) -> None:
    keyword_seen = False
    misplaced: list[Part] = []
    while not r.at(")"):
        if r.at_kind(TokenKind.NAME) and r.ahead().symbol == "=":
            r.index += 2
            pattern(r)
            if misplaced:
                break
            keyword_seen = True
        else:
            part = pattern(r)
            if keyword_seen:
                misplaced.append(part)
        if not r.accept(","):
            break
    if misplaced:
        message = "positional patterns follow keyword patterns"
        r.explain(message, misplaced[0].first, misplaced[-1].end - 1)
