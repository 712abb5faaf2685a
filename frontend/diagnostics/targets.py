"""What may be assigned to or deleted, and reading the targets of `for`, `with` and `as`."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from dx_py.frontend.diagnostics import expressions, operands
from dx_py.frontend.diagnostics.reader import Part, Reader, Unexpected
from dx_py.frontend.diagnostics.tokens import TokenKind

type Read = Callable[[Reader], Part]

ASSIGNABLE = ("name", "attribute", "subscript")


class Purpose(Enum):
    ASSIGN = "assign to"
    FOR = "assign to "  # as ASSIGN; `x in y` is half of the statement
    DELETE = "delete"


def invalid_target(part: Part, purpose: Purpose) -> Part | None:
    """The first piece of a target that is none."""
    match part.kind:
        case "name" | "attribute" | "subscript":
            return None
        case "tuple" | "list":
            return _first_invalid(part.items, purpose)
        case "starred" if purpose is not Purpose.DELETE:
            return _first_invalid(part.items, purpose)
        case "comparison" if purpose is Purpose.FOR:
            return _first_invalid(part.items, purpose)
        case _:
            return part


def _first_invalid(items: tuple[Part, ...], purpose: Purpose) -> Part | None:
    found = (invalid_target(item, purpose) for item in items)
    return next((part for part in found if part is not None), None)


def refuse_invalid_target(r: Reader, part: Part, purpose: Purpose) -> None:
    wrong = invalid_target(part, purpose)
    if wrong is not None:
        r.explain_part(f"cannot {purpose.value.strip()} {wrong.kind}", wrong)


def for_targets(r: Reader) -> Part:
    """Between `for` and `in`."""
    first = r.index
    part = r.attempt(target_list)
    if part is not None and r.at("in") and invalid_target(part, Purpose.FOR) is None:
        return part
    if r.quiet:
        raise Unexpected
    r.index = first
    whole = expressions.star_expressions(r)
    refuse_invalid_target(r, whole, Purpose.FOR)
    raise Unexpected


def target_list(r: Reader) -> Part:
    first = r.index
    items = [_target(r)]
    if not r.at(","):
        return items[0]
    while r.accept(",") and (expressions.starts_expression(r) or r.at("*")):
        items.append(_target(r))
    return r.part("tuple", first, tuple(items), is_operand=False)


def _target(r: Reader) -> Part:
    read = operands.bitwise_or
    return expressions.starred(r, read) if r.at("*") else read(r)


def as_target(r: Reader) -> None:
    """After `as` in a `with` item, which ends at a comma, a bracket or a colon."""
    first = r.index
    part = r.attempt(_target)
    if part is not None and not invalid_target(part, Purpose.ASSIGN) and _ends_item(r):
        return
    if r.quiet:
        raise Unexpected
    r.index = first
    whole = expressions.expression(r)
    if r.at(",", ")", ":"):
        refuse_invalid_target(r, whole, Purpose.ASSIGN)
    raise Unexpected


def _ends_item(r: Reader) -> bool:
    return r.at(",", ")", ":") or r.at_kind(TokenKind.NEWLINE)
