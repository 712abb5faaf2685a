"""Reading primaries and atoms: names, literals, displays, comprehensions, calls, subscripts."""

from __future__ import annotations

from dx_py.frontend.diagnostics import arguments, expressions, fstrings, operands, targets
from dx_py.frontend.diagnostics.diagnostic import HostPlace, Span
from dx_py.frontend.diagnostics.reader import Part, Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind

_TRAILERS = {".": "attribute", "(": "function call", "[": "subscript"}
CONSTANTS = ("None", "True", "False")
_PARENTHESES_FORGOTTEN = "did you forget parentheses around the comprehension target?"


def primary(r: Reader) -> Part:
    first = r.index
    part = atom(r)
    while True:
        kind = _TRAILERS.get(r.token.symbol)
        if kind is None or r.attempt(_trailer) is None:
            return part
        part = r.part(kind, first)


def _trailer(r: Reader) -> bool:
    if r.at("("):
        arguments.call(r)
    elif r.at("["):
        _subscript(r)
    else:
        r.expect(".")
        r.expect_kind(TokenKind.NAME)
    return True


def _subscript(r: Reader) -> None:
    r.expect("[")
    _slice(r)
    while r.accept(",") and not r.at("]"):
        _slice(r)
    r.expect("]")


def _slice(r: Reader) -> None:
    if r.at("*"):
        expressions.starred(r, operands.bitwise_or)
        return
    if not r.at(":"):
        expressions.named_expression(r)
    for _ in range(2):
        if r.accept(":") and expressions.starts_expression(r):
            expressions.expression(r)


def atom(r: Reader) -> Part:
    first = r.index
    token = r.token
    match token.kind:
        case TokenKind.NAME:
            return _single(r, "name")
        case TokenKind.NUMBER:
            return _single(r, "literal")
        case TokenKind.STRING | TokenKind.FSTRING_START:
            return fstrings.strings(r)
    match token.symbol:
        case "None" | "True" | "False" as constant:
            return _single(r, constant)
        case "...":
            return _single(r, "ellipsis")
        case "(":
            return _parenthesised(r, first)
        case "[":
            return _list(r, first)
        case "{":
            return _braces(r, first)
        case _:
            raise Unexpected


def _single(r: Reader, kind: str) -> Part:
    first = r.advance()
    return r.part(kind, first)


def _parenthesised(r: Reader, first: int) -> Part:
    """A tuple, a generator expression, or the part inside."""
    r.expect("(")
    if r.accept(")"):
        return r.part("tuple", first)
    if r.at("yield"):
        inside = expressions.yield_expression(r)
        r.expect(")")
        return operands.as_operand(inside)
    _refuse_starred_group(r)
    item = expressions.star_named_expression(r)
    if at_clause(r):
        _refuse_starred_element(r, item)
        clauses(r)
        r.expect(")")
        return r.part("generator expression", first)
    if item.kind == "starred" and not r.at(","):
        raise Unexpected
    if r.at(","):
        items = (item, *_more_items(r))
        r.expect(")")
        return r.part("tuple", first, items)
    r.expect(")")
    return operands.as_operand(item)


def _refuse_starred_group(r: Reader) -> None:
    start = r.index
    if r.quiet:
        return
    if r.at("*"):
        part = r.attempt(expressions.star_expression)
        if part is not None and r.at(")"):
            r.explain_part("cannot use starred expression here", part)
    elif r.accept("**") and r.attempt(expressions.expression) is not None and r.at(")"):
        r.explain("cannot use double starred expression here", start)
    r.index = start


def _more_items(r: Reader) -> tuple[Part, ...]:
    """The items after the first, each with its comma before it."""
    if not r.accept(",") or not (expressions.starts_expression(r) or r.at("*")):
        return ()
    return expressions.star_named_expressions(r)


def _list(r: Reader, first: int) -> Part:
    r.expect("[")
    if r.accept("]"):
        return r.part("list", first)
    items, is_comprehension = _elements(r, expressions.star_named_expression(r))
    r.expect("]")
    kind = "list comprehension" if is_comprehension else "list"
    return r.part(kind, first, () if is_comprehension else items)


def _elements(r: Reader, item: Part) -> tuple[tuple[Part, ...], bool]:
    """Of a list or a set after its first, or the clauses of a comprehension."""
    if at_clause(r):
        _refuse_starred_element(r, item)
        clauses(r)
        return (item,), True
    comma = r.index
    items = (item, *_more_items(r))
    if at_clause(r) and r.index > comma and not r.quiet:
        end = r.index - 1
        clauses(r)
        # With nothing after the comma, the comma ends the place; a trailing one does not.
        trailing = len(items) > 1 and r.tokens[end].symbol == ","
        if not trailing:
            r.explain(_PARENTHESES_FORGOTTEN, item.first, end)
        raise Unexpected
    return items, False


def _refuse_starred_element(r: Reader, item: Part) -> None:
    if item.kind != "starred":
        return
    if r.quiet:
        raise Unexpected
    clauses(r)
    r.explain_part("iterable unpacking cannot be used in comprehension", item)


def at_clause(r: Reader) -> bool:
    if not r.accept("async"):
        return r.at("for")
    is_clause = r.at("for")
    r.index -= 1
    return is_clause


def clauses(r: Reader) -> Part:
    """`for ... in ... if ...`, as often as they follow each other."""
    first = r.index
    while at_clause(r):
        r.accept("async")
        r.expect("for")
        targets.for_targets(r)
        r.expect("in")
        operands.disjunction(r)
        while r.accept("if"):
            operands.disjunction(r)
    return r.part("clauses", first)


def _braces(r: Reader, first: int) -> Part:
    r.expect("{")
    if r.accept("}"):
        return r.part("dict literal", first)
    if r.at("**"):
        return _dict(r, first)
    item = expressions.star_named_expression(r)
    if r.at(":") and item.kind not in ("starred", "named expression"):
        return _dict(r, first, item)
    _, is_comprehension = _elements(r, item)
    r.expect("}")
    return r.part("set comprehension" if is_comprehension else "set display", first)


def _dict(r: Reader, first: int, key: Part | None = None) -> Part:
    """After the brace, or after the first key."""
    is_first = True
    while not r.at("}"):
        if _dict_item(r, key, is_first=is_first):
            r.expect("}")
            return r.part("dict comprehension", first)
        is_first, key = False, None
        if not r.accept(","):
            break
    r.expect("}")
    return r.part("dict literal", first)


def _dict_item(r: Reader, key: Part | None, *, is_first: bool) -> bool:
    """Whether the item turned out to be a whole comprehension."""
    if key is None and r.at("**"):
        _unpacked_dict(r, is_first=is_first)
        return False
    if key is None:
        key = expressions.expression(r) if is_first else expressions.dictionary_key(r)
    if not r.at(":"):
        _explain_missing_colon(r, key)
    colon = r.advance()
    _refuse_no_value(r, colon)
    expressions.expression(r)
    if is_first and at_clause(r):
        clauses(r)
        return True
    return False


def _unpacked_dict(r: Reader, *, is_first: bool) -> None:
    stars = r.expect("**")
    operands.bitwise_or(r)
    if is_first and at_clause(r) and not r.quiet:
        clauses(r)
        if r.at("}"):
            r.explain("dict unpacking cannot be used in dict comprehension", stars)


def _explain_missing_colon(r: Reader, key: Part) -> None:
    end = r.tokens[key.end - 1].span
    line = r.tokens[key.first].span.line
    place = HostPlace(line, end.end_column, end.end_line, 0)
    span = Span(end.end_line, end.end_column, end.end_line, end.end_column)
    r.explain_span("':' expected after dictionary key", span, host=place)


def _refuse_no_value(r: Reader, colon: int) -> None:
    if r.at("}", ","):
        r.explain("expression expected after dictionary key and ':'", colon)
    if r.at("*"):
        star = r.advance()
        if not r.quiet and r.attempt(operands.bitwise_or) is not None:
            message = "cannot use a starred expression in a dictionary value"
            r.explain_from(message, star)
        raise Unexpected
