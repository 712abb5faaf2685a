"""Reading the statements of one line."""

from __future__ import annotations

from dx_py.frontend.diagnostics import definitions, expressions
from dx_py.frontend.diagnostics.reader import Part, Reader, Unexpected
from dx_py.frontend.diagnostics.targets import (
    ASSIGNABLE,
    Purpose,
    invalid_target,
    refuse_invalid_target,
    target_list,
)
from dx_py.frontend.diagnostics.tokens import TokenKind

_AUGMENTED = (
    "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", "<<=", ">>=", "**="
)  # fmt: skip


def simple_statements(r: Reader) -> None:
    """Up to and including the end of the line."""
    _simple_statement(r)
    while r.accept(";") and not r.at_kind(TokenKind.NEWLINE):
        _simple_statement(r)
    r.expect_kind(TokenKind.NEWLINE)


def _simple_statement(r: Reader) -> None:
    read = _STATEMENTS.get(r.token.symbol)
    if read is not None:
        r.advance()
        read(r)
    elif not _type_alias(r):
        _assignment_or_expression(r)


def _nothing(r: Reader) -> None:
    """`pass` and its like are complete."""


def _return(r: Reader) -> None:
    if expressions.starts_expression(r) or r.at("*"):
        expressions.star_expressions(r)


def _raise(r: Reader) -> None:
    if expressions.starts_expression(r):
        expressions.expression(r)
        if r.accept("from"):
            expressions.expression(r)


def _assert(r: Reader) -> None:
    expressions.expression(r)
    if r.accept(","):
        expressions.expression(r)


def _names(r: Reader) -> None:
    r.expect_kind(TokenKind.NAME)
    while r.accept(","):
        r.expect_kind(TokenKind.NAME)


def _delete(r: Reader) -> None:
    part = target_list(r) if r.quiet else expressions.star_expressions(r)
    refuse_invalid_target(r, part, Purpose.DELETE)


def _import(r: Reader) -> None:
    keyword = r.index - 1
    plain = True
    while True:
        _dotted_name(r)
        if r.accept("as"):
            plain = False
            r.expect_kind(TokenKind.NAME)
        if not r.accept(","):
            break
    if plain and not r.quiet and r.accept("from") and r.attempt(_dotted_name) is not None:
        r.explain_from("Did you mean to use 'from ... import ...' instead?", keyword)


def _dotted_name(r: Reader) -> bool:
    r.expect_kind(TokenKind.NAME)
    while r.accept("."):
        r.expect_kind(TokenKind.NAME)
    return True


def _import_from(r: Reader) -> None:
    dots = False
    while r.accept(".", "..."):
        dots = True
    if not dots or r.at_kind(TokenKind.NAME):
        _dotted_name(r)
    r.expect("import")
    if r.accept("*"):
        return
    if r.accept("("):
        _imported_names(r)
        r.expect(")")
        return
    _imported_names(r)
    if r.tokens[r.index - 1].symbol == ",":
        if r.at_kind(TokenKind.NEWLINE):
            r.explain_here("trailing comma not allowed without surrounding parentheses")
        raise Unexpected


def _imported_names(r: Reader) -> None:
    """With or without a comma at the end."""
    r.expect_kind(TokenKind.NAME)
    while True:
        if r.accept("as"):
            r.expect_kind(TokenKind.NAME)
        if not r.accept(",") or not r.at_kind(TokenKind.NAME):
            return
        r.advance()


def _type_alias(r: Reader) -> bool:
    if not r.at_word("type") or r.ahead().kind is not TokenKind.NAME:
        return False
    if r.attempt(_type_alias_head) is None:
        return False
    expressions.expression(r)
    return True


def _type_alias_head(r: Reader) -> bool:
    r.index += 2
    definitions.type_parameters(r)
    r.expect("=")
    return True


def _assignment_or_expression(r: Reader) -> None:
    first = r.index
    part = expressions.yield_or_star_expressions(r)
    if r.at("="):
        _assignment(r, part, first)
    elif r.at(":"):
        _annotation(r, part)
    elif r.at(*_AUGMENTED):
        _augmented(r, part)
    elif not r.quiet:
        _look_at_targets(r, first)


def _look_at_targets(r: Reader, first: int) -> None:
    """The host tries each statement as an assignment; a look at its targets may explain it."""
    end, r.index = r.index, first
    if r.attempt(expressions.star_named_expression) is not None and r.accept(","):
        while r.attempt(expressions.star_named_expressions) is not None:
            pass
    r.index = end


def _assignment(r: Reader, part: Part, first: int) -> None:
    while r.at("="):
        if part.kind == "yield expression" and r.tokens[part.first - 1].symbol != "(":
            r.explain_part("assignment to yield expression not possible", part)
        if invalid_target(part, Purpose.ASSIGN) is not None:
            _refuse_assignment(r, part, first)
        r.advance()
        part = expressions.yield_or_star_expressions(r)


def _refuse_assignment(r: Reader, part: Part, first: int) -> None:
    """The host first asks whether a comparison was meant, of the first targets only."""
    if r.quiet:
        raise Unexpected
    _look_at_targets(r, first)
    refuse_invalid_target(r, part, Purpose.ASSIGN)


def _annotation(r: Reader, part: Part) -> None:
    if part.kind == "starred" or (r.quiet and part.kind not in ASSIGNABLE):
        raise Unexpected
    r.expect(":")
    expressions.expression(r)
    if part.kind not in ASSIGNABLE:
        _refuse_annotation(r, part)
    if r.accept("="):
        expressions.yield_or_star_expressions(r)


def _refuse_annotation(r: Reader, part: Part) -> None:
    if part.kind not in ("tuple", "list"):
        r.explain_part("illegal target for annotation", part)
    where = part if part.is_operand or not part.items else part.items[0]
    r.explain_part(f"only single target (not {part.kind}) can be annotated", where)


def _augmented(r: Reader, part: Part) -> None:
    if r.quiet and part.kind not in ASSIGNABLE:
        raise Unexpected
    r.advance()
    expressions.yield_or_star_expressions(r)
    if part.kind not in ASSIGNABLE:
        message = f"'{part.kind}' is an illegal expression for augmented assignment"
        r.explain_part(message, part)


_STATEMENTS = {
    "pass": _nothing,
    "break": _nothing,
    "continue": _nothing,
    "return": _return,
    "raise": _raise,
    "assert": _assert,
    "global": _names,
    "nonlocal": _names,
    "del": _delete,
    "import": _import,
    "from": _import_from,
}
