"""Reading what operators join, from `or` down to operands.

As in the host, what cannot go on ends: of `a + )`, the operand is `a`.
"""

from __future__ import annotations

from dataclasses import replace

from dx_py.frontend.diagnostics import atoms
from dx_py.frontend.diagnostics.reader import Part, Reader

_BINARY = ("|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "@")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in", "is")


def disjunction(r: Reader) -> Part:
    first = r.index
    part = _inversion(r)
    while r.at("and", "or") and r.attempt_after(_inversion):
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
    while _compares(r):
        items = (left,) if is_membership else ()
        part = r.part("comparison", first, items, is_operand=False)
    return part


def _compares(r: Reader) -> bool:
    """Whether an operator and an operand follow; if so, they are read."""
    start = r.index
    if _accept_comparison(r) and r.attempt(bitwise_or) is not None:
        return True
    r.index = start
    return False


def _accept_comparison(r: Reader) -> bool:
    if r.accept("not"):
        is_membership = r.accept("in")
        r.index -= not is_membership
        return is_membership
    if r.at("is"):
        r.advance()
        r.accept("not")
        return True
    return r.accept(*_COMPARISONS)


def bitwise_or(r: Reader) -> Part:
    """Any expression made of arithmetic and bit operators; their ranks do not matter here."""
    first = r.index
    part = _factor(r)
    while r.at(*_BINARY) and r.attempt_after(_factor):
        part = r.part("expression", first)
    return part


def _factor(r: Reader) -> Part:
    first = r.index
    if r.accept("+", "-", "~"):
        _factor(r)
        return r.part("expression", first)
    part = _await_primary(r)
    if r.at("**") and r.attempt_after(_factor):
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
