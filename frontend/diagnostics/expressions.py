"""Reading expressions, from the loosest form down to operands.

As in the host, what cannot go on ends: of `a + )`, the expression is `a`, and it is for the
statement to find that `+` does not follow one.
"""

from __future__ import annotations

from dx_py.frontend.diagnostics import atoms, operands, parameters, targets
from dx_py.frontend.diagnostics.reader import Part, Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import SOFT_KEYWORDS, TokenKind

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
        item = r.attempt(read)
        if item is None:
            break
        items.append(item)
    return r.part("tuple", first, tuple(items), is_operand=False)


def star_expression(r: Reader) -> Part:
    return starred(r, operands.bitwise_or) if r.at("*") else expression(r)


def star_named_expression(r: Reader) -> Part:
    return starred(r, operands.bitwise_or) if r.at("*") else named_expression(r)


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
    right = r.attempt(operands.bitwise_or)
    if right is not None and not r.at("=", ":="):
        if part.kind == "name" and part.first == first and part.end == first + 1:
            r.explain(_MEANT_EQUAL_OR_WALRUS, first, right.end - 1)
        elif part.kind not in ("list", "tuple", "generator expression", *atoms.CONSTANTS):
            message = f"cannot assign to {part.kind} here. Maybe you meant '==' instead of '='?"
            r.explain_part(message, part)
    r.index = start


def expression(r: Reader) -> Part:
    if r.is_settled():
        return r.read_quietly(_expression)
    return _expression(r)


def _expression(r: Reader) -> Part:
    if r.at("lambda"):
        return function_literal(r)
    first = r.index
    try:
        part = operands.disjunction(r)
    except Unexpected:
        _look_for_legacy_statement(r, first)
        raise
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
    found = r.look(_expression)
    if found is None:
        return
    other, end = found
    if r.tokens[end - 1].depth:
        r.explain("invalid syntax. Perhaps you forgot a comma?", part.first, other.end - 1)


def _may_be_prefix(r: Reader, first: int) -> bool:
    """A name before a string may be a wrong prefix, a soft keyword may begin a statement.

    The host takes every beginning of a soft keyword for one: `c`, `ma`, `typ`.
    """
    token = r.tokens[first]
    if token.kind is not TokenKind.NAME:
        return False
    if r.tokens[first + 1].kind is TokenKind.STRING:
        return True
    return any(word.startswith(token.text) for word in SOFT_KEYWORDS)


def _conditional(r: Reader, part: Part, first: int) -> tuple[Part, Part | None]:
    """`part if condition else other`; only `part` where what follows is no condition."""
    start = r.advance()
    condition = r.attempt(operands.disjunction)
    if condition is not None and r.accept("else"):
        expression(r)
        return r.part("conditional expression", first, is_operand=False), condition
    if condition is not None and not r.quiet and not r.at(":"):
        message = "expected 'else' after 'if' expression"
        r.explain(message, part.first, condition.end - 1)
    r.index = start
    return part, None


def _look_for_legacy_statement(r: Reader, first: int) -> None:
    """The host reads on after any name that no bracket follows, and then asks for its name."""
    if r.quiet or r.tokens[first].kind is not TokenKind.NAME:
        return
    end, r.index = r.index, first + 1
    argument = None
    if starts_expression(r) and not r.at("("):
        argument = r.attempt(star_expressions)
    name = r.tokens[first].text
    if argument is not None and name in _LEGACY:
        message = f"Missing parentheses in call to '{name}'. Did you mean {name}(...)?"
        r.explain(message, first, argument.end - 1)
    r.index = end


def dictionary_key(r: Reader) -> Part:
    """Of a further pair: that its colon is missing comes before all other reasons."""
    if r.at("lambda"):
        return function_literal(r)
    first = r.index
    part = operands.disjunction(r)
    if not r.at("if"):
        return part
    r.index = first
    whole, r.index = r.look(_expression) or (part, part.end)
    return whole


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
