"""Reading the arguments of calls and class statements."""

from __future__ import annotations

from dx_py.frontend.diagnostics import atoms, expressions
from dx_py.frontend.diagnostics.reader import Part, Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind

_UNPARENTHESISED = "Generator expression must be parenthesized"
_UNPACKED_TOO_LATE = "iterable argument unpacking follows keyword argument unpacking"
_MEANT_EQUAL_OR_WALRUS = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"
_MEANT_EQUAL = 'expression cannot contain assignment, perhaps you meant "=="?'


class _Order:
    """What came before in the list: the order of arguments is part of the syntax."""

    def __init__(self) -> None:
        self.keyword: Part | None = None
        self.unpacked_keywords = False
        self.misplaced = False  # a positional argument came after a keyword

    @property
    def message(self) -> str:
        last = " unpacking" if self.unpacked_keywords else ""
        return f"positional argument follows keyword argument{last}"


def call(r: Reader) -> None:
    r.expect("(")
    read_arguments(r)
    r.expect(")")


def read_arguments(r: Reader, *, is_call: bool = True) -> None:
    """Up to the closing bracket, which stays; a class takes no bare generator."""
    first = r.index
    order = _Order()
    while not r.at(")"):
        if not is_call and r.index == first:
            _refuse_class_generator(r)
        _ordered_argument(r, order, is_first=r.index == first)
        if not r.accept(","):
            break
    if order.misplaced:
        r.explain_here(order.message)


def _ordered_argument(r: Reader, order: _Order, *, is_first: bool) -> None:
    start = r.index
    if r.quiet and order.keyword is not None and _is_positional(r):
        raise Unexpected
    try:
        kind = _argument(r, order, is_first=is_first)
    except Unexpected:
        if order.misplaced:
            r.explain_here(order.message)
        if order.keyword is not None and r.tokens[start].symbol == "*":
            r.explain(_UNPACKED_TOO_LATE, start)
        raise
    order.misplaced |= kind == "positional" and order.keyword is not None


def _refuse_class_generator(r: Reader) -> None:
    """A generator alone is no list of bases, and the host has no words for it."""
    start = r.index
    if not r.at("*", "**") and not _at_name_of_keyword(r):
        r.attempt(expressions.expression)
        if atoms.at_clause(r):
            raise Unexpected
    r.index = start


def _is_positional(r: Reader) -> bool:
    """Not `*`, not `**`, not `name=`, as the host finds it: by the second token of a name."""
    if r.at("*", "**"):
        return False
    if not r.at_kind(TokenKind.NAME):
        return True
    r.advance()
    is_keyword = r.at("=")
    r.index -= 1
    return not is_keyword


def _argument(r: Reader, order: _Order, *, is_first: bool) -> str:
    if r.at("*"):
        return _unpacked(r, order, is_first=is_first)
    if r.at("**"):
        return _unpacked_keywords(r, order)
    if _at_name_of_keyword(r):
        return _keyword(r, order)
    part = expressions.named_expression(r) if _at_walrus(r) else expressions.expression(r)
    if r.at("="):
        r.explain(_MEANT_EQUAL, part.first, r.index)
    if atoms.at_clause(r):
        _generator(r, part, is_first=is_first)
    return "positional"


def _at_walrus(r: Reader) -> bool:
    return r.at_kind(TokenKind.NAME) and r.ahead().symbol == ":="


def _at_name_of_keyword(r: Reader) -> bool:
    named = r.at_kind(TokenKind.NAME) or r.at(*atoms.CONSTANTS)
    return named and r.ahead().symbol == "="


def _unpacked(r: Reader, order: _Order, *, is_first: bool) -> str:
    if order.unpacked_keywords:
        r.explain(_UNPACKED_TOO_LATE, r.index)
    part = expressions.starred(r, expressions.expression)
    if r.at("="):
        _refuse_value(r, part.first, "iterable argument unpacking")
    if is_first and atoms.at_clause(r) and not r.quiet:
        atoms.clauses(r)
        r.explain_part("iterable unpacking cannot be used in comprehension", part)
    return "unpacked"


def _unpacked_keywords(r: Reader, order: _Order) -> str:
    stars = r.expect("**")
    part = expressions.expression(r)
    if r.at("="):
        _refuse_value(r, stars, "keyword argument unpacking")
    order.keyword = part
    order.unpacked_keywords = True
    return "keyword"


def _refuse_value(r: Reader, first: int, what: str) -> None:
    if r.quiet:
        raise Unexpected
    r.expect("=")
    value = expressions.expression(r)
    r.explain(f"cannot assign to {what}", first, value.end - 1)


def _keyword(r: Reader, order: _Order) -> str:
    name = r.advance()
    equals = r.expect("=")
    if r.tokens[name].kind is not TokenKind.NAME:
        r.explain(f"cannot assign to {r.tokens[name].text}", name, equals)
    if r.at(",", ")"):
        r.explain("expected argument value expression", name, equals)
    value = expressions.expression(r)
    if atoms.at_clause(r) and not r.quiet:
        atoms.clauses(r)
        r.explain(_MEANT_EQUAL_OR_WALRUS, name, equals)
    order.keyword = value
    order.unpacked_keywords = False
    return "keyword"


def _generator(r: Reader, part: Part, *, is_first: bool) -> None:
    """Without its own parentheses only as the sole argument."""
    if r.quiet and not is_first:
        raise Unexpected
    clauses = atoms.clauses(r)
    if not is_first or r.at(","):
        r.explain(_UNPARENTHESISED, part.first, clauses.end - 1)
