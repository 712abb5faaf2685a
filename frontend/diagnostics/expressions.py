"""Reading expressions, from the loosest form down to operands."""

from __future__ import annotations

from dataclasses import replace

from dx_py.frontend.diagnostics import atoms, parameters, targets
from dx_py.frontend.diagnostics.reader import Part, Reader
from dx_py.frontend.diagnostics.tokens import SOFT_KEYWORDS, TokenKind

_BINARY = ("|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "@")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in", "is")
_OPENING = (
    "(",
    "[",
    "{",
    "-",
    "+",
    "~",
    "not",
    "lambda",
    "await",
    "None",
    "True",
    "False",
    "...",
)
_OPENING_KINDS = (
    TokenKind.NAME,
    TokenKind.NUMBER,
    TokenKind.STRING,
    TokenKind.FSTRING_START,
)
# Statements of Python 2 that became functions.
_LEGACY = ("print", "exec")
_MEANT_EQUAL_OR_WALRUS = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"


def starts_expression(r: Reader) -> bool:
    return r.token.kind in _OPENING_KINDS or r.at(*_OPENING)


def star_expressions(r: Reader) -> Part:
    """`a, *b`: a tuple without parentheses, or one expression."""
    return _listed(r, star_expression)


def star_named_expressions(r: Reader) -> tuple[Part, ...]:
    items = [star_named_expression(r)]
    while r.accept(",") and (starts_expression(r) or r.at("*")):
        items.append(star_named_expression(r))
    return tuple(items)


def _listed(r: Reader, read: targets.Read) -> Part:
    first = r.index
    items = [read(r)]
    if not r.at(","):
        return items[0]
    while r.accept(",") and (starts_expression(r) or r.at("*")):
        items.append(read(r))
    return r.part("tuple", first, tuple(items), is_operand=False)


def star_expression(r: Reader) -> Part:
    return starred(r, bitwise_or) if r.at("*") else expression(r)


def star_named_expression(r: Reader) -> Part:
    return starred(r, bitwise_or) if r.at("*") else named_expression(r)


def starred(r: Reader, read: targets.Read) -> Part:
    first = r.expect("*")
    return r.part("starred", first, (read(r),), is_operand=False)


def yield_or_star_expressions(r: Reader) -> Part:
    return yield_expression(r) if r.at("yield") else star_expressions(r)


def yield_expression(r: Reader) -> Part:
    first = r.expect("yield")
    if r.accept("from"):
        expression(r)
    elif starts_expression(r) or r.at("*"):
        star_expressions(r)
    return r.part("yield expression", first, is_operand=False)


def named_expression(r: Reader) -> Part:
    first = r.index
    if r.at_kind(TokenKind.NAME) and r.ahead().symbol == ":=":
        r.index += 2
        expression(r)
        return r.part("named expression", first, is_operand=False)
    part = expression(r)
    if r.at(":=") and not r.quiet:
        _refuse_walrus(r, part)
    elif r.at("=") and part.is_operand and not r.quiet:
        _refuse_assignment(r, part, first)
    return part


def _refuse_walrus(r: Reader, part: Part) -> None:
    start = r.index
    r.advance()
    if r.attempt(expression) is not None:
        r.explain_part(f"cannot use assignment expressions with {part.kind}", part)
    r.index = start


def _refuse_assignment(r: Reader, part: Part, first: int) -> None:
    """`=` where a value is wanted: most likely a comparison was meant."""
    start = r.advance()
    right = r.attempt(bitwise_or)
    if right is not None and not r.at("=", ":="):
        if part.kind == "name" and part.first == first and part.end == first + 1:
            r.explain(_MEANT_EQUAL_OR_WALRUS, first, right.end - 1)
        elif part.kind not in ("list", "tuple", "generator expression", *atoms.CONSTANTS):
            message = f"cannot assign to {part.kind} here. Maybe you meant '==' instead of '='?"
            r.explain_part(message, part)
    r.index = start


def expression(r: Reader) -> Part:
    if r.at("lambda"):
        return function_literal(r)
    first = r.index
    part = disjunction(r)
    _look_for_missing_comma(r, part, first)
    condition = None
    if r.at("if"):
        part, condition = _conditional(r, part, first)
    if condition is None:
        _look_for_legacy_statement(r, first)
    return part


def _look_for_missing_comma(r: Reader, part: Part, first: int) -> None:
    """Two expressions in a row, within brackets."""
    if r.quiet or not starts_expression(r) or _may_be_prefix(r, first):
        return
    if part.kind == "name" and r.tokens[part.first].text in _LEGACY:
        return
    other = r.look(expression)
    if other is not None and r.tokens[other.end - 1].depth:
        r.explain("invalid syntax. Perhaps you forgot a comma?", part.first, other.end - 1)


def _may_be_prefix(r: Reader, first: int) -> bool:
    """A name before a string may be a wrong prefix, a soft keyword may begin a statement."""
    token = r.tokens[first]
    if token.kind is not TokenKind.NAME:
        return False
    return token.text in SOFT_KEYWORDS or r.tokens[first + 1].kind is TokenKind.STRING


def _conditional(r: Reader, part: Part, first: int) -> tuple[Part, Part | None]:
    """`part if condition else other`; only `part` where what follows is no condition."""
    start = r.advance()
    condition = r.attempt(disjunction)
    if condition is not None and r.accept("else"):
        expression(r)
        return r.part("conditional expression", first, is_operand=False), condition
    if condition is not None and not r.at(":"):
        message = "expected 'else' after 'if' expression"
        r.explain(message, part.first, condition.end - 1)
    r.index = start
    return part, None


def _look_for_legacy_statement(r: Reader, first: int) -> None:
    token = r.tokens[first]
    if r.quiet or token.kind is not TokenKind.NAME or token.text not in _LEGACY:
        return
    end, r.index = r.index, first + 1
    argument = None if r.at("(") else r.attempt(star_expressions)
    if argument is not None:
        name = token.text
        message = f"Missing parentheses in call to '{name}'. Did you mean {name}(...)?"
        r.explain(message, first, argument.end - 1)
    r.index = end


def function_literal(r: Reader) -> Part:
    """In a field of an f-string, the lexer takes the colon for the start of a format."""
    first = r.expect("lambda")
    parameters.lambda_parameters(r)
    colon = r.expect(":")
    if r.at_kind(TokenKind.FSTRING_MIDDLE) or r.at("}"):
        message = "f-string: lambda expressions are not allowed without parentheses"
        r.explain(message, first, colon)
    expression(r)
    return r.part("lambda", first, is_operand=False)


def disjunction(r: Reader) -> Part:
    first = r.index
    part = _inversion(r)
    while r.accept("and", "or"):
        _inversion(r)
        part = r.part("expression", first, is_operand=False)
    return part


def _inversion(r: Reader) -> Part:
    first = r.index
    if r.accept("not"):
        _inversion(r)
        return r.part("expression", first, is_operand=False)
    return _comparison(r)


def _comparison(r: Reader) -> Part:
    first = r.index
    left = part = bitwise_or(r)
    is_membership = r.at("in")
    while _accept_comparison(r):
        bitwise_or(r)
        items = (left,) if is_membership else ()
        part = r.part("comparison", first, items, is_operand=False)
    return part


def _accept_comparison(r: Reader) -> bool:
    if r.at("not") and r.ahead().symbol == "in":
        r.index += 2
        return True
    if r.at("is"):
        r.advance()
        r.accept("not")
        return True
    return r.accept(*_COMPARISONS)


def bitwise_or(r: Reader) -> Part:
    """Any expression made of arithmetic and bit operators; their ranks do not matter here."""
    first = r.index
    part = _factor(r)
    while r.accept(*_BINARY):
        _factor(r)
        part = r.part("expression", first)
    return part


def _factor(r: Reader) -> Part:
    first = r.index
    if r.accept("+", "-", "~"):
        _factor(r)
        return r.part("expression", first)
    part = _await_primary(r)
    if r.accept("**"):
        _factor(r)
        return r.part("expression", first)
    return part


def _await_primary(r: Reader) -> Part:
    first = r.index
    if r.accept("await"):
        atoms.primary(r)
        return r.part("await expression", first)
    return atoms.primary(r)


def as_operand(part: Part) -> Part:
    """What parentheses make of a part: the same node, where any operand fits."""
    return replace(part, is_operand=True)
